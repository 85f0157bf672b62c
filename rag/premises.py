"""What a question takes for granted, and sentences that say the opposite.

"Why did the guild stay?" takes for granted that it stayed. A sentence contradicts that when it is
about the same and holds the opposite ("the guild left") or denies the very word ("did not stay").
The triggers are those of the textbooks (Levinson, Pragmatics, 1983, chapter 4.2): questions why and
how, clauses of time, "manage to", "only". English only, and made to stay silent where in doubt:
naming a premise false that is true is worse than naming none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.keywords import WORD
from rag.matching import NEAR
from rag.nounphrases import EMPTY
from rag.operators import Operator, operators
from rag.readings import Reading, coverage, likeness
from rag.retrieval import Found
from rag.wording import Token, stem, tokens

_LEAVE = r"with(?:draw\w*|drew)|left (?:the|its|their)|quit(?:s|ting)?|exit(?:s|ed)|abandon(?:s|ed)"
_STAY = r"remain(?:s|ed|ing)?|stay(?:s|ed|ing)?|kept (?:its|their|a) (?:seat|place|membership)"
_ACCEPT = r"accept(?:s|ed|ing)?|agree[sd]?|agreeing|approv(?:es?|ed|ing)|endors(?:e[sd]?|ing)"
_REJECT = r"reject(?:s|ed|ing)?|refus(?:es?|ed|ing)|vot(?:es?|ed|ing|e) against|vetoed"
_BOUND = r"binding|oblig(?:es?|ed|atory|ations?)|compulsory|mandatory|compels?|compelled"
_FREE = r"voluntar(?:y|ily)|informal|optional|non-?binding"
_GREW = r"rise[ns]?|rose|grew|grow[ns]?|increas(?:e[sd]?|ing)"
_FELL = r"fell|fallen|dropp?(?:s|ed)?|shr[aiu]nk|decreas(?:e[sd]?|ing)|declin(?:e[sd]?|ing)"
_SHUT = r"closed?|closing|shut|demolished"
_KEPT = r"reopened|still open|stayed open|kept open|spared"
_FIRST_THEN = (
    r"only (?:start|began|begin|begun|happen|came|come|ar[io]se)\w*|(?:start|began|begin)\w* only"
)

_OPPOSITES = [
    (re.compile(rf"\b(?:{asked})\b", re.IGNORECASE), re.compile(rf"\b(?:{said})\b", re.IGNORECASE))
    for asked, said in (
        (_STAY, _LEAVE), (_LEAVE, _STAY), (_ACCEPT, _REJECT), (_REJECT, _ACCEPT),
        (_BOUND, _FREE), (_FREE, _BOUND), (_GREW, _FELL), (_FELL, _GREW), (_SHUT, _KEPT),
        (r"fail(?:s|ed)? to", r"succeed(?:s|ed)?"), (r"succeed(?:s|ed)?", r"fail(?:s|ed)? to"),
        (r"complet(?:ed?|ing|ion)|finished|finali[sz]ed",
         r"symbol(?:ic)?|pending|not yet|unfinished|incomplete|plans? to|unclear"),
        (_FIRST_THEN, r"predat\w+|(?:beg[au]n|started) (?:long )?before|(?:long|already) before"),
        (r"only|solely|exclusively|nothing but", r"not (?:just|only|solely|merely)|as well as"),
        (r"without (?:any|giving|making)", r"compromis\w+|concessions?|conced\w+|held back"),
        (r"enough|so sure|right|correct", r"mistake\w*|wrong(?:ly)?|illusion|myth|fallacy"),
    )
]  # fmt: skip
"""What a question may say, and what contradicts it."""

_TAKES_FOR_GRANTED = re.compile(
    r"^(?:and |but |so )?(?:why|how come|for what reason|how (?:did|has|have|had|does|do|was|were"
    r"|could|can)|what (?:had|has|have|made|makes|came|did)|which \w+ing\b)"
    r"|\b(?:since|now that|given that|considering that|even though|so sure) "
    r"|,\s*(?:right|correct)\?",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|never|no|none|nobody|without|refus\w+|fail\w*|reluctant\w*|hardly|un\w+ing|unable"
    r"|deni\w+|deny|stop\w*|prevent\w*|avoid\w*|lack\w*|instead|rather)\b|n['’]t\b",
    re.IGNORECASE,
)
"""A question with one of these denies something itself: what denies it too agrees."""

NEARLY_BEST, ABOUT = 0.95, 0.8
"""Shares of the best sentence's fit: as good as the best, and still about the same."""

SOME, HALF = 0.25, 0.45
"""Shares of a question's telling words that a sentence must have, or nearly have: fewer where it
fits the question as well as the best, and at least half where it denies a word."""

LIKE = 0.36
"""Cosine from which a word that is denied is taken for the question's: "block" and "challenge"
have .38. Below `NEAR`, and only where the sentence fits as well as the best."""


def contradicted(found: Found, reading: Reading, best: float) -> str | None:
    """The part of the question that a sentence contradicts; None for what it does not.

    `best` is the fit of the sentence that fits the question best.
    """
    asked, share = found.text, reading.fit / best if best > 0 else 0.0
    if share < ABOUT or not _TAKES_FOR_GRANTED.search(asked):
        return None
    for start, end in _by_opposite(asked, reading.text):
        covered = coverage(found, reading, _idle(asked, start, end))
        if covered >= (SOME if share >= NEARLY_BEST else HALF):
            return _clause(asked, start)
    if share < NEARLY_BEST - 0.05 or not _WHY_OR_HOW.search(asked):
        return None
    like = LIKE if share >= NEARLY_BEST else NEAR
    for start, end in _by_denial(found, reading, like):
        if coverage(found, reading, _idle(asked, start, end)) >= HALF:
            return _clause(asked, start)
    return None


def _by_opposite(asked: str, said: str) -> Iterator[tuple[int, int]]:
    """Places of the question whose opposite a sentence says, and which it does not say as well."""
    for own, opposite in _OPPOSITES:
        taken, match = own.search(asked), opposite.search(said)
        if taken and match and not own.search(said) and not _negated(said[: match.start()]):
            yield taken.span()


def _negated(ahead: str) -> bool:
    """True when the last few words deny what follows: "never a mistake"."""
    return re.search(r"\b(?:not|never|no|hardly)(?: \w+)?\s+$|n['’]t\s+$", ahead, re.I) is not None


def _by_denial(found: Found, reading: Reading, like: float) -> Iterator[tuple[int, int]]:
    """Places of the question of which a sentence denies the word, or one as close as `like`."""
    asked = found.text
    if _DENIED.search(asked):
        return
    said = tokens(reading.text)
    denials = [o for o in operators(said) if o.kind in ("not", "denial")]
    governed = {place for operator in denials for place in operator.scope}
    affirmed = {t.stem for place, t in enumerate(said) if place not in governed and t.stem}
    for operator in denials:
        for denied in _denied_words(said, operator):
            for word in WORD.finditer(asked):
                own = stem(word[0].casefold())
                if own in affirmed or not _may_be_predicate(asked, word):
                    continue
                close = not _ATTRIBUTE.match(asked, word.end()) and (
                    _near(found, reading, word.span(), denied) >= like
                )
                if own == denied.stem or close:
                    yield word.span()


def _denied_words(said: tuple[Token, ...], operator: Operator) -> list[Token]:
    """The first two words that a denial governs: a verb or an adjective by all that can be seen."""
    if said[operator.end - 1].word == "no":
        return []
    places = [place for place in sorted(operator.scope) if said[place].stem][:2]
    return [
        said[place]
        for place in places
        if said[place].text.islower() and said[place - 1].word not in _BEFORE_NOUNS
    ]


def _may_be_predicate(asked: str, word: re.Match[str]) -> bool:
    """True when a word of the question may be its verb or adjective: no name, after no article."""
    plain = word[0].islower() and word[0].casefold() not in EMPTY and bool(stem(word[0]))
    return plain and not _OWNED.search(asked[: word.start()])


_BEFORE_NOUNS = frozenset(("the", "a", "an", "any", "of", "in", "for", "to the"))
_WHY_OR_HOW = re.compile(
    r"^(?:and |but |so )?(?:why|how come|for what reason|how (?:did|has|have|had|does|do|was|were"
    r"|could)|what (?:had|has|have|made|makes))\b|\b(?:since|now that|given that) ",
    re.IGNORECASE,
)
"""Questions that take their verb for granted: a denial of it contradicts them."""

_OWNED = re.compile(r"(?:\b(?:the|an?|its|their|his|her|this|that)|['’]s)\s+$", re.IGNORECASE)
"""What stands before a noun."""


_ATTRIBUTE = re.compile(r"\s+(?!(?:by|at|in|on|of|to|for|from|the|an?|with|than|that)\b)[a-z]")
"""What stands behind a word that describes the next: "academic results"."""


def _near(found: Found, reading: Reading, word: tuple[int, int], head: Token) -> float:
    at = reading.text.find(head.text)
    start = reading.start + at
    return likeness(found, reading, word, start, start + len(head.text)) if at >= 0 else -1.0


def _idle(asked: str, start: int, end: int) -> list[tuple[int, int]]:
    """Places of the words that say nothing of what is asked about, and of those given."""
    idle = [w.span() for w in WORD.finditer(asked) if w[0].casefold() in EMPTY]
    return [*idle, (start, end)]


_MOST_WORDS = 8
"""Of what is taken for granted, so many words are shown."""


def _clause(asked: str, start: int) -> str:
    """The words of the question from a place to the end of the clause."""
    rest = re.split(r"[,;:?]", asked[start:], maxsplit=1)[0]
    return " ".join(rest.split()[:_MOST_WORDS])
