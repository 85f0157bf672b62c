"""BM25 against its formula and against bm25s, in segments, in the documents' languages."""

from __future__ import annotations

import math
import warnings

import bm25s
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from index.keywords import STEMMERS, Keywords, Postings, highest, words

TEXTS = [
    "The bell rang. The bell fell.",
    "Ice on the pier",
    "A bell on ice, a bell of ice, ice, ice",
]


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


def one_corpus(texts, languages=None):
    """All texts in one segment, in English unless told otherwise."""
    languages = languages or ["en"] * len(texts)
    return Keywords([Postings.of(texts, languages)], sorted(set(languages)))


@pytest.mark.parametrize("question", ["bells", "Did the ICE break a bell?", "pier pier bell"])
def test_scores_are_those_of_the_formula(question):
    expected = lucene_bm25([words(text, "en") for text in TEXTS], words(question, "en"))
    assert one_corpus(TEXTS).scores(question).tolist() == pytest.approx(expected, rel=1e-5)
    assert max(expected) > 0


VOCABULARY = ["ice", "bells", "harbour", "pilots", "froze", "the", "crowns", "218", "guild's"]
SENTENCES = st.lists(st.sampled_from(VOCABULARY), max_size=9).map(" ".join)


@given(st.lists(SENTENCES, min_size=1, max_size=8), SENTENCES)
def test_scores_are_those_of_the_reference_library(texts, question):
    tokens = [words(text, "en") for text in texts]
    asked = sorted(set(words(question, "en")) & {word for row in tokens for word in row})
    assume(asked)
    reference = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    reference.index(tokens, show_progress=False)
    expected = reference.get_scores(asked).tolist()
    assert one_corpus(texts).scores(question).tolist() == pytest.approx(expected, rel=1e-4)


LANGUAGES = ["en", "es", ""]
CORPUS = st.lists(st.tuples(SENTENCES, st.sampled_from(LANGUAGES)), max_size=8)


def postings(corpus):
    return Postings.of([text for text, _ in corpus], [language for _, language in corpus])


def same(one, other):
    for name in ("terms", "bounds", "rows", "counts", "lengths"):
        ours, theirs = getattr(one, name), getattr(other, name)
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), name
        assert np.array_equal(ours, theirs), name


@given(st.lists(CORPUS, min_size=1, max_size=4), SENTENCES, st.data())
def test_segments_split_joined_and_taken_score_as_one_corpus(parts, question, data):
    """To the last bit: what was added first must not decide between two passages."""
    whole = [row for part in parts for row in part]
    once = postings(whole)
    expected = Keywords([once], LANGUAGES).scores(question)
    segments = [postings(part) for part in parts]
    assert np.array_equal(Keywords(segments, LANGUAGES).scores(question), expected)
    cut = data.draw(st.integers(0, len(segments) - 1))
    mixed = [*segments[:cut], Postings.join(segments[cut:])]
    assert np.array_equal(Keywords(mixed, LANGUAGES).scores(question), expected)
    same(Postings.join(segments), once)

    keep = data.draw(st.permutations(range(len(whole))))[: data.draw(st.integers(0, len(whole)))]
    taken, chosen = once.take(np.array(keep, np.int64)), [whole[row] for row in keep]
    same(taken, postings(chosen))


def test_the_mean_length_does_not_depend_on_the_order_of_a_large_corpus():
    """16 million words are where sums of 32-bit floats begin to depend on their order."""
    lengths = np.array([2**24, *[1] * 40], np.int32)
    bell = Postings.of(["bell"], ["en"])
    scores = []
    for order in (lengths, lengths[::-1]):
        rows = np.flatnonzero(order > 1).astype(np.int32)
        segment = Postings(bell.terms, bell.bounds, rows, bell.counts, order)
        scores.append(Keywords([segment], ["en"]).scores("bell").max())
    assert scores[0] == scores[1]


def test_a_word_counts_up_to_255_times_and_every_word_counts_for_the_length():
    texts = ["bell " * 400 + "ice", "bell ice", "ice ice pier"]
    made = postings([(text, "en") for text in texts])
    assert made.lengths.tolist() == [401, 2, 3]
    assert made.counts.max() == 255
    full = lucene_bm25([words(text, "en") for text in texts], ["bell"])
    assert one_corpus(texts).scores("bell").tolist() == pytest.approx(full, rel=0.01)
    assert one_corpus(["ice " * 255]).scores("ice") == pytest.approx(
        lucene_bm25([["ice"] * 255], ["ice"]), rel=1e-5
    )


def test_passages_holding_every_word_of_a_phrase_are_found_through_all_segments():
    texts = [*TEXTS, "", "Bells and piers", "El hielo y los muelles"]
    languages = ["en", "en", "en", "en", "en", "es"]
    parts = [Postings.of(texts[a:b], languages[a:b]) for a, b in ((0, 2), (2, 3), (3, 6))]
    for segments in (parts, [Postings.join(parts)]):
        keywords = Keywords(segments, ["en", "es"])
        for phrase, rows in (
            ("bell", [0, 2, 4]),
            ("the BELL", [0, 2, 4]),
            ("ice bell", [2]),
            ("bells pier", [4]),
            ("muelle", [5]),
            ("zeppelin", []),
            ("ice zeppelin", []),
            ("the", [0, 1, 2, 3, 4, 5]),
            ("", [0, 1, 2, 3, 4, 5]),
        ):
            assert keywords.holding(phrase).tolist() == rows, phrase


def test_an_index_without_passages_holds_nothing():
    for keywords in (Keywords([], []), Keywords([], ["en"]), one_corpus([], [])):
        assert keywords.scores("bell").tolist() == keywords.holding("bell").tolist() == []


@pytest.mark.parametrize("question", ["zeppelin", "what is the and of", "", "?!", "_ __", "ß"])
def test_a_question_without_a_known_word_scores_nothing(question):
    scores = one_corpus(TEXTS).scores(question)
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
    index = one_corpus(texts, ["es", "en", "de", "ar"])
    for question, row in (("pescador", 0), ("a fire", 1), ("den Fischern", 2), ("النيران", 3)):
        assert highest(index.scores(question), 4) == [row]


@pytest.mark.parametrize(
    "texts", [[], ["..."], ["the", "of"]], ids=["no", "no words", "stop words"]
)
def test_texts_without_words_make_an_index_without_a_warning(texts):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = postings([(text, "en") for text in texts])
        for one in (made, Postings.join([made, made]), made.take(np.arange(len(texts)))):
            assert Keywords([one], ["en"]).scores("bell of").tolist() == [0] * len(one.lengths)


def test_postings_come_back_from_the_disk_with_the_same_scores(library):
    """Those of a segment: read from mapped files, they are those of its passages' texts."""
    snapshot = library.open()
    passages = list(snapshot.passages)
    documents = [snapshot.documents[p.span.document_id] for p in passages]
    texts = [f"{d.header}\n{p.text}" for d, p in zip(documents, passages, strict=True)]
    (segment,) = snapshot.segments
    same(segment.postings, Postings.of(texts, [d.language or "en" for d in documents]))
    assert snapshot.keywords.scores("port chronicle").max() > 0


def test_highest_are_best_first_and_equal_ones_in_order():
    scores = np.full(100, 0.5, dtype=np.float32)
    scores[[7, 50]] = 2, 0
    assert highest(scores, 4) == [7, 0, 1, 2]
    assert highest(scores, 1000) == [7, *(row for row in range(100) if row not in (7, 50))]
