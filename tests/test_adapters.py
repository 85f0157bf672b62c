"""Benchmark adapters: small files in each published form, made here, become documents and gold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import HASHING
from typer.testing import CliRunner

from eval.adapters import ADAPTERS, Benchmark, sample, write
from eval.answers import GivenAnswer, GivenCitation, GivenHit
from eval.corpus import Corpus
from eval.gold import GoldQuestion, Pointer, load_gold
from eval.metrics import Case, supported
from eval.ranking import retrieval
from eval.runs import open_gold
from index.documents import Document
from index.errors import InputError
from index.indexing import add
from index.store import IndexFolder
from ui.cli import app

FREEZE = "The harbour of Ostrel froze in 2019. The ice was 41 centimetres thick."
BELL = "A new bell cost the town 3,500 crowns."
HIELO = "El puerto de Ostrel se heló en 2019. El hielo medía 41 centímetros."


def asked(qid: str, question: str, *answers: tuple[str, int], **other: Any) -> dict[str, Any]:
    rows = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": qid, "question": question, "answers": rows, **other}


def article(title: str, *paragraphs: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {"title": title, "paragraphs": [{"context": c, "qas": q} for c, q in paragraphs]}


def put(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = content if path.suffix == ".jsonl" else [content]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def squad2_files(folder: Path) -> list[Path]:
    thick = asked(
        "s1", "The ice was how thick?", ("41", 49), ("41 centimetres", 49), is_impossible=False
    )
    lost = asked("s2", "Who fell in?", is_impossible=True)
    sang = asked("s4", "Who sang to the town?", is_impossible=True)
    cost = asked(
        "s3", "A new bell cost the town what?", ("3,500", BELL.index("3,500")), is_impossible=False
    )
    data = [
        article("Ostrel", (FREEZE, [thick, lost]), (BELL, [cost, sang])),
        article("Æ/b", ("A lamp.", [])),
    ]
    return [put(folder / "squad.json", {"version": "v2.0", "data": data})]


def xquad_files(folder: Path) -> list[Path]:
    en = article("Ostrel", (BELL, []), (FREEZE, [asked("x1", "How thick?", ("41", 49))]))
    es = article("Ostrel", ("¿?", []), (HIELO, [asked("x1", "¿Cuánto medía?", ("41", 52))]))
    return [
        put(folder / "xquad.es.json", {"data": [es]}),
        put(folder / "xquad.en.json", {"data": [en]}),
    ]


def pubmedqa_files(folder: Path) -> list[Path]:
    return [
        put(
            folder / "ori_pqal.json",
            {
                "101": {"QUESTION": "Does ice thicken?", "CONTEXTS": [FREEZE, "We measured it."]},
                "102": {"QUESTION": "Do bells cost?", "CONTEXTS": [BELL], "final_decision": "yes"},
            },
        )
    ]


def beir_files(folder: Path) -> list[Path]:
    texts = [("A", "Ice", FREEZE), ("a", "", BELL), ("c/1", "Light", "A lamp."), ("d", "", "…")]
    corpus = [{"_id": i, "title": t, "text": x, "metadata": {}} for i, t, x in texts]
    put(folder / "beir" / "corpus.jsonl", corpus)
    queries = [{"_id": i, "text": f"query {i}"} for i in ("q1", "q2", "q3", "train")]
    put(folder / "beir" / "queries.jsonl", queries)
    rows = [
        "query-id\tcorpus-id\tscore",
        "q1\tA\t2",
        "q1\tc/1\t1",
        "q1\ta\t0",
        "q2\td\t1",
        "q3\ta\t1",
    ]
    qrels = folder / "beir" / "qrels" / "test.tsv"
    qrels.parent.mkdir()
    qrels.write_text("\r\n".join(rows) + "\r\n", encoding="utf-8")
    return [folder / "beir"]


def multihop_files(folder: Path) -> list[Path]:
    bodies = {
        "https://a.example/1": f"“{FREEZE}”\n\n{BELL}",
        "https://b.example/1": "A lamp  burns.",
    }
    facts = {
        "ice": {"url": "https://a.example/1", "fact": '"The harbour of Ostrel froze in 2019.'},
        "bell": {"url": "https://a.example/1", "fact": "A new bell cost the town 3,500 crowns."},
        "lamp": {"url": "https://b.example/1", "fact": "A lamp burns."},
        "lost": {"url": "https://b.example/1", "fact": "A lamp went out."},
    }
    rows = [
        ("Which town?", "Ostrel.", "inference_query", ["ice", "lamp"]),
        ("Do they agree?", "Yes", "comparison_query", ["bell", "lamp"]),
        ("Was it before?", "no", "temporal_query", ["ice", "lost"]),
        ("Who sang?", "Insufficient information.", "null_query", []),
    ]
    queries = [
        {"query": q, "answer": a, "question_type": t, "evidence_list": [facts[f] for f in e]}
        for q, a, t, e in rows
    ]
    articles = [{"url": url, "title": "t", "body": body} for url, body in bodies.items()]
    return [put(folder / "corpus.json", articles), put(folder / "MultiHopRAG.json", queries)]


FILES: dict[str, Callable[[Path], list[Path]]] = {
    "squad2": squad2_files,
    "xquad": xquad_files,
    "pubmedqa": pubmedqa_files,
    "beir": beir_files,
    "multihop-rag": multihop_files,
}


def converted(name: str, folder: Path) -> Benchmark:
    return ADAPTERS[name](FILES[name](folder))


def quoted(benchmark: Benchmark, qid: str) -> list[str]:
    (row,) = [q for q in benchmark.questions if q.id == qid]
    pointers = [quote for quote in row.quotes if isinstance(quote, Pointer)]
    return [benchmark.documents[p.document][p.start : p.end] for p in pointers]


def row(benchmark: Benchmark, qid: str) -> GoldQuestion:
    return next(q for q in benchmark.questions if q.id == qid)


@pytest.mark.parametrize("name", ADAPTERS)
def test_what_an_adapter_writes_can_be_indexed_and_asked(name: str, tmp_path: Path) -> None:
    benchmark = converted(name, tmp_path)
    write(benchmark, tmp_path / "out")
    folder = IndexFolder(tmp_path / "index")
    assert not add(folder, [str(tmp_path / "out" / "documents")], HASHING).failed
    documents = folder.open().documents.values()
    assert {Path(d.source).name: d.text for d in documents} == dict(benchmark.documents)
    assert load_gold(tmp_path / "out" / "gold.jsonl") == list(benchmark.questions)
    gold = open_gold(tmp_path / "out" / "gold.jsonl", Corpus(documents))
    assert gold.not_run == ()
    assert all(re.fullmatch(r"[0-9A-Za-z_-][0-9A-Za-z._-]*\.txt", n) for n in benchmark.documents)
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    write(ADAPTERS[name](FILES[name](tmp_path / "again")), tmp_path / "out")
    assert {p: p.read_bytes() for p in before} == before


def test_squad_answers_are_found_in_the_article_and_the_impossible_is_unanswerable(
    tmp_path: Path,
) -> None:
    found = converted("squad2", tmp_path)
    assert found.documents["Ostrel.txt"] == f"{FREEZE}\n\n{BELL}"
    assert quoted(found, "s1") == ["41", "41 centimetres"]
    assert quoted(found, "s3") == ["3,500"]
    lost = row(found, "s2")
    assert (lost.kind, lost.quotes, lost.documents) == ("unanswerable", (), ("Ostrel.txt",))
    (number,) = row(found, "s1").must
    assert re.search(number, "It was 41 cm.")
    assert not re.search(number, "It was 410 cm, in 1941.")


def test_xquad_asks_in_one_language_and_quotes_in_the_other(tmp_path: Path) -> None:
    found = converted("xquad", tmp_path)
    question = row(found, "x1")
    assert (question.question, question.lang) == ("¿Cuánto medía?", "es")
    assert quoted(found, "x1") == ["41"]
    assert found.documents["Ostrel.txt"] == f"{BELL}\n\n{FREEZE}"
    assert ADAPTERS["xquad"]([tmp_path / "xquad.es.json"]).documents["Ostrel.txt"].endswith(HIELO)


def test_any_sentence_of_its_abstract_supports_a_pubmedqa_question(tmp_path: Path) -> None:
    write(converted("pubmedqa", tmp_path), tmp_path / "out")
    documents = [
        Document(path.name, path.name, "", path.read_text(encoding="utf-8"))
        for path in (tmp_path / "out" / "documents").iterdir()
    ]
    corpus = Corpus(documents)
    gold = open_gold(tmp_path / "out" / "gold.jsonl", corpus).questions[0]

    def score(quote: str, source: str) -> float | None:
        citation = GivenCitation(number=1, quote=quote, source=source)
        answer = GivenAnswer(id="101", text=quote, citations=(citation,))
        return supported(Case(gold, answer, corpus))

    assert gold.question.must == ()
    assert score("We measured it.", "101.txt") == 1
    assert score(BELL, "102.txt") == 0


def test_beir_asks_what_is_judged_and_reports_what_has_no_text(tmp_path: Path) -> None:
    found = converted("beir", tmp_path)
    assert [q.id for q in found.questions] == ["q1", "q3"]
    assert quoted(found, "q1") == [f"Ice\n\n{FREEZE}", "Light\n\nA lamp."]
    assert len({name.casefold() for name in found.documents}) == 3  # "A" and "a" stay apart
    assert len(found.left_out) == 2
    assert found.left_out[0].startswith("document d:")
    assert found.left_out[1].startswith("query q2:")


def test_multihop_rag_needs_all_facts_and_reports_those_it_cannot_locate(tmp_path: Path) -> None:
    found = converted("multihop-rag", tmp_path)
    town, agree, nothing = found.questions
    assert quoted(found, town.id) == ["“The harbour of Ostrel froze in 2019.", "A lamp  burns."]
    assert [(q.kind, q.needs_all, bool(q.must)) for q in (town, agree, nothing)] == [
        ("fact", True, True), ("compare", True, False), ("unanswerable", False, False)
    ]  # fmt: skip
    (lost,) = found.left_out
    assert lost.startswith("query 3:")


def hits_at(tmp_path: Path, *ranked: str) -> dict[str, float]:
    """Measures of the query "Do they agree?" (BELL and the lamp) for passages with these words."""
    write(converted("multihop-rag", tmp_path), tmp_path / "out")
    paths = list((tmp_path / "out" / "documents").iterdir())
    texts = {path.name: path.read_text(encoding="utf-8") for path in paths}
    corpus = Corpus(Document(name, name, "", text) for name, text in texts.items())
    gold = open_gold(tmp_path / "out" / "gold.jsonl", corpus).questions[1]
    hits = []
    for rank, words in enumerate(ranked, 1):
        name = next(name for name, text in texts.items() if words in text)
        start = texts[name].index(words)
        hits.append(GivenHit(rank=rank, source=name, start=start, end=start + len(words)))
    answer = GivenAnswer(id=gold.question.id, hits=tuple(hits))
    return retrieval([Case(gold, answer, corpus)])[gold.question.id]


def test_both_definitions_of_hits_at_k_are_measured_and_differ(tmp_path: Path) -> None:
    found = hits_at(tmp_path, FREEZE, f"{FREEZE}”\n\n{BELL}", FREEZE, FREEZE, "A lamp  burns.")
    # The evaluator's: is any evidence among the top k? The paper's: how much of it is?
    assert [found[f"success@{k}"] for k in (1, 4, 10)] == [0, 1, 1]
    assert [found[f"recall@{k}"] for k in (1, 4, 10)] == [0, 0.5, 1]


LAMP = {"_id": "A", "text": "A lamp."}
BROKEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "not JSON": ("squad2", {"squad.json": "{"}, "squad.json: "),
    "field missing": ("squad2", {"squad.json": {"data": [{"title": "x"}]}}, "data.0.paragraphs"),
    "answer elsewhere": (
        "squad2",
        {"squad.json": {"data": [article("x", (BELL, [asked("s9", "?", ("41", 3))]))]}},
        "question s9",
    ),
    "question twice": (
        "squad2",
        {"squad.json": {"data": [article("x", (BELL, [asked("s9", "?", ("A", 0))] * 2))]}},
        "question 's9' stands twice",
    ),
    "article twice": (
        "squad2",
        {"squad.json": {"data": [article("x"), article("x")]}},
        "document 'x' stands twice",
    ),
    "not aligned": (
        "xquad",
        {"xquad.en.json": {"data": [article("x", (BELL, [asked("x7", "?", ("A", 0))]))]}},
        "question x1 (paragraph 2)",
    ),
    "no abstract": ("pubmedqa", {"ori_pqal.json": {"7": {"QUESTION": "?"}}}, "7.CONTEXTS"),
    "bad line": ("beir", {"beir/corpus.jsonl": [LAMP, {}]}, "corpus.jsonl:2: _id"),
    "unknown document": ("beir", {"beir/corpus.jsonl": [LAMP]}, "test.tsv:3: 'c/1'"),
    "unknown type": (
        "multihop-rag",
        {"MultiHopRAG.json": [{"query": "?", "answer": "", "question_type": "x"}]},
        "0.question_type",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_named_with_the_record_and_a_remedy(case: str, tmp_path: Path) -> None:
    name, changes, told = BROKEN[case]
    files = FILES[name](tmp_path)
    for file, content in changes.items():
        if isinstance(content, str):
            (tmp_path / file).write_text(content, encoding="utf-8")
        else:
            put(tmp_path / file, content)
    with pytest.raises(InputError) as caught:
        ADAPTERS[name](files)
    assert told in str(caught.value)
    assert str(tmp_path) in caught.value.what
    assert caught.value.next_step


def test_a_sample_is_seeded_and_keeps_all_documents(tmp_path: Path) -> None:
    whole = converted("squad2", tmp_path)
    drawn = [sample(whole, 2, seed) for seed in range(6)]
    assert drawn[0] == sample(whole, 2, 0)
    assert len({tuple(q.id for q in some.questions) for some in drawn}) > 1
    assert all(some.documents == whole.documents for some in drawn)
    assert sample(whole, 9, 0) == whole


def test_the_command_adapts_and_refuses_a_folder_with_other_documents(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["eval", "adapt", "multihop-rag", *map(str, multihop_files(tmp_path))]
    done = CliRunner().invoke(app, [*command, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "2 documents, 3 questions, 1 left out" in done.stdout
    assert "left out: query 3:" in done.stderr
    (out / "documents" / "mine.txt").write_text("Mine.", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds 'mine\.txt', which is not of this benchmark"):
        write(converted("multihop-rag", tmp_path), out)
