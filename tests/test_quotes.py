"""Quotes are found exactly, or the same but for typography, or not at all."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from test_splitting import TEXTS

from rag.quotes import locate_quote

MARKS = {
    **dict.fromkeys("‘’‚‛`´′", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
}
INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"


def plain(text: str) -> str:
    """The documented normalisation, written a second time and by the word of the docstring."""
    text = "".join(c for c in text if c not in INVISIBLE)
    text = "".join(
        c if unicodedata.category(c) == "No" or c.isspace() else unicodedata.normalize("NFKC", c)
        for c in text
    )
    return " ".join("".join(MARKS.get(c, c) for c in text.replace("…", "...")).split())


@given(TEXTS, st.data())
def test_an_exact_substring_is_found_exactly(text, data):
    assume(text)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end].strip()
    assume(quote)
    found = locate_quote(text, text[start:end])
    assert found is not None
    assert text[slice(*found)] == quote
    within = locate_quote(text, quote, start, end)
    assert within is not None
    assert start <= within[0] < within[1] <= end


TYPOGRAPHY = st.sampled_from(
    ["'", "’", '"', "”", "-", "–", " ", "\u00a0", "\n", "\u00ad", "\u200b", "…", "..."]
)
WORDS = st.sampled_from(["ice", "No", "3", "ﬁne", "fine", "ＡＢ", "20²", "½", "e\u0301", "."])
CHARACTERS = st.lists(TYPOGRAPHY | WORDS, min_size=1, max_size=12).map("".join)


@given(CHARACTERS, CHARACTERS, CHARACTERS)
def test_what_is_found_is_the_quote_but_for_typography(before, quote, after):
    text = before + quote + after
    for asked in (quote, plain(quote), quote.replace(" ", "\n"), quote.upper()):
        found = locate_quote(text, asked)
        assert found is None or plain(text[slice(*found)]) == plain(asked)


@given(
    st.lists(st.sampled_from([" ", "ice ", "’", "“", "\u00ad", "—", "\u00a0"]), max_size=8),
    st.integers(0, 10**6),
)
def test_a_changed_digit_is_never_found(around, number):
    text = f"It rose to x{number}x {''.join(around)} in May."
    assert locate_quote(text, f"x{number}x") is not None
    assert locate_quote(text, f"x{number + 1}x") is None
    assert locate_quote(text, f"x{number}0x") is None


FOUND = [
    ("He said “no one’s left” – twice.", '"no one\'s left" - twice', "“no one’s left” – twice"),
    ("The co\u00adoper\u00adation held.", "cooperation held", "co\u00adoper\u00adation held"),
    ("Ten\u00a0thousand\r\n  boats", "Ten thousand boats", "Ten\u00a0thousand\r\n  boats"),
    ("The ﬁne ice… broke", "The fine ice... broke", "The ﬁne ice… broke"),
    ("It says: “It broke.”", " “It broke.” ", "“It broke.”"),
    ("bell bell", "bell", "bell"),
]


@pytest.mark.parametrize(("text", "quote", "expected"), FOUND)
def test_typography_may_differ_and_the_sources_own_characters_are_shown(text, quote, expected):
    found = locate_quote(text, quote)
    assert found is not None
    assert text[slice(*found)] == expected
    assert found[0] == text.index(expected)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("In 20² boats", "In 202 boats"),  # a footnote mark is not a digit
        ("Section ② holds", "Section 2 holds"),
        ("a ﬁne day", "ine day"),  # half a character
        ("ice… broke", ".. broke"),
        ("The Ice broke", "The ice broke"),
        ("ice not broken", "ice broken"),
        ("anything", "  "),
        ("anything", "\u200b"),
        ("", "x"),
    ],
)
def test_what_does_not_stand_there_is_not_found(text, quote):
    assert locate_quote(text, quote) is None


def test_only_the_given_range_is_searched():
    text = "The bell rang. The bell rang."
    assert locate_quote(text, "The bell rang.", 1) == (15, 29)
    assert locate_quote(text, "bell rang", 6, 14) is None
