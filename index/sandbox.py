"""Reads hostile files in worker processes, so that none of them can harm or stop what goes on here.

A worker has limits of memory, files and rights (`index.sandbox_worker`); its time is kept here. A
file that hangs, crashes or eats memory costs its worker and is named; inside a container, the rest
of the container is read by the next worker. Where Python has no `resource` (Windows), only time is
limited; macOS has no limit of memory that holds.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from types import TracebackType

from index.errors import InputError
from index.formats.archives import printable
from index.readers import INSIDE, Part
from index.reading import Options, Unreadable
from index.sandbox_jobs import Job, Parts, Result, in_order
from index.sandbox_process import (
    COMMAND,
    REPORT,
    MemoryLimit,
    TimeLimit,
    Watch,
    WorkerCrash,
    WorkerProcess,
)
from index.wire import Ask, Begun, Found, Message, Missed, Skipped

__all__ = ["Job", "Result", "Sandbox", "shared"]

SECONDS = 60.0
"""Time for a file, or for a part of it that shows as progress."""

MEGABYTES = 1_024
"""Memory for a file, in MiB of address space beyond an idle worker's. All readers' libraries take
130 of them when they are imported."""

FILES = 500
"""A worker reads so many files before another takes its place, whatever libraries may leak."""

GROWN = 256
"""MiB that an idle worker may hold: 60 with all libraries, and what the allocator keeps."""

RETRIES = 3
"""Files inside a container that may cost a worker each, before the container is given up."""


class Sandbox:
    """Worker processes that stay warm: as many as there are cores, unless `workers` says.

    `seconds` and `megabytes` are the limits for a file. For any number of threads; a forked process
    starts workers of its own.
    """

    def __init__(
        self,
        seconds: float = SECONDS,
        megabytes: int = MEGABYTES,
        *,
        workers: int | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.seconds = seconds
        self.workers = workers or os.cpu_count() or 1
        self._command = (*command, str(seconds), str(megabytes))
        self._largest = megabytes << 20
        self._begin()
        _sandboxes.add(self)

    def _begin(self) -> None:
        self._watch = Watch()
        self._lock = threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._all: set[WorkerProcess] = set()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends all workers, also those at work. Whoever asks again gets new ones."""
        with self._lock:
            workers, idle = self._all, self._idle
            self._all, self._idle = set(), []
        for worker in workers:
            if worker in idle:
                worker.close()
            else:
                worker.kill()  # its thread closes it

    def forget(self) -> None:
        """In a forked process: the workers are those of its parent."""
        for worker in self._all:
            worker.forget()
        self._begin()

    def parts(self, data: bytes, source: str, options: Options) -> Parts:
        """`index.readers.parts` in a worker. Raises `InputError` for a file that cannot be read,
        and its kinds in `index.sandbox_process` for what a worker did not survive.
        """
        if any("\ud800" <= character <= "\udfff" for character in source):
            raise InputError(f"{source}: the name is not UTF-8", "rename the file")
        if (name := printable(source)) != source:  # as in an archive
            raise InputError(f"{name}: control characters in its name", "rename the file")
        skip: list[Skipped] = []
        while True:
            attempt = _Attempt(source, data)
            worker = self._take(source)
            try:
                ask = Ask(source, options.ocr, tuple(skip))
                for said, body in worker.ask(ask, data, self.seconds, options.progress):
                    yield from attempt.items(said, body)
                return
            except (TimeLimit, MemoryLimit, WorkerCrash) as error:
                if worker.idle or attempt.reading is None or len(skip) == RETRIES:
                    raise
                skip.append(attempt.skipped(error))
            finally:
                self._give_back(worker)

    def imap(self, jobs: Iterable[Job], ahead: int) -> Iterator[Result]:
        """Reads several files at a time; the results come in the order of the jobs.

        At most `ahead` jobs are taken before they are asked for, so that memory stays bounded, see
        `index.sandbox_jobs`. Progress is told from threads.
        """
        return in_order(self._parts_of, jobs, self.workers, ahead)

    def _parts_of(self, job: Job) -> Parts:
        return self.parts(job.data, job.source, job.options)

    def _take(self, source: str) -> WorkerProcess:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive():
                    return worker
                self._all.discard(worker)
                worker.close()
        try:
            worker = WorkerProcess(self._command, self._largest, self._watch)
        except OSError as error:
            what = f"{source}: no process to read it could be started ({error.strerror})"
            raise InputError(what, "close other programs") from error
        with self._lock:
            self._all.add(worker)
        return worker

    def _give_back(self, worker: WorkerProcess) -> None:
        fresh = worker.idle and worker.files < FILES and worker.memory < GROWN
        with self._lock:
            if fresh and worker in self._all and len(self._idle) < self.workers:
                self._idle.append(worker)
                return
            self._all.discard(worker)
        worker.close()


class _Attempt:
    """What one worker says of a file, as parts. `reading` is the file in it that is read now."""

    def __init__(self, source: str, data: bytes) -> None:
        self._source = source
        self._data = data
        self.reading: Begun | None = None

    def items(self, said: Message, body: bytes) -> Iterator[Part | Unreadable]:
        """Raises `WorkerCrash` for a message about anything but this file and those inside it."""
        if isinstance(said, Begun):
            self.reading = said if self._inside(said.name, self._source) else None
            return
        self.reading = None
        if isinstance(said, Missed) and self._inside(said.name, self._source):
            yield Unreadable(said.name, said.reason)
        elif isinstance(said, Found) and (said.source, said.parent) == (self._source, None):
            yield Part(said.source, self._data, said.reading)
        elif isinstance(said, Found) and self._in_container(said):
            yield Part(said.source, body, said.reading, said.parent)
        else:
            what = f"{self._source}: its reader spoke of another file ({said.kind})"
            raise WorkerCrash(what, REPORT)

    def skipped(self, error: InputError) -> Skipped:
        """For the next worker: the file that this one did not survive."""
        if self.reading is None:
            raise ValueError("no file inside a container was being read")
        what = f"{self.reading.name}{error.what.removeprefix(self._source)}"
        return Skipped(self.reading.number, what, error.next_step)

    def _in_container(self, said: Found) -> bool:
        parent = said.parent or ""
        known = parent == self._source or self._inside(parent, self._source)
        return known and self._inside(said.source, parent)

    def _inside(self, name: str, container: str) -> bool:
        return name.startswith(container + INSIDE)


@cache
def shared(seconds: float = SECONDS, megabytes: int = MEGABYTES) -> Sandbox:
    """The sandbox of this process for these limits, warm between calls, ended with the process."""
    sandbox = Sandbox(seconds, megabytes)
    atexit.register(sandbox.close)
    return sandbox


_sandboxes: weakref.WeakSet[Sandbox] = weakref.WeakSet()


def _forget() -> None:
    for sandbox in _sandboxes:
        sandbox.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
