"""Which passages are found, by which search, in which order."""

from __future__ import annotations

import numpy as np
import pytest

from index.config import Config
from index.encoder import HashingEncoder
from index.indexing import remove
from index.store import IndexFolder
from rag.assistant import open_assistant
from rag.retrieval import Retriever


def retriever(folder, **settings) -> Retriever:
    return Retriever(folder.open(), HashingEncoder(), Config(encoder="hashing", **settings))


def names(found) -> list[str]:
    return [hit.document.source.rsplit("/", 1)[-1] for hit in found.hits]


GAUGES = {
    f"{name}.txt": f"The {name} gauge stood at nine." for name in ("elm", "oak", "yew", "ash")
}


def test_hits_are_ranked_from_one_by_falling_score_and_point_to_their_passages(library):
    found = retriever(library).search("How thick was the ice in the harbour?")
    assert [hit.rank for hit in found.hits] == list(range(1, len(found.hits) + 1))
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert names(found)[0] == "harbour.md"
    snapshot = library.open()
    for hit, row in zip(found.hits, found.rows, strict=True):
        assert snapshot.passages[row] == hit.passage
        span = hit.passage.span
        assert hit.document.text[span.start : span.end] == hit.passage.text


def test_candidates_come_from_both_searches(make_index):
    """One candidate of each: stems find the one passage, stop words alone the other."""
    folder = make_index({"a.txt": "Quinces, quinces.", "b.txt": "It is that, as it was, at that."})
    found = retriever(folder, candidates=1).search("Is it that, as that quince?")
    assert dict(zip(names(found), (hit.found_by for hit in found.hits), strict=True)) == {
        "a.txt": ("keyword",),
        "b.txt": ("dense",),
    }


@pytest.mark.parametrize("rerank", [True, False])
def test_no_more_hits_than_asked_for_and_the_same_ones_first(make_index, rerank):
    searching = retriever(make_index(GAUGES), rerank=rerank, hits=3)
    by_default = searching.search("Where stood the oak gauge?")
    assert len(by_default.hits) == 3
    assert names(searching.search("Where stood the oak gauge?", 1)) == ["oak.txt"]
    every = searching.search("Where stood the oak gauge?", 100)
    assert len(every.hits) == len(GAUGES)
    assert every.rows[:3] == by_default.rows


def test_equal_passages_keep_the_order_of_the_index(make_index):
    folder = make_index({f"{n}.txt": "The bell rang." for n in range(6)})
    assert retriever(folder).search("a bell", 4).rows == (0, 1, 2, 3)


def test_the_fused_score_is_the_weighted_sum_of_both_normalised_ones(make_index):
    folder = make_index(GAUGES)
    question = "Where stood the oak gauge?"
    found = retriever(folder, rerank=False, dense_weight=0.7).search(question, 10)
    snapshot, vector = folder.open(), HashingEncoder().encode_query(question).vector
    cosines, words = snapshot.vectors.vectors() @ vector, snapshot.keywords.scores(question)
    parts = [(x - x.min()) / np.ptp(x) for x in (cosines, words)]
    expected = dict(enumerate(0.7 * parts[0] + 0.3 * parts[1]))
    assert {row: hit.score for row, hit in zip(found.rows, found.hits, strict=True)} == {
        row: pytest.approx(score, abs=1e-5) for row, score in expected.items()
    }


def test_an_index_without_passages_finds_nothing(make_index):
    folder = make_index({"a.txt": "The bell rang."})
    remove(folder, ["a.txt"])
    found = retriever(folder).search("Who?")
    assert (found.hits, found.rows, found.relevance) == ((), (), 0.0)


def test_more_can_be_asked_for_than_there_are_candidates(library: IndexFolder) -> None:
    narrow = open_assistant(library.path, Config(candidates=1))
    assert len(narrow.search("harbour", 4)) == 4
