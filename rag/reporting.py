"""Reporting clauses of a sentence: "X said that", ", X said", "according to X", "in X's view".

Rules over English word forms, with a few verbs of Spanish, French and German. A sentence comes in
with what it quotes blanked out (`QUOTED`), so that nothing quoted is taken for its own grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from rag.reporting_words import (
    ALSO_NOUNS,
    BARE,
    FINITE,
    INVERTED,
    NOT_BARE,
    QUOTED,
    SAYING,
    TAGS,
    UNSURE,
)
from rag.subjects import speaks, subject_after, subject_before, trimmed

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clause:
    """A reporting clause: its words, its subject's, and those it reports; places in the sentence.

    `reported` has two parts around a clause in the middle.
    """

    start: int
    end: int
    subject: Range
    reported: tuple[Range, ...]


_VERB = rf"(?P<verb>(?:{SAYING})|(?P<noun>{ALSO_NOUNS}))"
_REPORTING = re.compile(rf"(?<![\w’'-]){_VERB}(?![\w’'-])")
_CALLING = re.compile(
    r"(?<![\w-])(?P<verb>(?:calls?|called)(?=\s(?:on|for|upon)\b)|(?:calls?|called|brands?|branded)"
    rf"(?=\s(?:(?!(?:to|for|at|in|with|from)\s)[\w’'-]+\s){{1,6}}(?:an?\b|[{QUOTED}]))|"
    r"(?:describe[sd]?|dismiss(?:es|ed)|denounce[sd]?|condemn(?:s|ed)|reject(?:s|ed)|hail(?:s|ed))"
    r"(?=\s[^,;.]{1,60}?\sas\b))"
)

_WHEN = (
    r"(?:\s(?:(?:on|in|at|last|this|yesterday|today|during|after|before|from)(?:\s[\w.]+){0,3}?|"
    r"to (?:reporters|journalists|parliament)))"
)
_THAT = re.compile(
    rf"(?:{_WHEN}|(?<=told)\s[^,;:]{{1,50}}?|(?<=tells)\s[^,;:]{{1,50}}?)?,?"
    r"\s(?:that|que|dass|daß|how|why|whether|if)(?=[\s,])"
)
_SAYS_NEXT = re.compile(
    rf"\s+(?:(?:[Tt]he|[Aa]n?|[Hh]e|[Ss]he|[A-Z][\w.]*)\s)(?:[\w.]+\s){{0,4}}?{_VERB}[\s,.]"
)
_LEADING = re.compile(
    r"(?:In|On|At|During|Since|By|Last|Yesterday|Later|Earlier|Similarly|Also|Still|However|Moreover|"
    r"For example|For instance)\b(?!.*\b(?:when|who|which|that|after|while|as|if)\b)[^;:—]*,\s*\Z|"
    r"(?:But|And|Yet|So|Then)\s\Z"
)
"""When and where something was said: no statement of the author's own."""

_OFFICE = re.compile(r"(?:The|An?|Its|His|Her)\s[^,;:]{1,60},\s\Z")
"""In front of a name: "The mayor of Ostrel, Mary Unger, said"."""

_INTO_QUOTE = re.compile(rf"[^,;:.{QUOTED}]{{0,60}}[,:]\s*(?={QUOTED})|\s(?={QUOTED})")
_AS = re.compile(r"(?:\A|[\s,])[Aa]s\s\Z")
_COLON = re.compile(rf"{_WHEN}?\s*:(?=\s|\Z)")
_CLOSES = re.compile(
    rf"(?:{_WHEN}|(?<=told)\s[^,;:.]{{1,40}}?)?"
    rf"\s*(?:[,;:)—–?!]|\.(?!\w)|\s--?\s|\Z|[{QUOTED}])"
)
_BUT = re.compile(
    r"[,;]\s+(?:but|although|though|yet|while|whereas|however|und|pero|mais)\b(?! that)"
)

_SOURCE = re.compile(
    r"\b(?:(?P<ahead>According to|according to|In the (?:words|view|opinion) of|in the (?:words|"
    r"view|opinion) of|Según|según|Selon|selon|D[’']après|Laut|laut)\s"
    r"(?P<name>[^,;:.()—–]{1,80}(?:\."
    rf"[^,;:()—–]{{1,30}})?)|(?:[Ii]n|[Bb]y|[Tt]o)\s(?P<owner>[^,;:()—–{QUOTED}]{{1,60}}?[’']s?)\s"
    r"(?:own\s)?(?:view|words|opinion|judge?ment|account|telling|reckoning|reading|phrase|summary))"
    rf"(?=\s*(?:[,;:.()—–{QUOTED}]|\Z|is|are|was|the))"
)

_LONGEST_SENTENCE = 20_000
_MOST_CLAUSES = 40
"""Beyond them a "sentence" is a table or a list without full stops, and nobody speaks in it."""


def clauses(sentence: str) -> list[Clause]:
    """Reporting clauses in their order. Where two claim the same words the caller decides."""
    if len(sentence) > _LONGEST_SENTENCE:
        return []
    kinds = (_sources(sentence), _spoken(sentence), _called(sentence))
    found = [clause for kind in kinds for clause in islice(kind, _MOST_CLAUSES)]
    found.sort(key=lambda clause: clause.start)
    return [_until_next(sentence, clause, found[n + 1 :]) for n, clause in enumerate(found)]


def _until_next(sentence: str, clause: Clause, later: list[Clause]) -> Clause:
    """The clause without what stands behind a semicolon and has a reporting clause of its own."""
    marks = [sentence.find(";", clause.end, other.start) for other in later]
    stop = min((mark for mark in marks if mark >= 0), default=len(sentence))
    parts = tuple((start, min(end, stop)) for start, end in clause.reported if start < stop)
    return Clause(clause.start, clause.end, clause.subject, parts)


def says_next(text: str, at: int) -> bool:
    """True when a speaker and a verb of saying follow a place: "?” Unger asked"."""
    return bool(_SAYS_NEXT.match(text, at))


def _spoken(sentence: str) -> Iterator[Clause]:
    for match in _REPORTING.finditer(sentence):
        verb, at = match.group(), match.end()
        subject = subject_before(sentence, match.start())
        strict = bool(match["noun"] or UNSURE.match(verb))
        if subject and speaks(sentence, subject, strict, bare=match["noun"]):
            content = _content(sentence, verb, at)
            if match["noun"] and _COLON.match(sentence, at):
                continue  # "Page notes: ..."
            closed = match["noun"] in (*TAGS, None) and _closed(sentence, at, subject[0])
            if content is not None:
                start = _beginning(sentence, subject, match.start())
                yield Clause(start, content[0], subject, (content,))
            elif closed and _parenthetical(sentence, subject[0]):
                yield _inserted(sentence, subject[0], closed, subject)
        elif INVERTED.match(sentence, match.start()) and _inserts(sentence, match.start()):
            behind = subject_after(sentence, at)
            if behind and speaks(sentence, behind, strict=False):
                yield _inserted(sentence, match.start(), behind[1], behind)


def _called(sentence: str) -> Iterator[Clause]:
    for match in _CALLING.finditer(sentence):
        subject = subject_before(sentence, match.start())
        what = subject and sentence[: subject[0]].rstrip().endswith("what")
        if subject and not what and speaks(sentence, subject, strict=True):
            content = (match.end(), _end_of_content(sentence, match.end()))
            start = _beginning(sentence, subject, match.start())
            yield Clause(start, match.end(), subject, (content,))


def _sources(sentence: str) -> Iterator[Clause]:
    for match in _SOURCE.finditer(sentence):
        group = "name" if match["name"] else "owner"
        start, end = match.span(group)
        if group == "owner":
            end -= len(match["owner"]) - len(re.sub(r"[’']s?\Z", "", match["owner"]))
        subject = trimmed(sentence, start, end)
        if subject and speaks(sentence, subject, strict=True):
            yield _inserted(sentence, match.start(), match.end(), subject)


def _content(sentence: str, verb: str, at: int) -> Range | None:
    """What a verb at `at` reports behind it; None when it reports nothing there."""
    match = _THAT.match(sentence, at) or _COLON.match(sentence, at)
    if match:
        return match.end(), _end_of_content(sentence, match.end())
    into_quote = _INTO_QUOTE.match(sentence, at)
    if into_quote:
        return into_quote.end(), sentence.rfind(QUOTED) + 1
    ahead = re.split(r"[,;:]|\sand\s", sentence[at : at + 90])[0]
    bare = BARE.match(verb) and ahead[:1].isspace() and not NOT_BARE.match(ahead)
    if bare and (FINITE.search(ahead) or QUOTED in ahead):
        return at, _end_of_content(sentence, at)
    return None


def _end_of_content(sentence: str, at: int) -> int:
    contrast = _BUT.search(sentence, at)
    if contrast is None or re.search(r"\bnot\b", sentence[at : contrast.start()]):
        return len(sentence)  # "not A, but B" is one statement
    return contrast.start()


def _beginning(sentence: str, subject: Range, verb: int) -> int:
    """Where a clause begins: at what says when or names the office, else at its subject.

    At its verb where the subject has another verb before: that is told by the author.
    """
    if re.search(r"\s(?:and|but)\s", sentence[subject[1] : verb]):
        return verb
    ahead = sentence[: subject[0]]
    office = sentence[subject[0]].isupper() and _OFFICE.match(ahead)
    return 0 if office or _LEADING.match(ahead) else subject[0]


def _inserted(sentence: str, start: int, end: int, subject: Range) -> Clause:
    """A clause beside or in the middle of what it reports: all the rest, to a contrast after it."""
    stop = _end_of_content(sentence, end)
    also = re.compile(r"\s*,\s+and\s")
    if also.match(sentence, end) and QUOTED in sentence[max(0, start - 3) : start]:
        stop = end  # “...,” people say, and the author goes on
    parts = tuple(part for part in ((0, start), (end, stop)) if part[0] < part[1])
    return Clause(start, end, subject, parts)


def _parenthetical(sentence: str, start: int) -> bool:
    before = sentence[:start].rstrip()
    return not before or before[-1] in f",—–-{QUOTED}" or bool(re.search(r"\b[Aa]s\Z", before))


def _inserts(sentence: str, start: int) -> bool:
    before = sentence[:start].rstrip()
    return not before or before[-1] in f",—–?!{QUOTED}"


def _closed(sentence: str, at: int, start: int) -> int:
    """Where a clause without an object ends; 0 when it goes on. "As X said in May, ..." is one."""
    if _AS.search(sentence[:start]):
        comma = sentence.find(",", at)
        return comma if 0 <= comma - at < 80 else 0
    closes = _CLOSES.match(sentence, at)
    return at + len(closes.group().rstrip(f",;:)—–?!.- {QUOTED}")) if closes else 0
