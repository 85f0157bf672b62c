"""Codecs: unit vectors of word pieces as a few bytes each.

Late interaction needs a vector for every word piece, a hundred and fifty a passage; what they take
on the disk is decided here. Only directions matter: rows come back with unit length.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.codebooks import Codebook, Floats, packaged
from index.encoder import unit
from index.errors import IndexStateError
from index.threads import ONE_THREAD

Codes = NDArray[np.uint8]

_ROWS = 1024
"""Rows coded at a time: their products with 256 centroids take 1 MB, which a core's cache holds."""


class Codec(Protocol):
    """`dimension` of the vectors it takes, `width` bytes a row that it makes of them; `sha256` of
    what it has learned, if anything. Coding bends vectors apart: cosines with decoded rows come out
    smaller than they were, on average `gain` times smaller.

    Decoded rows may live in a rotated space of their own: whatever is compared with them must pass
    through `project` first.
    """

    name: str
    gain: float
    sha256: str
    dimension: int
    width: int

    def encode(self, rows: Floats) -> Codes:
        """[n, dimension] unit rows to [n, width]."""
        ...

    def decode(self, codes: Codes) -> Floats:
        """[n, width] to unit rows [n, d]."""
        ...

    def project(self, rows: Floats) -> Floats:
        """[n, dimension] to the space of the decoded rows, [n, d]."""
        ...

    def similarities(self, projected: Floats, codes: Codes) -> Floats:
        """[q, n] cosines of projected unit rows [q, d] with the decoded codes [n, width]."""
        ...


class Int8:
    """One signed byte for each component, each row scaled to its largest. For any encoder."""

    name = "int8"
    gain = 1.0
    sha256 = "none"

    def __init__(self, dimension: int) -> None:
        self.dimension = self.width = dimension

    def encode(self, rows: Floats) -> Codes:
        peaks = np.abs(rows).max(axis=1, keepdims=True, initial=1e-12)
        return np.asarray(np.rint(rows / peaks * 127), dtype=np.int8).view(np.uint8)

    def decode(self, codes: Codes) -> Floats:
        return unit(codes.view(np.int8).astype(np.float32))

    def project(self, rows: Floats) -> Floats:
        return rows

    def similarities(self, projected: Floats, codes: Codes) -> Floats:
        return np.asarray(projected @ self.decode(codes).T, np.float32)


class Quantised:
    """Optimised product quantisation: a rotation, then for each of `width` runs of components the
    nearest of 256 centroids.

    Jegou, Douze and Schmid, Product Quantization (TPAMI 2011); Ge et al., Optimized Product
    Quantization (TPAMI 2014). A rotation keeps cosines, so decoded rows stay rotated, and the few
    vectors of the question are rotated instead.
    """

    name = "opq32"

    def __init__(self, codebook: Codebook) -> None:
        self._rotation, self._centroids = codebook.rotation, codebook.centroids
        self._squares = (self._centroids**2).sum(axis=2)
        self.sha256 = codebook.sha256
        self.gain = codebook.gain
        self.width = len(self._centroids)
        self.dimension = len(self._rotation)
        self._part = self.dimension // self.width

    @classmethod
    def minilm(cls, dimension: int) -> Quantised:
        codec = cls(packaged("minilm"))
        if codec.dimension != dimension:
            raise IndexStateError(
                f"codec {cls.name} is for vectors of {codec.dimension} components, not {dimension}",
                "use the codec int8 with this encoder",
            )
        return codec

    def encode(self, rows: Floats) -> Codes:
        """The centroid c nearest to x has the largest x.c - c.c/2: one product, with a 1 put behind
        x and -c.c/2 behind c. Some rows at a time, so that the products stay in a core's cache."""
        codes = np.empty((len(rows), self.width), np.uint8)
        tables = np.concatenate([self._centroids, -self._squares[:, :, None] / 2], axis=2)

        def code(at: int) -> None:
            parts = self.project(rows[at : at + _ROWS]).reshape(-1, self.width, self._part)
            ones = np.ones((len(parts), self.width, 1), np.float32)
            parts = np.concatenate([parts, ones], axis=2)
            for number, table in enumerate(tables):
                codes[at : at + _ROWS, number] = (parts[:, number] @ table.T).argmax(axis=1)

        with ThreadPoolExecutor() as pool, ONE_THREAD:
            list(pool.map(code, range(0, len(rows), _ROWS)))
        return codes

    def decode(self, codes: Codes) -> Floats:
        parts = [c.take(codes[:, i], axis=0) for i, c in enumerate(self._centroids)]
        return unit(np.concatenate(parts, axis=1))

    def project(self, rows: Floats) -> Floats:
        return np.asarray(rows @ self._rotation, np.float32)

    def similarities(self, projected: Floats, codes: Codes) -> Floats:
        """Sums of table entries, one for each byte: a tenth of the time of decoding."""
        parts = projected.reshape(len(projected), self.width, self._part)
        sums = np.zeros((len(codes), len(projected)), np.float32)
        squares = np.zeros(len(codes), np.float32)
        for number, centroids in enumerate(self._centroids):
            sums += (centroids @ parts[:, number].T).take(codes[:, number], axis=0)
            squares += self._squares[number].take(codes[:, number])
        return np.asarray((sums / np.sqrt(squares)[:, None]).T, np.float32)


CODECS: dict[str, Callable[[int], Codec]] = {
    Int8.name: Int8,
    Quantised.name: Quantised.minilm,
}
"""By name, as the manifest of an index has it; called with the encoder's dimension."""
