"""The subject of a verb of saying: where its noun phrase stands, and whether it can speak."""

from __future__ import annotations

import re

from rag.reporting_words import (
    HELPER,
    NO_SUBJECT,
    PREPOSITIONS,
    PRONOUNS,
    QUANTIFIERS,
    QUOTED,
    SILENT_HEADS,
    SPEAKING_NOUNS,
)

Range = tuple[int, int]

_HELPERS_BEFORE = re.compile(rf"(?:(?<=[\s,]){HELPER},?\s+)+\Z")
_BOUNDARY = re.compile(
    rf"[,;:()—–{QUOTED}]|\s--?\s|(?<![\w’'-])(?:and(?!\s[A-Z])|but|that|while|when|because|as|whom|"
    r"after|before|if|where|although|though|since|whether|so|or|yet|than|what|how|que|dass)"
    r"(?![\w’'-])",
    re.IGNORECASE,
)
_APPOSITION = re.compile(
    r"\A\s?(?:\d{1,3}|an?|the|who|whom|which|then|now|its|his|her|their|former|[a-zäöü]\w+|[A-Z]\w+[’']s)\s"
)
_AFTER_SUBJECT = re.compile(
    rf"[,;:()—–{QUOTED}?!]|(?<![A-Z])\.(?=\s|\Z)|\s(?:on|in an?|at|after|who|as)\s"
)
_NAMED = re.compile(r"(?:The\s)?[A-Z][\w.’'-]*(?:\s[A-Z][\w.’'-]*){0,4}")

_AND_AGAIN = re.compile(
    r"(?P<name>(?:The\s)?[A-Z][\w.’'-]+(?:\s[A-Z][\w.’'-]*){0,4})\s(?!of\s|in\s|and\s)[a-z]"
    r"[^,;:]{0,120}\s(?:and|but)\Z"
)
"""The subject of an earlier verb: "Unger rose and told the guild that"."""

_MOST_SUBJECT_WORDS = 12
_MOST_BEFORE = 400
"""Characters in front of a verb in which its subject may stand, appositions included."""
_LONGEST_APPOSITION = 120


def subject_before(sentence: str, at: int) -> Range | None:
    """The noun phrase of which a verb at a place is said; None where there is none."""
    ahead = max(0, at - _MOST_BEFORE)
    left = _without_helpers(sentence[ahead:at]).rstrip()
    if left.endswith(","):
        owner = _before_apposition(left[:-1])
        if owner is None:
            return None
        left = owner
    start = _last_boundary(left)
    relative = re.search(r"(?:\A|\s)(?:who|which)\Z", left[start:])
    if relative:
        left = left[: start + relative.start()].rstrip(" ,")
        start = _last_boundary(left)
    office = left[start:].split()[:1]
    if left[:start].endswith(",") and office and office[0] in SPEAKING_NOUNS:
        named = _NAMED.fullmatch(left[: start - 1])
        left, start = (named.group(), 0) if named else (left, start)  # "Unger, head of it said"
    again = _AND_AGAIN.match(left) if not left[start:].strip() else None
    if again:
        return trimmed(sentence, ahead + again.start("name"), ahead + again.end("name"))
    return trimmed(sentence, ahead + start, ahead + len(left))


def subject_after(sentence: str, at: int) -> Range | None:
    """The noun phrase behind an inverted verb (", said Mary Unger, the mayor")."""
    stop = re.compile(
        rf"[,;:()—–{QUOTED}?!]|(?<![A-Z])\.(?=\s|\Z)|\s(?:on|in a|in an|at|after|who|as)\s"
    )
    mark = stop.search(sentence, at)
    return trimmed(sentence, at, mark.start() if mark else len(sentence))


def speaks(sentence: str, subject: Range, strict: bool, bare: str | None = None) -> bool:
    """Whether a noun phrase can have said something.

    `strict`: only a name or a word for people and their papers can. `bare` is a verb that may be a
    noun itself; it must agree, for "the states that" and "a council report" have no verb.
    """
    words = sentence[slice(*subject)].split()
    if not words or len(words) > _MOST_SUBJECT_WORDS:
        return False
    first, last, head = words[0].casefold(), words[-1].casefold(), _head(words)
    if last in NO_SUBJECT or first in ("it", "there", "to", "not", "including"):
        return False
    if head.casefold() in SILENT_HEADS or (first in PRONOUNS and len(words) > 2):
        return False
    participle = head.islower() and head.endswith(("ing", "ed"))
    if participle or (len(words) == 1 and last.endswith("ly")):
        return False
    if bare and not bare.endswith("s") and (head[:1].isupper() or not head.endswith("s")):
        return head in ("they", "people", "police")
    if bare and bare.endswith("s") and (first in QUANTIFIERS or re.fullmatch("[a-z]+s", head)):
        return False
    return not strict or head[:1].isupper() or _known(head)


def _head(words: list[str]) -> str:
    """The noun that a phrase is about: the last, or the last before its first preposition."""
    prepositions = (i for i, word in enumerate(words) if i and word in PREPOSITIONS)
    return words[next(prepositions, len(words)) - 1].strip("’'\"”.")


def _known(word: str) -> bool:
    plain = word.casefold().strip("’'")
    return plain in SPEAKING_NOUNS or plain.removesuffix("s") in SPEAKING_NOUNS


def _before_apposition(text: str) -> str | None:
    """What stands before the apposition in which a text ends; None where it ends in no such."""
    comma, first = len(text), text.rfind(",")
    if first > 0 and _NAMED.fullmatch(text[first + 1 :].strip()):
        return text  # "the minister, Mary Unger, said"
    while first > 0 and comma - first < _LONGEST_APPOSITION:
        if _APPOSITION.match(text[first + 1 : comma] + " "):
            return text[:first]
        comma, first = first, text.rfind(",", 0, first)
    return text if _NAMED.fullmatch(text) else None  # "Economist Mary Unger, wrote"


def _last_boundary(text: str) -> int:
    return max((mark.end() for mark in _BOUNDARY.finditer(text)), default=0)


def _without_helpers(text: str) -> str:
    helpers = _HELPERS_BEFORE.search(text.rstrip() + " ")
    return text[: helpers.start()] if helpers else text


def trimmed(sentence: str, start: int, end: int) -> Range | None:
    while start < end and not (sentence[start].isalnum()):
        start += 1
    while end > start and sentence[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
