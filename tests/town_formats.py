"""One corpus in every format: the invented town of Skerrow, made with the tools that people use.

Each document states facts that no other states, so a question has one right source, and has a word
that stands nowhere else. `build` tells where reportlab set the words of the PDF files.
"""

from __future__ import annotations

import io
import mailbox
import os
from contextlib import closing
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from pdf_samples import FONT, HEIGHT, WIDTH, Placed, made, put, reshaped, scanned, wrapped
from playwright.sync_api import sync_playwright
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from samples import ODT_NAMES, zipped

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SOFT = "\u00ad"
"""In a text of these: a place where a word may be cut at the end of a line."""

PREFACE = (
    "The board wrote this account of the har\u00adbour of Skerrow for those who pay for it. The "
    "first copy, bound in green quorrelskin, lies in the reading room on Cable Street."
)
SECTIONS = {
    "Dredging": (
        "The channel of Skerrow silts up from the north. In the spring of 2018 the dred\u00adger brought "
        "up 61,400 tonnes of mud in forty days, and the barges car\u00adried it to the old quar\u00adry "
        "behind the lime kilns. The fisher\u00admen com\u00adplained of the noise at night.",
        "Sound\u00adings are taken on the first Monday of each month by the pilot cutter. Where "
        "the lead\u00adline finds less than four fath\u00adoms, a red buoy is laid before the even\u00ad"
        "ing tide, and the harbour\u00admaster writes the place into the book of shoals.",
    ),
    "The breakwater": (
        "The breakwater was length\u00adened by 83 metres after the gale of 2011, which had thrown two "
        "cargo boats onto the fish mar\u00adket. Its foun\u00addation is of gran\u00adite from the hill "
        "of Orme, and its crown is of con\u00adcrete cast on the spot by the town's own masons.",
        "Cracks were found in the sea\u00adward wall in the autumn of 2016. The engin\u00adeers ad\u00advised "
        "the board to replace the eleven outer cais\u00adsons before the winter of 2023, and to close "
        "the upper walk to visit\u00adors when\u00adever the wind blows strong\u00ader than forty knots "
        "from the north or the east.",
    ),
    "Dues": (
        "A vessel of up to twen\u00adty ton\u00adnes pays six crowns a day for its berth. Boats that bring "
        "school\u00adchildren or the sick pay nothing. What is owed must be paid at the toll win\u00addow "
        "by the draw\u00adbridge before the hawsers are let go, or the bell is rung and the pilot "
        "with\u00adholds his service.",
        "The board re\u00adceived 402,000 crowns in dues in its last full year and spent most of it on "
        "rope, tar and lamps.",
    ),
}
HIDDEN_IN_PDF = "The board of Skerrow keeps a secret reserve of 77,000 crowns."
TIDES = (
    "Notice to mariners. The tide gauge on the customs steps of Skerrow was struck by a barge on "
    "the night of the storm and now reads nineteen centimetres too high. Until the gauge has been "
    "mended the lock keeper hoists a yellow brindleflag at slack water."
)
LAMPS = (
    "The town of Skerrow burns 268 gas lamps, of which the lamplighters of Skerrow clean a third "
    "every week. On the ropewalk the lamps are lit an hour earlier than elsewhere, because the "
    "vellumwrights work there after dark."
)
LEASE = (
    "Lease of the smokehouse. The tenant of the smokehouse on Eel Lane pays a rent of 312 crowns "
    "at midsummer and at yuletide, and shall keep the chimney swept. The skaldering of salmon is "
    "forbidden."
)
MARKET = """<!doctype html><html lang="en"><head><title>The Skerrow Market Guide</title>
<style>@page { size: A5; margin: 2cm } body { font: 12pt serif } h2 { break-before: page }
</style></head><body><h1>The Skerrow Market Guide</h1><p>The market of Skerrow is held on the square
every Thursday, and the stalls are given out by lot an hour before dawn.</p><h2>Cheese</h2><p>Goat
cheese may be sold from the northern arcade only. A wheel of tumblewick cheese must ripen for
fourteen months before it gets the stamp of the market guild.</p></body></html>"""
SEEN = "The museum opened its gallery of shipwrecks in 1932 with a whale's jaw over the door."
HIDDEN = "The museum of Skerrow secretly pays its keeper 900 crowns a week."
MUSEUM = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>Inside the museum of Skerrow</title><meta name="author" content="Vane Valley Courier">
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Inside the museum of Skerrow",
"datePublished": "2022-09-14", "publisher": {{"@type": "Organization", "name": "Courier Press"}}}}
</script><link rel="canonical" href="https://courier.example/museum"></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/boats">Boats for sale</a></li></ul></nav>
<article><h1>Inside the museum of Skerrow</h1>
<p id="door">{SEEN} Visitors enter through the old weighing house, where the tickets are stamped by
hand, and leave through a courtyard with a fig tree.</p>
<p style="display:none">{HIDDEN}</p>
<p id="clock">The pride of the collection is a tidal clock that a blacksmith of the town built from
the gears of two mills. It has lost only three minutes since it was hung in the stairwell, and the
keeper winds it on Sundays with a handle of zephyrwood.</p>
<p id="fire">A fire in the attic destroyed the herbarium before the war. What remained of the pressed
flowers was given to the school, which shows them to anybody who asks at the porter's lodge.</p>
</article><section id="comments" class="comments"><h2>Comments</h2><article class="comment">
<cite>Mudlark</cite><p>My grandmother swore that the whale's jaw came from a beach in the far
south and was bought for the price of a rowing boat.</p></article></section>
<footer>Courier Press, Cable Street</footer></body></html>"""
BAKERY = """<!doctype html><html lang="en"><head><title>The last bakery on Gull Street</title>
<meta name="date" content="03/04/2021"></head><body><main><h1>The last bakery on Gull Street</h1>
<p>The bakery on Gull Street heats its oven with driftwood and sells 540 loaves on the eve of the
regatta. Its sourdough was begun by a ship's cook, and the crumbhollow loaf is baked on Fridays
only, when the trawlers come in and the crews have been paid.</p></main></body></html>"""
BYLAW = """<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml" lang="en">
<head><title>By-law on dogs</title></head><body><h1>By-law on dogs</h1>
<p id="s1">1. This by-law applies to every dog within the walls of Skerrow, whatever its size.</p>
<p id="s2">2. A dog that is found on the pier without a lead is kept at the pound for five days, and
its owner pays a fine of seventeen crowns.</p>
<p id="s3">3. Dogs that pull a gavelock cart are free of the tax on dogs.</p></body></html>"""
CHRONICLE = (
    '<h1 id="siege">The siege</h1><span epub:type="pagebreak" id="pg41" title="41"/><p>In the year '
    "1644 an army lay before Skerrow for nineteen weeks and could not take the water gate.</p>"
    '<span epub:type="pagebreak" id="pg42" title="42"/><p id="relief">The siege was ended by a '
    "herring fleet, whose nets were drawn across the river under the ponderhulk of the enemy.</p>",
    '<h1 id="flood">The great flood</h1><span epub:type="pagebreak" id="pg57" title="57"/><p>The '
    "great flood reached the ninth step of the town hall, where a brass line marks its height.</p>",
)
SCHOOL = """---
title: Report on the school of navigation
author: Skerrow School Trust
published: 2020-06
---

# Pupils

The school of navigation teaches 134 pupils, eleven of them in the art of the wexlode compass.

# Buildings

The roof of the school leaks above the library. The trust will cover the roof with copper in 2027.
"""
THEATRE = """# The playhouse

The playhouse of Skerrow seats 220 people on benches that came out of a wrecked steamer.

<!-- The playhouse is to be sold in secret. -->

Its curtain was painted by a sailmaker and shows the mirthvale, a bird that nobody has ever seen.
"""
LETTER = """To the keeper of the lighthouse.

The lens of the Skerrow lighthouse was ground from 1,012 prisms and weighs as much as four oxen.
It floats on a trough of quicksilver, so that a child can turn it with one hand.

The oilcellar holds enough fennelwax for two winters. Pray do not smoke there.
"""
BOATS = """Boat,Home berth,Draught in metres,Built
Merganser,7,2.4,1987
Saltwife,12,3.1,2003
Old Bramble,19,1.8,1951
"""
TREES = "Street\tTree\tPlanted\nCable Street\tlinden\t1899\nOrme Road\tblack walnut\t1924\n"
WELL = "The well in the cloister of Skerrow is 47 metres deep, and its water tastes of thistlebrine.\n"
BRIDGE = """# The drawbridge

The drawbridge is raised with a counterweight of nine tonnes of lead, cast by the plumbgate guild.
"""
MAILS = (
    ("Fog signal", "2019-11-04", "The fog signal on the mole shall sound three blasts every ninety "
     "seconds from now on. The old siren goes to the hootmonger."),
    ("Boots", "2019-11-06", "The guild buys sea boots for all 26 pilots before the first frost. "
     "They are made of gorseleather."),
    ("Pension", "2019-12-01", "A pilot who has served for thirty years gets a pension of 88 crowns "
     "a month, and a seat on the bench of the driftwardens."),
)  # fmt: skip


def document_bytes(made_document: docx.document.Document) -> bytes:
    stream = io.BytesIO()
    made_document.save(stream)
    return stream.getvalue()


def lines_of(text: str, width: float, size: float) -> list[str]:
    """A text as lines of at most a width, with words cut where `SOFT` allows it."""
    lines = [""]
    for word in text.split(" "):
        parts = word.split(SOFT)
        for taken in range(len(parts), -1, -1):
            head = "".join(parts[:taken]) + ("-" if 0 < taken < len(parts) else "")
            line = f"{lines[-1]} {head}".strip()
            if not taken or stringWidth(line, FONT, size) <= width:
                break
        lines[-1] = line
        if rest := "".join(parts[taken:]):
            lines.append(rest)
    return lines


def report(placed: list[Placed]) -> bytes:
    """Two columns on three pages behind a preface, with running heads, labels and an outline."""
    size, step, width = 13.0, 15.6, 160.0
    frames = [(page, left) for page in (1, 2, 3) for left in (40.0, 220.0)]
    top, bottom = 530.0, 300.0

    def heading(canvas: Canvas, page: int) -> None:
        put(canvas, ["The Harbour Report of Skerrow"], 40, 565, 8, page)
        put(canvas, [str(page) if page else "iii"], 205, 25, 8, page)

    def paint(canvas: Canvas) -> None:
        canvas.addPageLabel(0, style="ROMAN_LOWER", start=3)
        canvas.addPageLabel(1, style="ARABIC", start=1)
        heading(canvas, 0)
        outline(canvas, "Preface", 0)
        put(canvas, ["Preface"], 40, 520, 16)
        placed.extend(put(canvas, lines_of(PREFACE, 340, size), 40, 490, size))
        canvas.setFillGray(1)
        put(canvas, [HIDDEN_IN_PDF], 40, 200, 9)
        canvas.setFillGray(0)
        frame, y = -1, bottom
        for title, texts in SECTIONS.items():
            for number, text in enumerate((title, *texts)):
                for line in lines_of(text, width, size) if number else [text]:
                    if y - step < bottom:
                        frame, y = frame + 1, top
                        if frames[frame][1] == 40.0:
                            canvas.showPage()
                            heading(canvas, frames[frame][0])
                            canvas.rect(40, 60, 340, 200)  # a plate, as reports have them
                    page, left = frames[frame]
                    if not number:
                        outline(canvas, title, page)
                    placed.extend(put(canvas, [line], left, y, size if number else 14, page))
                    y -= step if number else 20
                y -= step / 2 if number else 0

    return made(paint, title="The Harbour Report of Skerrow", author="Skerrow Harbour Board")


def outline(canvas: Canvas, title: str, page: int) -> None:
    canvas.bookmarkPage(title)
    canvas.addOutlineEntry(title, title, 0)


def sideways(placed: list[Placed]) -> bytes:
    """A page that is turned by a quarter, with its words set along its long side."""

    def paint(canvas: Canvas) -> None:
        canvas.translate(WIDTH, 0)
        canvas.rotate(90)
        put(canvas, ["The lamps of Skerrow"], 60, 340, 18)
        placed.extend(put(canvas, wrapped(LAMPS, 420, 12), 60, 300, 12))

    data = made(paint, title="The lamps of Skerrow", author="Skerrow Gas Works")
    return reshaped(data, rotation=90)


def one_page(text: str, placed: list[Placed], size: float = 11, **info: str) -> bytes:
    return made(
        lambda canvas: placed.extend(put(canvas, wrapped(text, 340, size), 40, 500, size)), **info
    )


def printed() -> bytes:
    """What Chromium prints."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.set_content(MARKET)
        data = page.pdf(prefer_css_page_size=True)
        browser.close()
    return data


def ferry() -> bytes:
    """A Word document with a table, a footnote and a hidden sentence."""
    made_here = docx.Document()
    core = made_here.core_properties
    core.title, core.author = "The river ferry", "Skerrow Ferry Company"
    core.created, core.language = datetime(2019, 5, 2, tzinfo=UTC), "en-GB"
    made_here.add_heading("The crossing", 1)
    crossing = made_here.add_paragraph("The ferry crosses the Vane in eleven minutes on a chain")
    reference = OxmlElement("w:footnoteReference")
    reference.set(qn("w:id"), "2")
    crossing.add_run()._r.append(reference)
    crossing.add_run(" that was forged in the naval yard.")
    hidden = crossing.add_run(" The ferry company bribes the harbour board.")
    hidden.font.hidden = True
    made_here.add_heading("Fares", 1)
    rows = (("Passenger or load", "Fare"), ("A flock of up to twenty geese", "9 crowns"),
            ("A coach with two horses", "14 crowns"), ("A piano or a lurchwagon", "21 crowns"))  # fmt: skip
    table = made_here.add_table(rows=len(rows), cols=2)
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    note = (
        '<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        '<w:footnote w:id="2"><w:p><w:r><w:t>The ferry chain has 2,316 links, each stamped with an '
        "anchor.</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, note.encode(), made_here.part.package)
    made_here.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    return document_bytes(made_here)


def letter_in_word(title: str, author: str, *paragraphs: str) -> bytes:
    made_here = docx.Document()
    made_here.core_properties.title, made_here.core_properties.author = title, author
    made_here.core_properties.created = datetime(2020, 2, 11, tzinfo=UTC)
    for text in paragraphs:
        made_here.add_paragraph(text)
    return document_bytes(made_here)


def odt(title: str, author: str, body: str) -> bytes:
    dc = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    meta = (
        f"<office:document-meta {ODT_NAMES} {dc}><office:meta><dc:title>{title}</dc:title>"
        f"<meta:initial-creator>{author}</meta:initial-creator><meta:creation-date>"
        "2017-08-21T09:00:00</meta:creation-date></office:meta></office:document-meta>"
    )
    content = (
        f"<office:document-content {ODT_NAMES}><office:body><office:text>{body}</office:text>"
        "</office:body></office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.text"
    return zipped({"mimetype": kind, "content.xml": content.encode(), "meta.xml": meta.encode()})


def mill() -> bytes:
    note = (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        "<text:note-body><text:p>The millwheel was turned by eels once, says a ballad.</text:p>"
        "</text:note-body></text:note>"
    )
    return odt(
        "The paper mill",
        "Orme Paper Works",
        '<text:h text:outline-level="1">The wheel</text:h><text:p>The paper mill of Skerrow is '
        f"driven by a wheel of sixteen metres{note}, the largest on the Vane.</text:p>"
        '<text:h text:outline-level="1">The paper</text:h><text:p>Banknotes are printed on paper '
        "of the mill that is made of flax, nettles and rags of sailcloth. The watermark is a "
        "heronquill.</text:p>",
    )


def epub() -> bytes:
    names = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'
    page = "<html {}><head><title>Chronicle</title></head><body>{}</body></html>"
    files = {
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
        'container" version="1.0"><rootfiles><rootfile full-path="book.opf" '
        'media-type="application/oebps-package+xml"/></rootfiles></container>',
        "book.opf": '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Chronicle of Skerrow</dc:title>'
        "<dc:creator>Skerrow Antiquaries</dc:creator><dc:publisher>Courier Press</dc:publisher>"
        "<dc:date>1998-10</dc:date><dc:language>en</dc:language></metadata><manifest>"
        + "".join(
            f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in (0, 1)
        )
        + '</manifest><spine><itemref idref="c0"/><itemref idref="c1"/></spine></package>',
    } | {f"c{n}.xhtml": page.format(names, body) for n, body in enumerate(CHRONICLE)}
    parts = {name: text.encode() for name, text in files.items()}
    return zipped({"mimetype": b"application/epub+zip"} | parts)


def message(subject: str, date: str, text: str) -> EmailMessage:
    made_here = EmailMessage()
    made_here["From"] = "Pilots of Skerrow <guild@pilots.example>"
    made_here["To"] = "Harbour Office <office@harbour.example>"
    made_here["Subject"] = subject
    made_here["Date"] = datetime.fromisoformat(f"{date}T10:00:00+00:00")
    made_here.set_content(text)
    return made_here


def complaint(placed: list[Placed]) -> bytes:
    text = (
        "The dogs of the smokehouse bark until two in the morning, and the council has not answered "
        "my four letters.\n\nOn Mon, 3 Feb 2020 Harbour Office <office@harbour.example> wrote:\n\n"
        "> The steam crane on the coal quay is tested on Saturdays at noon.\n"
    )
    made_here = message("Noise on Eel Lane", "2020-02-12", text)
    minutes = letter_in_word(
        "Minutes of the council",
        "Skerrow Town Council",
        "The council voted by eight to three to plant a hedge of blackthorn around the slaughter "
        "yard. The clerk read a petition of the quernmakers.",
    )
    word = "vnd.openxmlformats-officedocument.wordprocessingml.document"
    made_here.add_attachment(minutes, "application", word, filename="minutes.docx")
    lease = one_page(LEASE, placed, title="Lease of the smokehouse", author="Skerrow Estates")
    made_here.add_attachment(lease, "application", "pdf", filename="lease.pdf")
    return made_here.as_bytes()


def papers() -> bytes:
    """An archive with an archive in it, and something that no reader is for."""
    customs = letter_in_word(
        "Customs of the port",
        "Skerrow Customs House",
        "Tea, tobacco and playing cards are weighed on the brass scales of the customs house, and "
        "the ombrelsmith pays no duty on whalebone.",
    )
    old = {"customs.docx": customs, "salt.csv": b"Pan,Salt in tonnes\nNorth pan,310\nEast pan,275\n"}
    inside = {"bridge.md": BRIDGE.encode(), "well.txt": WELL.encode()}
    return zipped({**inside, "old/chest.zip": zipped(old), "song.mp3": b"la"})


def build(folder: Path) -> dict[str, list[Placed]]:
    """Writes the files into a folder; returns where the words of some PDF files were set."""
    placed: dict[str, list[Placed]] = {
        name: [] for name in ("report.pdf", "tides.pdf", "lamps.pdf", "complaint.eml!/lease.pdf")
    }
    files: dict[str, bytes | str] = {
        "report.pdf": report(placed["report.pdf"]),
        "tides.pdf": scanned(one_page(TIDES, placed["tides.pdf"])),
        "lamps.pdf": sideways(placed["lamps.pdf"]),
        "market.pdf": printed(),
        "ferry.docx": ferry(),
        "mill.odt": mill(),
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
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    with closing(mailbox.mbox(folder / "pilots.mbox")) as box:
        for mail in MAILS:
            box.add(message(*mail))
    return placed
