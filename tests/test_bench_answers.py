"""`eval answers`: ours with and without a model beside the framework's recipe, in one run."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from conftest import HASHING
from test_chat import Server, begin, refuses, says
from town import build_town
from typer.testing import CliRunner

from eval.answer_facts import missing_facts, strange, unquoted
from eval.answer_tables import MEASURES
from eval.answer_turns import BASE, BASELINE, SYSTEMS
from eval.answers import GivenAnswer
from eval.bench import Source
from eval.bench_answers import Plan, bench_answers, briefs_and_originals, sample
from eval.runs import load_run, open_gold
from index.config import Config
from index.documents import Document, Span
from index.errors import InputError
from rag.answer import Citation, Claim, Voice
from ui.cli import app

INVENTED = "It grinds 99,999 sacks, as everybody knows."


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return build_town(tmp_path_factory.mktemp("answers-town"))


def judges(handler: BaseHTTPRequestHandler) -> None:
    """Says Yes to every sentence, nine times of ten."""
    likely = [{"token": t, "logprob": math.log(p), "bytes": None} for t, p in YES.items()]
    token = {**likely[0], "top_logprobs": likely}
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "logprobs": {"content": [token]},
        "message": {"role": "assistant", "content": "Yes"},
    }
    row = {"id": "1", "object": "chat.completion", "model": "test", "created": 1}
    begin(handler, "application/json")
    handler.wfile.write(json.dumps({**row, "choices": [choice]}).encode())


YES = {"Yes": 0.9, "No": 0.1}


def does_all(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    """Judges, writes claims (none: it declines), or writes what the recipe asks for."""
    if body.get("logprobs"):
        judges(handler)
    elif body.get("response_format"):
        says('{"answerable": false, "claims": []}')(handler, body)
    elif "Who governs" in body["messages"][-1]["content"]:
        says("I don't know who governs it. Ask the mayor.")(handler, body)
    else:
        says(INVENTED)(handler, body)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(does_all) as one:
        yield one


def settings(server: Server) -> Config:
    return HASHING.model_copy(update={"model": "openai:test", "base_url": server.url})


def plan(town, **changes: Any) -> Plan:
    source = Source("town", "town", town.gold, index=town.folder.path)
    return Plan((source,), **({"limit": 14} | changes))


def figures(out: Path) -> dict[str, dict[str, Any]]:
    (table,) = json.loads((out / "answers.json").read_text(encoding="utf-8"))["tables"]
    return {row["system"]: row for row in table["figures"]}


def test_the_table_has_all_systems_over_the_same_questions(town, server, tmp_path):
    lines = list(bench_answers(plan(town, missing=("gone.jsonl",)), tmp_path, settings(server)))
    assert (tmp_path / "answers.md").read_text(encoding="utf-8").split("\n")[:-1] == lines
    assert "**NOT RUN**: gone.jsonl is not there." in lines
    assert "14 questions, a sample of 56." in lines
    assert "| measure | n | extractive | judge | write | langchain-chat |" in lines
    assert all(any(line.startswith(f"| {name} | ") for line in lines) for name in MEASURES)
    found = figures(tmp_path)
    assert list(found) == list(SYSTEMS)
    for row in found.values():
        assert row["means"]["correct"]["n"] == row["means"]["correct_and_supported"]["n"] == 8
        assert row["means"]["abstention_recall.unanswerable"]["n"] == 2
        assert (row["failed"], row["fell_back"]) == (0, 0)
        assert 0 < row["seconds"][0] <= row["seconds"][1]
    asked = [body for body in server.requests if body.get("logprobs")]
    assert len({body["messages"][-1]["content"] for body in asked}) == len(asked) > 8
    for name in (BASE, "judge"):
        row = found[name]
        assert row["unquoted"] == row["strange"] == 0 < row["claims"]
        assert row["first"][0] <= row["seconds"][1]
        assert row["means"]["quote_exactness"]["mean"] == 1
    assert found["write"]["claims"] == 0  # it declines, and nobody answers for it
    assert found["write"]["means"]["false_abstention"]["mean"] == 1


def test_the_baseline_is_taken_at_its_word(town, server, tmp_path):
    list(bench_answers(plan(town), tmp_path, settings(server)))
    row = figures(tmp_path)[BASELINE]
    assert (row["unquoted"], row["first"]) == (None, None)
    assert row["strange"] == 12  # each answer but the two in which it does not know
    assert row["means"]["supported"]["mean"] == row["means"]["correct"]["mean"] == 0
    assert row["means"]["abstention_recall.unanswerable"]["mean"] == 1
    assert row["means"]["abstention_recall.injection"]["mean"] == 0
    assert "quote_exactness" not in row["means"]
    replies = (tmp_path / "town replies.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["system"] for line in replies] == [*SYSTEMS] * 14
    run = load_run(tmp_path / f"town {BASELINE}.jsonl")
    assert [r.answer.text for r in run.rows if r.kind == "number"] == [INVENTED] * 2


def test_a_question_that_crashes_stays_in_the_denominator(town, tmp_path):
    """The model dies after its first word: ours fall back and say so, the recipe has failed."""
    with Server(says("Yes"), refuses(400)) as server:
        list(bench_answers(plan(town), tmp_path, settings(server)))
    found = figures(tmp_path)
    assert (found[BASELINE]["failed"], found[BASELINE]["fell_back"]) == (14, 0)
    assert found[BASELINE]["means"]["correct"] == {"mean": 0, "low": 0, "high": 0, "n": 8}
    assert found[BASELINE]["means"]["abstention_recall.unanswerable"]["mean"] == 0
    for name in ("judge", "write"):
        assert found[name]["failed"] == 0
        assert 0 < found[name]["fell_back"] < 14  # what is foreign never comes to the model
        assert found[name]["means"]["correct"] == found[BASE]["means"]["correct"]


class Killed(BaseException):
    """Ends the run as nothing that is caught does."""


def test_an_interrupted_run_asks_nothing_twice(town, server, tmp_path):
    def stop(done: int, _: int) -> None:
        if done == 3:
            raise Killed

    with pytest.raises(Killed):
        list(bench_answers(plan(town), tmp_path, settings(server), stop))
    part = tmp_path / "town.part"
    whole = part.read_bytes()
    assert whole.count(b"\n") == 3 * len(SYSTEMS)
    part.write_bytes(whole[:-40])  # the last reply was being written
    last = json.loads(whole.split(b"\n")[-1])["system"]
    kept = [json.loads(line) for line in whole.split(b"\n")[1:-1]]

    list(bench_answers(plan(town), tmp_path, settings(server)))
    assert not part.exists()
    contents = Counter(body["messages"][-1]["content"] for body in server.requests)
    assert contents.pop("Say yes.") == 2
    twice = [content for content, times in contents.items() if times > 1]
    assert len(twice) <= (6 if last == "judge" else 1)  # of the reply that was cut short
    for reply in kept:
        run = load_run(tmp_path / f"town {reply['system']}.jsonl")
        (row,) = (row for row in run.rows if row.id == reply["answer"]["id"])
        assert row.answer == GivenAnswer.model_validate(reply["answer"])  # to the timing


def test_what_another_model_said_is_not_taken(town, server, tmp_path, caplog):
    def stop(*_: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        list(bench_answers(plan(town), tmp_path, settings(server), stop))
    before = len(server.requests)
    other = settings(server).model_copy(update={"model": "openai:other"})
    with pytest.raises(Killed):
        list(bench_answers(plan(town), tmp_path, other, stop))
    replies = (tmp_path / "town.part").read_text(encoding="utf-8").split("\n")[1:]
    counted = Counter(json.loads(line)["system"] for line in replies)
    assert counted == {BASE: 1, "judge": 2, "write": 2, BASELINE: 2}
    assert len(server.requests) == 2 * before
    assert "town.part: 3 answers of other code, model, settings or gold not used" in caplog.text


def test_a_sample_has_its_share_of_every_kind_and_is_part_of_a_larger_one(town):
    gold = open_gold(town.gold, town.corpus)
    small, large = sample(gold, 7), sample(gold, 14)
    assert set(Counter(item.question.kind for item in large.questions).values()) == {2}
    assert {item.question.kind for item in small.questions} == {
        item.question.kind for item in gold.questions
    }
    assert {item.question.id for item in small.questions} < {
        item.question.id for item in large.questions
    }
    assert large == sample(gold, 14)
    assert sample(gold, 500) is gold


MISSING = {
    "values, not letters": ("Sixty-six ports closed.", "66 ports have closed.", []),
    "another number": ("67 ports closed.", "Sixty-six ports closed.", ["67"]),
    "a day of another month": ("It froze on 7 May.", "It froze on 7 June.", ["7 May"]),
    "a month alone": ("It froze in June 2019.", "It froze on 7 June 2019.", []),
    "another year": ("It froze in 2018.", "It froze in 2019.", ["2018"]),
    "one is a pronoun": ("One of them sank.", "Two sank.", []),
}


@pytest.mark.parametrize(("text", "source", "missing"), MISSING.values(), ids=MISSING.keys())
def test_facts_that_no_source_has_are_named(text, source, missing):
    assert missing_facts(text, ["Nothing.", source]) == missing


def test_a_claim_that_slipped_through_the_proof_is_seen():
    text = "Forty-two boats lay fast at Ostrel."
    document = Document("d", "d.txt", "", text, author="Port Chronicle")
    citation = Citation(1, Span("d", 0, len(text)), text, Voice("Port Chronicle"), document)
    claims = (
        text, "The Port Chronicle says that 42 boats lay fast.", "43 boats lay fast at Brellin.",
    )  # fmt: skip
    found = [unquoted(Claim(said, (citation,))) for said in claims]
    assert found == [[], [], ["43", "Brellin"]]


def test_the_figures_of_a_list_are_no_numbers_of_the_answer():
    hits = [{"rank": 1, "text": "The mill grinds 113 sacks and the well is 52 fathoms deep."}]
    said = "1. 113 sacks\n2) 52 fathoms\n3. 31 bells in 1701"
    line = {"id": "q", "question": "What is left of 1701?", "text": said, "hits": hits}
    answer = GivenAnswer.model_validate(line)
    assert strange(answer) == ["31"]
    assert strange(answer.model_copy(update={"abstained": True})) == []


def test_the_command_tells_what_it_needs_before_it_asks(town, tmp_path, monkeypatch):
    monkeypatch.setenv("ONRECORD_MODELS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    command = ["eval", "answers", "--gold", str(town.gold), "--index", str(town.folder.path)]
    done = CliRunner().invoke(app, command)
    assert isinstance(done.exception, InputError)
    assert "onrecord models pull qwen2.5-coder-1.5b" in str(done.exception)
    done = CliRunner().invoke(app, [*command, "--systems", "judge,nobody"])
    assert f"known: {', '.join(SYSTEMS)}" in str(done.exception)
    out = tmp_path / "out"
    done = CliRunner().invoke(
        app, [*command, "--systems", "extractive", "--limit", "7", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "| measure | n | extractive |" in done.output
    assert list(figures(out)) == [BASE]


def test_what_is_not_there_is_named(tmp_path):
    sources, missing = briefs_and_originals(Path("seeds"), tmp_path / "none")
    assert [source.title for source in sources] == ["briefs"]
    assert missing == [str(tmp_path / "none")]
    with pytest.raises(InputError, match="nothing to ask"):
        Plan(())
