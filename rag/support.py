"""What a claim says that its quotes do not: one rule after the other, the first reason wins.

A run of a quote's own words is held to what cutting it out may change: numbers, and the operators
it stood under ("He denied that ..."). A claim in its own words must have all that can be checked,
numbers, dates, names, negation, modality and quantity, in its quotes, and most of its other words.
That is English only; for other languages only a run of the quote's words passes, because negation
cannot be read there. Pure functions; some 0.5 ms for a claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from index.keywords import primary
from rag.agreement import Reading, cut_off, disagreement
from rag.contrasts import (
    misplaced_number,
    missing_word,
    opposite,
    past,
    recombined,
    turned_round,
)
from rag.facts import Date, Number, facts
from rag.names import missing_name
from rag.operators import attributions
from rag.wording import Token, lexicon, stem, strings, tokens

NOT_SAID = "its quote does not say this"
CUT_WORD = "its quote cuts a word or number in two"
OPPOSITE = "its quote says the opposite"
OTHER_THING = "the number {} is of something else in its quote"
RECOMBINED = "its quote says this of something else"
ROLES = "its quote has who and whom the other way round"

_FIRST_PERSON = frozenset(lexicon("i we me us my our ours mine"))
_ANYTHING = frozenset(stem(word) for word in lexicon("people person case time thing one"))
"""What may be counted in other words: 32 migrants are 32 people."""

LEAST_SHARED = 0.6
"""Share of a claim's content words that must stand in its quotes, by their stems. Of 65 honest
paraphrases none has less (.67 at least); of 366 sentences of the source articles held against the
sentence before them, 365."""


@dataclass(frozen=True)
class Quoted:
    """A located quote as evidence: its words, and the rest of the sentences that they stand in.

    `speaker` is who says it, `known` are further names of the source, such as its title: where a
    claim tells who says it, these may stand without the quote naming them.
    `attributed` is true where the claim is shown with the name of who says it.
    """

    text: str
    before: str = ""
    after: str = ""
    speaker: str = ""
    known: str = ""
    language: str = "en"
    attributed: bool = False

    @cached_property
    def reading(self) -> Reading | None:
        """None when the quote begins or ends inside a word or a number."""
        before, own, after = tokens(self.before), tokens(self.text), tokens(self.after)
        whole = tokens(self.before + self.text + self.after)
        if [t.text for t in (*before, *own, *after)] != [t.text for t in whole]:
            return None
        return Reading(whole, len(before), len(before) + len(own), self.attributed)

    @cached_property
    def facts(self) -> tuple[list[Number], list[Date]]:
        """Numbers and dates that stand wholly in the quote, read with what is before them."""
        numbers, dates = facts(self.before + self.text + self.after, self.language)
        first = len(tokens(self.before))
        stop = first + len(tokens(self.text))
        return (
            [n for n in numbers if first <= n.start and n.end <= stop],
            [d for d in dates if first <= d.start and d.end <= stop],
        )


def unsupported(claim: str, quotes: Sequence[Quoted]) -> str | None:
    """Why the quotes do not bear the claim, in a short sentence; None when they do."""
    own = tokens(claim)
    said = strings(own)
    readings = [quote.reading for quote in quotes]
    whole = [reading for reading in readings if reading is not None]
    if len(whole) < len(readings):
        return CUT_WORD
    if not said:
        return NOT_SAID
    reason: str | None = NOT_SAID
    for quote, reading in zip(quotes, whole, strict=True):
        for first, stop in _runs(said, reading):
            if len(said) == len(strings(reading.tokens)) and not _question(reading, own):
                return None
            reason = cut_off(reading, first, stop, own[-1].text == "?")
            reason = reason or _facts_missing(claim, own, [quote])
            if reason is None:
                return None
    if any(primary(quote.language) != "en" for quote in quotes) or reason not in (None, NOT_SAID):
        return reason
    return next(_reasons(claim, own, quotes, whole), None)


def _reasons(
    claim: str, own: Sequence[Token], quotes: Sequence[Quoted], readings: Sequence[Reading]
) -> Iterator[str]:
    """All that a claim in its own words says and its quotes do not."""
    known = [token for quote in quotes for token in tokens(f"{quote.speaker} | {quote.known}")]
    there = [token for reading in readings for token in reading.own]
    missing = _facts_missing(claim, own, quotes)
    if missing:
        yield missing
    speakers = attributions(own)
    if any(token.word in _FIRST_PERSON for token in there):
        # "we" are those whose words they are.
        there += [token for quote in quotes for token in tokens(quote.speaker)]
    name = missing_name(own, there, known, speakers)
    if name:
        yield f"the name {name} is not in its quote"
    word = missing_word(own, there)
    if word:
        yield f"its quote does not say “{word}”"
    reading = Reading(tuple(own), 0, len(own))
    known_stems = frozenset(token.stem for token in known)
    disagrees = disagreement(reading, readings, known_stems)
    if disagrees:
        yield disagrees
    if opposite(own, there):
        yield OPPOSITE
    if turned_round(own, there):
        yield ROLES
    if recombined(own, there):
        yield RECOMBINED
    yield from _misplaced(claim, own, quotes)
    numbers, dates = facts(claim)
    spans = [(n.start, n.end) for n in numbers] + [(d.start, d.end) for d in dates]
    proved = frozenset(place for span in spans for place in range(*span))
    if _shared(reading, readings, proved) < LEAST_SHARED:
        yield NOT_SAID


def _runs(said: Sequence[str], reading: Reading) -> Iterator[tuple[int, int]]:
    """Where the claim's words stand in the quote one after the other: places of its tokens."""
    places = [p for p in range(reading.first, reading.stop) if reading.tokens[p].word]
    size = len(said)
    for at in range(len(places) - size + 1):
        run = places[at : at + size]
        if all(reading.tokens[p].word == word for p, word in zip(run, said, strict=True)):
            yield run[0], run[-1] + 1


def _question(reading: Reading, own: Sequence[Token]) -> bool:
    """True when the quote asks and the claim states."""
    return any(t.text == "?" for t in reading.tokens) and all(t.text != "?" for t in own)


def _facts_missing(claim: str, own: Sequence[Token], quotes: Sequence[Quoted]) -> str | None:
    """The first number or date of the claim that no quote gives, or gives otherwise."""
    numbers, dates = facts(claim, quotes[0].language)
    given = [number for quote in quotes for number in quote.facts[0]]
    days = [date for quote in quotes for date in quote.facts[1]]
    years = frozenset(int(n.value) for n in given if 1000 <= n.value < 2200 and n.value % 1 == 0)
    for date in dates:
        if not any(other.bears(date, years) for other in days):
            return f"the date {_written(own, date)} is not in its quote"
    within = {date.start for date in dates}
    for number in numbers:
        if number.start in within:
            continue
        if any(other.bears(number) for other in given):
            noun = _counted(own, number)
            if noun and _counts_other(noun, number, quotes):
                return OTHER_THING.format(_written(own, number))
            continue
        written = _written(own, number)
        if any(other.same(number) for other in given):
            return f"its quote gives the number {written} with another limit"
        if number.value != 1 or not _single(own, number, quotes):
            return f"the number {written} is not in its quote"
    return None


def _misplaced(claim: str, own: Sequence[Token], quotes: Sequence[Quoted]) -> Iterator[str]:
    """Numbers that one of the quotes gives of another name, and none of this one."""
    numbers = [n for n in facts(claim)[0] if n.kind != "year"]
    wrong = [
        misplaced_number(numbers, own, quote.facts[0], reading.tokens)
        for quote in quotes
        for reading in [quote.reading]
        if reading is not None
    ]
    for number in wrong[:1]:
        if number is not None and all(wrong):
            yield OTHER_THING.format(_written(own, number))


def _counted(found: Sequence[Token], number: Number) -> str:
    """The stem of the first content word that follows a number closely: what it counts."""
    following = found[number.end : number.end + 3]
    return next((token.stem for token in following if token.stem), "")


def _counts_other(noun: str, number: Number, quotes: Sequence[Quoted]) -> bool:
    """True when the quotes count this thing, and never by this number."""
    counts = {
        (other.same(number), token.stem)
        for quote in quotes
        for reading in [quote.reading]
        if reading is not None
        for other in quote.facts[0]
        for token in reading.tokens[other.end : other.end + 4]
        if other.kind != "year" and not 1500 <= other.value < 2200
    }
    if (False, noun) in counts and (True, noun) not in counts:
        return True
    directly = [
        reading.tokens[other.end]
        for quote in quotes
        for reading in [quote.reading]
        if reading is not None
        for other in quote.facts[0]
        if other.same(number) and other.end < len(reading.tokens)
    ]
    known = any(noun in quote.reading.stems for quote in quotes if quote.reading is not None)
    counted = all(token.stem and not past(token) for token in directly)
    return not known and noun not in _ANYTHING and bool(directly) and counted


def _single(found: Sequence[Token], number: Number, quotes: Sequence[Quoted]) -> bool:
    """True for "one boat" where a quote says "a boat"."""
    noun = _counted(found, number)
    return any(
        before.word in ("a", "an", "single") and token.stem == noun
        for quote in quotes
        for before, token in pairwise(tokens(quote.text))
    )


def _written(found: Sequence[Token], fact: Number | Date) -> str:
    return " ".join(token.text for token in found[fact.start : fact.end])


def _shared(reading: Reading, readings: Sequence[Reading], proved: frozenset[int]) -> float:
    """Share of the claim's content words that its quotes have; who says it is not counted, nor the
    numbers and dates, which are proved by themselves. A title proves nothing: its words count."""
    spoken = attributions(reading.tokens)
    mine = [
        token.stem
        for place, token in enumerate(reading.tokens)
        if token.stem and place not in spoken | proved
    ]
    theirs = frozenset().union(*(other.stems for other in readings))
    return sum(word in theirs for word in mine) / len(mine) if mine else float(bool(proved))
