"""A change stopped at any one of its steps: refused by the system, killed, or cut from its power.

Whatever stops it, the index must hold what it held before or what it was to hold, and the same
command must then come to its end, without a repair and without remains.
"""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random

from durability_state import CONFIG, Tally, lasting_damages, said_of, small_batches, texts
from power_cut import PowerCut
from samples import zipped

from index import disk
from index.config import Config
from index.errors import OnRecordError
from index.indexing import add, rebuild, remove
from index.repairing import repair
from index.store import IndexFolder, damages

ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS)

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
    """A change of an index: its files before, those after, and what is done.

    `begin`: stopped first after this part of its steps, so that it finds a stopped addition.
    """

    act: Act
    first: bool = False
    begin: float = 0.0
    damaged: bool = False


def added(folder: IndexFolder, files: Path) -> None:
    add(folder, [str(files)], CONFIG)


def removed(folder: IndexFolder, files: Path) -> None:
    remove(folder, ["a.txt", "c.zip"])


def rebuilt(folder: IndexFolder, files: Path) -> None:
    rebuild(folder, Config(encoder="hashing", passage_tokens=32))


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
    "remove": Change(removed),
    "remove after a stopped add": Change(removed, begin=0.3),
    "rebuild": Change(rebuilt),
    "repair": Change(repaired, damaged=True),
}


class Stop:
    """Stops at one step, from 1, or at all from there on; counts them."""

    def __init__(self, at: int, how: Callable[[], None], *, on: bool = False) -> None:
        self.at, self.how, self.on, self.steps = at, how, on, 0

    def __call__(self, step: str, /, *paths: Path) -> None:
        self.steps += 1
        if self.steps == self.at or (self.on and self.steps > self.at > 0):
            self.how()


@contextmanager
def observed(observer: disk.Observer) -> Iterator[None]:
    outer, disk.observe = disk.observe, observer
    try:
        yield
    finally:
        disk.observe = outer


def refuse(number: int) -> Callable[[], None]:
    def raise_() -> None:
        raise OSError(number, os.strerror(number))

    return raise_


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Trials:
    """All that can stop one change, tried in folders below `base`."""

    def __init__(self, base: Path, change: Change) -> None:
        self._change = change
        self._files = base / "files"
        self._start = base / "start"
        self._work = IndexFolder(base / "work")
        self._after_cut = IndexFolder(base / "after")
        self._files.mkdir(parents=True)
        self._prepare()
        self._before = self._state(IndexFolder(self._start))
        folder = self._fresh()
        counting = Stop(0, die)
        with observed(counting):
            change.act(folder, self._files)
        self.steps = counting.steps
        self._after = self._state(folder)
        if self._before == self._after or damages(folder):
            raise RuntimeError("the change that is to be stopped makes no difference")

    def refused(self, tally: Tally, every: int = 1) -> None:
        """Each step fails, or all from there on; the errors take turns."""
        for at, on in product(range(1, self.steps + 1, every), (False, True)):
            folder = self._fresh()
            number = ERRORS[(at + on) % len(ERRORS)]
            said: str | None = None
            try:
                with observed(Stop(at, refuse(number), on=on)):
                    said = said_of(lambda: self._change.act(folder, self._files))  # noqa: B023
            except Exception as error:
                tally.fault("crashes", f"step {at}: {error!r}")
            how = f"step {at} refused{' on' * on} ({errno.errorcode[number]}; {said})"
            tally.count("stops")
            tally.count("errors said", said is not None)
            found = self._looked_at(folder, tally, how)
            if said is None and found != "after":
                tally.fault("silent failures", how)
            if said and "as it was before" in said and found != "before":
                tally.fault("untrue errors", how)
            self._finished(folder, tally, how)

    def killed(self, tally: Tally, every: int = 1) -> None:
        for at in range(1, self.steps + 1, every):
            folder = self._fresh()
            self._die(folder, Stop(at, die))
            tally.count("stops")
            self._looked_at(folder, tally, f"killed at step {at}")
            self._finished(folder, tally, f"killed at step {at}")

    def cut(self, tally: Tally, seeds: int, every: int = 1) -> None:
        """What a power cut at each step may leave; at the end nothing may be lost any more."""
        with PowerCut(self._fresh().path) as cut:
            self._change.act(self._work, self._files)
        self._expect_seen(cut, tally)
        for at in range(0, len(cut) + 1, every):
            for seed in (None, *range(seeds)):
                self._after_a_cut(cut, at, seed, tally)
        self._after_a_cut(cut, len(cut), None, tally, last=True)

    def killed_and_cut(self, tally: Tally, trials: int, seed: int) -> None:
        """Killed at one step, and the power goes at one of the next writer, who finds what the
        first has done and nothing says is on the disk."""
        chance = Random(seed)  # noqa: S311
        for trial in range(trials):
            folder = self._fresh()
            record = folder.path.with_suffix(".pickle")
            self._die(folder, Recorder(folder.path, chance.randint(1, self.steps), record))
            with record.open("rb") as file:
                cut: PowerCut = pickle.load(file)  # noqa: S301 - written by the child above
            before = len(cut)
            with cut:
                self._complete(folder)
            at = chance.randint(before, len(cut))
            self._after_a_cut(cut, at, trial, tally, last=at == len(cut))

    def _prepare(self) -> None:
        """The index before the change, in several segments, and the files after it."""
        folder = IndexFolder(self._start)
        write(self._files, GONE)
        (self._files / "large.txt").write_text(gauges(12))
        if self._change.first:
            self._start.mkdir()
        else:
            for names in (["large.txt"], ["a.txt", "c.zip"]):
                add(folder, [str(self._files / name) for name in names], CONFIG)
        if self._change.act in (added, replaced) or self._change.begin:
            write(self._files, COMES)
            (self._files / "b.txt").write_bytes(COMES["b.txt"])
        if self._change.damaged:
            path = next(folder.current().glob("*/postings.rows.npy"))
            path.write_bytes(path.read_bytes()[:-1] + b"\xff")
        if self._change.begin:
            self._begin(folder)

    def _begin(self, folder: IndexFolder) -> None:
        """An addition that was stopped when some of its batches were on the disk."""
        shutil.copytree(self._start, self._work.path)
        counting = Stop(0, die)
        with observed(counting):
            added(self._work, self._files)
        at = round(counting.steps * self._change.begin)
        self._die(folder, Stop(at, die), added)
        if not folder.waiting():
            raise RuntimeError("no batch was on the disk")

    def _fresh(self) -> IndexFolder:
        shutil.rmtree(self._work.path, ignore_errors=True)
        shutil.copytree(self._start, self._work.path)
        return self._work

    def _die(self, folder: IndexFolder, stop: disk.Observer, act: Act | None = None) -> None:
        child = os.fork()
        if not child:
            disk.observe = stop
            try:
                (act or self._change.act)(folder, self._files)
            finally:
                os._exit(1)  # it was to be killed
        status = os.waitpid(child, 0)[1]
        if not os.WIFSIGNALED(status):
            raise RuntimeError("the change took fewer steps than before")

    def _state(self, folder: IndexFolder) -> object:
        """What an index holds and how it was made; a damaged one is whatever it is."""
        if not folder.exists():
            return None
        if self._change.damaged and lasting_damages(folder):
            return "damaged"
        manifest = folder.manifest()
        return texts(folder), manifest.passage_tokens, [row.action for row in folder.log()]

    def _looked_at(self, folder: IndexFolder, tally: Tally, how: str) -> str:
        """Counts what is found: the index of before or after, and no damage."""
        try:
            state = self._state(folder)
            found = lasting_damages(folder) if state != "damaged" else []
        except OnRecordError as error:
            state, found = str(error), []
        names = {True: "before"} if state == self._before else {}
        name = names.get(True) or ("after" if state == self._after else "neither")
        if name == "neither":
            tally.fault(name, f"{how}: {str(state)[:300]}")
        else:
            tally.count(name)
        if found:
            tally.fault("damaged", f"{how}: {found[0]}")
        return name

    def _complete(self, folder: IndexFolder) -> None:
        """The same command again; one that is done already has only to clear the folder."""
        if self._state(folder) == self._after and self._change.act is removed:
            with folder.writing("check"):
                return
        self._change.act(folder, self._files)

    def _finished(self, folder: IndexFolder, tally: Tally, how: str) -> None:
        """The same command must come to its end and leave no remains."""
        try:
            self._complete(folder)
            state, found = self._state(folder), damages(folder)
        except Exception as error:
            tally.fault("repairs", f"{how}, then {error!r}")
            return
        same = isinstance(state, tuple) and state[:2] == self._after[:2]  # type: ignore[index]
        if not same:
            tally.fault("repairs", f"{how}, then it holds {str(state)[:300]}")
        if found or (folder.path / "pending").exists() or (folder.path / "lock.json").exists():
            tally.fault("remains", f"{how}, then {found[:1]}")
        stored = b"".join(p.read_bytes() for p in folder.path.rglob("*") if p.is_file())
        kept = {text.encode() for text in texts(folder).values()}
        for text in {*GONE.values(), *COMES.values()} - kept:
            if text in stored:
                tally.fault("not gone", f"{how}: {text.decode()}")

    def _after_a_cut(
        self, cut: PowerCut, at: int, seed: int | None, tally: Tally, *, last: bool = False
    ) -> None:
        cut.restore(self._after_cut.path, at, seed)
        how = f"power cut before step {at} (seed {seed})"
        tally.count("stops")
        found = self._looked_at(self._after_cut, tally, how)
        if last and found != "after":
            tally.fault("done and lost", how)
        self._finished(self._after_cut, tally, how)

    def _expect_seen(self, cut: PowerCut, tally: Tally) -> None:
        """The lock is the only file that may change behind the back of `index.disk`."""
        for name in set(cut.unseen()) - {"lock", "lock.json"}:
            tally.fault("behind its back", name)


class Recorder:
    """A power cut's record of a process that is killed at a step, handed to another process."""

    def __init__(self, root: Path, at: int, record: Path) -> None:
        self._cut = PowerCut(root)
        self._cut.__enter__()
        self._at, self._record, self._steps = at, record, 0

    def __call__(self, step: str, /, *paths: Path) -> None:
        self._steps += 1
        if self._steps == self._at:
            len(self._cut)  # what was announced is done by now
            self._cut.__exit__()
            with self._record.open("wb") as file:
                pickle.dump(self._cut, file)
            die()
        self._cut(step, *paths)


def write(files: Path, contents: dict[str, bytes]) -> None:
    """`a.txt`, and a container of all but the files."""
    (files / "a.txt").write_bytes(contents["a.txt"])
    inside = {name: data for name, data in contents.items() if name not in ("a.txt", "b.txt")}
    (files / "c.zip").write_bytes(zipped(dict(inside)))


def gauges(count: int) -> str:
    return "\n\n".join(f"The Ostrel gauge {n} stood at {n * 7 % 41} feet." for n in range(count))


COLUMNS = ("stops", "errors said", "before", "after", "neither", "damaged", "crashes",
           "silent failures", "untrue errors", "repairs", "remains", "not gone", "done and lost",
           "behind its back")  # fmt: skip

FAULTS = COLUMNS[4:]


def all_faults(
    base: Path, *, every: int = 1, seeds: int = 3, trials: int = 100
) -> Iterator[tuple[str, Tally]]:
    """Each change stopped in each way; `every`: only each so-manieth step."""
    with small_batches(BATCH, here=True):
        for name, change in CHANGES.items():
            one = Trials(base / name.replace(" ", "-"), change)
            for how, tried in (
                ("refused", lambda tally: one.refused(tally, every)),  # noqa: B023
                ("killed", lambda tally: one.killed(tally, every)),  # noqa: B023
                ("power cut", lambda tally: one.cut(tally, seeds, every)),  # noqa: B023
                ("killed, then cut", lambda tally: one.killed_and_cut(tally, trials, 1)),  # noqa: B023
            ):
                tally = Tally()
                tried(tally)
                yield f"{name}: {how}", tally
