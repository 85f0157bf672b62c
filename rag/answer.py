"""What comes back from a question. The JSON form is public (`schema: 1`) and documented in README.

An answer has claims or an abstention with a reason, never neither and never both; a claim has at
least one citation. The constructors hold that, so no later code can break it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from index.documents import Document, Passage, Span

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


@dataclass(frozen=True, slots=True)
class Place:
    """A passage somewhere in a document."""

    passage: Passage
    document: Document


@dataclass(frozen=True, slots=True)
class Citation:
    """Exact words, where they stand, and who said them."""

    number: int
    span: Span
    quote: str
    speaker: str | None
    document: Document
    page: str | None = None

    def __post_init__(self) -> None:
        stands = self.document.text[self.span.start : self.span.end]
        if not stands or stands != self.quote or len(stands) != self.span.end - self.span.start:
            raise ValueError(f"citation {self.number}: the quote is not what stands at its span")
        if self.span.document_id != self.document.id:
            raise ValueError(f"citation {self.number}: the span is of another document")


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, with the citations that bear it."""

    text: str
    citations: tuple[Citation, ...]

    def __post_init__(self) -> None:
        if not self.citations:
            raise ValueError(f"a claim without a citation: {self.text!r}")


@dataclass(frozen=True, slots=True)
class Answer:
    """Claims or an abstention, the hits that were read, and what made it.

    `as_of` is the date of the newest document cited (of the newest found, for an abstention).
    `fingerprint` names documents, models and settings. One index gives one answer to a question;
    two with the same fingerprint may differ in passages of equal score, in what approximate search
    misses, and in the last digits of scores where one was made on another kind of processor.
    `confidence` orders answers, the likelier to be right the higher; it is not a probability.
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

    def __post_init__(self) -> None:
        if bool(self.claims) == self.abstained or self.abstention == "":
            raise ValueError("an answer has claims or an abstention with a reason, and not both")
        cited = {citation for claim in self.claims for citation in claim.citations}
        if len({citation.number for citation in cited}) < len(cited):
            raise ValueError("two citations of an answer have the same number")

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
            claim.text + "".join(f" [{c.number}]" for c in claim.citations) for claim in self.claims
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
                {"text": claim.text, "citations": [c.number for c in claim.citations]}
                for claim in self.claims
            ],
            "citations": [citation_json(citation) for citation in self.citations],
            "hits": [hit_json(hit) for hit in self.hits],
            "as_of": self.as_of,
            "fingerprint": self.fingerprint,
            "confidence": self.confidence,
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
        "title": document.title,
        "publisher": document.publisher,
        "published": document.published,
        "page": citation.page,
        "url": document.url,
        "sha256": document.sha256,
    }


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
        "page": hit.passage.page,
        "section": hit.passage.section,
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
