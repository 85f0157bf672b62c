"""Where the words of a document stand on its pages, and the boxes that mark a quote there.

A layout is one row for each word of the text, packed into bytes. Lengths are in points (1/72 inch)
from the top left corner of the page as it is shown.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SIDES = ("left", "top", "right", "bottom")
_WORD = np.dtype(
    [("start", "<u4"), ("end", "<u4"), ("page", "<u4"), *((side, "<f4") for side in _SIDES)]
)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page; `page` is its number in the file, from 0."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Word:
    """Code points of a text in one box: a word, or a part of one that a line end cuts."""

    start: int
    end: int
    box: Box


def pack(words: Iterable[Word]) -> bytes:
    """`words` in the order of their starts."""
    rows = (
        (w.start, w.end, w.box.page, w.box.left, w.box.top, w.box.right, w.box.bottom)
        for w in words
    )
    packed = np.fromiter(rows, _WORD)
    return zlib.compress(packed.tobytes()) if len(packed) else b""


def boxes(layout: bytes, start: int, end: int) -> tuple[Box, ...]:
    """The boxes of a span of the text, one for each line that it touches on a page.

    A word that the span cuts is marked as a whole.
    """
    if not layout:
        return ()
    words: NDArray[np.void] = np.frombuffer(zlib.decompress(layout), _WORD)
    lines: list[Box] = []
    for row in words[(words["end"] > start) & (words["start"] < end)]:
        box = Box(int(row["page"]), *(float(row[side]) for side in _SIDES))
        if lines and _on_one_line(lines[-1], box):
            lines[-1] = _around(lines[-1], box)
        else:
            lines.append(box)
    return tuple(lines)


def _on_one_line(line: Box, word: Box) -> bool:
    """The word goes on to the right on the same page, and the two overlap for half their height."""
    common = min(line.bottom, word.bottom) - max(line.top, word.top)
    least = min(line.bottom - line.top, word.bottom - word.top)
    return line.page == word.page and word.right >= line.left and common > least / 2


def _around(a: Box, b: Box) -> Box:
    left, top = min(a.left, b.left), min(a.top, b.top)
    return Box(a.page, left, top, max(a.right, b.right), max(a.bottom, b.bottom))
