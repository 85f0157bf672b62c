"""The places of a reading as bytes. A table has a paragraph and a section for each of its rows; of
333,000 rows the process that asked holds 175 MiB so, and held 280 when they came as JSON.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import chain, islice

from index.documents import Anchor, Section
from index.reading import Reading, Spans
from index.wire_checks import WireError

MOST_PLACES = 1 << 20
"""Of each kind: the rows of the largest spreadsheet."""

_COLUMNS = (2, 2, 3, 2)
"""Numbers for each paragraph, hidden span, section and anchor."""


@dataclass(frozen=True, slots=True)
class Places:
    """What a `Reading` says of places but for its pages, which are few."""

    paragraphs: Spans
    hidden: Spans
    sections: tuple[Section, ...]
    anchors: tuple[Anchor, ...]


def too_many(reading: Reading) -> str:
    """Which kind of places there are more of than `MOST_PLACES`; empty for none."""
    kinds = {
        "paragraphs": len(reading.paragraphs),
        "hidden passages": len(reading.hidden),
        "sections": len(reading.sections),
        "anchors": len(reading.anchors),
    }
    return next((kind for kind, number in kinds.items() if number > MOST_PLACES), "")


def packed(reading: Reading) -> bytes:
    """How many there are of each kind, then their starts, ends and lengths of names (code points),
    as whole numbers of 8 bytes in this machine's order, then the names in UTF-8."""
    sections, anchors = reading.sections, reading.anchors
    try:
        numbers = array("Q", map(len, (reading.paragraphs, reading.hidden, sections, anchors)))
        numbers.extend(chain.from_iterable(chain(reading.paragraphs, reading.hidden)))
        for section in sections:
            numbers.extend((section.start, section.end, len(section.title)))
        for anchor in anchors:
            numbers.extend((anchor.start, len(anchor.name)))
        names = "".join(chain((s.title for s in sections), (a.name for a in anchors)))
        return numbers.tobytes() + names.encode()
    except (OverflowError, UnicodeEncodeError) as error:
        raise WireError(f"a place or the name of one that is none ({error})") from error


def unpacked(data: bytes) -> Places:
    """What `packed` made; raises `WireError` for anything else."""
    numbers, names = _parts(data)
    values = iter(numbers)
    counts = list(islice(values, len(_COLUMNS)))
    paragraphs, hidden = (
        tuple(islice(zip(values, values, strict=False), count)) for count in counts[:2]
    )
    sections: list[Section] = []
    anchors: list[Anchor] = []
    at = 0
    for start, end, length in islice(zip(values, values, values, strict=False), counts[2]):
        sections.append(Section(names[at : at + length], start, end))
        at += length
    for start, length in islice(zip(values, values, strict=False), counts[3]):
        anchors.append(Anchor(names[at : at + length], start))
        at += length
    if at != len(names):
        raise WireError("names that are not as long as they say")
    return Places(paragraphs, hidden, tuple(sections), tuple(anchors))


def _parts(data: bytes) -> tuple[array[int], str]:
    """The numbers and the names, as many of them as there must be."""
    width = array("Q").itemsize
    counts = array("Q", data[: width * len(_COLUMNS)].ljust(width * len(_COLUMNS), b"\xff"))
    if max(counts) > MOST_PLACES:
        raise WireError("places cut short, or too many of them")
    ends = sum(number * columns for number, columns in zip(counts, _COLUMNS, strict=True))
    size = width * (len(_COLUMNS) + ends)
    if len(data) < size:
        raise WireError("places cut short")
    try:
        return array("Q", data[:size]), data[size:].decode()
    except UnicodeDecodeError as error:
        raise WireError("names that are not UTF-8") from error
