"""Corpora of any size for measuring speed: made up of real sentences, and said to be so.

A passage has as many word pieces as some real passage, and its sentences are drawn from those
nearest in meaning to one of them. What an index holds of it (words, word pieces, token codes,
vectors) is put together from the real sentences' encodings, so a million passages take minutes and
are as correlated as real ones. What they say makes no sense, and nothing about quality follows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.adapters import ADAPTERS
from index.codebooks import Floats
from index.codec import CODECS, Codes
from index.config import Config
from index.documents import Document, document_id, sha256_hex
from index.encoder import Encoded, Encoder, Progress, unit
from index.errors import InputError
from index.indexing import describe
from index.keywords import Postings, words
from index.ragged import Bounds, Rows, bounds_of, taken
from index.readers import read_file
from index.receiving import made
from index.segment import PLACE, Segment
from index.splitting import Budget, split
from index.store import IndexFolder
from index.token_table import Numbers, TokenTable
from index.vectors import Flat

FILES = {
    "squad2": "squad2_articles.json",
    "xquad": "xquad.en.json",
    "pubmedqa": "pubmedqa.json",
}
"""The public texts by their adapter."""

PASSAGES = 20
"""Of a document, about: from three quarters of it to five quarters."""

NEIGHBOURS = 100
"""Sentences that a passage is drawn from: those nearest to its first one."""

NOISE = 0.1
"""Length of what is added at random to a passage's vector: mean pooling sees a sentence in its
context, which the sum of lone sentences does not."""

STEP = 1024
"""The smallest segments of the product are of so many passages."""

_MOST = 24
_GAP = 2


@dataclass(frozen=True, slots=True)
class Real:
    """The public texts: documents by source, and questions about them."""

    documents: tuple[Document, ...]
    questions: tuple[str, ...]


def real(bench: Path) -> Real:
    """All documents and answerable questions of the public collections in a folder."""
    documents, questions = [], []
    for adapter, name in FILES.items():
        path = bench / name
        if not path.is_file():
            raise InputError(f"{path} is not there", "name its folder with --bench")
        found = ADAPTERS[adapter]([path])
        documents += [document(f"{adapter}/{file}", text) for file, text in found.documents.items()]
        questions += [q.question for q in found.questions if q.answerable]
    return Real(tuple(documents), tuple(questions))


def drawn(items: Sequence[str], count: int, seed: int = 0) -> list[str]:
    """At most `count` of them, at random."""
    return random.Random(seed).sample(list(items), min(count, len(items)))  # noqa: S311


def document(source: str, text: str) -> Document:
    """A text as `add` would have it from a file."""
    data = text.encode()
    reading = read_file(data, source)
    return Document(
        document_id(source, text), source, sha256_hex(data), text, paragraphs=reading.paragraphs
    )


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Real sentences, each encoded by itself, as flat arrays.

    Sentence i has the word pieces bounds[i]:bounds[i + 1] of `codes`, `starts` (code points in the
    sentence) and `pieces`, and the words word_bounds[i]:word_bounds[i + 1] of `terms`. `vectors`
    [n, d] are scaled by the number of its pieces: passages are sums of them. `near` [n, k] are its
    neighbours. `budgets`: word pieces of real passages.
    """

    texts: tuple[str, ...]
    bounds: Bounds
    codes: Codes
    starts: Numbers
    pieces: Numbers
    word_bounds: Bounds
    terms: NDArray[np.uint64]
    vectors: Floats
    near: NDArray[np.int32]
    budgets: NDArray[np.int64]
    header: Encoded


def pool(
    documents: Sequence[Document],
    encoder: Encoder,
    config: Config,
    progress: Progress | None = None,
) -> Pool:
    """The sentences of real documents, each once."""
    budget = Budget(config.passage_tokens, encoder.max_pieces, encoder.count_pieces)
    passages = [(d, p) for d in documents for p in split(d, budget)]
    found = dict.fromkeys(d.text[a:b] for d, p in passages for a, b in p.sentences)
    encoded = dict(zip(found, encoder.encode_document(list(found), progress), strict=True))
    encoded = {text: e for text, e in encoded.items() if len(e.pieces)}
    texts = tuple(encoded)
    table = TokenTable.of(list(encoded.values()), CODECS[encoder.codec](encoder.dimension))
    said = [words(text, config.language) for text in texts]
    known = sorted({word for sentence in said for word in sentence})
    # The terms of an index are hashes that only `Postings` makes: one text for each word.
    term = {w: Postings.of([w], ["none"]).terms[:1] for w in known}
    vectors = np.array([e.vector for e in encoded.values()], np.float32)
    lengths = np.diff(table.bounds)
    return Pool(
        texts,
        table.bounds,
        table.codes,
        table.starts,
        table.pieces,
        bounds_of(map(len, said)),
        np.concatenate([np.zeros(0, np.uint64), *(term[w] for s in said for w in s)]),
        vectors * lengths[:, None].astype(np.float32),
        _neighbours(vectors, min(NEIGHBOURS, len(texts))),
        np.array([encoder.count_pieces(p.text) for _, p in passages], np.int64),
        encoder.encode_document([""])[0],
    )


def _neighbours(vectors: Floats, k: int) -> NDArray[np.int32]:
    blocks = [vectors[at : at + STEP] @ vectors.T for at in range(0, len(vectors), STEP)]
    parts = [np.argpartition(-block, k - 1, axis=1)[:, :k] for block in blocks]
    return np.concatenate(parts).astype(np.int32)


def write(
    folder: IndexFolder, pool: Pool, encoder: Encoder, config: Config, size: int, seed: int = 0
) -> None:
    """An index of `size` synthetic passages: files as the product writes them."""
    with folder.writing("speed"):
        folder.commit(describe(encoder, config), segments(pool, encoder, config, size, seed))


def segments(
    pool: Pool, encoder: Encoder, config: Config, size: int, seed: int = 0
) -> Iterator[Segment]:
    """Segments of the sizes that the product joins an addition of so many passages to."""
    rng = np.random.default_rng(seed)
    done = 0
    for passages in sizes(size):
        yield segment(pool, encoder, config, passages, rng, f"synthetic/{done:09d}")
        done += passages


def sizes(size: int) -> list[int]:
    """Full segments, then each half of the one before as far as the rest reaches."""
    from index.generation import MOST_PASSAGES

    found, step = [], MOST_PASSAGES
    while size:
        while step > size and step > STEP:
            step //= 2
        found.append(min(step, size))
        size -= found[-1]
    return found


def segment(
    pool: Pool, encoder: Encoder, config: Config, size: int, rng: np.random.Generator, name: str
) -> Segment:
    """One segment of exactly `size` passages."""
    bounds, chosen = _sentences(pool, size, rng)
    per_document = _documents(size, rng)
    documents, starts, lengths = _texts(pool, bounds, chosen, per_document, name)
    codec = CODECS[encoder.codec](encoder.dimension)
    empty = Segment.of(
        [made(document) for document in documents],
        TokenTable.of([pool.header] * len(documents), codec),
        [[] for _ in documents],
        TokenTable.of([], codec),
        np.zeros((0, codec.dimension), np.float32),
        config.language,
    )
    owner = np.repeat(np.arange(size), np.diff(bounds))
    first, last = bounds[:-1], bounds[1:] - 1
    places = np.empty(size, PLACE)
    places["document"] = np.repeat(np.arange(len(documents)), per_document)
    places["start"], places["end"] = starts[first], starts[last] + lengths[last]
    tokens = _tokens(pool, bounds, chosen, starts - starts[first][owner])
    return replace(
        empty,
        places=places,
        sentence_bounds=bounds,
        sentences=np.stack([starts, starts + lengths], axis=1).astype(np.int32),
        tokens=tokens,
        frequency=tokens.document_frequency(),
        postings=_postings(pool, owner, chosen, size),
        vectors=Flat.build(vectors(pool, bounds, chosen, rng)),
    )


def vectors(pool: Pool, bounds: Bounds, chosen: Rows, rng: np.random.Generator) -> Floats:
    """[passages, d] unit sums of their sentences' vectors, with some noise."""
    sums = unit(np.add.reduceat(pool.vectors[chosen], bounds[:-1], axis=0))
    noise = rng.standard_normal(sums.shape, np.float32) * np.float32(NOISE / sums.shape[1] ** 0.5)
    return unit(sums + noise)


def vectors_only(pool: Pool, size: int, seed: int = 0) -> Floats:
    """The vectors of so many passages, without the passages."""
    rng = np.random.default_rng(seed)
    return vectors(pool, *_sentences(pool, size, rng), rng)


def _sentences(pool: Pool, size: int, rng: np.random.Generator) -> tuple[Bounds, Rows]:
    """For each passage its sentences: bounds [size + 1], numbers [all]."""
    seeds = rng.integers(len(pool.texts), size=size)
    near = pool.near[seeds]
    columns = rng.integers(near.shape[1], size=(size, _MOST))
    candidates = np.take_along_axis(near, columns, axis=1).astype(np.int64)
    lengths = np.diff(pool.bounds)[candidates]
    budget = rng.choice(pool.budgets, size=size)
    # Up to the sentence that comes nearest to the budget, before or after it.
    kept = np.cumsum(lengths, axis=1) - lengths // 2 <= budget[:, None]
    kept[:, 0] = True
    # A sentence is not said twice in a passage.
    order = np.argsort(candidates, axis=1, kind="stable")
    ranked = np.take_along_axis(candidates, order, axis=1)
    again = np.zeros_like(kept)
    np.put_along_axis(again, order[:, 1:], ranked[:, 1:] == ranked[:, :-1], axis=1)
    kept &= ~again
    return bounds_of(kept.sum(axis=1).tolist()), candidates[kept]


def _documents(size: int, rng: np.random.Generator) -> Rows:
    """How many passages each document has; together `size`."""
    drawn = rng.integers(PASSAGES * 3 // 4, PASSAGES * 5 // 4 + 1, size=size // 10 + 1)
    stops = np.minimum(np.cumsum(drawn), size)
    return np.diff(np.unique(stops), prepend=0).astype(np.int64)


def _texts(
    pool: Pool, bounds: Bounds, chosen: Rows, per_document: Rows, name: str
) -> tuple[list[Document], Rows, Rows]:
    """Documents, a paragraph for each passage; where each sentence starts, and its length."""
    lengths = np.array([len(text) for text in pool.texts], np.int64)[chosen]
    ends_passage = np.zeros(len(chosen), np.bool_)
    ends_passage[bounds[1:] - 1] = True
    steps = lengths + np.where(ends_passage, _GAP, 1)
    starts = np.concatenate([[0], np.cumsum(steps)[:-1]])
    edges = np.concatenate([[0], np.cumsum(per_document)])
    first = bounds[edges]  # of each document, in sentences
    starts -= np.repeat(starts[first[:-1]], np.diff(first))
    documents = []
    for number, (a, b) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        own = [
            " ".join(pool.texts[i] for i in chosen[bounds[row] : bounds[row + 1]].tolist())
            for row in range(a, b)
        ]
        text = "\n\n".join(own)
        at = np.concatenate([[0], np.cumsum([len(p) + _GAP for p in own])]).tolist()
        source = f"{name}-{number:06d}.txt"
        documents.append(
            Document(
                document_id(source, text),
                source,
                sha256_hex(text.encode()),
                text,
                title=f"Synthetic text {number}",
                paragraphs=tuple((s, s + len(p)) for s, p in zip(at, own, strict=False)),
            )
        )
    return documents, starts, lengths


def _tokens(pool: Pool, bounds: Bounds, chosen: Rows, offsets: Rows) -> TokenTable:
    """The sentences' word pieces, passage by passage; `offsets`: of sentences in passages."""
    each, rows = taken(pool.bounds, chosen)
    starts = pool.starts[rows] + np.repeat(offsets, np.diff(each))
    return TokenTable(each[bounds], pool.codes[rows], starts.astype(np.uint16), pool.pieces[rows])


def _postings(pool: Pool, owner: Rows, chosen: Rows, size: int) -> Postings:
    """The sentences' words, counted passage by passage."""
    each, at = taken(pool.word_bounds, chosen)
    rows = np.repeat(owner, np.diff(each))
    unique, numbers = np.unique(pool.terms[at], return_inverse=True)
    keys, counts = np.unique(numbers * np.int64(size) + rows, return_counts=True)
    bounds = np.searchsorted(keys, np.arange(len(unique) + 1) * np.int64(size))
    return Postings(
        unique,
        bounds.astype(np.int64),
        (keys % size).astype(np.uint16 if size <= 2**16 else np.int32),
        np.minimum(counts, 255).astype(np.uint8),
        np.bincount(rows, minlength=size).astype(np.int32),
    )


def facts(pool: Pool) -> dict[str, int]:
    """What the output says of the real sentences."""
    return {
        "real_sentences": len(pool.texts),
        "real_passages": len(pool.budgets),
        "mean_word_pieces": round(float(pool.budgets.mean())),
    }
