"""Vector stores: rows of unit length in, the nearest rows by cosine out.

Rows are kept as 16-bit floats (a cosine is off by 10^-4 at most), and a store gives back exactly
what it holds: a segment can be joined to another, again and again, and nothing drifts.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from index import disk
from index.codebooks import Floats

Mask = NDArray[np.bool_]


class VectorStore(Protocol):
    """Few verbs over rows numbered from 0. Ties in score go to the lower row."""

    name: str

    @classmethod
    def build(cls, vectors: Floats) -> Self: ...

    def search(
        self, vector: Floats, k: int, allowed: Mask | None = None
    ) -> list[tuple[int, float]]:
        """(row, cosine) of the k nearest rows that are allowed, best first; fewer when there are
        fewer. An approximate store may miss some."""
        ...

    def vectors(self) -> Floats:
        """All rows, [n, d], as the store holds them."""
        ...

    def save(self, path: Path) -> None: ...

    @classmethod
    def load(cls, path: Path) -> Self:
        """Opens a saved store; vectors are memory-mapped where FAISS can."""
        ...


def _faiss() -> Any:
    """FAISS, imported when it is needed; its type stubs do not know its keyword arguments."""
    import faiss

    return faiss


class _Faiss:
    """What all FAISS indexes have in common."""

    def __init__(self, index: Any) -> None:
        self._index = index

    def search(
        self, vector: Floats, k: int, allowed: Mask | None = None
    ) -> list[tuple[int, float]]:
        if not self._index.ntotal:
            return []
        selector = None
        if allowed is not None:
            selector = _faiss().IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        # One thread: waking others takes up to a hundred times as long as looking at the rows does
        # (FAISS's threads are not torch's, and where both are at work they wait for each other).
        _faiss().omp_set_num_threads(1)
        scores, rows = self._index.search(
            np.ascontiguousarray(vector[None], np.float32),
            min(k, self._index.ntotal),
            params=self._parameters(selector),
        )
        # FAISS pads what it did not find with row -1.
        found = [(int(r), float(s)) for r, s in zip(rows[0], scores[0], strict=True) if r >= 0]
        return sorted(found, key=lambda item: (-item[1], item[0]))

    def vectors(self) -> Floats:
        return np.asarray(self._index.reconstruct_n(0, self._index.ntotal), dtype=np.float32)

    def save(self, path: Path) -> None:
        faiss = _faiss()
        # Not by its name: FAISS would report a full disk on stderr only.
        with disk.create(path) as file:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))

    @classmethod
    def load(cls, path: Path) -> Self:
        faiss = _faiss()
        return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))

    def _parameters(self, selector: Any) -> Any:
        raise NotImplementedError


class Flat(_Faiss):
    """Exact search: every row is compared."""

    name: str = "flat"

    @classmethod
    def build(cls, vectors: Floats) -> Self:
        faiss = _faiss()
        kind = faiss.ScalarQuantizer.QT_fp16
        index = faiss.IndexScalarQuantizer(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    def _parameters(self, selector: Any) -> Any:
        faiss = _faiss()
        return faiss.SearchParameters(sel=selector) if selector else None


class InvertedLists(_Faiss):
    """Rows in lists around centroids (IVF); a question looks into the lists nearest to it."""

    name = "ivf"

    @classmethod
    def build(cls, vectors: Floats) -> Self:
        faiss = _faiss()
        rows, dimension = vectors.shape
        lists = max(1, min(round(LISTS * math.sqrt(rows)), rows // POINTS))
        centroids = faiss.IndexFlatIP(dimension)
        index = faiss.IndexIVFScalarQuantizer(
            centroids, dimension, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT,
            False,
        )  # fmt: skip
        index.cp.niter = ROUNDS
        index.cp.min_points_per_centroid = index.cp.max_points_per_centroid = POINTS
        data = np.ascontiguousarray(vectors, dtype=np.float32)
        if rows:
            index.train(data)
            index.add(data)
        return cls(index)

    def _parameters(self, selector: Any) -> Any:
        faiss = _faiss()
        # Of the rows that a filter leaves, the nearest may lie in any list.
        lists = self._index.nlist if selector else PROBES
        return faiss.SearchParametersIVF(nprobe=lists, sel=selector)


LISTS = 1
"""Lists of a segment, times the square root of its rows."""

PROBES = 96
"""Lists that a question looks into: at 65,536 rows three of eight, at half the time of comparing
all. 64 cost .004 recall@10 and saved a third of the time."""

ROUNDS, POINTS = 5, 32
"""Rounds of k-means, over so many rows for each list: twice of both takes three times as long and
changes recall by less than .002."""

STORES: dict[str, type[VectorStore]] = {Flat.name: Flat, InvertedLists.name: InvertedLists}

IVF_FROM = 50_000
"""Rows in a segment from which inverted lists are used; comparing fewer takes .9 ms at most."""


def suited(rows: int) -> type[VectorStore]:
    """The store for a segment of this size, by measurement (docs/RETRIEVAL.md)."""
    return InvertedLists if rows >= IVF_FROM else Flat
