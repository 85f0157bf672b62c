"""Word pieces of many texts, against plain lists of what was put in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.codec import CODECS
from index.encoder import Encoded, unit
from index.token_table import TokenTable

CODEC = CODECS["int8"](4)
DIRECTIONS = unit(np.random.default_rng(5).standard_normal((16, 4)).astype(np.float32))

PIECES = st.one_of(st.integers(0, 15), st.sampled_from([65_535, 65_536, 250_001]))
ROWS = st.lists(st.tuples(PIECES, st.integers(0, 70_000)), max_size=4)
TEXTS = st.lists(ROWS, max_size=5)
"""Texts as (vocabulary number, code point) pairs, on both sides of two bytes."""


def encoded(text):
    pieces = np.array([piece for piece, _ in text], np.int32)
    return Encoded(
        vector=DIRECTIONS[0],
        tokens=DIRECTIONS[pieces % 16],
        pieces=pieces,
        offsets=np.array([(start, start + 2) for _, start in text], np.int32).reshape(-1, 2),
    )


def table(texts):
    return TokenTable.of([encoded(text) for text in texts], CODEC)


def read(made):
    """The texts again, as pairs; codes are compared on the way."""
    texts = []
    for number in range(len(made)):
        rows = made.rows(number)
        pieces, starts = made.pieces[rows].tolist(), made.starts[rows].tolist()
        codes = CODEC.encode(DIRECTIONS[np.array(pieces, np.int64) % 16])
        assert np.array_equal(made.codes[rows], codes)
        texts.append(list(zip(pieces, starts, strict=True)))
    return texts


def same(one, other):
    for name in ("bounds", "codes", "starts", "pieces"):
        ours, theirs = getattr(one, name), getattr(other, name)
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), name
        assert np.array_equal(ours, theirs), name


@given(TEXTS)
def test_a_table_gives_back_each_texts_pieces(texts):
    made = table(texts)
    assert len(made) == len(texts)
    assert read(made) == texts
    for numbers in (made.starts, made.pieces):
        assert numbers.dtype == (np.uint32 if numbers.max(initial=0) >= 2**16 else np.uint16)


@given(st.lists(TEXTS, min_size=1, max_size=3), st.data())
def test_joined_and_taken_tables_are_those_made_at_once(runs, data):
    texts = [text for run in runs for text in run]
    whole = TokenTable.join([table(run) for run in runs])
    same(whole, table(texts))
    keep = data.draw(st.lists(st.sampled_from(range(len(texts))), unique=True) if texts
                     else st.just([]))  # fmt: skip
    same(whole.take(np.array(keep, np.int64)), table([texts[row] for row in keep]))


@given(TEXTS)
def test_document_frequency_counts_texts_and_not_occurrences(texts):
    counts = table(texts).document_frequency()
    held = [{piece for piece, _ in text} for text in texts]
    every = set().union(*held)
    assert len(counts) == max(every, default=-1) + 1
    assert {piece: int(counts[piece]) for piece in every} == {
        piece: sum(piece in one for one in held) for piece in every
    }
    assert counts.sum() == sum(map(len, held))


@pytest.mark.parametrize("texts", [[], [[]], [[], []]])
def test_texts_without_pieces_are_a_table_all_the_same(texts):
    made = table(texts)
    assert len(made) == len(texts)
    assert made.codes.shape == (0, CODEC.width)
    assert made.document_frequency().tolist() == []
