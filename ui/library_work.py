"""Additions that readers asked for, one after the other, each `onrecord add` in its own process.

A process rather than a thread: those who ask meanwhile wait for no lock of the interpreter, a stop
comes through whatever is being read, and the sources are named as on the command line.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from index.config import Config
from index.news import Step
from ui.library_results import ENDED, MOST_ROWS, Result, State, Told, counted, last_line, results_of
from ui.library_uploads import FOLDER, Inbox
from ui.progress import Pace

COMMAND = (sys.executable, "-P", "-c", "from ui.cli import main; main()", "add", "--events")
"""`-P`: a folder with documents is no place to import Python modules from."""

MOST_WAITING = 8
"""Additions that wait for their turn; who asks for another is told to wait."""

REMEMBERED = 20
"""Additions whose results are shown, until the server is stopped."""

PATIENCE = 10.0
"""Seconds for an addition that was told to stop to end in order."""


class Full(Exception):
    """MOST_WAITING additions wait already."""


@dataclass(slots=True)
class _Task:
    """An addition and how far it is. Changed under the lock of `Work` only."""

    number: int
    names: tuple[str, ...]
    paths: tuple[str, ...]
    where: Path
    inbox: Inbox
    refused: Sequence[Result]
    state: State = "waiting"
    stopping: bool = False
    process: subprocess.Popen[str] | None = None
    pace: Pace = field(default_factory=Pace)
    step: Step = field(default_factory=lambda: Step(0, 0))
    counts: Counter[str] = field(default_factory=Counter)
    results: tuple[Result, ...] = ()
    error: str = ""


class Work:
    """The additions to one index. For any number of threads."""

    def __init__(self, index: Path, config: Config) -> None:
        self._index, self._config = index.resolve(), config
        self._lock = threading.Lock()
        self._tasks: list[_Task] = []
        self._number = 0
        self._thread: threading.Thread | None = None
        atexit.register(self.close)

    def begin_uploads(
        self, inbox: Inbox, names: tuple[str, ...], refused: Sequence[Result] = ()
    ) -> int:
        """Adds the files in an inbox, which is closed when it is over; returns a number.

        `refused` are those that were not taken. Raises `Full`.
        """
        return self._begin(names, (FOLDER,), inbox.path, inbox, refused)

    def begin_folder(self, path: str) -> int:
        """Adds a file or folder of this machine under the name that was given. Raises `Full`."""
        path = os.path.expanduser(path)  # noqa: PTH111 - pathlib's fails for unknown users
        return self._begin((path,), (path,), Path.cwd(), Inbox(self._index), ())

    def _begin(
        self,
        names: tuple[str, ...],
        paths: tuple[str, ...],
        where: Path,
        inbox: Inbox,
        refused: Sequence[Result],
    ) -> int:
        with self._lock:
            if sum(task.state == "waiting" for task in self._tasks) >= MOST_WAITING:
                inbox.close()
                raise Full
            self._number += 1
            self._tasks.append(_Task(self._number, names, paths, where, inbox, refused))
            self._drop_old()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="library", daemon=True)
                self._thread.start()
            return self._number

    def _drop_old(self) -> None:
        ended = [task for task in self._tasks if task.state in ENDED]
        for task in ended[: max(0, len(ended) - REMEMBERED)]:
            self._tasks.remove(task)

    def told(self) -> list[Told]:
        """All additions that are remembered, the newest first."""
        with self._lock:
            return [_told(task) for task in reversed(self._tasks)]

    @property
    def busy(self) -> bool:
        with self._lock:
            return any(task.state not in ENDED for task in self._tasks)

    def stop(self, number: int) -> None:
        """Stops an addition: the index is as it was. One that has ended stays as it is."""
        with self._lock:
            for task in self._tasks:
                if task.number == number and task.state not in ENDED:
                    self._stop(task)

    def forget(self, sources: Container[str]) -> None:
        """Names of documents that were removed go from what is remembered of additions."""
        with self._lock:
            for task in self._tasks:
                task.results = tuple(r for r in task.results if r.source not in sources)
                task.names = tuple(
                    name
                    for name in task.names
                    if name not in sources and f"{FOLDER}/{name}" not in sources
                )

    def _stop(self, task: _Task) -> None:
        task.stopping = True
        if task.state == "waiting":
            task.state = "stopped"
            task.inbox.close()
        elif task.process:
            task.process.terminate()
            # In case it hears nothing, as inside a library; what it has written does not count.
            timer = threading.Timer(PATIENCE, task.process.kill)
            timer.daemon = True
            timer.start()

    def close(self) -> None:
        """Stops all, and waits until nothing of what was sent is on the disk."""
        with self._lock:
            thread = self._thread
            for task in self._tasks:
                if task.state not in ENDED:
                    self._stop(task)
        if thread:
            thread.join(2 * PATIENCE)

    def _run(self) -> None:
        while True:
            with self._lock:
                waiting = [task for task in self._tasks if task.state == "waiting"]
                if not waiting:
                    self._thread = None
                    return
                task = waiting[0]
                task.state = "running"
            try:
                self._carry_out(task)
            except (OSError, ValueError) as error:  # it could not be run, or told no news
                self._end(task, "failed", str(error))
            finally:
                task.inbox.close()
                if task.state == "running":
                    self._end(task, "failed")

    def _carry_out(self, task: _Task) -> None:
        """Runs the process and follows what it tells, to its end."""
        settings = ("--index", str(self._index), "--config", str(task.inbox.settings(self._config)))
        command = [*COMMAND, *settings, "--", *task.paths]
        with tempfile.TemporaryFile() as complaints:  # a pipe that nobody reads would fill
            with self._lock:
                task.pace = Pace()
                task.process = subprocess.Popen(  # noqa: S603 - no shell, and our own program
                    command,
                    cwd=task.where,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    encoding="utf-8",
                )
                if task.stopping:
                    task.process.terminate()
            with task.process as process:
                report = self._follow(task, process.stdout)
            if report is not None:
                self._end(task, "done", results=results_of(report))
            elif task.stopping:
                self._end(task, "stopped")
            else:
                self._end(task, "failed", last_line(complaints))

    def _follow(self, task: _Task, lines: IO[str] | None) -> dict[str, Any] | None:
        """Takes in the events; returns the report, None where it did not come to one."""
        report = None
        for line in lines or ():
            event: dict[str, Any] = json.loads(line)
            if event["event"] == "done":
                report = event
            elif event["event"] in ("file", "progress"):
                step = Step(
                    event["done"], event["total"], event.get("source"), event.get("outcome")
                )
                with self._lock:
                    _take_in(task, step, event.get("reason") or "")
        return report

    def _end(
        self, task: _Task, state: State, error: str = "", results: Iterable[Result] = ()
    ) -> None:
        with self._lock:
            task.state, task.error, task.process = state, error, None
            task.counts, task.results = counted((*task.refused, *results))


def _take_in(task: _Task, step: Step, reason: str) -> None:
    task.pace.saw(step)
    if not step.source:
        step = replace(step, source=task.step.source)
    elif step.outcome:
        task.counts[step.outcome] += 1
        if step.outcome == "failed" and len(task.results) < MOST_ROWS:
            failed = Result("failed", step.source, notes=(reason.removeprefix(f"{step.source}: "),))
            task.results = (*task.results, failed)
    task.step = step


def _told(task: _Task) -> Told:
    running = task.state == "running"
    return Told(
        number=task.number,
        names=task.names,
        state=task.state,
        done=task.step.done,
        total=task.step.total,
        rate=task.pace.rate if running else None,
        left=task.pace.left if running else None,
        file=task.step.source or "",
        counts=dict(task.counts),
        results=task.results,
        error=task.error,
    )
