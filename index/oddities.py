"""Characters that make a text read otherwise than it is written, as notes for people.

They stay in the text: a quote is what the file holds. What writing needs is no oddity: joiners in
Arabic, Persian and Indic words and in emoji, zero-width spaces in Thai or Khmer, soft hyphens, a
byte order mark at the beginning, marks of direction. Sources: Unicode Technical Standard 39,
Unicode Technical Report 36, "Trojan Source" (Boucher and Anderson, 2021, CVE-2021-42574).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_JOINED = (  # blocks of Arabic and its kin, Brahmic scripts, Mongolian, and Arabic's old forms
    "\u0600-\u08ff\u0900-\u109f\u1780-\u18af\u1b00-\u1cff\ua840-\uabff"
    "\ufb50-\ufdff\ufe70-\ufefc\U00011000-\U000119ff"
)
_SPACELESS = "\u0e00-\u109f\u1780-\u17ff\u1950-\u1b7f\ua980-\ua9df"  # Thai to Javanese
_EMOJI = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS = "\U000e0001\U000e0020-\U000e007f"
_FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"  # Scotland (UTS 51)
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"

_ALIKE = "аеорсухіјѕһԁԛԝүАВЕЅІЈКМНОРСТУХҮԌԚԜοΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
"""Letters that pass for a Latin one (confusables of UTS 39), Cyrillic and then Greek. Other Greek
letters are left out, which stand beside Latin ones in formulas and names (TNFα, hν, IκB)."""


@dataclass(frozen=True, slots=True)
class _Oddity:
    """What it is called, the characters that can be one, and where they are: group 1 of a match.

    In the patterns the class of characters stands first, so that C looks for it.
    """

    name: str
    characters: str
    places: re.Pattern[str]


def _oddity(name: str, characters: str, normal: str = "(?!)") -> _Oddity:
    """An oddity whose characters are odd except where `normal` holds behind one of them."""
    return _Oddity(name, characters, re.compile(rf"(?s)[{characters}](?:{normal}|())"))


_ODDITIES = (
    _oddity(
        "zero-width character",
        "\u180e\u200b-\u200d\u2060-\u2064\u3164\ufeff\uffa0",
        rf"(?<=\u200b)(?<=[{_SPACELESS}].)|(?<=\u200c)(?<=[{_JOINED}].)|(?<=\A\ufeff)"
        r"|(?<=\u180e)(?<=[\u1820-\u18aa].)"  # Mongolian's vowel separator
        rf"|(?<=\u200d)(?:(?<=[{_JOINED}].)|(?<=[{_EMOJI}].)(?=[{_EMOJI}]))",
    ),
    _oddity("bidirectional override", "\u202d\u202e"),
    _oddity("bidirectional embedding or isolate mark", "\u202a-\u202c\u2066-\u2069"),
    _Oddity("invisible tag character", _TAGS, re.compile(f"{_FLAG}|[{_TAGS}]()")),
    _oddity(
        "stray variation selector",
        _SELECTORS,
        rf"(?<=[\ufe00-\ufe0f])(?<![{_SELECTORS}].)|(?<=[{_HAN}].)",
    ),
    _oddity("private-use character", "\ue000-\uf8ff\U000f0000-\U0010ffff"),
    _oddity("control character", "\0-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ufff9-\ufffb\ufffe\uffff"),
    _oddity("replacement character", "\ufffd"),
)
_SUSPECT = re.compile(f"[{''.join(oddity.characters for oddity in _ODDITIES)}]")
_IMITATING = re.compile(rf"(?s)[{_ALIKE}](?:(?=[{_LATIN}])|(?<=[{_LATIN}].))")
_LATIN_LOOK = re.compile(f"[{_ALIKE}{_LATIN}]+")
_WORD = re.compile(r"[^\W\d_]+")
_WORD_SO_FAR = re.compile(r"[^\W\d_]*\Z")
_FURTHEST_BACK = 50  # letters to the beginning of a word; a bound keeps a long "word" from costing


def odd_characters(text: str) -> tuple[str, ...]:
    """A note for each kind of oddity: how many, and where the first is, in code points from 0."""
    seen = "".join(set(_SUSPECT.findall(text)))
    notes = []
    for oddity in _ODDITIES:
        if not re.search(f"[{oddity.characters}]", seen):
            continue
        odd = [match.end() - 1 for match in oddity.places.finditer(text) if match[1] is not None]
        if odd:
            notes.append(_note(odd, oddity.name, f"{oddity.name}s"))
    if words := _imitations(text):
        looks = "with letters that only look Latin"
        notes.append(_note(words, f"word {looks}", f"words {looks}"))
    return tuple(notes)


def _note(places: list[int], one: str, several: str) -> str:
    if len(places) == 1:
        return f"1 {one}, at character {places[0]:,}"
    return f"{len(places):,} {several}, the first at character {places[0]:,}"


def _imitations(text: str) -> list[int]:
    """Starts of words with Latin letters and others that look it, so that they pass for Latin.

    A word with a letter that nobody takes for a Latin one is no imitation ("PDFом", "TNFα").
    """
    starts = []
    end = 0
    for match in _IMITATING.finditer(text):
        place = match.start()
        if place < end:
            continue
        before = _WORD_SO_FAR.search(text, max(end, place - _FURTHEST_BACK), place)
        word = _WORD.match(text, before.start() if before else place)
        if word:
            end = word.end()
            if _LATIN_LOOK.fullmatch(text, word.start(), end):
                starts.append(word.start())
    return starts
