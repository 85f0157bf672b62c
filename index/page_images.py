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

MARK = (255, 226, 92)
"""Red, green and blue of the marker, with which a page is multiplied as by a real one: ink stays
nearly as dark as it is."""

LEAST = (40, 34, 0)
"""What a mark makes of black, so that it is seen on a dark ground too: its contrast (WCAG 2.2) to
black is 1.3, and to `MARK` 12."""

MARGIN = 1.0
"""Points by which a mark is larger than the words."""


def render(
    data: bytes, page: int, boxes: Sequence[Box], scale: float = 2.0, width: int | None = None
) -> bytes:
    """A PNG of the page of this number, from 0, with the boxes that stand on it marked.

    `scale` is pixels per point, in place of which `width` may say the width in pixels. Raises
    `InputError` for what is no PDF and for a page that is not there or cannot be drawn.
    """
    with opened(data, "this file") as document:
        if not 0 <= page < len(document):
            raise InputError(f"no page {page + 1}, of {len(document)}", "name one that is there")
        if width:
            scale = width / max(document.get_page_size(page)[0], 1.0)
        drawn, scale, _ = _drawn(document, page, scale)
    here = [box for box in boxes if box.page == page]
    return _png(_marked(drawn.convert("RGB"), here, scale) if here else drawn.convert("RGB"))


def _marked(sheet: Any, boxes: Sequence[Box], scale: float) -> Any:
    """The picture as if somebody had gone over the boxes with a marker, once where they overlap."""
    from PIL import Image, ImageChops, ImageDraw

    where = Image.new("L", sheet.size, 0)
    pen = ImageDraw.Draw(where)
    for box in boxes:
        left, top = (box.left - MARGIN) * scale, (box.top - MARGIN) * scale
        right, bottom = (box.right + MARGIN) * scale, (box.bottom + MARGIN) * scale
        pen.rectangle((left, top, max(right, left), max(bottom, top)), fill=255)
    inked = ImageChops.multiply(sheet, Image.new("RGB", sheet.size, MARK))
    shown = ImageChops.lighter(inked, Image.new("RGB", sheet.size, LEAST))
    return Image.composite(shown, sheet, where)


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
