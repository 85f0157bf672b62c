"""PDF files for the tests, made with reportlab, and the places of their words as it sets them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pypdfium2
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

FONT = "Times-Roman"
WIDTH, HEIGHT = 420.0, 595.0  # A5

MEETING = (
    "The council of Varn met on the old quay at noon. It heard the harbour office on the ferry, "
    "which had not sailed since the ice came, and on the mill by the river, where eleven men had "
    "stopped work. The ferry will sail again in the second week of April, said the office, if the "
    "ice lets it. Nobody spoke against the plan to mend the northern pier before the winter."
)
LEDGER = (
    "The ledger of the pier names nine ships that came in with coal in the month of May. Two of "
    "them were turned away because the crane had broken down the week before. The owners asked for "
    "their fees back, and the office paid the half of what they wanted. A third ship waited for "
    "four days outside the bar until the crane was mended and the coal could be landed."
)


@dataclass(frozen=True)
class Placed:
    """A word as it was set: its page, and its left end, right end and baseline from below."""

    text: str
    page: int
    left: float
    right: float
    baseline: float


def made(paint: Callable[[Canvas], object], **info: str) -> bytes:
    """What `paint` draws, with `title` and `author` if they are given."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), invariant=1)
    canvas.setTitle(info.get("title"))
    canvas.setAuthor(info.get("author"))
    paint(canvas)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def put(
    canvas: Canvas, lines: Sequence[str], left: float, top: float, size: float = 10, page: int = 0
) -> list[Placed]:
    """Lines below each other, the first at the height `top`, and the places of their words."""
    placed = []
    canvas.setFont(FONT, size)
    for number, line in enumerate(lines):
        baseline = top - number * 1.2 * size
        canvas.drawString(left, baseline, line)
        at = left
        for word in line.split(" "):
            width = stringWidth(word, FONT, size)
            placed.append(Placed(word, page, at, at + width, baseline))
            at += width + stringWidth(" ", FONT, size)
    return placed


def wrapped(text: str, width: float, size: float = 10) -> list[str]:
    """A text as lines of at most a width, as an office program breaks them."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and stringWidth(f"{lines[-1]} {word}", FONT, size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def column(
    canvas: Canvas, texts: Sequence[str], left: float, top: float, width: float, size: float = 10
) -> float:
    """Paragraphs below each other with half a line between them; the height below the last."""
    for text in texts:
        lines = wrapped(text, width, size)
        put(canvas, lines, left, top, size)
        top -= (len(lines) + 0.5) * 1.2 * size
    return top


def reshaped(
    data: bytes,
    media: tuple[float, float, float, float] | None = None,
    crop: tuple[float, float, float, float] | None = None,
    rotation: int = 0,
) -> bytes:
    """The file with other page boxes (left, bottom, right, top) and pages turned clockwise."""
    buffer = io.BytesIO()
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            if media:
                page.set_mediabox(*media)
            if crop:
                page.set_cropbox(*crop)
            page.set_rotation(rotation)
            page.close()
        document.save(buffer)
    return buffer.getvalue()


def scanned(data: bytes, invisible: str = "") -> bytes:
    """Every page as a picture of itself, as a scanner makes it, over which text may be laid."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), invariant=1)
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            picture = page.render(scale=200 / 72).to_pil().convert("L")
            canvas.drawImage(ImageReader(picture), 0, 0, WIDTH, HEIGHT)
            text = canvas.beginText(40, 510)
            text.setFont(FONT, 10)
            text.setTextRenderMode(3)
            text.textLines(invisible)
            canvas.drawText(text)
            canvas.showPage()
            page.close()
    canvas.save()
    return buffer.getvalue()


def assembled(content: bytes, catalog: bytes = b"", page: bytes = b"", *others: bytes) -> bytes:
    """A file of one page put together object by object: 1 is the catalog, 3 the page, 4 what it
    draws, in Times as /F1; `others` are 6 and on."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Contents 4 0 R" + page + b">>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
        *others,
    ]
    body, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, one)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, rows)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n" % (len(objects) + 1, len(body))
    return body + table + trailer + b"%%EOF\n"
