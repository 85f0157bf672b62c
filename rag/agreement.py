"""Whether a claim's words stand under the same operators as in its quotes.

A negation must be kept, and none added; what is possible, planned, conditional, asked, nearly so or
said by somebody must not become a plain fact. A claim may be weaker than its quote, never stronger.
English only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rag.cues import Kind
from rag.operators import Operator, clauses, operators
from rag.wording import Token

DENIES = "its quote denies this"
REASONS: dict[Kind, str] = {
    "not": DENIES,
    "denial": DENIES,
    "said": "its quote gives this only as what somebody says",
    "maybe": "its quote says this only as possible or planned",
    "will": "its quote says this of the future",
    "ought": "its quote says only that this should be so",
    "if": "its quote says this only under a condition",
    "asks": "its quote only asks this",
    "nearly": "its quote says this only nearly or in part",
    "some": "its quote says this only of some",
    "former": "its quote says this with a limit such as “former” or “deputy”",
}
NOT_DENIED = "its quote does not deny this"
NO_SPEAKER = "its quote does not name who says this"

_KEPT_BY: dict[Kind, frozenset[Kind]] = {
    "not": frozenset({"not", "denial"}),
    "denial": frozenset({"denial"}),
    "said": frozenset({"said", "denial"}),
    "maybe": frozenset({"maybe"}),
    "will": frozenset({"will", "maybe"}),
    "ought": frozenset({"ought", "maybe"}),
    "if": frozenset({"if"}),
    "asks": frozenset({"asks"}),
    "nearly": frozenset({"nearly", "some"}),
    "some": frozenset({"some", "nearly"}),
    "former": frozenset({"former"}),
}
"""Which operators of a claim keep one of its quote."""

_NEGATIVE = frozenset({"not", "denial"})


@dataclass(frozen=True)
class Reading:
    """A text's tokens with their operators and clauses; of a quote, the words that are its own.

    `first` and `stop` bound the quote among the tokens of its sentence. `attributed` is true where
    the claim will be shown with the name of who says it.
    """

    tokens: tuple[Token, ...]
    first: int
    stop: int
    attributed: bool = False

    @cached_property
    def operators(self) -> tuple[Operator, ...]:
        return operators(self.tokens)

    @cached_property
    def clauses(self) -> list[int]:
        return clauses(self.tokens)

    @cached_property
    def own(self) -> Sequence[Token]:
        return self.tokens[self.first : self.stop]

    @cached_property
    def stems(self) -> frozenset[str]:
        """Of the quote's own words."""
        return frozenset(token.stem for token in self.own if token.stem)

    def stems_at(self, places: frozenset[int]) -> frozenset[str]:
        return frozenset(self.tokens[p].stem for p in places if self.tokens[p].stem)

    def head(self, operator: Operator) -> str | None:
        return None if operator.head is None else self.tokens[operator.head].stem

    def depths(self, stem: str) -> frozenset[int]:
        """Under how many negations each place of a word stands."""
        return frozenset(
            sum(place in o.scope for o in self.operators if o.kind in _NEGATIVE)
            for place, token in enumerate(self.tokens)
            if token.stem == stem
        )

    def negations(self, stem: str) -> frozenset[int]:
        """How many negations the clause of each place of a word has: none of its words is denied by
        "received no answer" that is not by "never received an answer"."""
        negated = [self.clauses[o.start] for o in self.operators if o.kind in _NEGATIVE]
        return frozenset(
            negated.count(self.clauses[place])
            for place, token in enumerate(self.tokens)
            if token.stem == stem
        )

    def loose(self, kind: Kind, stem: str | None) -> int:
        """How often a word stands under no operator that keeps one of a kind."""
        kept = {p for o in self.operators if o.kind in _KEPT_BY[kind] for p in o.scope}
        return sum(
            token.stem == stem and place not in kept for place, token in enumerate(self.tokens)
        )

    def free(self, kind: Kind) -> frozenset[str]:
        """Stems that stand at some place under no operator of a kind."""
        governed = {p for o in self.operators if _group(o.kind) == _group(kind) for p in o.scope}
        return self.stems_at(frozenset(range(len(self.tokens))) - governed)


def cut_off(quote: Reading, first: int, stop: int, asks: bool) -> str | None:
    """What a run of the quote's words lost by being cut out: the reason, or None.

    `asks` is true for a run that is still a question.
    """
    for operator in quote.operators:
        inside = first <= operator.start and operator.end <= stop
        governs = any(first <= p < stop and quote.tokens[p].stem for p in operator.scope)
        if operator.kind == "said" and quote.attributed:
            continue
        if governs and not inside and not (operator.kind == "asks" and asks):
            return REASONS[operator.kind]
    return None


def disagreement(claim: Reading, quotes: Sequence[Reading], known: frozenset[str]) -> str | None:
    """Why a claim in its own words says more than its quotes; None when it does not.

    `known` are stems of names that belong to the source itself.
    """
    for reason in _added(claim, quotes, known):
        return reason
    elsewhere = {o.kind: frozenset[str]() for quote in quotes for o in quote.operators}
    for kind in elsewhere:
        elsewhere[kind] = frozenset().union(*(quote.free(kind) for quote in quotes))
    for quote in quotes:
        for operator in quote.operators:
            if operator.kind == "said" and quote.attributed:
                continue
            if _lost(claim, quote, operator, elsewhere[operator.kind]):
                return REASONS[operator.kind]
    return None


def _lost(claim: Reading, quote: Reading, operator: Operator, free: frozenset[str]) -> bool:
    """True when the claim states what an operator of the quote governs, and leaves that out."""
    ahead = operator.head is not None and quote.tokens[operator.head].text
    if operator.kind == "nearly" and ahead and ahead[0].isdigit():
        return False  # part of the number
    head, governed = quote.head(operator), quote.stems_at(operator.scope)
    if head in claim.stems and _set_free(claim, quote, operator.kind, head):
        return True
    for other in claim.operators:
        kept = other.kind in _KEPT_BY[operator.kind]
        shared = not other.scope or not governed or claim.stems_at(other.scope) & governed
        if kept and (shared or head is None):
            return False
    stated = (governed & claim.stems) - free
    if head in stated:
        return True
    here = {quote.clauses[place] for place in range(operator.start, operator.end)}
    apart = frozenset(
        place
        for place in range(len(quote.tokens))
        if place not in operator.scope and quote.clauses[place] not in here
    )
    return len(stated) > len(claim.stems & quote.stems_at(apart))


def _deeper(claim: Reading, quote: Reading, stem: str | None) -> bool:
    """True when a word stands under another number of negations than anywhere in the quote."""
    return (
        stem is not None
        and claim.depths(stem).isdisjoint(quote.depths(stem))
        and claim.negations(stem).isdisjoint(quote.negations(stem))
    )


def _set_free(claim: Reading, quote: Reading, kind: Kind, stem: str | None) -> bool:
    """True when the claim has a word outside such operators more often than the quote has it."""
    if kind in _NEGATIVE:
        return _deeper(claim, quote, stem)
    return claim.loose(kind, stem) > quote.loose(kind, stem)


def _added(claim: Reading, quotes: Sequence[Reading], known: frozenset[str]) -> Iterator[str]:
    """What the claim says under an operator that its quotes do not have."""
    for operator in claim.operators:
        if operator.kind in _NEGATIVE and not _denied(claim, operator, quotes):
            yield NOT_DENIED
        if operator.kind in ("will", "ought") and not _meant(claim, operator, quotes):
            yield (
                "its quote does not say this of the future"
                if operator.kind == "will"
                else "its quote does not say that this should be so"
            )
        if operator.kind == "said" and not _names_speaker(claim, operator, quotes, known):
            yield NO_SPEAKER


def _denied(claim: Reading, operator: Operator, quotes: Sequence[Reading]) -> bool:
    """True when a quote has the claim's negation, over the same words."""
    head, governed = claim.head(operator), claim.stems_at(operator.scope)
    with_head = [quote for quote in quotes if head and head in quote.stems]
    if with_head:
        return any(
            not _deeper(claim, quote, head) and not _turned(quote, head or "", governed)
            for quote in with_head
        )
    there = [(q, o) for q in quotes for o in q.operators if o.kind in _NEGATIVE]
    if not governed:
        return sum(o.kind in _NEGATIVE for o in claim.operators) <= len(there)
    return any(governed & quote.stems_at(other.scope) for quote, other in there)


def _turned(quote: Reading, head: str, governed: frozenset[str]) -> bool:
    """True when the quote denies the head of one thing and states it of another, and the claim
    denies it of the other: "did not approve the bridge but approved the road"."""
    negated = {p for o in quote.operators if o.kind in _NEGATIVE for p in o.scope}
    stated = {
        quote.clauses[place]
        for place, token in enumerate(quote.tokens)
        if token.stem == head and place not in negated
    }
    there = frozenset(p for p in range(len(quote.tokens)) if quote.clauses[p] in stated) - negated
    return bool((governed & quote.stems_at(there)) - quote.stems_at(frozenset(negated)) - {head})


def _meant(claim: Reading, operator: Operator, quotes: Sequence[Reading]) -> bool:
    """True when a quote speaks of the same words as future, possible or due."""
    kinds = {"ought"} if operator.kind == "ought" else {"will", "maybe", "ought", "if"}
    head, governed = claim.head(operator), claim.stems_at(operator.scope)
    return any(
        other.kind in kinds and (head in there or bool(governed & there) or not governed)
        for quote in quotes
        for other in quote.operators
        for there in [quote.stems_at(other.scope)]
    )


def _names_speaker(
    claim: Reading, operator: Operator, quotes: Sequence[Reading], known: frozenset[str]
) -> bool:
    """True when who says it in the claim stands in the quote, or is the source itself where the
    quote passes nobody's words on."""
    clause = claim.clauses[operator.start]
    cue = range(operator.start, operator.end)
    forward = operator.end in operator.scope
    beside = frozenset(
        place
        for place in range(operator.start if forward else len(claim.tokens))
        if claim.clauses[place] == clause and place not in cue
    )
    speaker = claim.stems_at(beside)
    if claim.tokens[operator.start].word == "according":
        ahead = (p for p in range(operator.end, len(claim.tokens)) if p not in operator.scope)
        speaker = claim.stems_at(frozenset(ahead)) or _next_name(claim, operator.end)
    reported = any(o.kind in ("said", "denial") for quote in quotes for o in quote.operators)
    allowed = frozenset().union(*(quote.stems for quote in quotes))
    return speaker <= (allowed if reported else allowed | known)


def _next_name(claim: Reading, start: int) -> frozenset[str]:
    """The words up to the comma: "According to the miller, ..."."""
    clause = claim.clauses[start] if start < len(claim.tokens) else -1
    return claim.stems_at(
        frozenset(p for p in range(start, len(claim.tokens)) if claim.clauses[p] == clause)
    )


def _group(kind: Kind) -> str:
    return "not" if kind in _NEGATIVE else kind
