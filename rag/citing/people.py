"""Names of authors, as the metadata of a file has them in one line, taken apart for references.

A name is taken apart only when it looks like a person's. The test errs towards leaving it whole:
"Suzanne Nossel" in full is never wrong, "Watch, H. R." is. English and European names; what has no
capital letters (Arabic, Chinese) stays whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """Either `literal`, to be printed as it is, or a person's `family` name with the rest.

    `particle` belongs to the family name and does not sort it: "von der" in Ursula von der Leyen.
    """

    literal: str | None = None
    family: str | None = None
    given: str | None = None
    particle: str | None = None
    suffix: str | None = None

    @property
    def inverted(self) -> str:
        """Family name first, as reference lists sort it: "von der Leyen, Ursula"."""
        if self.family is None:
            return self.literal or ""
        family = f"{self.particle} {self.family}" if self.particle else self.family
        return ", ".join(part for part in (family, self.suffix, self.given) if part)


_ORGANISATION = re.compile(
    r"(?i)\b(?:of|for|the|and|on|in|at|to|by|with|from|agency|alliance|archives?|assembly"
    r"|associates|association|bank|blog|board|broadcasting|bureau|cent(?:er|re)|chronicle|church"
    r"|city|club|coalition|college|commission|committee|company|conference|congress|consortium"
    r"|corporation|council|county|courier|court|daily|department|desk|editors?|embassy|federation|forum"
    r"|foreign|foundation|fund|gazette|government|group|guild|harbour|herald|house|inc|initiative|institut[eo]?"
    r"|international|journal|laboratory|league|library|ltd|llc|magazine|media|ministry|mirror"
    r"|mission|monitor|movement|museum|network|news|newsroom|nations|observatory|observer|office"
    r"|organi[sz]ation|parliament|partners(?:hip)?|party|police|policy|port|post|press|project|reporters?"
    r"|reports?|review|school|secretariat|security|senate|service|services|society|staff|standard"
    r"|state|states|studies|study|team|telegraph|times|today|town|tribunal|tribune|trust|union|united"
    r"|university|watch|weekly|wire|workshop|world)\b"
)
"""Words of names that are no person's. A surname among them ("Anna House") stays whole, which is
right in every style but APA, where it lacks its initials."""

_PARTICLES = frozenset(
    [
        *("af", "al", "bin", "da", "das", "de", "del", "della", "den", "der", "des", "di", "do"),
        *("dos", "du", "ibn", "la", "las", "le", "los", "ten", "ter", "van", "von", "zu"),
    ]
)
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|II|III|IV")
_WORD = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:[-'’.][^\W\d_]*)*\.?")
_MOST_WORDS = 5  # "Ana Maria de la Cruz" without its particles, and one more
_BETWEEN = re.compile(r"\s*;\s*|\s*,?\s+(?:and|&)\s+|\s*,\s+")


def people(author: str | None, publisher: str | None = None) -> tuple[Name, ...]:
    """The authors that a line names; one literal name where it is not plainly a list of persons.

    An author who is the publisher is an organisation.
    """
    line = " ".join((author or "").split())
    if not line:
        return ()
    if line != publisher:
        inverted = _inverted(line)
        if inverted:
            return (inverted,)
        if ";" in line:
            parts = [part for part in re.split(r"\s*;\s*", line) if part]
            return tuple(_inverted(part) or _person(part) or Name(part) for part in parts)
        names = [_person(part) for part in _BETWEEN.split(_joined_suffix(line)) if part]
        if names and all(names):
            return tuple(name for name in names if name)
    return (Name(line),)


def _joined_suffix(line: str) -> str:
    """ "Ray Bell, Jr." is one person."""
    return re.sub(rf",\s+({_SUFFIX.pattern})(?=$|,|\s)", r" \1", line)


def _inverted(line: str) -> Name | None:
    """ "Nossel, Suzanne": a family name, a comma, and given names."""
    family, comma, given = line.partition(", ")
    if not comma or "," in given or _ORGANISATION.search(line) or _SUFFIX.fullmatch(given):
        return None
    words = family.split()
    last, rest = words[-1:], words[:-1]
    if not _capitalised(last) or any(word.lower() not in _PARTICLES for word in rest):
        return None
    if not given or len(given.split()) > 3 or not _capitalised(given.split()):
        return None
    return Name(family=last[0], given=given, particle=" ".join(rest) or None)


def _person(line: str) -> Name | None:
    """ "Ursula von der Leyen": given names, particles, one family name, perhaps "Jr."."""
    words = line.split()
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else None
    if not 2 <= len(words) <= _MOST_WORDS or _ORGANISATION.search(line):
        return None
    first = len(words) - 1
    while first > 1 and words[first - 1] in _PARTICLES:  # as it is written: "Van" is a given name
        first -= 1
    particle = " ".join(words[first:-1])
    if not _capitalised([*words[:first], words[-1]]):
        return None
    return Name(
        family=words[-1], given=" ".join(words[:first]), particle=particle or None, suffix=suffix
    )


def _capitalised(words: list[str]) -> bool:
    """Words such as names have, and none in capitals throughout, which is an acronym."""
    return all(
        _WORD.fullmatch(w) and w[0].isupper() and not (len(w.strip(".")) > 2 and w.isupper())
        for w in words
    )
