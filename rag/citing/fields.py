"""What a reference says of a document and of a place in it, before any style sets it.

Nothing is made up: what the index does not know stays None, what it inferred is named as inferred,
and folders of the machine that the file lay on never leave the house.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from index.documents import Document
from index.metadata import is_date
from index.readers import INSIDE
from rag.answer import Citation
from rag.citing.people import Name, people
from rag.pinpoints import Pinpoint

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_ROW = re.compile(r"row (\d+)")
"""What the sections of a table are called, one for each of its rows."""

_KEY_DIGITS = 6
"""Of a document's id, in the key of its reference: 24 bits tell the works of one list apart."""


class Date(NamedTuple):
    """A date that may be partial. The order of its parts is that of CSL's `date-parts`."""

    year: int
    month: int | None = None
    day: int | None = None

    def __str__(self) -> str:
        """As no reader takes it for another: "5 October 2020"."""
        month = MONTHS[self.month - 1] if self.month else None
        return " ".join(str(part) for part in (self.day, month, self.year) if part)

    @property
    def iso(self) -> str:
        return f"{self.year:04}" + "".join(f"-{part:02}" for part in self[1:] if part)


def date_of(text: str) -> Date:
    """A date of ISO 8601, in full or partial. Raises `ValueError` for any other text."""
    if not is_date(text):
        raise ValueError(f"{text!r} is not YYYY, YYYY-MM or YYYY-MM-DD")
    return Date(*map(int, text.split("-")))


@dataclass(frozen=True, slots=True)
class Extras:
    """What whoever cites adds: when they opened the source, and whether the hash is printed.

    The index does not know when a source was opened on the web, so `accessed` is never inferred.
    """

    accessed: Date | None = None
    hashes: bool = False


NOTHING_ADDED = Extras()


@dataclass(frozen=True, slots=True)
class Work:
    """The bibliographic facts of a document.

    `key` names it in a reference list. `name` is what its file is called, behind the containers
    that it came in ("papers.zip › minutes/may.txt"), and the title of what has none. `inside` is
    true for what came out of a container. `uncertain` names facts that were inferred.
    """

    key: str
    name: str
    sha256: str
    authors: tuple[Name, ...] = ()
    title: str | None = None
    publisher: str | None = None
    issued: Date | None = None
    url: str | None = None
    language: str | None = None
    inside: bool = False
    uncertain: frozenset[str] = field(default_factory=frozenset)
    accessed: Date | None = None

    @property
    def dated_by_inference(self) -> bool:
        return self.issued is not None and "published" in self.uncertain


def work_of(document: Document, extras: Extras = NOTHING_ADDED) -> Work:
    """The facts of a document, each text in one line."""
    authors = people(document.author, document.publisher)
    stated = document.published or ""
    issued = date_of(stated) if is_date(stated) else None  # as `rag.filters` has it
    first = authors[0].family or authors[0].literal if authors else None
    named_after = first or document.publisher or document.title or ""
    parts = (_slug(named_after), str(issued.year) if issued else "undated")
    return Work(
        key="-".join((*parts, document.id[:_KEY_DIGITS])),
        name=file_name(document),
        sha256=document.sha256,
        authors=authors,
        title=in_one_line(document.title or "") or None,
        publisher=in_one_line(document.publisher or "") or None,
        issued=issued,
        url=in_one_line(document.url or "") or None,
        language=in_one_line(document.language or "") or None,
        inside=document.parent is not None,
        uncertain=frozenset(document.uncertain),
        accessed=extras.accessed if document.url else None,
    )


def file_name(document: Document) -> str:
    """The name of a file without its folders, behind those of the containers that it is in."""
    outer, *members = document.source.split(INSIDE) if document.parent else [document.source]
    return in_one_line(" › ".join((outer.rsplit("/", 1)[-1], *members)))


def in_one_line(text: str) -> str:
    """Without line ends, control characters and marks of direction, which a name does not need."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    return " ".join("".join(c for c in kept if unicodedata.category(c) != "Cf").split())


def _slug(text: str) -> str:
    """The first word in small ASCII letters and digits: what every format admits in a key."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    return words[0] if words else "document"


@dataclass(frozen=True, slots=True)
class Locator:
    """Where in a work: printed pages, the paragraph, or the row of a table."""

    kind: Literal["page", "paragraph", "row"]
    value: str

    def __str__(self) -> str:
        pages = "pp." if "–" in self.value else "p."
        named = {"page": pages, "paragraph": "para.", "row": "row"}
        return f"{named[self.kind]} {self.value}"


def locator(place: Pinpoint) -> Locator | None:
    """The printed page or pages; of what has none the row of a table, else the paragraph."""
    first, last = in_one_line(place.page or ""), in_one_line(place.page_end or "")
    if first:
        return Locator("page", f"{first}–{last}" if last else first)
    if place.section and (row := _ROW.fullmatch(place.section)):
        return Locator("row", row[1])
    return Locator("paragraph", str(place.paragraph)) if place.paragraph else None


@dataclass(frozen=True, slots=True)
class Speaking:
    """Who speaks where it is not the author.

    `relation` is "quoted", "comment" or "caption". `reporter` is who passes the words on where
    that is neither author nor publisher of the work.
    """

    relation: Literal["quoted", "comment", "caption"]
    speaker: str | None
    reporter: str | None = None

    def introduced(self, quoted_in: str = "quoted in") -> str:
        """How a reference begins, before the author: "Anna Reeve, quoted in"."""
        if self.relation == "caption":
            return "Caption in"
        if self.relation == "comment":
            return f"{self.speaker}, reader’s comment on" if self.speaker else "Reader’s comment on"
        passed_on = f" as reported by {self.reporter}," if self.reporter else ""
        return f"{self.speaker or 'Unnamed speaker'},{passed_on} {quoted_in}"


def speaking(citation: Citation) -> Speaking | None:
    """None where the work itself speaks."""
    voice, document = citation.voice, citation.document
    if voice.kind == "author":
        return None
    own = (document.author, document.publisher)
    reporter = None if voice.reported_by in own else in_one_line(voice.reported_by or "")
    return Speaking(voice.kind, in_one_line(voice.speaker or "") or None, reporter or None)


def remarks(place: Pinpoint) -> list[str]:
    """What a reader must know of the words before they rely on them."""
    told = []
    if place.hidden:
        told.append("partly not visible in the source" if place.seen else "hidden in the source")
    if place.ocr is not None:
        told.append(f"text recognised from a picture, confidence {round(100 * place.ocr)} %")
    return told


INFERRED = "date inferred"
"""Said of a date that the source does not state, where a style has no mark of its own for it."""
