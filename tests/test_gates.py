"""Gates: a broken promise or a real loss is red, noise is green, a gate on nothing is an error."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from town import VILLAGES, Line, Town, build_town, facts

from eval.baseline import load_baseline, update_baseline
from eval.gates import Gate, Threshold, judge, load_gates
from eval.metrics import MEASURES
from eval.runs import Run
from index.errors import InputError

NO_LOSS = ("correct", "citation_precision", "success@1", "words")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return build_town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def baselines(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return update_baseline(town.run(town.good), NO_LOSS, tmp_path_factory.mktemp("b")).parent


def wrong_mills(town: Town, count: int) -> Run:
    """A run that answers so many questions with another sentence."""
    ids = [f"{v.lower()}-mill" for v in VILLAGES[:count]]
    changed: dict[str, Line | None] = {i: town.answer(i, facts(7)["market"]) for i in ids}
    return town.run(town.changed(changed))


def red(run: Run, gate: Gate, baselines: Path) -> list[str]:
    return [str(v) for v in judge(run, {"town": gate}, baselines) if not v.passed]


# Limits of the measure 'correct', which is 0.75 in the run; whether the gate is green.
LIMITS = [
    (Threshold(min=0.75), True),
    (Threshold(min=0.7501), False),
    (Threshold(max=0.75), True),
    (Threshold(max=0.7499), False),
    (Threshold(min=0.7, max=0.8), True),
    (Threshold(min=0.8, max=0.9), False),
]


@pytest.mark.parametrize(("threshold", "green"), LIMITS)
def test_limits(town: Town, tmp_path: Path, threshold: Threshold, green: bool) -> None:
    found = red(wrong_mills(town, 8), Gate(limits={"correct": threshold}), tmp_path)
    assert (found == []) == green


def test_a_verdict_names_measure_value_and_threshold(town: Town, tmp_path: Path) -> None:
    gate = Gate(limits={"correct": Threshold(min=0.9, max=0.95), "corect": Threshold(min=0)})
    assert red(wrong_mills(town, 8), gate, tmp_path) == [
        "town: correct 0.7500, wanted >= 0.9 and <= 0.95",
        "town: corect missing, wanted >= 0",
    ]


def test_noise_passes_and_a_real_loss_fails(town: Town, baselines: Path) -> None:
    """Five lost of 32 could be chance (p 2/32), six are not (2/64)."""
    gate = Gate(no_loss=("correct",))
    assert red(wrong_mills(town, 0), gate, baselines) == []
    assert red(wrong_mills(town, 5), gate, baselines) == []
    assert "correct 0.8125, baseline 1.0000" in red(wrong_mills(town, 6), gate, baselines)[0]


def test_a_gain_is_no_loss(town: Town, tmp_path: Path) -> None:
    update_baseline(wrong_mills(town, 8), NO_LOSS, tmp_path)
    assert red(town.run(town.good), Gate(no_loss=("correct", "success@1")), tmp_path) == []


def test_more_words_are_a_loss(town: Town, baselines: Path) -> None:
    lines = [x | {"text": f"{x['text']} That is what the gazette says."} for x in town.good]
    assert len(red(town.run(lines), Gate(no_loss=("words",)), baselines)) == 1


def test_silence_is_a_loss_of_precision(town: Town, baselines: Path) -> None:
    lines = [town.silence(x["id"]) if x["id"].endswith("-mill") else x for x in town.good]
    run = town.run(lines)
    assert run.measures["citation_precision"] == 1  # of what is still answered
    assert len(red(run, Gate(no_loss=("citation_precision",)), baselines)) == 1


def test_a_measure_that_the_baseline_lacks_is_an_error(town: Town, baselines: Path) -> None:
    """Against a measure that was never kept every run is a gain: the gate would check nothing."""
    gates = {"town": Gate(no_loss=("correct", "no_such_measure"))}
    with pytest.raises(InputError, match="baseline has no values for no_such_measure"):
        judge(town.run(town.good), gates, baselines)


def test_a_baseline_is_rounded_alike_on_both_sides(town: Town, tmp_path: Path) -> None:
    """A third kept as 0.3333 against a third unrounded would be a loss in every question."""
    lines = [x | {"citations": [*x["citations"], town.citation(facts(7)["mill"], 8),
                                town.citation(facts(7)["well"], 9)]}
             if x.get("citations") else x for x in town.good]  # fmt: skip
    run = town.run(lines)
    update_baseline(run, NO_LOSS, tmp_path)
    assert 1 / 3 in run.values("citation_precision").values()
    verdicts = judge(run, {"town": Gate(no_loss=NO_LOSS)}, tmp_path)
    assert all(verdict.passed for verdict in verdicts)
    assert all("p = 1.0000" in str(verdict) for verdict in verdicts)


def test_a_baseline_holds_no_answers(town: Town, baselines: Path) -> None:
    text = (baselines / "town.jsonl").read_text("utf-8")
    assert text.count("\n") == 57
    assert "grinds" not in text
    assert load_baseline("town", baselines).values["correct"]["arnwick-mill"] == 1


def test_other_gold_is_an_error(town: Town, baselines: Path) -> None:
    run = town.run(town.good)
    other = replace(run, about={**run.about, "gold_sha256": "0"})
    with pytest.raises(InputError, match="not the one its baseline was made with"):
        judge(other, {"town": Gate(no_loss=NO_LOSS)}, baselines)


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"run": "town"}', b"\xff"])
def test_a_baseline_that_is_missing_or_broken_is_an_error(
    town: Town, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "town.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=r"town\.jsonl.*onrecord eval baseline"):
        judge(town.run(town.good), {"town": Gate(no_loss=NO_LOSS)}, tmp_path)


def test_a_run_without_a_gate_is_an_error(town: Town, baselines: Path) -> None:
    with pytest.raises(InputError, match=r"no gate for the run 'town'; add a section \[town\]"):
        judge(town.run(town.good), {"other": Gate(no_loss=NO_LOSS)}, baselines)


def test_questions_that_were_not_run_are_an_error(town: Town, baselines: Path) -> None:
    run = replace(town.run(town.good), not_run=("atlantis-mill",))
    with pytest.raises(InputError, match=r"1 questions were not run \(first: atlantis-mill\)"):
        judge(run, {"town": Gate(no_loss=NO_LOSS)}, baselines)


BAD_GATES = [
    "[a]\nlimits = { correct = { mim = 1 } }",
    "[a]\nlimits = { correct = {} }",
    "[a]\nlimits = { correct = 1 }",
    "[a]\nno_loss = 'correct'",
    "[a]\nno_loss = []",
    "[a]\nno_los = ['correct']",
    "[a]",
    "[a",
    "a = 1",
]


@pytest.mark.parametrize("text", BAD_GATES)
def test_bad_gates_are_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gates.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"gates\.toml"):
        load_gates(file)


def test_the_projects_own_gates_ask_for_measures_that_exist() -> None:
    ranking = {"success@1", "success@5", "mrr@10"}
    for gate in load_gates().values():
        asked = {*gate.no_loss, *(name.partition(".")[0] for name in gate.limits)}
        assert asked <= {*MEASURES, *ranking}


def test_the_command_is_green_or_red_by_its_exit_code(town: Town, tmp_path: Path) -> None:
    run, gates = tmp_path / "run.jsonl", tmp_path / "gates.toml"
    gates.write_text("[town.limits]\ncorrect = { min = 0.9 }\n")
    for count, code in ((0, 0), (8, 1)):
        wrong_mills(town, count).save(run)
        done = subprocess.run(
            [sys.executable, "-c", "from ui.cli import main; main()", "eval", "gate", str(run),
             "--gates", str(gates)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert done.stdout.startswith("FAILED" if code else "passed")
    assert "1 of 1 demands failed" in done.stderr


@pytest.mark.parametrize("name", sorted(load_gates()))
def test_the_committed_baseline_has_every_measure_that_must_not_fall(name: str) -> None:
    kept = load_baseline(name).values
    assert set(load_gates()[name].no_loss) == set(kept)
    assert all(kept.values())
