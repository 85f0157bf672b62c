"""Numbers and dates of a text as values, so that "sixty-six" is 66 and "Jan. 7" is 7 January.

Digits are read in every language, grouped as that language groups them; number words, months and
what stands before a number ("more than") in English only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rag.numerals import dash_at, digits, scaled, spelled, word_at
from rag.wording import Token, lexicon, tokens

_PLURALS = frozenset(
    lexicon("dozens scores hundreds thousands millions billions trillions twice once thrice")
)
_DECADES = {
    "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70,
    "eighties": 80, "nineties": 90,
}  # fmt: skip
_CURRENCIES = {
    "$": "$", "€": "€", "£": "£", "¥": "¥", "dollar": "$", "dollars": "$", "euro": "€",
    "euros": "€", "pound": "£", "pounds": "£", "yen": "¥",
}  # fmt: skip
_MONTHS = {
    form: number
    for number, name in enumerate(
        lexicon("january february march april may june july august september october november "
        "december"), 1
    )
    for form in (name, name[:3], name[:4] if name == "september" else name)
}  # fmt: skip
_AMBIGUOUS = frozenset({"may", "march", "mar"})
_BOUNDS = {
    "more than": "more", "over": "more", "above": "more", "in excess of": "more",
    "just over": "more", "upwards of": "more", "at least": "least", "no fewer than": "least",
    "no less than": "least", "not less than": "least", "fewer than": "less", "less than": "less",
    "under": "less", "below": "less", "just under": "nearly", "up to": "most", "at most": "most",
    "no more than": "most", "not more than": "most", "as many as": "most", "as much as": "most",
    "about": "about", "around": "about", "some": "about", "roughly": "about", "circa": "about",
    "approximately": "about", "approx": "about", "estimated": "about", "an estimated": "about",
    "nearly": "nearly", "almost": "nearly", "close to": "nearly", "not": "not",
}  # fmt: skip
_ADMITS = {
    "": {"about", "least", "most"}, "more": {"least"}, "less": {"most"},
    "nearly": {"about", "less", "most"},
}  # fmt: skip
"""What may be said instead, being weaker: exactly 9 are at least 9, more than 9 are not just 9."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text. `kind` is "" for a count, "share", "ordinal", "decade", "time" or a
    currency sign; `bound` says how it is meant ("more", "least", "about", ..., "" for exactly);
    `start` and `end` are places among the text's tokens."""

    value: Fraction
    kind: str
    bound: str
    start: int
    end: int

    def bears(self, claim: Number) -> bool:
        """True when a text that gives this number may be restated with the claim's."""
        bounded = claim.bound == self.bound or claim.bound in _ADMITS.get(self.bound, ())
        return self.same(claim) and bounded

    def same(self, other: Number) -> bool:
        kinds = {self.kind, other.kind}
        return self.value == other.value and (len(kinds) == 1 or kinds == {"", "year"})


@dataclass(frozen=True, slots=True)
class Date:
    """A day, a month of a year, or part of one; `others` are further readings of 7/1/2026."""

    year: int | None
    month: int | None
    day: int | None
    start: int
    end: int
    others: tuple[tuple[int, int], ...] = ()

    def bears(self, claim: Date, years: frozenset[int]) -> bool:
        """True when each part of the claim's date is this one's; a year may stand beside it."""
        year = claim.year in (None, self.year) or (
            self.year is None and years == frozenset({claim.year})
        )
        readings = {(self.month, self.day), *self.others}
        asked = {(claim.month, claim.day), *claim.others}
        fits = any(
            month == own_month and day in (None, own_day)
            for month, day in asked
            for own_month, own_day in readings
        )
        return year and fits


def facts(text: str, language: str = "en") -> tuple[tuple[Number, ...], tuple[Date, ...]]:
    """The numbers and the dates of a text, in order; a year alone is a number, and so is that of a
    date. A number that cannot be read is left to the comparison of words."""
    found = tokens(text)
    dates = _dates(found)
    inside = {place: date for date in dates for place in range(date.start, date.end)}
    result: list[Number] = []
    at = 0
    while at < len(found):
        if at in inside:
            date, at = inside[at], inside[at].end
            if date.year is not None:
                result.append(Number(Fraction(date.year), "year", "", date.start, at))
            continue
        number = _number(found, at, language)
        if number:
            result.append(number)
        at = number.end if number else at + 1
    return tuple(result), dates


def _number(found: Sequence[Token], at: int, language: str) -> Number | None:
    """The number that begins at a token, with its scale, unit and bound."""
    token = found[at]
    word = token.word
    if word in _PLURALS:
        return Number(Fraction(sum(word.encode())), f"word {word}", "", at, at + 1)
    if word in _DECADES:
        return Number(Fraction(_DECADES[word]), "decade", "", at, at + 1)
    read = digits(found, at, language) or spelled(found, at)
    if read is None:
        return None
    value, kind, end = read
    if kind in ("", "share"):
        scaled_value, scaled_end = scaled(value, found, end)
        if scaled_end > end:
            value, kind, end = scaled_value, "", scaled_end
        value, kind, end = _with_unit(value, kind, found, at, end)
    return Number(value, kind, _bound(found, at, end), at, end)


def _with_unit(
    value: Fraction, kind: str, found: Sequence[Token], at: int, end: int
) -> tuple[Fraction, str, int]:
    """Per cent make a share; a currency is part of the number."""
    place = end + dash_at(found, end)
    word = word_at(found, place)
    sign = found[place].text if place < len(found) else ""
    if sign == "%" or word in ("percent", "pct") or (word, word_at(found, place + 1)) == (
        "per", "cent",
    ):  # fmt: skip
        return value / 100, "share", place + (2 if word == "per" else 1)
    if word == "percentage":
        return value, "points", place + 1
    currency = _CURRENCIES.get(found[at - 1].text if at else "") or _CURRENCIES.get(sign.casefold())
    return value, currency or kind, end


def _bound(found: Sequence[Token], start: int, end: int) -> str:
    """How a number is meant, from the words before it ("more than") and behind ("or more")."""
    while start and (found[start - 1].word in ("a", "an", "us") or found[start - 1].text in "$€£¥"):
        start -= 1
    behind = " ".join(t.word for t in found[end : end + 2])
    if behind == "or more" or (end < len(found) and found[end].text == "+"):
        return "least"
    if behind in ("or fewer", "or less"):
        return "most"
    for size in (3, 2, 1):
        before = found[max(0, start - size) : start]
        bound = _BOUNDS.get(" ".join(t.text.casefold() for t in before))
        if bound:
            return bound
    return ""


def _dates(found: Sequence[Token]) -> tuple[Date, ...]:
    result: list[Date] = []
    at = 0
    while at < len(found):
        date = _date(found, at)
        if date:
            result.append(date)
        at = date.end if date else at + 1
    return tuple(result)


def _date(found: Sequence[Token], at: int) -> Date | None:
    """The date that begins at a token: 2026-01-07, 7/1/2026, 7 January 2026, Jan. 7, 2026, May."""
    text = found[at].text
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        iso = [int(part) for part in text.split("-")]
        return Date(iso[0], iso[1], iso[2], at, at + 1)
    if re.fullmatch(r"\d{1,2}([/.])\d{1,2}\1\d{4}", text):
        one, two, full = (int(part) for part in re.split("[/.]", text))
        return Date(full, two, one, at, at + 1, ((one, two),))
    day, end = _day(found, at)
    if day is not None:
        end += word_at(found, end) == "of"
        month, end = _month(found, end, certain=True)
        if month is None:
            return None
    else:
        month, end = _month(found, at, certain=False)
        if month is None:
            return None
        day, end = _day(found, end)
    comma = end < len(found) and found[end].text == ","
    year_token = found[end + comma].text if end + comma < len(found) else ""
    if re.fullmatch(r"[12]\d{3}", year_token):
        return Date(int(year_token), month, day, at, end + comma + 1)
    return Date(None, month, day, at, end)


def _month(found: Sequence[Token], at: int, certain: bool) -> tuple[int | None, int]:
    """The month named at a token; "may" and "march" only where they can be nothing else."""
    if at >= len(found) or found[at].word not in _MONTHS or not found[at].capital:
        return None, at
    token = found[at]
    dotted = at + 1 < len(found) and found[at + 1].text == "." and len(token.word) <= 4
    end = at + 1 + (dotted and at + 2 < len(found))
    followed = end < len(found) and found[end].text[0].isdigit()
    if token.word in _AMBIGUOUS and token.initial and not certain and not followed:
        return None, at
    return _MONTHS[token.word], end


def _day(found: Sequence[Token], at: int) -> tuple[int | None, int]:
    """The day of the month at a token: 7, 7th; None for anything else."""
    match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", found[at].text) if at < len(found) else None
    if match and 1 <= int(match[1]) <= 31:
        return int(match[1]), at + 1
    return None, at
