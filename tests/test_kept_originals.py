"""Originals kept in an index: read back to the byte, removed for good, whatever stops a writer."""

from __future__ import annotations

import shutil
from itertools import count, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from power_cut import PowerCut

from index import disk
from index.documents import sha256_hex
from index.errors import IndexDamaged
from index.originals import MARKER, Originals

STAYS, COMES = b"The quay of Ostrel harbour.", b"The ice of Ostrel harbour."
NEIGHBOURS = (b"The bell of Ostrel harbour, rung %d times." % number for number in count())
GOES = next(n for n in NEIGHBOURS if sha256_hex(n)[:2] == sha256_hex(STAYS)[:2])
"""Lies in the same folder as what stays."""


def kept(folder: Path, *contents: bytes) -> Originals:
    originals = Originals(folder)
    originals.begin()
    for data in contents:
        originals.keep(data)
    originals.sync()
    originals.finish()
    return originals


@settings(max_examples=30)  # each syncs a dozen files
@given(contents=st.lists(st.binary(max_size=50), max_size=8), gone=st.sets(st.integers(0, 7)))
def test_what_was_kept_is_read_back_until_it_is_removed(tmp_path_factory, contents, gone):
    folder = tmp_path_factory.mktemp("kept") / "originals"
    originals = kept(folder, *contents)
    expected = set(map(sha256_hex, contents))
    removed = {sha256_hex(data) for number, data in enumerate(contents) if number in gone}
    assert originals.listed() == expected
    assert [originals.read(sha256_hex(data)) for data in contents] == contents
    originals.begin()
    originals.remove(removed)
    originals.finish()
    assert originals.listed() == expected - removed
    assert originals.faults(expected - removed) == []
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == sorted(expected - removed)
    assert {path.name for path in folder.iterdir()} == {s[:2] for s in expected - removed}


def test_equal_content_is_written_once(tmp_path, monkeypatch):
    originals = kept(tmp_path, STAYS)
    originals.begin()
    steps: list[str] = []
    monkeypatch.setattr(disk, "observe", lambda step, /, *paths: steps.append(step))
    originals.keep(STAYS)
    assert steps == []


@pytest.mark.parametrize("damaged", [STAYS[:-1], STAYS[:-1] + b"!", b""])
def test_a_damaged_original_is_never_read_and_is_mended_by_keeping_it_again(tmp_path, damaged):
    originals = kept(tmp_path, STAYS)
    sha256 = sha256_hex(STAYS)
    path = tmp_path / sha256[:2] / sha256
    path.write_bytes(damaged)
    with pytest.raises(IndexDamaged, match=f"{sha256}: the original was altered"):
        originals.read(sha256)
    assert originals.faults({sha256}) == [
        f"{path}: the original was altered, its SHA-256 is another"
    ]
    kept(tmp_path, STAYS)
    assert originals.read(sha256) == STAYS
    path.unlink()
    with pytest.raises(IndexDamaged, match=f"{sha256}: the original is missing"):
        originals.read(sha256)
    assert originals.faults({sha256}) == [f"{path}: the original is missing"]


def test_files_that_nothing_refers_to_are_named(tmp_path):
    originals = kept(tmp_path, STAYS, GOES)
    strays = [tmp_path / "note.txt", tmp_path / sha256_hex(STAYS), tmp_path / "ab" / "x"]
    for path in strays:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(STAYS)  # the right content in a wrong place is a stray all the same
    found = originals.faults({sha256_hex(STAYS)})
    assert {line.partition(": ")[0] for line in found} == {
        str(tmp_path / sha256_hex(GOES)[:2] / sha256_hex(GOES)),
        *map(str, strays),
    }
    originals.begin()  # then somebody is at work, or was, and may need them
    assert originals.faults({sha256_hex(STAYS)}) == []


def test_no_path_is_made_of_what_is_no_hash(tmp_path):
    (tmp_path / "secret").write_bytes(b"not ours")
    for name in ("../secret", "ab/../../secret", sha256_hex(STAYS).upper(), ""):
        with pytest.raises(ValueError, match="not a SHA-256"):
            Originals(tmp_path / "originals").read(name)


def test_changes_outside_of_begin_and_finish_are_refused(tmp_path):
    originals = Originals(tmp_path)
    for change in (lambda: originals.keep(STAYS), lambda: originals.remove([sha256_hex(STAYS)])):
        with pytest.raises(RuntimeError, match="between begin and finish"):
            change()
    originals.finish()  # nothing was begun
    originals.begin()
    another = Originals(tmp_path)  # of a process that finds what the first has left
    for take in (lambda: None, another.begin):
        take()
        with pytest.raises(RuntimeError, match="tidy them"):
            another.finish()
    another.tidy(set())
    assert not originals.is_untidy()
    originals.begin()  # somebody else tidied meanwhile: the marker is written again
    assert originals.is_untidy()


# Stopped writers


class Killed(BaseException):
    """The process ends at this step: nothing of ours catches it."""


class Archive:
    """Originals, and one file that says which of them count, switched as an index is."""

    def __init__(self, folder: Path) -> None:
        self.current = folder / "CURRENT"
        self.originals = Originals(folder / "originals")

    def referenced(self) -> set[str]:
        return set(self.current.read_text().split()) if self.current.exists() else set()

    def change(self, add: list[bytes], remove: set[str]) -> None:
        self.originals.begin()
        for data in add:
            self.originals.keep(data)
        self.originals.sync()
        now = self.referenced() - remove | set(map(sha256_hex, add))
        disk.write_bytes(self.current.with_suffix(".tmp"), "\n".join(sorted(now)).encode())
        disk.replace(self.current.with_suffix(".tmp"), self.current)
        disk.sync(self.current.parent)
        self.originals.remove(remove)
        self.originals.finish()

    def recover(self) -> None:
        # What a killed writer has switched is seen at once, and on the disk only after this.
        disk.sync(self.current.parent)
        if self.originals.is_untidy():
            self.originals.tidy(self.referenced())


BEFORE = {sha256_hex(STAYS), sha256_hex(GOES)}
AFTER = {sha256_hex(STAYS), sha256_hex(COMES)}


def changing(folder: Path) -> None:
    Archive(folder).change([COMES], {sha256_hex(GOES)})


def right(folder: Path) -> set[str]:
    """Asserts that an archive holds what it refers to and not a byte more; says what that is."""
    archive = Archive(folder)
    referenced = archive.referenced()
    assert not archive.originals.is_untidy()
    assert archive.originals.faults(referenced) == []
    assert all(sha256_hex(archive.originals.read(sha256)) == sha256 for sha256 in referenced)
    known = {sha256_hex(data): data for data in (STAYS, GOES, COMES)}
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert {sha256 for sha256, data in known.items() if data in stored} == referenced
    return referenced


@pytest.fixture
def archive(memory_path: Path) -> Path:
    folder = memory_path / "archive"
    folder.mkdir()
    Archive(folder).change([STAYS, GOES], set())
    return folder


def test_a_power_cut_at_any_step_leaves_the_old_originals_or_the_new(archive, memory_path):
    with PowerCut(archive) as cut:
        changing(archive)
    assert right(archive) == AFTER
    found = after_cuts(cut, memory_path / "after")
    assert (found[0], found[len(cut)]) == ([BEFORE] * 21, [AFTER] * 21)


def test_a_power_cut_while_the_first_original_is_kept_leaves_it_or_nothing(memory_path):
    with PowerCut(memory_path) as cut:
        disk.make_folder(memory_path / "archive")
        disk.sync(memory_path)
        changing(memory_path / "archive")
    found = after_cuts(cut, memory_path / "after", "archive")
    assert (found[2], found[len(cut)]) == ([set()] * 21, [{sha256_hex(COMES)}] * 21)


def after_cuts(cut: PowerCut, after: Path, inside: str = "") -> dict[int, list[set[str]]]:
    """What is referred to after cuts before each step, all of it there and nothing else."""
    assert cut.unseen() == []
    found: dict[int, list[set[str]]] = {}
    for step, seed in product(range(len(cut) + 1), (None, *range(20))):
        cut.restore(after, step, seed)
        for path in after.rglob("[0-9a-f]" * 64):
            assert sha256_hex(path.read_bytes()) == path.name  # what has its name is whole
        archive = Archive(after / inside)
        if archive.current.parent.exists():
            archive.recover()
            found.setdefault(step, []).append(right(after / inside))
    assert all(
        now in (found[min(found)][0], found[len(cut)][0]) for s in found.values() for now in s
    )
    return found


class Stop:
    """Raises an error before one step, from 1, while `at` is its number."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.at, self.error, self.steps = at, error, 0

    def __call__(self, step: str, /, *paths: Path) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise self.error


def test_a_kill_at_any_step_and_a_power_cut_while_it_is_mended_leave_one_or_the_other(
    archive, memory_path, monkeypatch
):
    """The second writer sees what the first did, though nothing of it may be on the disk yet."""
    work, after = memory_path / "work", memory_path / "after"
    at, killed = 0, True
    while killed:
        at += 1
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(archive, work)
        stop = Stop(at, Killed())
        monkeypatch.setattr(disk, "observe", stop)
        with PowerCut(work) as cut:
            try:
                changing(work)
                killed = False
            except Killed:
                killed = True
            stop.at, steps = 0, len(cut)
            Archive(work).recover()
        expected = right(work)
        for step, seed in product(range(steps, len(cut) + 1), (None, *range(5))):
            cut.restore(after, step, seed)
            if step == len(cut):  # at most the marker is there again
                assert Archive(after).originals.listed() == expected
            Archive(after).recover()
            assert right(after) in ((expected,) if step == len(cut) else (BEFORE, AFTER))
    assert at > 15


def test_a_refused_step_anywhere_is_an_error_that_the_next_writer_mends(
    archive, memory_path, monkeypatch
):
    for at in range(1, 100):
        monkeypatch.setattr(disk, "observe", Stop(at, OSError(28, "No space left on device")))
        try:
            changing(archive)
        except OSError:
            monkeypatch.undo()
            Archive(archive).recover()
            now = right(archive)
            Archive(archive).change([STAYS, GOES], {sha256_hex(COMES)} & now)
            assert right(archive) == BEFORE
        else:
            break
    assert 15 < at < 99
    assert not (archive / "originals" / MARKER).exists()
