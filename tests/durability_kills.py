"""Additions killed at random moments, while others read.

An index of standing documents gets a first half of the others in a new edition and a second half
that is new, in one addition. So there are two states to be in: half of the former edition and no
second half, or all of the new one; whoever sees anything else has seen a mixture.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random

from durability_state import CONFIG, Tally, forked, lasting_damages, small_batches, texts

from index.errors import IndexLocked, OnRecordError
from index.indexing import add, remove
from index.store import IndexFolder, damages

BATCH = 64
"""Passages: an addition of 200 documents has some ten batches."""

STANDING = 20
ROUND = 25
"""Kills of one index; then another begins, since its log grows with each."""

READERS = 2
PAUSE = 0.02
"""Seconds between two looks of a reader: it is to look all the time, not to take a whole core."""

MARK = "ONRECORD_DURABILITY"
"""In the environment of what a killed process has started, so that survivors are found."""

SURVIVED = 5.0
"""Seconds after which a process that a killed one has started is held to have survived it."""

EXPECTED = ("kills", "before the switch", "after it", "with batches kept", "documents resumed",
            "seen by readers")  # fmt: skip

FAULTS = ("lost documents", "mixtures", "damaged", "manual repairs", "locks in the way",
          "batches not resumed", "workers surviving", "reader errors")  # fmt: skip


class Library:
    """An index of documents in editions, and the files that they come from."""

    def __init__(self, base: Path, documents: int) -> None:
        self.files = base / "files"
        self.folder = IndexFolder(base / "index")
        self._half = documents // 2
        self._documents = documents
        self.files.mkdir(parents=True)
        for number in range(STANDING):
            (self.files / f"standing-{number:03}.txt").write_text(page(number, 0))
        self.write(0)
        add(self.folder, [str(self.files)], CONFIG)
        remove(self.folder, [str(self.files / name) for name in self._names()[self._half :]])

    def _names(self) -> list[str]:
        return [f"{number:03}.txt" for number in range(self._documents)]

    def write(self, edition: int) -> None:
        for number, name in enumerate(self._names()):
            (self.files / name).write_text(page(number, edition))

    def add(self) -> int:
        """Documents that an addition which was stopped had ready."""
        return add(self.folder, [str(self.files)], CONFIG).resumed

    def halve(self) -> None:
        remove(self.folder, [str(self.files / name) for name in self._names()[self._half :]])

    def edition(self) -> tuple[int, bool] | None:
        """Which edition the index holds, and whether all of it; None for a mixture."""
        found = texts(self.folder)
        wanted = {f"standing-{n:03}.txt": page(n, 0) for n in range(STANDING)}
        edition = int(found.get("000.txt", "-1").split(maxsplit=1)[0])
        for size in (self._half, self._documents):
            pages = {f"{n:03}.txt": page(n, edition) for n in range(size)}
            if found == wanted | pages:
                return edition, size == self._documents
        return None


def page(number: int, edition: int) -> str:
    """A document of a few passages; the first word is its edition."""
    lines = (f"The Ostrel gauge {number} of year {year} stood at {(number * year) % 41} feet."
             for year in range(edition + 3, edition + 6))  # fmt: skip
    return f"{edition} is the edition of page {number}.\n\n" + "\n\n".join(lines)


def kills(base: Path, documents: int, times: int, seed: int) -> Tally:
    """Kills as many additions, those not counted that came to their end before; the counts."""
    tally = Tally()
    chance = Random(seed)  # noqa: S311
    with small_batches(BATCH, here=False):
        for begun in range(0, times, ROUND):
            library = Library(base / f"{begun:05}", documents)
            with readers(library, base / f"{begun:05}", tally):
                _round(library, min(ROUND, times - begun), chance, tally)
    return tally


def _round(library: Library, times: int, chance: Random, tally: Tally) -> None:
    """One kill in three comes near the end, where the switch and the clearing up are."""
    seconds = deque((_timed(library, edition) for edition in (1, 2)), maxlen=5)
    killed, edition = 0, 2
    while killed < times:
        edition += 1
        share = chance.uniform(chance.choice((0, 0, 0.85)), 1.1)
        if _killed_once(library, edition, share * statistics.median(seconds), tally):
            killed += 1
            library.halve()
        else:  # a busy machine takes now more time, now less
            library.halve()
            seconds.append(_timed(library, edition := edition + 1))


def _killed_once(library: Library, edition: int, after: float, tally: Tally) -> bool:
    """False when the addition came to its end before."""
    library.write(edition)
    before = library.edition()
    if not _killed(library, after, tally):
        return False
    tally.count("kills")
    how = f"edition {edition}, after {after:.3f} s"
    state = library.edition()
    if state == (edition, True):
        tally.count("after it")
    elif state == before:
        tally.count("before the switch")
    else:
        tally.fault("lost documents", f"{how}: {state} instead of {before}")
    for line in lasting_damages(library.folder)[:1]:
        tally.fault("damaged", f"{how}: {line}")
    _again(library, edition, state == before, tally, how)
    return True


def _timed(library: Library, edition: int) -> float:
    """Seconds that an addition takes which nobody stops, in a process of its own."""
    library.write(edition)
    began = time.monotonic()
    _killed(library, None, Tally())
    seconds = time.monotonic() - began
    library.halve()
    return seconds


def _again(library: Library, edition: int, before: bool, tally: Tally, how: str) -> None:
    """The same addition once more: it must go on where it was, and end."""
    waiting = library.folder.waiting()
    tally.count("with batches kept", bool(before and waiting))
    try:
        resumed = library.add()
    except IndexLocked as error:
        tally.fault("locks in the way", f"{how}: {error}")
        return
    except OnRecordError as error:
        tally.fault("manual repairs", f"{how}: {error}")
        return
    tally.count("documents resumed", resumed)
    if before and resumed != waiting:
        tally.fault("batches not resumed", f"{how}: {resumed} of {waiting}")
    found = damages(library.folder)
    if found or library.edition() != (edition, True):
        tally.fault("manual repairs", f"{how}: {library.edition()}, {found[:1]}")


def _killed(library: Library, after: float | None, tally: Tally) -> bool:
    """Adds in a process of its own, killed after so many seconds; False when it was quicker."""
    token = f"{os.getpid()}-{time.monotonic_ns()}"

    def add_marked() -> None:
        os.environ[MARK] = token
        library.add()

    child = forked(add_marked)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if after is None and status:
        raise RuntimeError(f"an addition that nobody stopped ended with {status}")
    until = time.monotonic() + SURVIVED
    while (found := survivors(token)) and time.monotonic() < until:
        time.sleep(0.05)
    for process in found:
        tally.fault("workers surviving", f"process {process}")
    return os.WIFSIGNALED(status)


def survivors(token: str) -> list[int]:
    """Processes with the mark, where there is a /proc to look into."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"{MARK}={token}".encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


@contextmanager
def readers(library: Library, base: Path, tally: Tally) -> Iterator[None]:
    """Processes that open the index and read all of it, again and again, until the end."""
    stop = base / "stop"
    reports = [base / f"reader-{number}.json" for number in range(READERS)]
    children = [forked(partial(_look, library, report, stop)) for report in reports]
    try:
        yield
    finally:
        stop.touch()
        for child in children:
            os.waitpid(child, 0)
    for report in reports:
        said = json.loads(report.read_text())
        tally.count("seen by readers", said["seen"])
        for kind in ("mixtures", "reader errors"):
            for example in said[kind]:
                tally.fault(kind, example)


def _look(library: Library, report: Path, stop: Path) -> None:
    """What one reader does, and what it says of it at the end."""
    seen, mixtures, errors = 0, [], []
    newest = (-1, False)
    while not stop.exists():
        try:
            found = library.edition()
            if found is None or found[0] < newest[0]:
                mixtures.append(f"{found} after {newest}")
            newest = found or newest
        except Exception as error:
            errors.append(repr(error))
        seen += 1
        time.sleep(PAUSE)
    said = {"seen": seen, "mixtures": mixtures, "reader errors": errors}
    report.write_text(json.dumps(said))
