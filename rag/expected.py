"""What kind of answer a question asks for, and which words of a sentence are of that kind.

"How many boats" wants a number, "who" a name, "when" a date. It serves three ends: a sentence that
holds what is asked for is preferred, the words themselves are marked as the short answer, and where
no sentence holds any, that is a reason to abstain: near misses mostly ask for a detail (a name, a
sum, a date) that the documents leave out.

Question words are those of English; a question in another language expects nothing in particular.
Types follow the coarse classes of Li and Roth, Learning Question Classifiers (COLING 2002), as far
as surface forms can tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

Type = Literal[
    "number", "share", "money", "duration", "date", "person", "title", "name", "list", "reason",
    "definition", "other",
]  # fmt: skip
Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Expected:
    """`type` of answer; `strict`: a sentence without one of its type cannot be the whole answer."""

    type: Type
    strict: bool


_PEOPLE = (
    "artist|athlete|captain|chancellor|commander|composer|emperor|founder|governor|judge|king|"
    "lawyer|leader|mayor|minister|monarch|official|philosopher|poet|politician|pope|premier|"
    "president|prosecutor|queen|scholar|scientist|senator|singer|thinker"
)
_NAMED = (
    "agency|agencies|alliance|bank|church|city|cities|coalition|company|companies|continent|"
    "country|countries|monarchy|monarchies|county|court|dynasty|firm|institute|institution|island|"
    "journal|magazine|ministry|museum|nations?|newspaper|ngo|organi[sz]ation|parliament|party|"
    "parties|port|province|publisher|region|river|ship|states?|team|town|tribe|union|university|"
    "village"
)
_WORKS = "bill|book|film|movie|novel|painting|play|poem|song"
_MANY = r"two|three|four|five|six|seven|eight|nine|ten|\d+"
_AUXILIARY = "did|do|does|is|are|was|were|will|has|have|had|can|could|should|would"
_WHICH = r"\b(?:what|which)"
_BETWEEN = (
    rf"(?:(?!(?:{_AUXILIARY}|a|an|the|of|on|in|for|at|to|by|with|present)\b)[\w'’-]+ ){{0,3}}?"
)

_RULES: tuple[tuple[str, Type, bool], ...] = (
    (rf"{_WHICH} (?:share|percentage|proportion|percent|fraction)\b", "share", True),
    (r"\bhow many percent\b", "share", True),
    (r"\bhow (?:many|much)\b[^?]{0,30}\b(?:dollars?|euros?|pounds?|money)\b", "money", True),
    (rf"{_WHICH} (?:fee|price|sum)\b", "money", True),
    (r"\bhow long\b(?! ago)|\bhow much time\b", "duration", True),
    (r"\bhow many (?:years|months|days|weeks|hours|decades)\b", "duration", True),
    (r"\bhow far back\b|\bhow long ago\b", "date", False),
    (r"\bhow many\b|\bnumber of\b|\bdeath toll\b", "number", True),
    (r"\bhow (?:large|big|old|tall|deep|thick|heavy)\b", "number", True),
    (r"\bwhat is the (?:size|number|population|age)\b", "number", True),
    (r"\bhow much\b", "number", False),
    (r"\bwhen (?:did|was|were|will|had|has|have)\b", "date", True),
    (rf"\bwhen (?:{_AUXILIARY})\b", "date", False),
    (rf"{_WHICH} (?:exact |very )?(?:years?|dates?|day|month|decade|century)\b", "date", True),
    (rf"\bwhy\b|\bhow come\b|{_WHICH} reasons?\b", "reason", False),
    (
        r"\bwhat (?:might |could )?(?:explain|motivate|cause|make|lead|drive|prompt|keep)s?\b",
        "reason",
        False,
    ),
    (r"\bwhat (?:explained|motivated|caused|made|led|drove|prompted|kept)\b", "reason", False),
    (r"\bmeaning\b|\bstands? for\b|\bdefinition\b", "definition", False),
    (r"\bwhat (?:is|are|does|do) [^?]{1,60}\bmeant?\b", "definition", False),
    (rf"\bnames of the (?!(?:\w+ ){{0,3}}?(?:{_NAMED})s?\b)|\bneed the name\b", "person", True),
    (rf"\bname of the (?:\w+ ){{0,3}}?(?:{_PEOPLE})\b", "person", True),
    (rf"{_WHICH} {_BETWEEN}(?:{_PEOPLE})\b", "person", True),
    (rf"\btitle of\b|{_WHICH} {_BETWEEN}(?:{_WORKS})s?\b", "title", True),
    (r"\bcalled\?", "name", False),
    (
        rf"(?:{_WHICH}|\bname the|\blist the) {_BETWEEN}(?:{_MANY}) {_BETWEEN}(?:{_NAMED})s?\b",
        "list",
        True,
    ),
    (rf"\b(?:name|list) the {_BETWEEN}(?:{_NAMED})s?\b", "list", True),
    (rf"\b(?:name|list) (?:the|all|{_MANY})\b|{_WHICH} (?:{_MANY})\b", "list", False),
    (rf"{_WHICH} {_BETWEEN}(?:{_NAMED})s?\b", "name", True),
    (r"(?:^|[:,;] |\b(?:to|by|from|with|of|for|and) )(?:who|whom|whose|where)\b", "name", False),
)
_COMPILED = tuple((re.compile(pattern), type_, strict) for pattern, type_, strict in _RULES)


def expected(question: str) -> Expected:
    """The type of the question's first question word."""
    asked = question.casefold()
    found = [
        (match.start(), number)
        for number, (pattern, _, _) in enumerate(_COMPILED)
        if (match := pattern.search(asked))
    ]
    if not found:
        return Expected("other", False)
    _, first = min(found)
    return Expected(_COMPILED[first][1], _COMPILED[first][2])


_ONES = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    "sixteen|seventeen|eighteen|nineteen"
)
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SCALE = "hundred|thousand|million|billion|trillion"
_WORDED = (
    rf"(?:(?:{_TENS})(?:[- ](?:{_ONES}))?|{_ONES}|(?:a )?(?:dozen|score)|dozens|hundreds|"
    rf"thousands|millions|half a|a hundred|a thousand|a million)(?:[- ](?:of )?(?:{_SCALE})s?)*"
)
_DIGITS = rf"\d+(?:[.,\u00a0\u202f]\d{{3}})*(?:[.,]\d+)?(?:[ -](?:{_SCALE}))*"
_NUMBER = re.compile(rf"(?<![\w.,])(?:{_DIGITS}|{_WORDED})(?!\w)", re.IGNORECASE)
_SHARE = re.compile(
    rf"(?:{_DIGITS}|{_WORDED})[ -]?(?:percent|per cent|%)"
    rf"|\b(?:one|two|three|a)[- ](?:half|third|quarter|fifth|tenth)s?\b|\bhalf\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    rf"[$€£¥₽]\s?{_DIGITS}|\b(?:USD|EUR|GBP)\s?{_DIGITS}"
    rf"|(?:{_DIGITS}|{_WORDED})[ -](?:us )?(?:dollars?|euros?|pounds?|francs?|yen|rubles?)",
    re.IGNORECASE,
)
_TIME_UNIT = "years?|months?|weeks?|days?|hours?|minutes?|decades?|century|centuries"
_DURATION = re.compile(
    rf"(?:{_DIGITS}|{_WORDED}|a few|several|a)[ -](?:{_TIME_UNIT})\b|\bsince (?:1\d|20)\d\d\b"
    r"|\b(?:within|in) (?:seconds|minutes|hours|days)\b",
    re.IGNORECASE,
)
_MONTH = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    "(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\\.)"
)
_YEAR = r"(?:1\d|20)\d\d"
_DATE = re.compile(
    rf"(?:\b\d{{1,2}} )?\b{_MONTH}(?: \d{{1,2}}(?!\d))?(?:,? {_YEAR}\b)?|\b{_YEAR}s?\b"
    rf"|\b(?:\d{{1,2}}(?:st|nd|rd|th)|(?:early|late|mid)-\w+) century\b"
    rf"|\b(?:yesterday|last (?:year|month|week|summer|autumn|winter|spring|fall))\b"
)
_NAME = re.compile(
    r"(?<![\w’'])(?:[A-Z\u00c0-\u00de\u0130][\w’'.&-]*\w|[A-Z]{2,}|[A-Z]\.(?:[A-Z]\.)+)"
    r"(?:\s(?:(?:of|the|for|de|al|bin|van|von|der)\s)*(?:[A-Z\u00c0-\u00de\u0130][\w’'.&-]*\w|[A-Z]{2,}\b))*"
)


_ONE_OF = re.compile(r"one(?: of| another| day| and|-|\W*$)", re.IGNORECASE)
"""Where "one" counts nothing."""


def _numbers(text: str) -> Spans:
    dates = _dates(text)
    return [
        match.span()
        for match in _NUMBER.finditer(text)
        if not _ONE_OF.match(text, match.start())
        and not any(a <= match.start() < b for a, b in dates)
    ]


def _dates(text: str) -> Spans:
    return [match.span() for match in _DATE.finditer(text) if match[0] != "May "]


def _names(text: str) -> Spans:
    """Capitalised runs; the word a sentence begins with counts only as part of a longer one."""
    found = []
    for match in _NAME.finditer(text):
        start, end = match.span()
        first = re.sub(r"[’']s?$", "", match[0].split()[0])
        opening = not text[:start].strip("“\"'‘([— ")
        if (opening or _particle(first)) and not first.isupper():
            if " " not in match[0]:
                continue
            if _particle(first):
                start += len(match[0].split()[0]) + 1
        found.append((start, end))
    return found


_INSTITUTIONAL = re.compile(
    r"(?:act|administration|agency|alliance|army|association|bank|board|bureau|charter|coalition|"
    r"college|commission(?:er)?|committee|communist|company|conference|congress|convention|council|"
    r"court|declaration|department|democratic|east|federation|forces?|foundation|fund|general|"
    r"government|group|high|human|institute|international|islamic|kingdom|law|league|ministry|"
    r"museum|nations?|national|new|north|office|organi[sz]ation|parliament|party|police|press|"
    r"republic|residual|rights|secretary|security|senate|society|south|states?|street|supreme|"
    r"treaty|union|united|university|war|watch|west|white|world)\b|[A-Z]{2,}|(?:[A-Z]\.){2,}"
)
"""Words that a person's name does not hold."""

_TITLE = re.compile(
    r"[“\"«]([^”\"»]{2,120})[”\"»]|\*([^*\n]{2,120})\*|[A-Z]\w+(?: [A-Z]\w+)* (?:Act|Bill|Law)\b"
)


def _people(text: str) -> Spans:
    """Names that may be a person's: two to four capitalised words, none of an institution's."""
    found = []
    for start, end in _names(text):
        run: list[tuple[int, int]] = []
        for match in [*re.finditer(r"\S+", text[start:end]), None]:
            capital = match is not None and match[0][0].isupper()
            ordinary = match is not None and _INSTITUTIONAL.match(match[0].casefold()) is None
            if match and capital and ordinary and not match[0].isupper() and "-" not in match[0]:
                run.append((start + match.start(), start + match.end()))
                continue
            if 2 <= len(run) <= 4:
                found.append((run[0][0], run[-1][1]))
            run = []
    return found


_CAUSE = re.compile(
    r"\b(?:because|(?:out of|for) fear|due to|in order to|so that|thanks to|in response to|led to|"
    r"prompt(?:s|ed))\b",
    re.IGNORECASE,
)


def gives_cause(text: str) -> bool:
    """True for a sentence that says why something is so."""
    return _CAUSE.search(text) is not None


def _matches(pattern: re.Pattern[str]) -> Callable[[str], Spans]:
    """What the pattern's groups hold, or all that it matches."""
    return lambda text: [m.span(m.lastindex or 0) for m in pattern.finditer(text)]


def _without(spans: Spans, others: Spans) -> Spans:
    """The spans that do not overlap any of others."""
    return [(a, b) for a, b in spans if not any(a < end and start < b for start, end in others)]


FINDERS: dict[Type, Callable[[str], Spans]] = {
    "number": _numbers,
    "share": _matches(_SHARE),
    "money": _matches(_MONEY),
    "duration": _matches(_DURATION),
    "date": _dates,
    "person": _people,
    "title": _matches(_TITLE),
    "name": lambda text: _without(_names(text), _dates(text)),
    "list": lambda text: _without(_names(text), _dates(text)),
}


def short_answers(wanted: Type, text: str, question: str) -> Spans:
    """Places in a sentence of what is asked for, without what the question says itself.

    A list needs two of them at least.
    """
    finder = FINDERS.get(wanted)
    if finder is None:
        return []
    said = _WORD.findall(question.casefold())
    found = [
        (start, end)
        for start, end in finder(text)
        if not all(_is_said(word, said) for word in _WORD.findall(text[start:end].casefold()))
    ]
    return [] if wanted == "list" and len(found) < 2 else found


def _is_said(word: str, said: list[str]) -> bool:
    """True for a word of the question or one built on the same stem ("Kenya", "Kenyan")."""
    stem = word[: max(4, len(word) - 3)]
    return any(
        word == other or (not word.isdecimal() and len(word) > 3 and other.startswith(stem))
        for other in said
    )


_WORD = re.compile(r"[^\W_]+")


@cache
def _particles() -> frozenset[str]:
    from bm25s import stopwords

    return frozenset(stopwords.STOPWORDS_EN_PLUS)


def _particle(word: str) -> bool:
    return word.casefold() in _particles()
