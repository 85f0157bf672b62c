"""Small versions of what `tests/durability.py` does by the thousand, with fixed seeds."""

from __future__ import annotations

import os

import durability_bytes as of_bytes
import durability_disks as of_disks
import durability_kills as of_kills
import durability_steps as of_steps
import pytest
from durability_changes import CHANGES
from durability_state import CONFIG, Tally, table

from index import disk
from index.indexing import add
from index.originals import Originals
from index.store import IndexFolder

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children")


def faults(tally: Tally, kinds) -> dict[str, str]:
    return {kind: tally.examples[kind] for kind in kinds if tally.counts[kind]}


@forks
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_stopped_at_some_of_its_steps_is_done_or_not_done(memory_path, name):
    tried = of_steps.all_faults(memory_path, [name], stops=3, seeds=1, trials=1)
    for how, tally in tried:
        assert faults(tally, of_steps.FAULTS) == {}, how
        assert tally.counts["stops"] == tally.counts["before"] + tally.counts["after"] >= 1


@forks
def test_an_addition_killed_while_others_read_loses_nothing_and_goes_on(memory_path):
    tally = of_kills.kills(memory_path, documents=40, times=3, seed=1)
    assert faults(tally, of_kills.FAULTS) == {}
    assert tally.counts["kills"]
    assert tally.counts["seen by readers"] > 4


def test_each_flipped_bit_is_found(memory_path):
    tallies = of_bytes.flips(memory_path, positions=60, seed=1, documents=6)
    missed = [faults(tally, of_bytes.FLIP_FAULTS) for tally in tallies.values()]
    assert [found for found in missed if found] == []
    assert sum(tally.counts["found"] for tally in tallies.values()) == 60


def test_no_slice_of_what_was_removed_is_left(memory_path):
    for name, tally in of_bytes.removals(memory_path, [".md", ".zip"]):
        assert faults(tally, of_bytes.REMOVAL_FAULTS) == {}, name
        assert tally.counts["seen before"] > tally.counts["in others too"], name


@forks
def test_writers_at_once_wait_for_each_other_and_lose_nothing(memory_path):
    tally = of_disks.writers(memory_path, count=3, changes=3)
    assert faults(tally, of_disks.WRITER_FAULTS) == {}
    assert tally.counts["changes"] == 9


# The checks themselves: what they look for, they find


@forks
@pytest.mark.parametrize(
    ("broken", "kinds"),
    [
        ("sync", {"neither", "damaged", "repairs", "done and lost"}),
        ("replace", {"neither", "damaged", "repairs"}),
    ],
)
def test_a_careless_writer_would_be_caught(memory_path, monkeypatch, broken, kinds):
    """One that syncs no names, and one that writes in place what is to be switched."""

    def in_place(old, new):
        disk.write_bytes(new, old.read_bytes())
        disk.remove_file(old)

    careless = {"sync": lambda path: None, "replace": in_place}
    monkeypatch.setattr(disk, broken, careless[broken])
    with of_steps.small_batches(of_steps.BATCH, here=True):
        tally = Tally()
        of_steps.Trials(memory_path / "one", CHANGES["remove"]).cut(tally, 2, near="CURRENT.tmp")
    assert faults(tally, kinds)


def test_what_a_removal_leaves_behind_would_be_found(memory_path, monkeypatch):
    monkeypatch.setattr(Originals, "tidy", lambda self, referenced: None)
    (_, removed), *_ = of_bytes.removals(memory_path, [".txt"])
    assert removed.counts["left"] > 200


def test_a_lie_about_the_outcome_would_be_found(memory_path, monkeypatch):
    monkeypatch.setattr(IndexFolder, "_not_ended", lambda self, e, final: self._cannot_write(e))
    with of_steps.small_batches(of_steps.BATCH, here=True):
        tally = Tally()
        of_steps.Trials(memory_path / "one", CHANGES["remove"]).refused(tally, every=11)
    assert tally.counts["untrue errors"]


def test_the_table_shows_what_was_not_counted_as_0():
    assert table(["flips", "found"], {"one": {"flips": 1200}}) == (
        "      flips   found\none   1,200       0"
    )


def test_a_stopped_addition_is_over_with_the_next_change(memory_path):
    """Even if the process that made the change was killed before it could delete the batches."""
    base = memory_path / "one"
    with of_steps.small_batches(of_steps.BATCH, here=True):
        one = of_steps.Trials(base, CHANGES["remove after a stopped add"])
        folder = one.fresh()
        assert folder.waiting() > 0
        (folder.path / "kept").mkdir()
        (folder.path / "pending").rename(folder.path / "kept" / "pending")
        add(folder, [str(base / "files" / "a.txt")], CONFIG)
        (folder.path / "kept" / "pending").rename(folder.path / "pending")
        (folder.path / "kept").rmdir()
        assert folder.waiting() == 0
        assert folder.leftovers() == ["pending"]
        with folder.writing("check"):
            pass
    assert folder.leftovers() == []
    assert not (folder.path / "pending").exists()
