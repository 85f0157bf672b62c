"""What a footnote says of a place and a date, for the page and the terminal alike.

Plain text: whoever shows it makes it safe for where it is shown.
"""

from __future__ import annotations

import re

from index.documents import Document
from index.readers import INSIDE
from rag.answer import Answer
from rag.pinpoints import Pinpoint
from ui.strings import Strings

_ROW = re.compile(r"row \d+")
"""What the sections of a table are called, one for each of its rows."""


def where_in(place: Pinpoint, strings: Strings) -> str:
    """The printed page; of what has no pages the row of a table, else the paragraph."""
    if place.page is not None:
        form = strings.pages if place.page_end is not None else strings.page
        return form.format(page=place.page, page_end=place.page_end)
    if place.section and _ROW.fullmatch(place.section):
        return place.section
    return strings.paragraph.format(number=place.paragraph) if place.paragraph else ""


def cautions(place: Pinpoint, strings: Strings) -> list[str]:
    """What a reader must know of the words at a place before they rely on them."""
    told = [strings.partly_hidden if place.seen else strings.hidden] if place.hidden else []
    if place.ocr is not None:
        told.append(strings.ocr.format(percent=round(100 * place.ocr)))
    return told


def dated(published: str, strings: Strings) -> str:
    """An ISO date of any precision in words; what is no such date, as it was given."""
    year, month, day = (*published.split("-"), "", "")[:3]
    form = strings.date_day if day else strings.date_month if month else strings.date_year
    try:
        name = strings.months[int(month) - 1] if month else ""
        return form.format(year=int(year), month=name, day=int(day) if day else "")
    except (ValueError, IndexError):
        return published


def is_inferred(document: Document) -> bool:
    """True for a date of publication that the source does not state."""
    return document.published is not None and "published" in document.uncertain


def as_of_inferred(answer: Answer) -> bool:
    """True when no source that bears the answer's date states it."""
    cited = [citation.document for citation in answer.citations]
    documents = cited or [hit.document for hit in answer.hits]
    newest = [document for document in documents if document.published == answer.as_of]
    return bool(newest) and all(map(is_inferred, newest))


def legible(source: str) -> str:
    """The path of a file; one inside another behind it, as on the way to it."""
    return source.replace(INSIDE, " › ")


def containers(document: Document) -> list[str]:
    """Names of the files that a document is in, the innermost first, without their folders."""
    outer = document.source.split(INSIDE)[:-1] if document.parent else []
    return [name.rsplit("/", 1)[-1] for name in reversed(outer)]
