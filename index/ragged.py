"""Lists of different lengths kept as flat arrays, so that a million of them can be memory-mapped.

`bounds` [lists + 1] says where each list begins: list i owns bounds[i]:bounds[i + 1].
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bounds = NDArray[np.int64]
Rows = NDArray[np.int64]
Bytes = NDArray[np.uint8]


def bounds_of(lengths: Iterable[int]) -> Bounds:
    return np.cumsum([0, *lengths], dtype=np.int64)


def joined(parts: Sequence[Bounds]) -> Bounds:
    """The bounds of several runs of lists, one run after the other."""
    return bounds_of(np.concatenate([np.diff(part) for part in parts]) if parts else [])


def taken(bounds: Bounds, keep: Rows) -> tuple[Bounds, Rows]:
    """Some of the lists, in that order: their bounds, and the rows of the old flat array."""
    lengths = np.diff(bounds)[keep]
    kept = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    shift = np.repeat(np.asarray(bounds)[keep] - kept[:-1], lengths)
    return kept, np.arange(kept[-1], dtype=np.int64) + shift


class Altered(ValueError):
    """Bytes are not those that were written."""


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """Byte strings, each with its SHA-256 (`sums` [n, 32]): an altered one is never given out."""

    bounds: Bounds
    data: Bytes
    sums: Bytes

    @classmethod
    def of(cls, items: Sequence[bytes]) -> Blob:
        sums = b"".join(hashlib.sha256(item).digest() for item in items)
        return cls(
            bounds_of(map(len, items)),
            np.frombuffer(b"".join(items), np.uint8),
            np.frombuffer(sums, np.uint8).reshape(-1, 32),
        )

    def __len__(self) -> int:
        return len(self.sums)

    def __getitem__(self, item: int) -> bytes:
        """Raises `Altered` when the bytes do not have their SHA-256."""
        found = bytes(self._view(item))
        if hashlib.sha256(found).digest() != bytes(self.sums[item]):
            raise Altered(f"item {item} was altered, its SHA-256 is another")
        return found

    def take(self, keep: Rows) -> Blob:
        kept = [self._view(int(item)) for item in keep]
        return Blob(bounds_of(map(len, kept)), _concatenated(kept), self.sums[keep])

    @staticmethod
    def join(parts: Sequence[Blob]) -> Blob:
        return Blob(
            joined([part.bounds for part in parts]),
            _concatenated([part.data for part in parts]),
            np.concatenate([part.sums for part in parts]),
        )

    def _view(self, item: int) -> Bytes:
        return self.data[int(self.bounds[item]) : int(self.bounds[item + 1])]


def _concatenated(parts: Sequence[Bytes]) -> Bytes:
    return np.concatenate([np.zeros(0, np.uint8), *parts])
