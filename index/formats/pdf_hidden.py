"""Which words of a page somebody who looks at it does not see.

What the file says is asked first (invisible ink, no opacity, type below a point, outside the page).
Where it leaves room for doubt (light ink, a clipping path, a layer, something painted over or
under), the page is rendered and looked at: a word that is seen differs from what is around it.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.formats.pdf_glyphs import Frame
from index.formats.pdf_lines import LEAST_SIZE, Token

LEAST_DIFFERENCE = 16
"""Of 255 in any colour, below which ink and ground are the same to a reader: light grey #f0f0f0 on
white has a contrast of 1.14 to 1, where WCAG 2.2 asks for 4.5."""

_LIGHT = 160
"""From here in every colour, ink is light enough to vanish on white paper."""

_SCALE, _MOST_PIXELS = 2.0, 4_000_000
"""Of the picture that is looked at: 144 dpi for pages up to A3, less for larger sheets."""

_MOST_OBJECTS = 20_000
_DEEPEST = 4
"""Objects of a page that are asked where they stand, and forms within forms."""

_INVISIBLE = frozenset({3, 7})
"""Text render modes that paint nothing (ISO 32000-1, table 106)."""

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Painted:
    """Boxes of the pictures and of the filled areas of a page, as it is shown."""

    pictures: tuple[Rectangle, ...]
    areas: tuple[Rectangle, ...]


def painted_on(page: Any, frame: Frame) -> Painted:
    from pypdfium2 import raw

    pictures, areas = [], []
    for number in range(min(raw.FPDFPage_CountObjects(page), _MOST_OBJECTS)):
        item = raw.FPDFPage_GetObject(page, number)
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            continue
        if kind == raw.FPDF_PAGEOBJ_IMAGE or _holds_picture(item, kind, _DEEPEST):
            pictures.append(_rectangle(item, frame))
        elif kind != raw.FPDF_PAGEOBJ_PATH or _is_filled(item):
            areas.append(_rectangle(item, frame))
    return Painted(tuple(pictures), tuple(areas))


def _holds_picture(item: Any, kind: int, deeper: int) -> bool:
    from pypdfium2 import raw

    if kind == raw.FPDF_PAGEOBJ_IMAGE:
        return True
    if kind != raw.FPDF_PAGEOBJ_FORM or not deeper:
        return False
    inner = (
        raw.FPDFFormObj_GetObject(item, number)
        for number in range(min(raw.FPDFFormObj_CountObjects(item), _MOST_OBJECTS // 20))
    )
    return any(_holds_picture(part, raw.FPDFPageObj_GetType(part), deeper - 1) for part in inner)


def _is_filled(item: Any) -> bool:
    from pypdfium2 import raw

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    return bool(raw.FPDFPath_GetDrawMode(item, fill, stroke) and fill.value)


def _rectangle(item: Any, frame: Frame) -> Rectangle:
    from pypdfium2 import raw

    sides = [ctypes.c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(item, *sides):
        return (0.0, 0.0, 0.0, 0.0)
    left, bottom, right, top = (side.value for side in sides)
    (x1, y1), (x2, y2) = frame.shown(left, top), frame.shown(right, bottom)
    return (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def unseen(page: Any, tokens: Sequence[Token], frame: Frame, painted: Painted) -> list[bool]:
    """For each token, whether it is hidden."""
    over_picture = _over(tokens, painted.pictures)
    over_area = _over(tokens, painted.areas)
    hidden = [
        _said_hidden(token, frame, bool(over))
        for token, over in zip(tokens, over_picture, strict=True)
    ]
    doubt = [
        number
        for number, token in enumerate(tokens)
        if not hidden[number] and (over_picture[number] or over_area[number] or _is_doubtful(token))
    ]
    if doubt:
        pixels, scale = _rendered(page, frame)
        for number in doubt:
            hidden[number] = not _is_seen(tokens[number], pixels, scale)
    return hidden


def _said_hidden(token: Token, frame: Frame, over_picture: bool) -> bool:
    style = token.style
    if style is None:
        return False
    outside = (
        token.right <= 0
        or token.bottom <= 0
        or token.left >= frame.width
        or token.top >= frame.height
    )
    # Scanners lay what they read invisibly over the picture of it.
    invisible = style.mode in _INVISIBLE and not over_picture
    no_ink = style.mode == 0 and style.fill[3] < LEAST_DIFFERENCE
    return outside or invisible or no_ink or style.size < LEAST_SIZE


def _is_doubtful(token: Token) -> bool:
    style = token.style
    return style is not None and (
        style.doubtful or style.fill[3] < 255 or min(style.fill[:3]) >= _LIGHT
    )


def _over(tokens: Sequence[Token], rectangles: Sequence[Rectangle]) -> NDArray[np.bool_]:
    """For each token, whether its middle lies in one of the rectangles."""
    found = np.zeros(len(tokens), bool)
    x = np.array([(token.left + token.right) / 2 for token in tokens])
    y = np.array([(token.top + token.bottom) / 2 for token in tokens])
    for left, top, right, bottom in set(rectangles):
        found |= (left <= x) & (x <= right) & (top <= y) & (y <= bottom)
    return found


def _rendered(page: Any, frame: Frame) -> tuple[NDArray[np.uint8], float]:
    """The page as red, green and blue, and its pixels per point."""
    area = max(frame.width * frame.height, 1.0)
    scale = min(_SCALE, math.sqrt(_MOST_PIXELS / area))
    bitmap = page.render(scale=scale, draw_annots=False, rev_byteorder=True)
    try:
        return bitmap.to_numpy()[:, :, :3].copy(), scale
    finally:
        bitmap.close()


def _is_seen(token: Token, pixels: NDArray[np.uint8], scale: float) -> bool:
    left, top = max(int(token.left * scale), 0), max(int(token.top * scale), 0)
    right = max(math.ceil(token.right * scale), left + 1)
    bottom = max(math.ceil(token.bottom * scale), top + 1)
    patch = pixels[top:bottom, left:right].reshape(-1, 3)
    if not len(patch) or int(np.ptp(patch, axis=0).max()) < LEAST_DIFFERENCE:
        return False
    style = token.style
    if style is None or style.mode != 0 or style.fill[3] < 255:
        return True
    # Letters leave the upper and lower edge of their box free: these show the ground.
    edges = np.concatenate(
        [pixels[top, left:right], pixels[min(bottom, len(pixels)) - 1, left:right]]
    )
    ground = np.median(edges, axis=0)
    return bool(np.abs(ground - np.array(style.fill[:3])).max() >= LEAST_DIFFERENCE)
