"""The passages that were read for an answer, as HTML: where they stand, and why they were found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from index.documents import Span
from rag.answer import Answer, Hit, Place, Voice
from ui.excerpts import Kind, excerpt, pieces
from ui.render_parts import escaped, hidden, opener, reference
from ui.strings import ENGLISH, Strings

CLOSEST = 3
EXCERPT = 420
"""Passages listed under an abstention, and the characters of a passage that a list shows."""

_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n\s*")


def closest(hits: Sequence[Hit], strings: Strings) -> str:
    """What came nearest to a question that got no answer."""
    if not hits:
        return ""
    items = "".join(_hit(hit, "", strings) for hit in hits[:CLOSEST])
    return f'<div class="closest"><h3>{strings.closest}</h3><ul class="hits">{items}</ul></div>'


def searched(given: Answer, strings: Strings) -> str:
    """The fold-out that shows all that was found, used or not."""
    documents = len({hit.document.id for hit in given.hits})
    summary = strings.searched.format(passages=len(given.hits), documents=documents)
    cited = [citation.span for citation in given.citations]
    items = "".join(_hit(hit, _fate(hit, cited, strings), strings) for hit in given.hits)
    note = f"{strings.searched_note} {_legend(strings)}" if items else strings.nothing_searched
    return (
        f'<details class="searched"><summary>{summary}</summary><p class="note">{note}</p>'
        f'<ol class="hits">{items}</ol><p class="note fingerprint">'
        f"{strings.fingerprint.format(fingerprint=escape(given.fingerprint))}</p></details>"
    )


def highlighted(hit: Hit, start: int, end: int, strings: Strings = ENGLISH) -> str:
    """The text of a hit's document from `start` to `end`, its matching words in a `<mark>`, hidden
    ones named as such.

    Its text content is `document.text[start:end]`, to the code point.
    """
    return "".join(_piece(text, kind, strings) for text, kind in pieces(hit, start, end))


def _piece(text: str, kind: Kind | None, strings: Strings) -> str:
    if kind == "hidden":
        return hidden(text, strings)
    return f'<mark class="{kind}">{escaped(text)}</mark>' if kind else escaped(text)


def _hit(hit: Hit, fate: str, strings: Strings) -> str:
    text = "".join(_paragraphs(hit, strings))
    return f'<li class="hit">{_place(hit, strings)}{text}{fate}{_repeats(hit, strings)}</li>'


def _place(place: Hit | Place, strings: Strings) -> str:
    document = place.document
    about = reference(document, Voice(document.speaker), place.pinpoint, strings)
    return opener(place.passage.span, about)


def _paragraphs(hit: Hit, strings: Strings) -> Iterator[str]:
    """The telling part of a hit, paragraph by paragraph, with dots where it is cut."""
    start, end = excerpt(hit, EXCERPT)
    text, span = hit.document.text, hit.passage.span
    breaks = [
        (start + m.start(), start + m.end()) for m in _PARAGRAPH_END.finditer(text[start:end])
    ]
    starts, ends = [start, *(b for _, b in breaks)], [*(a for a, _ in breaks), end]
    sections = hit.document.sections
    for first, last in zip(starts, ends, strict=True):
        heads = any(section.start <= first < last <= section.end for section in sections)
        kind = "excerpt heading" if heads else "excerpt"
        before = (
            "…\N{NO-BREAK SPACE}" if first == start and text[span.start : start].strip() else ""
        )
        after = "\N{NO-BREAK SPACE}…" if last == end and text[end : span.end].strip() else ""
        words = highlighted(hit, first, last, strings)
        yield f'<p class="{kind}" dir="auto">{before}{words}{after}</p>'


def _repeats(hit: Hit, strings: Strings) -> str:
    """Where nearly the same passage stands too: each place can be opened."""
    items = "".join(f"<li>{_place(place, strings)}</li>" for place in hit.repeats)
    if not items:
        return ""
    return f'<div class="also"><p class="note">{strings.also_in}</p><ul>{items}</ul></div>'


def _fate(hit: Hit, cited: Sequence[Span], strings: Strings) -> str:
    """How a passage was found, and whether the answer uses it."""
    known = dict(strings.found_by_names)
    names = ", ".join(escape(known.get(name, name)) for name in hit.found_by)
    used = any(hit.passage.span.overlaps(span) for span in cited)
    words = [
        strings.score.format(score=f"{hit.score:.2f}"),
        strings.found_by.format(names=names) if names else "",
        strings.used if used else strings.unused,
    ]
    return f'<p class="note">{" · ".join(word for word in words if word)}</p>'


def _legend(strings: Strings) -> str:
    return strings.marks.format(
        word=f'<mark class="word">{strings.marked_word}</mark>',
        near=f'<mark class="near">{strings.marked_near}</mark>',
    )
