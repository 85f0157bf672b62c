"""One document of the library: its text, and all that is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlencode

from index.documents import Document
from index.intake import Intake
from index.metadata import FIELDS
from ui.footnotes import legible
from ui.library_relatives import Relatives
from ui.library_strings import LibrarySpeech
from ui.library_text import LONGEST, Hits, heading, page_numbers, part_html, part_of, parts
from ui.render_parts import date, escaped, published, safe_link, title
from ui.terminal_documents import format_of
from ui.view_parts import (
    address,
    facts,
    is_stated,
    labelled,
    link,
    moment,
    notice,
    number,
    told,
    typed,
)

MOST_HEADINGS = 500
"""Listed as contents."""


@dataclass(frozen=True, slots=True)
class Look:
    """What of a document is to be shown: a part, from 0, and what was looked for in it."""

    part: int = 0
    words: str = ""
    hits: Hits = field(default_factory=Hits)
    wrong: str = ""


def page(
    document: Document,
    intake: Intake,
    passages: int,
    related: Relatives,
    look: Look,
    changes: bool,
    speech: LibrarySpeech,
    news: str = "",
) -> str:
    """The whole view. `news` is HTML."""
    strings = speech.own
    names = [told(name) for name in dict.fromkeys((document.author, document.publisher))]
    dated = published(document, speech.ask) if document.published else ""
    line = ", ".join(part for part in (*names, dated) if part)
    actions = ""
    if changes:
        edit = link(address(document.id, "edit"), strings.edit, "button")
        actions = edit + link(address(document.id, "remove"), strings.remove, "button danger")
    top = (
        f'<p class="up">{link("/library", strings.back)}</p>'
        f"<h1><bdi>{escaped(title(document, speech.ask))}</bdi></h1>"
    )
    top += f'<p class="by">{line}</p>' if line else ""
    top += f'<p class="actions">{actions}</p>' if actions else ""
    top += notice("good", news, "status") if news else ""
    return (
        f'{top}<div class="leaf">{_text(document, intake, look, speech)}'
        f'<aside class="known" id="known" aria-labelledby="known-title">'
        f'<h2 id="known-title">{strings.about}</h2>'
        f"{_known(document, passages, speech)}{_notes(document, speech)}"
        f"{_came(document, intake, speech)}{_related(related, speech)}</aside></div>"
    )


def _text(document: Document, intake: Intake, look: Look, speech: LibrarySpeech) -> str:
    strings, count = speech.own, parts(document)
    language = f' lang="{escape(document.language)}"' if document.language else ""
    body = part_html(document, look.part, look.hits, speech)
    steps, above, below = _steps(document, look, count, speech), "", ""
    if steps:
        above = f'<nav class="paging" aria-label="{strings.parts}">{steps}</nav>'
        below = f'<p class="paging">{steps}</p>'
    return (
        f'<section class="read" aria-labelledby="text-title">'
        f'<h2 id="text-title" tabindex="-1">{strings.text}</h2>'
        f"{link('#known', strings.to_about, 'to-known')}"
        f"{_search(document, look, speech)}{_contents(document, speech)}"
        f'{above}<div class="text"{language}>{body}</div>'
        f"{_pictures(document, intake, look.part, speech)}{below}</section>"
    )


def _search(document: Document, look: Look, speech: LibrarySpeech) -> str:
    strings, hits = speech.own, look.hits
    field = labelled(
        "words", strings.search, typed(look.words, f'maxlength="{LONGEST}"'), look.wrong
    )
    result = ""
    if look.words and not look.wrong:
        form = strings.search_many if hits.more else strings.search_count
        values = {"number": number(hits.current + 1), "count": number(len(hits.places))}
        said = strings.search_none
        if hits.places:
            said = link(f"#hit-{hits.current + 1}", form.format(**values), "here")
        last = len(hits.places) - 1
        before = hits.current - 1 if hits.current else last
        after = hits.current + 1 if hits.current < last else 0
        steps = ""
        if last > 0:
            steps = _to_hit(document, look.words, before, strings.previous_hit)
            steps += _to_hit(document, look.words, after, strings.next_hit)
        clear = link(address(document.id), strings.search_clear, "clear")
        result = f'<p class="hits"><span role="status">{said}</span> {steps}{clear}</p>'
    return (
        f'<search class="within"><form method="get" action="{address(document.id)}">{field}'
        f"<button>{strings.search_submit}</button></form>{result}</search>"
    )


def _to_hit(document: Document, words: str, hit: int, label: str) -> str:
    asked = urlencode({"words": words, "hit": hit + 1})
    return link(f"{address(document.id)}?{asked}#hit-{hit + 1}", label, "button")


def _contents(document: Document, speech: LibrarySpeech) -> str:
    """The headings, each leading to its place in its part."""
    # The rows of a table are sections without a line of their own.
    sections = [s for s in document.sections if s.title.strip() and s.end > s.start]
    if len(sections) < 2:
        return ""
    items = []
    for section in sections[:MOST_HEADINGS]:
        place = f"?part={part_of(document, section.start) + 1}#{heading(document, section.start)}"
        items.append(f"<li>{link(address(document.id) + place, told(section.title))}</li>")
    if (more := len(sections) - MOST_HEADINGS) > 0:
        items.append(f"<li>{speech.own.more_like.format(count=number(more))}</li>")
    return (
        f'<details class="contents"><summary>{speech.own.contents}</summary>'
        f"<ol>{''.join(items)}</ol></details>"
    )


def _steps(document: Document, look: Look, count: int, speech: LibrarySpeech) -> str:
    if count == 1:
        return ""
    strings = speech.own
    said = {"words": look.words} if look.words else {}

    def step(part: int, label: str) -> str:
        there = urlencode({**said, "part": part + 1})
        return link(f"{address(document.id)}?{there}#text-title", label, "button")

    before = step(look.part - 1, strings.previous_part) if look.part else ""
    after = step(look.part + 1, strings.next_part) if look.part + 1 < count else ""
    place = strings.part_of.format(part=number(look.part + 1), parts=number(count))
    return f'{before}<span class="place">{place}</span>{after}'


def _pictures(document: Document, intake: Intake, part: int, speech: LibrarySpeech) -> str:
    """The pages of a part as pictures, folded away: a browser asks for them when they are seen."""
    if not (document.layout and intake.kept):
        return ""
    strings, figures = speech.own, []
    for place in page_numbers(document, part):
        sheet = document.pages[place]
        if sheet.index is None:
            continue
        label = strings.page_picture.format(page=escape(sheet.label))
        href = f"/pictures/{document.id}/{sheet.index}"
        picture = f'<img src="{href}" alt="{label}" loading="lazy" width="700" height="990">'
        figures.append(f'<li><a href="{href}" target="_blank" rel="noopener">{picture}</a></li>')
    if not figures:
        return ""
    return (
        f'<details class="pictures"><summary>{strings.pictures}</summary>'
        f"<ul>{''.join(figures)}</ul></details>"
    )


def _known(document: Document, passages: int, speech: LibrarySpeech) -> str:
    strings = speech.own
    values = {name: told(getattr(document, name)) for name in FIELDS}
    values["title"] = ""  # it stands above
    if document.published:
        values["published"] = date(document.published, speech.ask)
    if document.url:
        values["url"] = safe_link(document.url)
    rows = [
        (label, values[name] + _flag(document, name, speech) if values[name] else "")
        for name, label in strings.fields
    ]
    length = strings.characters.format(count=number(len(document.text)))
    rows += [
        (strings.format, escape(format_of(document))),
        (strings.page_count, number(len(document.pages)) if document.pages else ""),
        (strings.length, length),
        (strings.passages, number(passages)),
    ]
    inferred = any(getattr(document, name) for name in document.uncertain if name in FIELDS)
    note = f'<p class="note">{strings.inferred_note}</p>' if inferred else ""
    return facts(rows) + note


def _flag(document: Document, name: str, speech: LibrarySpeech) -> str:
    if is_stated(document, name):
        return ""
    return f' <span class="flag">{speech.own.inferred}</span>'


def _notes(document: Document, speech: LibrarySpeech) -> str:
    strings = speech.own
    items = [f"<li>{told(note)}</li>" for note in document.notes]
    if document.hidden:
        items.append(f"<li>{strings.hidden_note.format(count=number(len(document.hidden)))}</li>")
    if not items:
        return ""
    return f'<h3>{strings.notes}</h3><ul class="notes">{"".join(items)}</ul>'


def _came(document: Document, intake: Intake, speech: LibrarySpeech) -> str:
    strings = speech.own
    given = ", ".join(f"{told(label)}" for name, label in strings.fields if name in intake.given)
    rows = [
        (strings.received, moment(intake.received, speech)),
        (strings.file, f"<bdi>{escaped(legible(document.source))}</bdi>"),
        (strings.bytes, strings.byte_count.format(count=number(intake.bytes))),
        (strings.sha256, f"<code>{escape(document.sha256)}</code>"),
        (strings.kept, strings.kept_yes if intake.kept else strings.kept_no),
        (strings.tool, escaped(intake.tool)),
        (strings.ocr, escaped(intake.ocr)),
        (strings.given, given),
    ]
    return f"<h3>{strings.intake}</h3>{facts(rows)}"


def _related(related: Relatives, speech: LibrarySpeech) -> str:
    strings = speech.own
    lists = (
        (strings.parent, (related.parent,) if related.parent else (), 0),
        (strings.children, related.children, related.counts.get("children", 0)),
        (strings.same_bytes, related.same, related.counts.get("same", 0)),
        (strings.near, related.near, related.counts.get("near", 0)),
    )
    rows = [(label, "".join(_named(cards, count, speech))) for label, cards, count in lists]
    shown = facts(rows)
    return f"<h3>{strings.relatives}</h3>{shown}" if shown else ""


def _named(cards: tuple[Document, ...], count: int, speech: LibrarySpeech) -> Iterator[str]:
    for card in cards:
        yield f'<p dir="auto">{link(address(card.id), escaped(title(card, speech.ask)))}</p>'
    if count > len(cards):
        yield f"<p>{speech.own.more_like.format(count=number(count - len(cards)))}</p>"
