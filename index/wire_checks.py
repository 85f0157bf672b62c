"""What a reading must be, so that the rest of the system can rely on it: a reader may be wrong, and
a worker has read a hostile file."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable

from index.errors import InputError
from index.metadata import FIELDS, checked
from index.reading import Reading, Spans

LONGEST_NOTE = 2_000
"""Code points of a note: some sentences for people; more is a text in the wrong place."""

WORD_BYTES = 28
"""Size of a row of `index.layout`: three whole numbers and four lengths of 4 bytes each."""


class WireError(ValueError):
    """Bytes that are no frame of ours, or a reading whose parts do not fit its text."""


def check(reading: Reading) -> None:
    """Raises `WireError`, which names the fault, for parts that do not fit the text.

    Types are as declared: mypy holds the readers to them and `message` what is on the pipe.
    """
    length = len(reading.text)
    _check_spans("paragraphs", reading.paragraphs, length)
    _check_spans("hidden spans", reading.hidden, length)
    _check_starts("sections", (section.start for section in reading.sections), length)
    if any(not section.start <= section.end <= length for section in reading.sections):
        raise WireError("a section that ends outside the text")
    _check_starts("pages", (page.start for page in reading.pages), length)
    for page in reading.pages:
        if page.index is not None and page.index < 0:
            raise WireError(f"a page with the index {page.index}")
        if page.confidence is not None and not 0 <= page.confidence <= 1:
            raise WireError(f"a page with the confidence {page.confidence}")
    _check_starts("anchors", (anchor.start for anchor in reading.anchors), length)
    _check_words(reading)
    _check_layout(reading.layout, length)


def _check_spans(name: str, spans: Spans, length: int) -> None:
    before = 0
    for start, end in spans:
        if not before <= start < end <= length:
            raise WireError(f"{name} empty, out of order or outside the text: {start}..{end}")
        before = end


def _check_starts(name: str, starts: Iterable[int], length: int) -> None:
    before = 0
    for start in starts:
        if not before <= start <= length:
            raise WireError(f"{name} out of order or outside the text, at {start}")
        before = start


def _check_words(reading: Reading) -> None:
    """Metadata, notes, and the names of places."""
    try:
        if checked(reading.metadata, "metadata") != reading.metadata:
            raise WireError("metadata with an empty value, line ends or spaces in a row")
    except InputError as error:
        raise WireError(error.what) from error
    if not set(reading.uncertain) <= set(FIELDS):
        raise WireError(f"uncertain fields that are none: {reading.uncertain}")
    for note in reading.notes:
        if not 0 < len(note) <= LONGEST_NOTE or "\n" in note:
            raise WireError(f"a note that is empty, too long or not one line: {note[:100]!r}")


def _check_layout(layout: bytes, length: int) -> None:
    """At most one box for each code point, so that it cannot unfold without bound either."""
    if not layout:
        return
    unpacker = zlib.decompressobj()
    most = WORD_BYTES * length
    try:
        rows = unpacker.decompress(layout, most + 1)
    except zlib.error as error:
        raise WireError(f"a layout that does not unpack ({error})") from error
    if len(rows) > most or len(rows) % WORD_BYTES or not unpacker.eof or unpacker.unused_data:
        raise WireError("a layout that is too long, cut short or not made of whole rows")
    before = 0
    for start, end, _page, left, top, right, bottom in struct.iter_unpack("<3I4f", rows):
        if not before <= start < end <= length:
            raise WireError(
                f"a word of the layout out of order or outside the text: {start}..{end}"
            )
        if not (left <= right and top <= bottom and math.isfinite(left + top + right + bottom)):
            raise WireError(f"a word of the layout without a box, at {start}")
        before = start
