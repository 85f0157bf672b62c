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
from dataclasses import dataclass, replace

from langchain_core.language_models.chat_models import BaseChatModel

from index.config import Config
from rag.chat import first_token
from rag.composers import ComposerFailed, Draft
from rag.extractive import Candidate, Choice, ExtractiveComposer, choice, choice_of_part
from rag.late_interaction import LateInteraction
from rag.prompting import as_data, prompt
from rag.retrieval import Found

JUDGED = 6
"""Sentences judged for a question: the right one is among so many for .88 of the source articles'
questions, and each costs half a second to a second on two cores."""

LOGIT_WEIGHT = 0.05
"""Share of the judge's log odds in a sentence's score, beside late interaction's. With Qwen2.5 1.5B
the best sentence is right for .80 of the source articles' questions in place of .74; flat from .03
to .12 (docs/ANSWERS.md)."""

CERTAIN = 6.0
"""Largest log odds that count: beyond .998 the figure tells how blunt a model is, not how sure."""

NO_ODDS = 1e-9

EVEN = 1.7
ODDS_WEIGHT = 0.7
MISSING_WEIGHT = 4.4
"""Logistic regression of "the first sentence holds a gold quote" on the 159 single questions of the
originals, with Qwen2.5 1.5B. It says No to most sentences, right ones too: even odds mean .85."""


class JudgeComposer:
    """The extractive composer, its best sentences put in order by what a chat model says of each.

    The first call of a question reads its prompt anew and the following ones reuse what they have
    in common with it, so the same question gets the same figures whatever was asked before.
    """

    def __init__(self, model: BaseChatModel, late: LateInteraction, config: Config) -> None:
        self._model = model
        self._extractive = ExtractiveComposer(late)
        self._seconds = config.model_seconds

    def compose(self, found: Found) -> Iterator[Draft]:
        deadline = time.monotonic() + self._seconds
        chosen: list[Choice] = []
        for part in found.parts or (found,):
            judged = self._judged(part, deadline)
            candidates = [one.candidate for one in judged]
            chosen.append(
                choice_of_part(part, candidates, chosen)
                if found.parts
                else choice(part, candidates)
            )
            yield from self._drafts(chosen[-1], judged)

    def _drafts(self, chosen: Choice, judged: list[_Judged]) -> Iterator[Draft]:
        """The sentences as drafts, with the support of the first of them that was judged."""
        odds = {(one.candidate.hit, one.candidate.start): one.odds for one in judged}
        known = (odds.get((sentence.hit, sentence.start)) for sentence in chosen.sentences)
        own = next((value for value in known if value is not None), -CERTAIN)
        for candidate in chosen.sentences:
            yield candidate.draft(support(own, chosen.missing))

    def _judged(self, found: Found, deadline: float) -> list[_Judged]:
        """The best sentences, each with its odds, best first."""
        judged = []
        for number, candidate in enumerate(self._extractive.candidates(found)[:JUDGED]):
            left = deadline - time.monotonic()
            if left <= 0:
                raise ComposerFailed(
                    f"the model did not judge the sentences within {self._seconds:g} s",
                    "give it more time with model_seconds, or take a smaller one",
                )
            odds = self._odds(found.text, candidate, left, fresh=number == 0)
            score = candidate.score + LOGIT_WEIGHT * odds
            judged.append(_Judged(replace(candidate, score=score), odds))
        return sorted(judged, key=lambda one: -one.candidate.score)

    def _odds(self, question: str, candidate: Candidate, seconds: float, fresh: bool) -> float:
        """Log odds of Yes, within CERTAIN of even."""
        asked = prompt("judge_question").substitute(
            question=as_data(question), sentence=as_data(candidate.text)
        )
        messages = [("system", prompt("judge_rules").substitute()), ("user", asked)]
        says = first_token(self._model, messages, seconds=seconds, fresh=fresh)
        odds = math.log((says["Yes"] + NO_ODDS) / (says["No"] + NO_ODDS))
        return max(-CERTAIN, min(CERTAIN, odds))


@dataclass(frozen=True, slots=True)
class _Judged:
    candidate: Candidate
    odds: float


def support(odds: float, missing: bool) -> float:
    """How likely sentences answer: by the judge's odds for the first of them, and whether the
    number, date or name that is asked for is missing."""
    return 1 / (1 + math.exp(-(EVEN + ODDS_WEIGHT * odds - MISSING_WEIGHT * missing)))
