"""Windows: the runs of whole sentences that are shown as hits, chosen when the question is asked.

A passage as it was split for indexing cuts where the text happened to be full. The best place to
begin and to end depends on the question, so candidates are only where to look: every run of whole
sentences around them that fits the length of a hit is scored, and the best that do not overlap are
the hits. Worth .027 success@1 on SQuAD and .068 on the source articles (docs/RETRIEVAL.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.codebooks import Floats
from rag.late_interaction import Sentences, largest, maxsim

_FAR = np.int64(2**40)
"""More than any number of code points: keeps the places of one run of sentences apart."""


@dataclass(frozen=True, slots=True)
class Window:
    """Sentences first:stop of those that were read, and their score, between -1 and 1."""

    first: int
    stop: int
    score: float


def stored(sentences: Sentences) -> NDArray[np.int64]:
    """[n, 2] first and stop of each passage as it is stored."""
    first = np.flatnonzero(np.diff(sentences.row, prepend=-1))
    return np.stack([first, np.append(first[1:], len(sentences))], axis=1) if len(first) else _NONE


def runs(sentences: Sentences, wanted: Iterable[int], length: int) -> NDArray[np.int64]:
    """[n, 2] first and stop of the longest runs of at most `length` code points that hold a
    sentence of a wanted passage; one for each first sentence, unless the one before it reaches as
    far. A sentence that is longer is a run of its own."""
    if not len(sentences):
        return _NONE
    joined = (
        (np.diff(sentences.segment) == 0)
        & (np.diff(sentences.document) == 0)
        & (np.diff(sentences.number) == 1)
    )
    part = np.concatenate([[0], np.cumsum(~joined)]) * _FAR
    first = np.arange(len(sentences))
    stop = np.searchsorted(part + sentences.end, part + sentences.start + length, side="right")
    stop = np.maximum(stop, first + 1)
    inside = np.concatenate([[0], np.cumsum(np.isin(sentences.row, list(wanted)))])
    useful = (np.diff(stop, prepend=-1) > 0) & (inside[stop] > inside[first])
    return np.stack([first[useful], stop[useful]], axis=1)


def scores(sentences: Sentences, windows: NDArray[np.int64], weights: Floats) -> Floats:
    """[n] mean of two fits: of the whole window, and of the best of its sentences.

    The first asks whether all parts of the question are spoken to, the second whether one sentence
    brings them together.
    """
    if not len(windows):
        return np.zeros(0, np.float32)
    alone = maxsim(sentences.best, weights)
    whole = maxsim(_largest(sentences.best, windows), weights)
    return np.asarray((whole + _largest(alone[None], windows)[0]) / 2, np.float32)


def best(sentences: Sentences, windows: NDArray[np.int64], weights: Floats, k: int) -> list[Window]:
    """The k best windows, best first, of equal ones the earlier. They do not overlap: where others
    run into one that was chosen they are cut, and scored again."""
    left, values = windows.copy(), scores(sentences, windows, weights).astype(np.float64)
    chosen: list[Window] = []
    while len(chosen) < k and len(left):
        at = int(values.argmax())
        first, stop = left[at].tolist()
        chosen.append(Window(first, stop, float(values[at])))
        cut = (left[:, 0] < stop) & (first < left[:, 1])
        before = left[:, 0] < first
        left[cut & before, 1] = first
        left[cut & ~before, 0] = stop
        kept = left[:, 0] < left[:, 1]
        left, values, cut = left[kept], values[kept], cut[kept]
        values[cut] = scores(sentences, left[cut], weights)
    return chosen


def spans(windows: Sequence[Window]) -> NDArray[np.int64]:
    """[n, 2] first and stop of windows."""
    return np.array([(w.first, w.stop) for w in windows], np.int64).reshape(-1, 2)


def _largest(values: Floats, windows: NDArray[np.int64]) -> Floats:
    """[q, n] the largest of each window's columns of [q, s]."""
    return largest(values, windows.reshape(-1))[:, ::2]


_NONE: NDArray[np.int64] = np.zeros((0, 2), np.int64)
