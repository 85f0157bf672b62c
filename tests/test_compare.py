"""Two runs side by side: what differs beyond chance, and which questions changed, worst first."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from town import SILENT, VILLAGES, Line, Town, build_town, facts

from eval.compare import changes, difference, differences
from eval.metrics import LOWER_IS_BETTER
from index.errors import InputError


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return build_town(tmp_path_factory.mktemp("town"))


def wrong(town: Town, id_: str) -> Line:
    """An exact answer to another question."""
    return town.answer(id_, facts(7)["market"])


def test_a_run_against_itself_differs_in_nothing(town: Town) -> None:
    run = town.run(town.changed({"arnwick-mill": wrong(town, "arnwick-mill")}))
    found = differences(run, run)
    assert {item.measure for item in found} == set(run.measure_names)
    assert {item.p for item in found} == {1.0}
    assert {item.change for item in found} == {0.0}
    assert not any(item.significant or item.is_loss for item in found)
    assert changes(run, run) == []


def test_what_changed_is_ordered_lost_won_changed(town: Town) -> None:
    ids = {"arnwick-mill": wrong(town, "arnwick-mill"), "fennor-mill": wrong(town, "fennor-mill")}
    first = town.run(town.changed({"fennor-mill": ids["fennor-mill"]}))
    second = town.run(
        town.changed(
            {
                "arnwick-mill": ids["arnwick-mill"],  # lost
                "far-harrop": None,  # lost: it was silent, now nothing came
                "brellin-mill": town.answer("brellin-mill", *list(facts(1).values())[:2]),  # more
                "hack-elvast": {"text": f"{SILENT} Ask something else."},
            }
        )
    )
    assert [(c.id, c.outcome) for c in changes(first, second)] == [
        ("arnwick-mill", "lost"),
        ("far-harrop", "lost"),
        ("fennor-mill", "won"),
        ("brellin-mill", "changed"),
        ("hack-elvast", "changed"),
    ]


def test_a_difference_by_hand(town: Town) -> None:
    """Six of 32 right answers lost: the mean falls by 6/32, p is 2 / 2**6."""
    lost = {f"{v.lower()}-mill": wrong(town, f"{v.lower()}-mill") for v in VILLAGES[:6]}
    first, second = town.run(town.good), town.run(town.changed(lost))
    found = {d.measure: d for d in differences(first, second, ["correct", "words", "completed"])}
    assert list(found) == ["correct", "words", "completed"]
    correct = found["correct"]
    assert (correct.first.mean, correct.second.mean, correct.first.n) == (1, 26 / 32, 32)
    assert correct.change == pytest.approx(-6 / 32)
    assert correct.p == pytest.approx(2 / 64, abs=0.005)  # over 10,000 random flips
    assert correct.significant
    assert correct.is_loss
    assert not found["completed"].significant
    back = differences(second, first, ["correct"])[0]
    assert back.significant
    assert not back.is_loss


def test_a_higher_cost_is_a_loss() -> None:
    before = {f"q{n}": 10.0 for n in range(8)}
    after = {f"q{n}": 20.0 + n for n in range(8)}
    for measure in sorted(LOWER_IS_BETTER):
        found = difference(before, after, measure)
        assert found
        assert found.is_loss
    found = difference(before, after, "correct")
    assert found
    assert found.significant
    assert not found.is_loss


def test_abstaining_more_does_not_better_the_means() -> None:
    """Precision over what is still answered is 1; over what the other answered it is 2/8."""
    first = {f"q{n}": float(n < 6) for n in range(8)}
    second = {"q0": 1.0, "q1": 1.0}
    found = difference(first, second, "citation_precision")
    assert found
    assert (found.first.mean, found.second.mean, found.first.n) == (0.75, 0.25, 8)


def test_what_only_the_second_answered_counts_nought_for_the_first() -> None:
    found = difference({"a": 1.0}, {"a": 1.0, "b": 1.0}, "citation_precision")
    assert found
    assert (found.first.mean, found.second.mean) == (0.5, 1)


def test_costs_are_paired_over_common_questions_only() -> None:
    """Where nought words would be a prize for silence."""
    found = difference({"a": 30.0, "b": 50.0, "c": 9.0}, {"b": 40.0, "c": 9.0, "d": 1.0}, "words")
    assert found
    assert (found.first.mean, found.second.mean, found.first.n) == (29.5, 24.5, 2)
    assert difference({"a": 30.0}, {"b": 40.0}, "words") is None
    assert difference({}, {}, "correct") is None


def test_runs_over_other_gold_are_not_compared(town: Town) -> None:
    run = town.run(town.good)
    other = replace(run, about={**run.about, "gold_sha256": "0"})
    for compare in (differences, changes):
        with pytest.raises(InputError, match="different gold files"):
            compare(run, other)


def test_the_command_prints_the_table_and_the_losses_first(town: Town, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    lost = {f"{v.lower()}-mill": wrong(town, f"{v.lower()}-mill") for v in VILLAGES}
    town.run(town.good, system="ours").save(first)
    town.run(town.changed(lost), system="theirs").save(second)
    code = "from ui.cli import main; main()"
    shell = [sys.executable, "-c", code, "eval", "compare", str(first), str(second)]
    text = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    assert "ours (A) and theirs (B)" in text
    line = next(line for line in text.splitlines() if line.split()[:1] == ["correct"])
    assert line.split()[1:4] == ["1.000", "0.750", "-0.250"]
    assert line.endswith("*")
    data = json.loads(
        subprocess.run([*shell, "--json"], capture_output=True, text=True, check=True).stdout
    )
    assert {change["outcome"] for change in data["changes"]} == {"lost"}
    assert len(data["changes"]) == 8
