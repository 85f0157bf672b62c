"""A model that reads question and passage together and puts the best hits in order; an option."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from index.errors import InputError


class CrossEncoder:
    """Any `CrossEncoder` of sentence-transformers, from a folder or, by its name, from the hub.

    Naming a model of the hub is what allows it to be fetched: nothing else here ever asks for one.
    Weights are read as safetensors or refused, and no code that comes with a model is run.
    """

    def __init__(self, model: str, device: str | None = None) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import CrossEncoder as Model
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        folder = Path(model).expanduser()
        if model.startswith((".", "/", "~")) and not folder.is_dir():
            raise InputError(f"cross_encoder = {model!r}: no such folder", "mend the path")
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
                f"cross_encoder = {model!r}: cannot be loaded ({reason})",
                "name a folder with a sentence-transformers CrossEncoder, or one on the hub",
            ) from error
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
