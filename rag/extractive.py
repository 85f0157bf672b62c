"""The composer without a model: the fewest sentences of the documents that carry the answer."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from index.codebooks import Floats
from rag.abstention import support
from rag.answer import Hit
from rag.composers import Draft
from rag.expected import expected, gives_cause, short_answers
from rag.late_interaction import LateInteraction, maxsim
from rag.naming import named
from rag.prompting import meant_for_machines
from rag.retrieval import Found
from rag.swapped import about_another

PASSAGE_WEIGHT = 0.3
MEAN_WEIGHT = 0.6
"""Shares of the passage's score and of the sentence's mean vector beside the sentence's own MaxSim.
Chosen on SQuAD 2.0 and the source articles together; flat around there (docs/RETRIEVAL.md)."""

COVERAGE_WEIGHT = 1.0
"""How much it counts that a further sentence speaks to parts of the question not spoken to yet."""

NEXT_BONUS = 0.1
"""For a further sentence that stands next to one that was chosen: it goes on, or it names what the
other calls "it". +.02 correct on briefs and source articles, nothing on SQuAD (docs/ANSWERS.md)."""

SOURCE_BONUS = 0.1
"""For a sentence of a document whose author or publisher the question names."""

MARGIN = 0.05
MOST_SENTENCES = 3
MOST_WORDS = 70
"""A further sentence is added while, with what it adds, it scores within MARGIN of the best and the
answer stays within MOST_WORDS (docs/ANSWERS.md has the trade of words for correctness)."""

LENGTH_WEIGHT = 0.03
"""Times the logarithm of a sentence's words: a long one fits many questions by its length."""

MISSING_PENALTY = 0.1
"""For a sentence without the number, date, sum or name that the question asks for."""

CAUSE_BONUS = 0.05
"""For a sentence that gives a cause, where one is asked for."""

FEWEST_WORDS = 4
"""Shorter lines are by-lines, dates and captions, or say nothing without their neighbours."""

FRAGMENT_PENALTY = 0.1
"""For a line that does not end as a sentence does: a title or a caption more often than a list item
that answers."""

_ENDED = re.compile(r"[.!?…。؟।:;][\"'”’»)\]\d\[]*$")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence with its score and, for each piece of the question, its best cosine ([q])."""

    score: float
    best: Floats
    hit: Hit
    text: str
    start: int
    short: tuple[tuple[int, int], ...]

    @property
    def words(self) -> int:
        return len(self.text.split())

    def repeats(self, other: Candidate) -> bool:
        """True for the words of another, as in repeated captions."""
        return self.text.casefold().split() == other.text.casefold().split()

    def follows(self, other: Candidate) -> bool:
        """True when this sentence stands right behind another, in its passage."""
        gap = self.hit.document.text[other.start + len(other.text) : self.start]
        return self.hit is other.hit and self.start > other.start and not gap.strip()

    def before(self) -> Candidate | None:
        """The sentence before this one in its passage and paragraph."""
        spans = self.hit.passage.sentences
        starts = [start for start, _ in spans]
        number = starts.index(self.start) if self.start in starts else 0
        text = self.hit.document.text
        if number == 0 or "\n\n" in text[spans[number - 1][1] : self.start]:
            return None
        start, end = spans[number - 1]
        return replace(self, text=text[start:end], start=start, short=())

    def draft(self, sure: float) -> Draft:
        text = " ".join(self.text.split())
        return Draft(text, self.hit, self.text, self.start, self.short, sure)


class ExtractiveComposer:
    """Picks the fewest sentences that are likely to carry the answer. No model beyond the encoder.

    A sentence is scored by late interaction over its own word pieces, encoded in the context of
    their passage, so "it" and "they" keep some of what they stand for. A question of several parts
    gets the best sentence for each; one that names several sources the best of each source.
    """

    def __init__(self, late: LateInteraction) -> None:
        self._late = late

    def compose(self, found: Found) -> Iterator[Draft]:
        for chosen in self.choices(found):
            for candidate in chosen.sentences:
                yield candidate.draft(support(chosen.lead, chosen.missing))

    def choices(self, found: Found) -> list[Choice]:
        """The sentences for each part that was asked, none twice; for the whole of a single one."""
        if not found.parts:
            return [choice(found, self.candidates(found))]
        choices: list[Choice] = []
        for part in found.parts:
            choices.append(choice_of_part(part, self.candidates(part), choices))
        return choices

    def candidates(self, found: Found) -> list[Candidate]:
        """All sentences of the hits, best first."""
        sentences, result = found.sentences, []
        own_fit = maxsim(sentences.best, found.weights)
        wanted = expected(found.text)
        sources = named(found.text, (hit.document for hit in found.hits))
        for hit, window in zip(found.hits, found.windows, strict=True):
            means = self._late.mean_cosines(found.question, sentences, window.first, window.stop)
            for number in range(window.first, window.stop):
                start, end = int(sentences.start[number]), int(sentences.end[number])
                text = hit.document.text[start:end]
                silent = sentences.bounds[number] == sentences.bounds[number + 1]
                short = len(text.split()) < FEWEST_WORDS
                if silent or short or hit.document.in_heading(start) or meant_for_machines(text):
                    continue
                if hit.document.is_hidden(start, end):
                    continue  # bears no claim (`rag.proof`), and must not crowd out what does
                answers = short_answers(wanted.type, text, found.text)
                score = (
                    float(own_fit[number])
                    + PASSAGE_WEIGHT * hit.score
                    + MEAN_WEIGHT * float(means[number - window.first])
                    - FRAGMENT_PENALTY * (not _ENDED.search(text))
                    - MISSING_PENALTY * (wanted.strict and not answers)
                    - LENGTH_WEIGHT * math.log(len(text.split()))
                    + SOURCE_BONUS * (hit.document.id in sources)
                    + CAUSE_BONUS * (wanted.type == "reason" and gives_cause(text))
                )
                places = tuple((start + a, start + b) for a, b in answers)
                best = sentences.best[:, number]
                result.append(Candidate(score, best, hit, text, start, places))
        return sorted(result, key=lambda candidate: -candidate.score)


@dataclass(frozen=True, slots=True)
class Choice:
    """Sentences that answer together, how far the best one leads, and whether what is asked for is
    missing: `rag.abstention.support` makes of the last two how likely they answer."""

    sentences: list[Candidate]
    lead: float
    missing: bool


SIXTH = 5
"""Place, from 0, of the sentence that the best is compared with: far enough down to be a wrong one,
near enough to be about the same."""


def missing(found: Found, chosen: list[Candidate]) -> bool:
    """True when a number, date or name is asked for and the first sentence holds none (a list may
    stand in any of them), or when it is about another country or year than the question."""
    wanted = expected(found.text)
    holders = chosen if wanted.type == "list" else chosen[:1]
    lacks = wanted.strict and not any(candidate.short for candidate in holders)
    return lacks or any(
        about_another(found.text, c.hit.document, c.start, c.start + len(c.text))
        for c in chosen[:1]
    )


def choice(found: Found, candidates: list[Candidate]) -> Choice:
    """What to show of the sentences of a question, best first."""
    chosen = _by_source(found, candidates) or _fewest(candidates, found.weights)
    return Choice(with_referents(chosen), _lead(candidates), missing(found, chosen))


def choice_of_part(part: Found, candidates: list[Candidate], before: list[Choice]) -> Choice:
    """The best sentence for a part of a question that does not repeat those for others."""
    taken = [candidate for other in before for candidate in other.sentences]
    chosen = [c for c in candidates if not any(c.repeats(other) for other in taken)][:1]
    return Choice(chosen, _lead(candidates), missing(part, chosen))


_UNNAMED = re.compile(
    r"[“\"'‘(]*(?!it(?:['’]s| is| was)\b[^.]*\bthat\b)"
    r"(?:he|she|it|they|this|that|these|those|such|his|her|its|their)\b",
    re.IGNORECASE,
)
"""How a sentence begins whose subject stands in the one before, unlike "It is no surprise that"."""


def with_referents(chosen: list[Candidate]) -> list[Candidate]:
    """Each sentence that begins with a pronoun behind the one before it in the text, which names
    what it stands for; a quote is never rewritten. Not where the answer would get too long."""
    shown: list[Candidate] = []
    room = MOST_WORDS - sum(candidate.words for candidate in chosen)
    for candidate in chosen:
        before = candidate.before() if _UNNAMED.match(candidate.text) else None
        known = any(before and before.repeats(other) for other in (*chosen, *shown))
        if before and not known and before.words <= room:
            room -= before.words
            shown.append(before)
        shown.append(candidate)
    return shown


def _lead(candidates: list[Candidate]) -> float:
    return candidates[0].score - candidates[: SIXTH + 1][-1].score if candidates else 0.0


def _by_source(found: Found, candidates: list[Candidate]) -> list[Candidate]:
    """The best sentence of each source that the question names, if it names several."""
    sources = named(found.text, (hit.document for hit in found.hits))
    best: dict[str, Candidate] = {}
    for candidate in candidates if len(sources) > 1 else ():
        if (source := candidate.hit.document.id) in sources:
            best.setdefault(source, candidate)
    return list(best.values())


def _fewest(candidates: list[Candidate], weights: Floats) -> list[Candidate]:
    """The best sentence, and further ones while they are worth their words."""
    chosen = candidates[:1]
    while chosen and len(chosen) < MOST_SENTENCES:
        following = _best_addition(candidates, chosen, weights)
        if following is None:
            break
        chosen.append(following)
    return chosen


def _best_addition(
    candidates: list[Candidate], chosen: list[Candidate], weights: Floats
) -> Candidate | None:
    """The next sentence of the answer; None when no other is worth its words.

    Coverage is the submodular part of Lin and Bilmes, A Class of Submodular Functions for Document
    Summarization (ACL 2011), over question pieces in place of concepts.
    """
    spoken_to = np.max([c.best for c in chosen], axis=0)
    room = MOST_WORDS - sum(c.words for c in chosen)
    scored = [
        (
            c.score
            + COVERAGE_WEIGHT * float(weights @ np.maximum(c.best - spoken_to, 0))
            + NEXT_BONUS * any(c.follows(other) for other in chosen),
            c,
        )
        for c in candidates
        if c.words <= room and not _repeats(c, chosen)
    ]
    score, best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return best if best and score >= candidates[0].score - MARGIN else None


def _repeats(candidate: Candidate, chosen: Iterable[Candidate]) -> bool:
    return any(candidate.repeats(other) for other in chosen)
