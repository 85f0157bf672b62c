"""Codebooks that are shipped: what was learned of an encoder's token vectors (`eval.codebook`)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.documents import sha256_hex

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Codebook:
    """`mean` [d] of unit token vectors; `rotation` [d, d], orthogonal, and `centroids`
    [width, 256, d / width] of the centred ones; `gain` is 1 / the mean cosine of a vector
    it was learned from with what is left of it. `sha256` is of the file."""

    mean: Floats
    rotation: Floats
    centroids: Floats
    gain: float
    sha256: str

    def save(self, path: Path) -> None:
        """As half floats, which is all the precision there is in them."""
        mean, rotation, centroids = (
            array.astype(np.float16) for array in (self.mean, self.rotation, self.centroids)
        )
        gain = np.float64(self.gain)
        np.savez(path, mean=mean, rotation=rotation, centroids=centroids, gain=gain)


@cache
def packaged(name: str) -> Codebook:
    """The codebook that is shipped for an encoder."""
    data = files("index.codebooks").joinpath(f"{name}.npz").read_bytes()
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        mean, rotation, centroids = (
            arrays[part].astype(np.float32) for part in ("mean", "rotation", "centroids")
        )
        gain = float(arrays["gain"])
    return Codebook(mean, rotation, centroids, gain, sha256_hex(data))
