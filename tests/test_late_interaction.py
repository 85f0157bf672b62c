"""MaxSim and its weights, computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from index.encoder import HashingEncoder
from rag.late_interaction import LateInteraction, maxsim


def array(values):
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize(
    ("similarities", "weights", "expected"),
    [
        ([[0.1, 0.9], [0.5, 0.2]], [0.25, 0.75], 0.25 * 0.9 + 0.75 * 0.5),
        ([[-0.4, -0.2]], [1.0], -0.2),
        (np.zeros((2, 0)), [0.5, 0.5], 0.0),
        (np.zeros((0, 3)), [], 0.0),
    ],
)
def test_maxsim_is_the_weighted_sum_of_each_pieces_best(similarities, weights, expected):
    assert maxsim(array(similarities), array(weights)) == pytest.approx(expected)


@pytest.fixture
def late(make_index):
    files = {
        "a.md": "---\ntitle: Storm\n---\nThe gauge and the bell.",
        "b.txt": "The gauge in ice.",
        "c.txt": "A gauge, a gauge at the pier.",
    }
    return LateInteraction(make_index(files).open())


def test_a_piece_weighs_by_how_few_passages_hold_it(late):
    question = HashingEncoder().encode_query("gauge bell whale")
    raw = [math.log(1 + 3 / (1 + held)) for held in (3, 1, 0)]
    assert late.weights(question).tolist() == pytest.approx([w / sum(raw) for w in raw], rel=1e-5)


def test_a_passage_that_holds_every_word_scores_one_and_the_others_what_their_best_words_give(late):
    encoder = HashingEncoder()
    question = encoder.encode_query("gauge bell")
    assert late.score(question, late.weights(question), 0) == pytest.approx(1, abs=1e-3)
    weight_gauge, weight_bell = late.weights(question)
    ice = encoder.encode_query("The gauge in ice").tokens
    best_for_bell = (ice @ question.tokens[1]).max()
    expected = weight_gauge * 1 + weight_bell * best_for_bell
    assert late.score(question, late.weights(question), 1) == pytest.approx(expected, abs=0.01)


def test_what_is_known_of_the_document_counts_as_part_of_its_passages(late):
    question = HashingEncoder().encode_query("storm")
    assert late.score(question, late.weights(question), 0) == pytest.approx(1, abs=1e-3)
    assert late.score(question, late.weights(question), 1) < 0.7


def test_vectors_are_unit_rows_and_starts_stand_at_the_words(late):
    assert np.linalg.norm(late.vectors(1), axis=1) == pytest.approx(1, abs=1e-5)
    assert late.starts(1).tolist() == [0, 4, 10, 13]
