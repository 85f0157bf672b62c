"""What a reader makes of a file and what a container holds: between bytes and documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from index.documents import Anchor, Page, Section

Spans = tuple[tuple[int, int], ...]


def no_news(done: int, total: int) -> None:
    """For those who need not know how far a reader has come."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to read. `ocr` names Tesseract's languages ("eng", "eng+spa"), empty: no OCR.

    `progress(done, total)` is called for each page that takes seconds, so that whoever waits can
    tell slow work from none.
    """

    ocr: str = ""
    progress: Callable[[int, int], None] = no_news


DEFAULTS = Options()


@dataclass(frozen=True, slots=True)
class Reading:
    """The text, where its parts are, and what is known of it. All places are code points in `text`.

    `hidden` are spans that somebody who looks at the source does not see. `layout` says where the
    words stand on the pages, see `index.layout`. `notes` say what was left out of the text and what
    is odd about it, for people. `uncertain` names fields of `metadata` that were inferred and not
    stated, such as a date of publication from the day a file was saved.
    """

    text: str
    paragraphs: Spans
    sections: tuple[Section, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    pages: tuple[Page, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    hidden: Spans = ()
    layout: bytes = b""
    notes: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


class Reader(Protocol):
    """Bytes of a file in, a `Reading` out; `source` is for errors. Raises `InputError`."""

    def __call__(self, data: bytes, source: str, options: Options = ..., /) -> Reading: ...


@dataclass(frozen=True, slots=True)
class Child:
    """A file inside another: its name there, as it is to be shown (relative, with `/`)."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something inside a container that could not be taken out, and why; the rest goes on."""

    name: str
    reason: str


Unpacker = Callable[[bytes, str], Iterator[Child | Unreadable]]
"""Bytes of a container and its source in, the files in it out, one at a time. Raises `InputError`
for a container that cannot be opened."""
