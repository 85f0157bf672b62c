"""The changes of an index that are stopped at every step, on made-up documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from durability_state import CONFIG
from samples import zipped

from index.config import Config
from index.indexing import add, edit, rebuild, remove
from index.repairing import repair
from index.store import IndexFolder

BATCH = 2
"""Passages: small, so that an addition of a few files has several batches."""

GONE = {
    "a.txt": b"The brindlewick gauge stood at nine.",
    "x.txt": b"The thrummelby weir was shut.",
    "y.txt": b"The ossenbrook ferry did not sail.",
}
"""Documents before the change; `a.txt` is a file, the others lie in `c.zip`."""

COMES = {
    "a.txt": b"The brindlewick gauge stood at eleven.",
    "b.txt": b"The dunnock lock was opened.",
    "x.txt": b"The thrummelby weir was opened.",
    "z.txt": b"The quillfeather mill turned again.",
}

Act = Callable[[IndexFolder, Path], object]


@dataclass(frozen=True)
class Change:
    """What is done with an index of the documents `GONE`; `COMES` are there to be added.

    `begin`: an addition was stopped before, after this part of its steps.
    """

    act: Act
    first: bool = False
    """There is no index yet."""
    begin: float = 0.0
    damaged: bool = False
    """A byte of a segment was altered."""
    once: bool = False
    """Who does it again is told that there is nothing to do it with."""


def added(folder: IndexFolder, files: Path) -> None:
    add(folder, [str(files)], CONFIG)


def removed(folder: IndexFolder, files: Path) -> None:
    remove(folder, ["a.txt", str(files / "c.zip")])


def rebuilt(folder: IndexFolder, files: Path) -> None:
    rebuild(folder, Config(encoder="hashing", passage_tokens=32))


def edited(folder: IndexFolder, files: Path) -> None:
    edit(folder, "a.txt", {"title": "The gauge"}, CONFIG)


def repaired(folder: IndexFolder, files: Path) -> None:
    repair(folder, CONFIG)


def replaced(folder: IndexFolder, files: Path) -> None:
    add(folder, [str(files / "a.txt")], CONFIG)


CHANGES = {
    "first add": Change(added, first=True),
    "add": Change(added),
    "add, resumed": Change(added, begin=0.3),
    "first add, resumed": Change(added, first=True, begin=0.4),
    "replace": Change(replaced),
    "remove": Change(removed, once=True),
    "remove after a stopped add": Change(removed, begin=0.3, once=True),
    "edit": Change(edited),
    "rebuild": Change(rebuilt),
    "repair": Change(repaired, damaged=True),
}


def write(files: Path, contents: dict[str, bytes]) -> None:
    """`a.txt`, and a container of all but the files."""
    (files / "a.txt").write_bytes(contents["a.txt"])
    inside = {name: data for name, data in contents.items() if name not in ("a.txt", "b.txt")}
    (files / "c.zip").write_bytes(zipped(dict(inside)))


def gauges(count: int) -> str:
    return "\n\n".join(f"The Ostrel gauge {n} stood at {n * 7 % 41} feet." for n in range(count))


def prepare(change: Change, files: Path, folder: IndexFolder) -> None:
    """The index before a change, in several segments, and the files to be added."""
    write(files, GONE)
    (files / "large.txt").write_text(gauges(12))
    if change.first:
        folder.path.mkdir()
    else:
        for names in (["large.txt"], ["a.txt", "c.zip"]):
            add(folder, [str(files / name) for name in names], CONFIG)
    if change.act in (added, replaced) or change.begin:
        write(files, COMES)
        (files / "b.txt").write_bytes(COMES["b.txt"])
    if change.damaged:
        path = next(folder.current().glob("*/postings.rows.npy"))
        path.write_bytes(path.read_bytes()[:-1] + b"\xff")
