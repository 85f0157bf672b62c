"""Small files of every format, about the made-up harbour Ostrel: what the fuzzer alters."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from email.message import EmailMessage
from functools import cache

PARAGRAPHS = (
    "The harbour of Ostrel froze twice in the winter of 2019.",
    "The ice was 41 centimetres thick. Forty-two boats lay fast until the thaw.",
    "The pilots' guild said that the warning had come too late.",
)
TITLE = "The Winter of the Harbour"


def zipped(members: dict[str, bytes | Sequence[bytes]]) -> bytes:
    """A zip file whose bytes do not depend on the day. A member may come in pieces."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as member:
                for piece in [data] if isinstance(data, bytes) else data:
                    member.write(piece)
    return buffer.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def text() -> bytes:
    return "\n\n".join(PARAGRAPHS).encode()


def markdown() -> bytes:
    head = f"---\ntitle: {TITLE}\nauthor: Port Chronicle\npublished: 2021-03\n---\n"
    body = "# The freeze\n\n{}\n\n- one\n- two\n\n> {}\n\n```\n# code\n```\n<!-- aside -->\n\n{}\n"
    return (head + body.format(*PARAGRAPHS)).encode()


def table(mark: str) -> bytes:
    rows = [("boat", "berth", "note"), ("Merle", "12", 'the "old"\none'), ("Kestrel", "7", "")]
    cells = ((cell.replace('"', '""') for cell in row) for row in rows)
    return "".join(mark.join(f'"{cell}"' for cell in row) + "\r\n" for row in cells).encode()


def html() -> bytes:
    paragraphs = "".join(f'<p id="p{n}">{text}</p>' for n, text in enumerate(PARAGRAPHS * 3))
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>
<meta name="author" content="Port Chronicle"><script type="application/ld+json">
{{"@type": "NewsArticle", "headline": "{TITLE}", "datePublished": "2021-03-04"}}</script>
<style>.away {{ display: none }}</style></head><body><nav><a href="/">Home</a></nav>
<article><h1>{TITLE}</h1>{paragraphs}<ul><li>one</li><li>two<ul><li>three</li></ul></li></ul>
<table><tr><th>Boat</th><td>Merle</td></tr></table><p class="away">unseen</p>
<figure><img src="a.png" alt=""><figcaption>The quay.</figcaption></figure></article>
<footer>Quayside Press</footer></body></html>""".encode()


def pdf(pages: int = 2) -> bytes:
    """Each line differs from the same line of other pages, or it would be a running head."""
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1, pageCompression=0)
    canvas.setTitle(TITLE)
    for page in range(pages):
        canvas.bookmarkPage(f"p{page}")
        canvas.addOutlineEntry(f"Part {page}", f"p{page}", 0)
        canvas.drawString(72, 800, f"Part {page}")
        for line, words in enumerate(PARAGRAPHS):
            boat = "".join(chr(97 + int(digit)) for digit in str(7919 * page + 104729 * line))
            canvas.drawString(72, 760 - 16 * line, f"{words} The {boat} lay there.")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def docx() -> bytes:
    import docx as python_docx

    document = python_docx.Document()
    document.core_properties.title = TITLE
    document.add_heading("The freeze", 1)
    for words in PARAGRAPHS:
        document.add_paragraph(words)
    document.add_table(2, 2).cell(0, 0).text = "Merle"
    buffer = io.BytesIO()
    document.save(buffer)
    return zipped(members(buffer.getvalue()))


ODT_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "style", "meta")
)


def odt() -> bytes:
    body = "".join(f"<text:p>{words}</text:p>" for words in PARAGRAPHS)
    content = (
        f'<?xml version="1.0"?><office:document-content {ODT_NAMES}><office:body><office:text>'
        f'<text:h text:outline-level="1">The freeze</text:h>{body}<text:list><text:list-item>'
        "<text:p>one</text:p></text:list-item></text:list></office:text></office:body>"
        "</office:document-content>"
    )
    meta = f"<office:document-meta {ODT_NAMES}><office:meta/></office:document-meta>"
    kind = "application/vnd.oasis.opendocument.text"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    )
    parts = {"content.xml": content, "meta.xml": meta, "META-INF/manifest.xml": manifest}
    return zipped({"mimetype": kind.encode()} | {n: xml.encode() for n, xml in parts.items()})


def epub() -> bytes:
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">'
        '<rootfiles><rootfile full-path="OPS/book.opf" '
        'media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    book = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{TITLE}</dc:title>'
        '<dc:identifier id="i">x</dc:identifier><dc:language>en</dc:language></metadata><manifest>'
        '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="n" href="n.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        '</manifest><spine><itemref idref="a"/></spine></package>'
    )
    names = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'
    words = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    chapter = (
        f"<html {names}><head><title>One</title></head><body><h1 id='one'>The freeze</h1>"
        f'<span epub:type="pagebreak" id="pg1" title="1"/>{words}</body></html>'
    )
    nav = (
        f'<html {names}><head><title>n</title></head><body><nav epub:type="toc"><ol><li>'
        '<a href="a.xhtml#one">The freeze</a></li></ol></nav></body></html>'
    )
    parts = {"META-INF/container.xml": container, "OPS/book.opf": book}
    parts |= {"OPS/a.xhtml": chapter, "OPS/n.xhtml": nav}
    kind = b"application/epub+zip"
    return zipped({"mimetype": kind} | {name: xml.encode() for name, xml in parts.items()})


def mail() -> bytes:
    message = EmailMessage()
    message["From"] = "Port Chronicle <news@quayside.example>"
    message["To"] = "pilots@quayside.example"
    message["Subject"] = TITLE
    message["Date"] = "Thu, 04 Mar 2021 10:00:00 +0100"
    message.set_content("\n\n".join(PARAGRAPHS) + "\n\n> earlier\n")
    message.add_alternative(html().decode(), subtype="html")
    message.add_attachment(text(), maintype="text", subtype="plain", filename="ice.txt")
    message.add_attachment(table(","), maintype="text", subtype="csv", filename="boats.csv")
    message.set_boundary("=outer=")
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"={number}=")
    return message.as_bytes()


def mailbox() -> bytes:
    one = b"From news@quayside.example Thu Mar  4 10:00:00 2021\n" + mail() + b"\n"
    return one * 2


def archive() -> bytes:
    return zipped({"a.txt": text(), "b/c.md": markdown(), "d.eml": mail(), "e.xyz": b"?"})


@cache
def samples() -> dict[str, bytes]:
    """A file for each ending."""
    markdowns, pages = markdown(), html()
    return {
        ".txt": text(),
        ".md": markdowns,
        ".markdown": markdowns,
        ".csv": table(","),
        ".tsv": table("\t"),
        ".html": pages,
        ".htm": pages,
        ".xhtml": pages.replace(
            b"<!DOCTYPE html><html", b'<html xmlns="http://www.w3.org/1999/xhtml"'
        ),
        ".pdf": pdf(),
        ".docx": docx(),
        ".odt": odt(),
        ".epub": epub(),
        ".eml": mail(),
        ".mbox": mailbox(),
        ".zip": archive(),
    }
