"""A composer that lets a chat model judge sentences: it reads, and the sentences speak.

A small model reads better than it writes. Asked to write claims, a 1.5B model drops the very fact
asked for; asked "does this sentence answer it?", its probability of Yes tells right from wrong
sentences (docs/ANSWERS.md). So it never supplies a word: it reorders the extractive composer's
candidates, and says when none of them answers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from langchain_core.language_models.chat_models import BaseChatModel

from index.config import Config
from rag.chat import first_token
from rag.composers import ComposerFailed, Draft
from rag.extractive import Candidate, ExtractiveComposer, missing
from rag.late_interaction import LateInteraction
from rag.prompting import as_data, prompt
from rag.retrieval import Found

JUDGED = 6
"""Sentences judged for a question: the right one is among so many for .84 of the source articles'
questions, and each costs half a second to a second on two cores."""

LOGIT_WEIGHT = 0.05
"""Share of the judge's log odds in a sentence's score, beside late interaction's."""

CERTAIN = 6.0
"""Largest log odds that count: beyond .998 the figure tells how blunt a model is, not how sure."""

NO_ODDS = 1e-9


@dataclass(frozen=True, slots=True)
class _Judged:
    candidate: Candidate
    odds: float

    @property
    def score(self) -> float:
        return self.candidate.score + LOGIT_WEIGHT * self.odds


class JudgeComposer:
    """Reorders the best sentences by what a chat model says of each.

    The first call of a question reads its prompt anew and the following ones reuse what they have
    in common with it, so the same question gets the same figures whatever was asked before.
    """

    def __init__(self, model: BaseChatModel, late: LateInteraction, config: Config) -> None:
        self._model = model
        self._extractive = ExtractiveComposer(late)
        self._seconds = config.model_seconds

    def compose(self, found: Found) -> Iterator[Draft]:
        deadline = time.monotonic() + self._seconds
        taken: list[Candidate] = []
        for part in found.parts or (found,):
            candidates = self._extractive.candidates(part)[:JUDGED]
            judged = sorted(self._judged(part, candidates, deadline), key=lambda j: -j.score)
            for one in judged[:1]:
                if not any(one.candidate.repeats(other) for other in taken):
                    taken.append(one.candidate)
                    yield one.candidate.draft(_support(part, one))

    def _judged(
        self, found: Found, candidates: list[Candidate], deadline: float
    ) -> Iterator[_Judged]:
        for number, candidate in enumerate(candidates):
            left = deadline - time.monotonic()
            if left <= 0:
                raise ComposerFailed(
                    f"the model did not judge the sentences within {self._seconds:g} s",
                    "give it more time with model_seconds, or take a smaller one",
                )
            yield _Judged(candidate, self._odds(found.text, candidate, left, fresh=number == 0))

    def _odds(self, question: str, candidate: Candidate, seconds: float, fresh: bool) -> float:
        """Log odds of Yes, within CERTAIN of even."""
        asked = prompt("judge_question").substitute(
            question=as_data(question), sentence=as_data(candidate.text)
        )
        messages = [("system", prompt("judge_rules").substitute()), ("user", asked)]
        says = first_token(self._model, messages, seconds=seconds, fresh=fresh)
        odds = math.log((says["Yes"] + NO_ODDS) / (says["No"] + NO_ODDS))
        return max(-CERTAIN, min(CERTAIN, odds))


def _support(found: Found, judged: _Judged) -> float:
    """How likely the sentence answers: the judge's odds, and whether what is asked for is there."""
    return 1 / (1 + math.exp(-judged.odds)) if not missing(found, [judged.candidate]) else 0.0
