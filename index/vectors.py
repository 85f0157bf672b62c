"""Vector stores: rows of unit length in, the nearest rows by cosine out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from index.encoder import Floats


class VectorStore(Protocol):
    """Few verbs over rows numbered from 0. Ties in score go to the lower row."""

    @classmethod
    def build(cls, vectors: Floats) -> Self: ...

    def search(self, vector: Floats, k: int) -> list[tuple[int, float]]:
        """(row, cosine) of the k nearest rows, best first; fewer when the store is smaller."""
        ...

    def vectors(self) -> Floats:
        """All rows, [n, d], as they were given."""
        ...

    def save(self, path: Path) -> None: ...

    @classmethod
    def load(cls, path: Path) -> Self: ...


class FlatFaiss:
    """Exact search by FAISS (`IndexFlatIP`); inner product of unit rows is their cosine."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Floats) -> FlatFaiss:
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    def search(self, vector: Floats, k: int) -> list[tuple[int, float]]:
        if not self._index.ntotal:
            return []
        scores, rows = self._index.search(vector[None], min(k, self._index.ntotal))
        # FAISS pads what it did not find with row -1.
        found = [(int(r), float(s)) for r, s in zip(rows[0], scores[0], strict=True) if r >= 0]
        return sorted(found, key=lambda item: (-item[1], item[0]))

    def vectors(self) -> Floats:
        return np.asarray(self._index.reconstruct_n(0, self._index.ntotal), dtype=np.float32)

    def save(self, path: Path) -> None:
        import faiss

        # Not by its name: FAISS would report a full disk on stderr only.
        with path.open("wb") as file:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]

    @classmethod
    def load(cls, path: Path) -> FlatFaiss:
        import faiss

        return cls(faiss.read_index(str(path)))


STORES: dict[str, type[VectorStore]] = {"flat": FlatFaiss}
