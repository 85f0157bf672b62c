"""Late interaction: a question's word pieces against a text's, best match each (MaxSim).

Khattab and Zaharia, ColBERT (SIGIR 2020), equation 3, used here zero-shot over the token vectors of
the encoder that is loaded anyway, with each question piece weighted by how rare it is. The largest
single gain measured for retrieval (docs/RETRIEVAL.md), and the same similarities, cut at sentence
boundaries, choose the sentences of an answer.
"""

from __future__ import annotations

import numpy as np

from index.contents import Snapshot, TokenTable
from index.encoder import Encoded, Floats, Ints, unit


class LateInteraction:
    """MaxSim over the passages of one index.

    What is known of a passage's document (author, publisher, title, date) counts as part of the
    passage: a question that names its source finds it there, and no sentence is preferred for
    repeating the name. Worth .07 success@1 on the source articles (docs/RETRIEVAL.md).
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._tokens = snapshot.tokens
        self._headers = snapshot.headers
        order = {document_id: row for row, document_id in enumerate(snapshot.documents)}
        self._owner = [order[passage.span.document_id] for passage in snapshot.passages]
        self._frequency = _document_frequency(snapshot.tokens)

    def weights(self, question: Encoded) -> Floats:
        """[q] weights of the question's pieces, summing to 1: log(1 + N / (1 + df))."""
        frequency = np.array([self._frequency.get(int(p), 0) for p in question.pieces])
        weights = np.log1p(len(self._tokens) / (1 + frequency))
        total = weights.sum()
        return np.asarray(weights / total if total else weights, dtype=np.float32)

    def vectors(self, passage: int) -> Floats:
        """[t, d] unit vectors of a passage's pieces."""
        return _vectors(self._tokens, passage)

    def starts(self, passage: int) -> Ints:
        """[t] code points of a passage's pieces, from the passage's start."""
        return self._tokens.starts[self._tokens.rows(passage)]

    def similarities(self, question: Encoded, passage: int) -> Floats:
        """[q, t] cosines of the question's pieces with those of a passage."""
        return np.asarray(question.tokens @ self.vectors(passage).T, dtype=np.float32)

    def header_similarities(self, question: Encoded, passage: int) -> Floats:
        """[q, h] cosines with the pieces of what is known of the passage's document."""
        vectors = _vectors(self._headers, self._owner[passage])
        return np.asarray(question.tokens @ vectors.T, dtype=np.float32)

    def score(self, question: Encoded, weights: Floats, passage: int) -> float:
        """Weighted MaxSim of question and passage, between -1 and 1."""
        similarities = [
            self.similarities(question, passage),
            self.header_similarities(question, passage),
        ]
        return maxsim(np.concatenate(similarities, axis=1), weights)


def maxsim(similarities: Floats, weights: Floats) -> float:
    """Sum over question pieces of weight times best cosine; 0 where there is nothing to compare.

    `similarities` is [q, t], `weights` [q].
    """
    if not similarities.size:
        return 0.0
    return float(weights @ similarities.max(axis=1))


def _vectors(tokens: TokenTable, text: int) -> Floats:
    return unit(tokens.vectors[tokens.rows(text)].astype(np.float32))


def _document_frequency(tokens: TokenTable) -> dict[int, int]:
    """In how many passages each word piece stands."""
    owner = np.repeat(np.arange(len(tokens.bounds) - 1), np.diff(tokens.bounds))
    pairs = np.unique(np.stack([owner, np.asarray(tokens.pieces)], axis=1), axis=0)
    pieces, counts = np.unique(pairs[:, 1], return_counts=True)
    return dict(zip(pieces.tolist(), counts.tolist(), strict=True))
