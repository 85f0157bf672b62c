"""What counts as a repeat, and into which group it goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.duplicates import THRESHOLD, grouped

LONG = " ".join(f"w{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(102))
"""102 different words: 100 shingles."""


def changed(text: str, *places: int, by: str = "zebra") -> str:
    words = text.split()
    for place in places:
        words[place] = by
    return " ".join(words)


@pytest.mark.parametrize(
    ("one", "other", "repeats"),
    [
        ("A boat in the ice.", "a  boat, in\nthe ICE", True),
        ("A boat in the ice.", "A boat on the ice.", False),
        ("Ice.", "ice!", True),
        ("The ice", "The ice broke", False),
        ("The ice", "The bell", False),
        (LONG, changed(LONG, 10, 50, 90), True),  # 91 shingles of 109: .83
        (LONG, changed(LONG, 10, 30, 50, 90), False),  # 88 of 112: .79
        (LONG, changed(LONG, 101), True),
        (LONG, changed(LONG, 101, by="41"), False),
        (changed(LONG, 50, by="40"), changed(LONG, 50, by="41"), False),
    ],
)
def test_a_passage_repeats_another_when_their_runs_of_words_and_their_figures_agree(
    one, other, repeats
):
    assert grouped([one, other], str, 9) == ([[one, other]] if repeats else [[one], [other]])


def test_a_repeat_goes_to_the_first_it_resembles_and_not_by_way_of_a_third():
    steps = [LONG, changed(LONG, 10, 50, 90), changed(LONG, 10, 30, 50, 70, 90)]
    assert grouped(steps, str, 9) == [steps[:2], steps[2:]]
    assert grouped([steps[1], steps[0], steps[2]], str, 9) == [[steps[1], steps[0], steps[2]]]


def test_once_there_are_k_groups_only_their_repeats_are_taken():
    ranked = enumerate(["ice", "bell", "ice", "boat", "bell", "boat"])
    assert grouped(ranked, lambda item: item[1], 2) == [[(0, "ice"), (2, "ice")],
                                                       [(1, "bell"), (4, "bell")]]  # fmt: skip
    assert grouped(["ice"], str, 0) == []


words = st.lists(st.sampled_from(["ice", "bell", "7", "to"]), max_size=7).map(" ".join)


@given(st.lists(words, max_size=12), st.integers(0, 5))
def test_groups_are_those_of_the_definition(texts, k):
    def runs(text):
        found = text.split()
        return {tuple(found[i : i + 3]) for i in range(max(1, len(found) - 2))}

    def repeats(one, other):
        a, b = runs(one), runs(other)
        same = ("7" in one) == ("7" in other)
        return same and len(a & b) / len(a | b) >= THRESHOLD

    expected: list[list[str]] = []
    for text in texts:
        home = next((group for group in expected if repeats(text, group[0])), None)
        if home is not None:
            home.append(text)
        elif len(expected) < k:
            expected.append([text])
    assert grouped(texts, str, k) == expected
