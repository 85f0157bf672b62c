"""The table by which the vector store of a segment is chosen: speed, size and recall of several.

All over the same vectors and questions, one thread, so that the rows compare.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from index.codebooks import Floats
from index.vectors import POINTS, ROUNDS

K = 10
DEPTH = 50
"""Rows asked for: as many as the product takes from each search. Recall is of the first `K`."""

_EQUAL = 1e-4
"""Cosines that 16-bit floats may put in another order."""

Build = Callable[[Floats], tuple[Any, Any]]
"""Vectors to a FAISS index and its search parameters."""


@dataclass(frozen=True, slots=True)
class StoreRow:
    rows: int
    store: str
    build_seconds: float
    bytes_per_row: float
    p50: float
    p95: float
    recall: float


def table(vectors: Floats, questions: Floats, sizes: Sequence[int]) -> list[StoreRow]:
    """Every kind of store over the first so many of the vectors, for each size."""
    faiss = _faiss()
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        return [
            _measured(name, build, vectors[:size], questions)
            for size in sizes
            for name, build in kinds(size).items()
        ]
    finally:
        faiss.omp_set_num_threads(threads)


def kinds(rows: int) -> dict[str, Build]:
    """What is compared at a size, by name: IVF(lists, probes)."""
    root = math.sqrt(rows)
    found: dict[str, Build] = {"flat fp16": _flat, "HNSW(32, 128) fp16": _graph}
    for factor, probes in ((1, 32), (1, 64), (1, 96), (2, 96), (4, 96)):
        lists = max(1, min(round(factor * root), rows // 32))
        found[f"IVF({lists}, {probes}) fp16"] = _lists(lists, probes, "QT_fp16")
    lists = max(1, min(round(root), rows // 32))
    found[f"IVF({lists}, 96) 8 bit"] = _lists(lists, 96, "QT_8bit")
    return found


def _faiss() -> Any:
    """FAISS without its type stubs, which do not know half of it; imported when it is needed."""
    return import_module("faiss")


def _flat(vectors: Floats) -> tuple[Any, Any]:
    faiss = _faiss()
    kind = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexScalarQuantizer(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    index.add(vectors)
    return index, None


def _graph(vectors: Floats) -> tuple[Any, Any]:
    """Malkov and Yashunin, Hierarchical Navigable Small World Graphs (TPAMI 2020)."""
    faiss = _faiss()
    kind = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexHNSWSQ(vectors.shape[1], kind, 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 100
    index.train(vectors)
    index.add(vectors)
    return index, faiss.SearchParametersHNSW(efSearch=128)


def _lists(lists: int, probes: int, coding: str) -> Build:
    def build(vectors: Floats) -> tuple[Any, Any]:
        faiss = _faiss()
        dimension = vectors.shape[1]
        kind = getattr(faiss.ScalarQuantizer, coding)
        centroids = faiss.IndexFlatIP(dimension)
        metric = faiss.METRIC_INNER_PRODUCT
        index = faiss.IndexIVFScalarQuantizer(centroids, dimension, lists, kind, metric, False)
        index.cp.niter = ROUNDS
        index.cp.min_points_per_centroid = index.cp.max_points_per_centroid = POINTS
        index.train(vectors)
        index.add(vectors)
        return index, faiss.SearchParametersIVF(nprobe=probes)

    return build


def _measured(name: str, build: Build, vectors: Floats, questions: Floats) -> StoreRow:
    faiss = _faiss()
    started = time.perf_counter()
    index, parameters = build(np.ascontiguousarray(vectors))
    built = time.perf_counter() - started
    size = faiss.serialize_index(index).nbytes / len(vectors)
    cosines = questions @ vectors.T
    k = min(K, len(vectors))
    found, seconds = [], []
    for question, row in zip(questions, cosines, strict=True):
        least = np.partition(row, len(row) - k)[len(row) - k]
        asked = time.perf_counter()
        _, rows = index.search(question[None], min(DEPTH, len(vectors)), params=parameters)
        seconds.append(time.perf_counter() - asked)
        first = row[rows[0][rows[0] >= 0]][:k]
        found.append(float((first >= least - _EQUAL).sum()) / k)
    p50, p95 = (float(np.percentile(seconds, share)) for share in (50, 95))
    return StoreRow(len(vectors), name, built, size, p50, p95, float(np.mean(found)))
