"""A repair makes what is whole of what is left: segments, originals, log, pointers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import HASHING, LIBRARY, build

from index.errors import IndexDamaged
from index.indexing import add, remove
from index.repairing import repair
from index.store import IndexFolder, damages


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Three documents, and the trace of a fourth that was removed."""
    where = tmp_path_factory.mktemp("sound")
    folder = build(where, LIBRARY | {"gone.txt": "The tollhouse closed for good."}, HASHING)
    remove(folder, ["gone.txt"])
    return folder


@pytest.fixture
def copy(sound, memory_path):
    target = memory_path / "copy"
    shutil.copytree(sound.path, target)
    return IndexFolder(target)


def texts(folder: IndexFolder) -> dict[str, str]:
    return {d.source: d.text for d in folder.open().documents.values()}


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 4
    path.write_bytes(data)


def files(folder: IndexFolder) -> list[str]:
    every = (p for p in sorted(folder.path.rglob("*")) if p.is_file() and p.stat().st_size)
    return [path.relative_to(folder.path).as_posix() for path in every]


def test_whatever_file_is_altered_or_missing_all_documents_come_back(sound, copy):
    before = texts(sound)
    names = files(sound)
    assert len(names) > 40
    for number, name in enumerate(names):
        path = copy.path / name
        if number % 3:
            flip(path, 7919 * number)
        else:
            path.unlink()
        assert damages(copy), name
        report = repair(copy, HASHING)
        assert report.found, name
        assert not report.lost, (name, report.lost)
        assert damages(copy) == [], name
        assert texts(copy) == before, name
        shutil.rmtree(copy.path)
        shutil.copytree(sound.path, copy.path)


def test_a_document_without_a_sound_byte_is_named_as_lost(sound, copy):
    (bodies,) = copy.current().glob("*/bodies.data.npy")
    orchard = copy.open().find("orchard.txt")
    text = bodies.read_bytes()
    bodies.write_bytes(text.replace(b"quinces", b"peaches"))
    flip(copy.path / "originals" / orchard.sha256[:2] / orchard.sha256, 5)
    Path(orchard.source).rename(Path(orchard.source).with_suffix(".away"))
    try:
        report = repair(copy, HASHING)
    finally:
        Path(orchard.source).with_suffix(".away").rename(orchard.source)
    assert [failure.source for failure in report.lost] == [orchard.source]
    assert orchard.source in report.lost[0].reason
    assert damages(copy) == []
    assert texts(copy) == {k: v for k, v in texts(sound).items() if k != orchard.source}
    assert [row.action for row in copy.log()][-1] == "lost"


def test_an_original_that_is_lost_leaves_the_document_and_is_said(copy):
    orchard = copy.open().find("orchard.txt")
    (copy.path / "originals" / orchard.sha256[:2] / orchard.sha256).unlink()
    there = Path(orchard.source)
    there.rename(there.with_suffix(".away"))
    try:
        report = repair(copy, HASHING)
    finally:
        there.with_suffix(".away").rename(there)
    assert [failure.source for failure in report.lost] == [orchard.source]
    assert texts(copy)[orchard.source] == orchard.text
    assert damages(copy) == []
    with pytest.raises(IndexDamaged, match="missing"):
        copy.original(orchard)


def test_a_damaged_log_is_kept_aside_and_the_documents_are_entered_anew(copy):
    (rows,) = [copy.log()]
    flip(copy.path / "intake.jsonl", 10)
    repair(copy, HASHING)
    (aside,) = copy.path.glob("intake.damaged-*.jsonl")
    assert aside.read_bytes().count(b"\n") == len(rows)
    assert [row.action for row in copy.log()] == ["repaired", "added", "added", "added"]
    assert not add(copy, sorted(texts(copy)), HASHING).added


def test_a_sound_index_is_left_alone(copy):
    before = {name: (copy.path / name).stat().st_mtime_ns for name in files(copy)}
    assert repair(copy, HASHING).found == ()
    assert {name: (copy.path / name).stat().st_mtime_ns for name in files(copy)} == before
