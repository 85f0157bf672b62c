"""Odd characters are told to people; what a script or an emoji needs is not odd."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.oddities import odd_characters

NORMAL = {
    "Latin": "Zoë paid 3,500 kr. – “at once”, said the coun\u00adcil\tof\r\n\fthe harbour…\x85",
    "mark at the start": "\ufeffThe bell",
    "Persian": "می‌خواهم کتاب‌ها را بخوانم",
    "Hindi": "क्‍ष न्‌",
    "Arabic with marks of direction": "الميناء\u200f (Ostrel)\u200e",
    "Thai": "ภาษา\u200bไทย",
    "Mongolian": "ᠬᠠᠷ\u180eᠠ",
    "emoji": "👩‍👩‍👧 👨🏽‍⚕️ ❤️‍🔥 🏳️‍🌈 ©️",
    "Scotland's flag": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "a variant of a Han character": "葛\U000e0100",
    "formulas and names": "TNFα hν IκB μm β-catenin Δt kΩ",
    "Russian with Latin words": "Совет порта, USB-порт, PDFом",
    "Greek": "Καλημέρα κόσμε",
}

ODD = {
    "har\u200bbour and a\u200cb": "2 zero-width characters, the first at character 3",
    "be\ufeffll": "1 zero-width character, at character 2",
    "क्\u200d\u200d": "1 zero-width character, at character 3",
    "👩\u200dx": "1 zero-width character, at character 1",
    "if \u202eadmin\u202d": "2 bidirectional overrides, the first at character 3",
    "if \u2066x\u2069": "2 bidirectional embedding or isolate marks, the first at character 3",
    "hi\U000e0068\U000e0069": "2 invisible tag characters, the first at character 2",
    "🏴\U000e0068\U000e0069": "2 invisible tag characters, the first at character 1",
    "a\ufe0f\ufe01\U000e0101": "2 stray variation selectors, the first at character 2",
    "\ue000 and \U000f0000": "2 private-use characters, the first at character 0",
    "be\x1b[2Jll\0": "2 control characters, the first at character 2",
    "a be\ufffdll": "1 replacement character, at character 4",
    "the pаypal hаrbour": "2 words with letters that only look Latin, the first at character 4",
    "in Αthens": "1 word with letters that only look Latin, at character 3",
    "x" * 1203 + " \u202e": "1 bidirectional override, at character 1,204",
}


@pytest.mark.parametrize("text", NORMAL.values(), ids=NORMAL)
def test_what_writing_needs_is_not_odd(text: str) -> None:
    assert odd_characters(text) == ()


@pytest.mark.parametrize(("text", "note"), ODD.items())
def test_an_odd_character_is_counted_and_placed(text: str, note: str) -> None:
    assert odd_characters(text) == (note,)


def test_each_kind_has_a_note_of_its_own() -> None:
    kinds = "\u200b \u202e \u2066 \U000e0067 \U000e0101 \ue000 \x01 \ufffd pаy"
    assert len(odd_characters(kinds)) == 9


@given(st.text(st.sampled_from("abc xyz.é\n")), st.sampled_from("\u2060\u202e\ue000\x07\ufffd"))
def test_the_place_is_that_of_the_first(before: str, odd: str) -> None:
    [note] = odd_characters(before + odd + before + odd)
    assert note.startswith("2 ")
    assert note.endswith(f" {len(before):,}")


@pytest.mark.parametrize("unit", ["аa", "аa ", "x" * 60 + "а", "\u200d", "🏴\U000e0067", "а"])
def test_the_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    """Measured at 0.3 s at most for a million characters; a quadratic way takes minutes."""
    text = unit * (300_000 // len(unit))
    begun = time.perf_counter()
    odd_characters(text)
    assert time.perf_counter() - begun < 5
