"""The sentences of the hits as they were read: how each fits the question, word by word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from index.codebooks import Floats
from index.keywords import WORD
from rag.answer import Citation, Hit
from rag.composers import Draft
from rag.late_interaction import maxsim
from rag.matching import NEAR
from rag.retrieval import Found


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence of a hit. `number` is its column in `Found.sentences`, `fit` its MaxSim."""

    hit: Hit
    number: int
    start: int
    text: str
    fit: float

    @property
    def draft(self) -> Draft:
        return Draft(" ".join(self.text.split()), self.hit, self.text, self.start)

    def holds(self, citation: Citation) -> bool:
        """True when a citation quotes this sentence or a part of it."""
        same = self.hit.document.id == citation.span.document_id
        end = self.start + len(self.text)
        return same and self.start < citation.span.end and citation.span.start < end


def readings(found: Found) -> list[Reading]:
    """The sentences of the hits but for headings, best first; of equal ones the earlier hit's."""
    sentences, result = found.sentences, []
    fits = maxsim(sentences.best, found.weights)
    for hit, window in zip(found.hits, found.windows, strict=True):
        for number in range(window.first, window.stop):
            start, end = int(sentences.start[number]), int(sentences.end[number])
            if not hit.document.in_heading(start):
                text = hit.document.text[start:end]
                result.append(Reading(hit, number, start, text, float(fits[number])))
    return sorted(result, key=lambda reading: -reading.fit)


def coverage(found: Found, reading: Reading, without: Iterable[tuple[int, int]]) -> float:
    """The share of the question's telling words, by weight, that a sentence has or nearly has.

    The words at the places `without` are left out. 0 where nothing is left.
    """
    left = list(without)
    own = _own(found, reading)
    if not own.size:
        return 0.0
    total = covered = 0.0
    for word in WORD.finditer(found.text):
        if any(a < word.end() and word.start() < b for a, b in left):
            continue
        pieces = _pieces(found, *word.span())
        weight = sum(float(found.weights[piece]) for piece in pieces)
        total += weight
        if pieces and max(float(own[piece].max()) for piece in pieces) >= NEAR:
            covered += weight
    return covered / total if total else 0.0


def likeness(found: Found, reading: Reading, asked: tuple[int, int], place: int, end: int) -> float:
    """The best cosine of the question's word at `asked` with the sentence's words between two
    places of the document; -1 where there is none."""
    pieces = _pieces(found, *asked)
    sentences = found.sentences
    first, stop = (int(b) for b in sentences.bounds[reading.number : reading.number + 2])
    inside = [n for n in range(first, stop) if place <= int(sentences.pieces[n]) < end]
    if not pieces or not inside:
        return -1.0
    return float(found.sentences.cosines[pieces][:, inside].max())


def _own(found: Found, reading: Reading) -> Floats:
    """[q, n] how the question's pieces fit those of the sentence itself."""
    first, stop = (int(b) for b in found.sentences.bounds[reading.number : reading.number + 2])
    return found.sentences.cosines[:, first:stop]


def _pieces(found: Found, start: int, end: int) -> list[int]:
    """The question's pieces that begin in a word of it."""
    return [n for n, (a, _) in enumerate(found.question.offsets.tolist()) if start <= a < end]
