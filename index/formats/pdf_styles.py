"""How the text objects of a PDF page are painted: size, weight, direction, ink, and what may hide
them. Each object is asked once, for all of its signs.
"""

from __future__ import annotations

import ctypes
import math
import re
from dataclasses import dataclass
from typing import Any

SKEW = 10.0
"""Degrees off the four directions from which text is a stamp across the page and no line of it."""

_MOST_MARKS = 16
_OC = "OC\0".encode("utf-16-le")
"""Marks of one object that are looked at, and that of optional content."""

_MOST_POINTS = 200
"""Points of a clipping path that are looked at; nearly all are rectangles."""

_RECTANGLE = 5
"""Points of a rectangle that is closed."""

_BOLD = re.compile(rb"bold|black|heavy|demi|semib", re.IGNORECASE)


_Sides = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Style:
    """How the signs of one text object are painted: size in points, bold or not, PDF's render mode,
    colour as red, green, blue and opacity (0 to 255).

    `turn` counts quarters clockwise as shown; None is askew. `doubtful` text is cut by a clipping
    path or on a layer that can be switched off, so that it may not be seen.
    """

    size: float
    bold: bool
    turn: int | None
    mode: int
    fill: tuple[int, int, int, int]
    doubtful: bool


class Styles:
    """The style of each sign, looked up once for each text object.

    Some programs (browsers among them) make an object of every letter, so this is the inner loop of
    reading: buffers are made once, and what many objects share is asked once.
    """

    def __init__(self, handle: Any, quarters: int) -> None:
        from pypdfium2 import raw

        self._raw = raw
        self._handle = handle
        self._quarters = quarters
        self._known: dict[int, Style] = {}
        self._same: dict[Style, Style] = {}
        self._bold: dict[int, bool] = {}
        self._clips: dict[tuple[object, ...], _Sides] = {}
        self._matrix = raw.FS_MATRIX()
        self._name = ctypes.create_string_buffer(128)
        self._wide_name = ctypes.cast(self._name, ctypes.POINTER(ctypes.c_ushort))
        self._size = ctypes.c_ulong()
        self._ink = [ctypes.c_uint() for _ in range(4)]
        self._sides = [ctypes.c_float() for _ in range(4)]
        self._x, self._y = ctypes.c_float(), ctypes.c_float()

    def of(self, index: int) -> Style:
        painted = self._raw.FPDFText_GetTextObject(self._handle, index)
        address = ctypes.cast(painted, ctypes.c_void_p).value or 0
        style = self._known.get(address)
        if style is None:
            style = self._read(index, painted)
            style = self._known[address] = self._same.setdefault(style, style)
        return style

    def _read(self, index: int, painted: Any) -> Style:
        raw, matrix = self._raw, self._matrix
        raw.FPDFText_GetMatrix(self._handle, index, matrix)
        size = raw.FPDFText_GetFontSize(self._handle, index) * math.hypot(matrix.c, matrix.d)
        size = round(size, 2) if math.isfinite(size) else 0.0
        if not painted:
            return Style(size, False, 0, 0, (0, 0, 0, 255), False)
        slope = math.atan2(matrix.b, matrix.a) if math.isfinite(matrix.a + matrix.b) else 0.0
        angle = self._quarters * 90 - math.degrees(slope)
        turn = round(angle / 90)
        known = raw.FPDFPageObj_GetFillColor(painted, *self._ink)
        red, green, blue, alpha = (part.value for part in self._ink)
        return Style(
            size=size,
            bold=self._is_bold(painted),
            turn=turn % 4 if abs(angle - turn * 90) <= SKEW else None,
            mode=raw.FPDFTextObj_GetTextRenderMode(painted),
            fill=(red, green, blue, alpha) if known else (0, 0, 0, 255),
            doubtful=self._is_layered(painted) or self._is_clipped(painted),
        )

    def _is_bold(self, painted: Any) -> bool:
        font = self._raw.FPDFTextObj_GetFont(painted)
        address = ctypes.cast(font, ctypes.c_void_p).value or 0
        if address and address not in self._bold:
            size = self._raw.FPDFFont_GetBaseFontName(font, self._name, len(self._name))
            name = self._name.value if size <= len(self._name) else b""
            self._bold[address] = bool(_BOLD.search(name))
        return self._bold.get(address, False)

    def _is_layered(self, painted: Any) -> bool:
        """True on a layer that can be switched off (optional content, ISO 32000-1, 8.11)."""
        raw = self._raw
        for number in range(min(raw.FPDFPageObj_CountMarks(painted), _MOST_MARKS)):
            mark = raw.FPDFPageObj_GetMark(painted, number)
            raw.FPDFPageObjMark_GetName(mark, self._wide_name, len(self._name), self._size)
            if self._size.value == len(_OC) and self._name.raw.startswith(_OC):
                return True
        return False

    def _is_clipped(self, painted: Any) -> bool:
        """True when the boxes around the clipping paths do not hold all of the object."""
        raw = self._raw
        path = raw.FPDFPageObj_GetClipPath(painted)
        if not path or not raw.FPDFPageObj_GetBounds(painted, *self._sides):
            return False
        left, bottom, right, top = (side.value for side in self._sides)
        for number in range(min(raw.FPDFClipPath_CountPaths(path), _MOST_MARKS)):
            x1, y1, x2, y2 = self._clip(path, number)
            if x1 > left + 1 or y1 > bottom + 1 or x2 < right - 1 or y2 < top - 1:
                return True
        return False

    def _clip(self, path: Any, number: int) -> _Sides:
        """The box around one clipping path. Two of as many points that share the first and the
        third of these are the same rectangle."""
        count = min(self._raw.FPDFClipPath_CountPathSegments(path, number), _MOST_POINTS)
        if count < 1:
            return (-math.inf, -math.inf, math.inf, math.inf)
        ends = [self._point(path, number, segment) for segment in range(0, min(count, 3), 2)]
        key = (count, *ends)
        if key not in self._clips or count > _RECTANGLE:
            points = [self._point(path, number, segment) for segment in range(count)]
            xs, ys = [point[0] for point in points], [point[1] for point in points]
            self._clips[key] = (min(xs), min(ys), max(xs), max(ys))
        return self._clips[key]

    def _point(self, path: Any, number: int, segment: int) -> tuple[float, float]:
        part = self._raw.FPDFClipPath_GetPathSegment(path, number, segment)
        self._raw.FPDFPathSegment_GetPoint(part, self._x, self._y)
        return self._x.value, self._y.value
