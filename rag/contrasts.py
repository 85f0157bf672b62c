"""Words of a claim that its quotes lack or contradict: opposites, and things that changed places.

English only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from rag.facts import Number
from rag.names import name_words
from rag.wording import IRREGULAR, Token, lexicon, stem

_EXACT = frozenset(
    lexicon(
        "monday tuesday wednesday thursday friday saturday sunday winter summer autumn spring "
        "refused denied rejected illegally unlawfully deliberately first last highest lowest "
        "largest smallest longest shortest best worst"
    )
)
"""Words that must stand in the quote themselves."""

_NOT_ONLY = frozenset(lexicon("only just merely simply"))
_STRONG = [
    frozenset(lexicon(line))
    for line in (
        "all every each everyone everybody everything entire entirely whole wholly always "
        "completely fully totally",
        "only solely exclusively alone sole",
        "kill killed kills killing killings died dies dead death deaths fatal drowned perished",
        "arrest arrested arrests detained detain detention jailed imprisoned custody prison",
        "convicted conviction guilty sentenced sentence",
        "murder murdered murders murdering",
        "rape raped rapes",
        "torture tortured",
        "stole steal stolen theft stealing robbed",
        "bribe bribed bribes corrupt corruption",
        "because caused causes cause due led result resulted results reason owing thanks since so "
        "why therefore thus hence forced forcing drove made as prompted triggered",
    )
]
"""What a claim must not add, quantities, grave facts and causes; one word of a line stands for the
others."""
_MILD = frozenset(lexicon("due led result results reason since so why therefore thus as made"))
"""Words of a line that bear the others and need nothing to bear them."""

_MOST = frozenset({"most", "majority", "mostly", "mainly"})


def missing_word(own: Sequence[Token], there: Sequence[Token]) -> str | None:
    """The first word of the claim for which nothing else can stand, and that its quotes lack."""
    words = {token.word for token in there}
    stems = {token.stem for token in there}
    for place, token in enumerate(own):
        after = own[place + 1].word if place + 1 < len(own) else ""
        if token.word == "not" and after in _NOT_ONLY and "not" not in words:
            return f"not {after}"
        if token.word in _EXACT and token.word not in words and token.stem not in stems - {""}:
            return token.text
        if token.word not in _MILD and any(
            token.word in line and not line & words for line in _STRONG
        ):
            return token.text
        most = token.word in _MOST and (place == 0 or own[place - 1].word not in ("the", "at"))
        if most and not words & (_MOST | _STRONG[0]):
            return token.text
    return None


_PAIRS = (
    "rise increase grow climb gain up/fall decrease shrink drop decline down | more/fewer "
    "less | higher/lower | before earlier/after later | open opened/close closed shut | "
    "win/lose | buy/sell | begin start/end finish stop | north northern/south southern | "
    "east eastern/west western | allow permit legalise legalize/ban forbid prohibit outlaw "
    "| support back/oppose | accept approve adopt pass/reject refuse dismiss | arrive enter "
    "join/leave withdraw quit | guilty convict/innocent acquit | arrest detain jail/release "
    "free | first/last | strong strengthen/weak weaken | largest biggest highest "
    "most/smallest lowest least | male/female | inside/outside | above/below | friend "
    "ally/enemy | true/false | with/without | birth born/death die | morning/evening night "
    "| success succeed/failure fail | praise welcome/condemn criticise criticize | "
    "build/demolish destroy | public/private | left/right | old/new young | hot warm/cold | "
    "many/few | often/rarely seldom"
)
_OPPOSITES = [
    tuple(frozenset(stem(word) or word for word in lexicon(side)) for side in pair.split("/"))
    for pair in _PAIRS.split("|")
]
"""Words of which one says the opposite of the other."""

_NEGATING = ("un", "in", "im", "il", "ir", "dis", "non", "mis")


def opposite(own: Sequence[Token], there: Sequence[Token]) -> bool:
    """True when the claim has a word once more than its quotes, and they have the opposite."""
    mine = Counter(token.stem or token.word for token in own if token.word)
    theirs = Counter(token.stem or token.word for token in there if token.word)
    added, left = set(mine - theirs), set(theirs - mine)
    for one, other in _OPPOSITES:
        for said, instead in ((one, other), (other, one)):
            if said & added and instead & left and not said & left:
                return True
    words, given = ({token.word for token in side if token.stem} for side in (own, there))
    words, given = words - given, given - words
    return any(
        f"{prefix}{word}" in longer
        for shorter, longer in ((words, given), (given, words))
        for word in shorter
        if len(word) > 3
        for prefix in _NEGATING
    )


_WAYS = frozenset(lexicon("from to before after than by against for with without"))
_JOINTS = frozenset(
    lexicon("and or but while whereas because although which who that when where after before")
)
_BETWEEN = frozenset(
    lexicon("the a an its his her their has had have was were been is are be also")
)
_TURNING = frozenset({"from", "to", "before", "after", "than", "by", "against"})
_CONTRARY = frozenset(
    {
        frozenset({"from", "to"}), frozenset({"before", "after"}), frozenset({"against", "for"}),
        frozenset({"with", "without"}), frozenset({"with", "against"}),
    }
)  # fmt: skip


def turned_round(own: Sequence[Token], there: Sequence[Token]) -> bool:
    """True when claim and quotes have the same things in exchanged places: around a word ("A beat
    B"), unless one of the two is passive ("B was beaten by A"), or behind "from", "to", "than"."""
    ways, given = _behind(own), _behind(there)
    for thing in ways.keys() & given.keys():
        others = set().union(*(given[other] for other in given if other != thing))
        contrary = any({a, b} in _CONTRARY for a in ways[thing] for b in given[thing])
        if not ways[thing] & given[thing] and (contrary or ways[thing] & others & _TURNING):
            return True
    quoted = _triples(there)
    names = name_words(own) | name_words(there)
    for one, middle, other, passive in _triples(own):
        if (one, middle, other, passive) in quoted or one == other:
            continue
        turned = {(other, middle, one, passive), (one, middle, other, not passive)}
        if turned & quoted and middle not in names:
            return True
    return False


def _behind(found: Sequence[Token]) -> dict[str, set[str]]:
    """The prepositions behind which each content word stands."""
    result: dict[str, set[str]] = {}
    for place, token in enumerate(found):
        if token.word in _WAYS:
            following = (t.stem for t in found[place + 1 : place + 4] if t.stem)
            thing = next(following, None)
            if thing:
                result.setdefault(thing, set()).add(token.word)
    return result


def _forename(found: Sequence[Token], place: int) -> bool:
    """True for a word of a name that has more words behind it."""
    after = found[place + 1] if place + 1 < len(found) else None
    return found[place].capital and after is not None and after.capital and bool(after.stem)


def _triples(found: Sequence[Token]) -> set[tuple[str, str, str, bool]]:
    """Three content words in a row within a clause, and whether "by" stands before the third."""
    result = set()
    places = [
        place for place, token in enumerate(found) if token.stem and not _forename(found, place)
    ]
    for a, b, c in zip(places, places[1:], places[2:], strict=False):
        between = [*found[a + 1 : b], *found[b + 1 : c]]
        one, middle, other = found[a], found[b], found[c]
        verb = not any(t.word in ("of", "the", "a", "an", "and", "or") for t in found[a + 1 : b])
        clause = all(t.word for t in between) or any(t.word in ("who", "which") for t in between)
        if verb and one.part == other.part and clause:
            passive = any(t.word == "by" for t in found[b + 1 : c])
            result.add((one.stem, middle.stem, other.stem, passive))
    return result


def recombined(own: Sequence[Token], there: Sequence[Token]) -> bool:
    """True when the claim joins what its quotes have apart: of "the mill opened and the school
    closed" it makes "the mill closed", of "approved the bridge and rejected the road" "approved
    the road"."""
    pairs, parts = set(_pairs(own)), _parts(there)
    for one, other in pairs:
        with_one = {part for part, token in zip(parts, there, strict=True) if token.stem == one}
        places = [place for place, token in enumerate(there) if token.stem == other]
        if not places or any(parts[place] in with_one for place in places):
            continue
        if not any(
            past(token) and part in with_one for part, token in zip(parts, there, strict=True)
        ):
            continue  # "66 boats and 9 barges were held": one verb for both
        before = [_before(there, parts, place) for place in places]
        verbs = [past(there[place]) for place in places]
        if all(
            word is not None and (word.stem, other) not in pairs and (verb or past(word))
            for word, verb in zip(before, verbs, strict=True)
        ):
            return True
    return False


def past(token: Token) -> bool:
    """True for what looks like a verb in the past."""
    return not token.capital and (token.word.endswith("ed") or token.word in IRREGULAR)


def _pairs(found: Sequence[Token]) -> list[tuple[str, str]]:
    """Content words that follow each other between signs and conjunctions."""
    parts = _parts(found)
    places = [place for place, token in enumerate(found) if token.stem]
    return [(found[a].stem, found[b].stem) for a, b in pairwise(places) if parts[a] == parts[b]]


def _before(found: Sequence[Token], parts: Sequence[int], place: int) -> Token | None:
    """The content word before a place in the same part; articles, auxiliaries, adverbs between."""
    for at in range(place - 1, -1, -1):
        if parts[at] != parts[place]:
            return None
        if found[at].stem and not found[at].word.endswith("ly"):
            return found[at]
        if not found[at].stem and found[at].word not in _BETWEEN:
            return None
    return None


def _parts(found: Sequence[Token]) -> list[int]:
    """For each token the number of its stretch between signs and conjunctions."""
    result, number = [], 0
    for token in found:
        number += token.word in _JOINTS or (not token.word and token.text not in "-'\"")
        result.append(number)
    return result


def misplaced_number(
    numbers: Sequence[Number],
    own: Sequence[Token],
    given: Sequence[Number],
    there: Sequence[Token],
) -> Number | None:
    """A number of the claim that its quote gives beside another name: of "Ostrel lost 20 boats, and
    Marn 30" it makes "Marn lost 20"."""
    parts, written = _parts(there), {token.word for token in own}
    names = {word for word in name_words(there) if word in written}
    others = {token.word for token in there if token.capital and token.stem} - written
    given = [o for o in given if o.kind not in ("year", "ordinal") and not 1500 <= o.value < 2200]
    for number in numbers:
        beside = [o for o in given if o.same(number)]
        here = {parts[o.start] for o in beside}
        foreign = {p for p, token in zip(parts, there, strict=True) if token.word in others}
        if not here or not here <= foreign:
            continue
        for name in names:
            at = {p for p, token in zip(parts, there, strict=True) if token.word == name}
            counted = {parts[o.start] for o in given if not o.same(number)}
            if at and at <= counted and not at & here:
                return number
    return None
