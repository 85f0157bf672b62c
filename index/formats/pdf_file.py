"""A PDF file as pdfium opens it, and what it says of itself: labels, outline, metadata, extras.

pdfium is not safe for threads, so whoever has a file open holds a lock of the process.
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from index.dates import normalised
from index.errors import InputError

MOST_PAGES = 3_000
"""Pages of the longest file that is read. A page of 2,900 characters takes 25 ms and, at the peak,
260 kB (measured on 1,000 of them), so such a file takes 75 s and 800 MB."""

MOST_BOOKMARKS = 10_000
"""Of an outline; it may go in circles."""

DEEPEST_BOOKMARK = 16
"""Levels of an outline that are looked at. No table of contents has as many."""

_MAGIC_WITHIN = 1024
"""Bytes before the header, and after the end mark, that readers put up with (ISO 32000-1, Annex H,
implementation notes 13 and 18)."""

_LOCK = threading.RLock()

_JUNK_TITLE = re.compile(
    r"microsoft (word|powerpoint|excel) - .*|\(?(untitled|unspecified|anonymous)\)?[ _-]*\d*"
    r"|(powerpoint[ -]pr[eä]sentation|document|dokument|documento|slide|print) ?\d*"
    r"|\S*\.(docx?|dotx?|odt|rtf|txt|pdf|indd|qxd|tex|dvi|pptx?|xlsx?|html?|md|pages)",
    re.IGNORECASE,
)
_JUNK_AUTHOR = re.compile(
    r"\(?(anonymous|unknown|unspecified|user|admin|administrator|root|owner|author)\)?\d*",
    re.IGNORECASE,
)
_PDF_DATE = re.compile(r"(?:D:)?(\d{4})(\d{2})?(\d{2})?")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline: its words, and the number of the page it leads to, from 0."""

    title: str
    page: int


@contextmanager
def opened(data: bytes, source: str) -> Iterator[Any]:
    """The `pypdfium2.PdfDocument` of a file, which is closed at the end.

    Raises `InputError` for what is no PDF, asks for a password or is damaged beyond reading.
    """
    import pypdfium2
    from pypdfium2 import raw

    if b"%PDF-" not in data[:_MAGIC_WITHIN]:
        raise InputError(
            f"{source}: not a PDF file", "give it the ending of its real format, or leave it out"
        )
    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if error.err_code == raw.FPDF_ERR_PASSWORD:
                what, step = "asks for a password", "save a copy without protection and add that"
            elif error.err_code == raw.FPDF_ERR_SECURITY:
                what, step = "protected in a way we cannot open", "save an unprotected copy"
            else:
                what, step = "damaged: its pages cannot be found", "get the file anew"
            raise InputError(f"{source}: {what}", step) from error
        try:
            yield document
        finally:
            document.close()


def page_count(document: Any, source: str) -> int:
    count = len(document)
    if count > MOST_PAGES:
        raise InputError(
            f"{source}: {count:,} pages, more than {MOST_PAGES:,}", "split it and add the parts"
        )
    if not count:
        raise InputError(f"{source}: a PDF without pages", "get the file anew, or leave it out")
    return count


def is_cut_off(data: bytes) -> bool:
    """True without the end mark: the file was truncated, and what pdfium shows is a repair."""
    return b"%%EOF" not in data[-_MAGIC_WITHIN:]


def labels(document: Any, count: int) -> list[str]:
    """The printed label of each page, else its number from 1."""
    found = (_one_line(document.get_page_label(index)) for index in range(count))
    return [label or str(index + 1) for index, label in enumerate(found)]


def outline(document: Any) -> list[Bookmark]:
    """The bookmarks that lead to a page of the file, in their order, whatever their level."""
    from pypdfium2 import raw

    found: list[Bookmark] = []
    seen: set[int] = set()
    path = [raw.FPDFBookmark_GetFirstChild(document, None)]
    while path and len(seen) < MOST_BOOKMARKS:
        bookmark = path.pop()
        if not bookmark or ctypes.addressof(bookmark.contents) in seen:
            continue
        seen.add(ctypes.addressof(bookmark.contents))
        target = raw.FPDFBookmark_GetDest(document, bookmark)
        page = raw.FPDFDest_GetDestPageIndex(document, target) if target else -1
        title = _one_line(_text_of(raw.FPDFBookmark_GetTitle, bookmark))
        if title and page >= 0:
            found.append(Bookmark(title, page))
        path.append(raw.FPDFBookmark_GetNextSibling(document, bookmark))
        if len(path) < DEEPEST_BOOKMARK:
            path.append(raw.FPDFBookmark_GetFirstChild(document, bookmark))
    return found


def metadata(document: Any) -> tuple[dict[str, str], tuple[str, ...]]:
    """What the file says of itself in our fields, and which of these are inferred.

    The day a file was made stands in for the day its words were published, and may not be it.
    """
    from pypdfium2 import raw

    values: dict[str, str] = {}
    title = _one_line(document.get_metadata_value("Title"))
    if title and not _JUNK_TITLE.fullmatch(title):
        values["title"] = title
    author = _one_line(document.get_metadata_value("Author"))
    if author and not _JUNK_AUTHOR.fullmatch(author):
        values["author"] = author
    language = _one_line(_wide_text(raw.FPDFCatalog_GetLanguage, document))
    if match := _LANGUAGE.fullmatch(language):
        values["language"] = match[1].lower()
    uncertain: tuple[str, ...] = ()
    made = _PDF_DATE.match(document.get_metadata_value("CreationDate"))
    date = normalised("-".join(part for part in made.groups() if part)) if made else None
    if date:
        values["published"] = date[0]
        uncertain = ("published",)
    return values, uncertain


def extras(document: Any) -> list[str]:
    """Notes on what a PDF may carry beside its pages; none of it is read or run."""
    from pypdfium2 import raw

    notes = []
    if (scripts := raw.FPDFDoc_GetJavaScriptActionCount(document)) > 0:
        notes.append(f"not run: {counted(scripts, 'JavaScript program')} in the file")
    if (files := raw.FPDFDoc_GetAttachmentCount(document)) > 0:
        notes.append(f"not read: {counted(files, 'embedded file')}")
    if raw.FPDF_GetFormType(document) != raw.FORMTYPE_NONE:
        notes.append("left out: what is filled in the fields of its form")
    return notes


def counted(number: int, thing: str) -> str:
    """ "1 page", "1,204 pages"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def comments(page: Any) -> int:
    """Annotations with words on a page: comments, notes, stamps. Links and form fields apart."""
    from pypdfium2 import raw

    worded = {raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_STAMP}
    count = 0
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), MOST_BOOKMARKS)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if annotation:
            count += raw.FPDFAnnot_GetSubtype(annotation) in worded
            raw.FPDFPage_CloseAnnot(annotation)
    return count


def _one_line(text: str) -> str:
    """One line of characters that JSON and UTF-8 can hold."""
    printable = "".join(c if c.isprintable() or c.isspace() else "" for c in text)
    return " ".join(printable.split())


def _text_of(function: Any, handle: Any) -> str:
    """What a pdfium function writes into a buffer as UTF-16, its length in bytes."""
    size = function(handle, None, 0)
    buffer = ctypes.create_string_buffer(max(size, 2))
    function(handle, buffer, size)
    return buffer.raw[: max(size - 2, 0)].decode("utf-16-le", "replace")


def _wide_text(function: Any, handle: Any) -> str:
    """The same for a buffer of 16-bit units, whose length is given in these."""
    size = function(handle, None, 0)
    buffer = (ctypes.c_ushort * max(size, 1))()
    function(handle, buffer, size)
    units = bytes(memoryview(buffer).cast("B"))[: max(size - 1, 0) * 2]
    return units.decode("utf-16-le", "replace")
