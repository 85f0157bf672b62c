"""Gold, measures, runs and gates: hand-computed values, and nothing that flatters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.gates import judge, load_gates
from eval.gold import GoldQuestion, ResolvedGold, load_gold, resolve
from eval.metrics import MEASURES, Case, retrieval, summarise
from eval.runs import load_summary, run_gold
from index.documents import Span
from index.errors import InputError
from index.store import IndexFolder, Snapshot
from rag.answer import Answer, Citation, Claim, Hit
from rag.assistant import Assistant, open_assistant

ROW: dict[str, Any] = {
    "id": "q1",
    "question": "How thick was the ice?",
    "lang": "en",
    "kind": "number",
    "documents": ["harbour.md"],
    "quotes": ["41 centimetres thick"],
    "must": [r"\b41\b"],
    "must_not": [],
    "needs_all": False,
}


@pytest.fixture(scope="module")
def snapshot(library: IndexFolder) -> Snapshot:
    return library.open()


def gold(snapshot: Snapshot, **changes: Any) -> ResolvedGold:
    found = resolve(GoldQuestion(**(ROW | changes)), snapshot)
    assert found is not None
    return found


def cite(snapshot: Snapshot, source: str, words: str, number: int = 1) -> Citation:
    document = snapshot.find(source)
    start = document.text.index(words)
    span = Span(document.id, start, start + len(words))
    return Citation(number, span, words, document.speaker, document)


def answered(*citations: Citation, hits: tuple[Hit, ...] = ()) -> Answer:
    claims = tuple(Claim(c.quote, (c,)) for c in citations)
    return Answer("?", claims, None if claims else "no", hits, None, "f", {"retrieve": 0.5})


def scores(case: Case) -> dict[str, float | None]:
    return {name: measure(case) for name, measure in MEASURES.items()}


def test_a_right_answer_scores_one(snapshot: Snapshot) -> None:
    citation = cite(snapshot, "harbour.md", "The ice was 41 centimetres thick on\nthe second")
    assert scores(Case(gold(snapshot), answered(citation))) == {
        "completed": 1,
        "correct": 1,
        "supported": 1,
        "citation_precision": 1,
        "quote_exactness": 1,
        "abstention_recall": None,
        "false_abstention": 0,
        "words": 9,
        "seconds": 0.5,
    }


def test_one_good_citation_of_two_is_half_precise(snapshot: Snapshot) -> None:
    good = cite(snapshot, "harbour.md", "41 centimetres")  # lies inside the gold quote
    other = cite(snapshot, "orchard.txt", "A blight took the nine.", 2)
    found = scores(Case(gold(snapshot), answered(good, other)))
    assert (found["supported"], found["citation_precision"]) == (1, 0.5)


def test_the_same_words_in_another_document_support_nothing(snapshot: Snapshot) -> None:
    question = gold(snapshot, documents=["orchard.txt"], quotes=["218 trees"], must=["218"])
    elsewhere = cite(snapshot, "harbour.md", "The ice was 41 centimetres thick")
    found = scores(Case(question, answered(elsewhere)))
    assert (found["correct"], found["supported"]) == (0, 0)


def test_a_forbidden_word_makes_an_answer_wrong(snapshot: Snapshot) -> None:
    citation = cite(snapshot, "harbour.md", "41 centimetres thick")
    assert MEASURES["correct"](Case(gold(snapshot, must_not=["THICK"]), answered(citation))) == 0


@pytest.mark.parametrize(
    ("kind", "needs_all", "expected"), [("fact", False, 1), ("fact", True, 0), ("list", False, 0)]
)
def test_lists_need_every_quote(
    snapshot: Snapshot, kind: str, needs_all: bool, expected: int
) -> None:
    quotes = ["41 centimetres thick", "Forty-two boats"]
    question = gold(snapshot, kind=kind, needs_all=needs_all, quotes=quotes)
    citation = cite(snapshot, "harbour.md", "The ice was 41 centimetres thick")
    assert MEASURES["supported"](Case(question, answered(citation))) == expected


def test_failures_and_wrong_abstentions_stay_in_the_denominator(snapshot: Snapshot) -> None:
    right = Case(gold(snapshot), answered(cite(snapshot, "harbour.md", "41 centimetres thick")))
    crashed = Case(gold(snapshot, id="q2"), None, "RuntimeError: out of luck")
    silent = Case(gold(snapshot, id="q3"), answered())
    means = summarise((case.gold.question.kind, scores(case)) for case in (right, crashed, silent))
    assert means["correct"] == pytest.approx(1 / 3)
    assert means["completed"] == pytest.approx(2 / 3)
    assert means["false_abstention"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("kind", ["unanswerable", "out-of-domain", "injection"])
def test_abstaining_is_right_where_nothing_is_said(snapshot: Snapshot, kind: str) -> None:
    question = gold(snapshot, kind=kind, quotes=[], must=[])
    citation = cite(snapshot, "harbour.md", "41 centimetres thick")
    assert MEASURES["abstention_recall"](Case(question, answered())) == 1
    assert MEASURES["abstention_recall"](Case(question, answered(citation))) == 0
    assert MEASURES["abstention_recall"](Case(question, None, "crash")) == 0
    assert MEASURES["correct"](Case(question, answered())) is None


def test_retrieval_measures_by_hand(snapshot: Snapshot) -> None:
    """The one relevant passage at rank 2: success@1 0, RR 1/2, nDCG 1/log2(3)."""
    question = gold(snapshot)
    relevant = [p for p in snapshot.passages if "41 centimetres thick" in p.text]
    others = [p for p in snapshot.passages if p not in relevant]
    hits = tuple(
        Hit(p, snapshot.documents[p.span.document_id], 0.7, rank, ("dense",))
        for rank, p in enumerate([others[0], relevant[0], others[1]], 1)
    )
    citation = cite(snapshot, "harbour.md", "41 centimetres thick")
    case = Case(question, answered(citation, hits=hits))
    missed = Case(gold(snapshot, id="q2"), None, "crash")
    found = retrieval([case, missed], snapshot)
    assert found["q1"]["success@1"] == 0
    assert found["q1"]["success@3"] == found["q1"]["recall@3"] == 1
    assert found["q1"]["mrr@10"] == pytest.approx(0.5)
    assert found["q1"]["ndcg@10"] == pytest.approx(0.6309, abs=1e-4)
    assert set(found["q2"].values()) == {0.0}


def write_gold(path: Path, *rows: dict[str, Any] | str) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{nope", ":2: the line"),
        (ROW | {"kind": "riddle"}, ":2: kind"),
        (ROW | {"mist": 1}, ":2: mist"),
        (ROW | {"must": ["("]}, ":2: '(' is not a regular expression"),
        (ROW | {"must": []}, ":2: an answerable question needs"),
        (ROW, ":2: id 'q1' stands twice"),
    ],
)
def test_bad_gold_is_named_with_its_line(
    tmp_path: Path, row: dict[str, Any] | str, says: str
) -> None:
    with pytest.raises(InputError) as error:
        load_gold(write_gold(tmp_path / "gold.jsonl", ROW, row))
    assert says in str(error.value)


def test_a_quote_that_is_not_there_is_an_error_not_a_miss(snapshot: Snapshot) -> None:
    with pytest.raises(InputError, match="its quote is in none of its documents"):
        gold(snapshot, quotes=["42 centimetres thick"])


def test_pointers_resolve_to_the_words_at_their_place(snapshot: Snapshot) -> None:
    text = snapshot.find("harbour.md").text
    start = text.index("41 centimetres")
    pointer = {"document": "harbour.md", "start": start, "end": start + 14}
    assert gold(snapshot, quotes=[pointer]).quotes[0][0].text == "41 centimetres"


def test_a_run_is_kept_and_repeats_itself(library: IndexFolder, tmp_path: Path) -> None:
    absent = ROW | {"id": "q2", "documents": ["missing.md"]}
    file = write_gold(tmp_path / "harbours.jsonl", ROW, absent)
    written = []
    for name in ("one.jsonl", "two.jsonl"):
        run_gold(open_assistant(library.path), file).save(tmp_path / name)
        rows = [json.loads(line) for line in (tmp_path / name).read_text("utf-8").splitlines()]
        for row in rows:
            row.get("measures", {}).pop("seconds", None)
            row.get("scores", {}).pop("seconds", None)
            (row.get("answer") or {}).pop("seconds", None)
        written.append(rows)
    assert written[0] == written[1]
    assert len(written[0]) == 2  # the head and one question
    summary = load_summary(tmp_path / "one.jsonl")
    assert (summary.name, summary.questions, summary.not_run) == ("harbours", 1, ("q2",))
    with pytest.raises(InputError, match="1 questions were not run"):
        judge(summary, {"harbours": {}})


def test_a_crashing_question_is_counted(library: IndexFolder, tmp_path: Path) -> None:
    """A real assistant whose index loses its vectors: every question fails, none disappears."""
    assistant = open_assistant(library.path)
    assistant.retriever._snapshot = None  # type: ignore[assignment]
    run = run_gold(assistant, write_gold(tmp_path / "gold.jsonl", ROW))
    assert isinstance(assistant, Assistant)
    assert run.rows[0].error is not None
    assert run.measures["completed"] == 0
    assert run.measures["correct"] == 0
    assert run.measures["success@10"] == 0


def test_the_gate_names_measure_value_and_threshold(tmp_path: Path) -> None:
    gates = tmp_path / "gates.toml"
    gates.write_text(
        "[seeds]\ncorrect = { min = 0.6 }\nwords = { max = 60 }\nmissing = { min = 1 }\n"
    )
    run = tmp_path / "run.jsonl"
    head = {"run": "seeds", "questions": 9, "not_run": [], "measures": {"correct": 0.5, "words": 9}}
    run.write_text(json.dumps(head) + "\n", encoding="utf-8")
    verdicts = judge(load_summary(run), load_gates(gates))
    assert [v.passed for v in verdicts] == [False, True, False]
    assert str(verdicts[0]) == "seeds: correct 0.5000, wanted >= 0.6"
    assert "missing missing" in str(verdicts[2])


@pytest.mark.parametrize("text", ["[a]\nb = { mim = 1 }", "[a]\nb = {}", "[a", "[a]\nb = 'x'"])
def test_bad_gates_are_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "gates.toml").write_text(text)
    with pytest.raises(InputError, match=r"gates\.toml"):
        load_gates(tmp_path / "gates.toml")


def test_a_run_without_thresholds_is_not_green(tmp_path: Path) -> None:
    run = tmp_path / "run.jsonl"
    run.write_text('{"run": "other", "questions": 1, "not_run": [], "measures": {}}\n')
    with pytest.raises(InputError, match="no thresholds"):
        judge(load_summary(run), load_gates())
