"""One check of the ledger as HTML. What is not ours goes through `escaped`."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import PurePath

from rag.ledger_export import REMOVED
from rag.ledger_rows import Check, Entry
from ui.checked_strings import CheckedSpeech
from ui.render_parts import escaped
from ui.view_parts import address, link, moment


@dataclass(frozen=True, slots=True)
class Later:
    """A row that overrules another, and where it is in the list."""

    entry: Entry
    href: str


def entry_html(entry: Entry, later: Later | None, changes: bool, speech: CheckedSpeech) -> str:
    """An item of the list. `later` is one that overrules it; `changes`: it may be said what
    is right in place of what was rejected."""
    strings, check = speech.own, entry.check
    verdict = check.verdict if check else REMOVED
    number = strings.row.format(row=f"{entry.row.row:,}")
    head = (
        f'<p class="head"><strong class="state">{dict(strings.verdicts)[verdict]}</strong> '
        f"{_by(check)}<bdi>{moment(entry.row.time, speech)}</bdi> <span>{number}</span></p>"
    )
    if check is None:
        return f'<li class="check removed">{head}<p class="note">{strings.gone}</p></li>'
    body = what(check, speech) + _later(check, later, speech)
    if changes and verdict == "rejected" and later is None and not check.unanswerable:
        body += f'<p class="more">{link(f"/checked/{entry.row.row}", strings.say_right)}</p>'
    old = " overruled" if later else ""
    return f'<li class="check {verdict}{old}" id="row-{entry.row.row}">{head}{body}</li>'


def what(check: Check, speech: CheckedSpeech) -> str:
    """The question, the sentence of the answer, the words it rests on, and what was noted."""
    strings = speech.own
    same = check.claim.split() == check.quote.split()
    language = f' lang="{escape(check.language)}"' if check.language else ""
    quote = f'<blockquote dir="auto"{language}>{escaped(check.quote)}</blockquote>'
    instead = strings.instead.format(row=check.of) if check.verdict == "right" else ""
    facts = [
        (strings.sentence, f"<p>{_told(check.claim)}</p>" if check.claim and not same else ""),
        (strings.quote, quote),
        (strings.source, f"<p>{_source(check, speech)}</p>"),
        (strings.note, f'<p class="remark">{_told(check.note)}</p>' if check.note else ""),
    ]
    rows = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts if value)
    said = strings.nothing_said if check.unanswerable else instead
    return (
        f'<h2><span class="unseen-label">{strings.question}: </span>{_told(check.question)}</h2>'
        + (f'<p class="instead">{said}</p>' if said else "")
        + f'<dl class="found">{rows}</dl>'
    )


def _by(check: Check | None) -> str:
    return f'<bdi class="who">{escaped(check.initials)}</bdi> ' if check else ""


def _source(check: Check, speech: CheckedSpeech) -> str:
    """The title, which leads to the words in the library, and the page or paragraph."""
    ask = speech.ask
    place = f"{address(check.document)}?at={check.start}-{check.end}"
    named = check.title or PurePath(check.source).name
    where = ""
    if check.page:
        where = ask.page.format(page=check.page)
    elif check.paragraph:
        where = ask.paragraph.format(number=check.paragraph)
    told = f", <bdi>{escaped(where)}</bdi>" if where else ""
    return f"{link(place, _told(named))}{told}"


def _later(check: Check, later: Later | None, speech: CheckedSpeech) -> str:
    if later is None or later.entry.check is None:
        return ""
    same = later.entry.check.verdict == check.verdict
    told = speech.own.overruled_same if same else speech.own.overruled
    number = speech.own.row.format(row=f"{later.entry.row.row:,}")
    return f'<p class="note later">{told} {link(later.href, number)}</p>'


def _told(text: str) -> str:
    return f'<bdi dir="auto">{escaped(text)}</bdi>'
