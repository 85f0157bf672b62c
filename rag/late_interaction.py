"""Late interaction: a question's word pieces against a text's, best match each (MaxSim).

Khattab and Zaharia, ColBERT (SIGIR 2020), equation 3, used here zero-shot over the token vectors of
the encoder that is loaded anyway, with each question piece weighted by how rare it is. The largest
single gain measured for retrieval (docs/RETRIEVAL.md), and the same similarities, cut at sentence
boundaries, choose the sentences of an answer.
"""

from __future__ import annotations

import numpy as np

from index.encoder import Encoded, Floats, Ints, unit
from index.store import TokenTable


class LateInteraction:
    """MaxSim over the token table of one index."""

    def __init__(self, tokens: TokenTable) -> None:
        self._tokens = tokens
        self._count = len(tokens.bounds) - 1
        self._frequency = _document_frequency(tokens)

    def weights(self, question: Encoded) -> Floats:
        """[q] weights of the question's pieces, summing to 1: log(1 + N / (1 + df))."""
        frequency = np.array([self._frequency.get(int(p), 0) for p in question.pieces])
        weights = np.log1p(self._count / (1 + frequency))
        total = weights.sum()
        return np.asarray(weights / total if total else weights, dtype=np.float32)

    def similarities(self, question: Encoded, passage: int) -> Floats:
        """[q, t] cosines of the question's pieces with those of a passage."""
        return np.asarray(question.tokens @ self.vectors(passage).T, dtype=np.float32)

    def vectors(self, passage: int) -> Floats:
        """[t, d] unit vectors of a passage's pieces."""
        return unit(self._tokens.vectors[self._tokens.rows(passage)].astype(np.float32))

    def starts(self, passage: int) -> Ints:
        """[t] code points of a passage's pieces, from the passage's start."""
        return self._tokens.starts[self._tokens.rows(passage)]

    def score(self, question: Encoded, passage: int) -> float:
        """Weighted MaxSim of question and passage, between -1 and 1."""
        return maxsim(self.similarities(question, passage), self.weights(question))


def maxsim(similarities: Floats, weights: Floats) -> float:
    """Sum over question pieces of weight times best cosine; 0 where there is nothing to compare.

    `similarities` is [q, t], `weights` [q].
    """
    if not similarities.size:
        return 0.0
    return float(weights @ similarities.max(axis=1))


def _document_frequency(tokens: TokenTable) -> dict[int, int]:
    """In how many passages each word piece stands."""
    owner = np.repeat(np.arange(len(tokens.bounds) - 1), np.diff(tokens.bounds))
    pairs = np.unique(np.stack([owner, np.asarray(tokens.pieces)], axis=1), axis=0)
    pieces, counts = np.unique(pairs[:, 1], return_counts=True)
    return dict(zip(pieces.tolist(), counts.tolist(), strict=True))
