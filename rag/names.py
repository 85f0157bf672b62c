"""Names in a claim that its quotes do not name: capitalised words and acronyms of English text.

A claim may shorten a name ("Smith" for "John A. Smith") and never extend it, or join parts of two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.wording import FUNCTION, Token, lexicon

_TITLES = frozenset(
    lexicon(
        "mr mrs ms dr sir dame lord lady president vice prime minister chancellor king queen "
        "prince princess mayor governor gov senator sen representative rep judge justice "
        "professor prof general gen colonel col captain capt commander cmdr lieutenant lt "
        "sergeant sgt secretary director chief chair chairman chairwoman spokesman spokeswoman "
        "reverend rev pope bishop"
    )
)
"""A title may stand beside a name or away from it: "Mayor Bell", "Bell, the mayor"."""

_JOINING = frozenset(
    [*lexicon("of de del della der den di da du van von la le el al bin ibn ben"), "-", ".", "'"]
)
_ALIASES = {
    "us": "united states america american", "usa": "united states america american",
    "uk": "united kingdom britain british", "eu": "european union", "un": "united nations",
}  # fmt: skip
_CALENDAR = frozenset(
    lexicon(
        "january february march april may june july august september october november december jan "
        "feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday "
        "saturday sunday"
    )
)
"""Words with a capital that are no names."""

_DEMONYMS = (
    ("n", ""), ("ns", ""), ("an", ""), ("ans", ""), ("ian", ""), ("ians", ""), ("ian", "y"),
    ("ians", "y"), ("ian", "e"), ("ians", "e"), ("ese", ""), ("ese", "a"), ("i", ""), ("is", ""),
    ("ish", ""), ("ish", "land"), ("ic", "ia"), ("ian", "a"), ("ians", "a"),
)  # fmt: skip
"""Ending of a people or language, and of its country: Hungar-ian, Hungar-y."""

_PLAIN_ENDINGS = ("ly", "ing", "ed")


def missing_name(
    claim: Sequence[Token],
    quote: Sequence[Token],
    known: Sequence[Token],
    speakers: frozenset[int],
) -> str | None:
    """The first name of the claim that its quotes do not bear.

    `known` are names of the source itself, such as its publisher's: they may stand at those places
    of the claim that tell who says it (`speakers`), and nowhere else.
    """
    for places in _runs(claim, quote, known):
        spoken = any(place in speakers for place in places)
        run, there = [claim[place] for place in places], [*quote, *known] if spoken else quote
        for token in run:
            if not _borne(token, there):
                return _written(run)
        own = [token for token in run if token.word not in _TITLES]
        if len(own) > 1 and not any(_in_one_name(own, text) for text in (quote, there)):
            return _written(run)
    return None


def name_words(text: Sequence[Token]) -> frozenset[str]:
    """The words of a text that are written as names."""
    return frozenset(t.word for t in text if _is_name(t) and not t.initial)


def _is_name(token: Token) -> bool:
    if token.word in _ALIASES:
        return token.text.isupper()
    if token.word in _CALENDAR or token.word in FUNCTION:
        return False
    return token.capital and token.word not in ("i'm", "i've")


def _runs(
    claim: Sequence[Token], quote: Sequence[Token], known: Sequence[Token]
) -> Iterator[list[int]]:
    """Places of names as the claim writes them: capitalised words that follow each other."""
    capitals = {token.word for token in quote if token.capital and not token.initial}
    capitals |= {token.word for token in known if token.capital}
    run: list[int] = []
    for place, token in enumerate(claim):
        apart = token.initial and token.word not in capitals
        initial = token.text == "." and run and len(claim[place - 1].word) <= 4
        if run and not initial and (apart or not _is_name(token)):
            yield run
            run = []
        if _is_name(token):
            run.append(place)
            if apart or token.text.endswith(("'s", "s'")):
                yield run
                run = []
    if run:
        yield run


def _borne(token: Token, there: Sequence[Token]) -> bool:
    """True when the texts have the word, its initials, or the country or people that go with it."""
    words = {other.word for other in there}
    if token.word in words or (token.initial and token.stem in {other.stem for other in there}):
        return True
    if token.initial and token.word.endswith(_PLAIN_ENDINGS):
        return True
    names = [other for other in there if other.capital]
    if len(token.word) == 1:
        return any(other.word.startswith(token.word) for other in names)
    if any(_same_people(token.word, other.word) for other in names):
        return True
    aliases = {alias for short in words & _ALIASES.keys() for alias in _ALIASES[short].split()}
    if token.word in aliases or words.intersection(_ALIASES.get(token.word, "").split()[-1:]):
        return True
    initials = "".join(other.word[0] for other in names)
    return token.text.isupper() and token.word in initials


def _same_people(one: str, other: str) -> bool:
    """True for a country and its people: "Hungary" and "Hungarian"."""
    for people, country in ((one, other), (other, one)):
        for ending, instead in _DEMONYMS:
            base = people.removesuffix(ending)
            if base != people and len(base) >= 3 and base + instead == country:
                return True
    return False


def _in_one_name(run: Sequence[Token], text: Sequence[Token]) -> bool:
    """True when the words stand in this order in one name of the text, perhaps with others."""
    words = [other.word for other in text]
    if run[0].word not in words and run[-1].word not in words:
        return False
    if len(run) == 2 and any(
        words[at : at + 3] == [run[1].word, "of", run[0].word] for at in range(len(words) - 2)
    ):
        return True  # "State Department" for "Department of State"
    for start in range(len(text)):
        wanted = list(run)
        for other in text[start:]:
            first = wanted[0]
            initial = len(first.word) == 1 and other.word.startswith(first.word) and other.capital
            written = other.capital and first.word == other.word
            if written or initial or _same_people(first.word, other.word):
                wanted.pop(0)
                if not wanted:
                    return True
            elif len(wanted) == len(run) or not (other.capital or other.text in _JOINING):
                break
    return False


def _written(run: Sequence[Token]) -> str:
    return " ".join(token.text for token in run)
