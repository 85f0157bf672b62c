"""What the words of a sentence stand under: a negation, a condition, a plan, somebody's say-so.

"The mill closed" and "He denied that the mill closed" share words and not a meaning. An
operator is a cue ("denied that", "may", "no") with the words it governs, found by lists and by
where the clause ends, as in NegEx (Chapman et al., A Simple Algorithm for Identifying Negated
Findings, 2001), whose lists of cues, of what only looks like one and of what ends a scope are the
pattern of ours. English only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.cues import CUES, LOOKALIKES, SAYING, Kind, Reach
from rag.wording import Token, lexicon

_ENDS = frozenset(
    lexicon(
        "but because although though while whereas when which who where since yet until after "
        "before unless if as"
    )
)
_PREPOSITIONS = frozenset(
    lexicon(
        "in on at for from by with to into over under during about against between through across "
        "near towards toward"
    )
)
_NEW_SUBJECT = frozenset(
    lexicon("the a an this that these those its their his her our it they he she we i you then")
)
_PASSING = frozenset(lexicon("however though indeed therefore moreover meanwhile instead too"))
"""Words between two commas that end no clause: "has no right, however, to refuse"."""

_WEAK_STOPS = frozenset(",()")
_OF_NAMES = frozenset(lexicon("the of and also that has have in its"))
_TRAILING = 3
"""A report with at most this many words behind it, up to the stop, closes what it reports:
"..., said the mayor of Ostrel"."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A cue and what it governs: `start` and `end` of the cue, `head` the place of the first word
    that it governs (None where it governs a whole statement), `scope` all places that it governs,
    among the tokens of a text."""

    kind: Kind
    start: int
    end: int
    head: int | None
    scope: frozenset[int]


def operators(found: Sequence[Token]) -> tuple[Operator, ...]:
    """The operators of a text, in order."""
    result: list[Operator] = []
    at = 0
    while at < len(found):
        size, cue = _cue(found, at)
        if cue:
            kind, reach = cue
            scope = tuple(_scope(found, at, at + size, reach))
            reported = reach in ("part", "whole")
            head = next((p for p in scope if found[p].stem and not reported), None)
            result.append(Operator(kind, at, at + size, head, frozenset(scope)))
            if found[at].word == "won't":
                result.append(Operator("will", at, at + size, head, frozenset(scope)))
        elif _inverted(found, at):
            scope = tuple(_scope(found, at, at + 1, "whole"))
            result.append(Operator("if", at, at + 1, None, frozenset(scope)))
        elif _closes(found, at):
            scope = tuple(place for place in range(at) if found[place].part == found[at].part)
            result.append(Operator("said", at, at + 1, None, frozenset(scope)))
        elif found[at].text == "?":
            scope = tuple(place for place in range(at) if found[place].part == found[at - 1].part)
            result.append(Operator("asks", at, at + 1, None, frozenset(scope)))
        at += max(size, 1)
    return tuple(result)


def attributions(found: Sequence[Token]) -> frozenset[int]:
    """Places of verbs of saying, and of names beside them: "the HWL notes", "says Kessel"."""
    result: set[int] = set()
    for place, token in enumerate(found):
        if token.word in SAYING or (token.word == "to" and found[place - 1].word == "according"):
            result.add(place)
            for step in (-1, 1):
                at = place + step
                while 0 <= at < len(found) and (found[at].capital or found[at].word in _OF_NAMES):
                    result.add(at)
                    at += step
    return frozenset(result)


def clauses(found: Sequence[Token]) -> list[int]:
    """For each token the number of its clause."""
    result, number = [], 0
    for place, token in enumerate(found):
        number += place > 0 and (_ends_clause(found, place) or token.part != found[place - 1].part)
        result.append(number)
    return result


def _cue(found: Sequence[Token], at: int) -> tuple[int, tuple[Kind, Reach] | None]:
    """How many tokens the cue at a place has, and what it does; what only looks like one is 0."""
    token = found[at]
    if not token.word:
        return 0, None
    words = [t.word or t.text for t in found[at : at + 4]]
    for size in range(len(words), 0, -1):
        phrase = " ".join(words[:size])
        if phrase in LOOKALIKES or (at and f"{found[at - 1].word} {phrase}" in LOOKALIKES):
            return size, None
        if phrase in CUES and not _other_use(found, at, size):
            return size, CUES[phrase]
    if token.word.endswith("n't"):
        return 1, ("not", "clause")
    if token.word.endswith("'ll"):
        return 1, ("will", "clause")
    if token.word.endswith("'d"):
        return 1, ("maybe", "clause")
    return 0, None


def _other_use(found: Sequence[Token], at: int, size: int) -> bool:
    """True for May, No. 7, no-fly, "some 200", "most powerful of"."""
    word = found[at].word
    after = found[at + size] if at + size < len(found) else None
    if word == "may":
        return found[at].capital and not (found[at].initial and after is not None and after.stem)
    if word == "no":
        return after is None or after.text in ("-", ".", ",") or after.text[0].isdigit()
    if word == "non":
        return after is None or after.text != "-"
    if word == "one":
        return after is None or not after.word.endswith(("est", "most"))
    return word == "some" and after is not None and after.text[0].isdigit()


def _inverted(found: Sequence[Token], at: int) -> bool:
    """True for the condition of "Had the mill closed, the town would have starved"."""
    token = found[at]
    return (
        token.initial
        and token.word in ("had", "were", "should")
        and any(t.word in ("would", "could", "might") and t.part == token.part for t in found[at:])
    )


def _closes(found: Sequence[Token], at: int) -> bool:
    """True for a verb of saying that ends its sentence behind a comma: "..., the pilot notes."."""
    if found[at].word not in SAYING:
        return False
    stop = at + 1 == len(found) or found[at + 1].part != found[at].part or not found[at + 1].word
    return stop and any(token.text == "," for token in found[max(0, at - 5) : at])


def _scope(found: Sequence[Token], start: int, end: int, reach: Reach) -> Iterable[int]:
    part = found[start].part
    if reach == "word":
        return range(end + 1, min(end + 2, len(found)))
    stretch = [place for place in range(len(found)) if found[place].part == part]
    forward = [place for place in stretch if place >= end]
    backward = [place for place in stretch if place < start]
    if reach == "whole":
        return forward + backward
    if reach == "part":
        forward = forward[: _next_sentence(found, forward)]
        words = sum(bool(found[place].word) for place in forward)
        comma = any(token.text == "," for token in found[max(0, start - 5) : start])
        behind = found[start - 1].text == "," and found[start].word == "according"
        if not words or behind or (comma and words <= _TRAILING):
            return backward
        return forward
    return _forward(found, forward, phrase=reach == "phrase")


def _next_sentence(found: Sequence[Token], places: list[int]) -> int:
    """Where ", and the council ..." begins among places: a sentence of its own, not "and that"."""
    for number, place in enumerate(places[:-2]):
        text, word, after = (found[place + ahead] for ahead in range(3))
        if text.text == "," and word.word == "and" and after.word in _NEW_SUBJECT - {"that"}:
            return number
    return len(places)


def _forward(found: Sequence[Token], places: list[int], phrase: bool) -> Iterator[int]:
    """Places up to the end of the clause, or of the noun phrase, passing over ", as feared, "."""
    if places and found[places[0]].text == ",":
        closing = [p for p in places[1:] if found[p].text == ","]
        places = [p for p in places if p > closing[0]] if closing else []
    begun = reaches = False
    for place in places:
        word = found[place].word
        reaches |= word in ("that", "to")
        if begun and _ends_clause(found, place):
            return
        if phrase and begun and not reaches and word in _PREPOSITIONS:
            return
        begun |= bool(found[place].stem)
        yield place


def _ends_clause(found: Sequence[Token], place: int) -> bool:
    token = found[place]
    if token.text == "," and any(
        at > 0 and [t.text for t in found[at - 1 : at + 2 : 2]] == [",", ","]
        for at in (place - 1, place + 1)
        if at < len(found) and found[at].word in _PASSING
    ):
        return False
    if token.text in _WEAK_STOPS or token.word in _ENDS:
        return True
    after = found[place + 1] if place + 1 < len(found) else None
    new_subject = after is not None and (after.word in _NEW_SUBJECT or after.capital)
    return token.word == "and" and new_subject
