"""Pages of a PDF as pictures: what a reader sees, with the words of a quote marked."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

from index.errors import InputError
from index.formats.pdf_file import opened
from index.layout import Box

MOST_PIXELS = 40_000_000
"""Of a picture: A3 at 300 dpi has 17 million. A larger sheet is drawn smaller."""

MARK = (255, 214, 0, 96)
"""Red, green, blue and opacity (of 255) of the marker: black on it keeps a contrast of 14."""

MARGIN = 1.0
"""Points by which a mark is larger than the words."""


def render(data: bytes, page: int, boxes: Sequence[Box], scale: float = 2.0) -> bytes:
    """A PNG of the page of this number, from 0, with the boxes that stand on it marked.

    `scale` is pixels per point. Raises `InputError` for what is no PDF and for a page that is not
    there or cannot be drawn.
    """
    from PIL import Image, ImageDraw

    with opened(data, "this file") as document:
        if not 0 <= page < len(document):
            raise InputError(f"no page {page + 1}, of {len(document)}", "name one that is there")
        picture, scale, _ = _drawn(document, page, scale)
    shown = picture.convert("RGBA")
    marks = Image.new("RGBA", shown.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(marks)
    for box in boxes:
        if box.page == page:
            left, top = (box.left - MARGIN) * scale, (box.top - MARGIN) * scale
            right, bottom = (box.right + MARGIN) * scale, (box.bottom + MARGIN) * scale
            pen.rectangle((left, top, max(right, left), max(bottom, top)), fill=MARK)
    return _png(Image.alpha_composite(shown, marks).convert("RGB"))


def picture(document: Any, page: int, dpi: int) -> tuple[bytes, float, float]:
    """A grey PNG of a page of an open document, its pixels per point, and its height in points."""
    drawn, scale, height = _drawn(document, page, dpi / 72)
    return _png(drawn.convert("L")), scale, height


def _drawn(document: Any, page: int, scale: float) -> tuple[Any, float, float]:
    """A Pillow image of a page, without comments, its pixels per point and its height in points."""
    import pypdfium2

    try:
        sheet = document.get_page(page)
        try:
            width, height = sheet.get_size()
            scale = min(scale, math.sqrt(MOST_PIXELS / max(width * height, 1.0)))
            bitmap = sheet.render(scale=scale, draw_annots=False, rev_byteorder=True)
            try:
                return bitmap.to_pil().copy(), scale, height
            finally:
                bitmap.close()
        finally:
            sheet.close()
    except pypdfium2.PdfiumError as error:
        raise InputError(
            f"page {page + 1} cannot be drawn", "look at it in another viewer"
        ) from error


def _png(image: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
