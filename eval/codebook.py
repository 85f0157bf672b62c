"""Learns what is shipped of an encoder's token vectors: their mean, and the codebook they are coded
with (`index.codec.Quantised`).

It is learned once, from public text, and shipped: every index of an encoder uses the same one, so
indexes can be compared, joined and rebuilt, and five documents are coded as well as five million.
`make codebook` makes it again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.adapters import ADAPTERS
from index.codebooks import Codebook, Floats
from index.codec import Quantised
from index.encoder import Encoder, MiniLM, unit

Texts = Sequence[str]

WIDTH = 32
"""Bytes a vector. 24 cost .008 success@1 on SQuAD; 16 .010, and .057 of the right answers on the
seeds (docs/RETRIEVAL.md)."""

VECTORS = 66_000
ROUNDS, LAST_ROUNDS = 14, 8
"""Rounds in which centroids and rotation are learned in turns, and of centroids alone at the end.
More of either, or more vectors, changed the mean cosine by less than .01."""

_CENTROIDS = 256
_ROWS = 8192  # compared at a time: their distances fit a core's cache


def learn(vectors: Floats, width: int = WIDTH, seed: int = 0) -> Codebook:
    """From unit token vectors [n, d]: their mean, and an optimised product quantisation of what is
    left when it is taken off.

    Ge, He, Ke and Sun, Optimized Product Quantization (TPAMI 2014): the parametric solution (axes
    of the covariance dealt out so that all subspaces vary alike) to start with, then the
    non-parametric one (centroids, then the best rotation for them, in turns).
    """
    mean = vectors.mean(axis=0).astype(np.float16).astype(np.float32)
    centred = unit(vectors - mean)
    rotation = _dealt_axes(centred, width)
    parts = _parts(centred @ rotation, width)
    first = np.random.default_rng(seed).permutation(len(vectors))[:_CENTROIDS]
    centroids = parts[:, first].copy()
    for number in range(ROUNDS + LAST_ROUNDS):
        codes = _nearest(parts, centroids)
        centroids = _means(parts, codes, centroids)
        if 2 <= number < ROUNDS:
            decoded = np.concatenate([c[k] for c, k in zip(centroids, codes, strict=True)], axis=1)
            left, _, right = np.linalg.svd(centred.T @ decoded)
            rotation = left @ right
            parts = _parts(centred @ rotation, width)
    draft = Codebook(mean, rotation, centroids, 1.0, "none")
    return replace(draft, gain=1 / mean_cosine(draft, centred))


def mean_cosine(codebook: Codebook, centred: Floats) -> float:
    """Of vectors [n, d] with what coding leaves of them."""
    codec = Quantised(codebook)
    cosines = (codec.decode(codec.encode(centred)) * codec.project(centred)).sum(axis=1)
    return float(cosines.mean())


def token_vectors(texts: Sequence[Texts], encoder: Encoder, count: int, seed: int = 0) -> Floats:
    """`count` token vectors [count, d], as many of each collection of texts as of the others."""
    random = np.random.default_rng(seed)
    share = count // len(texts)
    chosen = []
    for collection in texts:
        found: list[Floats] = []
        for index in random.permutation(len(collection)):
            if sum(map(len, found)) >= 4 * share:  # a quarter of the vectors of a text is plenty
                break
            found.append(encoder.encode_document([collection[index]])[0].tokens)
        rows = np.concatenate(found)
        chosen.append(rows[random.permutation(len(rows))[:share]])
    return np.concatenate(chosen)


def _dealt_axes(centred: Floats, width: int) -> Floats:
    """[d, d] the axes of the covariance in an order that gives each of `width` equal runs about
    the same product of variances."""
    variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    hands: list[list[int]] = [[] for _ in range(width)]
    weights = np.zeros(width)
    for axis in np.argsort(-variances):
        weights[[len(hand) == len(axes) // width for hand in hands]] = np.inf
        hand = int(weights.argmin())
        hands[hand].append(int(axis))
        weights[hand] += np.log(max(float(variances[axis]), 1e-12)) + 30
    return np.asarray(axes[:, np.concatenate(hands)], np.float32)


def _parts(rows: Floats, width: int) -> Floats:
    """[n, d] to [width, n, d / width]."""
    return np.ascontiguousarray(rows.reshape(len(rows), width, -1).transpose(1, 0, 2))


def _nearest(parts: Floats, centroids: Floats) -> NDArray[np.intp]:
    """[width, n] the centroid nearest to each row of each part."""
    codes = np.empty(parts.shape[:2], np.intp)
    squares = (centroids**2).sum(axis=2) / 2
    for number, (part, own, square) in enumerate(zip(parts, centroids, squares, strict=True)):
        for at in range(0, len(part), _ROWS):
            rows = part[at : at + _ROWS]
            codes[number, at : at + _ROWS] = (square - rows @ own.T).argmin(axis=1)
    return codes


def _means(parts: Floats, codes: NDArray[np.intp], before: Floats) -> Floats:
    """Each centroid at the mean of its rows; one that lost all of them stays where it was."""
    after = before.copy()
    for part, code, centroids in zip(parts, codes, after, strict=True):
        counts = np.bincount(code, minlength=_CENTROIDS)
        sums = np.stack([np.bincount(code, column, _CENTROIDS) for column in part.T], axis=1)
        centroids[counts > 0] = sums[counts > 0] / counts[counts > 0, None]
    return after


def _passages(bench: Path) -> Iterator[Texts]:
    """The documents of the public collections, in English, in paragraphs."""
    for adapter, name in (("squad2", "squad2_articles.json"), ("xquad", "xquad.en.json"),
                          ("pubmedqa", "pubmedqa.json")):  # fmt: skip
        texts = ADAPTERS[adapter]([bench / name]).documents.values()
        yield [part for text in texts for part in text.split("\n\n") if part.strip()]


def main() -> None:
    """`python -m eval.codebook BENCH_FOLDER OUT.npz`"""
    bench, out = map(Path, sys.argv[1:])
    encoder = MiniLM(mean=np.zeros(MiniLM.dimension, np.float32))
    vectors = token_vectors(list(_passages(bench)), encoder, VECTORS)
    codebook = learn(vectors)
    codebook.save(out)
    size, cosine = out.stat().st_size, 1 / codebook.gain
    sys.stdout.write(f"{out}: {size} bytes, mean cosine {cosine:.3f}\n")


if __name__ == "__main__":
    main()
