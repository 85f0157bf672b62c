"""A model that judges whether quotes entail a claim: an option beside the rules of proof."""

from __future__ import annotations

import os
from pathlib import Path

from index.errors import InputError

_LABELS = ("entailment", "neutral", "contradiction")


class EntailmentModel:
    """Any `CrossEncoder` of sentence-transformers trained for natural language inference.

    It reads a premise and a hypothesis and gives a score for each label of SNLI and MultiNLI; which
    is which is read from the model's own configuration. From a folder or, by its name, from the
    hub: naming a model of the hub is what allows it to be fetched. Weights are read as safetensors
    or refused, and no code that comes with a model is run.
    """

    def __init__(self, model: str, device: str | None = None) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import CrossEncoder as Model
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        folder = Path(model).expanduser()
        if model.startswith((".", "/", "~")) and not folder.is_dir():
            raise InputError(f"nli = {model!r}: no such folder", "mend the path")
        try:
            self._model = Model(
                str(folder) if folder.is_dir() else model,
                device=device,
                local_files_only=folder.is_dir(),
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError) as error:
            reason = str(error).strip().split("\n")[0]
            raise InputError(
                f"nli = {model!r}: cannot be loaded ({reason})",
                "name a folder with a sentence-transformers CrossEncoder, or one on the hub",
            ) from error
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
