"""Windows: which runs of sentences there are, how they score, which are chosen."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.late_interaction import Sentences
from rag.windows import Window, best, runs, scores, spans, stored


def sentences(rows, fits) -> Sentences:
    """From (segment, document, number, row, start, end) of each, and their best cosines [q, s]."""
    columns = np.array(rows, np.int64).reshape(-1, 6).T
    segment, document, number, row, start, end = columns
    none = np.zeros(0, np.int64)
    return Sentences(
        segment=segment, number=number, row=row, document=document, start=start, end=end,
        best=np.array(fits, np.float32).reshape(len(fits), len(row)),
        bounds=np.zeros(len(row) + 1, np.int64), codes=np.zeros((0, 4), np.uint8), pieces=none,
        cosines=np.zeros((len(fits), 0), np.float32),
    )  # fmt: skip


def even(count, fits, per_row=2) -> Sentences:
    """Sentences of 10 code points with a space between, of one document."""
    rows = [(0, 0, n, n // per_row, 11 * n, 11 * n + 10) for n in range(count)]
    return sentences(rows, fits)


ONE = np.ones(1, np.float32)
HALVES = np.full(2, 0.5, np.float32)


def test_windows_as_stored_are_the_passages():
    assert stored(even(5, np.zeros((1, 5)))).tolist() == [[0, 2], [2, 4], [4, 5]]
    assert stored(even(0, [])).tolist() == []


@pytest.mark.parametrize(
    ("length", "wanted", "expected"),
    [
        (9, {1}, [[2, 3], [3, 4]]),  # longer than the length, so alone
        (21, {1}, [[1, 3], [2, 4], [3, 5]]),
        (31, {1}, [[1, 3], [2, 4], [3, 5]]),
        (32, {0}, [[0, 3], [1, 4]]),
        (43, {0, 2}, [[0, 4], [1, 5], [2, 6]]),
        (65, {1}, [[0, 6]]),
        (9999, {2}, [[0, 6]]),
        (9999, set(), []),
        (9999, {7}, []),
    ],
)
def test_runs_are_the_longest_that_fit_and_hold_a_sentence_of_a_wanted_passage(
    length, wanted, expected
):
    assert runs(even(6, np.zeros((1, 6))), wanted, length).tolist() == expected


def test_a_run_does_not_cross_to_another_document_nor_over_sentences_that_were_not_read():
    read = sentences(
        [
            (0, 0, 0, 0, 0, 10), (0, 0, 1, 1, 11, 20), (0, 0, 4, 3, 40, 50), (0, 1, 5, 4, 51, 60),
            (1, 1, 6, 5, 61, 70),
        ],
        np.zeros((1, 5)),
    )  # fmt: skip
    assert runs(read, range(9), 1000).tolist() == [[0, 2], [2, 3], [3, 4], [4, 5]]


def test_nothing_read_is_no_window():
    nothing = even(0, np.zeros((1, 0)))
    none = runs(nothing, {0}, 100)
    assert none.tolist() == []
    assert scores(nothing, none, ONE).tolist() == []
    assert best(nothing, none, ONE, 3) == []


def test_a_score_is_the_mean_of_the_fit_of_the_whole_and_of_its_best_sentence():
    read = even(3, [[0.8, 0.0, 0.2], [0.0, 0.6, 0.2]])
    found = scores(read, np.array([[0, 2], [1, 3], [2, 3]]), HALVES)
    whole, alone = [0.7, 0.4, 0.2], [0.4, 0.3, 0.2]
    expected = [(w + a) / 2 for w, a in zip(whole, alone, strict=True)]
    assert found.tolist() == pytest.approx(expected)


def test_windows_that_run_into_a_chosen_one_are_cut_and_scored_again():
    read = even(5, [[0.1, 0.5, 0.9, 0.4, 0.2]])
    windows = runs(read, range(5), 21)
    assert windows.tolist() == [[0, 2], [1, 3], [2, 4], [3, 5]]
    chosen = best(read, windows, ONE, 9)
    assert [(w.first, w.stop, round(w.score, 4)) for w in chosen] == [
        (1, 3, 0.9),
        (3, 4, 0.4),
        (4, 5, 0.2),
        (0, 1, 0.1),
    ]
    assert best(read, windows, ONE, 1) == chosen[:1]
    assert best(read, windows, ONE, 0) == []
    assert spans(chosen).tolist() == [[1, 3], [3, 4], [4, 5], [0, 1]]
    assert spans([]).shape == (0, 2)


def test_of_equal_windows_the_earlier_is_chosen():
    read = even(6, np.full((2, 6), 0.25))
    chosen = best(read, stored(read), HALVES, 9)
    assert chosen == [Window(0, 2, 0.25), Window(2, 4, 0.25), Window(4, 6, 0.25)]


@st.composite
def corpora(draw):
    """Sentences as they are read: passages of documents in segments, with some left out."""
    rows, document, number, row, end = [], 0, 0, 0, 0
    for _ in range(draw(st.integers(0, 12))):
        step = draw(st.sampled_from(["on", "on", "on", "passage", "gap", "document", "segment"]))
        if step == "gap":
            number, end = number + 1, end + 20
        if step in ("document", "segment"):
            document, end = document + 1, 0
        row += step != "on"
        start = end + draw(st.integers(0, 3))
        end = start + draw(st.integers(1, 40))
        rows.append((document // 2, document, number, row, start, end))
        number += 1
    cosine = st.floats(-1, 1, width=16)
    fits = draw(st.lists(st.lists(cosine, min_size=len(rows), max_size=len(rows)), min_size=2,
                         max_size=2))  # fmt: skip
    return sentences(rows, fits), set(draw(st.sets(st.integers(0, row))))


def fit(read, first, stop, weights) -> float:
    """A score, loop by loop."""
    columns = [[float(q[n]) for q in read.best] for n in range(first, stop)]
    together = [max(column[q] for column in columns) for q in range(len(weights))]
    sums = [sum(w * c for w, c in zip(weights, x, strict=True)) for x in (together, *columns)]
    return (sums[0] + max(sums[1:])) / 2


def in_one_piece(read, first, stop) -> bool:
    each = range(first, stop)
    same = {(int(read.segment[n]), int(read.document[n])) for n in each}
    return len(same) == 1 and all(read.number[b] - read.number[a] == 1 for a, b in pairwise(each))


@given(corpora(), st.integers(1, 120))
def test_runs_are_those_of_the_definition(corpus, length):
    read, wanted = corpus
    fitting = [
        (first, stop)
        for first, stop in combinations(range(len(read) + 1), 2)
        if in_one_piece(read, first, stop)
        and (stop == first + 1 or read.end[stop - 1] - read.start[first] <= length)
    ]
    expected = [
        [first, stop]
        for first, stop in fitting
        if not any(a <= first and stop <= b and (a, b) != (first, stop) for a, b in fitting)
        and not wanted.isdisjoint(read.row[first:stop].tolist())
    ]
    assert runs(read, wanted, length).tolist() == expected


@given(corpora(), st.integers(1, 120), st.integers(0, 6))
def test_each_choice_is_the_best_that_is_left_and_none_overlap(corpus, length, k):
    read, wanted = corpus
    weights = np.array([0.7, 0.3], np.float32)
    windows = runs(read, wanted, length)
    left = [set(range(a, b)) for a, b in windows.tolist()]
    expected = [fit(read, min(w), max(w) + 1, weights) for w in left]
    assert scores(read, windows, weights).tolist() == pytest.approx(expected, abs=1e-5)
    chosen = best(read, windows, weights, k)
    for window in chosen:
        own = set(range(window.first, window.stop))
        assert own in left
        assert window.score == pytest.approx(
            fit(read, window.first, window.stop, weights), abs=1e-5
        )
        assert window.score >= max(fit(read, min(w), max(w) + 1, weights) for w in left) - 1e-5
        left = [w - own for w in left if w - own]
    assert len(chosen) == k or not left
