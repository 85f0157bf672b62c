"""Questions that an English document may answer, made by rules of its names, headings and dates.

They are guesses: `ui.examples` keeps those that are answered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from index.documents import Document
from rag.nounphrases import EMPTY
from rag.wording import listed

_NAME = r"[A-Z][\w’'-]+(?:\s+(?:of\s+(?:the\s+)?)?[A-Z][\w’'-]+)*"
_TOPIC = re.compile(
    rf"\b(?:in|on|of|about|against|for|with|by|from|to|over)\s+(the\s+)?({_NAME})"
    r"(?=[,.;:)]|\s+(?:and|or|is|are|was|were|has|have|had|to|in|on|that|which|who|by|for|as|with)\b)"
)
"""A name where only a noun can stand, so that no "Hungarian" is taken for a name."""

_LONGER_BEFORE = re.compile(r"[A-Z][\w’'-]*\s+\Z")
_LONGER_AFTER = re.compile(r"\s+(?:of|for|on|to|in|and|against)\s+(?:the\s+)?[A-Z]")
"""Of a part of a longer name: "the Bureau for Lamps"."""

_DATED = re.compile(
    rf"(?<![^.!?]\s)((?:The\s+)?{_NAME})\s+(was|were)\s+([a-z]+ed\b[^,.;:()“”\"]{{0,60}}?)\s+"
    r"(?:in|on)\s+(?:(?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December)\s[\d, ]+|\d{4}\b)"
)
"""A sentence such as "The Old Pier was mended in May 1911"."""

_COUNTED = re.compile(
    r"(?:(?<=[.!?]\s)|(?<=\n))(?:\d[\d,]*|[A-Z][a-z]+ty-[a-z]+|(?:Two|Three|Four|Five|Six|Seven"
    r"|Eight|Nine|Ten|Eleven|Twelve|Twenty|Thirty|Forty|Fifty|Sixty|Seventy|Eighty|Ninety))\s+"
    r"([a-z]+s\s+[^,.;:()“”\"]{8,60})\."
)
"""A sentence such as "Forty-two boats lay fast until the thaw."."""

_ADVICE = re.compile(r"\b(?:must|urges?|recommends?|calls? (?:on|for)|proposes?|advises?)\b")
_MUCH_ADVICE = 5
"""Such words in a document that proposes something; a report on a harbour has one or two."""

_HEADING = re.compile(r"(?:The\s)?[A-Z][\w’'-]*(?:\s+[\w’'-]+){0,3}", re.IGNORECASE)
_NO_TOPIC = listed(
    "introduction conclusion conclusions summary background contents notes references appendix "
    "annex abstract acknowledgements overview methods results discussion table figure inside "
    "outside beyond behind toward towards brief"
)
_CALENDAR = listed(
    "January February March April May June July August September October November December Monday "
    "Tuesday Wednesday Thursday Friday Saturday Sunday"
)
_SHORTEST = 4
"""Letters of the last word of a name: shorter ones are abbreviations, or cut by their period."""

_MOST_TEXT = 200_000
"""Characters of a document that are looked at: a hundred pages have names enough."""

_LONGEST_TITLE = 50
"""Characters of a title that a question names."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A question, and words that stand in the answer if it is one."""

    question: str
    words: re.Pattern[str]


def about(document: Document) -> Iterator[Guess]:
    """What its author says about its names and headings, the most frequent first."""
    who = _called(document)
    if not who:
        return
    pairs = zip_longest(topics(document), _headings(document))
    for topic in dict.fromkeys(topic for pair in pairs for topic in pair if topic):
        last = re.compile(re.escape(topic.split()[-1]), re.IGNORECASE)
        yield Guess(f"What does {who} say about {topic}?", last)


def facts(document: Document) -> Iterator[Guess]:
    """When something was done, how many of what, and what is proposed."""
    text, who = document.text[:_MOST_TEXT], _called(document)
    for name, verb, done in _DATED.findall(text):
        subject = name[0].lower() + name[1:] if name.startswith("The ") else name
        yield Guess(f"When {verb} {' '.join(f'{subject} {done}'.split())}?", re.compile(r"\d"))
    for what in _COUNTED.findall(text):
        words = " ".join(what.split())
        yield Guess(f"How many {words}?", re.compile(re.escape(words.split()[0])))
    if who and len(_ADVICE.findall(text)) >= _MUCH_ADVICE:
        yield Guess(f"What does {who} propose?", _ADVICE)


def topics(document: Document) -> list[str]:
    """Its names, the most frequent first, without those of who wrote it."""
    text = document.text[:_MOST_TEXT]
    own = set(re.findall(r"\w+", f"{document.author} {document.publisher} {document.title}"))
    counts: Counter[str] = Counter()
    for found in _TOPIC.finditer(text):
        article, name = found[1], re.sub(r"['’]s?$", "", " ".join(found[2].split()))
        if _LONGER_BEFORE.search(text, max(0, found.start() - 40), found.start()):
            continue
        if not _LONGER_AFTER.match(text, found.end()) and _is_topic(name, text, own):
            counts[f"the {name}" if article else name] += 1
    return [name for name, _ in counts.most_common()]


def _is_topic(name: str, text: str, own: set[str]) -> bool:
    """True for a name in full that is no everyday word with a capital."""
    words = name.split()
    if own.intersection(words) or _CALENDAR.intersection(words) or name.endswith("ern"):
        return False
    if len(words[-1]) < _SHORTEST or words[-1].isupper():
        return False
    return len(words) > 1 or not re.search(rf"\b{re.escape(name.lower())}\b", text)


def _headings(document: Document) -> list[str]:
    """Its headings as they stand in a sentence, as far as they name a thing."""
    found = []
    for section in document.sections:
        first, *rest = section.title.split() or [""]
        empty = first.casefold() in EMPTY and first != "The"
        if not _HEADING.fullmatch(section.title) or empty or first.casefold() in _NO_TOPIC:
            continue
        if document.title and section.title in document.title:
            continue
        is_name = re.search(rf"[a-z,]\s{re.escape(first)}\b", document.text[:_MOST_TEXT])
        small = first == "The" or not is_name
        found.append(" ".join((first.lower() if small else first, *rest)))
    return found


def _called(document: Document) -> str | None:
    """Its author, or the one whom a brief restates; where that is no plain name, its title."""
    author = (document.author or document.publisher or "").rpartition(", restating ")[2]
    if author and re.fullmatch(r"[^\W\d_][^,;:/|()\n]*", author) and len(author.split()) <= 5:
        article = author.split()[0] in ("The", "A", "An")
        return author[0].lower() + author[1:] if article else author
    title = " ".join((document.title or "").split())
    return f"“{title}”" if title and len(title) <= _LONGEST_TITLE else None
