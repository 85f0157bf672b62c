"""Runs: other systems' answers, nothing lost from the denominator, repeatable, resumable."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from town import Line, Town, build_town, facts, gold_rows, row, write_lines

from eval.answers import GivenAnswer, load_answers
from eval.asking import OnRecord, ask_all
from eval.runs import load_run, open_gold, score
from index.errors import InputError
from rag.assistant import open_assistant

MILL = facts(0)["mill"]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return build_town(tmp_path_factory.mktemp("town"))


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", "from ui.cli import main; main()", "eval", *map(str, arguments)]


def onrecord(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


# Answers that anyone may give

GOOD: Line = {"id": "arnwick-mill", "text": "113 sacks"}
BAD: dict[str, tuple[Line | str, str]] = {
    "not JSON": ("{nope", "the line: Invalid JSON"),
    "not an object": ("7", "the line"),
    "a nested bomb": ("[" * 100_000, "the line"),
    "half a character": ('{"id": "arnwick-well", "text": "\\ud800"}', "the line"),
    "no id": ({"text": "113"}, "id: Field required"),
    "an unknown id": ({"id": "atlantis-mill"}, "'atlantis-mill' is not in the gold file; correct"),
    "an id twice": (GOOD, "'arnwick-mill' stands twice; keep one"),
    "a citation that does not exist": (
        {"id": "arnwick-bridge", "claims": [{"text": "x", "citations": [1]}]},
        "a claim cites 1, which is not among the citations",
    ),
    "two citations with a number": (
        {"id": "arnwick-bridge", "citations": [{"number": 1, "quote": "x"}] * 2},
        "two citations have the same number",
    ),
    "a rank of nought": ({"id": "arnwick-bridge", "hits": [{"rank": 0}]}, "hits.0.rank"),
    "a confidence that is no number": ('{"id": "arnwick-bridge", "confidence": NaN}', "confidence"),
    "an endless score": (
        '{"id": "arnwick-bridge", "hits": [{"rank": 1, "score": Infinity}]}', "hits.0.score"
    ),
    "words for a place": (
        {"id": "arnwick-bridge", "citations": [{"number": 1, "quote": "x", "start": "here"}]},
        "citations.0.start",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_answers_are_named_with_their_line(tmp_path: Path, name: str) -> None:
    line, says = BAD[name]
    file = write_lines(tmp_path / "answers.jsonl", [GOOD, line])
    with pytest.raises(InputError) as error:
        load_answers(file, {"arnwick-mill", "arnwick-bridge", "arnwick-well"})
    assert str(error.value).startswith(f"{file}:2: ")
    assert says in str(error.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        load_answers(tmp_path / "nowhere.jsonl", set())
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "\xe9"}')
    with pytest.raises(InputError, match=r"latin\.jsonl"):
        load_answers(tmp_path / "latin.jsonl", set())


def test_what_a_system_does_not_report_is_absent_not_refused(tmp_path: Path) -> None:
    line = GOOD | {"schema": 1, "reason": None, "as_of": "2020", "their_own": {"x": 1}}
    assert load_answers(write_lines(tmp_path / "a.jsonl", [line]), {GOOD["id"]})


def test_a_missing_answer_is_scored_nought(town: Town) -> None:
    run = town.run([town.answer("arnwick-mill", MILL)])
    assert len(run.rows) == 56
    assert run.measures["completed"] == pytest.approx(1 / 56)
    assert run.measures["correct"] == run.measures["supported"] == pytest.approx(1 / 32)
    assert run.measures["success@10"] == 0
    assert run.measures["abstention_recall"] == 0
    assert run.measures["false_abstention"] == pytest.approx(31 / 32)
    missing = next(r for r in run.rows if r.id == "harrop-mill")
    assert (missing.right, missing.answer.error) == (False, "no answer was given")


def test_no_answers_at_all_are_scored(town: Town) -> None:
    means = town.run([]).measures
    assert (means["completed"], means["correct"], means["aurc"]) == (0, 0, 1)


def test_the_command_scores_a_file_of_answers(town: Town, tmp_path: Path) -> None:
    """One right, one crashed, 54 missing: all in the file and in the denominator."""
    lines = [town.answer("arnwick-mill", MILL), {"id": "arnwick-bridge", "error": "crash"}]
    answers = write_lines(tmp_path / "peer.jsonl", lines)
    out = tmp_path / "runs" / "peer.jsonl"
    places = ("--gold", town.gold, "--index", town.folder.path)
    done = onrecord("run", "--answers", answers, "--out", out, *places, "--json")
    assert json.loads(done.stdout)["measures"]["correct"] == pytest.approx(1 / 32)
    run = load_run(out)
    assert (run.name, run.system, len(run.rows)) == ("town", "peer", 56)

    write_lines(answers, [*lines, "{"])
    done = onrecord("run", "--answers", answers, *places, code=2)
    assert f"{answers}:3: " in done.stderr


def test_an_output_that_cannot_be_written_is_an_error(town: Town, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        town.run(town.good).save(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        town.run(town.good).save(tmp_path / "file" / "run.jsonl")


# Run files


def test_a_run_file_is_read_back_as_it_was(town: Town, tmp_path: Path) -> None:
    run = town.run(town.changed({"arnwick-mill": None, "far-harrop": {"error": "crash"}}))
    run.save(tmp_path / "run.jsonl")
    assert load_run(tmp_path / "run.jsonl") == run
    assert run.measures == load_run(tmp_path / "run.jsonl").measures
    assert not (tmp_path / "run.jsonl.tmp").exists()


def cut(lines: list[str]) -> list[str]:
    return lines[:-1]


DAMAGE: dict[str, tuple[Any, str]] = {
    "empty": (lambda lines: [], "run.jsonl:1: not a line"),
    "no head": (lambda lines: lines[1:], "run.jsonl:1: not a line"),
    "a cut line": (lambda lines: [*lines[:3], lines[3][:50], *lines[4:]], "run.jsonl:4: not a"),
    "another field": (lambda lines: [*lines[:2], '{"id": "x"}'], "run.jsonl:3: not a line"),
    "words for scores": (
        lambda lines: [lines[0], lines[1].replace('"scores": {', '"scores": {"x": "y", ')],
        "run.jsonl:2: not a line",
    ),
    "a question less": (cut, "55 of 56 questions"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_run_file_is_named_with_its_line(town: Town, tmp_path: Path, name: str) -> None:
    damage, says = DAMAGE[name]
    file = tmp_path / "run.jsonl"
    town.run(town.good).save(file)
    file.write_text("".join(f"{x}\n" for x in damage(file.read_text("utf-8").splitlines())))
    with pytest.raises(InputError) as error:
        load_run(file)
    assert says in str(error.value)


# Asking


def untimed(text: str) -> str:
    """A run file without its timings, the only thing that may differ."""
    return re.sub(r'("seconds": )(\{[^}]*\}|[\d.e-]+)', r"\1_", text)


def test_a_system_that_crashes_is_counted(town: Town) -> None:
    """A real assistant whose index lost its vectors: every question fails, none disappears."""
    assistant = open_assistant(town.folder.path)
    assistant.retriever._snapshot = None  # type: ignore[assignment]
    gold = open_gold(town.gold, town.corpus)
    answers = ask_all(OnRecord(assistant), gold)
    run = score(gold, answers, town.corpus, system="broken", about={})
    assert len(run.rows) == 56
    assert all(r.answer.error for r in run.rows)
    assert run.measures["completed"] == run.measures["correct"] == 0


def test_what_is_kept_is_not_asked_again(town: Town, tmp_path: Path) -> None:
    """Lines cut short, even inside a character, are asked again; the others are believed."""
    system, gold = OnRecord(open_assistant(town.folder.path)), open_gold(town.gold, town.corpus)
    kept = tmp_path / "run.part"
    complete = ask_all(system, gold, kept)
    lines = kept.read_bytes().split(b"\n")
    assert len(lines) == 57
    believed = GivenAnswer.model_validate_json(lines[1]).model_copy(update={"text": "kept"})
    first = believed.model_dump_json().encode()
    kept.write_bytes(b"\n".join([lines[0], first, b'{"id": "arnwick-bridge", "text": "caf\xc3']))
    seen: list[tuple[int, int]] = []
    again = ask_all(system, gold, kept, lambda *done: seen.append(done))
    assert seen[-1] == (56, 56)
    assert again[believed.id].text == "kept"
    assert again["arnwick-bridge"].text == complete["arnwick-bridge"].text
    assert list(again) == [believed.id, *(x for x in complete if x != believed.id)]
    assert len(kept.read_bytes().split(b"\n")) == 1 + 1 + 1 + 55  # head, kept, cut, asked
    assert ask_all(system, gold, kept) == again  # the cut line did not swallow the one after it


def test_what_another_system_or_gold_left_is_not_taken(town: Town, tmp_path: Path) -> None:
    gold = open_gold(town.gold, town.corpus)
    system = OnRecord(open_assistant(town.folder.path))
    answer = GivenAnswer(id="arnwick-mill", text="of another").model_dump_json()
    key = {"system": "onrecord", "fingerprint": system.fingerprint, "gold": gold.sha256}
    for change in ({"system": "peer"}, {"fingerprint": "0"}, {"gold": "0"}):
        kept = write_lines(tmp_path / "run.part", [key | change, answer])
        assert ask_all(system, gold, kept)["arnwick-mill"].text != "of another"
    kept = write_lines(tmp_path / "run.part", [key, answer])
    assert ask_all(system, gold, kept)["arnwick-mill"].text == "of another"


def many_questions(where: Path, count: int) -> Path:
    """Enough of them to be interrupted in the middle."""
    rows = [
        row(f"q{n}", f"What is there to know of {g['question']}", "fact",
            documents=g["documents"], quotes=g["quotes"])
        for n, g in zip(range(count), [g for g in gold_rows() if g["quotes"]] * count, strict=False)
    ]  # fmt: skip
    return write_lines(where / "many.jsonl", rows)


def test_a_killed_run_goes_on_where_it_was(town: Town, tmp_path: Path) -> None:
    """SIGKILL in the middle, start again: as if nothing had been, and nothing asked twice.

    A timing that comes from the first process is the proof that its question was not asked again.
    """
    gold = many_questions(tmp_path, 400)
    arguments = ("run", "--gold", gold, "--index", town.folder.path, "--out")
    out, whole = tmp_path / "run.jsonl", tmp_path / "whole.jsonl"
    part = tmp_path / "run.jsonl.part"
    process = subprocess.Popen(command(*arguments, out), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (part.exists() and part.read_bytes().count(b"\n") > 40):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not out.exists()
    before = {}
    for line in part.read_text("utf-8").split("\n")[1:]:
        if line.endswith("}"):
            before[json.loads(line)["id"]] = json.loads(line)["seconds"]
    assert 40 < len(before) < 400

    onrecord(*arguments, out)
    onrecord(*arguments, whole)
    assert not part.exists()
    assert untimed(out.read_text("utf-8")) == untimed(whole.read_text("utf-8"))
    after = {r.id: dict(r.answer.seconds) for r in load_run(out).rows}
    assert len(after) == 400
    assert {qid: after[qid] for qid in before} == before
    anew = {r.id: dict(r.answer.seconds) for r in load_run(whole).rows}
    assert {qid: anew[qid] for qid in before} != before


def test_two_runs_are_the_same_bytes_but_for_the_timings(town: Town, tmp_path: Path) -> None:
    files = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for file in files:
        onrecord("run", "--gold", town.gold, "--index", town.folder.path, "--out", file)
    one, two = (untimed(file.read_text("utf-8")) for file in files)
    assert one == two
    assert one.count("\n") == 57
    assert '"seconds": _' in one
    assert onrecord("compare", *files, "--json").stdout.count('"p": 1.0') > 20
