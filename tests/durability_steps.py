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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

from durability_changes import BATCH, CHANGES, COMES, GONE, Act, Change, added, prepare
from durability_state import Tally, forked, lasting_damages, said_of, small_batches, texts
from power_cut import PowerCut

from index import disk
from index.errors import OnRecordError
from index.store import IndexFolder, damages

ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS)


class Stop:
    """Stops at one step, from 1, or at all from there on; counts them."""

    def __init__(self, at: int, how: Callable[[], None], *, on: bool = False) -> None:
        self.at, self.how, self.on, self.steps = at, how, on, 0
        self.names: list[str] = []

    def __call__(self, step: str, /, *paths: Path) -> None:
        self.steps += 1
        self.names.append(paths[-1].name)
        if self.steps == self.at or (self.on and self.steps > self.at > 0):
            self.how()


@contextmanager
def observed(observer: disk.Observer) -> Iterator[None]:
    outer, disk.observe = disk.observe, observer
    try:
        yield
    finally:
        disk.observe = outer


def raise_error(number: int) -> None:
    raise OSError(number, os.strerror(number))


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
        prepare(change, self._files, IndexFolder(self._start))
        if change.begin:
            self._begin()
        self._before = self._state(IndexFolder(self._start))
        folder = self.fresh()
        counting = Stop(0, die)
        with observed(counting):
            change.act(folder, self._files)
        self.steps = counting.steps
        self.names = counting.names
        self._after = self._state(folder)
        if self._before == self._after or damages(folder):
            raise RuntimeError("the change that is to be stopped makes no difference")

    def refused(self, tally: Tally, every: int = 1) -> None:
        """Each step fails, or with some of them all from there on; the errors take turns.

        Many steps come in threes, the opening, writing and syncing of a file: turns of three would
        always meet the same of them.
        """
        steps = range(1, self.steps + 1, every)
        turns = ((at, on) for at in steps for on in {False, at % 4 == 0})
        for at, on in turns:
            folder = self.fresh()
            number = ERRORS[(at // 3 + on) % len(ERRORS)]
            said: str | None = None
            try:
                with observed(Stop(at, partial(raise_error, number), on=on)):
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
            folder = self.fresh()
            self._die(folder, Stop(at, die))
            tally.count("stops")
            self._looked_at(folder, tally, f"killed at step {at}")
            self._finished(folder, tally, f"killed at step {at}")

    def cut(self, tally: Tally, seeds: int, every: int = 1, near: str | None = None) -> None:
        """What a power cut at each step may leave; at the end nothing may be lost any more.

        `near`: only before and after steps with a file of this name.
        """
        with PowerCut(self.fresh().path) as cut:
            self._change.act(self._work, self._files)
        for name in set(cut.unseen()) - {"lock", "lock.json"}:
            tally.fault("behind its back", name)
        steps = range(0, len(cut) + 1, every)
        if near is not None:
            known = [n for n, name in enumerate(self.names) if name == near]
            steps = range(min(known) - 1, max(known) + 4)
        for at in steps:
            for seed in (None, *range(seeds)):
                self._after_a_cut(cut, at, seed, tally)
        self._after_a_cut(cut, len(cut), None, tally, last=True)

    def killed_and_cut(self, tally: Tally, trials: int, seed: int) -> None:
        """Killed at one step, and the power goes at one of the next writer, who finds what the
        first has done and nothing says is on the disk."""
        chance = Random(seed)  # noqa: S311
        for trial in range(trials):
            folder = self.fresh()
            record = folder.path.with_suffix(".pickle")
            self._die(folder, Recorder(folder.path, chance.randint(1, self.steps), record))
            with record.open("rb") as file:
                cut: PowerCut = pickle.load(file)  # noqa: S301 - written by the child above
            before = len(cut)
            with cut:
                failed = said_of(lambda: self._complete(folder))  # noqa: B023
            if failed:
                tally.fault("repairs", f"killed before step {before}, then {failed}")
            at = chance.randint(before, len(cut))
            self._after_a_cut(cut, at, trial, tally, last=at == len(cut) and not failed)

    def _begin(self) -> None:
        """An addition was stopped before, when some of its batches were on the disk."""
        folder = IndexFolder(self._start)
        shutil.copytree(self._start, self._work.path)
        counting = Stop(0, die)
        with observed(counting):
            added(self._work, self._files)
        at = round(counting.steps * self._change.begin)
        self._die(folder, Stop(at, die), added)
        if not folder.waiting():
            raise RuntimeError("no batch was on the disk")

    def fresh(self) -> IndexFolder:
        shutil.rmtree(self._work.path, ignore_errors=True)
        shutil.copytree(self._start, self._work.path)
        return self._work

    def _die(self, folder: IndexFolder, stop: disk.Observer, act: Act | None = None) -> None:
        def stopped() -> None:
            disk.observe = stop
            (act or self._change.act)(folder, self._files)

        status = os.waitpid(forked(stopped), 0)[1]
        if not os.WIFSIGNALED(status):
            raise RuntimeError("the change took fewer steps than before")

    def _state(self, folder: IndexFolder) -> object:
        """What an index holds and how it was made; a damaged one is whatever it is."""
        if not folder.exists():
            return None
        if self._change.damaged and lasting_damages(folder):
            return "damaged"
        manifest = folder.manifest()
        documents = folder.open().documents.values()
        held = {Path(d.source).name: (d.title, d.text) for d in documents}
        return held, manifest.passage_tokens, [row.action for row in folder.log()]

    def _is_after(self, state: object) -> bool:
        """What it was to hold; who rebuilds or repairs twice has one row more in the log."""
        if not (isinstance(state, tuple) and isinstance(self._after, tuple)):
            return False
        rows = self._after[2]
        return state[:2] == self._after[:2] and state[2][: len(rows)] == rows

    def _looked_at(self, folder: IndexFolder, tally: Tally, how: str) -> str:
        """Counts what is found: the index of before or after, and no damage."""
        try:
            state = self._state(folder)
            found = lasting_damages(folder) if state != "damaged" else []
        except OnRecordError as error:
            state, found = str(error), []
        name = "before" if state == self._before else "neither"
        name = "after" if self._is_after(state) else name
        if name == "neither":
            tally.fault(name, f"{how}: {str(state)[:300]}")
        else:
            tally.count(name)
        if found:
            tally.fault("damaged", f"{how}: {found[0]}")
        return name

    def _complete(self, folder: IndexFolder) -> None:
        """The same command again; one that is done already has only to clear the folder."""
        if self._change.once and self._is_after(self._state(folder)):
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
        if not self._is_after(state):
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


COLUMNS = ("stops", "errors said", "before", "after", "neither", "damaged", "crashes",
           "silent failures", "untrue errors", "repairs", "remains", "not gone", "done and lost",
           "behind its back")  # fmt: skip

FAULTS = COLUMNS[4:]


def all_faults(
    base: Path,
    changes: Iterable[str] = CHANGES,
    *,
    stops: int = 0,
    seeds: int = 3,
    trials: int = 100,
) -> Iterator[tuple[str, Tally]]:
    """Changes stopped in each way at each step, or only at about so many `stops`."""
    with small_batches(BATCH, here=True):
        for name in changes:
            one = Trials(base / name.replace(" ", "-"), CHANGES[name])
            every = one.steps // stops if stops else 1
            every += stops > 0 and every % 3 == 0  # or it would be the same of three, see `refused`
            for how, tried in (
                ("refused", lambda tally: one.refused(tally, every)),  # noqa: B023
                ("killed", lambda tally: one.killed(tally, every)),  # noqa: B023
                ("power cut", lambda tally: one.cut(tally, seeds, every)),  # noqa: B023
                ("killed, then cut", lambda tally: one.killed_and_cut(tally, trials, 1)),  # noqa: B023
            ):
                tally = Tally()
                tried(tally)
                yield f"{name}: {how}", tally
