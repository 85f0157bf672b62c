"""Names, things and words of substance in an English question, by rules without a parser."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.wording import lexicon

AUXILIARIES = (
    "did", "does", "do", "is", "are", "was", "were", "has", "have", "had", "will", "would", "can",
    "could", "should", "may", "might", "must", "shall",
)  # fmt: skip

EMPTY = frozenset(
    lexicon(
        "a an the and or but so if as at by for from in into of on onto to with without about "
        "after again against all also am among any anybody anyone anything be because been "
        "before being between both come comes came each either else ever every exactly far few "
        "for further get gets give go goes got happen happened happens he her hers here him his "
        "how i it its just know last less like long look many me mean means meant more most "
        "much my next no none nor not now often ok old on once one ones only other others our "
        "out over own please really said same say says she since some such tell than that their "
        "them then there these they thing things think this those through too under until up us "
        "very we well what when where whether which while who whom whose why yes yet you your "
        "first second third former latter let's don't didn't doesn't isn't aren't wasn't "
        "weren't"
    )
).union(AUXILIARIES)
"""Words that say nothing about what is asked for: they hold a sentence together, ask, or point."""

_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*")
_JOINED = re.compile(r"\s+(?:(?:of|for)\s+(?:the\s+)?)?$")
_POSSESSIVE = re.compile(r"['’]s?$")
_BEFORE_NAME = re.compile(
    r"\b((?:the|a|an)\s+(?:[^\W\d_]+\s+){1,2}(?:of|in)\s+(?:the\s+)?)$", re.IGNORECASE
)
_ARTICLES = frozenset(lexicon("the this that a an each every which what whose many"))
_MOST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some words of a text and where they stand in it."""

    text: str
    start: int
    end: int


def content(text: str) -> list[str]:
    """The words that say what is asked about, as they are written."""
    return [word for word in _WORD.findall(text) if word.casefold() not in EMPTY]


def names(text: str, fragment: bool = False) -> list[Phrase]:
    """Names in a question: capitalised words that follow one another, without a possessive end.

    The first word is one only where the next belongs to it, or where the text is a `fragment`.
    """
    found: list[Phrase] = []
    for match in _WORD.finditer(text):
        word = _POSSESSIVE.sub("", match[0])
        if not word[:1].isupper() or word.casefold() in EMPTY:
            continue
        end = match.start() + len(word)
        gap = text[found[-1].end : match.start()] if found else ""
        at_first = bool(found) and found[-1].start == 0
        if found and (gap.isspace() if at_first else _JOINED.fullmatch(gap)):
            start = found.pop().start
        else:
            start = match.start()
        found.append(Phrase(text[start:end], start, end))
    alone = bool(found) and found[0].start == 0 and " " not in found[0].text
    possessive = bool(found) and text[found[0].end : found[0].end + 1] in ("'", "’")
    return found[1:] if alone and not possessive and not fragment else found


def phrase_with(text: str, name: Phrase) -> str:
    """A name with the thing that it is part of: "the harbour of Ostrel", "the Ostrel toll"."""
    for thing in things(text):
        if thing.start <= name.start and name.end <= thing.end:
            return thing.text
    ahead = _BEFORE_NAME.search(text[: name.start])
    if ahead:
        return f"{ahead[1]}{name.text}"
    article = re.search(r"\bthe\s+$", text[: name.start], re.IGNORECASE)
    return f"the {name.text}" if article else name.text


def things(text: str) -> list[Phrase]:
    """What is named with an article or a question word: "the ice", "which treaty" as "the treaty".

    The word before another article, and the last one after "did", is a verb.
    """
    words = list(_WORD.finditer(text))
    found: list[Phrase] = []
    for number, match in enumerate(words):
        if match[0].casefold() not in _ARTICLES:
            continue
        run, stop = _run(words, number + 1)
        asked = number and words[number - 1][0].casefold() in ("did", "does", "do")
        next_article = stop < len(words) and words[stop][0].casefold() in _ARTICLES
        if len(run) > 1 and (asked or next_article):
            run.pop()
        if run:
            phrase = "the " + _POSSESSIVE.sub("", " ".join(word[0] for word in run))
            found.append(Phrase(phrase, match.start(), run[-1].end()))
    return found


def _run(words: list[re.Match[str]], first: int) -> tuple[list[re.Match[str]], int]:
    """Words of substance from `first` on, and where they stop."""
    stop = first
    while stop < min(len(words), first + _MOST_WORDS) and words[stop][0].casefold() not in EMPTY:
        stop += 1
    return words[first:stop], stop
