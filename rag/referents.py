"""Whom a noun phrase names: the fuller form of a surname, the person behind "she" or "the mayor".

Only what the document itself says is used, nothing known from elsewhere, and where the document
leaves it open the answer is None or the phrase as it stands.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rag.wording import listed

Range = tuple[int, int]

_WORD = re.compile(r"[^\W\d_](?:\.[^\W\d_])+\.?|[^\W\d_][^\W_]*(?:[-’'][^\W\d_]+)*\.?")
_POSSESSIVE = re.compile(r"[’']s?\Z")

_JOINING = listed("of for de la le del da di van von der den bin ibn al el and & the")
"""Small words inside names; a name neither begins nor ends with one."""

_NEVER_NAMES = listed(
    "a an the this that these those it its he she they we i you his her their our my your in on "
    "at as by to from for with and or but if when while after before since although though "
    "because so according then there here now today yesterday also even still yet yes no not who "
    "whose whom which what where why how under over during despite both each every some many "
    "most all former said says january february march april may june july august september "
    "october november december monday tuesday wednesday thursday friday saturday sunday mr mrs "
    "ms dr"
)

TITLES = listed(
    "president vice prime minister chancellor king queen prince princess senator sen rep "
    "governor gov mayor commander cmdr captain capt colonel col lieutenant lt general gen major "
    "maj sergeant sgt admiral judge justice professor prof doctor dr mr mrs ms sir lady lord "
    "bishop archbishop pope secretary ambassador amb commissioner director chairman chairwoman "
    "chair chief mp congressman congresswoman sheikh sultan emperor deputy former speaker "
    "philosopher economist historian archaeologist journalist author writer critic"
)

_PERSONAL = listed("he she")
_PLURAL = listed("they")
_NOBODY = listed(
    "people some many others somebody someone everybody everyone most all few we you i one "
    "another both who which and latter"
)
_ORGANISED = listed(
    "university ministry department council party group union association organisation "
    "organization agency committee commission court company bank office bureau church foundation "
    "institute watch press chronicle times guild board society league house street road river "
    "bay united nations north south east west county state states"
)


_MOST_LOOKED_AT = 200
"""Names before a pronoun: no paragraph has as many, a table may have thousands."""


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words: where it stands, and its words without titles."""

    start: int
    end: int
    words: tuple[str, ...]
    titles: tuple[str, ...]

    @property
    def personal(self) -> bool:
        """True for what may be a person's first and last name."""
        plain = not any(word.casefold() in _ORGANISED | _JOINING for word in self.words)
        return plain and 2 <= len(self.words) <= 4


@dataclass(frozen=True, slots=True)
class Spoken:
    """Who spoke last, and where."""

    speaker: str | None = None
    at: int = 0


class Names:
    """The names in a part of a text, in their order."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._names = _names(text, start, end)
        self._starts = [name.start for name in self._names]
        self._by_last: dict[str, list[Name]] = {}
        for name in self._names:
            self._by_last.setdefault(name.words[-1], []).append(name)

    def between(self, start: int, end: int) -> list[Name]:
        low, high = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return self._names[low:high]

    def _near(self, start: int, end: int) -> list[Name]:
        return self.between(start, end)[-_MOST_LOOKED_AT:]

    def fuller(self, name: str, before: int) -> str:
        """The first and last name that stands earlier for a bare surname; else the surname.

        Where the text has several people of that surname, one must be named twice as often as any
        other: it is not for us to guess.
        """
        if " " in name:
            return name
        known = Counter(
            " ".join(other.words)
            for other in self._by_last.get(name, ())[-_MOST_LOOKED_AT:]
            if other.personal and other.start < before
        ).most_common(2)
        if not known or (len(known) > 1 and known[0][1] < 2 * known[1][1]):
            return name
        return known[0][0]

    def speaker(self, subject: Range, paragraphs: tuple[Range, ...], last: Spoken) -> str | None:
        """The speaker that a noun phrase means; None for "people" or a pronoun left open.

        `paragraphs` are the subject's own and the one before, `last` who spoke last in them.
        """
        phrase = self._text[slice(*subject)].strip()
        words = phrase.casefold().split()
        if not words or words[-1] in _NOBODY:
            return None
        if words[-1] in _PERSONAL:
            newer = self._opening(last.at, subject[0])
            return newer or last.speaker or self._person_before(subject[0], paragraphs)
        if words[-1] in _PLURAL:
            return last.speaker
        inside = self.between(*subject)
        if inside and inside[-1].end >= subject[1] - 2 and not _hangs(phrase, inside[-1], subject):
            return self.fuller(" ".join(inside[-1].words), inside[-1].start)
        if words[0] in ("the", "el", "la", "le", "der", "die", "das") and len(words) == 2:
            return self._titled(words[1], subject[0], paragraphs) or phrase
        return " ".join(phrase.split())

    def _opening(self, start: int, end: int) -> str | None:
        """The last person whose name opens a sentence between two places."""
        for name in reversed(self._near(start, end) if start else []):
            ahead = self._text[max(0, name.start - 3) : name.start]
            if re.search(r"[.!?”\"]\s{1,2}\Z|\n\Z", ahead) and self._person(name):
                return self.fuller(" ".join(name.words), name.start)
        return None

    def _person_before(self, at: int, paragraphs: tuple[Range, ...]) -> str | None:
        """The nearest earlier person; in the paragraph before only where it names no other."""
        for start, end in paragraphs:
            people = [name for name in self._near(start, min(end, at)) if self._person(name)]
            full = {self.fuller(" ".join(name.words), at) for name in people}
            if people and (len(full) == 1 or start <= at < end):
                return self.fuller(" ".join(people[-1].words), people[-1].start)
        return None

    def _person(self, name: Name) -> bool:
        """A name that stands for a person: with a title, or known with first and last name."""
        if name.titles and name.words and name.words[0].casefold() not in _ORGANISED:
            return True
        before = self._text[max(0, name.start - 4) : name.start].casefold()
        if re.search(r"\b(?:in|at|of)\s\Z", before):
            return False
        return name.personal or (
            len(name.words) == 1 and " " in self.fuller(name.words[0], name.start)
        )

    def _titled(self, head: str, at: int, paragraphs: tuple[Range, ...]) -> str | None:
        """The nearest name with the title or the word that a phrase like "the mayor" has."""
        for start, end in paragraphs:
            for name in reversed(self._near(start, min(end, at))):
                ahead = self._text[max(start, name.start - len(head) - 1) : name.start].casefold()
                behind = self._text[name.end : name.end + len(head) + 8].casefold()
                if (
                    head in name.titles
                    or ahead == f"{head} "
                    or re.match(rf",\s(?:the\s|its\s)?{re.escape(head)}\b", behind)
                ):
                    return self.fuller(" ".join(name.words), name.start)
                if behind.startswith(f" {head}"):
                    return f"{' '.join(name.words)} {head}"
                if head in (word.casefold() for word in name.words) and len(name.words) > 1:
                    return " ".join(name.words)
        return None


def _hangs(phrase: str, name: Name, subject: Range) -> bool:
    """True when a name only belongs to what speaks: "a writer for the Guild", "Unger's critics"."""
    ahead = phrase[: max(0, name.start - subject[0])]
    return bool(re.search(r"\b(?:of|for|in|at|from|with|to|by|near|on)\s(?:the\s)?\Z", ahead))


def _names(text: str, start: int, end: int) -> list[Name]:
    runs: list[list[re.Match[str]]] = []
    for match in _WORD.finditer(text, start, end):
        word = match.group()
        gap = text[runs[-1][-1].end() : match.start()] if runs and runs[-1] else "\n"
        follows = gap == " " and not _POSSESSIVE.search(runs[-1][-1].group())
        if word[0].isupper():
            if follows and not _ends(runs[-1][-1].group()):
                runs[-1].append(match)
            else:
                runs.append([match])
        elif follows and word in _JOINING:
            runs[-1].append(match)
        elif runs and runs[-1]:
            runs.append([])
    return [name for run in runs if (name := _name(run))]


def _ends(word: str) -> bool:
    """True when a full stop behind a word ends its sentence, and so the name."""
    return (
        word.endswith(".")
        and len(word) > 2
        and word[:-1].casefold() not in TITLES
        and ("." not in word[:-1])
    )


def _name(run: list[re.Match[str]]) -> Name | None:
    words = [(match.group(), match.start(), match.end()) for match in run]
    while words and words[0][0].casefold().rstrip(".") in _NEVER_NAMES - TITLES | _JOINING:
        words.pop(0)
    while words and words[-1][0] in _JOINING:
        words.pop()
    if not words:
        return None
    start, end = words[0][1], words[-1][2]
    plain = [re.sub(r"[’']s?\Z", "", word) for word, _, _ in words]
    if len(plain[-1]) > 2 and plain[-1].count(".") == 1:
        plain[-1] = plain[-1].rstrip(".")
    cut = max((i for i, w in enumerate(plain) if w.casefold().rstrip(".") in TITLES), default=-1)
    titles, kept = plain[: cut + 1], plain[cut + 1 :]
    if not kept:
        titles, kept = [], plain
    elif titles and kept[0] in _JOINING:  # "Commissioner for Human Rights Mary Unger"
        titles, kept = [*titles, *kept[:-2]], kept[-2:]
    return Name(start, end, tuple(kept), tuple(t.casefold().rstrip(".") for t in titles))


_ORGANISATION = re.compile(
    r"\b(?:of|for|the|and|&|Watch|Security|Policy|Press|Chronicle|Gazette|Times|Post|Council|News|"
    r"Ministry|Department|University|Institute|Party|Union|Guild|Court|Agency|Office|Group|Board|"
    r"Association|Committee|Commission|Foundation|International|Services?|Bank|Church|Society)\b"
)


def name_forms(speaker: str) -> Iterator[str]:
    """How a speaker's name may stand in a text: in full, a person's last name, initials."""
    for name in listed_names(speaker):
        yield name
        words = name.split()
        if len(words) > 1 and _ORGANISATION.search(name):
            yield "".join(word[0] for word in words if word[0].isupper())
        elif 1 < len(words) <= 4 and len(words[-1].strip(".")) > 1:
            yield words[-1]


def listed_names(speaker: str | None) -> list[str]:
    """The names in "A B and C D", or behind "restating", as the project's own briefs have it."""
    if not speaker:
        return []
    parts = re.split(r",?\s*\brestating\s+", speaker, maxsplit=1)
    listed = [part for text in parts for part in re.split(r",\s+(?:and\s+)?|;\s+", text)]
    people = []
    for part in listed:
        both = re.split(r"\s+and\s+", part)
        people += both if all(" " in name for name in both) else [part]
    return [name for name in (person.strip() for person in people) if name]
