"""The records that everything else is about. Offsets are code points in `Document.text`.

`Document.text` is decided once, by a reader, and never altered again: a span that is right today
is right for ever, because it points into an immutable string whose SHA-256 is kept.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Section:
    """A heading: its words, and the code points of its line."""

    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a paginated format: its printed label and the code point at which it starts.

    `index` is its number in the file, from 0, where there is one. `confidence` is that of the text
    recognition (0 to 1) for a page that is a picture, None for one whose text is in the file.
    """

    label: str
    start: int
    index: int | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """A name that the source itself gives to a place, such as the `id` of an HTML paragraph."""

    name: str
    start: int


@dataclass(frozen=True, slots=True)
class Document:
    """A text on the record, with what is known of who published it and when.

    `sha256` is of the file's bytes; `paragraphs` are (start, end) pairs that the reader found;
    metadata that nobody gave is None; what was inferred is named in `uncertain`. `parent` is the
    source of the container that the file is in; `notes`, `hidden` and `layout` are those of
    `index.reading.Reading`.
    """

    id: str
    source: str
    sha256: str
    text: str
    title: str | None = None
    author: str | None = None
    publisher: str | None = None
    published: str | None = None
    language: str | None = None
    url: str | None = None
    licence: str | None = None
    parent: str | None = None
    uncertain: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pages: tuple[Page, ...] = ()
    sections: tuple[Section, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    paragraphs: tuple[tuple[int, int], ...] = ()
    hidden: tuple[tuple[int, int], ...] = ()
    layout: bytes = field(default=b"", repr=False)

    @property
    def speaker(self) -> str | None:
        """Who speaks in this document unless a passage says otherwise."""
        return self.author or self.publisher

    @property
    def header(self) -> str:
        """What is known of the document in one line, for a question that names its source."""
        parts = dict.fromkeys((self.author, self.publisher, self.title, self.published))
        return ". ".join(part for part in parts if part)

    def passage(self, sentences: Sequence[tuple[int, int]]) -> Passage:
        """The passage from the first of some consecutive sentences to the last."""
        span = Span(self.id, sentences[0][0], sentences[-1][1])
        return Passage(
            id=passage_id(span),
            span=span,
            text=self.text[span.start : span.end],
            section=self.section_at(span.start),
            page=self.page_at(span.start),
            sentences=tuple(sentences),
        )

    def section_at(self, offset: int) -> str | None:
        """Title of the last heading at or before a code point."""
        section = _last_before(self.sections, offset)
        return section.title if section else None

    def in_heading(self, offset: int) -> bool:
        """True when a code point stands in a heading: it introduces a claim and makes none."""
        section = _last_before(self.sections, offset)
        return section is not None and offset < section.end

    def page_at(self, offset: int) -> str | None:
        """Label of the page on which a code point stands."""
        page = self.page_of(offset)
        return page.label if page else None

    def page_of(self, offset: int) -> Page | None:
        """The page on which a code point stands."""
        return _last_before(self.pages, offset)

    def anchor_at(self, offset: int) -> str | None:
        """The last name that the source gives to a place at or before a code point."""
        anchor = _last_before(self.anchors, offset)
        return anchor.name if anchor else None

    def paragraph_at(self, offset: int) -> int | None:
        """Number of the paragraph in which a code point stands, from 1; headings count."""
        number = bisect_right(self.paragraphs, offset, key=lambda paragraph: paragraph[0])
        return number or None

    def is_hidden(self, start: int, end: int) -> bool:
        """True when a part of the span is not seen by somebody who looks at the source."""
        return any(a < end and start < b for a, b in self.hidden)


_Part = TypeVar("_Part", Section, Page, Anchor)


def _last_before(parts: Sequence[_Part], offset: int) -> _Part | None:
    """The last heading or page that starts at or before a code point; they stand in order."""
    number = bisect_right(parts, offset, key=lambda part: part.start)
    return parts[number - 1] if number else None


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points in one document's text."""

    document_id: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def overlaps(self, other: Span) -> bool:
        return (
            self.document_id == other.document_id
            and self.start < other.end
            and other.start < self.end
        )


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrievable piece of a document: `text == document.text[span.start:span.end]`.

    `sentences` are (start, end) pairs in the document's text, all inside the span.
    """

    id: str
    span: Span
    text: str
    section: str | None
    page: str | None
    sentences: tuple[tuple[int, int], ...]


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def document_id(source: str, text: str) -> str:
    """Same source and same text, same id: adding a document twice costs nothing.

    16 hex digits (64 bits): a collision is unlikely below a billion documents (birthday bound).
    """
    return sha256_hex(f"{source}\0{text}".encode())[:16]


def passage_id(span: Span) -> str:
    return f"{span.document_id}:{span.start}-{span.end}"
