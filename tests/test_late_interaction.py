"""MaxSim and its weights, computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from index.config import Config
from index.encoder import HashingEncoder, unit
from rag.late_interaction import FEW, LateInteraction, maxsim


def array(values):
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize(
    ("best", "weights", "expected"),
    [
        ([0.9, 0.5], [0.25, 0.75], 0.25 * 0.9 + 0.75 * 0.5),
        ([-0.2], [1.0], -0.2),
        ([[0.1, 0.9], [0.5, -1.0]], [0.5, 0.5], [0.3, -0.05]),
        (np.zeros((2, 0)), [0.5, 0.5], []),
        (np.zeros((0, 3)), [], [0, 0, 0]),
    ],
)
def test_maxsim_is_the_weighted_sum_of_each_pieces_best(best, weights, expected):
    assert maxsim(array(best), array(weights)).tolist() == pytest.approx(expected)


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


def asked(late, question):
    encoded = HashingEncoder().encode_query(question)
    return late.projected(encoded), late.weights(encoded)


def test_a_sentence_that_holds_every_word_scores_one_and_others_what_their_best_words_give(late):
    question, weights = asked(late, "gauge bell")
    found = late.sentences(question, [0, 1])
    scores = maxsim(found.best, weights)
    assert scores[0] == pytest.approx(1, abs=1e-3)
    ice = HashingEncoder().encode_query("The gauge in ice").tokens
    best_for_bell = (ice @ question.tokens[1]).max()
    expected = weights[0] * 1 + weights[1] * best_for_bell
    assert scores[1] == pytest.approx(expected, abs=0.01)


def test_what_is_known_of_the_document_counts_as_part_of_its_sentences(late):
    question, weights = asked(late, "storm")
    scores = maxsim(late.sentences(question, [0, 1, 2]).best, weights)
    assert scores[0] == pytest.approx(1, abs=1e-3)
    assert scores[1:].max() < 0.7


LONG = (
    "The gauge stood at nine. Nobody read it!\n\nThe bell rang twice in the storm. "
    "Then the ice broke, and 42 boats lay fast. The town slept."
)


@pytest.fixture
def several(make_index, monkeypatch):
    """Passages of one to several sentences, with and without metadata, in two segments."""
    monkeypatch.setattr("index.generation.GROWTH", 0)
    monkeypatch.setattr("index.encoding.BATCH", 5)
    files = {
        "a.md": f"---\ntitle: The Winter\nauthor: Port Chronicle\n---\n{LONG}",
        "b.txt": LONG,
        "c.txt": "A pier.",
    }
    snapshot = make_index(files, Config(encoder="hashing", passage_tokens=16)).open()
    assert len(snapshot.segments) == 2
    return snapshot


def test_sentences_are_those_of_the_passages_in_their_order_with_their_own_word_pieces(several):
    late = LateInteraction(several)
    question, _ = asked(late, "Who heard the bell in the storm of the Port Chronicle?")
    chosen = [len(several) - 1, *range(0, len(several) - 1, 2)]
    found = late.sentences(question, chosen)
    rows = sorted(chosen)
    expected = [(row, *place) for row in rows for place in several.passages[row].sentences]
    places = zip(found.row.tolist(), found.start.tolist(), found.end.tolist(), strict=True)
    assert list(places) == expected
    assert len(found) == len(expected) > len(rows)
    assert len(found.bounds) == len(found) + 1
    cosines = late.mean_cosines(question, found, 0, len(found))
    for number, (row, start, end) in enumerate(expected):
        document = several.document_of(row)
        assert several.owner(row) == (found.segment[number], found.document[number])
        held = several.segments[found.segment[number]].sentences[found.number[number]]
        assert held.tolist() == [start, end]
        own = HashingEncoder().encode_query(document.text[start:end]).tokens
        codes = found.codes[found.bounds[number] : found.bounds[number + 1]]
        assert several.codec.decode(codes) == pytest.approx(own, abs=0.01)
        header = HashingEncoder().encode_query(document.header).tokens
        best = (question.tokens @ np.concatenate([own, header]).T).max(axis=1)
        assert found.best[:, number] == pytest.approx(best, abs=0.01)
        mean = own.mean(axis=0) / np.linalg.norm(own.mean(axis=0))
        wanted = float(mean @ question.vector)
        assert cosines[number] == pytest.approx(wanted, abs=0.01)
        alone = late.mean_cosines(question, found, number, number + 1)
        assert alone[0] == pytest.approx(cosines[number], abs=1e-6)


def test_a_sentence_fits_the_same_alone_and_in_any_company(several):
    late = LateInteraction(several)
    question, _ = asked(late, "Did the ice break?")
    together = late.sentences(question, range(len(several)))
    for row in range(len(several)):
        alone = late.sentences(question, [row])
        assert alone.best == pytest.approx(together.best[:, together.row == row], abs=1e-6)


def test_nothing_asked_or_nothing_to_read_is_no_error(several):
    late = LateInteraction(several)
    question, weights = asked(late, "?!")
    found = late.sentences(question, [0])
    assert maxsim(found.best, weights).tolist() == [0] * len(found)
    assert len(late.sentences(question, [])) == 0
    question, weights = asked(late, "a bell")
    none = late.sentences(question, [])
    assert maxsim(none.best, weights).tolist() == []


@pytest.mark.parametrize("few", [0, FEW])
@pytest.mark.parametrize("name", ["library", "minilm_library"])
def test_cosines_are_those_without_the_mean_of_all_that_is_stored(request, monkeypatch, name, few):
    """Of both sides, drawn towards 0 where little is stored, and times the codec's gain."""
    monkeypatch.setattr("rag.late_interaction.FEW", few)
    snapshot = request.getfixturevalue(name).open()
    late = LateInteraction(snapshot)
    encoder = HashingEncoder() if name == "library" else request.getfixturevalue("minilm")
    encoded = encoder.encode_query("How thick was the ice?")
    asked, codec = late.projected(encoded), snapshot.codec
    stored = np.concatenate([codec.decode(s.tokens.codes) for s in snapshot.segments])
    mean = stored.sum(axis=0) / (len(stored) + few)
    question = unit(codec.project(encoded.tokens) - mean)
    assert asked.tokens == pytest.approx(question, abs=1e-4)
    assert asked.vector == pytest.approx(codec.project(encoded.vector[None])[0], abs=1e-6)
    found = late.sentences(asked, range(len(snapshot)))
    expected = codec.gain * question @ unit(codec.decode(found.codes) - mean).T
    assert found.cosines == pytest.approx(expected, abs=1e-4)


def test_of_much_that_is_stored_an_even_sample_gives_the_mean(several, monkeypatch):
    total = sum(len(segment.tokens.codes) for segment in several.segments)
    monkeypatch.setattr("rag.late_interaction.FEW", 0)
    exact, _ = asked(LateInteraction(several), "bell")
    monkeypatch.setattr("rag.late_interaction.SAMPLE", total // 2)
    sampled, _ = asked(LateInteraction(several), "bell")
    monkeypatch.setattr("rag.late_interaction.FEW", 10**9)
    with_mean, _ = asked(LateInteraction(several), "bell")
    assert not np.array_equal(sampled.tokens, exact.tokens)
    assert sampled.tokens[0] @ exact.tokens[0] > sampled.tokens[0] @ with_mean.tokens[0]
