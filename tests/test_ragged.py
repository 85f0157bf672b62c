"""Lists of different lengths in flat arrays, against plain lists of lists."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.ragged import Altered, Blob, bounds_of, joined, taken

LISTS = st.lists(st.lists(st.integers(0, 99), max_size=4), max_size=6)


def flat(lists):
    return np.array([number for one in lists for number in one], np.int64)


def read(bounds, numbers):
    return [numbers[a:b].tolist() for a, b in pairwise(bounds)]


@given(LISTS)
def test_bounds_say_where_each_list_lies(lists):
    bounds = bounds_of(map(len, lists))
    assert bounds.dtype == np.int64
    assert len(bounds) == len(lists) + 1
    assert read(bounds, flat(lists)) == lists


@given(st.lists(LISTS, max_size=4))
def test_joined_runs_are_read_one_after_the_other(runs):
    bounds = joined([bounds_of(map(len, run)) for run in runs])
    assert bounds.dtype == np.int64
    together = [one for run in runs for one in run]
    assert read(bounds, flat(together)) == together


@given(LISTS, st.data())
def test_taken_lists_are_those_asked_for_in_that_order(lists, data):
    numbers = st.integers(0, max(len(lists) - 1, 0))
    keep = data.draw(st.lists(numbers, max_size=6 if lists else 0))
    bounds, rows = taken(bounds_of(map(len, lists)), np.array(keep, np.int64))
    assert (bounds.dtype, rows.dtype) == (np.int64, np.int64)
    assert read(bounds, flat(lists)[rows]) == [lists[row] for row in keep]


@given(st.lists(st.binary(max_size=5), max_size=5), st.lists(st.binary(max_size=5), max_size=3))
def test_a_blob_gives_back_what_was_put_in_taken_and_joined_too(first, second):
    blob, other = Blob.of(first), Blob.of(second)
    assert [blob[row] for row in range(len(blob))] == first
    whole = Blob.join([blob, other])
    assert [whole[row] for row in range(len(whole))] == first + second
    back = np.arange(len(whole))[::-1]
    turned = whole.take(back)
    assert [turned[row] for row in range(len(turned))] == (first + second)[::-1]
    for made, items in ((whole, first + second), (turned, (first + second)[::-1])):
        once = Blob.of(items)
        for name in ("bounds", "data", "sums"):
            ours, theirs = getattr(made, name), getattr(once, name)
            assert ours.dtype == theirs.dtype
            assert ours.shape == theirs.shape
            assert (ours == theirs).all()


def altered(blob, name, at):
    array = getattr(blob, name).copy()
    array.reshape(-1)[at] ^= 1
    return Blob(*(array if n == name else getattr(blob, n) for n in ("bounds", "data", "sums")))


def test_a_byte_that_was_altered_is_never_given_out():
    """Of the data, of a sum or of a bound; and a copy made of it stays as unreadable."""
    items = [b"The bell", b"", b"rang."]
    blob = Blob.of(items)
    for name, at, hit in (("data", 3, 0), ("data", 12, 2), ("sums", 40, 1), ("bounds", 1, 0)):
        bad = altered(blob, name, at)
        copies = [bad, bad.take(np.arange(3)), Blob.join([bad, Blob.of([b"more"])])]
        for copy in copies:
            for row, item in enumerate(items):
                if row == hit:
                    with pytest.raises(Altered, match=f"item {row} was altered"):
                        copy[row]
                else:
                    assert copy[row] == item
