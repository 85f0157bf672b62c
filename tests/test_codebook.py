"""What is learned of token vectors, and what of it is shipped."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from conftest import LIBRARY

from eval.codebook import learn, mean_cosine, token_vectors
from index.codebooks import Codebook, Floats, packaged
from index.codec import Quantised
from index.encoder import HashingEncoder, MiniLM, unit

WIDTH = 8


@pytest.fixture(scope="module")
def vectors() -> Floats:
    """1,500 unit vectors around a mean, that lie in heaps along axes which a codec must find."""
    random = np.random.default_rng(1)
    axes = np.linalg.qr(random.standard_normal((32, 32)))[0]
    heaps = random.choice([-1.0, 1.0], (1500, 32)) * 0.9 ** np.arange(32)
    rows = 0.3 * axes[0] + (heaps + 0.1 * random.standard_normal((1500, 32))) @ axes.T
    return unit(rows.astype(np.float32))


@pytest.fixture(scope="module")
def learned(vectors) -> Codebook:
    return learn(vectors, WIDTH)


def centred(vectors: Floats, codebook: Codebook) -> Floats:
    return unit(vectors - codebook.mean)


def test_a_codebook_has_the_mean_an_orthogonal_rotation_and_256_centroids_a_byte(vectors, learned):
    assert learned.mean == pytest.approx(vectors.mean(axis=0), abs=1e-3)
    assert learned.rotation @ learned.rotation.T == pytest.approx(np.eye(32), abs=1e-4)
    assert learned.centroids.shape == (WIDTH, 256, 32 // WIDTH)


def test_learning_is_worth_it_and_the_gain_says_what_is_lost(vectors, learned):
    rows = centred(vectors, learned)
    kept = mean_cosine(learned, rows)
    assert learned.gain == pytest.approx(1 / kept)
    codec = Quantised(learned)
    by_hand = [a @ b for a, b in zip(codec.decode(codec.encode(rows)), codec.project(rows),
                                     strict=True)]  # fmt: skip
    assert kept == pytest.approx(np.mean(by_hand), abs=1e-5)
    random = np.random.default_rng(2)
    turned = np.linalg.qr(random.standard_normal((32, 32)))[0].astype(np.float32)
    parts = (rows @ turned).reshape(len(rows), WIDTH, -1).transpose(1, 0, 2)
    rough = Codebook(learned.mean, turned, parts[:, :256].copy(), 1.0, "none")
    assert kept > mean_cosine(rough, rows) + 0.02
    unturned = np.eye(32, dtype=np.float32)
    flat = rows.reshape(len(rows), WIDTH, -1).transpose(1, 0, 2)
    assert kept > mean_cosine(replace(rough, rotation=unturned, centroids=flat[:, :256]), rows)


def test_turning_the_axes_while_learning_loses_less(vectors, learned, monkeypatch):
    monkeypatch.setattr("eval.codebook.ROUNDS", 2)
    monkeypatch.setattr("eval.codebook.LAST_ROUNDS", 20)
    fixed = learn(vectors, WIDTH)
    assert 1 - 1 / learned.gain < 0.9 * (1 - 1 / fixed.gain)


def test_the_same_vectors_give_the_same_codebook(vectors, learned):
    again = learn(vectors, WIDTH)
    for name in ("mean", "rotation", "centroids"):
        assert np.array_equal(getattr(again, name), getattr(learned, name)), name
    assert again.gain == learned.gain


def test_a_saved_codebook_is_the_same_in_half_precision(learned, tmp_path):
    learned.save(tmp_path / "book.npz")
    with np.load(tmp_path / "book.npz", allow_pickle=False) as arrays:
        assert sorted(arrays) == ["centroids", "gain", "mean", "rotation"]
        assert float(arrays["gain"]) == learned.gain
        assert arrays["centroids"] == pytest.approx(learned.centroids, abs=1e-3)


def test_every_collection_of_texts_gives_as_many_vectors():
    texts = [["ice bell boat"] * 40, ["pier gauge storm"] * 40]
    rows = token_vectors(texts, HashingEncoder(), 60)
    first = HashingEncoder().encode_query("ice bell boat").tokens
    assert rows.shape == (60, 64)
    assert ((rows @ first.T).max(axis=1) > 0.99).sum() == 30
    assert np.array_equal(rows, token_vectors(texts, HashingEncoder(), 60))


def test_what_is_shipped_keeps_the_directions_of_text_it_was_not_learned_from(minilm):
    codebook = packaged("minilm")
    assert packaged("minilm") is codebook
    assert codebook.mean.shape == (MiniLM.dimension,)
    assert codebook.rotation @ codebook.rotation.T == pytest.approx(np.eye(384), abs=2e-3)
    assert codebook.centroids.shape == (32, 256, 12)
    texts = [part for text in LIBRARY.values() for part in text.split("\n\n")]
    rows = np.concatenate([one.tokens for one in minilm.encode_document(texts)])
    kept = mean_cosine(codebook, rows)
    assert kept > 0.75
    assert codebook.gain * kept == pytest.approx(1, abs=0.1)


def test_what_is_shipped_is_small_and_plain_arrays():
    data = files("index.codebooks").joinpath("minilm.npz").read_bytes()
    assert len(data) < 600_000
    codebook = packaged("minilm")
    assert all(np.isfinite(a).all() for a in (codebook.mean, codebook.rotation, codebook.centroids))
