"""Several files read at a time, by threads that wait for worker processes; results in order."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from index.readers import Part
from index.reading import DEFAULTS, Options, Unreadable

BUFFERED = 16 << 20
"""Bytes of documents of one file that wait to be taken; its worker waits then, too."""


Parts = Generator[Part | Unreadable, None, None]

RECORD = 128
"""Bytes that a paragraph or a heading takes in memory: a tuple of 56, two numbers of 32 each."""


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read: its bytes and its name, see `index.readers.parts`."""

    data: bytes
    source: str
    options: Options = DEFAULTS


@dataclass(frozen=True, slots=True)
class Result:
    """The documents of a job, one at a time; iterating raises `InputError` as `parts` does.

    To be taken before the next result: what is left of it then is lost.
    """

    job: Job
    parts: Parts


def in_order(
    read: Callable[[Job], Parts], jobs: Iterable[Job], workers: int, ahead: int
) -> Iterator[Result]:
    """`read` for each job, in `workers` threads. What comes later waits until it is asked for.

    In memory are at most `ahead` jobs and the one that is looked at, and of each job its bytes,
    `BUFFERED` of its documents and one document more.
    """
    waiting: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
    tasks: deque[_Task] = deque()
    threads: list[threading.Thread] = []
    coming = iter(jobs)
    try:
        while True:
            while len(tasks) < max(ahead, 1) and (job := next(coming, None)) is not None:
                tasks.append(_Task(job))
                waiting.put(tasks[-1])
                if len(threads) < workers:
                    thread = threading.Thread(target=_work, args=(read, waiting), daemon=True)
                    thread.start()
                    threads.append(thread)
            if not tasks:
                return
            with closing(tasks.popleft()) as task:
                yield Result(task.job, task.items())
    finally:
        for task in tasks:
            task.close()
        for _ in threads:
            waiting.put(None)


def _work(read: Callable[[Job], Parts], waiting: queue.SimpleQueue[_Task | None]) -> None:
    """One thread: a task after the other."""
    while (task := waiting.get()) is not None:
        task.fill(read(task.job))


class _Task:
    """A job of `imap`, filled by a thread and emptied by whoever asks, with little in between."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._changed = threading.Condition()
        self._waiting: deque[Part | Unreadable] = deque()
        self._bytes = 0
        self._over = False
        self._closed = False
        self._error: BaseException | None = None

    def fill(self, parts: Parts) -> None:
        """Takes all parts, or those until nobody wants more."""
        try:
            with closing(parts):
                while not self._closed and (part := next(parts, None)) is not None:
                    self._put(part)
        except BaseException as error:
            self._error = error
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _put(self, part: Part | Unreadable) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._bytes < BUFFERED)
            self._waiting.append(part)
            self._bytes += _size(part)
            self._changed.notify_all()

    def items(self) -> Parts:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._over)
                if not self._waiting:
                    break
                part = self._waiting.popleft()
                self._bytes -= _size(part)
                self._changed.notify_all()
            yield part
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Nobody wants more of it."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()


def _size(part: Part | Unreadable) -> int:
    if isinstance(part, Unreadable):
        return len(part.reason)
    reading = part.reading
    records = len(reading.paragraphs) + len(reading.sections) + len(reading.anchors)
    return len(part.data) + len(reading.text) + len(reading.layout) + RECORD * records
