"""The contract of every codec: what late interaction may count on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pytest
from conftest import LIBRARY

from index.codec import CODECS
from index.encoder import ENCODERS, unit
from index.errors import IndexStateError


@dataclass(frozen=True)
class Bounds:
    """What a codec keeps of real rows: the mean cosine of a row with itself after coding at least;
    of cosines between rows, the mean error at most and the correlation with the true ones."""

    itself: float
    error: float
    correlation: float


KEPT = {"int8": Bounds(0.9999, 0.001, 0.9999)}
OTHERWISE = Bounds(0.75, 0.05, 0.94)
"""For codecs of a few bits a component; measured: .80, .034 and .955."""

TEXTS = [
    *(paragraph for text in LIBRARY.values() for paragraph in text.split("\n\n")),
    "On Tuesday the council of Brint voted 7 to 5 against the tramway, whose cost had doubled.",
    "Dr. Odile Varga, who leads the survey, called the figures “incomplete, at best”.",
]
"""No text that a codebook was learned from: they are made up."""


@pytest.fixture(scope="module")
def rows_of(minilm):
    """Real rows by dimension: every word piece of `TEXTS`."""
    hashing = ENCODERS["hashing"]()
    return {
        encoder.dimension: np.concatenate([e.tokens for e in encoder.encode_document(TEXTS)])
        for encoder in (hashing, minilm)
    }


@pytest.fixture(params=sorted(CODECS))
def cases(request, rows_of):
    """(codec, rows) for each encoder whose vectors the codec takes."""
    found = []
    for dimension, rows in rows_of.items():
        with suppress(IndexStateError):  # it was learned for another encoder
            found.append((CODECS[request.param](dimension), rows))
    assert found
    return found


def test_every_encoder_names_a_codec_that_takes_its_vectors():
    for encoder in ENCODERS.values():
        codec = CODECS[encoder.codec](encoder.dimension)
        assert (codec.name, codec.dimension) == (encoder.codec, encoder.dimension)


def test_codes_are_bytes_of_the_width_named(cases):
    for codec, rows in cases:
        codes = codec.encode(rows)
        assert (codes.dtype, codes.shape) == (np.uint8, (len(rows), codec.width))


def test_rows_come_back_with_unit_length_and_nearly_their_direction(cases):
    for codec, rows in cases:
        decoded = codec.decode(codec.encode(rows))
        assert decoded.dtype == np.float32
        assert np.linalg.norm(decoded, axis=1) == pytest.approx(1, abs=1e-5)
        cosines = (codec.project(rows) * decoded).sum(axis=1)
        assert cosines.mean() > KEPT.get(codec.name, OTHERWISE).itself


def test_projecting_keeps_cosines(cases):
    for codec, rows in cases:
        projected = codec.project(rows)
        assert (projected.dtype, len(projected)) == (np.float32, len(rows))
        assert projected @ projected.T == pytest.approx(rows @ rows.T, abs=2e-3)


def test_cosines_with_decoded_rows_are_nearly_the_true_ones(cases):
    for codec, rows in cases:
        bounds = KEPT.get(codec.name, OTHERWISE)
        true = rows[:30] @ rows[30:].T
        found = codec.project(rows[:30]) @ codec.decode(codec.encode(rows[30:])).T
        assert np.abs(found - true).mean() < bounds.error
        assert np.corrcoef(found.ravel(), true.ravel())[0, 1] > bounds.correlation


def test_similarities_are_cosines_with_the_decoded_rows(cases):
    for codec, rows in cases:
        question, codes = codec.project(rows[:7]), codec.encode(rows)
        found = codec.similarities(question, codes)
        assert found.dtype == np.float32
        assert found == pytest.approx(question @ codec.decode(codes).T, abs=1e-5)


def test_coding_is_the_same_each_time_and_row_by_row(cases):
    for codec, rows in cases:
        codes = codec.encode(rows[:40])
        again = CODECS[codec.name](codec.dimension)
        assert np.array_equal(again.encode(rows[:40]), codes)
        alone = np.concatenate([codec.encode(rows[at : at + 1]) for at in range(40)])
        assert np.array_equal(alone, codes)
        decoded = codec.decode(codes)
        assert np.array_equal(again.decode(codes), decoded)
        assert np.array_equal(codec.decode(codes[7:8])[0], decoded[7])


def test_the_codes_may_lie_in_a_file_that_is_mapped(cases, tmp_path):
    for codec, rows in cases:
        codes = codec.encode(rows)
        np.save(tmp_path / "codes.npy", codes)
        mapped = np.load(tmp_path / "codes.npy", mmap_mode="r")
        question = codec.project(rows[:3])
        for part in (slice(None), slice(2, 5)):
            assert np.array_equal(codec.decode(mapped[part]), codec.decode(codes[part]))
            found = codec.similarities(question, mapped[part])
            assert np.array_equal(found, codec.similarities(question, codes[part]))


def test_nothing_comes_back_as_nothing(cases):
    for codec, rows in cases:
        none = np.zeros((0, codec.dimension), np.float32)
        codes = codec.encode(none)
        assert (codes.dtype, codes.shape) == (np.uint8, (0, codec.width))
        question = codec.project(rows[:3])
        assert codec.decode(codes).shape == codec.project(none).shape == (0, question.shape[1])
        assert codec.similarities(question, codes).shape == (3, 0)
        assert codec.similarities(codec.project(none), codec.encode(rows[:4])).shape == (0, 4)


def test_a_row_of_zeros_is_no_error_and_no_nan(cases):
    for codec, rows in cases:
        codes = codec.encode(np.zeros((1, codec.dimension), np.float32))
        assert np.isfinite(codec.decode(codes)).all()
        assert np.isfinite(codec.similarities(codec.project(unit(rows[:2])), codes)).all()
