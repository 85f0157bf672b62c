"""The functions through which files change, and the simulated power cut that watches them."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from power_cut import PowerCut

from index import disk

SEEDS = (None, *range(20))
OLD, NEW = b"the tide table of the year before", b"the tide table of this year, two pages"


# A store of one value: CURRENT names the file that holds it


def start(folder: Path) -> None:
    folder.mkdir()
    (folder / "1").write_bytes(OLD)
    (folder / "CURRENT").write_bytes(b"1")


def value(folder: Path) -> bytes:
    return (folder / (folder / "CURRENT").read_text()).read_bytes()


def switch(folder: Path) -> None:
    disk.write_bytes(folder / "CURRENT.tmp", b"2")
    disk.replace(folder / "CURRENT.tmp", folder / "CURRENT")
    disk.sync(folder)
    disk.remove_file(folder / "1")


def careful(folder: Path) -> None:
    disk.write_bytes(folder / "2", NEW)
    disk.sync(folder)
    switch(folder)


def without_fsync_of_the_file(folder: Path) -> None:
    disk.observe("open", folder / "2")
    with (folder / "2").open("wb", buffering=0) as file:
        disk.observe("write", folder / "2")
        file.write(NEW)
    disk.sync(folder)
    switch(folder)


def without_fsync_of_the_name(folder: Path) -> None:
    disk.write_bytes(folder / "2", NEW)
    switch(folder)


def in_place(folder: Path) -> None:
    disk.write_bytes(folder / "1", NEW)


def deleting_too_early(folder: Path) -> None:
    disk.write_bytes(folder / "2", NEW)
    disk.sync(folder)
    disk.write_bytes(folder / "CURRENT.tmp", b"2")
    disk.remove_file(folder / "1")
    disk.replace(folder / "CURRENT.tmp", folder / "CURRENT")
    disk.sync(folder)


def without_the_last_fsync(folder: Path) -> None:
    disk.write_bytes(folder / "2", NEW)
    disk.sync(folder)
    disk.write_bytes(folder / "CURRENT.tmp", b"2")
    disk.replace(folder / "CURRENT.tmp", folder / "CURRENT")


def found_after_cuts(tmp_path: Path, change: Callable[[Path], None]) -> tuple[set[str], set[str]]:
    """What the store says after a cut at any step, and after one at the end."""
    start(tmp_path / "store")
    with PowerCut(tmp_path / "store") as cut:
        change(tmp_path / "store")
    assert value(tmp_path / "store") == NEW
    assert cut.unseen() == []
    found: dict[int, set[str]] = {}
    for step, seed in product(range(len(cut) + 1), SEEDS):
        cut.restore(tmp_path / "after", step, seed)
        try:
            said = {OLD: "old", NEW: "new"}.get(value(tmp_path / "after"), "neither")
        except OSError:
            said = "lost"
        found.setdefault(step, set()).add(said)
    return set().union(*found.values()), found[len(cut)]


def test_a_careful_writer_loses_nothing_at_any_cut(tmp_path):
    assert found_after_cuts(tmp_path, careful) == ({"old", "new"}, {"new"})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (without_fsync_of_the_file, "neither"),
        (without_fsync_of_the_name, "lost"),
        (in_place, "neither"),
        (deleting_too_early, "lost"),
    ],
)
def test_a_careless_writer_is_caught(tmp_path, change, fault):
    assert fault in found_after_cuts(tmp_path, change)[0]


def test_what_was_never_synced_is_not_held_to_be_done(tmp_path):
    assert found_after_cuts(tmp_path, without_the_last_fsync)[1] == {"old", "new"}


def test_a_change_behind_the_back_of_the_module_is_seen(tmp_path):
    with PowerCut(tmp_path) as cut:
        disk.write_bytes(tmp_path / "told", b"a")
        (tmp_path / "untold").write_bytes(b"b")
    assert cut.unseen() == ["untold"]


# Any sequence of changes

NAMES = st.sampled_from(["a", "b", "c"])
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("write_bytes"), NAMES, st.binary(max_size=9)),
        st.tuples(st.just("append"), NAMES, st.binary(max_size=9), st.integers(0, 12)),
        st.tuples(st.sampled_from(["rename", "replace", "link"]), NAMES, NAMES),
        st.tuples(st.sampled_from(["make_folder", "remove_file", "remove_tree", "sync"]), NAMES),
    ),
    max_size=25,
)


def contents(folder: Path) -> dict[str, bytes | None]:
    return {p.name: p.read_bytes() if p.is_file() else None for p in folder.iterdir()}


@settings(max_examples=60)
@given(changes=CHANGES, seed=st.none() | st.integers(0, 99))
def test_the_model_sees_what_the_disk_has_and_what_is_synced_stays(tmp_path_factory, changes, seed):
    base = tmp_path_factory.mktemp("changes")
    folder = base / "folder"
    folder.mkdir()
    with PowerCut(folder) as cut:
        for name, first, *rest in changes:
            arguments = [folder / part if part in ("a", "b", "c") else part for part in rest]
            try:
                getattr(disk, name)(folder / first, *arguments)
            except OSError:  # no such file, or one that is there: refused, and not done
                continue
        assert cut.unseen() == []
        for path in folder.iterdir():
            disk.sync(path)
        disk.sync(folder)
    now = contents(folder)
    cut.restore(base / "after", None, seed)
    assert contents(base / "after") == now
    cut.restore(base / "after", 0)
    assert contents(base / "after") == {}


# Each function


@given(before=st.binary(max_size=40), data=st.binary(max_size=40), at=st.integers(0, 50))
def test_appending_keeps_what_counts_and_drops_what_does_not(tmp_path_factory, before, data, at):
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(before)
    if at > len(before):
        with pytest.raises(OSError, match=f"{len(before)} bytes where {at} were written"):
            disk.append(path, data, at)
        assert path.read_bytes() == before
    else:
        disk.append(path, data, at)
        assert path.read_bytes() == before[:at] + data


def test_a_first_row_and_its_file_survive_a_cut(tmp_path):
    with PowerCut(tmp_path) as cut:
        disk.append(tmp_path / "log", b"row", 0)
        disk.append(tmp_path / "log", b" two", 3)
    cut.restore(tmp_path / "after")
    assert contents(tmp_path / "after") == {"log": b"row two"}


def test_an_append_that_is_cut_short_leaves_what_was_committed(tmp_path):
    (tmp_path / "log").write_bytes(b"committed, and a row of a dead writer")
    with PowerCut(tmp_path) as cut:
        disk.append(tmp_path / "log", b"; another row", 9)
    for step, seed in product(range(len(cut) + 1), SEEDS):
        cut.restore(tmp_path / "after", step, seed)
        assert (tmp_path / "after" / "log").read_bytes().startswith(b"committed")


def test_a_large_file_is_written_in_parts_that_can_each_fail(tmp_path, monkeypatch):
    steps = []

    def full(step, /, *paths):
        steps.append(step)
        if steps.count("write") == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "observe", full)
    with pytest.raises(OSError, match="No space left"):
        disk.write_bytes(tmp_path / "large", bytes(5 * disk.PART))
    assert (tmp_path / "large").stat().st_size == 2 * disk.PART
    assert steps == ["open", "write", "write", "write"]


def test_a_link_that_is_refused_becomes_a_copy_that_is_synced(tmp_path, monkeypatch):
    (tmp_path / "old").write_bytes(NEW)

    def no_links(step, /, *paths):
        if step == "link":
            raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(disk, "observe", no_links)
    with PowerCut(tmp_path) as cut:
        disk.link(tmp_path / "old", tmp_path / "new")
        disk.sync(tmp_path)
    assert (tmp_path / "new").stat().st_ino != (tmp_path / "old").stat().st_ino
    cut.restore(tmp_path / "after")
    assert (tmp_path / "after" / "new").read_bytes() == NEW


def test_a_link_never_writes_into_what_has_the_name(tmp_path):
    (tmp_path / "old").write_bytes(NEW)
    (tmp_path / "shared").write_bytes(OLD)
    os.link(tmp_path / "shared", tmp_path / "new")
    with pytest.raises(FileExistsError):
        disk.link(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "shared").read_bytes() == OLD


def test_a_tree_is_removed_without_following_links(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").write_bytes(OLD)
    tree = tmp_path / "tree"
    (tree / "inside").mkdir(parents=True)
    (tree / "inside" / "file").write_bytes(OLD)
    (tree / "link").symlink_to(tmp_path / "outside", target_is_directory=True)
    disk.remove_tree(tree)
    assert not tree.exists()
    assert (tmp_path / "outside" / "kept").read_bytes() == OLD
    with pytest.raises(FileNotFoundError):
        disk.remove_tree(tree)


class Killed(BaseException):
    """The process ends at this step: nothing of ours catches it."""


@pytest.mark.parametrize("killed_at", range(8))
def test_folders_that_are_ensured_are_there_after_a_cut(tmp_path, monkeypatch, killed_at):
    """Also when a writer before was killed between making one and syncing its name."""
    steps = 0

    def kill(step, /, *paths):
        nonlocal steps
        steps += 1
        if steps == killed_at:
            raise Killed

    monkeypatch.setattr(disk, "observe", kill)
    with PowerCut(tmp_path) as cut:
        try:
            disk.ensure_folder(tmp_path / "x" / "y" / "z")
        except Killed:
            disk.ensure_folder(tmp_path / "x" / "y" / "z")
    cut.restore(tmp_path / "after")
    assert (tmp_path / "after" / "x" / "y" / "z").is_dir()
