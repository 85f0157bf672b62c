"""A model that reads question and passage together and puts the best hits in order; an option."""

from __future__ import annotations

from collections.abc import Sequence

from index.errors import InputError
from rag.pair_models import open_pair_model


class CrossEncoder:
    """Any `CrossEncoder` of sentence-transformers that gives one score for a pair."""

    def __init__(self, model: str, device: str | None = None) -> None:
        self._model = open_pair_model("cross_encoder", model, device)
        if all(kind.endswith("Model") for kind in self._model.config.architectures or ["Model"]):
            raise InputError(
                f"cross_encoder = {model!r}: has no layer that gives a score",
                "name one that was trained to rank",
            )
        if self._model.num_labels != 1:
            raise InputError(
                f"cross_encoder = {model!r}: gives {self._model.num_labels} scores for a pair",
                "name one that was trained to rank: it gives a single score",
            )

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question, as a rule between 0 and 1."""
        pairs = [(question, text) for text in texts]
        return [float(score) for score in self._model.predict(pairs, show_progress_bar=False)]
