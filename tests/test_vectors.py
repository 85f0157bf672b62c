"""The contract of every vector store, against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from index.encoder import unit
from index.vectors import STORES

ROWS = unit(np.random.default_rng(7).standard_normal((40, 8)).astype(np.float32))
QUESTIONS = unit(np.random.default_rng(8).standard_normal((5, 8)).astype(np.float32))


def brute_force(rows, question, k):
    cosines = rows @ question
    return [(int(row), pytest.approx(cosines[row], abs=1e-5)) for row in np.argsort(-cosines)[:k]]


@pytest.fixture(params=sorted(STORES))
def store_class(request):
    return STORES[request.param]


@pytest.mark.parametrize("k", [1, 7, 40, 1000])
def test_search_gives_what_brute_force_gives(store_class, k):
    store = store_class.build(ROWS)
    for question in QUESTIONS:
        assert store.search(question, k) == brute_force(ROWS, question, k)


def test_equal_rows_come_in_their_order(store_class):
    store = store_class.build(np.repeat(ROWS[:1], 12, axis=0))
    assert [row for row, _ in store.search(ROWS[0], 12)] == list(range(12))
    assert [row for row, _ in store.search(ROWS[0], 5)] == list(range(5))


def test_a_store_comes_back_from_the_disk_with_the_same_rows(store_class, tmp_path):
    store_class.build(ROWS).save(tmp_path / "vectors")
    loaded = store_class.load(tmp_path / "vectors")
    assert np.array_equal(loaded.vectors(), ROWS)
    assert loaded.search(QUESTIONS[0], 3) == brute_force(ROWS, QUESTIONS[0], 3)


def test_an_empty_store_finds_nothing_even_after_the_disk(store_class, tmp_path):
    empty = store_class.build(np.zeros((0, 8), dtype=np.float32))
    empty.save(tmp_path / "vectors")
    for store in (empty, store_class.load(tmp_path / "vectors")):
        assert store.search(QUESTIONS[0], 3) == []
        assert store.vectors().shape == (0, 8)
