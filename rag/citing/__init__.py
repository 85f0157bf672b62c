"""Citations that leave the house: footnotes, records for reference managers, annotations, links.

`STYLES` set a reference to the exact place of a quote, `EXPORTS` list the works that an answer
cites. Adding a style or a format is one line in one of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from index.documents import Document
from index.errors import InputError
from rag.answer import Citation
from rag.citing.bibtex import bibtex
from rag.citing.csl import csl_json
from rag.citing.fields import NOTHING_ADDED, Date, Extras, Work, date_of, work_of
from rag.citing.footnotes import plain
from rag.citing.pandoc import CslStyle
from rag.citing.ris import ris
from rag.citing.runs import Note, Run, joined

__all__ = [
    "EXPORTS",
    "PLAIN",
    "STYLES",
    "Date",
    "Extras",
    "Note",
    "Run",
    "Work",
    "date_of",
    "exported",
    "footnote",
    "footnotes",
    "work_of",
]

Style = Callable[[Sequence[Citation], Extras], list[Note]]
"""From citations to a note for each, in their order."""

PLAIN = "plain"

STYLES: Mapping[str, Style] = {
    PLAIN: plain,
    "chicago": CslStyle("chicago-notes-bibliography.csl"),
    "apa": CslStyle("apa.csl", in_text=True, quoted_in="as cited in", marks_inferred=True),
    "mla": CslStyle(
        "modern-language-association.csl", in_text=True, quoted_in="qtd. in", marks_inferred=True
    ),
    "oscola": CslStyle("oscola.csl"),
    # The style prints any number as a page; rule 3.3 of the Bluebook has a sign for paragraphs.
    "bluebook": CslStyle("bluebook-law-review.csl", quoted_in="", paragraph="{{p. ¶ {}}}"),
}
"""By name. All but "plain" need the extra `styles`; it sets what is asked in one call of pandoc."""

EXPORTS: Mapping[str, Callable[[Sequence[Work]], str]] = {
    "bibtex": bibtex,
    "ris": ris,
    "csl-json": csl_json,
}
"""By name: files for reference managers."""


def footnotes(
    citations: Sequence[Citation], style: str = PLAIN, extras: Extras = NOTHING_ADDED
) -> list[Note]:
    """A note for each citation, in a style. Raises `InputError` for a style that is not there."""
    if style not in STYLES:
        raise InputError(f"no citation style {style!r}", f"there are: {', '.join(STYLES)}")
    notes = STYLES[style](citations, extras) if citations else []
    if not extras.hashes:
        return notes
    return [
        replace(note, cited=joined((*note.cited, Run(f" [SHA-256 {c.document.sha256}]"))))
        for note, c in zip(notes, citations, strict=True)
    ]


def footnote(citation: Citation, style: str = PLAIN, extras: Extras = NOTHING_ADDED) -> Note:
    """The note of one citation."""
    return footnotes([citation], style, extras)[0]


def exported(documents: Iterable[Document], form: str, extras: Extras = NOTHING_ADDED) -> str:
    """Some documents in one of `EXPORTS`, each once."""
    works = {document.id: work_of(document, extras) for document in documents}
    return EXPORTS[form](list(works.values()))
