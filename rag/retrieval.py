"""Which passages to read: dense and keyword search together, reordered by late interaction.

Candidates are the union of both searches, so neither one's blind spot hides a passage. Weights and
depths are measured on several data sets (docs/RETRIEVAL.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.config import Config
from index.contents import Snapshot
from index.encoder import Encoded, Encoder
from index.keywords import Scores, highest
from rag.answer import Hit
from rag.late_interaction import LateInteraction


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of a search: hits with their rows in the index, and the encoded question.

    `relevance` is the mean of the best cosine and the best MaxSim, between -1 and 1.
    """

    hits: tuple[Hit, ...]
    rows: tuple[int, ...]
    question: Encoded
    relevance: float


class Retriever:
    """Hybrid search over one snapshot."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, config: Config) -> None:
        self._snapshot = snapshot
        self.encoder = encoder
        self._config = config
        self.late = LateInteraction(snapshot)

    def search(self, question: str, k: int | None = None) -> Found:
        """The k best passages (`config.hits` of them by default), best first."""
        depth = max(k or 0, self._config.candidates)  # asked for more than there are candidates
        encoded = self.encoder.encode_query(question)
        dense = dict(self._snapshot.vectors.search(encoded.vector, depth))
        keyword = self._snapshot.keywords.scores(question)
        by_keyword = set(highest(keyword, depth))
        fused = self._fused(dense, keyword, by_keyword)
        scores = self._late_scores(encoded, fused) if self._config.rerank else fused
        wanted = self._config.hits if k is None else k
        best = sorted(scores, key=lambda row: (-scores[row], row))[:wanted]
        late = scores if self._config.rerank else self._late_scores(encoded, best)
        relevance = (max(dense.values()) + max(late[row] for row in best)) / 2 if best else 0.0
        lists = {"dense": dense.keys(), "keyword": by_keyword}
        hits = tuple(
            self._hit(row, scores[row], rank, tuple(n for n, rows in lists.items() if row in rows))
            for rank, row in enumerate(best, 1)
        )
        return Found(hits, tuple(best), encoded, relevance)

    def _late_scores(self, question: Encoded, rows: Iterable[int]) -> dict[int, float]:
        weights = self.late.weights(question)
        return {row: self.late.score(question, weights, row) for row in rows}

    def _hit(self, row: int, score: float, rank: int, found_by: tuple[str, ...]) -> Hit:
        passage = self._snapshot.passages[row]
        document = self._snapshot.documents[passage.span.document_id]
        return Hit(passage, document, score, rank, found_by)

    def _fused(
        self, dense: dict[int, float], keyword: Scores, by_keyword: set[int]
    ) -> dict[int, float]:
        """Convex combination of min-max normalised scores over the union of candidates.

        Bruch et al., An Analysis of Fusion Functions for Hybrid Retrieval (TOIS 2023).
        """
        rows = sorted(dense.keys() | by_keyword)
        if not rows:
            return {}
        lowest = min(dense.values(), default=0.0)
        cosine = _min_max(np.array([dense.get(row, lowest) for row in rows]))
        words = _min_max(np.array([keyword[row] for row in rows], dtype=np.float64))
        weight = self._config.dense_weight
        return dict(zip(rows, (weight * cosine + (1 - weight) * words).tolist(), strict=True))


def _min_max(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = values.max() - values.min()
    return (values - values.min()) / spread if spread else np.zeros_like(values)
