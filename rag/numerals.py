"""Numbers as they are written: 70,000 and 70 000, sixty-six, two and a half million, a third."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from index.keywords import primary
from rag.wording import Token, lexicon

_COMMA_DECIMAL = frozenset(lexicon("cs da de el es fi fr hu it nb nl no pl pt ro ru sv tr uk"))
"""Languages that write 70.000 for seventy thousand and 1,5 for one and a half (Unicode CLDR)."""

_UNITS = {
    word: value
    for value, word in enumerate(
        lexicon(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
            "fifteen sixteen seventeen eighteen nineteen"
        )
    )
}
_TENS = {
    word: 10 * tens
    for tens, word in enumerate(
        lexicon("twenty thirty forty fifty sixty seventy eighty ninety"), start=2
    )
}
_SCALES = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "bn": 10**9, "tn": 10**12, "dozen": 12, "decade": 10, "decades": 10, "century": 100,
    "centuries": 100,
}  # fmt: skip
"""What a number before them is multiplied by; a decade is ten years, a century a hundred."""

_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13,
    "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18,
    "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "fortieth": 40, "fiftieth": 50,
    "hundredth": 100,
}  # fmt: skip
_SHARES = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4,
    "fourths": 4, "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "eighth": 8, "eighths": 8,
    "tenth": 10, "tenths": 10,
}  # fmt: skip
_LETTERS = re.compile(r"(?<=\d)[^\W\d_]+$")


def digits(found: Sequence[Token], at: int, language: str) -> tuple[Fraction, str, int] | None:
    """Value, kind and end of a number in digits."""
    token = found[at].text
    if not token[0].isdigit():
        return None
    letters = (_LETTERS.search(token) or [""])[0].casefold()
    figure = "".join(
        str(unicodedata.decimal(c, c)) for c in (token[: -len(letters)] if letters else token)
    )
    if ":" in figure:
        hours, _, minutes = figure.partition(":")
        late = word_at(found, at + 1) == "pm" or letters == "pm"
        whole = f"{hours}.{re.sub('[^0-9]', '', minutes)}"
        return Fraction(whole) + 12 * late, "time", at + 1
    end = at + 1
    value = _value(figure, language)
    if value is None:
        return None
    while re.fullmatch(r"\d{1,3}", figure) and end < len(found):  # 70 000
        group = found[end].text
        if not re.fullmatch(r"\d{3}", group) or (end > at + 1 and value == 0):
            break
        value, end = value * 1000 + int(group), end + 1
    if letters in ("st", "nd", "rd", "th"):
        return value, "ordinal", end
    if letters == "s":
        return value % 100 if value < 100 else value, "decade", end
    if letters in ("am", "pm") or word_at(found, end) in ("am", "pm"):
        late = "pm" in (letters, word_at(found, end))
        return value + 12 * late, "time", end
    scale = {"bn": 10**9, "tn": 10**12, "m": 10**6, "k": 1000}
    if letters in scale:
        return value * scale[letters], "", end
    half = end + 1 < len(found) and re.fullmatch(r"[13]/[234]", found[end].text)
    if half:  # 4 1/2
        return value + Fraction(found[end].text), "", end + 1
    return value, "share" if "/" in figure else "", end


def _value(figure: str, language: str) -> Fraction | None:
    """The value of "3,500", "3.5", "1.234.567" or "3/4"."""
    if "/" in figure:
        top, _, under = figure.partition("/")
        plain = top.isdigit() and under.isdigit() and int(under) > 0
        return Fraction(int(top), int(under)) if plain else None
    point, group = (",", ".") if primary(language) in _COMMA_DECIMAL else (".", ",")
    if re.fullmatch(rf"\d{{1,3}}(\{group}\d\d\d)+(\{point}\d+)?", figure):
        figure = figure.replace(group, "")
    figure = figure.replace(point, ".", 1) if point == "," else figure
    return Fraction(figure) if re.fullmatch(r"\d+(\.\d+)?", figure) else None


def spelled(found: Sequence[Token], at: int) -> tuple[Fraction, str, int] | None:
    """Value, kind and end of a number in words: "two and a half", "sixty-six", "a third"."""
    word, after = found[at].word, word_at(found, at + 1)
    before = found[at - 1].word if at else ""
    if word in ("a", "an") and after in _SCALES:
        return Fraction(1), "", at + 1
    if word in _SHARES and (word == "half" or before in ("a", "one") or after in ("of",)):
        if before in _ORDINALS or (before in ("", "last", "other") and word != "half"):
            return None
        return Fraction(1, _SHARES[word]), "share", at + 1
    if word in _ORDINALS:
        return Fraction(_ORDINALS[word]), "ordinal", at + 1
    total, end = _cardinal(found, at)
    if end == at:
        return None
    follows = found[end + 1 if dash_at(found, end) else end].word if end + 1 < len(found) else ""
    past = end + (2 if dash_at(found, end) else 1)
    if follows in _SHARES and total < 20 and follows != "second":
        return Fraction(int(total), _SHARES[follows]), "share", past
    if follows in _ORDINALS and total in _TENS.values() and _ORDINALS[follows] < 10:
        return total + _ORDINALS[follows], "ordinal", past
    if word == "one" and end == at + 1:
        return _single(found, at, end)
    return total, "", end


def _single(found: Sequence[Token], at: int, end: int) -> tuple[Fraction, str, int] | None:
    """ "One" where it counts: not "no one", "one of", "one another", "one day"."""
    before, after = found[at - 1].word if at else "", word_at(found, end)
    if after == "in" and end + 1 < len(found):
        total, stop = _cardinal(found, end + 1)
        figure = found[end + 1].text
        if stop > end + 1 and total:
            return Fraction(1, int(total)), "share", stop
        if figure.isdigit() and 1 < int(figure) <= 100:
            return Fraction(1, int(figure)), "share", end + 2
    if before in ("no", "any", "every", "the", "this", "that") or after in (
        "", "of", "another", "is", "day", "who", "which", "or", "and", "s",
    ):  # fmt: skip
        return None
    return Fraction(1), "", end


def _cardinal(found: Sequence[Token], at: int) -> tuple[Fraction, int]:
    """A whole number in words and the token behind it; `at` when there is none."""
    total, current, end, place, last = 0, 0, at, at, 0
    while place < len(found):
        word = found[place].word
        if word in _UNITS and (last == 0 or (last >= 20 and _UNITS[word] < 10) or last == 100):
            last = _UNITS[word] or 1
            current += _UNITS[word]
        elif word in _TENS and last in (0, 100):
            last, current = _TENS[word], current + _TENS[word]
        elif word in ("hundred", "thousand", "million", "billion", "trillion") and current:
            scale = _SCALES[word]
            total, current = (total, current * 100) if scale == 100 else (
                total + current * scale, 0)  # fmt: skip
            last = 100
        elif (
            (word == "and" or dash_at(found, place)) and place > at and _goes_on(found, place, last)
        ):
            place += 1
            continue
        else:
            break
        place += 1
        end = place
    return Fraction(total + current), end


def _goes_on(found: Sequence[Token], place: int, last: int) -> bool:
    """True for the hyphen of "sixty-six" and the "and" of "one hundred and six"."""
    after = word_at(found, place + 1)
    number = after in _UNITS or after in _TENS
    if found[place].word == "and":
        return number and last == 100
    return after in _SCALES or (number and (last == 100 or (last >= 20 and after in _UNITS)))


def scaled(value: Fraction, found: Sequence[Token], end: int) -> tuple[Fraction, int]:
    """The value times million, dozen, decade ..., with "and a half" before or after."""
    start = end
    if [t.word for t in found[end : end + 3]] == ["and", "a", "half"]:
        value, start = value + Fraction(1, 2), end + 3
    while True:
        place = start + (dash_at(found, start) or word_at(found, start) in ("a", "an"))
        word = word_at(found, place)
        if word not in _SCALES:
            return value, start
        value, start = value * _SCALES[word], place + 1


def word_at(found: Sequence[Token], at: int) -> str:
    return found[at].word if at < len(found) else ""


def dash_at(found: Sequence[Token], at: int) -> bool:
    return at < len(found) and found[at].text == "-"
