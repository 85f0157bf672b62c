"""Late interaction: a question's word pieces against those of sentences, best match each (MaxSim).

Khattab and Zaharia, ColBERT (SIGIR 2020), equation 3, used here zero-shot over the token vectors of
the encoder that is loaded anyway, with each question piece weighted by how rare it is. The largest
single gain measured for retrieval (docs/RETRIEVAL.md). What is computed here once for each sentence
serves twice: `rag.windows` finds the passages to show, `rag.composers` the sentences of an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.codebooks import Floats
from index.codec import Codes
from index.encoder import Encoded, unit
from index.ragged import Rows, bounds_of
from index.snapshot import Snapshot

SAMPLE = 4096
"""Stored vectors that the mean is taken from: its components are then off by a thousandth."""

SAMPLED_DOCUMENTS = 512

FEW = 5000
"""Stored vectors (some thirty passages) from which an index's own mean counts for half."""

_FAR = np.int64(2**32)
"""More than any code point: keeps the places of one passage apart from those of the next."""


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """Sentences of some passages in the order of the index, and how a question fits each.

    `segment`, `number` (in the segment), `row` (of the passage) and `document` (its row in the
    segment), `start` and `end` (code points in the document) are [s]. `best` [q, s] is the best
    cosine of each piece of the question with a piece of the sentence or of what is known of its
    document. `bounds` [s + 1] says which of the passages' word pieces are its own; of these `codes`
    [n, width] are the vectors, `cosines` [q, n] how they fit, and `pieces` [n] where they stand, in
    code points of the document.
    """

    segment: Rows
    number: Rows
    row: Rows
    document: Rows
    start: Rows
    end: Rows
    best: Floats
    bounds: Rows
    codes: Codes
    cosines: Floats
    pieces: Rows

    def __len__(self) -> int:
        return len(self.row)


class LateInteraction:
    """MaxSim over the passages of one index.

    What is known of a passage's document (author, publisher, title, date) counts as part of each of
    its sentences: a question that names its source finds it there, and no sentence is preferred for
    repeating the name. Worth .07 success@1 on the source articles (docs/RETRIEVAL.md).
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._codec = snapshot.codec

    def projected(self, question: Encoded) -> Encoded:
        """The question in the space of the stored vectors, as the other methods want it."""
        vector, *tokens = self._codec.project(np.vstack([question.vector, question.tokens]))
        centred = unit(np.reshape(tokens, (-1, len(vector))) - self._mean)
        return replace(question, vector=vector, tokens=centred)

    def weights(self, question: Encoded) -> Floats:
        """[q] weights of the question's pieces, summing to 1: log(1 + N / (1 + df))."""
        known = self._snapshot.piece_frequency
        frequency = np.array([known[p] if p < len(known) else 0 for p in question.pieces])
        weights = np.log1p(len(self._snapshot) / (1 + frequency))
        total = weights.sum()
        return np.asarray(weights / total if total else weights, dtype=np.float32)

    def sentences(self, question: Encoded, passages: Iterable[int]) -> Sentences:
        """The sentences of some passages, with how a projected question fits each."""
        rows = sorted(passages, key=self._snapshot.order)
        places = [self._snapshot.place(row) for row in rows]
        parts = [self._passage(*place) for place in places]
        none = _Passage.none(self._codec.width)
        spans = np.concatenate([none.sentences, *(part.sentences for part in parts)])
        counts = [len(part.sentences) for part in parts]
        apart = _FAR * np.arange(len(parts))
        pieces = np.concatenate(
            [none.pieces, *(p.pieces + a for p, a in zip(parts, apart, strict=True))]
        )
        bounds = np.searchsorted(pieces, spans[:, 0] + np.repeat(apart, counts))
        bounds = np.append(bounds, len(pieces)).astype(np.int64)
        codes = np.concatenate([none.codes, *(part.codes for part in parts)])
        segment = np.repeat(np.array([s for s, _ in places], np.int64), counts)
        document = np.repeat(np.array([part.document for part in parts], np.int64), counts)
        cosines = self._similarities(question, codes)
        best = _best(cosines, bounds)
        return Sentences(
            segment=segment,
            number=np.concatenate([none.numbers, *(part.numbers for part in parts)]),
            row=np.repeat(np.array(rows, np.int64), counts),
            document=document,
            start=spans[:, 0],
            end=spans[:, 1],
            best=np.maximum(best, self._of_headers(question, segment, document)),
            bounds=bounds,
            codes=codes,
            cosines=cosines,
            pieces=pieces % _FAR,
        )

    def mean_cosines(
        self, question: Encoded, sentences: Sentences, first: int, stop: int
    ) -> Floats:
        """[stop - first] cosines of a projected question with the mean of each sentence's pieces;
        0 for a sentence without any."""
        bounds = sentences.bounds[first : stop + 1]
        own = self._codec.decode(sentences.codes[bounds[0] : bounds[-1]])
        sums = np.vstack([own, np.zeros((1, own.shape[1]), np.float32)])
        sums = np.add.reduceat(sums, bounds[:-1] - bounds[0], axis=0)
        sums[np.diff(bounds) == 0] = 0
        lengths = np.linalg.norm(sums, axis=1)
        return np.asarray(sums @ question.vector / np.maximum(lengths, 1e-12), np.float32)

    @cached_property
    def _mean(self) -> Floats:
        """[d] mean of the stored vectors, drawn towards 0 where there are few of them.

        What all pieces of an index have in common says nothing about any; taking it off was worth
        .013 success@1 on the seeds (docs/RETRIEVAL.md). From an even sample.
        """
        # From documents in the order of their ids, so that it does not matter how they lie in
        # segments.
        segments = self._snapshot.segments
        places = sorted(
            (id_, n, row) for n, s in enumerate(segments) for row, id_ in enumerate(s.ids.tolist())
        )
        chosen = places[:: max(1, len(places) // SAMPLED_DOCUMENTS)]
        parts = [segments[number].codes_of(row) for _, number, row in chosen]
        step = max(1, sum(map(len, parts)) // SAMPLE)
        sample = self._codec.decode(np.concatenate([self._none, *(part[::step] for part in parts)]))
        total = sum(len(segment.tokens.codes) for segment in segments)
        share = total / (total + FEW) / max(1, len(sample))
        return np.asarray(sample.sum(axis=0, dtype=np.float64) * share, np.float32)

    def _similarities(self, question: Encoded, codes: Codes) -> Floats:
        """[q, n] cosines of the pieces of a projected question with stored ones, both without the
        mean, and made up for what coding takes from a cosine."""
        rows = self._codec.similarities(np.vstack([question.tokens, self._mean]), codes)
        with_mean = question.tokens @ self._mean
        lengths = np.sqrt(np.maximum(1 - 2 * rows[-1] + self._mean @ self._mean, 1e-6))
        centred = (rows[:-1] - with_mean[:, None]) / lengths
        return np.asarray(self._codec.gain * centred, np.float32)

    @property
    def _none(self) -> Codes:
        return np.zeros((0, self._codec.width), np.uint8)

    def _passage(self, segment: int, row: int) -> _Passage:
        held = self._snapshot.segments[segment]
        document, start = (int(held.places[name][row]) for name in ("document", "start"))
        first, stop = (int(bound) for bound in held.sentence_bounds[row : row + 2])
        own = held.tokens.rows(row)
        return _Passage(
            document,
            np.arange(first, stop),
            np.asarray(held.sentences[first:stop], np.int64),
            held.tokens.starts[own].astype(np.int64) + start,
            np.asarray(held.tokens.codes[own]),
        )

    def _of_headers(self, question: Encoded, segments: Rows, documents: Rows) -> Floats:
        """[q, s] best cosines with what is known of each sentence's document; -1 for nothing."""
        owners = np.stack([segments, documents], axis=1)
        each, which = np.unique(owners, axis=0, return_inverse=True)
        tables = [(self._snapshot.segments[s].headers, d) for s, d in each.tolist()]
        parts = [np.asarray(table.codes[table.rows(row)]) for table, row in tables]
        similarities = self._similarities(question, np.concatenate([self._none, *parts]))
        return _best(similarities, bounds_of(map(len, parts)))[:, which.reshape(-1)]


@dataclass(frozen=True, slots=True, eq=False)
class _Passage:
    """One passage as arrays: its sentences' numbers in the segment [s] and places [s, 2], and where
    its word pieces stand [t]; places are code points in the document."""

    document: int
    numbers: Rows
    sentences: NDArray[np.int64]
    pieces: Rows
    codes: Codes

    @classmethod
    def none(cls, width: int) -> _Passage:
        empty = np.zeros(0, np.int64)
        return cls(-1, empty, empty.reshape(0, 2), empty, np.zeros((0, width), np.uint8))


def maxsim(best: Floats, weights: Floats) -> Floats:
    """[...] sums over question pieces of weight [q] times best cosine [q, ...]."""
    return np.asarray(np.tensordot(weights, best, axes=1), np.float32)


def largest(values: Floats, starts: Rows) -> Floats:
    """[q, n] the largest of each run of columns of [q, s]; a run goes on to where the next starts.
    Of an empty run, what is there."""
    edge = np.full((len(values), 1), -1.0, np.float32)  # a start may lie behind the last column
    return np.asarray(np.maximum.reduceat(np.hstack([values, edge]), starts, axis=1), np.float32)


def _best(similarities: Floats, bounds: Rows) -> Floats:
    """[q, s] the largest of each run of columns; -1 for an empty run."""
    if len(bounds) < 2:
        return similarities[:, :0]
    return np.where(np.diff(bounds) > 0, largest(similarities, bounds[:-1]), np.float32(-1.0))
