"""Retrieval measures: what a hit finds by hand, and the rankings against ir-measures."""

from __future__ import annotations

import math
import random
from typing import Any

import ir_measures
import pytest
from town import VILLAGES, Line, Town, build_town, facts

from eval.answers import GivenAnswer
from eval.metrics import Case
from eval.ranking import retrieval

MILL, BRIDGE, MARKET, BELLS, WELL = facts(0).values()  # of Arnwick


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return build_town(tmp_path_factory.mktemp("town"))


def hits(town: Town, *sentences: str) -> list[Line]:
    return [town.hit(words, rank) for rank, words in enumerate(sentences, 1)]


def ranked(town: Town, found: list[Line], **changes: Any) -> dict[str, float]:
    """Values of one question. The text is not looked at: a crash keeps the hits it had."""
    case = town.case({"id": "q", "hits": found}, **changes)
    return retrieval([case])[case.gold.question.id]


def test_the_second_hit_is_the_one(town: Town) -> None:
    """Reciprocal rank 1/2; nDCG 1/log2(3); one of three hits judged."""
    found = ranked(town, hits(town, BRIDGE, MILL, WELL))
    assert (found["success@1"], found["recall@1"]) == (0, 0)
    assert found["success@3"] == found["recall@3"] == found["success@10"] == 1
    assert found["mrr@10"] == 0.5
    assert found["ndcg@10"] == pytest.approx(1 / math.log2(3))
    assert found["judged@10"] == pytest.approx(1 / 3)
    assert found["doc_success@1"] == found["doc_mrr@10"] == found["doc_judged@10"] == 1


def test_two_of_three_documents(town: Town) -> None:
    """Found at ranks 2 and 4 (of documents): DCG 1/log2(3) + 1/log2(5), ideal over three."""
    names = ["arnwick.md", "brellin.md", "corsey.md"]
    quotes = [facts(n)["mill"] for n in range(3)]
    order = [facts(7)["mill"], facts(0)["well"], facts(6)["well"], facts(1)["mill"]]
    found = ranked(town, hits(town, *order), documents=names, quotes=quotes, kind="compare")
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found["doc_recall@3"] == pytest.approx(1 / 3)
    assert found["doc_recall@4"] == pytest.approx(2 / 3)
    assert found["doc_ndcg@10"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert found["recall@4"] == pytest.approx(1 / 3)  # of the quotes only Brellin's
    assert found["ndcg@10"] == pytest.approx(1 / math.log2(5) / ideal)


def test_a_larger_passage_finds_what_it_covers(town: Town) -> None:
    document, start = town.place(MILL)
    span = {"document": document.id, "start": start - 5, "end": start + len(MILL) + 30}
    assert ranked(town, [{"rank": 1, **span}])["success@1"] == 1
    assert ranked(town, [{"rank": 1, **span, "start": start + 20}])["success@1"] == 0  # cuts it


@pytest.mark.parametrize(
    "span", [{"start": 0, "end": 10**9}, {"start": -9, "end": 99}, {"start": 9, "end": 9}]
)
def test_a_span_that_no_text_has_finds_nothing(town: Town, span: Line) -> None:
    document, _ = town.place(MILL)
    found = ranked(town, [{"rank": 1, "document": document.id, **span}])
    assert (found["success@10"], found["doc_success@1"]) == (0, 1)


def test_a_hit_without_a_place_is_looked_for(town: Town) -> None:
    words = {"rank": 1, "source": "arnwick.md", "text": MILL.replace(" ", "\n")}
    assert ranked(town, [words])["success@1"] == 1
    assert ranked(town, [words | {"source": "corsey.md"}])["success@1"] == 0


def test_ranks_count_not_the_order_of_the_lines(town: Town) -> None:
    one, two = hits(town, MILL, BRIDGE)
    assert ranked(town, [two, one]) == ranked(town, [one, two])


def test_what_is_found_twice_counts_at_its_first(town: Town) -> None:
    """The second time it is a miss: one of three places is judged."""
    found = ranked(town, hits(town, MILL, BRIDGE, MILL))
    assert (found["mrr@10"], found["ndcg@10"]) == (1, 1)
    assert found["judged@10"] == pytest.approx(1 / 3)


def test_without_hits_all_is_nought(town: Town) -> None:
    assert set(ranked(town, []).values()) == {0.0}
    case = town.case(town.silence("q"), kind="unanswerable", quotes=[], must=[])
    assert retrieval([case]) == {}


def test_rankings_are_those_of_ir_measures(town: Town) -> None:
    """Sentences as passages and as judgements, given to the library without our mapping."""
    chance = random.Random(11)  # noqa: S311
    names = [f"{v.lower()}.md" for v in VILLAGES[:3]]
    pool = [sentence for n in range(3) for sentence in facts(n).values()]
    cases, qrels, run = [], {}, {}
    for number in range(40):
        quotes = chance.sample(pool, chance.randint(1, 4))
        order = chance.sample(pool, chance.randint(1, 12))
        answer = GivenAnswer.model_validate({"id": f"q{number}", "hits": hits(town, *order)})
        gold = town.resolved(id=answer.id, kind="list", quotes=quotes, documents=names)
        cases.append(Case(gold, answer, town.corpus))
        qrels[answer.id] = dict.fromkeys(quotes, 1)
        run[answer.id] = {sentence: -float(rank) for rank, sentence in enumerate(order)}
    ours = retrieval(cases)
    measures = {
        **{f"{name}@{k}": f"{theirs}@{k}" for k in (1, 3, 4, 5, 10)
           for name, theirs in (("success", "Success"), ("recall", "R"))},
        "mrr@10": "RR@10", "ndcg@10": "nDCG@10", "judged@10": "Judged@10",
    }  # fmt: skip
    for name, theirs in measures.items():
        for metric in ir_measures.iter_calc([ir_measures.parse_measure(theirs)], qrels, run):
            assert ours[metric.query_id][name] == pytest.approx(metric.value), (name, metric)
