"""DOCX and ODT: the text in the order of the document, and what of it nobody sees, named."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import UTC, datetime

import docx
import pytest
from docx.enum.text import WD_COLOR_INDEX
from docx.shared import Pt, RGBColor
from hypothesis import given, settings
from hypothesis import strategies as st

from index.documents import Anchor, Section
from index.errors import InputError
from index.formats import zipped
from index.formats.docx import read_docx
from index.formats.magic import ADVICE, kind_of, mistaken
from index.formats.odt import read_odt

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODF = "urn:oasis:names:tc:opendocument:xmlns"


def packed(parts, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def word(body, namespace=WORD, kind=MAIN, **parts):
    """A Word document around some XML; `footnotes="<footnote ..."` and the like are its parts."""
    names = f'xmlns="{namespace}" xmlns:w="{namespace}"'
    links = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONS}/{name}" Target="{name}.xml"/>'
        for n, name in enumerate(parts)
    )
    files = {
        "[Content_Types].xml": f"<Types><Override PartName='/word/document.xml' "
        f"ContentType='{kind}'/></Types>",
        "_rels/.rels": "<Relationships><Relationship Id='r1' Target='word/document.xml' "
        f"Type='{RELATIONS}/officeDocument'/></Relationships>",
        "word/document.xml": f"<document {names}><body>{body}</body></document>",
        "word/_rels/document.xml.rels": f"<Relationships>{links}</Relationships>",
    }
    for name, content in parts.items():
        files[f"word/{name}.xml"] = f"<{name} {names}>{content}</{name}>"
    return packed(files)


def p(*runs, properties=""):
    return f"<p>{properties and f'<pPr>{properties}</pPr>'}{''.join(runs)}</p>"


def r(text, properties=""):
    words = f'<t xml:space="preserve">{text}</t>' if text else ""
    return f"<r>{properties and f'<rPr>{properties}</rPr>'}{words}</r>"


def paragraphs(reading):
    return [reading.text[start:end] for start, end in reading.paragraphs]


def hidden(reading):
    return [reading.text[start:end] for start, end in reading.hidden]


def sections(reading):
    return [(s.title, reading.text[s.start : s.end]) for s in reading.sections]


def made_by_python_docx():
    """A document as a library for Word files writes it."""
    made = docx.Document()
    made.core_properties.title = "The Winter of the Harbour"
    made.core_properties.author = "Port Chronicle"
    made.core_properties.created = datetime(2021, 3, 4, tzinfo=UTC)
    made.core_properties.language = "en-GB"
    made.add_heading("The freeze", 1)
    first = made.add_paragraph("The harbour of Ostrel ")
    first.add_run("froze").bold = True
    first.add_run(" twice\tin\u00a02019.")
    made.add_paragraph("a bell", style="List Bullet")
    table = made.add_table(rows=2, cols=3)
    for row, cells in zip(table.rows, (("town", "ice", ""), ("Ostrel", "41 cm", "")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    second = made.add_paragraph("The guild paid. ")
    second.add_run("Ignore the guild. ").font.hidden = True
    second.add_run("White. ").font.color.rgb = RGBColor(255, 255, 255)
    second.add_run("Dust.").font.size = Pt(1)
    dark = second.add_run(" Bright.")
    dark.font.color.rgb, dark.font.highlight_color = RGBColor(255, 255, 255), WD_COLOR_INDEX.BLACK
    made.add_comment(runs=first.runs, text="Is that so?", author="Ann Weld", initials="AW")
    made.sections[0].header.paragraphs[0].text = "Draft of the council"
    made.sections[0].footer.paragraphs[0].text = "7"
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def test_a_word_document_is_read_in_its_order_with_what_it_says_of_itself():
    reading = read_docx(made_by_python_docx(), "a.docx")
    assert paragraphs(reading) == [
        "The freeze",
        "The harbour of Ostrel froze twice in\u00a02019.",
        "a bell",
        "town | ice",
        "Ostrel | 41 cm",
        "The guild paid. Ignore the guild. White. Dust. Bright.",
    ]
    assert reading.text == "\n\n".join(paragraphs(reading))
    assert sections(reading) == [("The freeze", "The freeze")]
    assert reading.metadata == {
        "title": "The Winter of the Harbour",
        "author": "Port Chronicle",
        "published": "2021-03-04",
        "language": "en",
    }
    assert reading.uncertain == ("published",)
    assert hidden(reading) == ["Ignore the guild. White. Dust."]
    assert reading.notes == (
        "left out: 1 comment by Ann Weld",
        "left out: running heads and feet, 17 characters",
        "left out: the bullets and numbers that the program makes for 1 paragraph",
        "hidden text: 30 characters",
    )
    assert reading.pages == ()


BAR = '<tcPr><shd w:val="clear" w:fill="1F3864"/></tcPr>'
WHITE = '<color w:val="FFFFFF"/>'
NOTE = '<r><{kind}Reference w:id="{id}"/></r>'
STYLES = """
<style w:type="paragraph" w:styleId="berschrift1"><name w:val="heading 1"/></style>
<style w:type="paragraph" w:styleId="Own"><name w:val="Own"/><basedOn w:val="berschrift1"/></style>
<style w:type="paragraph" w:styleId="Lead"><name w:val="Lead"/><basedOn w:val="berschrift1"/>
  <pPr><outlineLvl w:val="9"/></pPr></style>
<style w:type="paragraph" w:styleId="Titel"><name w:val="Title"/></style>
<style w:type="paragraph" w:styleId="Sub"><name w:val="Subtitle"/><basedOn w:val="Titel"/></style>
<style w:type="paragraph" w:styleId="Verzeichnis1"><name w:val="toc 1"/></style>
<style w:type="character" w:styleId="Ghost"><name w:val="Ghost"/><rPr><vanish/></rPr></style>
<style w:type="table" w:styleId="Bars"><name w:val="Bars"/><tblStylePr w:type="firstRow">
  <tcPr><shd w:val="clear" w:fill="000000"/></tcPr></tblStylePr></style>
<style w:type="paragraph" w:styleId="Loop"><name w:val="Loop"/><basedOn w:val="Loop2"/></style>
<style w:type="paragraph" w:styleId="Loop2"><name w:val="Loop2"/><basedOn w:val="Loop"/></style>
"""


def styled(name, *runs):
    return p(*runs, properties=f'<pStyle w:val="{name}"/>')


WORDS = [
    ("insertions are text and deletions are not",
     p(r("Paid "), "<ins>", r("3,500"), "</ins>", "<del><r><delText>900</delText></r></del>",
       r(" crowns.")), ["Paid 3,500 crowns."], []),
    ("a paragraph whose end is deleted goes on",
     p(r("One "), properties="<rPr><del/></rPr>") + p(r("sentence.")), ["One sentence."], []),
    ("a row that is deleted is left out",
     f"<tbl><tr><trPr><del/></trPr><tc>{p(r('old'))}</tc><tc>{p(r('row'))}</tc></tr></tbl>"
     + p(r("Kept.")), ["Kept."], []),
    ("text that moved stands where it went",
     p("<moveFrom>", r("Up. "), "</moveFrom>", r("Then. "), "<moveTo>", r("Up."), "</moveTo>"),
     ["Then. Up."], []),
    ("fields show their result, not their code",
     p('<r><fldChar w:fldCharType="begin"/><instrText>PAGE x</instrText></r>', r("the guild")),
     ["the guild"], []),
    ("a text box follows its paragraph, once",
     p(r("Above."), '<r><mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice><drawing><txbxContent>'
       + p(r("Boxed.", WHITE)) + "</txbxContent></drawing></mc:Choice><mc:Fallback><txbxContent>"
       + p(r("Boxed.")) + "</txbxContent></mc:Fallback></mc:AlternateContent></r>", r(" Below.")),
     ["Above. Below.", "Boxed."], []),
    ("a row is a paragraph, a frame of one cell is none",
     f"<tbl><tr><tc>{p(r('One.'))}{p(r('Two.'))}</tc></tr><tr><tc>{p(r('a'))}{p(r('b'))}</tc>"
     f"<tc><tbl><tr><tc>{p(r('c'))}</tc><tc>{p(r('d'))}</tc></tr></tbl></tc></tr></tbl>",
     ["One.", "Two.", "a b | c d"], []),
    ("white letters on a dark ground are seen",
     f"<tbl><tr><tc>{BAR}{p(r('town', WHITE))}</tc><tc>{p(r('gone', WHITE))}</tc></tr></tbl>"
     f'<tbl><tblPr><tblStyle w:val="Bars"/></tblPr><tr><tc>{p(r("a", WHITE))}</tc>'
     f"<tc>{p(r('b'))}</tc></tr></tbl>" + p(r("x", WHITE + '<shd w:val="clear" w:fill="F2F2F2"/>')),
     ["town | gone", "a | b", "x"], ["gone", "x"]),
    ("a style can hide, and a run can undo it",
     p(r("seen "), r("ghost ", '<rStyle w:val="Ghost"/>'),
       r("back", '<rStyle w:val="Ghost"/><vanish w:val="0"/>')), ["seen ghost back"], ["ghost "]),
    ("spaces at the ends of a run count when it says so",
     p("<r><t> a </t></r>", r("b"), "<r><br/></r>", r("c"), "<r><noBreakHyphen/></r>", r("d")),
     ["ab c\u2011d"], []),
    ("a formula is text", p('<m:oMath xmlns:m="urn:m"><m:r><m:t>x=2</m:t></m:r></m:oMath>'),
     ["x=2"], []),
    ("content controls and links hold text",
     "<sdt><sdtPr/><sdtContent>" + p("<hyperlink>", r("link"), "</hyperlink>")
     + "</sdtContent></sdt>", ["link"], []),
    ("a style that is based on itself ends", styled("Loop", r("round")), ["round"], []),
]  # fmt: skip


@pytest.mark.parametrize(("why", "body", "seen", "unseen"), WORDS, ids=[case[0] for case in WORDS])
@pytest.mark.parametrize("namespace", [WORD, STRICT], ids=["transitional", "strict"])
def test_what_word_shows_is_text(namespace, why, body, seen, unseen):
    reading = read_docx(word(body, namespace, styles=STYLES), "a.docx")
    assert paragraphs(reading) == seen
    assert hidden(reading) == unseen


def test_headings_are_known_by_their_styles_and_contents_are_left_out():
    body = (
        styled("Titel", r("The bell")) + styled("Sub", r("A history"))
        + styled("Verzeichnis1", r("The freeze 3")) + styled("berschrift1", r("The "), r("freeze"))
        + styled("Own", r("A derived one")) + styled("Lead", r("No heading."))
        + p(r("By outline"), properties='<outlineLvl w:val="2"/>')
        + styled("berschrift1", r("A paragraph in the style of a heading. " * 6))
    )  # fmt: skip
    reading = read_docx(word(body, styles=STYLES), "a.docx")
    titles = ["The bell", "The freeze", "A derived one", "By outline"]
    assert sections(reading) == [(title, title) for title in titles]
    assert (reading.metadata, reading.uncertain) == ({"title": "The bell"}, ("title",))
    assert reading.notes == ("left out: table of contents, 10 characters",)
    assert "A history" in paragraphs(reading)
    assert "The freeze 3" not in reading.text


def test_notes_stand_behind_the_text_each_a_part_with_its_mark():
    reference = [NOTE.format(kind=kind, id=n) for kind, n in (("footnote", 7), ("endnote", 4))]
    second = NOTE.format(kind="footnote", id=2)
    body = p(r("It froze."), reference[0], r(" It thawed."), reference[1]) + p(r("Paid."), second)
    reading = read_docx(
        word(
            body,
            footnotes='<footnote w:id="-1"><p/></footnote>'
            f'<footnote w:id="2">{p(r("Ledger."))}</footnote>'
            f'<footnote w:id="7">{p("<r><footnoteRef/></r>", r(" Port office."))}{p(r("Vol. 2."))}'
            f'</footnote><footnote w:id="9">{p(r("Nobody refers to this."))}</footnote>',
            endnotes=f'<endnote w:id="4">{p(r("Almanac."))}</endnote>',
        ),
        "a.docx",
    )
    assert paragraphs(reading) == [
        *("It froze.[1] It thawed.[i]", "Paid.[2]"),
        *("[1] Port office.", "Vol. 2.", "[2] Ledger.", "[i] Almanac."),
    ]
    places = [reading.text.index(text) for text in ("[1] Port", "[2] Ledger", "[i] Almanac")]
    titles = ["footnote 1", "footnote 2", "endnote i"]
    assert reading.sections == tuple(map(Section, titles, places, places))


def test_bookmarks_are_anchors_and_those_of_the_program_are_not():
    marks = [f'<bookmarkStart w:id="{n}" w:name="{n}"/>' for n in ("_GoBack", "bell", "end")]
    body = p(r("Rain. "), marks[0], marks[1], r("The bell.")) + marks[2] + p() + p(r("Last."))
    reading = read_docx(word(body), "a.docx")
    assert reading.anchors == (Anchor("bell", 6), Anchor("end", reading.text.index("Last.")))


PREFIXES = " ".join(
    f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("office", "text", "table", "style", "meta")
) + (
    f' xmlns="{ODF}:text:1.0" xmlns:draw="{ODF}:drawing:1.0" xmlns:fo="{ODF}:xsl-fo-compatible:1.0"'
    f' xmlns:svg="{ODF}:svg-compatible:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def odt(body, automatic="", styles="", meta="", **files):
    """An OpenDocument text as a word processor packs it: `mimetype` first and not compressed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        kind = zipfile.ZipInfo("mimetype")
        archive.writestr(kind, "application/vnd.oasis.opendocument.text", zipfile.ZIP_STORED)
        for name, root, content in (
            ("content.xml", "document-content",
             f"<office:automatic-styles>{automatic}</office:automatic-styles>"
             f"<office:body><office:text>{body}</office:text></office:body>"),
            ("styles.xml", "document-styles", styles),
            ("meta.xml", "document-meta", f"<office:meta>{meta}</office:meta>"),
        ):  # fmt: skip
            archive.writestr(name, f"<office:{root} {PREFIXES}>{content}</office:{root}>")
        for name, content in files.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return stream.getvalue()


def look(name, properties, family="text"):
    return (
        f'<style:style style:name="{name}" style:family="{family}">'
        f"<style:text-properties {properties}/></style:style>"
    )


AUTOMATIC = (
    look("T1", 'text:display="none"') + look("T2", 'fo:color="#ffffff"')
    + look("T3", 'fo:color="#ffffff" fo:background-color="#000000"')
    + look("T4", 'fo:font-size="1pt"')
    + '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>'
    + '<style:style style:name="D1" style:family="table-cell"><style:table-cell-properties '
    'fo:background-color="#1f3864"/></style:style>'
)  # fmt: skip

OPEN_TEXT = """
<tracked-changes><changed-region><deletion><p>Struck out.</p></deletion>
</changed-region></tracked-changes>
<table-of-content><index-body><p>The freeze 3</p></index-body></table-of-content>
<p text:style-name="P1">The bell</p>
<h text:outline-level="1"><bookmark-start text:name="freeze"/>The  freeze</h>
<p>It<s text:c="3"/>froze<tab/>in\u00a02019.<note text:note-class="footnote"><note-citation>1
</note-citation><note-body><p>Port office.</p></note-body></note> So
 <a>the guild</a> said.<office:annotation><dc:creator>Ann Weld</dc:creator><p>Sure?</p>
</office:annotation><draw:frame><draw:text-box><p>Boxed.</p></draw:text-box><svg:title>pic</svg:title>
</draw:frame></p>
<list><list-item><p>a rope</p></list-item></list>
<table:table><table:table-header-rows><table:table-row><table:table-cell table:style-name="D1"><p>
<span text:style-name="T2">town</span></p></table:table-cell><table:table-cell><p>ice</p>
</table:table-cell></table:table-row></table:table-header-rows><table:table-row><table:table-cell><p>Ostrel</p>
</table:table-cell><table:table-cell/></table:table-row></table:table>
<p>Seen. <span text:style-name="T1">Ghost. </span><span text:style-name="T2">White. </span><span
 text:style-name="T3">Bright. </span><span text:style-name="T4">Dust.</span></p>
<section text:display="none"><p>In a hidden section.</p></section>
<p><hidden-paragraph text:is-hidden="true"/>A hidden paragraph.</p>
<p><change-start/>Put in.<change-end/></p>
"""


def test_an_opendocument_text_is_read_in_its_order_with_what_it_says_of_itself():
    meta = (
        "<meta:initial-creator>Port Chronicle</meta:initial-creator><dc:creator>Editor</dc:creator>"
        "<meta:creation-date>2021-03-04T10:00:00</meta:creation-date><dc:language>en-GB</dc:language>"
    )
    masters = (
        "<office:master-styles><style:master-page><style:header><p>Draft 3</p>"
        "</style:header></style:master-page></office:master-styles>"
    )
    reading = read_odt(odt(OPEN_TEXT, AUTOMATIC, masters, meta), "a.odt")
    assert paragraphs(reading) == [
        *(
            "The bell",
            "The freeze",
            "It froze in\u00a02019.[1] So the guild said.",
            "Boxed.",
            "a rope",
        ),
        *("town | ice", "Ostrel", "Seen. Ghost. White. Bright. Dust."),
        *("In a hidden section.", "A hidden paragraph.", "Put in.", "[1] Port office."),
    ]
    assert reading.text == "\n\n".join(paragraphs(reading))
    assert sections(reading) == [(t, t) for t in ("The bell", "The freeze")] + [("footnote 1", "")]
    assert hidden(reading) == [
        *("Ghost. White. ", "Dust.", "In a hidden section.", "A hidden paragraph."),
    ]
    assert reading.anchors == (Anchor("freeze", reading.text.index("The freeze")),)
    assert reading.metadata == {
        "title": "The bell",
        "author": "Port Chronicle",
        "published": "2021-03-04",
        "language": "en",
    }
    assert reading.uncertain == ("published", "title")
    assert reading.notes == (
        "left out: text deleted with tracked changes, 10 characters",
        "tracked changes: 1 insertion read as text",
        "left out: 1 comment by Ann Weld",
        "left out: running heads and feet, 6 characters",
        "left out: tables of contents, 10 characters",
        "left out: the bullets and numbers that the program makes for 1 paragraph",
        "hidden text: 58 characters",
    )


def test_authors_that_a_program_puts_in_are_nobody():
    stream = io.BytesIO()
    made = docx.Document()
    made.add_paragraph("Rain fell.")
    made.save(stream)
    reading = read_docx(stream.getvalue(), "a.docx")
    assert "author" not in reading.metadata
    assert "left out: author “python-docx”, a name that a program or machine gives" in reading.notes


GOOD = word(p(r("Rain fell.")))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
DEEP = "<sdt><sdtContent>" * 300 + p(r("deep")) + "</sdtContent></sdt>" * 300
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
REFUSED = [
    (OLE, r"looks like a file of an old Office version.*save it in a newer format"),
    (OLE + "EncryptedPackage".encode("utf-16-le"), r"with a password; save a copy without"),
    (word(p(r("x")), kind="application/vnd.ms-word.document.macroEnabled.main+xml"), "with macros"),
    (word(p(r("x")), kind="application/vnd.ms-word.other"), "not a Word document"),
    (odt("<p>x</p>"), r"looks like an OpenDocument text; rename it to \.odt"),
    (b"%PDF-1.7 \0", r"looks like a PDF; rename it to \.pdf"),
    (b"{\\rtf1 x}", "looks like a rich text file"),
    (b"Rain fell.", "not a Word document"),
    (GOOD[:-30], "not a ZIP file, or a damaged one"),
    (GOOD.replace(b"document.xml", b"docoment.xml"), "not a Word document"),
    (word(""), "no text"),
    (word("<p>"), r"word/document\.xml: not valid XML"),
    (word(DEEP), r"word/document\.xml: not valid XML"),
    (
        packed({"[Content_Types].xml": BOMB + "<Types/>", "word/document.xml": "<d/>"}),
        "defines entities",
    ),
    (word(p(r(" " * (zipped.UNSUSPECTED_XML + 99)))), "200 times its size"),
]


@pytest.mark.parametrize(("data", "reason"), REFUSED, ids=[reason[:30] for _, reason in REFUSED])
def test_what_is_no_word_document_is_refused_with_the_next_step(data, reason):
    with pytest.raises(InputError, match=rf"^in/a\.docx.*{reason}"):
        read_docx(data, "in/a.docx")


def test_what_is_no_opendocument_text_is_refused_with_the_next_step():
    locked = (
        '<m:manifest xmlns:m="urn:m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    )
    for data, reason in (
        (odt("<p>x</p>", **{"META-INF__manifest": locked}), "has a password"),
        (odt("<p/>"), "no text"),
        (odt("<p>"), "content.xml: not valid XML"),
        (packed({"content.xml": "<x/>"}), "no text in this OpenDocument file"),
        (GOOD, r"looks like a Word document; rename it to \.docx"),
        (odt("<p>x</p>").replace(b"opendocument.text", b"opendocument.spreadsheet"), ""),
    ):
        with pytest.raises(InputError, match=rf"^in/a\.odt.*{reason}"):
            read_odt(data, "in/a.odt")


@pytest.mark.parametrize("read", [read_docx, read_odt])
@given(
    cut=st.integers(0, 2000), flips=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)))
)
@settings(max_examples=60)
def test_a_damaged_document_is_read_or_refused(read, cut, flips):
    good = GOOD if read is read_docx else odt(OPEN_TEXT, AUTOMATIC)
    data = bytearray(good[: len(good) - cut % len(good)] if cut % 3 == 0 else good)
    for at, value in flips:
        data[at % len(data)] = value
    try:
        reading = read(bytes(data), "a.docx")
    except InputError:
        return
    assert all(0 <= a < b <= len(reading.text) for a, b in reading.paragraphs)


def test_a_long_document_is_read_in_linear_time():
    cells = "".join(f"<tc>{p(r(f'cell {n}'))}</tc>" for n in range(20_000))
    notes = "".join(p(r("x"), NOTE.format(kind="footnote", id=n)) for n in range(10_000))
    started = time.perf_counter()
    reading = read_docx(word(f"<tbl><tr>{cells}</tr></tbl>{notes}"), "a.docx")
    assert time.perf_counter() - started < 8
    assert len(reading.paragraphs) == 10_001


def test_the_first_bytes_tell_what_a_file_is():
    for data, suffix, name in (
        (GOOD, ".txt", "a Word document"),
        (GOOD, ".epub", "a Word document"),
        (odt("<p>x</p>"), ".docx", "an OpenDocument text"),
        (b"%PDF-1.4", ".txt", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", ".md", "a PNG picture"),
        (packed({"xl/workbook.xml": "", "[Content_Types].xml": ""}), ".docx", "an Excel workbook"),
        (OLE, ".eml", "a file of an old Office version (.doc, .xls, .ppt or .msg)"),
        (b"\x1f\x8b\x08", ".csv", "a gzip file"),
    ):
        kind = mistaken(data, suffix)
        assert kind is not None
        assert kind.name == name
        assert kind.next_step
    for data, suffix in (
        *((GOOD, ".docx"), (GOOD, ".zip"), (packed({"a.txt": "x"}), ".docx"), (b"%PDF-1", ".pdf")),
        *((b"<html>", ".txt"), (b"PK is a name", ".txt"), (b"BZh", ".txt"), (b"", ".md")),
    ):
        assert mistaken(data, suffix) is None
    assert kind_of(b"Rain fell.") is None
    assert ADVICE[".doc"]
