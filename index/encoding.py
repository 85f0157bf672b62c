"""Documents in, segments out: split, encoded once for all vectors, a batch at a time.

What is held in memory is a batch, and of its token vectors a slice: neither the number of documents
nor the length of one makes them more.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import numpy as np

from index.codebooks import Floats
from index.codec import CODECS, Codec
from index.config import Config
from index.documents import Passage
from index.encoder import Encoder
from index.segment import Received, Segment
from index.splitting import Budget, split
from index.token_table import TokenTable

BATCH = 1024
"""Passages written at a time."""

SLICE = 256
"""Passages encoded at a time: the token vectors of so many take 65 MB before they are coded, twice
that for a moment. Fewer save little, since the model's own work takes more; a GPU wants this many.
"""

Shown = Callable[[int], None]
"""Called with the number of code points encoded since the last call."""


def nobody(code_points: int) -> None:
    """For those who need not know."""


class Batches:
    """Collects documents until they are worth a segment."""

    def __init__(self, encoder: Encoder, config: Config, shown: Shown = nobody) -> None:
        self._encoder = encoder
        self._codec: Codec = CODECS[encoder.codec](encoder.dimension)
        self._budget = Budget(config.passage_tokens, encoder.max_pieces, encoder.count_pieces)
        self._language = config.language
        self._shown = shown
        self._received: list[Received] = []
        self._passages: list[list[Passage]] = []

    def add(self, received: Received) -> None:
        self._received.append(received)
        self._passages.append(split(received.document, self._budget))

    @property
    def full(self) -> bool:
        return sum(map(len, self._passages)) >= BATCH

    def take(self) -> Segment | None:
        """What was collected, as a segment; None when nothing was."""
        received, passages = self._received, self._passages
        self._received, self._passages = [], []
        if not received:
            return None
        headers = self._encoder.encode_document([each.document.header for each in received])
        tokens, vectors = self._encoded([p.text for group in passages for p in group])
        return Segment.of(
            received,
            TokenTable.of(headers, self._codec),
            passages,
            tokens,
            vectors,
            self._language,
        )

    def _encoded(self, texts: Sequence[str]) -> tuple[TokenTable, Floats]:
        """Coded slice by slice: the passages of one long document may be many batches."""
        tables = [TokenTable.of([], self._codec)]
        vectors = [np.zeros((0, self._codec.dimension), np.float32)]
        for start in range(0, len(texts), SLICE):
            part = texts[start : start + SLICE]
            encoded = self._encoder.encode_document(part, self._progress(part))
            tables.append(TokenTable.of(encoded, self._codec))
            vectors += [each.vector[None] for each in encoded]
            del encoded
            _trim()(0)
        return TokenTable.join(tables), np.concatenate(vectors)

    def _progress(self, texts: Sequence[str]) -> Callable[[int, int], None]:
        size, told = sum(map(len, texts)), 0

        def progress(done: int, total: int) -> None:
            nonlocal told
            now = size * done // total
            self._shown(now - told)
            told = now

        return progress


@cache
def _trim() -> Callable[[int], object]:
    """glibc's `malloc_trim`, which gives freed memory back to the system; elsewhere nothing.

    What is allocated in many threads leaves gaps that glibc keeps: without this a process grows
    with every slice. Measured: 1.2 GB of its own after 3,000 passages, with it 0.55; adding 15,000
    took 2.6 GB at most, with it 1.3. A call takes 10 ms, of 2 to 4 s for a slice.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    return trim or (lambda keep: None)


def encode(
    received: Iterable[Received], encoder: Encoder, config: Config, shown: Shown = nobody
) -> Iterator[Segment]:
    """Segments of documents, batch by batch."""
    batches = Batches(encoder, config, shown)
    for each in received:
        batches.add(each)
        if batches.full and (segment := batches.take()):
            yield segment
    if last := batches.take():
        yield last
