"""A model that judges whether quotes entail a claim: an option beside the rules of proof."""

from __future__ import annotations

from index.errors import InputError
from rag.pair_models import open_pair_model

_LABELS = ("entailment", "neutral", "contradiction")


class EntailmentModel:
    """Any `CrossEncoder` of sentence-transformers trained for natural language inference.

    It reads a premise and a hypothesis and gives a score for each label of SNLI and MultiNLI; which
    is which is read from the model's own configuration.
    """

    def __init__(self, model: str, device: str | None = None) -> None:
        self._model = open_pair_model("nli", model, device)
        names = {
            str(name).casefold(): int(place)
            for place, name in (self._model.config.id2label or {}).items()
        }
        missing = [label for label in _LABELS if label not in names]
        if missing:
            raise InputError(
                f"nli = {model!r}: has no label {missing[0]!r} (it has {', '.join(names)})",
                "name one that was trained on natural language inference",
            )
        self._entailment = names["entailment"]

    def __call__(self, premise: str, claim: str) -> bool:
        """True when entailment is the likeliest of the labels."""
        [scores] = self._model.predict([(premise, claim)], show_progress_bar=False)
        return int(scores.argmax()) == self._entailment
