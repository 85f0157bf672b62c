"""What comes back from a question. The JSON form is public (`schema: 1`) and documented in README.

An answer has claims or an abstention with a reason, never neither and never both; a claim has at
least one citation. The constructors hold that, so no later code can break it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from index.documents import Document, Passage, Span
from index.layout import Box, boxes
from rag.pinpoints import Pinpoint, pinpoint, pinpoint_json

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that retrieval found; `rank` counts from 1, `found_by` names the searches.

    `words` are places of the question's words in the document, `near` of words close to them in
    meaning: (start, end) in code points. `repeats` are places where nearly the same passage stands,
    in this document or another.
    """

    passage: Passage
    document: Document
    score: float
    rank: int
    found_by: tuple[str, ...]
    words: tuple[tuple[int, int], ...] = ()
    near: tuple[tuple[int, int], ...] = ()
    repeats: tuple[Place, ...] = ()

    @property
    def pinpoint(self) -> Pinpoint:
        return pinpoint(self.document, self.passage.span.start, self.passage.span.end)


@dataclass(frozen=True, slots=True)
class Place:
    """A passage somewhere in a document."""

    passage: Passage
    document: Document

    @property
    def pinpoint(self) -> Pinpoint:
        return pinpoint(self.document, self.passage.span.start, self.passage.span.end)


Kind = Literal["author", "quoted", "comment", "caption"]
"""Whose voice it is: the document's own, that of somebody it quotes or reports, a reader's below
it, or that of the line under a picture."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Who says the words at a place of a document; `reported_by` is who passes them on."""

    speaker: str | None
    kind: Kind = "author"
    reported_by: str | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """Exact words, where they stand, and who said them.

    `short` are the words of the quote that answer by themselves (a number, a date, a name): places
    in the document, (start, end) in code points. Where the quote is to be looked up (`pinpoint`,
    `boxes`) is worked out from the document and not kept.
    """

    number: int
    span: Span
    quote: str
    voice: Voice
    document: Document
    short: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        stands = self.document.text[self.span.start : self.span.end]
        if not stands or stands != self.quote or len(stands) != self.span.end - self.span.start:
            raise ValueError(f"citation {self.number}: the quote is not what stands at its span")
        if self.span.document_id != self.document.id:
            raise ValueError(f"citation {self.number}: the span is of another document")
        if not all(self.span.start <= a < b <= self.span.end for a, b in self.short):
            raise ValueError(f"citation {self.number}: the short answer is not in its quote")

    @property
    def speaker(self) -> str | None:
        return self.voice.speaker

    @property
    def pinpoint(self) -> Pinpoint:
        """Page, paragraph and the like."""
        return pinpoint(self.document, self.span.start, self.span.end)

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The rectangles of the quote on its pages; none where the format has no pages."""
        return boxes(self.document.layout, self.span.start, self.span.end)


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, with the citations that bear it.

    `lead` says whose statement it is ("Human Rights Watch:") where the text does not.
    """

    text: str
    citations: tuple[Citation, ...]
    lead: str = ""

    def __post_init__(self) -> None:
        if not self.citations:
            raise ValueError(f"a claim without a citation: {self.text!r}")

    @property
    def sentence(self) -> str:
        """The claim as people read it, with who says it."""
        return f"{self.lead} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Withheld:
    """A statement that was proposed and could not be proved. Never shown as a fact."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Citations that say different things of one subject, the earliest first.

    Of the kind "premise", it is the question that they contradict, and `subject` is what it takes
    for granted.
    """

    kind: Literal["number", "date", "polarity", "premise"]
    subject: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Claims or an abstention, the hits that were read, and what made it.

    `as_of` is the date of the newest document cited (of the newest found, for an abstention).
    `fingerprint` names documents, models and settings. One index gives one answer to a question;
    two with the same fingerprint may differ in passages of equal score, in what approximate search
    misses, and in the last digits of scores where one was made on another kind of processor.
    `confidence` orders answers, the likelier to be right the higher. `composer` made the claims;
    `notes` tell what a reader must know of how (a model that did not answer). `understood` is the
    question as it was read, where that is not as it was put: a follow-up question made standalone.
    """

    question: str
    claims: tuple[Claim, ...]
    abstention: str | None
    hits: tuple[Hit, ...]
    as_of: str | None
    fingerprint: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    id: str | None = None
    confidence: float | None = None
    composer: str = "extractive"
    withheld: tuple[Withheld, ...] = ()
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    understood: str | None = None

    def __post_init__(self) -> None:
        if bool(self.claims) == self.abstained or self.abstention == "":
            raise ValueError("an answer has claims or an abstention with a reason, and not both")
        cited = {citation for claim in self.claims for citation in claim.citations}
        if len({citation.number for citation in cited}) < len(cited):
            raise ValueError("two citations of an answer have the same number")
        known = {citation.number for citation in cited}
        if not all(known.issuperset(difference.citations) for difference in self.differences):
            raise ValueError("a difference names a citation that the answer does not have")

    @property
    def abstained(self) -> bool:
        return self.abstention is not None

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All citations by number, each once."""
        found = {c.number: c for claim in self.claims for c in claim.citations}
        return tuple(found[number] for number in sorted(found))

    @property
    def text(self) -> str:
        """The answer as people read it: sentences with their marks, or the reason."""
        if self.abstention is not None:
            return self.abstention
        marked = (
            claim.sentence + "".join(f" [{c.number}]" for c in claim.citations)
            for claim in self.claims
        )
        return " ".join(marked)

    def to_json(self) -> dict[str, Any]:
        """The Answer object of the public contract, schema 1."""
        return {
            "schema": SCHEMA,
            "id": self.id,
            "question": self.question,
            "abstained": self.abstained,
            "reason": self.abstention,
            "text": self.text,
            "claims": [
                {"text": claim.sentence, "citations": [c.number for c in claim.citations]}
                for claim in self.claims
            ],
            "citations": [citation_json(citation) for citation in self.citations],
            "hits": [hit_json(hit) for hit in self.hits],
            "as_of": self.as_of,
            "fingerprint": self.fingerprint,
            "confidence": self.confidence,
            "composer": self.composer,
            "withheld": [{"text": held.text, "reason": held.reason} for held in self.withheld],
            "differences": [
                {"kind": d.kind, "subject": d.subject, "citations": list(d.citations)}
                for d in self.differences
            ],
            "notes": list(self.notes),
            "understood": self.understood,
            "seconds": dict(self.seconds),
        }


def citation_json(citation: Citation) -> dict[str, Any]:
    document = citation.document
    return {
        "number": citation.number,
        "document": document.id,
        "source": document.source,
        "start": citation.span.start,
        "end": citation.span.end,
        "quote": citation.quote,
        "speaker": citation.speaker,
        "voice": citation.voice.kind,
        "reported_by": citation.voice.reported_by,
        "short": [list(span) for span in citation.short],
        "title": document.title,
        "publisher": document.publisher,
        "published": document.published,
        "uncertain": list(document.uncertain),
        **pinpoint_json(citation.pinpoint),
        "boxes": [box_json(box) for box in citation.boxes],
        "url": document.url,
        "sha256": document.sha256,
    }


def box_json(box: Box) -> dict[str, float]:
    """In hundredths of a point (1/72 inch): finer than any screen or printer draws."""
    sides = {side: round(getattr(box, side), 2) for side in ("left", "top", "right", "bottom")}
    return {"page": box.page, **sides}


def hit_json(hit: Hit) -> dict[str, Any]:
    """A hit as `search --json` and the Answer object give it."""
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "document": hit.document.id,
        "source": hit.document.source,
        "start": hit.passage.span.start,
        "end": hit.passage.span.end,
        "text": hit.passage.text,
        **pinpoint_json(hit.pinpoint),
        "found_by": list(hit.found_by),
        "words": [list(span) for span in hit.words],
        "near": [list(span) for span in hit.near],
        "repeats": [
            {
                "document": place.document.id,
                "source": place.document.source,
                "start": place.passage.span.start,
                "end": place.passage.span.end,
            }
            for place in hit.repeats
        ],
    }
