"""The contract of every vector store, against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from index.encoder import unit
from index.vectors import IVF_FROM, STORES, Flat, InvertedLists, suited

EXACT = {"flat"}
"""Stores that miss nothing; the others may, within `RECALL`."""
RECALL = 0.9


def clustered(rows, seed, dimension=16):
    """Unit rows around centres, as vectors of texts lie."""
    centres = np.random.default_rng(7).standard_normal((60, dimension))
    rng = np.random.default_rng(seed)
    noise = 0.4 * rng.standard_normal((rows, dimension))
    return unit((centres[rng.integers(0, 60, rows)] + noise).astype(np.float32))


ROWS = clustered(3000, 1)
QUESTIONS = clustered(40, 2)
FEW = ROWS[:50]


@pytest.fixture(params=sorted(STORES))
def store_class(request):
    return STORES[request.param]


@pytest.fixture(scope="module")
def built():
    """Each store over `ROWS`."""
    return {name: kind.build(ROWS) for name, kind in STORES.items()}


def brute_force(store, question, k, allowed=None):
    cosines = store.vectors() @ question
    order = np.argsort(-cosines, kind="stable")
    order = order if allowed is None else order[allowed[order]]
    return [(int(row), pytest.approx(cosines[row], abs=1e-5)) for row in order[:k]]


@pytest.mark.parametrize("k", [1, 10, 3000, 5000])
def test_search_gives_what_brute_force_gives(built, k):
    assert set(STORES) >= EXACT
    for name, store in built.items():
        hits = 0
        for question in QUESTIONS[: 40 if k == 10 else 5]:
            found, expected = store.search(question, k), brute_force(store, question, k)
            rows = {row for row, _ in found}
            assert len(rows) == len(found) <= min(k, len(ROWS))
            if name in EXACT:
                assert [cosine for _, cosine in found] == [cosine for _, cosine in expected]
            for row, cosine in found:
                assert cosine == pytest.approx(ROWS[row] @ question, abs=2**-11)
            assert found == sorted(found, key=lambda item: (-item[1], item[0]))
            hits += len(rows & {row for row, _ in expected})
        if k == 10:
            assert hits >= RECALL * k * len(QUESTIONS), name


def test_of_few_rows_no_store_misses_one(store_class):
    store = store_class.build(FEW)
    for k in (1, 7, 50, 1000):
        for question in QUESTIONS[:5]:
            assert store.search(question, k) == brute_force(store, question, k)


@pytest.mark.parametrize("share", [0, 0.02, 0.5, 1])
def test_only_rows_that_are_allowed_are_found(built, share):
    allowed = np.random.default_rng(3).random(len(ROWS)) < share
    allowed[-1] = share > 0  # the last bit of the mask counts like the first
    for name, store in built.items():
        hits = wanted = 0
        for question in QUESTIONS[:20]:
            found = store.search(question, 10, allowed)
            expected = brute_force(store, question, 10, allowed)
            assert all(allowed[row] for row, _ in found)
            if name in EXACT:
                assert found == expected
            hits += len({row for row, _ in found} & {row for row, _ in expected})
            wanted += len(expected)
        assert hits >= RECALL * wanted, name
    last = np.zeros(len(ROWS), bool)
    last[-1] = True
    for store in built.values():
        assert [row for row, _ in store.search(ROWS[-1], 3, last)] == [len(ROWS) - 1]


def test_equal_rows_come_in_their_order(store_class):
    for rows, first in ((np.repeat(ROWS[:1], 500, axis=0), 0), (FEW.repeat(4, axis=0), 80)):
        store = store_class.build(rows)
        for k in (3, 4):
            found = [row for row, _ in store.search(rows[first], k)]
            assert found == list(range(first, first + k))


def test_a_store_gives_back_exactly_what_it_holds_however_often(built, tmp_path):
    for name, store in built.items():
        held = store.vectors()
        assert np.abs(held - ROWS).max() <= 2**-12  # half a step of a 16-bit float below 1
        assert np.array_equal(held, held.astype(np.float16))
        store.save(tmp_path / name)
        loaded = type(store).load(tmp_path / name)
        assert loaded.vectors().dtype == np.float32
        assert np.array_equal(loaded.vectors(), held)
        assert np.array_equal(type(store).build(loaded.vectors()).vectors(), held)
        allowed = np.arange(len(ROWS)) % 3 > 0
        for question in QUESTIONS[:5]:
            assert loaded.search(question, 9) == store.search(question, 9)
            assert loaded.search(question, 9, allowed) == store.search(question, 9, allowed)


def test_the_same_rows_make_the_same_file_whatever_was_asked_in_between(store_class, tmp_path):
    """A segment is named after its files."""
    store = store_class.build(ROWS)
    store.save(tmp_path / "one")
    store.search(QUESTIONS[0], 5)
    store.vectors()
    store.save(tmp_path / "two")
    store_class.build(ROWS).save(tmp_path / "three")
    files = {(tmp_path / name).read_bytes() for name in ("one", "two", "three")}
    assert len(files) == 1


def test_an_empty_store_finds_nothing_even_after_the_disk(store_class, tmp_path):
    empty = store_class.build(np.zeros((0, 8), dtype=np.float32))
    empty.save(tmp_path / "vectors")
    for store in (empty, store_class.load(tmp_path / "vectors")):
        assert store.search(FEW[0, :8], 3) == []
        assert store.search(FEW[0, :8], 3, np.zeros(0, bool)) == []
        assert store.vectors().shape == (0, 8)


def test_a_store_suits_its_size(capfd):
    assert [suited(n) for n in (0, IVF_FROM - 1, IVF_FROM)] == [Flat, Flat, InvertedLists]
    InvertedLists.build(FEW).search(FEW[0], 3)
    assert capfd.readouterr().err == ""  # FAISS warns there when it has too few rows
