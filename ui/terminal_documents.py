"""Documents as text for a terminal: the list of them, and what is known of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from index.documents import Document
from index.readers import suffix_of
from rag.pinpoints import pinpoint
from ui.footnotes import is_inferred, legible, where_in
from ui.strings import ENGLISH

SHOWN_HIDDEN = 80
"""Characters of a hidden part that are shown: enough to tell what it is."""

_ROW = "{id:<16}  {format:<8}  {pages:>5}  {language:<4}  {date:<11}  {notes:>5}  {source}"
_HEAD = {
    "id": "id",
    "format": "format",
    "pages": "pages",
    "language": "lang",
    "date": "date",
    "notes": "notes",
    "source": "file",
}


def documents_text(documents: Iterable[Document]) -> str:
    """A line for each document, who speaks in it and its title below; a "?" behind a date that its
    source does not state."""
    lines = []
    inferred = False
    for document in documents:
        about = ", ".join(part for part in (document.speaker, document.title) if part)
        lines.append(_row(document))
        lines += [f"{'':<16}  {about}"] if about else []
        inferred = inferred or is_inferred(document)
    if not lines:
        return "no documents"
    legend = ["", "?  inferred: the source does not state its date"] if inferred else []
    return "\n".join([_ROW.format(**_HEAD), *lines, *legend])


def _row(document: Document) -> str:
    date = document.published or "-"
    return _ROW.format(
        id=document.id,
        format=format_of(document),
        pages=len(document.pages) or "-",
        language=document.language or "-",
        date=f"{date} ?" if is_inferred(document) else date,
        notes=len(document.notes) or "-",
        source=document.source,
    )


def format_of(document: Document) -> str:
    """The format as the ending of the name gives it: "pdf"."""
    return suffix_of(document.source).removeprefix(".") or "none"


def notes_text(document: Document) -> str:
    """What a reader of the index must know of a document: what was left out of its text, what is
    hidden in the source, what was inferred."""
    return "\n".join(
        [
            legible(document.source),
            *(document.notes or ["nothing was left out"]),
            *_inferred(document),
            *_hidden(document),
        ]
    )


def _inferred(document: Document) -> Iterator[str]:
    for field in document.uncertain:
        yield f"inferred, not stated by the source: {field} {getattr(document, field, '')}".rstrip()


def _hidden(document: Document) -> Iterator[str]:
    for start, end in document.hidden:
        place = where_in(pinpoint(document, start, end), ENGLISH)
        words = " ".join(document.text[start:end].split())
        shown = words if len(words) <= SHOWN_HIDDEN else words[: SHOWN_HIDDEN - 1] + "…"
        where = ", ".join(part for part in (place, f"{start}-{end}") if part)
        yield f"{ENGLISH.hidden} ({where}): {shown}"
