"""The boxed baseline is the tutorial's recipe with true offsets, and results say what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import HASHING
from test_adapters import squad2_files
from test_chat import Server, hangs, refuses, says
from typer.testing import CliRunner

from eval.peers import (
    CHUNK_OVERLAP,
    CHUNK_SIZE,
    LangChainChat,
    LangChainTutorial,
    declines,
    open_system,
    open_tutorial,
    place,
    split,
)
from eval.results import BEGIN, END, Places, report, save
from index.documents import Document
from index.encoder import HashingEncoder
from index.errors import InputError
from index.store import IndexFolder
from rag.composers import ComposerFailed
from ui.cli import app

PARAGRAPH = "The bell of Ostrel rang twice. 🔔 Nobody heard it, and nobody came. "
TEXTS = [
    "\n\n   " + PARAGRAPH * 40,
    "\n\n".join([PARAGRAPH * 3, " \n", "é" * 2500, PARAGRAPH * 30, "end"]),
    "word " * 900,
    "short",
]


@pytest.mark.parametrize("text", TEXTS)
def test_chunks_are_those_of_the_splitter_at_their_true_places(text: str) -> None:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_SIZE, chunk_overlap=CHUNK_OVERLAP)
    chunks = list(split([Document("d", "d.txt", "", text)]))
    assert [chunk.text for chunk in chunks] == splitter.split_text(text)
    starts = [chunk.start for chunk in chunks]
    assert starts == sorted(set(starts))
    covered = {at for chunk in chunks for at in range(chunk.start, chunk.end)}
    assert all(text[at].isspace() for at in set(range(len(text))) - covered)


@pytest.mark.parametrize(
    ("claimed", "earliest", "expected"), [(8, 0, 8), (-1, 0, 0), (3, 0, 0), (-1, 1, 8), (0, 1, 8)]
)
def test_a_wrong_place_is_mended(claimed: int, earliest: int, expected: int) -> None:
    assert place("one two one", "one", claimed, earliest) == expected


def test_what_is_not_in_the_document_has_no_place() -> None:
    with pytest.raises(ValueError, match="not a piece"):
        place("one two", "three", -1)


def test_the_tutorial_answers_with_its_best_chunk_and_never_abstains(library: IndexFolder) -> None:
    documents = library.open().documents
    tutorial = LangChainTutorial(documents.values(), HashingEncoder(), k=2)
    answer = tutorial.answer("q1", "How many quinces grow in the orchard?")
    assert Path(answer.hits[0].source).name == "orchard.txt"
    assert [hit.rank for hit in answer.hits] == [1, 2]
    (citation,) = answer.citations
    assert documents[citation.document].text[citation.start : citation.end] == citation.quote
    assert answer.text == answer.hits[0].text == citation.quote
    assert tutorial.answer("q2", "zebra xylophone").answered
    fewer = LangChainTutorial(documents.values(), HashingEncoder(), k=1)
    assert (
        fewer.answer("q1", "How many quinces?").text
        == tutorial.answer("q1", "How many quinces?").text
    )
    assert fewer.fingerprint != tutorial.fingerprint


def chat(library: IndexFolder, server: Server, k: int = 2, seconds: float = 5.0) -> LangChainChat:
    from rag.chat import open_chat

    tutorial = LangChainTutorial(library.open().documents.values(), HashingEncoder(), k)
    return LangChainChat(tutorial, open_chat("openai:test", server.url), "openai:test", seconds)


def test_the_recipe_with_a_model_takes_the_models_words_as_they_are(library: IndexFolder) -> None:
    said = " About 500 quinces [1], I think.\nSrc: {the orchard} "
    question = "How many {quinces} grow in the orchard?"
    with Server(says(said)) as server:
        recipe = chat(library, server, k=6)
        answer = recipe.answer("q1", question)
    (body,) = server.requests
    (message,) = body["messages"]
    context = "\n\n".join(hit.text for hit in answer.hits[:4])
    assert f"Question: {question}\n\nContext:\n{context}\n\nAnswer:" in message["content"]
    assert (body["temperature"], body["max_tokens"]) == (0, 512)
    assert answer.text == said.strip()
    assert (answer.claims, answer.citations, answer.answered) == ((), (), True)
    assert sum(answer.seconds.values()) > 0
    assert recipe.fingerprint != chat(library, server, k=5).fingerprint


def test_a_recipe_whose_model_is_down_or_slow_has_no_answer(library: IndexFolder) -> None:
    for act, told in ((refuses(401), "HTTP 401"), (hangs, "did not answer within 0.2 s")):
        with Server(act) as server, pytest.raises(ComposerFailed, match=told):
            chat(library, server, seconds=0.2).answer("q1", "How many quinces?")


DOES_NOT_KNOW = [
    "I don't know.",
    "I’m not sure.",
    "I cannot answer this question from the context.",
    "We are unable to tell.",
    "The context does not mention a mayor of Ostrel.",
    "The provided text doesn’t explicitly state who rang the bell.",
    "There is no information about a second bell.",
    "The name of the pilot is not specified in the passages. It may be Harrow.",
    "It is not clear from the text who that was.",
    "Dr. Harrow is not mentioned in the documents.",
]
ANSWERS = [
    "",
    "Forty-two boats.",
    "It was in May. The text does not say of which year.",
    "In 2019. The text does not say when exactly.",
    "The U.S. navy did not provide any boats.",
    "The pilots did not know of it.",
    "Nobody rang the bell, so no warning came.",
]


def test_only_saying_so_at_once_counts_as_not_knowing() -> None:
    assert [text for text in DOES_NOT_KNOW if not declines(text)] == []
    assert [text for text in ANSWERS if declines(text)] == []


ICE = {
    "id": "q1", "question": "How thick was the ice of the harbour?", "lang": "en",
    "kind": "number", "documents": ["harbour.md"], "quotes": ["41 centimetres thick"],
    "must": ["41"], "must_not": [], "needs_all": False,
}  # fmt: skip


def test_eval_run_takes_a_model_for_ours_and_for_the_recipe(
    library: IndexFolder, tmp_path: Path
) -> None:
    (tmp_path / "gold.jsonl").write_text(json.dumps(ICE), encoding="utf-8")
    command = ["eval", "run", "--index", str(library.path), "--gold", str(tmp_path / "gold.jsonl")]
    out = tmp_path / "run.jsonl"
    found = {}
    with Server(says('{"answerable": false, "claims": []}')) as server:
        model = ["--model", "openai:test", "--base-url", server.url, "--out", str(out)]
        for name, more in (("onrecord", ["--role", "write"]), ("langchain-chat", [])):
            done = CliRunner().invoke(
                app, [*command, *model, "--system", name, *more, "--strictness", "0"]
            )
            assert done.exit_code == 0, done.output
            found[name] = [json.loads(x) for x in out.read_text(encoding="utf-8").splitlines()]
    assert [len(server.requests), len(found)] == [2, 2]
    config = found["onrecord"][0]["about"]["config"]
    assert [config[key] for key in ("composer", "model", "model_role", "strictness")] == [
        "chat", "openai:test", "write", 0,
    ]  # fmt: skip
    assert found["onrecord"][1]["answer"]["abstained"]
    assert found["langchain-chat"][0]["about"]["model"] == "openai:test"
    assert found["langchain-chat"][1]["answer"]["text"].startswith('{"answerable"')
    with pytest.raises(InputError, match="name one with --model"):
        open_system("langchain-chat", library.path, HASHING)


def test_eval_run_asks_the_system_that_is_named(library: IndexFolder, tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text(json.dumps(ICE), encoding="utf-8")
    command = ["eval", "run", "--index", str(library.path), "--gold", str(tmp_path / "gold.jsonl")]
    out = tmp_path / "run.jsonl"
    done = CliRunner().invoke(app, [*command, "--system", "langchain-tutorial", "--out", str(out)])
    assert done.exit_code == 0, done.output
    head, line = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert head["system"] == "langchain-tutorial"
    assert head["about"]["fingerprint"] == open_tutorial(library.path, k=8).fingerprint
    assert head["about"]["characters_per_passage"] > 0
    assert line["scores"]["quote_exactness"] == line["scores"]["supported"] == 1
    done = CliRunner().invoke(app, [*command, "--system", "nobody"])
    assert isinstance(done.exception, InputError)
    assert "langchain-tutorial" in str(done.exception)


def test_results_compare_both_and_name_what_is_not_there(tmp_path: Path) -> None:
    (file,) = squad2_files(tmp_path)
    file.rename(tmp_path / "squad2_articles.json")
    page = tmp_path / "RESULTS.md"
    page.write_text(f"Before.\n{BEGIN}\nouttake\n{END}\nAfter.\n", encoding="utf-8")
    places = Places(tmp_path, tmp_path / "no-seeds", tmp_path / "no-originals", 500, 0)
    told = list(report(places, page, HASHING, tmp_path / "runs", None))
    assert told[0] == "SQuAD 2.0: 4 questions"
    assert sum(line.startswith("NOT RUN: ") for line in told) == len(told) - 1 > 4
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before.\n")
    assert text.endswith("After.\n")
    assert "outtake" not in text
    for measure in (
        "success@5",
        "citation_precision",
        "abstention_recall",
        "characters per hit",
    ):
        assert f"| {measure} |" in text
    assert "no-seeds" in text
    assert "Ostrel" not in text  # figures, never words of the documents
    assert len(list((tmp_path / "runs").iterdir())) == 2


def test_results_refuse_a_page_without_a_place_for_them_before_any_question(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    page.write_text("# Results\n", encoding="utf-8")
    with pytest.raises(InputError, match="no place for the tables"):
        save(page, None)
