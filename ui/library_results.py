"""How an addition is and what became of its files, read from what `onrecord add --events` tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from ui.library_uploads import FOLDER

State = Literal["waiting", "running", "done", "stopped", "failed"]
ENDED = frozenset({"done", "stopped", "failed"})

MOST_ROWS = 500
"""Files listed for each outcome of an addition; all are counted."""

_LONGEST_COMPLAINT = 4000
"""Bytes at the end of what a process said of its end."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file: "added", "replaced", "skipped", "removed", "left_out" or "failed".

    `document` is its id where it is in the index now, `notes` what people should know of it, or
    why it is not there.
    """

    outcome: str
    source: str
    document: str | None = None
    passages: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """How an addition is: `done` of `total` bytes, `rate` in bytes a second, `left` in seconds.

    `names` are what was to be added, `file` is at hand, `error` says why nothing was added.
    `counts` are of files by outcome, all of them; `results` are the first MOST_ROWS of each.
    """

    number: int
    names: tuple[str, ...]
    state: State
    done: int = 0
    total: int = 0
    rate: float | None = None
    left: float | None = None
    file: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    results: tuple[Result, ...] = ()
    error: str = ""


def results_of(report: Mapping[str, Any]) -> Iterator[Result]:
    """Those of a report as JSON, what went wrong first."""
    notes: dict[str, list[str]] = {}
    for note in report["notes"]:
        notes.setdefault(note["source"], []).append(note["note"])
    for outcome in ("failed", "left_out"):
        for row in report[outcome]:
            if row["source"] != FOLDER:  # of which each file is named itself
                yield Result(outcome, row["source"], notes=(_said(row),))
    for outcome in ("added", "replaced", "removed", "skipped"):
        for row in report[outcome]:
            here = None if outcome == "removed" else row["id"]
            said = tuple(notes.get(row["source"], ())) if outcome != "skipped" else ()
            yield Result(outcome, row["source"], here, row["passages"], said)


def _said(row: Mapping[str, str]) -> str:
    """A reason without the name, which stands beside it."""
    return row["reason"].removeprefix(f"{row['source']}: ")


def counted(results: Iterable[Result]) -> tuple[Counter[str], tuple[Result, ...]]:
    """How many there are of each outcome, and those to list."""
    counts: Counter[str] = Counter()
    listed = []
    for result in results:
        counts[result.outcome] += 1
        if counts[result.outcome] <= MOST_ROWS:
            listed.append(result)
    return counts, tuple(listed)


def last_line(complaints: IO[bytes]) -> str:
    """What a process said last on its standard error."""
    complaints.seek(0, 2)
    complaints.seek(max(0, complaints.tell() - _LONGEST_COMPLAINT))
    lines = complaints.read().decode("utf-8", "replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "").removeprefix("onrecord: ")
