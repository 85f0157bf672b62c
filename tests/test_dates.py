"""Dates: each form that files have, what is uncertain, and what is no date."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dates import LONGEST, YEARS, normalised
from index.metadata import is_date

CERTAIN = {
    "2021-03-01T23:30:00-05:00": "2021-03-01",  # the day as written, not the one in Greenwich
    "2024-03-12 10:15:00.123456+00:00": "2024-03-12",
    "20240312T101500Z": "2024-03-12",
    "D:20240312101500+01'00'": "2024-03-12",
    "D:202403": "2024-03",
    "D:2024": "2024",
    "Tue, 12 Mar 2024 10:15:00 -0500 (EST)": "2024-03-12",
    "Tue Mar 12 10:15:00 2024": "2024-03-12",
    "Tue Mar 12 10:15:00 CET 2024": "2024-03-12",
    "12/Mar/2024:10:15:00 +0100": "2024-03-12",
    "Published: March 12th, 2024 at 10:15 am": "2024-03-12",
    "12 March 2024": "2024-03-12",
    "Mar 2024": "2024-03",
    "12.03.2024": "2024-03-12",
    "2024/03/12": "2024-03-12",
    "2024. 3. 12.": "2024-03-12",
    "03/2024": "2024-03",
    "(2024)": "2024",
    "13/04/2021": "2021-04-13",
    "04/13/2021": "2021-04-13",
    "04/04/2021": "2021-04-04",
    "12. März 2024": "2024-03-12",
    "Ma\u0308rz 2024": "2024-03",
    "1er août 2023": "2023-08-01",
    "12 de marzo de 2024": "2024-03-12",
    "1º de maio de 2024": "2024-05-01",
    "8 marzo 2024": "2024-03-08",
    "8 марта 2024 г.": "2024-03-08",
    "١٢ مارس ٢٠٢٤": "2024-03-12",
    "12 كانون الثاني 2024": "2024-01-12",
    "2024年3月12日": "2024-03-12",
    "12–14 March 2024": "2024-03",  # neither day is the date
}

UNCERTAIN = {
    "03/04/2021": "2021-04-03",
    "12\u200f/3\u200f/2024": "2024-03-12",
    "12.03.24": "2024-03-12",
    "Tue, 12 Mar 96 10:15:00 GMT": "1996-03-12",
    "12 March 2024, updated 14 March 2024": "2024-03-12",
    "June 30 - July 2, 2024": "2024-07-02",
    "1445/09/12": "1445-09-12",
}

NO_DATES = (
    *(
        "",
        "yesterday",
        "3 days ago",
        "March 12",
        "31 February 2024",
        "2024-13-01 (2024)",
        "2024-13-01",
        "29/02/2023",
    ),
    *("2024-W11", "2024-072", "1399", "2101", "version 1.2.3", "192.168.1.2024", "10.12.20.24"),
    *("1710238500", "sold out 2024", "D:191040312101500", "2024-03-12" + " " * LONGEST),
)


@pytest.mark.parametrize(("text", "expected"), CERTAIN.items())
def test_a_date_that_can_be_read_in_one_way(text: str, expected: str) -> None:
    assert normalised(text) == (expected, False)


@pytest.mark.parametrize(("text", "expected"), UNCERTAIN.items())
def test_a_date_that_is_uncertain(text: str, expected: str) -> None:
    assert normalised(text) == (expected, True)


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date(text: str) -> None:
    assert normalised(text) is None


days = st.dates(date(1583, 1, 1), date(YEARS[-1], 12, 31))
FIGURES = ("{0:%Y-%m-%d}", "{0:%Y%m%d}", "{0.day}.{0.month}.{0.year}", "{0:%Y}年{0:%m}月{0:%d}日")
MONTHS = (
    "January February March April May June July August September October November December",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
)


@given(days, st.sampled_from(FIGURES), st.sampled_from(["", " 10:15", " 23:59:59 -0500"]))
def test_every_day_is_read_back_from_figures(day: date, form: str, time: str) -> None:
    assert normalised(form.format(day) + time) == (day.isoformat(), False)


@given(days, st.sampled_from(MONTHS), st.sampled_from(["{0} {1} {2}", "{0} de {1} de {2}"]))
def test_every_day_is_read_back_from_words(day: date, names: str, form: str) -> None:
    month = names.split()[day.month - 1]
    assert normalised(form.format(day.day, month, day.year)) == (day.isoformat(), False)
    assert normalised(f"{month.upper()} {day.year}") == (day.isoformat()[:7], False)


@given(st.text(st.characters() | st.sampled_from("0123456789-/.:, MarD年"), max_size=LONGEST + 5))
def test_any_text_has_a_real_date_or_none(text: str) -> None:
    read = normalised(text)
    assert read is None or (is_date(read[0]) and int(read[0][:4]) in YEARS)
