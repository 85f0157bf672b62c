"""A command as a process of its own: how long it took, and how much memory it held at most.

On a machine that does other work, seconds of the cores tell more than those of the clock.

Memory is looked at from outside, in /proc, while the command runs. The system's own account of a
child (`ru_maxrss`) will not do: it begins with what the parent held when the child was started.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from index.errors import InputError

PERIOD = 0.02
"""Seconds between two looks; one look takes a millisecond."""

ONRECORD = (sys.executable, "-c", "from ui.cli import main; main()")
"""The command line, whatever the installation calls it."""


@dataclass(frozen=True, slots=True)
class Peak:
    """Bytes. `resident` is the most that the process held, with pages of mapped files, which the
    system takes back when it needs them; `own` the most of its own (anonymous), as it was seen;
    `workers` the most that all processes below it held at one time, pages they share counted in
    each."""

    resident: int
    own: int
    workers: int


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that came to its end. `cpu` are seconds of all cores, with those of the processes
    below it, None on Windows; `peak` is None where there is no /proc."""

    seconds: float
    cpu: float | None
    output: str
    peak: Peak | None


def onrecord(*arguments: str) -> Ran:
    return ran([*ONRECORD, *arguments])


def ran(command: Sequence[str]) -> Ran:
    """Runs a command. Raises `InputError` with its last words when it fails."""
    with TemporaryFile() as output, TemporaryFile() as errors:
        before, started = _cpu(), time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors)  # noqa: S603
        watch = _Watch(process.pid)
        try:
            code = process.wait()
        finally:
            seconds = time.perf_counter() - started
            process.kill()  # where the wait was broken off; else it has ended
            peak = watch.end()
        said, complaint = _all(output), _all(errors)
    if code:
        last = (complaint.strip() or "no word of why").split("\n")[-1]
        raise InputError(f"{' '.join(command[1:])[:200]}: {last}", "see its message")
    after = _cpu()
    cpu = None if before is None or after is None else after - before
    return Ran(seconds, cpu, said, peak)


def _cpu() -> float | None:
    """Seconds of the processes that this one has started and that have ended."""
    try:
        import resource
    except ImportError:
        return None
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _all(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


class _Watch:
    """Looks at a process and those below it until it is told to end."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._peak: Peak | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> Peak | None:
        self._over.set()
        self._thread.join()
        return self._peak

    def _run(self) -> None:
        while not self._over.wait(PERIOD):
            if status := _status(self._process):
                before = self._peak or Peak(0, 0, 0)
                below = sum(_status(child).get("VmRSS", 0) for child in _below(self._process))
                self._peak = Peak(
                    max(before.resident, status.get("VmHWM", 0)),
                    max(before.own, status.get("RssAnon", 0)),
                    max(before.workers, below),
                )


def _status(process: int) -> dict[str, int]:
    """Sizes in bytes by their names in /proc (proc_pid_status(5)); empty when it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").split("\n")
    except OSError:
        return {}
    parts = (line.split() for line in lines if line.endswith(" kB"))
    return {name.rstrip(":"): int(value) * 1024 for name, value, _ in parts}


def _below(process: int) -> Iterator[int]:
    """Children, and theirs."""
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = [int(child) for child in file.read_text(encoding="ascii").split()]
        except OSError:  # the thread has ended
            continue
        for child in children:
            yield child
            yield from _below(child)
