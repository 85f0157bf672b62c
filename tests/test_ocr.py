"""Scanned pages: what Tesseract reads, where its words stand, and how sure it is."""

from __future__ import annotations

import shutil

import pytest
from pdf_samples import LEDGER, MEETING, Placed, column, made, put, scanned, wrapped

from index.errors import InputError
from index.formats import ocr
from index.formats.pdf import read_pdf
from index.layout import boxes
from index.reading import Options

ENGLISH = Options(ocr="eng")


def test_a_scan_is_read_with_boxes_and_confidence():
    assert shutil.which("tesseract"), "these tests need the package tesseract-ocr"
    placed: list[Placed] = []
    lines = wrapped(MEETING, 340)
    told: list[tuple[int, int]] = []
    data = scanned(made(lambda canvas: placed.extend(put(canvas, lines, 40, 500))))
    reading = read_pdf(data, "scan.pdf", Options("eng", lambda *step: told.append(step)))
    assert reading.text == MEETING
    assert told == [(0, 1), (1, 1)]
    (page,) = reading.pages
    assert page.confidence is not None
    assert page.confidence > 0.8
    assert reading.notes == (f"page 1: read by OCR, confidence {page.confidence:.2f}",)
    at = 0
    for place in placed:
        at = reading.text.index(place.text, at)
        (box,) = boxes(reading.layout, at, at + len(place.text))
        x, y = (place.left + place.right) / 2, 595 - place.baseline - 2
        assert box.left < x < box.right
        assert box.top < y < box.bottom
        at += len(place.text)


def test_only_pictures_are_read_by_ocr():
    """A page with text keeps it, and without OCR a page that is a picture is told."""
    import io

    import pypdfium2

    with (
        pypdfium2.PdfDocument(made(lambda canvas: column(canvas, [LEDGER], 40, 540, 340))) as text,
        pypdfium2.PdfDocument(
            scanned(made(lambda canvas: column(canvas, [MEETING], 40, 540, 340)))
        ) as scan,
    ):
        text.import_pages(scan)
        buffer = io.BytesIO()
        text.save(buffer)
    data = buffer.getvalue()
    without = read_pdf(data, "mixed.pdf")
    assert without.text == LEDGER
    assert without.notes == ("page 2: a picture without text; add with --ocr eng",)
    both = read_pdf(data, "mixed.pdf", ENGLISH)
    assert both.text == f"{LEDGER}\n\n{MEETING}"
    assert both.pages[0].confidence is None
    assert both.pages[1].start == len(LEDGER) + 2


def test_what_is_missing_is_named(monkeypatch):
    scan = scanned(made(lambda canvas: put(canvas, ["A letter."], 40, 500)))
    with pytest.raises(InputError, match=r"has no language 'xyz'.*tesseract-ocr-xyz"):
        read_pdf(scan, "scan.pdf", Options("eng+xyz"))
    with pytest.raises(InputError, match="names no language"):
        read_pdf(scan, "scan.pdf", Options("eng --psm 0"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match=r"^scan\.pdf: .*not installed; install .*tesseract-ocr"):
        read_pdf(scan, "scan.pdf", ENGLISH)
    text = made(lambda canvas: put(canvas, ["A letter."], 40, 500))
    assert read_pdf(text, "text.pdf", ENGLISH).text == "A letter."  # needs no Tesseract


def test_a_page_that_tesseract_gives_up_on_is_told():
    with pytest.raises(ocr.NotRead, match="Tesseract failed"):
        ocr.recognised(b"no picture", "eng")
