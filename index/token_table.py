"""The word pieces of many texts, with a coded vector each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.codec import Codec, Codes
from index.encoder import Encoded
from index.ragged import Bounds, Rows, bounds_of, joined, taken

Numbers = NDArray[np.unsignedinteger]


@dataclass(frozen=True, slots=True, eq=False)
class TokenTable:
    """Word pieces of many texts (passages or headers), one text after the other.

    `bounds` [texts + 1]; `codes` [rows, width] by the index's codec; `starts` [rows], code points
    from the text's start; `pieces` [rows], vocabulary numbers. Numbers take as few bytes as the
    largest of them needs.
    """

    bounds: Bounds
    codes: Codes
    starts: Numbers
    pieces: Numbers

    @classmethod
    def of(cls, encoded: Sequence[Encoded], codec: Codec) -> TokenTable:
        none = np.zeros((0, codec.dimension), np.float32)
        empty = [np.zeros(0, np.int32)]
        return cls(
            bounds_of(len(e.pieces) for e in encoded),
            codec.encode(np.concatenate([none, *(e.tokens for e in encoded)])),
            _small(np.concatenate(empty + [e.offsets[:, 0] for e in encoded])),
            _small(np.concatenate(empty + [e.pieces for e in encoded])),
        )

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def rows(self, text: int) -> slice:
        return slice(int(self.bounds[text]), int(self.bounds[text + 1]))

    def take(self, keep: Rows) -> TokenTable:
        """The table of some of the texts, in that order."""
        bounds, rows = taken(self.bounds, keep)
        return TokenTable(
            bounds, self.codes[rows], _small(self.starts[rows]), _small(self.pieces[rows])
        )

    @staticmethod
    def join(parts: Sequence[TokenTable]) -> TokenTable:
        return TokenTable(
            joined([part.bounds for part in parts]),
            np.concatenate([part.codes for part in parts]),
            _small(np.concatenate([part.starts for part in parts])),
            _small(np.concatenate([part.pieces for part in parts])),
        )

    def document_frequency(self) -> NDArray[np.int64]:
        """[largest piece + 1] in how many texts each word piece stands."""
        if not len(self.pieces):
            return np.zeros(0, np.int64)
        largest = int(self.pieces.max()) + 1
        owner = np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.bounds))
        pairs = np.unique(owner * largest + self.pieces)
        return np.bincount(pairs % largest, minlength=largest)


def _small(numbers: NDArray[np.integer]) -> Numbers:
    """As unsigned integers of as few bytes as the largest of them needs, two at least."""
    largest = int(numbers.max(initial=0))
    return numbers.astype(np.uint16 if largest < 2**16 else np.uint32)
