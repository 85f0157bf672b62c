"""One corpus in every format: the invented town of Skerrow, made with the tools that people use.

`build` writes the files and tells where reportlab set the words of the PDF files (`town_texts` has
what they say).
"""

from __future__ import annotations

import io
import mailbox
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from pdf_samples import FONT, WIDTH, Placed, made, put, reshaped, scanned, wrapped
from playwright.sync_api import sync_playwright
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from samples import ODT_NAMES, zipped
from town_texts import (
    BAKERY,
    BOATS,
    BRIDGE,
    BYLAW,
    CHRONICLE,
    COMPLAINT,
    CUSTOMS,
    FARES,
    FERRY,
    FERRY_NOTE,
    HIDDEN_IN_PDF,
    HIDDEN_IN_WORD,
    LAMPS,
    LEASE,
    LETTER,
    MAILS,
    MARKET,
    MILL,
    MINUTES,
    MUSEUM,
    PREFACE,
    SALT,
    SCHOOL,
    SECTIONS,
    SOFT,
    THEATRE,
    TIDES,
    TREES,
    WELL,
)

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
TITLE = "The Harbour Report of Skerrow"

BODY, LEADING, COLUMN = 13.0, 15.6, 160.0
TOP, BOTTOM = 530.0, 300.0
"""Points: size of type, from line to line, and the width, top and bottom of a column."""


def build(folder: Path) -> dict[str, list[Placed]]:
    """Writes the files into a new folder; returns where the words of some PDF files were set."""
    placed: dict[str, list[Placed]] = {
        name: [] for name in ("report.pdf", "tides.pdf", "lamps.pdf", "complaint.eml!/lease.pdf")
    }
    files: dict[str, bytes | str] = {
        "report.pdf": report(placed["report.pdf"]),
        "tides.pdf": scanned(one_page(TIDES, placed["tides.pdf"])),
        "lamps.pdf": sideways(placed["lamps.pdf"]),
        "market.pdf": printed(),
        "ferry.docx": ferry(),
        "mill.odt": odt("The paper mill", "Orme Paper Works", MILL),
        "museum.html": MUSEUM,
        "bakery.htm": BAKERY,
        "bylaw.xhtml": BYLAW,
        "chronicle.epub": epub(),
        "school.md": SCHOOL,
        "theatre.markdown": THEATRE,
        "letter.txt": LETTER,
        "boats.csv": BOATS,
        "trees.tsv": TREES,
        "complaint.eml": complaint(placed["complaint.eml!/lease.pdf"]),
        "papers.zip": papers(),
    }
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with closing(mailbox.mbox(folder / "pilots.mbox")) as box:
        for mail in MAILS:
            box.add(message(*mail))
    return placed


def lines_of(text: str) -> list[str]:
    """A text as lines of a column, with words cut where `SOFT` allows it."""
    lines = [""]
    for word in text.split(" "):
        parts = word.split(SOFT)
        for taken in range(len(parts), -1, -1):
            head = "".join(parts[:taken]) + ("-" if 0 < taken < len(parts) else "")
            line = f"{lines[-1]} {head}".strip()
            if not taken or stringWidth(line, FONT, BODY) <= COLUMN:
                break
        lines[-1] = line
        if rest := "".join(parts[taken:]):
            lines.append(rest)
    return lines


def flow() -> Iterator[tuple[int, float, float, str, bool]]:
    """Page, left end, baseline, words and whether it is a heading, for each line of the report."""
    columns = iter([(page, left) for page in (1, 2, 3) for left in (40.0, 220.0)])
    (page, left), y = next(columns), TOP
    for title, texts in SECTIONS.items():
        for text in (title, *texts):
            heading = text is title
            for line in [text] if heading else lines_of(text):
                if y - LEADING < BOTTOM:
                    (page, left), y = next(columns), TOP
                yield page, left, y, line, heading
                y -= 20 if heading else LEADING
            y -= 0 if heading else LEADING / 2


def report(placed: list[Placed]) -> bytes:
    """Two columns behind a preface, with running heads, page labels (iii, 1, 2) and an outline."""

    def begin(canvas: Canvas, page: int) -> None:
        put(canvas, [TITLE], 40, 565, 8, page)
        put(canvas, [str(page) if page else "iii"], 205, 25, 8, page)

    def entry(canvas: Canvas, title: str) -> None:
        canvas.bookmarkPage(title)
        canvas.addOutlineEntry(title, title, 0)

    def paint(canvas: Canvas) -> None:
        canvas.addPageLabel(0, style="ROMAN_LOWER", start=3)
        canvas.addPageLabel(1, style="ARABIC", start=1)
        begin(canvas, 0)
        entry(canvas, "Preface")
        put(canvas, ["Preface"], 40, 520, 16)
        placed.extend(put(canvas, wrapped(PREFACE, 340, BODY), 40, 490, BODY))
        canvas.setFillGray(1)
        put(canvas, [HIDDEN_IN_PDF], 40, 200, 9)
        canvas.setFillGray(0)
        before = 0
        for page, left, y, line, heading in flow():
            if page > before:
                canvas.showPage()
                begin(canvas, page)
                canvas.rect(40, 60, 340, 200)  # a plate, as reports have them
                before = page
            if heading:
                entry(canvas, line)
            placed.extend(put(canvas, [line], left, y, 14 if heading else BODY, page))

    return made(paint, title=TITLE, author="Skerrow Harbour Board")


def sideways(placed: list[Placed]) -> bytes:
    """A page that is turned by a quarter, with its words set along its long side."""

    def paint(canvas: Canvas) -> None:
        canvas.translate(WIDTH, 0)
        canvas.rotate(90)
        put(canvas, ["The lamps of Skerrow"], 60, 340, 18)
        placed.extend(put(canvas, wrapped(LAMPS, 420, 12), 60, 300, 12))

    data = made(paint, title="The lamps of Skerrow", author="Skerrow Gas Works")
    return reshaped(data, rotation=90)


def one_page(text: str, placed: list[Placed], **info: str) -> bytes:
    return made(lambda c: placed.extend(put(c, wrapped(text, 340, 11), 40, 500, 11)), **info)


def printed() -> bytes:
    """What Chromium prints."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium, or name it in $CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.set_content(MARKET)
        data = page.pdf(prefer_css_page_size=True)
        browser.close()
    return data


def saved(document: WordDocument) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def ferry() -> bytes:
    """A Word document with a table, a footnote and a hidden sentence."""
    document = docx.Document()
    core = document.core_properties
    core.title, core.author = "The river ferry", "Skerrow Ferry Company"
    core.created, core.language = datetime(2019, 5, 2, tzinfo=UTC), "en-GB"
    document.add_heading("The crossing", 1)
    before, behind = FERRY
    crossing = document.add_paragraph(before)
    reference = OxmlElement("w:footnoteReference")
    reference.set(qn("w:id"), "2")
    crossing.add_run()._r.append(reference)
    crossing.add_run(behind)
    crossing.add_run(f" {HIDDEN_IN_WORD}").font.hidden = True
    document.add_heading("Fares", 1)
    table = document.add_table(rows=len(FARES), cols=2)
    for row, cells in zip(table.rows, FARES, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    note = (  # python-docx makes no footnotes
        '<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f'<w:footnote w:id="2"><w:p><w:r><w:t>{FERRY_NOTE}</w:t></w:r></w:p></w:footnote>'
        "</w:footnotes>"
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, note.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    return saved(document)


def memo(title: str, author: str, text: str) -> bytes:
    """A Word document of one paragraph."""
    document = docx.Document()
    document.core_properties.title, document.core_properties.author = title, author
    document.core_properties.created = datetime(2020, 2, 11, tzinfo=UTC)
    document.add_paragraph(text)
    return saved(document)


def odt(title: str, author: str, body: str) -> bytes:
    meta = (
        f'<office:document-meta {ODT_NAMES} xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<office:meta><dc:title>{title}</dc:title><meta:initial-creator>{author}"
        "</meta:initial-creator><meta:creation-date>2017-08-21T09:00:00</meta:creation-date>"
        "</office:meta></office:document-meta>"
    )
    content = (
        f"<office:document-content {ODT_NAMES}><office:body><office:text>{body}</office:text>"
        "</office:body></office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.text"
    return zipped({"mimetype": kind, "content.xml": content.encode(), "meta.xml": meta.encode()})


def epub() -> bytes:
    names = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'
    numbers = range(len(CHRONICLE))
    items = (
        f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in numbers
    )
    order = "".join(f'<itemref idref="c{n}"/>' for n in numbers)
    files = {
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
        'container" version="1.0"><rootfiles><rootfile full-path="book.opf" '
        'media-type="application/oebps-package+xml"/></rootfiles></container>',
        "book.opf": '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Chronicle of Skerrow</dc:title>'
        "<dc:creator>Skerrow Antiquaries</dc:creator><dc:publisher>Courier Press</dc:publisher>"
        "<dc:date>1998-10</dc:date><dc:language>en</dc:language></metadata><manifest>"
        f"{''.join(items)}</manifest><spine>{order}</spine></package>",
    }
    for number, body in enumerate(CHRONICLE):
        files[f"c{number}.xhtml"] = f"<html {names}><head><title/></head><body>{body}</body></html>"
    parts = {name: text.encode() for name, text in files.items()}
    return zipped({"mimetype": b"application/epub+zip"} | parts)


def message(subject: str, date: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Pilot Guild <guild@pilots.example>"
    mail["To"] = "Harbour Office <office@harbour.example>"
    mail["Subject"] = subject
    mail["Date"] = datetime.fromisoformat(f"{date}T10:00:00+00:00")
    mail.set_content(text)
    return mail


def complaint(placed: list[Placed]) -> bytes:
    """A message with two attachments, which quotes an earlier one."""
    mail = message("Noise on Eel Lane", "2020-02-12", COMPLAINT)
    minutes = memo("Minutes of the council", "Skerrow Town Council", MINUTES)
    word = "vnd.openxmlformats-officedocument.wordprocessingml.document"
    mail.add_attachment(minutes, "application", word, filename="minutes.docx")
    lease = one_page(LEASE, placed, title="Lease of the smokehouse", author="Skerrow Estates")
    mail.add_attachment(lease, "application", "pdf", filename="lease.pdf")
    return mail.as_bytes()


def papers() -> bytes:
    """An archive with an archive in it, and something that no reader is for."""
    customs = memo("Customs of the port", "Skerrow Customs House", CUSTOMS)
    old = zipped({"customs.docx": customs, "salt.csv": SALT.encode()})
    texts = {"bridge.md": BRIDGE.encode(), "well.txt": WELL.encode()}
    return zipped({**texts, "old/chest.zip": old, "song.mp3": b"la"})
