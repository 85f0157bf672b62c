"""The text of a document for reading: part by part, with headings, pages, what is hidden, and hits.

All of the text is shown: its paragraphs as such, what stands around them in the file (front matter,
marks of Markdown) folded away between them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from index.documents import Document
from rag.pinpoints import unseen
from ui.library_strings import LibrarySpeech
from ui.render_parts import escaped, hidden
from ui.view_parts import number

PART = 20_000
"""Characters of a part: some ten pages, quick on a phone."""

MOST_HITS = 100_000
"""Places of what is looked for that are counted."""

LONGEST = 200
"""Characters to look for."""

OUTSIDE = 4_000
"""Characters shown of what stands between two paragraphs."""

_ALIKE = ("'’‘ʼ", '"“”„«»', "-‐‑‒–—")
"""Signs that keyboards and printers tell apart and readers do not."""

_LEAD = re.compile(r"[^\S\r\n]*(?:[-*+•◦▪‣·–]|\d{1,9}[.)])[^\S\r\n]*\Z")
"""The mark of an item of a list, before its words."""

_INTACT = re.compile(r"\w")
_MARKS = "# \t\r\n"
"""What a heading or a paragraph in Markdown begins with: nobody misses it."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Hits:
    """Places in the text, in order, none overlapping; `current` is the one shown, counted from 0.

    `more` when there are others that were not counted.
    """

    places: tuple[Span, ...] = ()
    current: int = 0
    more: bool = False

    @property
    def at(self) -> Span | None:
        return self.places[self.current] if self.places else None


def find(text: str, words: str, current: int = 0) -> Hits:
    """Where words stand one after the other, however they are spaced, in capitals or not."""
    wanted = r"\s+".join("".join(map(_sign, word)) for word in words.split())
    places: list[Span] = []
    if wanted:
        for match in re.finditer(wanted, text, re.IGNORECASE):
            if len(places) == MOST_HITS:
                return Hits(tuple(places), min(current, MOST_HITS - 1), more=True)
            places.append(match.span())
    return Hits(tuple(places), max(0, min(current, len(places) - 1)))


def _sign(character: str) -> str:
    for alike in _ALIKE:
        if character in alike:
            return f"[{re.escape(alike)}]"
    return re.escape(character)


def part_of(document: Document, offset: int) -> int:
    """Number, from 0, of the part in which a code point is shown."""
    paragraphs = document.paragraphs
    if not paragraphs:
        return 0
    place = bisect_right(paragraphs, offset, key=lambda paragraph: paragraph[0]) - 1
    if place < 0 or offset >= paragraphs[place][1]:  # between two: it stands before the next
        place = min(place + 1, len(paragraphs) - 1)
    start, end = paragraphs[place]
    inside = min(max(offset, start), max(start, end - 1))
    return (start if end - start <= PART else inside) // PART


def parts(document: Document) -> int:
    """How many there are."""
    return part_of(document, len(document.text)) + 1


def part_html(document: Document, part: int, hits: Hits, speech: LibrarySpeech) -> str:
    """A part of the text. What `hits` name is marked and has an `id`, "hit-N" from 1."""
    text = _Text(document, hits, speech)
    pieces = []
    for start, end, before in _pieces(document, part):
        pieces.append(text.paragraph(start, end, before))
    if part + 1 == parts(document):
        last = document.paragraphs[-1][1] if document.paragraphs else 0
        pieces.append(text.outside(last, len(document.text)))
    return "".join(pieces)


def _pieces(document: Document, part: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, where the paragraph before ends) of what a part shows. A paragraph stands in the
    part in which it starts; one that is longer than a part is cut."""
    first, last = part * PART, (part + 1) * PART
    paragraphs = document.paragraphs
    place = bisect_left(paragraphs, first, key=lambda paragraph: paragraph[0])
    before = paragraphs[place - 1] if place else (0, 0)
    if before[1] - before[0] > PART and before[1] > first:
        yield first, min(before[1], last), first
    at = before[1]
    for start, end in paragraphs[place : bisect_left(paragraphs, last, key=lambda p: p[0])]:
        yield start, min(end, last) if end - start > PART else end, min(at, start)
        at = end


class _Text:
    """Makes HTML of the spans of one document, with the same marks throughout."""

    def __init__(self, document: Document, hits: Hits, speech: LibrarySpeech) -> None:
        self._document = document
        self._hits = hits
        self._speech = speech
        self._hidden = list(unseen(document, 0, len(document.text)))
        self._starts = [page.start for page in document.pages]

    def paragraph(self, start: int, end: int, before: int) -> str:
        """A paragraph and what stands before it; a heading without the marks on its line."""
        document = self._document
        if document.in_heading(start):
            words = self._words(start, end)
            return f'{self.outside(before, start)}<h3 id="at-{start}" dir="auto">{words}</h3>'
        lead = _LEAD.search(document.text, before, start)
        mark = f'<span class="lead">{escaped(lead[0].strip())} </span>' if lead else ""
        outside = self.outside(before, lead.start() if lead else start)
        return f'{outside}<p id="at-{start}" dir="auto">{mark}{self._words(start, end)}</p>'

    def outside(self, start: int, end: int) -> str:
        """What is in no paragraph, folded away; nothing where it has no letter or digit."""
        text = self._document.text
        if not _INTACT.search(text, start, end):
            return ""
        end = start + len(text[start:end].rstrip(_MARKS))
        shown = min(end, start + OUTSIDE)
        rest = ""
        if shown < end:
            rest = f"<p>{self._speech.own.cut.format(count=number(end - shown))}</p>"
        opened = " open" if self._hits_in(start, shown) else ""
        return (
            f'<details class="outside"{opened}><summary>{self._speech.own.outside}</summary>'
            f'<pre dir="auto">{self._words(start, shown)}</pre>{rest}</details>'
        )

    def _words(self, start: int, end: int) -> str:
        """The words of a span: hits marked, what is hidden set off, pages named."""
        pages = range(bisect_left(self._starts, start), bisect_left(self._starts, end))
        cuts = {start, end, *(self._starts[page] for page in pages)}
        hits = (self._hits.places[hit] for hit in self._hits_in(start, end))
        for first, last in (*self._hidden_in(start, end), *hits):
            cuts |= {max(first, start), min(last, end)}
        pieces, page = [], pages.start
        for first, last in pairwise(sorted(cuts)):
            while page in pages and self._starts[page] <= first:
                pieces.append(self._page(page))
                page += 1
            pieces.append(self._piece(first, last))
        return "".join(pieces)

    def _piece(self, first: int, last: int) -> str:
        text = self._document.text[first:last]
        words = escaped(text)
        secret = bisect_right(self._hidden, first, key=lambda span: span[0]) - 1
        if secret >= 0 and first < self._hidden[secret][1]:
            words = hidden(text, self._speech.ask)
        hit = bisect_right(self._hits.places, first, key=lambda place: place[0]) - 1
        if hit < 0 or first >= self._hits.places[hit][1]:
            return words
        named = f' id="hit-{hit + 1}" tabindex="-1"' if self._hits.places[hit][0] == first else ""
        current = ' class="current"' if hit == self._hits.current else ""
        return f"<mark{named}{current}>{words}</mark>"

    def _page(self, page: int) -> str:
        """The label of a page, and how well it was recognised where it is a picture."""
        sheet = self._document.pages[page]
        said = self._speech.own.page_mark.format(page=escaped(sheet.label))
        if sheet.confidence is not None:
            said += f", {self._speech.ask.ocr.format(percent=round(100 * sheet.confidence))}"
        return f'<span class="page-mark" id="page-{page}">{said}</span> '

    def _hits_in(self, start: int, end: int) -> range:
        """Numbers of the hits of which something stands in a span."""
        places = self._hits.places
        first = bisect_right(places, start, key=lambda place: place[1])
        return range(first, bisect_left(places, end, key=lambda place: place[0]))

    def _hidden_in(self, start: int, end: int) -> list[Span]:
        spans = self._hidden
        first = bisect_right(spans, start, key=lambda span: span[1])
        return spans[first : bisect_left(spans, end, key=lambda span: span[0])]


def page_numbers(document: Document, part: int) -> list[int]:
    """Numbers, in `document.pages`, of the pages of which a part shows something."""
    shown = [(start, end) for start, end, _ in _pieces(document, part)]
    if not shown or not document.pages:
        return []
    starts = [page.start for page in document.pages]
    first = max(0, bisect_right(starts, shown[0][0]) - 1)
    return list(range(first, bisect_left(starts, shown[-1][1])))


def heading(document: Document, offset: int) -> str:
    """The `id` of a heading in the text."""
    paragraphs = document.paragraphs
    place = bisect_left(paragraphs, offset, key=lambda paragraph: paragraph[0])
    return f"at-{paragraphs[place][0]}" if place < len(paragraphs) else escape(f"at-{offset}")
