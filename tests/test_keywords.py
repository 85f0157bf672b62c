"""BM25 against its formula, in the languages of the documents."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from index.keywords import BM25, STEMMERS, highest, words

TEXTS = [
    "The bell rang. The bell fell.",
    "Ice on the pier",
    "A bell on ice, a bell of ice, ice, ice",
]
ENGLISH = ["en"] * len(TEXTS)


def lucene_bm25(rows: list[list[str]], question: list[str], k1=1.5, b=0.75) -> list[float]:
    """Robertson and Zaragoza (2009), with Lucene's idf; one term of the sum per question word."""
    mean = sum(map(len, rows)) / len(rows)
    scores = []
    for row in rows:
        score = 0.0
        for word in set(question):
            found = sum(word in other for other in rows)
            idf = math.log(1 + (len(rows) - found + 0.5) / (found + 0.5))
            frequency = row.count(word)
            score += idf * frequency / (frequency + k1 * (1 - b + b * len(row) / mean))
        scores.append(score)
    return scores


@pytest.mark.parametrize("question", ["bells", "Did the ICE break a bell?", "pier pier bell"])
def test_scores_are_those_of_the_formula(question):
    index = BM25.build(TEXTS, ENGLISH)
    expected = lucene_bm25([words(text, "en") for text in TEXTS], words(question, "en"))
    assert index.scores(question).tolist() == pytest.approx(expected, rel=1e-5)
    assert max(expected) > 0


@pytest.mark.parametrize("question", ["zeppelin", "what is the and of", "", "?!", "_ __", "ß"])
def test_a_question_without_a_known_word_scores_nothing(question):
    scores = BM25.build(TEXTS, ENGLISH).scores(question)
    assert scores.tolist() == [0, 0, 0]
    assert highest(scores, 3) == []


def test_words_are_folded_stemmed_and_rid_of_stop_words():
    assert words("The PILOTS’ warnings weren’t heard in 2019", "en") == words(
        "pilots' warning weren't heard 2019", "en"
    )
    assert words("the of and", "en") == []
    assert words("quinces", "en-GB") == words("quince", "EN")
    assert words("quinces", "xx") == ["quinces"]


@pytest.mark.parametrize("language", [*STEMMERS, "nb", "xx", ""])
def test_every_language_named_can_be_used(language):
    assert words("2019 Ostrel", language)


def test_a_question_finds_documents_of_each_language_by_its_own_stems():
    texts = [
        "Los pescadores encendieron hogueras",
        "The fishers lit fires",
        "Die Fischer zündeten Feuer an",
        "أشعل الصيادون النيران",
    ]
    index = BM25.build(texts, ["es", "en", "de", "ar"])
    for question, row in (("pescador", 0), ("a fire", 1), ("den Fischern", 2), ("النيران", 3)):
        assert highest(index.scores(question), 4) == [row]


def test_an_index_comes_back_from_the_disk_with_the_same_scores(tmp_path):
    index = BM25.build(TEXTS, ENGLISH)
    index.save(tmp_path)
    assert np.array_equal(BM25.load(tmp_path).scores("ice bell"), index.scores("ice bell"))


@pytest.mark.parametrize(
    "texts", [[], ["..."], ["the", "of"]], ids=["no", "no words", "stop words"]
)
def test_texts_without_words_make_an_index_without_a_warning(tmp_path, texts):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        BM25.build(texts, ["en"] * len(texts)).save(tmp_path)
        assert BM25.load(tmp_path).scores("bell of").tolist() == [0] * len(texts)


def test_highest_are_best_first_and_equal_ones_in_order():
    scores = np.full(100, 0.5, dtype=np.float32)
    scores[[7, 50]] = 2, 0
    assert highest(scores, 4) == [7, 0, 1, 2]
    assert highest(scores, 1000) == [7, *(row for row in range(100) if row not in (7, 50))]
