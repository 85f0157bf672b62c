"""What a file is by its first bytes, for files whose name has the wrong ending.

Nothing is read by a guess: a file whose bytes are of another format than its ending is refused,
with what it looks like. Signatures are those of the formats' own specifications, and only such as
no text begins with.
"""

from __future__ import annotations

from dataclasses import dataclass

from index.errors import InputError

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The stream in which an Office file with a password keeps itself ([MS-OFFCRYPTO] 1.3.3)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A format: what people call it, the endings that its files have, and what to do with one."""

    name: str
    endings: tuple[str, ...]
    advice: str = ""

    @property
    def next_step(self) -> str:
        return self.advice or f"rename it to {self.endings[0]}"


_NO_READER = "save it in a format that is read, or leave it out"
_UNPACK = "unpack it and add what it holds"
_AS_DOCX = "open it in Word or LibreOffice and save it as .docx"

ZIP = Kind("a ZIP archive", (".zip",))
WORD = Kind("a Word document", (".docx",))
TEXT = Kind("an OpenDocument text", (".odt", ".ott"))
EPUB = Kind("an EPUB book", (".epub",))
EXCEL = Kind("an Excel workbook", (".xlsx", ".xlsm"), "save its sheets as .csv")
SLIDES = Kind("a PowerPoint presentation", (".pptx", ".pptm"), "save it as .pdf")
SHEET = Kind("an OpenDocument spreadsheet", (".ods",), "save its sheets as .csv")
LOCKED = Kind("an Office file with a password", (), "save a copy without the password")
OLD_OFFICE = Kind(
    "a file of an old Office version (.doc, .xls, .ppt or .msg)", (), "save it in a newer format"
)

_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF-", Kind("a PDF", (".pdf",))),
    (b"{\\rtf", Kind("a rich text file (RTF)", (".rtf",), _AS_DOCX)),
    (b"\x1f\x8b\x08", Kind("a gzip file", (".gz", ".tgz"), _UNPACK)),
    (b"\xfd7zXZ\0", Kind("an xz file", (".xz",), _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7-Zip archive", (".7z",), _UNPACK)),
    (b"Rar!\x1a\x07", Kind("a RAR archive", (".rar",), _UNPACK)),
    (b"\x89PNG\r\n\x1a\n", Kind("a PNG picture", (".png",), _NO_READER)),
    (b"\xff\xd8\xff", Kind("a JPEG picture", (".jpg", ".jpeg"), _NO_READER)),
    (b"II*\0", Kind("a TIFF picture", (".tif", ".tiff"), _NO_READER)),
    (b"MM\0*", Kind("a TIFF picture", (".tif", ".tiff"), _NO_READER)),
)

_PACKAGES: tuple[tuple[bytes, Kind], ...] = (
    (b"mimetypeapplication/vnd.oasis.opendocument.text", TEXT),
    (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", SHEET),
    (b"mimetypeapplication/epub+zip", EPUB),
)
_PARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"word/document", WORD),
    (b"xl/workbook", EXCEL),
    (b"ppt/presentation", SLIDES),
)

ADVICE = {
    ".doc": _AS_DOCX,
    ".dot": _AS_DOCX,
    ".rtf": _AS_DOCX,
    ".docm": "it may hold macros, which are never run: save it as .docx",
    ".dotm": "it may hold macros, which are never run: save it as .docx",
    ".dotx": "it is a template: save it as .docx",
    ".pages": "export it as .docx or .pdf",
    ".fodt": "save it as .odt",
    ".ott": "it is a template: save it as .odt",
    ".xls": EXCEL.advice,
    ".xlsx": EXCEL.advice,
    ".ods": EXCEL.advice,
    ".ppt": SLIDES.advice,
    ".pptx": SLIDES.advice,
    ".odp": SLIDES.advice,
    ".msg": "save the message as .eml",
    ".pst": "export its messages as .mbox or .eml",
    ".gz": _UNPACK,
    ".tar": _UNPACK,
    ".tgz": _UNPACK,
    ".7z": _UNPACK,
    ".rar": _UNPACK,
}
"""What to do with a file whose ending has no reader, where there is more to say than that."""


def kind_of(data: bytes) -> Kind | None:
    """The format that the first bytes tell; None for text and for what we do not know."""
    if data.startswith(_OLE):
        return LOCKED if _ENCRYPTED in data else OLD_OFFICE
    if data.startswith(_ZIP):
        for name, kind in _PACKAGES:
            if data.startswith(name, 30):  # behind a local header without extra fields
                return kind
        if b"[Content_Types].xml" in data:
            return next((kind for name, kind in _PARTS if name in data), ZIP)
        return ZIP
    return next((kind for mark, kind in _SIGNATURES if data.startswith(mark)), None)


def mistaken(data: bytes, suffix: str) -> Kind | None:
    """What the file is when that is not what its ending says; None when nothing speaks against it.

    `suffix` is in lower case, with its stop. Every package is a ZIP, and an archive may hold
    documents uncompressed; a plain ZIP may be a document whose writer put its parts in an unusual
    order, so the readers of such documents judge it themselves.
    """
    kind = kind_of(data)
    if kind is None or suffix in kind.endings:
        return None
    if data.startswith(_ZIP) and suffix == ".zip":
        return None
    if kind is ZIP and suffix in (*WORD.endings, *TEXT.endings, *EPUB.endings):
        return None
    return kind


def refuse_mistaken(data: bytes, source: str, suffix: str) -> None:
    """Raises `InputError` for a file that is of another format than its ending says."""
    if kind := mistaken(data, suffix):
        raise InputError(f"{source}: looks like {kind.name}", kind.next_step)
