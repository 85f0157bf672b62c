"""Every measure against values worked out by hand, and against libraries where they coincide."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from sklearn.metrics import precision_score, recall_score  # type: ignore[import-untyped]
from town import Line, Town, build_town, facts, gold_rows

from eval.metrics import LOWER_IS_BETTER, MEASURES, Case, confidence, is_right, summarise
from eval.risk import RiskPoint, aurc, risk_coverage

MILL, BRIDGE, MARKET, BELLS, WELL = facts(0).values()  # of Arnwick
OTHER_MILL = facts(1)["mill"]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return build_town(tmp_path_factory.mktemp("town"))


def scores(case: Case) -> dict[str, float | None]:
    return {name: measure(case) for name, measure in MEASURES.items()}


def test_a_right_answer(town: Town) -> None:
    """Eleven words, one citation, half a second. The gold quote lies inside the citation."""
    assert scores(town.case(town.answer("q", MILL))) == {
        "completed": 1,
        "correct": 1,
        "supported": 1,
        "nugget_recall": 1,
        "citation_recall": 1,
        "citation_precision": 1,
        "superfluous_citations": 0,
        "quote_exactness": 1,
        "attribution_kept": 1,
        "abstention_recall": None,
        "false_abstention": 0,
        "words": 11,
        "seconds": 0.5,
    }


FAILED = {"id": "q", "error": "RuntimeError: out of luck"}
EMPTY = {"id": "q", "text": "  "}


@pytest.mark.parametrize("answer", [FAILED, EMPTY], ids=["crashed", "empty"])
def test_what_failed_is_scored_nought(town: Town, answer: Line) -> None:
    found = scores(town.case(answer))
    assert {name: value for name, value in found.items() if value is not None} == {
        "completed": 0,
        "correct": 0,
        "supported": 0,
        "nugget_recall": 0,
        "false_abstention": 1,
    }
    unanswerable = scores(town.case(answer, kind="unanswerable", quotes=[], must=[]))
    assert unanswerable["abstention_recall"] == unanswerable["completed"] == 0


# Answers to a question about Arnwick's mill; changes to its gold row; values expected.
CASES: dict[str, tuple[list[str], dict[str, Any], dict[str, float | None]]] = {
    "a part of the gold quote bears it": (
        ["113 sacks"], {}, {"correct": 1, "supported": 1, "citation_precision": 1}
    ),
    "one good citation of two": (
        [MILL, MARKET], {},
        {"supported": 1, "citation_recall": 0.5, "citation_precision": 0.5,
         "superfluous_citations": 1},
    ),
    "the same kind of fact from another document": (
        [OTHER_MILL], {},
        {"correct": 0, "supported": 0, "citation_precision": 0, "quote_exactness": 1},
    ),
    "expressions know no case": ([MILL], {"must": ["SACKS"]}, {"correct": 1}),
    "half of what must be said": (
        [MILL], {"must": ["113", "windmill"]}, {"correct": 0, "nugget_recall": 0.5}
    ),
    "a forbidden word": ([MILL], {"must_not": ["GRAIN"]}, {"correct": 0, "nugget_recall": 1}),
    "no expressions": ([MILL], {"must": []}, {"correct": None, "nugget_recall": None}),
    "a mark is not a number": ([MILL], {"must": [r"\b1\b"]}, {"correct": 0}),
    "any quote of two": ([MILL], {"quotes": [MILL, MARKET]}, {"supported": 1}),
    "every quote, by needs_all": (
        [MILL], {"quotes": [MILL, MARKET], "needs_all": True}, {"supported": 0}
    ),
    "every quote, by kind": ([MILL], {"quotes": [MILL, MARKET], "kind": "list"}, {"supported": 0}),
    "a list with all of them": (
        [MILL, MARKET], {"quotes": [MILL, MARKET], "kind": "list"},
        {"supported": 1, "citation_recall": 1, "superfluous_citations": 0},
    ),
    "the same citation again": (
        [MILL, MILL, MILL], {}, {"citation_precision": 1, "superfluous_citations": 2, "words": 33}
    ),
    "an answer to what is not said": (
        [MILL], {"kind": "unanswerable", "quotes": [], "must": []},
        {"abstention_recall": 0, "correct": None, "supported": None, "citation_precision": None,
         "citation_recall": None, "superfluous_citations": None, "false_abstention": None,
         "quote_exactness": 1, "words": 11},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_by_hand(town: Town, name: str) -> None:
    sentences, changes, expected = CASES[name]
    found = scores(town.case(town.answer("q", *sentences), **changes))
    assert {measure: found[measure] for measure in expected} == expected


@pytest.mark.parametrize("kind", ["unanswerable", "out-of-domain", "injection"])
def test_abstaining_is_right_where_nothing_is_said(town: Town, kind: str) -> None:
    case = town.case(town.silence("q"), kind=kind, quotes=[], must=[])
    assert scores(case)["abstention_recall"] == scores(case)["completed"] == 1
    assert is_right(case)
    crashed = town.case(town.silence("q") | {"error": "x"}, kind=kind, quotes=[], must=[])
    assert scores(crashed)["abstention_recall"] == scores(crashed)["completed"] == 0
    assert not is_right(crashed)


def test_abstaining_is_wrong_where_something_is(town: Town) -> None:
    found = scores(town.case(town.silence("q")))
    assert (found["correct"], found["supported"], found["false_abstention"]) == (0, 0, 1)
    assert (found["citation_precision"], found["words"]) == (None, None)
    assert found["completed"] == 1


# What is done to the one citation of a right answer; quote_exactness, attribution_kept, supported.
CITATIONS: dict[str, tuple[Line, tuple[float, float, float]]] = {
    "nothing": ({}, (1, 1, 1)),
    "no place": ({"start": None, "end": None}, (0, 1, 1)),
    "a place before the text": ({"start": -5}, (0, 1, 1)),
    "a place beyond the text": ({"end": 10**9}, (0, 1, 1)),
    "places counted from the end": ({}, (0, 1, 1)),
    "no words": ({"quote": "", "start": 0, "end": 0}, (0, 1, 0)),
    "other words": ({"quote": MILL.replace("113", "114")}, (0, 1, 0)),
    "no speaker": ({"speaker": None}, (1, 0, 1)),
    "an unknown document": ({"document": "", "source": "nowhere.md"}, (0, 0, 0)),
    "the document by the end of its name": ({"document": "", "source": "x/arnwick.md"}, (1, 1, 1)),
}


@pytest.mark.parametrize("name", CITATIONS)
def test_of_citations_by_hand(town: Town, name: str) -> None:
    change, expected = CITATIONS[name]
    answer = town.answer("q", MILL)
    answer["citations"][0] |= change
    if name == "places counted from the end":
        length = len(town.documents["arnwick.md"].text)
        answer["citations"][0]["start"] -= length
        answer["citations"][0]["end"] -= length
    found = scores(town.case(answer))
    names = ("quote_exactness", "attribution_kept", "supported")
    assert tuple(found[measure] for measure in names) == expected


# Speaker and voice of a citation of the mill and of one of the market; the row's speakers; value.
SPEAKERS: dict[str, tuple[list[Line], list[str] | None, float | None]] = {
    "the documents' own": ([{}, {}], None, 1),
    "somebody else, where the row names nobody": ([{"speaker": "Miller Oak"}, {}], None, 0.5),
    "whom the row names": ([{"speaker": "Miller Oak", "voice": "quoted"}, {}], ["oak"], 1),
    "one of those whom it names": ([{"speaker": "Miller Oak"}, {}], ["elm", "oak"], 1),
    "the document's, where the row names another": ([{}, {}], ["oak"], 0.5),
    "nobody, where the row names somebody": ([{"speaker": None}, {}], ["oak"], 0.5),
    "quoted where gold knows nothing": (
        [{"speaker": "Miller Oak"}, {"speaker": "A reader", "voice": "comment"}], ["oak"], 1),
    "quoted, all of it, where gold knows nothing": (
        [{"speaker": "x", "voice": "quoted", "quote": MARKET}, {"voice": "caption"}], None, None),
    "no speakers at all": ([{"speaker": None}, {"speaker": None}], None, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", SPEAKERS)
def test_whose_words_a_citation_says_they_are(town: Town, name: str) -> None:
    """The mill bears the gold quote, the market does not."""
    changes, speakers, expected = SPEAKERS[name]
    answer = town.answer("q", MILL, MARKET)
    for citation, change in zip(answer["citations"], changes, strict=True):
        citation |= change
    assert scores(town.case(answer, speakers=speakers))["attribution_kept"] == expected


def test_an_answer_without_claims_is_one_claim(town: Town) -> None:
    answer = town.answer("q", MARKET, MILL) | {"claims": []}
    found = scores(town.case(answer))
    assert (found["citation_recall"], found["citation_precision"]) == (1, 0.5)
    bare = scores(town.case({"id": "q", "text": "113 sacks"}))
    assert (bare["correct"], bare["citation_recall"], bare["citation_precision"]) == (1, 0, 0)


def test_means_keep_what_failed(town: Town) -> None:
    """Of right, crashed, wrongly silent: a third is correct, one of them answered in 11 words."""
    cases = [town.case(a) for a in (town.answer("q", MILL), FAILED, town.silence("q"))]
    cases.append(town.case(town.silence("q"), kind="injection", quotes=[], must=[]))
    means = summarise((case.gold.question.kind, scores(case)) for case in cases)
    assert means["correct"] == means["supported"] == pytest.approx(1 / 3)
    assert means["completed"] == pytest.approx(3 / 4)
    assert means["false_abstention"] == pytest.approx(2 / 3)
    assert means["abstention_recall"] == means["abstention_recall.injection"] == 1
    assert means["words"] == 11
    assert "abstention_recall.number" not in means


def test_precision_and_recall_are_those_of_scikit_learn(town: Town) -> None:
    """Random citations of known worth; precision over what is cited, recall over the claims."""
    chance = random.Random(3)  # noqa: S311
    right = {MILL, BELLS}
    for _ in range(50):
        cited = chance.choices([MILL, BRIDGE, MARKET, BELLS, WELL, OTHER_MILL], k=4)
        labels = [sentence in right for sentence in cited]
        found = scores(
            town.case(town.answer("q", *cited), kind="list", quotes=list(right), must=["."])
        )
        assert found["citation_precision"] == pytest.approx(precision_score(labels, [True] * 4))
        assert found["citation_recall"] == pytest.approx(
            recall_score([True] * 4, labels, zero_division=0)
        )


def test_abstention_recall_is_that_of_scikit_learn(town: Town) -> None:
    chance = random.Random(5)  # noqa: S311
    lines = [town.silence(a["id"]) if chance.random() < 0.5 else a for a in town.good]
    lines = [
        town.answer(a["id"], MILL) if a.get("abstained") and chance.random() < 0.3 else a
        for a in lines
    ]
    silent = {line["id"]: bool(line.get("abstained")) for line in lines}
    due = {r["id"]: not r["quotes"] for r in gold_rows()}
    truth, given = list(due.values()), [silent[id_] for id_ in due]
    means = town.run(lines).measures
    assert means["abstention_recall"] == pytest.approx(recall_score(truth, given))
    assert means["false_abstention"] == pytest.approx(1 - recall_score(truth, given, pos_label=0))


def test_the_risk_coverage_curve_by_hand() -> None:
    """Right, wrong, right in order of confidence: risks 0, 1/2, 1/3."""
    points = risk_coverage([(0.2, True), (0.9, True), (0.5, False)])
    assert points == [RiskPoint(1 / 3, 0), RiskPoint(2 / 3, 1 / 2), RiskPoint(1, 1 / 3)]
    assert aurc(points) == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)


@pytest.mark.parametrize("order", list(itertools.permutations([1, 1, 0, 0])))
def test_a_confidence_that_says_nothing_gives_the_error_rate(order: tuple[int, ...]) -> None:
    """Equal confidences in any order: no luck of the gold file's order."""
    points = risk_coverage((0.5, bool(right)) for right in order)
    assert [point.risk for point in points] == [0.5] * 4
    assert aurc(points) == 0.5


def test_the_ends_of_aurc() -> None:
    assert aurc(risk_coverage((1.0, True) for _ in range(5))) == 0
    assert aurc(risk_coverage((1.0, False) for _ in range(5))) == 1
    assert aurc(risk_coverage([])) == 0
    best = aurc(risk_coverage([(0.9, True), (0.1, False)]))
    worst = aurc(risk_coverage([(0.1, True), (0.9, False)]))
    assert (best, worst) == (0.25, 0.75)


def test_confidence_is_what_is_said_else_the_best_hit(town: Town) -> None:
    found = [town.hit(MILL, 1, score=0.4), town.hit(WELL, 2, score=0.7)]
    said = town.answer("q", MILL, hits=found)
    assert confidence(town.case(said)) == 0.9
    assert confidence(town.case(said | {"confidence": None})) == 0.7
    assert confidence(town.case(said | {"confidence": None, "hits": []})) == 0
    assert confidence(town.case(town.silence("q") | {"confidence": 0.9})) is None


def test_the_costs_are_measures() -> None:
    assert LOWER_IS_BETTER - {"aurc"} <= set(MEASURES)
