"""Near-duplicates: the estimates are held to the shares that they estimate."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sketches import HELD, NEAR, RUN, SIZE, contained, resembling, sketch


def made_text(words: int, seed: int) -> list[str]:
    """Words of a language that nobody speaks, as often used as those of real ones (Zipf)."""
    chance = random.Random(seed)  # noqa: S311
    return [f"w{int(chance.paretovariate(0.7))}" for _ in range(words)]


def runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def likeness(one: str, other: str) -> float:
    return float(resembling(sketch(one), sketch(other)[None])[0])


def test_case_punctuation_and_line_ends_do_not_count() -> None:
    one = "The harbour of Ostrel froze twice. Forty-two boats lay fast until the thaw."
    other = re.sub(r"[ -]", "\r\n", one.upper()).replace(".", " – ")
    assert (sketch(one) == sketch(other)).all()


def test_the_estimate_is_that_of_the_common_runs() -> None:
    """Mean error near 0 and none beyond four standard errors, for shares of 0.05 to 0.95."""
    errors = []
    for number in range(40):
        kept = 25 + 24 * number
        one = made_text(1000, number)
        other = one[:kept] + made_text(1000 - kept, 1000 + number)
        share = len(runs(one) & runs(other)) / len(runs(one) | runs(other))
        error = likeness(" ".join(one), " ".join(other)) - share
        assert abs(error) <= 4 * (share * (1 - share) / SIZE) ** 0.5 + 1 / SIZE
        errors.append(error)
    assert abs(sum(errors) / len(errors)) < 0.02


def test_a_copy_with_changes_is_near_and_another_text_is_not() -> None:
    article, other = made_text(2000, 1), made_text(2000, 2)
    chance = random.Random(3)  # noqa: S311
    copy = [word if chance.random() > 0.05 else "edited" for word in article]
    assert likeness(" ".join(article), " ".join(copy)) >= NEAR
    assert likeness(" ".join(article), " ".join(other)) < 0.1


def test_an_article_inside_a_page_is_held_by_it_and_not_the_other_way_round() -> None:
    article, page = made_text(1000, 1), made_text(5000, 2)
    long, short = sketch(" ".join(page[:2500] + article + page[2500:])), sketch(" ".join(article))
    assert contained(short, long[None])[0] >= HELD
    assert contained(long, short[None])[0] < 0.5
    assert contained(short, sketch(" ".join(page))[None])[0] == 0


def test_text_without_spaces_is_compared_by_characters() -> None:
    text = "港口城市的议会星期一开会决定支付新钟的费用渔民们说旧钟在冬天的风暴中破裂了"
    assert likeness(text, text[:-3] + "来过") >= NEAR
    assert likeness(text, text[::-1]) == 0


@pytest.mark.parametrize("nothing", ["", " \n", "– … !"])
def test_a_text_without_words_resembles_nothing(nothing: str) -> None:
    others = np.stack([sketch(nothing), sketch("The bell rang.")])
    assert resembling(sketch(nothing), others).tolist() == [0, 0]
    assert contained(sketch(nothing), others).tolist() == [0, 0]


def test_a_sketch_is_the_same_in_every_process_and_release() -> None:
    """Sketches are kept in indexes: another value would part old documents from new ones."""
    made = sketch("The harbour of Ostrel froze twice in the winter of 2019.")
    assert made.dtype == np.uint32
    assert made[:3].tolist() == [564712735, 1085704291, 512302609]


@given(st.text(max_size=200), st.text(max_size=200))
def test_likeness_is_symmetric_and_that_of_a_text_with_itself_is_1(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert likeness(f"{one} bell", f"{one} bell") == 1
