"""Several writers at once, a disk that is full, and one that nobody may write to."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from durability_state import CONFIG, Tally, forked, lasting_damages, said_of, small_batches, texts

from index.errors import IndexLocked
from index.indexing import add, remove
from index.store import IndexFolder, damages
from rag.assistant import open_assistant

WAIT = 0.01
"""Seconds before a writer that was refused tries again."""

PATIENCE = 120.0
"""Seconds after which a writer gives up: the lock is then held to be stuck."""

WRITER_COLUMNS = ("changes", "refused by the lock", "without a holder", "gave up", "missing",
                  "damaged")  # fmt: skip
"""Without a holder: whoever has just got the lock has not yet written who it is."""
WRITER_FAULTS = WRITER_COLUMNS[3:]


def writers(base: Path, count: int, changes: int) -> Tally:
    """Each adds files of its own, one at a time, while the others do; none may get lost."""
    folder = IndexFolder(base / "index")
    base.mkdir(parents=True, exist_ok=True)
    names = [[f"{who}-{n}.txt" for n in range(changes)] for who in range(count)]
    every = {name for own in names for name in own}
    for name in every:
        (base / name).write_text(f"The Ostrel gauge of {name[:-4]} stood.")
    with small_batches(1024, here=True):
        children = [forked(partial(_writes, folder, base, own)) for own in names]
        for child in children:
            os.waitpid(child, 0)
    tally = Tally()
    for said in sorted(base.glob("said-*")):
        for line in said.read_text().splitlines():
            what, _, example = line.partition(": ")
            tally.fault(what, example) if what in WRITER_FAULTS else tally.count(what)
    for name in sorted(every - texts(folder).keys()):
        tally.fault("missing", name)
    for line in damages(folder):
        tally.fault("damaged", line)
    return tally


def _writes(folder: IndexFolder, base: Path, names: list[str]) -> None:
    until = time.monotonic() + PATIENCE
    with (base / f"said-{names[0]}.log").open("w") as said:
        for name in names:
            while time.monotonic() < until:
                try:
                    add(folder, [str(base / name)], CONFIG)
                except IndexLocked as error:
                    said.write("refused by the lock\n")
                    said.write("" if "process " in str(error) else "without a holder\n")
                    time.sleep(WAIT)
                    continue
                said.write("changes\n")
                break
            else:
                said.write(f"gave up: {name}\n")


DISK_COLUMNS = ("trials", "refused in words", "done", "neither", "other errors", "damaged",
                "not done with room")  # fmt: skip
DISK_FAULTS = DISK_COLUMNS[3:]


def full(base: Path, steps: int) -> Tally:
    """On a disk of its own that gets fuller and fuller, an addition and a removal.

    Raises `PermissionError` where no disk can be mounted.
    """
    tally = Tally()
    base.mkdir(parents=True, exist_ok=True)
    (base / "stays.txt").write_text("The Ostrel bell rang at noon.")
    (base / "goes.txt").write_text("The Ostrel gauge stood at nine.")
    (base / "comes.txt").write_text("\n\n".join(f"The Ostrel gauge {n} stood." for n in range(99)))
    with mounted(base / "disk"), small_batches(16, here=True):
        for command in ("add", "remove"):
            for step in range(steps):
                _on_a_full_disk(base, command, step / steps, tally)
    return tally


def _on_a_full_disk(base: Path, command: str, share: float, tally: Tally) -> None:
    folder = IndexFolder(base / "disk" / f"{command}-{share:.3f}")
    add(folder, [str(base / "stays.txt"), str(base / "goes.txt")], CONFIG)
    before = texts(folder)

    def act() -> None:
        if command == "add":
            add(folder, [str(base / "comes.txt")], CONFIG)
        elif "goes.txt" in texts(folder):
            remove(folder, ["goes.txt"])

    filler = base / "disk" / "filler"
    _fill(filler, leave=round(NEEDED * share))
    how = f"{command} with {NEEDED * share:,.0f} bytes left"
    tally.count("trials")
    try:
        said = said_of(act)
    except Exception as error:
        tally.fault("other errors", f"{how}: {error!r}")
        said = ""
    now = texts(folder)
    tally.count("refused in words" if said else "done")
    if (now == before) != bool(said) and "in force" not in (said or ""):
        tally.fault("neither", f"{how}: {said}, {sorted(now)}")
    for line in lasting_damages(folder)[:1]:
        tally.fault("damaged", f"{how}: {line}")
    filler.unlink()
    again = said_of(act)
    if again or damages(folder) or texts(folder) == before:
        tally.fault("not done with room", f"{how}: {again} {damages(folder)}")
    for path in sorted(folder.path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


NEEDED = 600_000
"""Bytes that the addition takes on the disk, rounded up by pages, and some more."""


def _fill(path: Path, leave: int) -> None:
    """Takes all room of a disk but so many bytes."""
    system = os.statvfs(path.parent)
    size = system.f_bavail * system.f_frsize - leave
    with path.open("wb") as file:
        for _ in range(size // 2**16):
            file.write(bytes(2**16))


def read_only(base: Path) -> Tally:
    """Where nobody may write: all that reads works, all that writes is refused in words."""
    tally = Tally()
    base.mkdir(parents=True, exist_ok=True)
    (base / "stays.txt").write_text("The Ostrel bell rang at noon.")
    (base / "comes.txt").write_text("The Ostrel gauge stood at nine.")
    folder = IndexFolder(base / "disk" / "index")
    with mounted(base / "disk"), small_batches(16, here=True):
        add(folder, [str(base / "stays.txt")], CONFIG)
        _remount(base / "disk", "ro")
        for act in (
            lambda: add(folder, [str(base / "comes.txt")], CONFIG),
            lambda: remove(folder, ["stays.txt"]),
            lambda: add(IndexFolder(base / "disk" / "new"), [str(base / "comes.txt")], CONFIG),
        ):
            tally.count("trials")
            try:
                tally.count("refused in words" if said_of(act) else "neither")
            except Exception as error:
                tally.fault("other errors", repr(error))
        if damages(folder):
            tally.fault("damaged", damages(folder)[0])
        tally.count("trials")
        asked = open_assistant(folder.path, CONFIG).search("When rang the bell?", 1)
        tally.count("done" if asked else "neither")
        _remount(base / "disk", "rw")
        if said_of(lambda: add(folder, [str(base / "comes.txt")], CONFIG)):
            tally.fault("not done with room", "after it could be written again")
    return tally


@contextmanager
def mounted(path: Path, megabytes: int = 16) -> Iterator[None]:
    """A disk in memory. Raises `PermissionError` where it may not be mounted."""
    path.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "onrecord-test", str(path)]
    try:
        done = subprocess.run(["mount", *options], capture_output=True)
    except FileNotFoundError as error:
        raise PermissionError("there is no mount here") from error
    if done.returncode:
        raise PermissionError(done.stderr.decode().strip())
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def _remount(path: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(path)], check=True)
