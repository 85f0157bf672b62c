"""What two sentences say of the same thing, and in which figure they differ.

Near-identical sentences about different things are the rule in news and reports: two towers, two
years, two towns. So sentences are taken to be of the same thing only where nothing that stands in
the same place of both differs: no name, no modifier of a word they share, no object of the same
preposition, no date. That misses many real contradictions; what it finds is worth showing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rag.facts import Date, Number, facts
from rag.operators import operators
from rag.wording import Token, lexicon, stem, tokens

Kind = Literal["number", "date", "polarity"]

FEWEST_SHARED = 3
SHARED = 0.6
SHARED_ASKED = 0.5
"""Words that both sentences have: so many, or nothing else, and of the shorter one such a share;
less where the question asks for the very thing in which they differ."""

ROUNDING = 0.1
"""Share by which a number called rough may be off: rounding 95 to 100 or 480 to 500 is less."""

_REPORTED = re.compile(
    r"^[^,;:]{1,60}?\b(?:said|says|reported|reports|wrote|writes|found|estimated|noted|adds?|added)"
    r"(?: (?:in|on) [^,;:]{1,30})?(?: that|,) |^According to [^,]{1,60}, "
    r"|, [^,;:]{1,40} (?:said|says|reported|reports|wrote|writes)(?= ?[.!]?$)"
    r"|,? according to [^,;:]{1,60}(?= ?[.!]?$)",
    re.IGNORECASE,
)
"""Who says it: two who differ are not two different things."""

_PREPOSITIONS = frozenset(lexicon("of in at to from for near by with on under over between into"))
_ARTICLES = frozenset(lexicon("the a an its their his her"))
_COLLECTIVE = frozenset(lexicon("people men women children feet"))
_OPPOSITES = tuple(
    (frozenset(stem(w) for w in lexicon(a)), frozenset(stem(w) for w in lexicon(b)))
    for a, b in (
        ("accepted agreed approved adopted", "rejected refused opposed vetoed"),
        ("rose increased grew", "fell decreased declined dropped shrank"),
        ("opened", "closed shut"), ("remained stayed", "left withdrew quit"),
        ("succeeded", "failed"), ("won", "lost"), ("legal", "illegal"), ("alive", "dead"),
        ("compulsory mandatory binding", "voluntary optional"), ("guilty", "innocent acquitted"),
    )
)  # fmt: skip
_MEASURING = frozenset(
    stem(word)
    for word in lexicon(
        "stands stood reached reaches totals totalled amounts amounted counts counted numbers "
        "numbered currently today"
    )
)
"""Words that only lead up to a number."""

_OPPOSED = frozenset().union(*(words for pair in _OPPOSITES for words in pair))


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence as it is compared: its words of substance without figures and without who says
    it, what it counts, its dates and years, and the words that it denies."""

    tokens: tuple[Token, ...]
    plain: frozenset[int]
    counts: dict[str, Number | None]
    dates: tuple[Date, ...]
    years: frozenset[int]
    ordinals: frozenset[int]
    denied: frozenset[str]
    open: frozenset[str]

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(self.tokens[place].stem for place in self.plain)


@lru_cache(maxsize=1024)
def statement(sentence: str) -> Statement:
    said = _REPORTED.sub(" ", " ".join(sentence.split()))
    found, (numbers, dates) = tokens(said), facts(said)
    places = [(n.start, n.end) for n in numbers] + [(d.start, d.end) for d in dates]
    figures = {place for start, end in places for place in range(start, end)}
    under = operators(found)
    heads = [o.head for o in under if o.kind in ("not", "denial") and o.head is not None]
    cues = {p for o in under if o.kind in ("not", "denial") for p in range(o.start, o.end)}
    governed = {place for o in under for place in o.scope}
    plain = {p for p, t in enumerate(found) if t.stem and p not in figures and p not in cues}
    return Statement(
        found,
        frozenset(plain),
        _counts(found, numbers),
        dates,
        frozenset(int(n.value) for n in numbers if n.kind == "year" or _is_year(found, n)),
        frozenset(int(n.value) for n in numbers if n.kind == "ordinal"),
        frozenset(found[p].stem for p in heads),
        frozenset(found[p].stem for p in plain if p not in governed),
    )


def _is_year(found: Sequence[Token], number: Number) -> bool:
    return re.fullmatch(r"1[5-9]\d\d|20\d\d", found[number.start].text) is not None


def _counts(found: Sequence[Token], numbers: Sequence[Number]) -> dict[str, Number | None]:
    """The one number of each unit; None where several are counted in it."""
    result: dict[str, Number | None] = {}
    for number in numbers:
        if number.kind in ("year", "ordinal", "decade", "time") or _is_year(found, number):
            continue
        unit = number.kind or _unit(found, number.end)
        if unit:
            result[unit] = None if unit in result else number
    return result


def _unit(found: Sequence[Token], end: int) -> str:
    """The stem of what is counted: the plural among the two words behind, else the first."""
    end += end < len(found) and found[end].text == "-"
    pair = [token for token in found[end : end + 2] if token.stem]
    if end >= len(found) or not found[end].stem:
        return ""
    plural = (t for t in pair if t.word.endswith("s") or t.word in _COLLECTIVE)
    return next(plural, pair[0]).stem


def difference(one: str, other: str, wanted: Kind | None = None) -> tuple[Kind, str] | None:
    """In what two sentences of the same thing differ, and the words for that thing; None where they
    agree or may be of different things. `wanted` is what the question asks for."""
    a, b = statement(one), statement(other)
    shared = a.stems & b.stems
    fewest = min(len(a.stems), len(b.stems))
    nothing_else = (a.stems ^ b.stems) <= _MEASURING and len(shared) > 1
    if len(shared) < FEWEST_SHARED and not nothing_else:
        return None
    if _differ_in_thing(a, b, shared):
        return None
    for kind, units in (("number", _numbers(a, b)), ("polarity", _polarity(a, b, shared)),
                        ("date", _dates(a, b))):  # fmt: skip
        if units is None or (kind == "date" and wanted != "date"):
            continue
        if kind != "date" and _dated_apart(a, b):
            continue
        if len(shared) >= (SHARED_ASKED if wanted == kind else SHARED) * fewest:
            return kind, _subject(a, shared, units)  # type: ignore[return-value]
    return None


def _numbers(a: Statement, b: Statement) -> str | None:
    """The unit of which the sentences give different numbers."""
    for unit, own in a.counts.items():
        other = b.counts.get(unit)
        if own and other and not _agree(own, other):
            return unit
    return None


def _agree(a: Number, b: Number) -> bool:
    """True when two numbers may be the same one, as far as they are meant exactly."""
    if a.value == b.value:
        return True
    for one, other in ((a, b), (b, a)):
        if one.bound in ("more", "least") and other.value >= one.value:
            return True
        if one.bound in ("less", "most") and other.value <= one.value:
            return True
    close = abs(a.value - b.value) <= ROUNDING * max(a.value, b.value)
    return close and bool({"about", "nearly", "more", "least", "less", "most"} & {a.bound, b.bound})


def _polarity(a: Statement, b: Statement, shared: frozenset[str]) -> str | None:
    """The word that one of the sentences denies and the other says, or says the opposite of."""
    for one, other in ((a, b), (b, a)):
        denied = one.denied & other.open & shared - other.denied
        if denied and not other.denied:
            return sorted(denied)[0]
        for left, right in _OPPOSITES:
            said, opposed = one.open & left, other.open & right
            both = one.stems & right or other.stems & left
            if said and opposed and not both and not one.denied and not other.denied:
                return ""
    return None


def _dates(a: Statement, b: Statement) -> str | None:
    """ "" when each sentence gives one date, or one year, and not the same."""
    if len(a.dates) == len(b.dates) == 1:
        (one,), (other,) = a.dates, b.dates
        parts = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
        return "" if any(x != y and None not in (x, y) for x, y in parts) else None
    return "" if len(a.years) == len(b.years) == 1 and a.years != b.years else None


def _dated_apart(a: Statement, b: Statement) -> bool:
    """True when the sentences name different times: then they may both be right."""
    months = {d.month for d in a.dates}, {d.month for d in b.dates}
    apart = all(months) and months[0].isdisjoint(months[1])
    return apart or bool(a.years and b.years and a.years.isdisjoint(b.years))


def _differ_in_thing(a: Statement, b: Statement, shared: frozenset[str]) -> bool:
    """True when both have, in the same place, something that the other has not."""
    apart = a.ordinals and b.ordinals and a.ordinals.isdisjoint(b.ordinals)
    return bool(apart or _slots(a, shared) & _slots(b, shared))


def _slots(own: Statement, shared: frozenset[str]) -> set[tuple[str, str]]:
    """The places in which a sentence has a word that the other has not: being a name, standing
    beside a shared word, behind a preposition, or first."""
    result: set[tuple[str, str]] = set()
    first = min(own.plain, default=0)
    for place in own.plain:
        token = own.tokens[place]
        if token.stem in shared or token.stem in _OPPOSED or token.stem in _MEASURING:
            continue
        if token.capital and not token.initial:
            result.add(("name", ""))
        if place == first:
            result.add(("first", ""))
        if place + 1 < len(own.tokens) and own.tokens[place + 1].stem in shared:
            result.add(("before", own.tokens[place + 1].stem))
        if place and own.tokens[place - 1].stem in shared:
            result.add(("after", own.tokens[place - 1].stem))
        ahead = place - 1
        while ahead >= 0 and own.tokens[ahead].word in _ARTICLES:
            ahead -= 1
        if ahead >= 0 and own.tokens[ahead].word in _PREPOSITIONS:
            result.add(("behind", own.tokens[ahead].word))
    return result


_MOST_WORDS = 5


def _subject(own: Statement, shared: frozenset[str], unit: str) -> str:
    """The words that both have, as one writes them, with what is counted first."""
    words = dict.fromkeys(
        own.tokens[place].text
        for place in sorted(own.plain, key=lambda p: (own.tokens[p].stem != unit, p))
        if own.tokens[place].stem in shared or own.tokens[place].stem == unit
    )
    return " ".join(list(words)[:_MOST_WORDS])
