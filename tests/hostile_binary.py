"""What people have found in parsers of binary formats: zip files, office files, e-books, PDF."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from functools import partial

import samples
from hostile_text import BOMB, DEEP, LAUGHS, LONG, MANY, OUTSIDE, Tricks
from samples import members, zipped

ZEROS = [bytes(1 << 20)] * BOMB
WORDS = [b"ice " * (1 << 18)] * BOMB


def matryoshka(levels: int) -> bytes:
    data = zipped({"a.txt": b"ice"})
    for _ in range(levels):
        data = zipped({"a.zip": data})
    return data


def lying(data: bytes, sizes: tuple[int, int]) -> bytes:
    """The directory of a zip file with other sizes, packed and unpacked (APPNOTE 4.3.12)."""
    place = data.index(b"PK\1\2")
    return data[: place + 20] + struct.pack("<II", *sizes) + data[place + 28 :]


def encrypted(data: bytes) -> bytes:
    place = data.index(b"PK\1\2")
    return data[: place + 8] + b"\1\0" + data[place + 10 :]


def named(*names: str) -> bytes:
    return zipped({name: samples.text() for name in names})


def doubled() -> bytes:
    """Two members of one name."""
    return named("aa.txt", "ab.txt").replace(b"ab.txt", b"aa.txt")


ZIP: Tricks = {
    "bomb": lambda: zipped({"a.txt": ZEROS}),
    "letters": lambda: zipped({"a.txt": WORDS}),
    "bombs": lambda: zipped({f"{n}.txt": b"ice\n\n" * (LONG // 5) for n in range(30)}),
    "shell": lambda: zipped({"a.zip": zipped({"b.txt": ZEROS})}),
    "matryoshka": partial(matryoshka, 30),
    "small": lambda: lying(named("a.txt"), (10, 3)),
    "large": lambda: lying(named("a.txt"), (0xFFFFFFF0, 0xFFFFFFF0)),
    "hollow": lambda: lying(named("a.txt"), (100, 0x7FFFFFFF)),
    "encrypted": lambda: encrypted(named("a.txt")),
    "many": lambda: zipped({f"{n}.txt": b"ice" for n in range(12_000)}),
    "empty many": lambda: zipped({f"{n}": b"" for n in range(12_000)}),
    "paths": lambda: named("../../up.txt", "/root.txt", "C:\\c.txt", "a\\b.txt", "a/./b/../c.txt"),
    "names": lambda: named("\u202etxt.exe.txt", "a\x1b[31m.txt", "a\nb.txt", "x" * 60_000 + ".txt"),
    "inside": lambda: named("a!/b.txt", "!/.txt", "a.zip!/b.txt", "a.txt/"),
    "double": doubled,
    "no files": lambda: b"PK\5\6" + bytes(18),
    "comment": lambda: named("a.txt")[:-2] + b"\xff\xff" + b"PK\5\6" * 16_383,
}


def member(make: Callable[[], bytes], name: str, data: bytes | Sequence[bytes]) -> bytes:
    return zipped(members(make()) | {name: data})


def inside(
    make: Callable[[], bytes], name: str, place: bytes, nested: bytes, closed: bytes
) -> Tricks:
    """Tricks in a member of a zip file; `place` is a text in it that is left out of no reading."""

    def with_(*words: bytes, head: bytes = b"") -> bytes:
        old = members(make())[name]
        body = old[old.index(b"?>") + 2 :] if old.startswith(b"<?xml") else old
        before, _, after = body.partition(place)
        return member(make, name, (head, before, *words, after))

    return {
        "bomb": lambda: with_(*WORDS),
        "nuls": lambda: member(make, name, ZEROS),
        "deep": lambda: with_(nested * DEEP + b"ice" + closed * DEEP),
        "deeper": lambda: with_(nested * 200 + b"ice" + closed * 200),
        "laughs": lambda: with_(b"&e12;", head=LAUGHS.encode()),
        "outside": lambda: with_(b"&e12;", head=OUTSIDE.encode()),
        "giant": lambda: with_(b"a" * LONG),
        "gone": lambda: zipped({n: d for n, d in members(make()).items() if n != name}),
        "broken": lambda: member(make, name, members(make())[name][:-99]),
        "bytes": lambda: member(make, name, b"\xff\xfe" * 999),
        "extra": lambda: member(make, "extra.bin", ZEROS),
        "lying": lambda: lying(make(), (9, 9)),
        "locked": lambda: encrypted(make()),
    }


HARBOUR = b"The harbour of Ostrel froze twice in the winter of 2019."
DOCX = inside(
    samples.docx,
    "word/document.xml",
    b"<w:t>" + HARBOUR + b"</w:t>",
    b"<w:tbl><w:tr><w:tc><w:p><w:r>",
    b"</w:r></w:p></w:tc></w:tr></w:tbl>",
)
ODT = inside(samples.odt, "content.xml", HARBOUR, b"<text:span>", b"</text:span>")
EPUB = inside(samples.epub, "OPS/a.xhtml", HARBOUR, b"<div>", b"</div>") | {
    "spine": lambda: member(
        samples.epub,
        "OPS/book.opf",
        members(samples.epub())["OPS/book.opf"].replace(
            b'<itemref idref="a"/>', b'<itemref idref="a"/>' * MANY
        ),
    ),
    "paths": lambda: member(
        samples.epub,
        "OPS/book.opf",
        members(samples.epub())["OPS/book.opf"].replace(b"a.xhtml", b"../../../etc/passwd"),
    ),
}


def document(*objects: bytes, root: int = 1) -> bytes:
    """A PDF of objects numbered from 1, with a table of their places (ISO 32000-1, 7.5)."""
    data, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    size = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n" % size
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R >>\n" % (size, root)
    return data + table + trailer + b"startxref\n%d\n%%%%EOF" % len(data)


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
FONT = b"<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> %s >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %s] /Contents 4 0 R /Resources %s >>"
A4 = b"595 842"
ICE = b"BT /F 12 Tf 72 700 Td (The ice was thick on the quay.) Tj ET"


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), more, data)


def packed(*pieces: bytes) -> bytes:
    packer = zlib.compressobj(9)
    data = b"".join(map(packer.compress, pieces)) + packer.flush()
    return stream(data, b"/Filter /FlateDecode")


def pages(count: int) -> bytes:
    """One page, named so many times."""
    kids = b"3 0 R " * count
    tree = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids)
    return document(CATALOG, tree, PAGE % (A4, FONT % b""), stream(ICE))


def one_page(
    content: bytes, size: bytes = A4, resources: bytes = FONT % b"", *more: bytes
) -> bytes:
    tree = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
    return document(CATALOG, tree, PAGE % (size, resources), content, *more)


FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>"
OUTLINE = b"<< /Type /Catalog /Pages 2 0 R /Outlines 3 0 R >>"
CYCLE = b"<< /Title (ice) /Parent 3 0 R /First 4 0 R /Last 4 0 R /Next 4 0 R /Prev 4 0 R >>"
LIE = b"<< /Type /Pages /Count 2147483647 /Kids [3 0 R] >>"
LABELS = b"<< /Type /Catalog /Pages 2 0 R /PageLabels << /Nums [0 << /S /r /St 2147483647 >>] >> >>"

PDF: Tricks = {
    "pages": partial(pages, MANY),
    "some pages": partial(pages, 4_000),
    "no page": lambda: document(CATALOG, b"<< /Type /Pages /Count 0 /Kids [] >>"),
    "lie": lambda: document(
        CATALOG, b"<< /Type /Pages /Count 2147483647 /Kids [3 0 R] >>", b"null"
    ),
    "cycle": lambda: document(CATALOG, b"<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] >>"),
    "root": lambda: document(b"1 0 R"),
    "arrays": lambda: document(CATALOG, b"[" * DEEP + b"]" * DEEP),
    "bomb": lambda: one_page(packed(ICE, *WORDS)),
    "texts": lambda: one_page(packed((ICE + b"\n") * 20_000)),
    "states": lambda: one_page(stream(b"q " * LONG + ICE)),
    "giant page": lambda: one_page(stream(ICE), b"9999999 9999999"),
    "flat page": lambda: one_page(stream(ICE), b"0 0"),
    "odd page": lambda: one_page(stream(ICE), b"NaN -1e38"),
    "form": lambda: one_page(
        stream(b"/X Do"), A4, FONT % b"/XObject << /X 5 0 R >>", stream(b"/X Do /X Do", FORM)
    ),
    "outline": lambda: document(
        OUTLINE,
        b"<< /Type /Pages /Count 0 /Kids [] >>",
        b"<< /Type /Outlines /First 4 0 R /Last 4 0 R /Count 1 >>",
        CYCLE,
    ),
    "labels": lambda: pages(3).replace(CATALOG, LABELS),
    "place": lambda: samples.pdf().replace(b"startxref", b"startxref\n99999999999999"),
    "length": lambda: samples.pdf().replace(b"/Length", b"/Length 2147483647 /L"),
    "encrypted": lambda: samples.pdf().replace(b"trailer\n<<", b"trailer\n<< /Encrypt 1 0 R"),
    "long": partial(samples.pdf, 300),
}
