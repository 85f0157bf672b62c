"""Where in its document a quote stands, as somebody needs it who looks it up: page, paragraph, the
name that the source gives to the place, and what a reader of the source would see there.

All of it is worked out from the document, so that it can never differ from what the index holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urldefrag

from index.documents import Document

_IN_FRAGMENTS = "!$&'()*+,;=:@/?-._~"
"""What need not be written as `%XX` in a fragment beside letters and digits (RFC 3986, 3.5)."""


@dataclass(frozen=True, slots=True)
class Pinpoint:
    """The place of a span.

    `page` is the printed label of the page on which it begins, `page_index` that page's number in
    the file from 0, `page_end` the label of the page on which it ends where that is another one.
    `paragraph` counts from 1, headings included. `anchor` is the nearest name at or before the
    span. `hidden` is true when somebody who looks at the source does not see all of it, `seen` when
    they see some. `ocr` is the confidence (0 to 1) of the text recognition, the lowest of the pages
    that the span touches; None where the text is in the file.
    """

    page: str | None = None
    page_index: int | None = None
    page_end: str | None = None
    paragraph: int | None = None
    section: str | None = None
    anchor: str | None = None
    hidden: bool = False
    seen: bool = True
    ocr: float | None = None


def pinpoint(document: Document, start: int, end: int) -> Pinpoint:
    """The place of the code points from `start` to `end` of a document."""
    first, last = document.page_of(start), document.page_of(max(start, end - 1))
    return Pinpoint(
        page=first.label if first else None,
        page_index=first.index if first else None,
        page_end=last.label if last and last is not first else None,
        paragraph=document.paragraph_at(start),
        section=document.section_at(start),
        anchor=document.anchor_at(start),
        hidden=document.is_hidden(start, end),
        seen=bool(as_seen(document, start, end).strip()),
        ocr=min(_confidences(document, start, end), default=None),
    )


def unseen(document: Document, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a span that a reader of the source does not see, in order, none overlapping."""
    at = start
    for first, last in sorted(document.hidden):
        first, last = max(first, at), min(last, end)
        if first < last:
            yield first, last
            at = last


def as_seen(document: Document, start: int, end: int) -> str:
    """The words of a span with a space for each code point that is hidden."""
    parts, at = [], start
    for first, last in unseen(document, start, end):
        parts += [document.text[at:first], " " * (last - first)]
        at = last
    return "".join(parts) + document.text[at:end]


def _confidences(document: Document, start: int, end: int) -> Iterator[float]:
    """Those of the recognised pages on which a part of the span stands."""
    pages = document.pages
    before = bisect_right(pages, start, key=lambda page: page.start)
    for number in range(max(0, before - 1), len(pages)):
        page = pages[number]
        stop = pages[number + 1].start if number + 1 < len(pages) else end
        if page.start >= end:
            return
        if page.confidence is not None and max(page.start, start) < min(stop, end):
            yield page.confidence


def pinpoint_json(place: Pinpoint) -> dict[str, Any]:
    """The keys of a place, as a citation, a hit and `onrecord show --at` have them."""
    return {
        "page": place.page,
        "page_end": place.page_end,
        "page_index": place.page_index,
        "paragraph": place.paragraph,
        "section": place.section,
        "anchor": place.anchor,
        "hidden": place.hidden,
        "ocr": place.ocr,
    }


def address(document: Document, offset: int) -> str | None:
    """The web address of a document, of the named place in it where the source names one."""
    anchor = document.anchor_at(offset)
    if not document.url or not anchor:
        return document.url
    try:
        page = urldefrag(document.url).url
    except ValueError:  # no web address after all, such as "https://[broken"
        return document.url
    return f"{page}#{quote(anchor, safe=_IN_FRAGMENTS, errors='replace')}"
