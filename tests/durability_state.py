"""What the durability checks share: what an index holds, what counts as damage, and tables."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss

from index import encoding, indexing, readers
from index.config import Config
from index.errors import OnRecordError
from index.sandbox import Job, Result
from index.store import IndexFolder, damages

CONFIG = Config(encoder="hashing", passage_tokens=16)

PASSING = ("left by a writer that was stopped", "of an addition that was interrupted")
"""What `check` says of the remains of a stopped writer, which the next one clears away."""


class Here:
    """Reads in this process, where what is tested is not the reading: a worker takes 0.2 s."""

    def imap(self, jobs: Sequence[Job], ahead: int) -> Iterator[Result]:
        return (Result(job, readers.parts(job.data, job.source, job.options)) for job in jobs)


@contextmanager
def small_batches(passages: int, *, here: bool) -> Iterator[None]:
    """Additions that write a batch after so many passages; `here`: read in this process."""
    batch, shared = encoding.BATCH, indexing.shared
    encoding.BATCH = passages
    if here:
        indexing.shared = lambda *limits: Here()
    try:
        yield
    finally:
        encoding.BATCH, indexing.shared = batch, shared


def texts(folder: IndexFolder) -> dict[str, str]:
    """All documents by the names of their files, each text read and held to its SHA-256."""
    if not folder.exists():
        return {}
    return {Path(d.source).name: d.text for d in folder.open().documents.values()}


def lasting_damages(folder: IndexFolder) -> list[str]:
    """What `check` finds besides the remains of a stopped writer."""
    found = damages(folder) if folder.exists() else []
    return [line for line in found if not any(words in line for words in PASSING)]


def said_of(act: Callable[[], object]) -> str | None:
    """The error for people that an action ends with, None when it came to its end."""
    try:
        act()
    except OnRecordError as error:
        return str(error)
    return None


def forked(act: Callable[[], object]) -> int:
    """A process that does this and ends with 0; forked, so that it need not load anything."""
    child = os.fork()
    if not child:
        try:
            faiss.omp_set_num_threads(1)  # those of the parent did not come along: it would wait
            act()
            os._exit(0)
        finally:
            os._exit(1)
    return child


class Tally:
    """Counts, and an example of each that should not be."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    def count(self, what: str, more: int = 1) -> None:
        self.counts[what] += more

    def fault(self, what: str, example: str) -> None:
        self.counts[what] += 1
        self.examples.setdefault(what, example)


def table(columns: Sequence[str], rows: Mapping[str, Mapping[str, Any]]) -> str:
    """One line for each row, a 0 where nothing was counted."""
    first = max(map(len, ["", *rows]))
    widths = [max(len(column), 7) for column in columns]
    lines = [" ".join([" " * first, *(c.rjust(w) for c, w in zip(columns, widths, strict=True))])]
    for name, counts in rows.items():
        cells = (f"{counts.get(c, 0):,}".rjust(w) for c, w in zip(columns, widths, strict=True))
        lines.append(" ".join([name.ljust(first), *cells]))
    return "\n".join(lines)
