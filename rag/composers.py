"""Composers: from retrieved passages to the sentences of an answer.

A composer only proposes. Each proposal names a hit and the words it rests on; `rag.proof` decides
what is shown. Add one as a class with this module's protocol plus a line in `COMPOSERS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from index.codebooks import Floats
from index.config import Config
from index.errors import OnRecordError
from rag.answer import Hit
from rag.late_interaction import LateInteraction, maxsim
from rag.retrieval import Found


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed claim: its text, and the words of a hit's passage that are said to bear it.

    `start` is the code point in the document at which the quote is said to stand; a composer that
    knows only the words leaves it out, and the first place in the passage is taken.
    """

    text: str
    hit: Hit
    quote: str
    start: int | None = None
    short: tuple[tuple[int, int], ...] = ()
    support: float | None = None


class ComposerFailed(OnRecordError):
    """The model behind a composer did not do its work; another composer must."""


class Composer(Protocol):
    def compose(self, found: Found) -> Iterator[Draft]:
        """Proposals in reading order as they come; none when nothing answers the question.

        Raises `rag.composers.ComposerFailed` where a model is down, slow, or talks nonsense.
        """
        ...


PASSAGE_WEIGHT = 0.3
MEAN_WEIGHT = 0.6
"""Shares of the passage's score and of the sentence's mean vector beside the sentence's own MaxSim.
Chosen on SQuAD 2.0 and the source articles together; flat around there (docs/RETRIEVAL.md)."""

COVERAGE_WEIGHT = 2.0
"""How much it counts that a further sentence speaks to parts of the question not spoken to yet."""

MARGIN = 0.05
MOST_SENTENCES = 3
MOST_WORDS = 70
"""A further sentence is added while, with its coverage, it scores within MARGIN of the best and the
answer stays within MOST_WORDS. On the source articles .66 correct at 51 words, where one sentence
gave .60 at 32 and three of them .72 at 96 (docs/RETRIEVAL.md)."""

FEWEST_WORDS = 4
"""Shorter lines are by-lines, dates and captions, or say nothing without their neighbours."""

FRAGMENT_PENALTY = 0.1
"""For a line that does not end as a sentence does: a title or a caption more often than a list item
that answers."""

_ENDED = re.compile(r"[.!?…。؟।:;][\"'”’»)\]\d\[]*$")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence with its score and, for each piece of the question, its best cosine ([q])."""

    score: float
    best: Floats
    hit: Hit
    text: str
    start: int

    @property
    def words(self) -> int:
        return len(self.text.split())


class ExtractiveComposer:
    """Picks the fewest sentences that are likely to carry the answer. No model beyond the encoder.

    A sentence is scored by late interaction over its own word pieces, encoded in the context of
    their passage, so "it" and "they" keep some of what they stand for.
    """

    def __init__(self, late: LateInteraction) -> None:
        self._late = late

    def compose(self, found: Found) -> Iterator[Draft]:
        candidates = self._candidates(found)
        chosen: list[_Candidate] = []
        while len(chosen) < MOST_SENTENCES:
            following = _best_addition(candidates, chosen, found.weights)
            if following is None:
                break
            chosen.append(following)
        for c in chosen:
            yield Draft(" ".join(c.text.split()), c.hit, c.text, c.start)

    def _candidates(self, found: Found) -> list[_Candidate]:
        """All sentences of the hits, best first."""
        sentences, result = found.sentences, []
        own_fit = maxsim(sentences.best, found.weights)
        for hit, window in zip(found.hits, found.windows, strict=True):
            for number in range(window.first, window.stop):
                start, end = int(sentences.start[number]), int(sentences.end[number])
                text = hit.document.text[start:end]
                silent = sentences.bounds[number] == sentences.bounds[number + 1]
                short = len(text.split()) < FEWEST_WORDS
                if silent or short or hit.document.in_heading(start):
                    continue
                score = (
                    float(own_fit[number])
                    + PASSAGE_WEIGHT * hit.score
                    + MEAN_WEIGHT * self._late.mean_cosine(found.question, sentences, number)
                    - FRAGMENT_PENALTY * (not _ENDED.search(text))
                )
                result.append(_Candidate(score, sentences.best[:, number], hit, text, start))
        return sorted(result, key=lambda candidate: -candidate.score)


def _best_addition(
    candidates: list[_Candidate], chosen: list[_Candidate], weights: Floats
) -> _Candidate | None:
    """The next sentence of the answer; None when no other is worth its words.

    Coverage is the submodular part of Lin and Bilmes, A Class of Submodular Functions for Document
    Summarization (ACL 2011), over question pieces in place of concepts.
    """
    if not chosen:
        return candidates[0] if candidates else None
    spoken_to = np.max([c.best for c in chosen], axis=0)
    room = MOST_WORDS - sum(c.words for c in chosen)
    scored = [
        (c.score + COVERAGE_WEIGHT * float(weights @ np.maximum(c.best - spoken_to, 0)), c)
        for c in candidates
        if c.words <= room and not any(_same(c.text, other.text) for other in chosen)
    ]
    score, best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return best if best and score >= candidates[0].score - MARGIN else None


def _same(one: str, other: str) -> bool:
    """True when two sentences say the same words, as repeated captions do."""
    return one.casefold().split() == other.casefold().split()


COMPOSERS: dict[str, Callable[[LateInteraction, Config], Composer]] = {
    "extractive": lambda late, config: ExtractiveComposer(late),
}
