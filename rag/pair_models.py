"""Opening models that read two texts together: for reranking, and for judging entailment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from index.errors import InputError


def open_pair_model(setting: str, model: str, device: str | None) -> Any:
    """Any `CrossEncoder` of sentence-transformers, from a folder or, by its name, from the hub.

    Naming a model of the hub is what allows it to be fetched: nothing else here ever asks for one.
    Weights are read as safetensors or refused, and no code that comes with a model is run.
    `InputError` names the `setting` of the configuration.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    folder = Path(model).expanduser()
    if model.startswith((".", "/", "~")) and not folder.is_dir():
        raise InputError(f"{setting} = {model!r}: no such folder", "mend the path")
    try:
        return CrossEncoder(
            str(folder) if folder.is_dir() else model,
            device=device,
            local_files_only=folder.is_dir(),
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            f"{setting} = {model!r}: cannot be loaded ({reason})",
            "name a folder with a sentence-transformers CrossEncoder, or one on the hub",
        ) from error
