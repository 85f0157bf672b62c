"""Who speaks at a place of a document: its author, somebody quoted, a commenter, a caption.

Rules only, so that the same words always get the same speaker and each error can be traced. They
read English; of Spanish, French and German they know quotation marks and a few verbs, of other
languages the marks alone. What they do not recognise stays the author's, as it stands on the page.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from index.documents import Document
from rag.answer import Voice
from rag.letters import letters
from rag.pinpoints import as_seen
from rag.referents import name_forms
from rag.voices import Reader, Stretch

_KEPT = 64
"""Documents, or parts of them, whose speakers are kept at hand: some MB at most."""

_PART = 200_000
_AROUND = 50_000
"""Code points of a long document that are read at once, and beyond either end of them. The source
articles together have 66,000, which take 90 ms: a book would take seconds at its first citation."""


def voice_at(document: Document, start: int, end: int) -> Voice:
    """Whose words stand between two code points of a document.

    Where voices meet, the longest share decides, reporting clauses apart; a sentence of which half
    or more is the author's own stays the author's. Quoted words of which the document does not
    tell who says them have the speaker None and are of the kind "quoted" all the same.
    """
    shares: dict[tuple[str, str | None], int] = {}
    own = max(0, end - start)
    for stretch in _overlapping(_stretches(_Held(document), start // _PART), start, end):
        length = min(end, stretch.end) - max(start, stretch.start)
        own -= length
        if stretch.kind != "clause":
            key = (stretch.kind, stretch.speaker)
            shares[key] = shares.get(key, 0) + length
    if not shares or sum(shares.values()) <= own:
        return Voice(document.speaker)
    kind, speaker = max(shares, key=lambda key: shares[key])
    if kind == "comment":
        return Voice(speaker, "comment")
    if kind == "caption":
        return Voice(document.speaker, "caption")
    return Voice(speaker, "quoted", document.speaker)


_NO_NAME = re.compile(r"\w{4,}[.!?:;]\s|.{121}", re.DOTALL)
"""In what a file gives as its author: a sentence that ends, or a length that no name has. It stays
in the reference, and does not become a part of the answer's text."""


def lead(voice: Voice, text: str) -> str:
    """How a sentence begins that must say whose it is.

    Empty where the sentence names who it is from. A comment and a caption always say what they are,
    and words that the document quotes say who passes them on.
    """
    speaker, reporter = (
        None if name and _NO_NAME.search(name) else name
        for name in (voice.speaker, voice.reported_by)
    )
    if voice.kind == "comment":
        return f"{speaker}, a reader's comment:" if speaker else "A reader's comment:"
    if voice.kind == "caption":
        return "Caption:" if not speaker or names(text, speaker) else f"{speaker}, caption:"
    if voice.kind == "author":
        return f"{speaker}:" if speaker and not names(text, speaker) else ""
    if speaker and names(text, speaker):
        return f"{reporter}:" if reporter and not names(text, reporter) else ""
    if speaker:
        return f"{speaker}, quoted by {reporter}:" if reporter else f"{speaker}, quoted:"
    return f"Quoted by {reporter}:" if reporter else "Somebody quoted:"


def names(text: str, speaker: str) -> bool:
    """True when a text names a speaker: a person by the last name, others in full or by initials.

    For one who restates another it is enough that the other is named: a brief says "Unger says".
    """
    return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text) for form in name_forms(speaker))


class _Held:
    """A document as a key: found by its id, and equal only to the same text and metadata."""

    __slots__ = ("document",)

    def __init__(self, document: Document) -> None:
        self.document = document

    def __hash__(self) -> int:
        return hash(self.document.id)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Held):
            return NotImplemented
        return self.document is other.document or self.document == other.document


@lru_cache(maxsize=_KEPT)
def _stretches(held: _Held, part: int) -> tuple[tuple[int, ...], tuple[Stretch, ...]]:
    """What in a part is not plainly the author's, in order, without overlaps, and its starts."""
    place = (max(0, part * _PART - _AROUND), (part + 1) * _PART + _AROUND)
    document = _readable(held.document)
    carried = [
        Stretch(letter.start, letter.end, "quoted", letter.writer) for letter in letters(document)
    ]
    known = (tuple(stretch.start for stretch in carried), tuple(carried))
    own = [
        stretch
        for stretch in Reader(document, place).stretches()
        if not any(_overlapping(known, stretch.start, stretch.end))
    ]
    found = sorted([*own, *carried], key=lambda stretch: stretch.start)
    return tuple(stretch.start for stretch in found), tuple(found)


def _readable(document: Document) -> Document:
    """The document with spaces for what a reader of the source does not see, so that hidden words
    ("Comments", "said the mayor") cannot put visible ones into another's mouth."""
    if not document.hidden:
        return document
    text = as_seen(document, 0, len(document.text))
    seen = tuple((a, b) for a, b in document.paragraphs if text[a:b].strip())
    return replace(document, text=text, paragraphs=seen)


def _overlapping(
    found: tuple[tuple[int, ...], tuple[Stretch, ...]], start: int, end: int
) -> Iterator[Stretch]:
    starts, stretches = found
    number = max(0, bisect_right(starts, start) - 1)
    while number < len(stretches) and stretches[number].start < end:
        if stretches[number].end > start:
            yield stretches[number]
        number += 1
