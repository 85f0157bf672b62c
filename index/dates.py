"""Dates as files have them, as ISO 8601 dates that may be partial: YYYY, YYYY-MM, YYYY-MM-DD.

A date is taken as it is written: no time zone moves it, no clock or locale completes it, so the
same text is the same date on every machine and on every day. "Yesterday" is no date.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

LONGEST = 100
"""Characters of the longest text that is read; a date with its day, time and zone takes 60."""

YEARS = range(1400, 2101)
"""Years that are believed: printing begins in the 15th century, and a later year is a mistake."""

_PIVOT = 69
"""Two-digit years from here are of the 20th century, as POSIX `strptime` has it for %y."""

_FIRST_ISO_YEAR = 1583  # the first full year of the Gregorian calendar

# Names and abbreviations of Unicode CLDR without accents: English, Spanish, French, German,
# Portuguese, Italian, Dutch, Russian, Arabic as in the Gulf and Egypt, the Levant and the Maghreb.
_NAMES = (
    "january jan enero ene janvier janv januar janner janeiro gennaio gen januari"
    " января январь янв يناير كانون_الثاني جانفي",
    "february feb febrero fevrier fevr fev februar feber fevereiro febbraio februari"
    " февраля февраль февр фев فبراير شباط فيفري",
    "march mar marzo mars marz maerz mrz marco maart mrt марта март мар مارس اذار",
    "april apr abril abr avril avr aprile апреля апрель апр ابريل نيسان افريل",
    "may mayo mai maio maggio mag mei мая май مايو ايار ماي",
    "june jun junio juin juni junho giugno giu июня июнь июн يونيو يونيه حزيران جوان",
    "july jul julio juillet juill juil juli julho luglio lug июля июль июл يوليو يوليه تموز جويلية",
    "august aug agosto ago aout augustus августа август авг اغسطس اب اوت",
    "september sept sep septiembre setiembre septembre setembro set settembre sett"
    " сентября сентябрь сент сен سبتمبر ايلول",
    "october oct octubre octobre oktober okt outubro out ottobre ott"
    " октября октябрь окт اكتوبر تشرين_الاول",
    "november nov noviembre novembre novembro ноября ноябрь нояб ноя نوفمبر تشرين_الثاني",
    "december dec diciembre dic decembre dezember dez dezembro dicembre"
    " декабря декабрь дек ديسمبر كانون_الاول",
)


def _plain(text: str) -> str:
    """Small letters without accents, plain hyphens, and no marks of direction (Arabic has them)."""
    apart = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", bare).translate(_SIGNS)


_SIGNS = str.maketrans("‐‑–−", "----", "\u200e\u200f\u061c")
_MONTHS = {
    _plain(name).replace("_", " "): str(number)
    for number, names in enumerate(_NAMES, 1)
    for name in names.split()
}

_LETTER = r"[^\W\d_]"
_MONTH = "|".join(re.escape(name) for name in sorted(_MONTHS, key=len, reverse=True))
_WORD = rf"(?<!{_LETTER})(?P<word>{_MONTH})(?!{_LETTER})"
_WORD_FIRST = rf"(?!(?:ago|out|set)\b){_WORD}"  # "sold out 2024" is no October
_SPACE = r"[\s.,،/_-]{0,3}"
_OF = rf"{_SPACE}(?:(?:of|del?|di|d['’])(?!{_LETTER}){_SPACE})?"
_ORDINAL = r"(?:st|nd|rd|th|er|[°ºªoa])?"
_TIME = r"(?:\d{1,2}:\d\d(?::\d\d)?\s(?:[a-z]{3,4}\s)?)?"  # C's asctime has it before the year
_YEAR, _MONTH_NUMBER, _DAY = r"(?P<year>\d{4})", r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
_ANY_YEAR = r"(?P<year>\d{4}|\d\d)"
_BEFORE = r"(?<!\d)(?<!\d[:./-])"
_AFTER = r"(?!\d|[./-]\d)"

_FORMS = tuple(  # those with a day before those without: what one has read no other reads again
    re.compile(form)
    for form in (
        rf"\b(?:d:)?{_YEAR}(?P<month>\d\d)(?P<day>\d\d)(?:t?\d{{4}}(?:\d\d)?)?(?!\d)",
        rf"\bd:{_YEAR}(?P<month>\d\d)?(?!\d)",  # ISO 32000-2, 7.9.4: all but the year may lack
        rf"{_BEFORE}{_YEAR}(?P<mark>[./-])\s?{_MONTH_NUMBER}(?P=mark)\s?{_DAY}(?!\d)",
        rf"{_BEFORE}{_YEAR}\s?[年년]\s?{_MONTH_NUMBER}\s?[月월](?:\s?{_DAY}\s?[日일])?",
        rf"{_BEFORE}(?P<first>\d{{1,2}})(?P<mark>[./-])\s?(?P<second>\d{{1,2}})(?P=mark)\s?"
        rf"{_ANY_YEAR}{_AFTER}",
        rf"{_BEFORE}{_DAY}{_ORDINAL}{_OF}{_WORD}{_OF}{_ANY_YEAR}(?!\d)",
        rf"{_BEFORE}{_YEAR}{_SPACE}{_WORD}{_SPACE}{_DAY}{_ORDINAL}(?!\w)",
        rf"{_WORD_FIRST}{_SPACE}{_DAY}{_ORDINAL}[\s.,،/_-]{{1,3}}{_TIME}{_YEAR}(?!\d)",
        rf"{_BEFORE}{_YEAR}[./-]{_MONTH_NUMBER}{_AFTER}",
        rf"{_BEFORE}{_MONTH_NUMBER}[./-]{_YEAR}{_AFTER}",
        rf"{_WORD_FIRST}{_OF}{_YEAR}(?!\d)",
        rf"\A\W*{_WORD}{_OF}{_YEAR}\W*\Z",
        rf"\A\W*{_YEAR}\W*\Z",
    )
)
_OTHER_MONTH = re.compile(rf"(?!mar\b){_WORD}")  # "mar." is Tuesday in three languages


def normalised(text: str) -> tuple[str, bool] | None:
    """The first date in a short text, and True when it is uncertain; None when there is none.

    Uncertain is a date that can be read in two ways (03/04/2021 is read day first, as most of the
    world has it; 12.03.2024 with dots is certain), a year of two digits, one of several dates, and
    a year before 1583, which ISO 8601 leaves to agreement and may be one of another calendar.
    """
    if len(text) > LONGEST:
        return None
    rest = _plain(text)
    found: list[tuple[int, str, bool]] = []
    for form in _FORMS:
        for match in form.finditer(rest):
            if date_read := _read(match.groupdict()):
                found.append((match.start(), *date_read))
        rest = form.sub(lambda match: "x" * len(match[0]), rest)
    if not found:
        return None
    _, first, uncertain = min(found)
    several = len({day for _, day, _ in found}) > 1 or _OTHER_MONTH.search(rest)
    return first, uncertain or bool(several)


def _read(parts: Mapping[str, str | None]) -> tuple[str, bool] | None:
    """The date that the parts of a form make, None when the calendar does not have it."""
    year, short = int(parts["year"] or 0), len(parts["year"] or "") == 2
    if short:
        year += 1900 if year >= _PIVOT else 2000
    month, day = parts.get("month") or _MONTHS.get(parts.get("word") or ""), parts.get("day")
    either_way = False
    if first := parts.get("first"):
        day, month, either_way = _in_order(first, parts["second"] or "", parts["mark"] or "")
    if year not in YEARS:
        return None
    try:
        date(year, int(month or 1), int(day or 1))
    except ValueError:
        return None
    numbers = [f"{int(part):02}" for part in (month, day) if part]
    return "-".join((f"{year:04}", *numbers)), short or either_way or year < _FIRST_ISO_YEAR


def _in_order(first: str, second: str, mark: str) -> tuple[str, str, bool]:
    """Day, month, and True when they could be the other way round."""
    if int(second) > 12:
        return second, first, False
    return first, second, mark != "." and int(first) <= 12 and int(first) != int(second)
