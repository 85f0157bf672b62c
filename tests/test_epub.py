"""E-books: reading order, printed pages, places; protected, broken and hostile ones."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from index.documents import Page, Section
from index.errors import InputError
from index.formats.epub import read_epub
from index.formats.epub_package import resolved
from index.reading import Reading

CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>"""

PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">
<dc:title>The Lamps of Ostrand</dc:title><dc:creator opf:role="trl">Jon Ash</dc:creator>
<dc:creator opf:role="aut">Mira Holt</dc:creator><dc:publisher>Quayside Press</dc:publisher>
<dc:date opf:event="modification">2024-01-01</dc:date>
<dc:date opf:event="publication">2019-05</dc:date><dc:language>en-GB</dc:language>
<dc:rights>CC BY 4.0</dc:rights><dc:identifier>https://press.example/lamps</dc:identifier>
</metadata><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="cover" href="text/cover.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="text/one%20first.xhtml" media-type="application/xhtml+xml"/>
<item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>
<item id="notes" href="text/notes.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine toc="ncx"><itemref idref="cover"/><itemref idref="nav"/><itemref idref="one"/>
<itemref idref="two"/><itemref idref="notes" linear="no"/></spine></package>"""


def chapter(body: str, head: str = "") -> str:
    return (
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/>{head}</head>'
        f"<body>{body}</body></html>"
    )


BOOK = {
    "META-INF/container.xml": CONTAINER,
    "OEBPS/book.opf": PACKAGE,
    "OEBPS/nav.xhtml": chapter(
        '<nav epub:type="toc"><ol><li><a href="text/one%20first.xhtml">One</a></li>'
        '<li><a href="text/two.xhtml#deep">A deeper place</a></li>'
        '<li><a href="../../../secret.xhtml">Out of the book</a></li></ol></nav>'
        '<nav epub:type="page-list"><ol><li><a href="text/two.xhtml#p8">8</a></li>'
        '<li><a href="text/two.xhtml#p7">7</a></li></ol></nav>'
    ),
    "OEBPS/toc.ncx": '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel>'
    '<text>By the lamps</text></navLabel><content src="text/two.xhtml#deep"/></navPoint></navMap>'
    '<pageList><pageTarget><navLabel><text>vii</text></navLabel><content src="text/two.xhtml#p7"/>'
    "</pageTarget></pageList></ncx>",
    "OEBPS/text/cover.xhtml": chapter('<img src="cover.jpg" alt="Cover"/>'),
    "OEBPS/text/one first.xhtml": chapter(
        '<section><h1 id="h">The lamplighter</h1><p>Nobody remembered who had lit the lamps before '
        '<span epub:type="pagebreak" id="p5" title="5">5</span>old Tam came to the town.</p>'
        '<p class="no">Not shown by the sheet.</p><p><a id="dog"/>He had oil&nbsp;and a dog.</p>'
        '</section><span role="doc-pagebreak" aria-label="Page 6."/>',
        '<link rel="stylesheet" href="../style.css"/>',
    ),
    "OEBPS/text/two.xhtml": chapter(
        '<h2>The storm</h2><p id="p7">The wind put out each lamp on the mole.</p>'
        '<p id="deep">Tam lit them again.</p><p id="p8">In the morning all was quiet.</p>'
    ),
    "OEBPS/text/notes.xhtml": chapter("<p>A note.</p>"),
    "OEBPS/style.css": ".no {display: none}",
}

TEXT = """The lamplighter

Nobody remembered who had lit the lamps before old Tam came to the town.

Not shown by the sheet.

He had oil\xa0and a dog.

The storm

The wind put out each lamp on the mole.

Tam lit them again.

In the morning all was quiet."""


def packed(files: dict[str, str], mimetype: str = "application/epub+zip") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"mimetype": mimetype, **files}.items():
            archive.writestr(name, text)
    return data.getvalue()


def book(**changed: str) -> Reading:
    return read_epub(packed(BOOK | {PATHS[name]: text for name, text in changed.items()}), "b.epub")


PATHS = {
    "package": "OEBPS/book.opf",
    "nav": "OEBPS/nav.xhtml",
    "one": "OEBPS/text/one first.xhtml",
    "two": "OEBPS/text/two.xhtml",
    "encryption": "META-INF/encryption.xml",
}


def at(words: str) -> int:
    return TEXT.index(words)


def test_a_book_is_its_chapters_in_order_with_printed_pages_and_places() -> None:
    reading = book()
    assert reading.text == TEXT
    assert [reading.text[a:b] for a, b in reading.paragraphs] == TEXT.split("\n\n")
    assert reading.pages == (
        Page("5", at("old Tam")),
        Page("6", at("The storm")),
        Page("7", at("The wind")),
        Page("8", at("In the morning")),
    )
    assert reading.sections == (
        Section("The lamplighter", 0, 15),
        Section("The storm", at("The storm"), at("The storm") + 9),
        Section("A deeper place", at("Tam lit"), at("Tam lit")),
    )
    assert {anchor.name: anchor.start for anchor in reading.anchors} == {
        "OEBPS/text/cover.xhtml": 0,
        "OEBPS/text/one first.xhtml": 0,
        "OEBPS/text/one first.xhtml#h": 0,
        "OEBPS/text/one first.xhtml#p5": at("old Tam"),
        "OEBPS/text/one first.xhtml#dog": at("He had"),
        "OEBPS/text/two.xhtml": at("The storm"),
        "OEBPS/text/two.xhtml#p7": at("The wind"),
        "OEBPS/text/two.xhtml#deep": at("Tam lit"),
        "OEBPS/text/two.xhtml#p8": at("In the morning"),
    }
    assert [TEXT[a:b] for a, b in reading.hidden] == ["Not shown by the sheet."]


def test_metadata_of_a_book_is_that_of_its_package() -> None:
    reading = book()
    assert reading.metadata == {
        "title": "The Lamps of Ostrand",
        "author": "Mira Holt",
        "publisher": "Quayside Press",
        "published": "2019-05",
        "language": "en",
        "url": "https://press.example/lamps",
        "licence": "CC BY 4.0",
    }
    assert not reading.uncertain
    two_dates = PACKAGE.replace(' opf:event="publication"', "").replace(
        ' opf:event="modification"', ""
    )
    assert book(package=two_dates).uncertain == ("published",)


def test_a_book_of_epub_2_has_its_contents_and_pages_from_the_ncx() -> None:
    reading = book(package=PACKAGE.replace(' properties="nav"', ""))
    assert Section(
        "By the lamps", reading.text.index("Tam lit"), reading.text.index("Tam lit")
    ) in (reading.sections)
    assert "vii" in [page.label for page in reading.pages]


def test_what_is_not_in_the_text_is_in_the_notes() -> None:
    reading = read_epub(
        packed(
            BOOK | {PATHS["two"]: "<p>Open<br>lines"} | {"OEBPS/nav.xhtml": "\0"}, "application/x"
        ),
        "b.epub",
    )
    notes = "\n".join(reading.notes)
    assert reading.text.endswith("Open\nlines")
    for note in (
        "its mimetype is “application/x”, not application/epub+zip",
        "left out: the table of contents: OEBPS/nav.xhtml",
        "left out: outside the reading order: OEBPS/text/notes.xhtml",
        "not well-formed XHTML, read as HTML: OEBPS/text/two.xhtml",
        "table of contents not read (OEBPS/nav.xhtml: not a page of HTML",
        "hidden text, marked as such: 23 characters",
    ):
        assert note in notes


ENCRYPTION = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"
 xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>
<enc:EncryptionMethod Algorithm="%s"/></enc:EncryptedData></encryption>"""


def test_a_protected_book_is_refused_and_one_with_disguised_fonts_is_read() -> None:
    assert book(encryption=ENCRYPTION % "http://www.idpf.org/2008/embedding").text == TEXT
    with pytest.raises(InputError, match=r"^b\.epub: protected \(DRM\)"):
        book(encryption=ENCRYPTION % "http://www.w3.org/2001/04/xmlenc#aes256-cbc")


def test_a_path_that_leads_out_of_the_book_leads_nowhere() -> None:
    outside = PACKAGE.replace("text/two.xhtml", "../../etc/hosts")
    assert "named in the reading order, and not there: ../etc/hosts" in book(package=outside).notes
    assert resolved("OEBPS/nav.xhtml", "#p") == "OEBPS/nav.xhtml#p"
    assert resolved("a/b/c.xhtml", "../d%20e.xhtml#f%20g") == "a/d e.xhtml#f g"


def bomb(levels: int = 9) -> str:
    """Entities that unfold to 10 ** levels characters: "billion laughs"."""
    entities = "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x"}">' for n in range(levels + 1)
    )
    return f"<!DOCTYPE html [{entities}]>" + chapter(f"<p>Not &e{levels};</p>")[21:]


@pytest.mark.parametrize(
    ("two", "left"),
    [
        (chapter("<p>" + "a" * 2**22 + "</p>"), "unfolds to more than 200 times its size"),
        (chapter("<div>" * 300 + "deep" + "</div>" * 300), "beyond what is read of a page"),
        (chapter("<p " + " ".join(f'a{n}="1"' for n in range(1_001)) + ">ice</p>"), "attributes"),
        (chapter("<p>\0</p>"), "NUL character"),
        (bomb(), "&e9;"),
        (
            '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hosts">]>' + chapter("<p>&x;")[21:],
            "&x;",
        ),
    ],
    ids=["zip bomb", "deep", "attributes", "NUL", "entities", "external entity"],
)
def test_a_hostile_chapter_is_named_and_the_others_are_read(two: str, left: str) -> None:
    reading = book(two=two)
    assert reading.text.startswith(TEXT[: at("The storm")].strip())
    assert len(reading.text) < len(TEXT)
    assert left in "\n".join((*reading.notes, reading.text))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"not a zip", "not a ZIP file"),
        (packed({"a": "b"}), r"not an EPUB \(META-INF/container.xml is missing\)"),
        (
            packed({"META-INF/container.xml": CONTAINER}),
            "names 'OEBPS/book.opf', which is not there",
        ),
        (packed(BOOK | {"OEBPS/book.opf": "<package"}), "OEBPS/book.opf: not well-formed XML"),
        (packed(BOOK | {"OEBPS/book.opf": "<package/>"}), "no text in it"),
    ],
)
def test_what_is_no_book_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=rf"^b\.epub: .*{reason}"):
        read_epub(data, "b.epub")


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=8), st.integers(0, 9)
)
def test_any_bytes_are_read_or_refused(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(packed(BOOK))
    for place, value in changes:
        data[place % len(data)] = value
    try:
        reading = read_epub(bytes(data[: len(data) - 40 * cut] if cut > 7 else data), "b.epub")
    except InputError as error:
        event(error.what[:40])
        return
    for parts in (reading.sections, reading.anchors, reading.pages):
        assert all(0 <= part.start < len(reading.text) for part in parts)
