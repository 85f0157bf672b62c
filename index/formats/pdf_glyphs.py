"""The signs of a PDF page with their places, and the runs of them that stand on one line.

Lengths are in points from the top left corner of the page as it is shown. Text that is turned by
quarters is turned upright first (its "flow"), so that all that reads lines need know only one way.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

from index.formats.pdf_styles import Style, Styles

NO_BREAK = "\u00a0\u202f\u2007"
"""White space that holds two words together: it stays in the text."""

HYPHEN_AT_LINE_END = 2
"""What pdfium gives for a hyphen, hard or soft, that cuts a word at the end of a line."""

_NEW_RUN = 1.0
"""A gap between signs that is wider, in sizes of type, ends a run: it may be a gutter. Spaces of
justified text seldom come to that, and runs of one line are joined again."""

_OFF_LINE = 0.6
"""Sizes of type by which a sign of the same line may be raised or lowered; an index is, by a third
(TeX: 0.36 to 0.41 em), and lines are set 1.0 apart or more."""

_INITIAL = 1.8
"""A letter this much larger than the text on its right is an initial set into several lines."""

_MOST_INITIALS = 8
"""Of a page; larger letters than these are a drawing."""

_LIGATURES = re.compile("[\ufb00-\ufdff\ufe70-\ufefc]+")
"""Latin and Hebrew ligatures and the shapes of Arabic letters: Unicode has them for old encodings
only, and nobody who searches types them."""


class Glyph(NamedTuple):
    """A sign, its box and baseline in the flow, and whether white space stands before it."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    baseline: float
    style: Style
    gap: bool


@dataclass(slots=True)
class Run:
    """Signs beside each other on one line; `number` is its place in the file's own order."""

    glyphs: list[Glyph]
    number: int
    left: float = field(init=False)
    right: float = field(init=False)
    top: float = field(init=False)
    bottom: float = field(init=False)
    size: float = field(init=False)
    baseline: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = min(glyph.left for glyph in self.glyphs)
        self.right = max(glyph.right for glyph in self.glyphs)
        self.top = min(glyph.top for glyph in self.glyphs)
        self.bottom = max(glyph.bottom for glyph in self.glyphs)
        sizes = Counter(glyph.style.size for glyph in self.glyphs)
        self.size = max(sizes, key=lambda size: (sizes[size], size))
        on_line = [glyph.baseline for glyph in self.glyphs if glyph.style.size == self.size]
        self.baseline = sorted(on_line)[len(on_line) // 2]

    @property
    def turn(self) -> int | None:
        return self.glyphs[0].style.turn


@dataclass(frozen=True, slots=True)
class Frame:
    """The page as it is shown: its corner in the file's coordinates, its size, its rotation."""

    left: float
    bottom: float
    right: float
    top: float
    quarters: int

    @property
    def width(self) -> float:
        sides = (self.right - self.left, self.top - self.bottom)
        return sides[self.quarters % 2]

    @property
    def height(self) -> float:
        sides = (self.top - self.bottom, self.right - self.left)
        return sides[self.quarters % 2]

    def shown(self, x: float, y: float) -> tuple[float, float]:
        """A point of the file on the page as it is shown (ISO 32000-1, 7.7.3.3, Rotate)."""
        if self.quarters == 0:
            return x - self.left, self.top - y
        if self.quarters == 1:
            return y - self.bottom, x - self.left
        if self.quarters == 2:
            return self.right - x, y - self.bottom
        return self.top - y, self.right - x

    def flow(self, x: float, y: float, turn: int | None) -> tuple[float, float]:
        """A shown point on the page turned so that text of this turn stands upright."""
        if not turn:
            return x, y
        if turn == 1:
            return y, self.width - x
        return (self.width - x, self.height - y) if turn == 2 else (self.height - y, x)

    def unflow(self, x: float, y: float, turn: int | None) -> tuple[float, float]:
        """The inverse of `flow`."""
        if not turn:
            return x, y
        if turn == 1:
            return self.width - y, x
        return (self.width - x, self.height - y) if turn == 2 else (y, self.height - x)


def frame_of(page: Any) -> Frame:
    left, bottom, right, top = page.get_bbox()
    return Frame(left, bottom, right, top, page.get_rotation() // 90)


def runs_of(text_page: Any, frame: Frame) -> list[Run]:
    """The runs of a page in the file's order, by whole lines of it as far as they hold together."""
    runs: list[Run] = []
    glyphs: list[Glyph] = []
    for glyph in _glyphs(text_page, frame):
        if glyphs and (glyph is None or not _goes_on(glyphs[-1], glyph)):
            runs.append(Run(glyphs, len(runs)))
            glyphs = []
        if glyph is not None:
            glyphs.append(glyph)
    if glyphs:
        runs.append(Run(glyphs, len(runs)))
    return [run for run in runs if any(not glyph.text.isspace() for glyph in run.glyphs)]


def _goes_on(last: Glyph, glyph: Glyph) -> bool:
    if glyph.style.turn != last.style.turn:
        return False
    if glyph.style.turn is None:
        return True
    size = max(last.style.size, glyph.style.size)
    apart = max(glyph.left - last.right, last.left - glyph.right)
    return apart <= _NEW_RUN * size and abs(glyph.baseline - last.baseline) <= _OFF_LINE * size


def _glyphs(text_page: Any, frame: Frame) -> Iterator[Glyph | None]:
    """The signs of a page; None where pdfium ends a line."""
    from pypdfium2 import raw

    handle, rect = text_page.raw, raw.FS_RECTF()
    styles = Styles(handle, frame.quarters)
    x, y = ctypes.c_double(), ctypes.c_double()
    gap, high = False, 0
    for index in range(raw.FPDFText_CountChars(handle)):
        code = raw.FPDFText_GetUnicode(handle, index)
        if code in (10, 13):
            gap = False
            yield None
            continue
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        text, high = _sign(code, high), 0
        if text.isspace() and text not in NO_BREAK:
            gap = True
            continue
        raw.FPDFText_GetLooseCharBox(handle, index, rect)
        raw.FPDFText_GetCharOrigin(handle, index, x, y)
        if not math.isfinite(rect.left + rect.top + rect.right + rect.bottom + x.value + y.value):
            continue  # nowhere on the page, so nothing that can be shown or pointed at
        style = styles.of(index)
        corner = frame.flow(*frame.shown(rect.left, rect.top), style.turn)
        other = frame.flow(*frame.shown(rect.right, rect.bottom), style.turn)
        baseline = frame.flow(*frame.shown(x.value, y.value), style.turn)[1]
        left, right = sorted((corner[0], other[0]))
        top, bottom = sorted((corner[1], other[1]))
        yield Glyph(text, left, top, right, bottom, baseline, style, gap)
        gap = False


def _sign(code: int, high: int) -> str:
    """A character of pdfium's as text that UTF-8 can hold; U+FFFD for one that says nothing."""
    if code == HYPHEN_AT_LINE_END:
        return "-"
    if high:
        if 0xDC00 <= code < 0xE000:
            return chr(0x10000 + (high - 0xD800) * 0x400 + code - 0xDC00)
        return "\ufffd"
    control = code < 32 and code != 9
    if control or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF):
        return "\ufffd"
    if code > 0x10FFFF:
        return "\ufffd"
    text = chr(code)
    return unicodedata.normalize("NFKC", text) if _LIGATURES.fullmatch(text) else text


def with_initials(runs: list[Run]) -> list[Run]:
    """An initial that reaches over several lines goes to the first of these, which it begins."""
    usual = median(run.size for run in runs)
    initials = [r for r in runs if r.size > _INITIAL * usual and len(r.glyphs) <= 2]
    if not initials or len(initials) > _MOST_INITIALS:
        return runs
    taken = set(map(id, initials))
    rest = [run for run in runs if id(run) not in taken]
    for initial in initials:
        beside = [
            run
            for run in rest
            if run.size * _INITIAL < initial.size
            and initial.top - run.size <= run.top < initial.baseline
            and 0 <= run.left - initial.right + usual <= 3 * usual
        ]
        if not beside or not initial.glyphs[0].text.isalpha():
            rest.append(initial)
            continue
        first = min(beside, key=lambda run: (run.baseline, run.left))
        rest[rest.index(first)] = _begun(initial, first)
    return sorted(rest, key=lambda run: run.number)


def _begun(initial: Run, line: Run) -> Run:
    """The line with the initial before it; its place and size stay those of the line."""
    run = Run([*initial.glyphs, *line.glyphs], line.number)
    run.left, run.top, run.bottom = line.left, line.top, line.bottom
    run.size, run.baseline = line.size, line.baseline
    return run
