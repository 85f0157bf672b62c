"""Which hits are found, by which search, in which order, and what is marked in them."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest
from conftest import HASHING

from index.config import Config
from index.documents import Document
from index.encoder import HashingEncoder
from index.indexing import add, remove
from index.keywords import WORD
from index.store import IndexFolder
from rag.answer import Place
from rag.assistant import open_assistant
from rag.filters import Filters
from rag.late_interaction import maxsim
from rag.retrieval import Found, Retriever

SETTINGS = [
    {"rerank": "windows", "hit_chars": 100},
    {"rerank": "windows", "hit_chars": 300},
    {"rerank": "windows"},
    {"rerank": "passages"},
    {"rerank": "none"},
]


def retriever(folder, **settings) -> Retriever:
    return Retriever(folder.open(), HashingEncoder(), Config(encoder="hashing", **settings))


def names(found) -> list[str]:
    return [hit.document.source.rsplit("/", 1)[-1] for hit in found.hits]


def places(found) -> list[tuple[str, int, int]]:
    spans = [hit.passage.span for hit in found.hits]
    return [(n, s.start, s.end) for n, s in zip(names(found), spans, strict=True)]


def repeats(found) -> list[Place]:
    return [place for hit in found.hits for place in hit.repeats]


def words(document: Document, spans) -> list[str]:
    return [document.text[start:end] for start, end in spans]


GAUGES = {
    f"{name}.txt": f"The {name} gauge stood at nine." for name in ("elm", "oak", "yew", "ash")
}

STORM = (
    "The gauge stood at nine. Nobody read it before the storm.\n\nThe bell rang twice. "
    "Then the ice broke, and 42 boats lay fast in the harbour until the thaw of the next spring, "
    "which the pilots of Ostrel had not hoped for so soon.\n\nThe town slept. The keeper woke. "
    "He rang the bell for the boats.\n\nIn the morning the gauge stood at four. The ice was gone."
)
[LONGEST] = [s for s in re.split(r"(?<=[.])\s", STORM) if len(s) > 100]


@pytest.fixture(scope="module")
def storm(tmp_path_factory) -> IndexFolder:
    """Two documents of small passages, a sentence longer than 100 characters in each."""
    where = tmp_path_factory.mktemp("storm")
    files = {"a.md": f"---\ntitle: Winter\n---\n{STORM}", "b.txt": STORM.replace("bell", "horn")}
    for name, text in files.items():
        (where / name).write_text(text, encoding="utf-8")
    add(IndexFolder(where / "index"), [str(where)], Config(encoder="hashing", passage_tokens=48))
    return IndexFolder(where / "index")


def assert_sound(found: Found, longest: int) -> None:
    """What holds of every search: exact slices of whole sentences, none of them shown twice."""
    assert [hit.rank for hit in found.hits] == list(range(1, len(found.hits) + 1))
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    for hit, window in zip(found.hits, found.windows, strict=True):
        span, document = hit.passage.span, hit.document
        assert (hit.passage.text, span.document_id) == (
            document.text[span.start : span.end],
            document.id,
        )
        own = slice(window.first, window.stop)
        starts, ends = found.sentences.start[own].tolist(), found.sentences.end[own].tolist()
        assert hit.passage.sentences == tuple(zip(starts, ends, strict=True))
        assert (span.start, span.end) == (starts[0], ends[-1])
        assert len(hit.passage.text) <= longest or len(starts) == 1
        for start, end in (*hit.words, *hit.near):
            assert span.start <= start < end <= span.end
            assert any(match.span() == (start, end) for match in WORD.finditer(document.text))
        assert set(hit.words).isdisjoint(hit.near)
    for one, other in combinations([hit.passage.span for hit in found.hits], 2):
        apart = one.end <= other.start or other.end <= one.start
        assert apart or one.document_id != other.document_id


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_hits_are_exact_words_ranked_and_never_overlap(storm, library, settings):
    longest = settings.get("hit_chars", 1000)
    for folder in (storm, library):
        searching = retriever(folder, hits=20, **settings)
        for question in ("When did the ice in the harbour break?", "boats bell gauge", "42?", "?"):
            found = searching.search(question)
            assert_sound(found, longest)
            assert len(found.hits) > 0


def test_a_sentence_longer_than_a_hit_is_a_hit_of_its_own_with_its_other_place(storm):
    found = retriever(storm, hits=20, hit_chars=100).search("When did the ice break?")
    [hit] = [hit for hit in found.hits if "Then the ice broke" in hit.passage.text]
    assert hit.passage.text == LONGEST
    assert [place.passage.text for place in hit.repeats] == [LONGEST]
    assert {hit.document.id, hit.repeats[0].document.id} == set(storm.open().documents)


@pytest.mark.parametrize("rerank", ["passages", "none"])
def test_without_windows_hits_are_the_passages_as_they_are_stored(storm, rerank):
    found = retriever(storm, rerank=rerank, hits=50).search("the bell and the ice")
    shown = [hit.passage for hit in found.hits] + [p.passage for p in repeats(found)]
    assert sorted(p.id for p in shown) == sorted(p.id for p in storm.open().passages)


def test_a_window_joins_what_splitting_had_cut(make_index):
    first, second = "The keeper of Ostrel counted the boats.", "He found forty-two in the ice."
    folder = make_index(
        {"a.txt": f"{first} {second} " + "Rain fell on the pier. " * 9},
        Config(encoder="hashing", passage_tokens=16),
    )
    question = "How many boats did the keeper find in the ice?"
    cut = retriever(folder, rerank="passages").search(question).hits[0].passage.text
    assert not (first in cut and second in cut)
    found = retriever(folder, hit_chars=100).search(question)
    assert f"{first} {second}" in found.hits[0].passage.text


def test_the_neighbours_of_a_candidate_are_read_but_of_its_own_document_only(make_index):
    beasts = [["ant", "bee", "cat", "dog"], ["elk", "fox", "gnu"]]
    lines = [[f"One {b} ran to the other {b} on the pier of the {b}." for b in x] for x in beasts]
    folder = make_index(
        {f"{n}.txt": "\n\n".join(each) for n, each in enumerate(lines)},
        Config(encoder="hashing", passage_tokens=16),
    )
    searching = retriever(folder, candidates=1, hits=1)
    read = {"cat": ["bee", "cat", "dog"], "dog": ["cat", "dog"], "elk": ["elk", "fox"]}
    for asked, expected in read.items():
        found = searching.search(asked)
        texts = [folder.open().passages[row].text for row in sorted(set(found.sentences.row))]
        assert [text.split()[1] for text in texts] == expected
        assert found.hits[0].passage.text == "\n\n".join(texts)


def test_a_score_is_the_fit_of_the_window_and_relevance_its_mean_with_the_best_cosine(storm):
    question = "When did the ice in the harbour break?"
    found = retriever(storm, hit_chars=300).search(question)
    for hit, window in zip(found.hits, found.windows, strict=True):
        best = found.sentences.best[:, window.first : window.stop]
        alone = maxsim(best, found.weights).max()
        whole = maxsim(best.max(axis=1), found.weights)
        assert hit.score == pytest.approx((alone + whole) / 2, abs=1e-5)
    nearest = storm.open().nearest(HashingEncoder().encode_query(question).vector, 1)
    expected = (max(nearest.values()) + found.hits[0].score) / 2
    assert found.relevance == pytest.approx(expected, abs=1e-5)


def test_candidates_come_from_both_searches(make_index):
    """One candidate of each: stems find the one passage, stop words alone the other."""
    folder = make_index({
        "a.txt": "Quinces, quinces.",
        "b.txt": "It is that, as it was, at that.",
        "c.txt": "The quince, it fell; the boats lay fast in the harbour, and the keeper slept.",
        "d.txt": "A bell rang.",
    })  # fmt: skip
    found = retriever(folder, candidates=1).search("Is it that, as that quince?", 1)
    snapshot = folder.open()
    read = {snapshot.document_of(row).source[-5:] for row in found.sentences.row.tolist()}
    assert read == {"a.txt", "b.txt"}
    [hit] = found.hits
    assert hit.found_by == {"a.txt": ("keyword",), "b.txt": ("dense",)}[names(found)[0]]
    every = retriever(folder).search("Is it that, as that quince?")
    assert {hit.found_by for hit in every.hits if hit.document.source.endswith(("a.txt", "c.txt"))
            } == {("dense", "keyword")}  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_no_more_hits_than_asked_for_and_the_same_ones_first(make_index, settings):
    searching = retriever(make_index(GAUGES), hits=3, **settings)
    by_default = searching.search("Where stood the oak gauge?")
    assert len(by_default.hits) == 3
    assert names(searching.search("Where stood the oak gauge?", 1)) == ["oak.txt"]
    every = searching.search("Where stood the oak gauge?", 100)
    assert len(every.hits) == len(GAUGES)
    assert places(every)[:3] == places(by_default)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_equal_hits_come_in_the_order_of_their_sources_whatever_was_added_first(
    tmp_path, monkeypatch, settings
):
    monkeypatch.setattr("index.generation.GROWTH", 0)  # each addition stays a segment
    files = {f"{n}.txt": f"The bell rang for {w}." for n, w in enumerate("abcdef")}
    found = []
    for turn, order in enumerate(([0, 1, 2, 3, 4, 5], [5, 2, 0, 4, 1, 3])):
        folder = IndexFolder(tmp_path / f"index-{turn}")
        for part in (order[:2], order[2:]):
            for number in part:
                (tmp_path / f"{number}.txt").write_text(files[f"{number}.txt"])
            add(folder, [str(tmp_path / f"{number}.txt") for number in part], HASHING)
        found.append(retriever(folder, **settings).search("bell rang", 4))
    assert names(found[0]) == names(found[1])
    assert [hit.score for hit in found[0].hits] == [hit.score for hit in found[1].hits]
    if settings["rerank"] != "none":
        assert len({hit.score for hit in found[0].hits}) == 1
        assert names(found[0]) == ["0.txt", "1.txt", "2.txt", "3.txt"]


def test_the_fused_score_is_the_weighted_sum_of_both_normalised_ones(make_index):
    folder = make_index(GAUGES)
    question = "Where stood the oak gauge?"
    found = retriever(folder, rerank="none", dense_weight=0.7).search(question, 10)
    snapshot, vector = folder.open(), HashingEncoder().encode_query(question).vector
    nearest = snapshot.nearest(vector, len(GAUGES))
    cosines = np.array([nearest[row] for row in range(len(GAUGES))])
    keyword = snapshot.keywords.scores(question)
    parts = [(x - x.min()) / np.ptp(x) for x in (cosines, keyword)]
    expected = dict(enumerate(0.7 * parts[0] + 0.3 * parts[1]))
    rows = {passage.id: row for row, passage in enumerate(snapshot.passages)}
    assert {rows[hit.passage.id]: hit.score for hit in found.hits} == {
        row: pytest.approx(score, abs=1e-3) for row, score in expected.items()
    }


@pytest.mark.parametrize("rerank", ["windows", "passages", "none"])
def test_an_index_without_passages_finds_nothing(make_index, rerank):
    folder = make_index({"a.txt": "The bell rang."})
    remove(folder, ["a.txt"])
    found = retriever(folder, rerank=rerank).search("Who?")
    assert (found.hits, found.windows, found.relevance) == ((), (), 0.0)


def test_more_can_be_asked_for_than_there_are_candidates(make_index):
    folder = make_index(GAUGES)
    narrow = open_assistant(folder.path, Config(candidates=1))
    assert len(narrow.search("gauge", 4)) == 4
    assert len(narrow.search("gauge", 100)) == 4


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_only_what_passes_the_filters_is_found_or_read(storm, settings):
    searching = retriever(storm, hits=20, **settings)
    text = storm.open().find("b.txt").text

    only = searching.search("the ice and the bell", filters=Filters(documents=("b.txt",)))
    assert set(names(only)) == {"b.txt"}
    assert {storm.open().document_of(row).text for row in only.sentences.row.tolist()} == {text}
    assert_sound(only, settings.get("hit_chars", 1000))

    phrase = searching.search("the ice", filters=Filters(phrases=("GAUGE stood",)))
    shown = [hit.passage for hit in phrase.hits] + [p.passage for p in repeats(phrase)]
    assert len({passage.span.document_id for passage in shown}) == 2
    assert all("gauge stood" in passage.text for passage in shown)

    without = searching.search("the ice", filters=Filters(without=("gauge stood", "horn")))
    assert len(without.hits) > 0
    assert not any(w in h.passage.text for h in without.hits for w in ("gauge stood", "horn"))
    stored = {passage.id for passage in storm.open().passages}
    for found in (phrase, without):
        assert {hit.passage.id for hit in found.hits} <= stored, "whole passages for whole words"
        assert {place.passage.id for place in repeats(found)} <= stored

    none = searching.search("the ice", filters=Filters(phrases=("ice stood",)))
    assert (none.hits, none.relevance) == ((), 0.0)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_what_repeats_another_hit_is_shown_once_with_every_place(make_index, settings):
    caption = "The bell of Ostrel hangs in the north tower."
    folder = make_index({
        "a.txt": f"{caption}\n",
        "b.txt": f"\n\n{caption.upper()}\n",
        "c.txt": "The bell was cast in 1702.",
        "d.txt": "The bell was cast in 1703.",
    })  # fmt: skip
    found = retriever(folder, **settings).search("Where does the bell of Ostrel hang?", 3)
    assert sorted(names(found)) == ["a.txt", "c.txt", "d.txt"]
    first = found.hits[names(found).index("a.txt")]
    [again] = first.repeats
    assert again.document.source.endswith("b.txt")
    assert again.passage.text == again.document.text[2 : 2 + len(caption)] == caption.upper()
    assert not any(hit.repeats for hit in found.hits if hit is not first)


def test_the_words_of_the_question_are_marked_and_words_close_to_them(minilm_library, minilm):
    searching = Retriever(minilm_library.open(), minilm, Config())
    found = searching.search("How many boats were frozen in when the ships lay at the port?")
    assert_sound(found, 1000)
    hit = next(h for h in found.hits if h.document.source.endswith("harbour.md"))
    assert words(hit.document, hit.words) == ["boats", "lay"]
    assert "froze" in words(hit.document, hit.near)
    assert list(hit.near) == sorted(hit.near)
    assert {"the", "in", "at"}.isdisjoint(words(hit.document, hit.near))
