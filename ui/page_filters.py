"""The conditions that a reader sets on the page: what there is to choose, and what was chosen.

The fold-out is plain HTML; `filters.js` gathers what its fields hold as JSON, each name with a list
of texts. That comes from a browser, so it is checked like any other.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from index.documents import Document
from index.errors import InputError
from rag.filters import Filters
from ui.filter_options import read_filters
from ui.render_parts import date, escaped, title
from ui.strings import ENGLISH, Strings

LISTED = 100
"""Values that a list offers, the commonest first; the rest can be named."""

_PHRASES = re.compile(r'["“”„«](?P<quoted>[^"“”„«»]*)["“”»]|(?P<rest>[^"“”„«]+)')
_WORDS = re.compile(r'["“”„«](?P<quoted>[^"“”„«»]*)["“”»]|(?P<rest>[^\s"“”„«]+)')


@dataclass(frozen=True, slots=True)
class _Choice:
    value: str
    html: str


def chosen(given: object) -> Filters:
    """The conditions in what the browser sent. `InputError` when they are none."""
    menus = ("sure", "composer")
    fields = {name: texts for name, texts in _fields(given).items() if name not in menus}
    values: dict[str, object] = dict(fields)
    for name, pattern in (("phrases", _PHRASES), ("without", _WORDS)):
        if name in fields:
            values[name] = [words for text in fields[name] for words in _split(pattern, text)]
    for name in ("since", "until"):
        if name in fields:
            values[name] = next(iter(fields[name]), None)
    return read_filters(values)


def strictness(given: object, own: float) -> float:
    """How sure an answer must be, by the step chosen; `own` is what the configuration says.

    Of the default, "sure" makes .55: less than half as many wrong answers on held-out questions,
    and nearly half of the answers lost with them (docs/ANSWERS.md). `InputError` for a step that
    there is none of.
    """
    values = {"freely": 0.0, "balanced": own, "sure": own + (1 - own) / 4}
    step = next(iter(_fields(given).get("sure", ())), "balanced")
    if step not in values:
        raise InputError("the conditions cannot be read", "load the page again")
    return values[step]


def composer(given: object) -> str:
    """The composer chosen, empty where none was; `page_composers` knows which there are."""
    return next(iter(_fields(given).get("composer", ())), "")


def _fields(given: object) -> dict[str, list[str]]:
    try:
        fields = json.loads(given) if isinstance(given, str) and given else {}
    except (ValueError, RecursionError) as error:
        raise InputError("the conditions cannot be read", "load the page again") from error
    if not isinstance(fields, dict) or not all(_is_texts(value) for value in fields.values()):
        raise InputError("the conditions cannot be read", "load the page again")
    return fields


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    found = (match["quoted"] or match["rest"] or "" for match in pattern.finditer(text))
    return [words.strip() for words in found if words.strip()]


def fold_out(
    cards: Sequence[Document],
    language: str,
    fingerprint: str,
    strings: Strings = ENGLISH,
    *,
    opened: bool = False,
    listed: int = LISTED,
) -> str:
    """The fields, folded away: documents to choose from, dates, words.

    `language` is that of documents that name none; `fingerprint` says of which index this is.
    """
    kinds = (
        ("documents", strings.documents, _documents(cards, strings)),
        ("authors", strings.authors, _named(d.author for d in cards)),
        ("publishers", strings.publishers, _named(d.publisher for d in cards)),
        ("languages", strings.languages, _named(d.language or language for d in cards)),
    )
    groups = [_group(name, legend, found, listed, strings) for name, legend, found in kinds]
    dates = _field("since", strings.since, "date") + _field("until", strings.until, "date")
    words = _field("phrases", strings.phrases, "text") + _field("without", strings.without, "text")
    return (
        f'<details class="filters" data-of="{escape(fingerprint)}"{" open" if opened else ""}>'
        f'<summary>{strings.filters} <span class="set" data-says="{strings.filters_set}"></span>'
        f'</summary><div class="conditions"><div class="lists">{"".join(groups)}</div>'
        f'<div class="typed"><fieldset class="dates"><legend>{strings.published}</legend>{dates}'
        f'</fieldset><fieldset class="wording"><legend>{strings.wording}</legend>{words}'
        f'<p class="note">{strings.several}</p></fieldset></div>'
        f'<p class="note">{strings.filters_note} '
        f'<button type="button" class="clear">{strings.clear}</button></p></div></details>'
    )


def steps(strings: Strings = ENGLISH) -> str:
    """How sure an answer must be, in plain words."""
    options = "".join(
        f'<option value="{value}"{" selected" if value == "balanced" else ""}>{words}</option>'
        for value, words in strings.sure_steps
    )
    return (
        f'<label class="sure"><span>{strings.sure}</span>'
        f'<select name="sure" autocomplete="off">{options}</select></label>'
    )


def narrowed(filters: Filters, names: Mapping[str, str], strings: Strings = ENGLISH) -> str:
    """What an answer was narrowed to, in a line; `names` are titles of documents by id."""
    conditions = []
    for field, form in strings.narrowed_by:
        given = getattr(filters, field)
        if field in ("since", "until"):
            values = [date(given, strings)] if given else []
        else:
            quoted = field in ("phrases", "without")
            shown = (names.get(value, value) for value in given)
            values = [f"“{escaped(v)}”" if quoted else f"<bdi>{escaped(v)}</bdi>" for v in shown]
        if values:
            conditions.append(form.format(values=", ".join(values)))
    if not conditions:
        return ""
    told = strings.narrowed.format(conditions="; ".join(conditions))
    return f'<p class="note narrowed">{told}</p>'


def _documents(cards: Iterable[Document], strings: Strings) -> list[_Choice]:
    """By title; two with the same are told apart by their files."""
    titles = Counter(title(card) for card in cards)
    choices = []
    for card in sorted(cards, key=lambda card: (title(card).casefold(), card.source)):
        file = f" <bdi>{escaped(card.source)}</bdi>" if titles[title(card)] > 1 else ""
        when = f" {date(card.published, strings)}" if card.published else ""
        about = f"<small>{file}{when}</small>" if file or when else ""
        choices.append(_Choice(card.id, f"<bdi>{escaped(title(card))}</bdi>{about}"))
    return choices


def _named(values: Iterable[str | None]) -> list[_Choice]:
    """Values that documents have, the commonest first, with how many have each."""
    counted = Counter(value for value in values if value)
    return [
        _Choice(value, f"<bdi>{escaped(value)}</bdi><small> {count:,}</small>")
        for value, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]


def _group(
    name: str, legend: str, choices: Sequence[_Choice], listed: int, strings: Strings
) -> str:
    """A list of boxes to tick; where there are too many, a field for the others."""
    if not choices:
        return ""
    boxes = "".join(
        f'<label><input type="checkbox" name="{name}" value="{escape(choice.value)}"'
        f' autocomplete="off"><span>{choice.html}</span></label>'
        for choice in choices[:listed]
    )
    left = len(choices) - listed
    others = _field(name, strings.others.format(count=f"{left:,}"), "text") if left > 0 else ""
    return (
        f'<fieldset class="{name}"><legend>{legend}</legend>'
        f'<div class="boxes">{boxes}</div>{others}</fieldset>'
    )


def _field(name: str, label: str, kind: str) -> str:
    return (
        f'<label class="field"><span>{label}</span>'
        f'<input type="{kind}" name="{name}" autocomplete="off"></label>'
    )
