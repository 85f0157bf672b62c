"""Composers: from retrieved passages to the sentences of an answer.

A composer only proposes. Each proposal names a hit and the words it rests on; `rag.proof` decides
what is shown. Add one as a function of this module's protocol plus a line in `COMPOSERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from index.config import Config
from index.encoder import unit
from rag.answer import Hit
from rag.late_interaction import LateInteraction, maxsim
from rag.retrieval import Found


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed claim: its text, and the words of a hit's passage that are said to bear it."""

    text: str
    hit: Hit
    quote: str


class Composer(Protocol):
    def compose(self, found: Found) -> list[Draft]:
        """Proposals in reading order; none when nothing that was found answers the question."""
        ...


PASSAGE_WEIGHT = 0.3
MEAN_WEIGHT = 0.6
"""Shares of the passage's score and of the sentence's mean vector beside the sentence's own MaxSim.
Chosen on SQuAD 2.0 and the source articles together; flat around there (docs/RETRIEVAL.md)."""

MARGIN = 0.15
MOST_SENTENCES = 3
MOST_WORDS = 70
"""A further sentence is added while it scores within MARGIN of the best and the answer stays within
MOST_WORDS: .76 correct at 54 words where one sentence gave .70 at 33 and three .80 at 97."""

FEWEST_WORDS = 4
"""Shorter lines are by-lines, dates and captions, or say nothing without their neighbours."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    hit: Hit
    text: str
    words: int


class ExtractiveComposer:
    """Picks the fewest sentences that are likely to carry the answer. No model beyond the encoder.

    A sentence is scored by late interaction over its own word pieces, encoded in the context of
    their passage, so "it" and "they" keep some of what they stand for.
    """

    def __init__(self, late: LateInteraction) -> None:
        self._late = late

    def compose(self, found: Found) -> list[Draft]:
        ranked = sorted(self._candidates(found), key=lambda c: -c.score)
        chosen: list[_Candidate] = []
        words = 0
        for candidate in ranked:
            if len(chosen) == MOST_SENTENCES or candidate.score < ranked[0].score - MARGIN:
                break
            repeated = any(_same(candidate.text, other.text) for other in chosen)
            if repeated or (chosen and words + candidate.words > MOST_WORDS):
                continue
            chosen.append(candidate)
            words += candidate.words
        return [Draft(" ".join(c.text.split()), c.hit, c.text) for c in chosen]

    def _candidates(self, found: Found) -> list[_Candidate]:
        weights = self._late.weights(found.question)
        result = []
        for hit, row in zip(found.hits, found.rows, strict=True):
            similarities = self._late.similarities(found.question, row)
            vectors = self._late.vectors(row)
            starts = self._late.starts(row) + hit.passage.span.start
            for start, end in hit.passage.sentences:
                text = hit.document.text[start:end]
                own = (starts >= start) & (starts < end)
                if len(text.split()) < FEWEST_WORDS or not own.any():
                    continue
                mean = unit(vectors[own].mean(axis=0)[None])[0]
                score = (
                    maxsim(similarities[:, own], weights)
                    + PASSAGE_WEIGHT * hit.score
                    + MEAN_WEIGHT * float(np.dot(mean, found.question.vector))
                )
                result.append(_Candidate(score, hit, text, len(text.split())))
        return result


def _same(one: str, other: str) -> bool:
    """True when two sentences say the same words, as repeated captions do."""
    return one.casefold().split() == other.casefold().split()


COMPOSERS: dict[str, Callable[[LateInteraction, Config], Composer]] = {
    "extractive": lambda late, config: ExtractiveComposer(late),
}
