"""An addition that shows itself: a bar on a terminal, or events for programs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ui.options import printable, say_json

if TYPE_CHECKING:
    from rich.progress import Progress

    from index.news import AddReport, Step

EVENTS_A_SECOND = 4
"""Progress events at most: as many as somebody can follow."""

NAME_WIDTH = 24
"""Columns for the file at hand: of 80, the longest figures take 42, with a bar of 10."""

BAR_WIDTH = 10

SETTLED = 1.0
"""Seconds of work after which a rate is worth showing."""

_QUICK = {"skipped", "resumed", "failed"}
"""Outcomes of files that were not read to the end: how fast they go says nothing of the others."""


class Pace:
    """How many bytes of files are read and encoded in a second, and how long the rest takes.

    Files that were passed over count in neither: ten thousand of them take seconds, and the one
    that changed may take longer.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._seconds = 0.0
        self._worked = 0
        self._done = 0
        self._total = 0

    def saw(self, step: Step) -> None:
        now = self._clock()
        if step.outcome not in _QUICK:
            self._seconds += now - self._last
            self._worked += max(step.done - self._done, 0)
        self._last = now
        self._done, self._total = step.done, step.total

    @property
    def rate(self) -> float | None:
        """Bytes a second; None while it is too early to tell."""
        if self._seconds < SETTLED or not self._worked:
            return None
        return self._worked / self._seconds

    @property
    def left(self) -> float | None:
        """Seconds until all is done at this rate."""
        rate = self.rate
        return None if rate is None else (self._total - self._done) / rate

    def __str__(self) -> str:
        done, total = size(self._done), size(self._total)
        if self.rate is None or self.left is None:
            return f"{done} of {total}"
        return f"{done} of {total}, {size(self.rate)}/s, {duration(self.left)} left"


class Bar:
    """A `Listener` that draws on stderr, from the first step on, where somebody watches."""

    def __init__(self) -> None:
        self._watched = sys.stderr.isatty()
        self._progress: Progress | None = None
        self._pace = Pace()

    def __call__(self, step: Step) -> None:
        if not self._watched:
            return
        if self._progress is None:
            self._pace = Pace()
            self._progress = _drawn()
            self._progress.start()
            self._progress.add_task("", total=None, file="", pace="")
        self._pace.saw(step)
        fields: dict[str, Any] = {"pace": str(self._pace)}
        fields["file"] = _fitting(step.source) if step.source else "encoding"
        [task] = self._progress.task_ids
        self._progress.update(task, completed=step.done, total=step.total or 1, **fields)

    def close(self) -> None:
        """Takes the bar away; the next step draws another."""
        if self._progress:
            self._progress.stop()
            self._progress = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Events:
    """A `Listener` that prints JSON Lines: one for each file, how far it is, and the report.

    Where nobody reads them any more, the addition goes on in silence.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next = clock()
        self._told: set[str] = set()
        self._place = {"done": 0, "total": 0}

    def __call__(self, step: Step) -> None:
        self._place = {"done": step.done, "total": step.total}
        if step.outcome and step.source:
            self._file(step.source, step.outcome, step.reason)
        elif self._clock() >= self._next:
            self._next = self._clock() + 1 / EVENTS_A_SECOND
            _emit({"event": "progress", **self._place})

    def done(self, report: AddReport) -> None:
        """The last line; before it, failures that no step told of: paths without a file, and what
        could not be read inside a container."""
        for failure in report.failed:
            if failure.source not in self._told:
                self._file(failure.source, "failed", failure.reason)
        _emit({"event": "done", **asdict(report)})

    def stopped(self, waiting: int) -> None:
        """The last line of an addition that was stopped: what is kept for the next."""
        _emit({"event": "stopped", "waiting": waiting})

    def _file(self, source: str, outcome: str, reason: str | None) -> None:
        self._told.add(source)
        row: dict[str, object] = {"event": "file", "source": source, "outcome": outcome}
        _emit({**row, "reason": reason, **self._place})


def size(count: float) -> str:
    """Bytes for people, in decimal units: "812 B", "3.4 MB"."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:  # SI prefixes
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def duration(seconds: float) -> str:
    """ "0:42", "1:05:00"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """ "1 document", "2 documents"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _fitting(source: str) -> str:
    """The end of a path, which tells it from others, in the columns there are for it."""
    shown = printable(source)
    return shown if len(shown) <= NAME_WIDTH else "…" + shown[1 - NAME_WIDTH :]


def _drawn() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    return Progress(
        SpinnerColumn(),  # moves while a long file is read and nothing else does
        TextColumn(f"{{task.fields[file]:<{NAME_WIDTH}}}", markup=False),
        BarColumn(BAR_WIDTH),
        TextColumn("{task.fields[pace]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )


def _emit(row: dict[str, object]) -> None:
    """Prints a line at once. To stop an addition because nobody listens would lose its work."""
    try:
        say_json(row)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
