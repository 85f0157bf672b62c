"""An addition: files read in worker processes, encoded batch by batch, to be committed at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.encoding import Batches
from index.errors import InputError
from index.files import Failure, failure
from index.generation import Finished
from index.intake import Intake
from index.intake_log import Entry, added, removed, replaced
from index.news import AddReport, Indexed, Listener, Note, Step, nobody
from index.pending import Batch, FileDone, Pending, Resumable
from index.readers import NO_READER
from index.reading import Unreadable
from index.receiving import Arrived, File, Receiver
from index.resemblance import Resemblance
from index.sandbox import Job, Sandbox
from index.segment import Received
from index.snapshot import Snapshot, Stored
from index.store import IndexFolder

AHEAD = 4
"""Files read while others are encoded: enough that the encoder need not wait, at 64 MiB each."""


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A document that comes in, and the intake of the one that it replaces."""

    received: Received
    replaces: Intake | None
    passages: int


class Addition:
    """What is to change, collected in `pending`. To be used while writing only."""

    def __init__(
        self,
        before: Snapshot | None,
        receiver: Receiver,
        pending: Pending,
        keeper: IndexFolder | None,
        listener: Listener = nobody,
    ) -> None:
        """`keeper` is where the bytes of each document that comes in are kept."""
        self._before = before
        self._receiver = receiver
        self._pending = pending
        self._keeper = keeper
        self._listener = listener
        self._resumable = Resumable(pending.batches())
        self._resemblance = Resemblance(before)
        self._batches: list[Batch] = []
        self._fresh: list[_Fresh] = []
        self._waiting: list[tuple[Received, Intake | None]] = []
        self._done: list[FileDone] = []
        self._gone: list[Stored] = []
        self._replaced: set[str] = set()
        self._skipped: list[Indexed] = []
        self._failed: list[Failure] = []
        self._left_out: list[Failure] = []
        self._resumed = 0
        self._bytes = [0, 0]
        self._batch = (0, 0)
        self._encoded = 0

    def run(self, files: Sequence[str], sandbox: Sandbox, encoding: Callable[[], Batches]) -> None:
        """Reads and encodes the files that are not as they are in the index already.

        `encoding` is called when there is something to encode: to load a model takes a second.
        """
        self._bytes[1] = sum(map(_size, files))
        opened: deque[File] = deque()
        batches: Batches | None = None
        for result in sandbox.imap(self._jobs(files, opened), AHEAD):
            file = opened.popleft()
            self._tell(0, file.path)
            batches = batches or encoding()
            self._read(file, self._receiver.received(file, result.parts), batches)
        if batches:
            self._flush(batches)

    def shown(self, code_points: int) -> None:
        """So many code points of the batch at hand are encoded."""
        self._encoded += code_points
        size, length = self._batch
        self._tell(size * self._encoded // max(length, 1))

    @property
    def parts(self) -> list[Finished]:
        """The segments to put into force."""
        return [*self._resumable.parts(), *(batch.part for batch in self._batches)]

    @property
    def dropped(self) -> set[str]:
        """Ids of the documents in force that this change takes out."""
        return {stored.document.id for stored in self._gone}

    @property
    def entries(self) -> list[Entry]:
        """For the log."""
        out = [removed(s.intake) for s in self._gone if s.document.source not in self._replaced]
        return out + [
            replaced(fresh.replaces, fresh.received.intake)
            if fresh.replaces
            else added(fresh.received.intake)
            for fresh in self._fresh
        ]

    def report(self, failed: Sequence[Failure], left_out: Sequence[Failure]) -> AddReport:
        fresh = [(f, _indexed(f.received, f.passages)) for f in self._fresh]
        out = (s for s in self._gone if s.document.source not in self._replaced)
        notes = [
            Note(fresh.received.document.source, note)
            for fresh in self._fresh
            for note in fresh.received.document.notes
        ]
        return AddReport(
            added=tuple(row for f, row in fresh if not f.replaces),
            replaced=tuple(row for f, row in fresh if f.replaces),
            skipped=tuple(self._skipped),
            failed=(*failed, *self._failed),
            left_out=(*left_out, *self._left_out),
            notes=(*notes, *self._resemblance.notes),
            removed=tuple(_indexed(Received(s.document, s.intake), s.passages) for s in out),
            resumed=self._resumed,
        )

    def _jobs(self, files: Sequence[str], opened: deque[File]) -> Iterator[Job]:
        """The files that must be read; the others are dealt with here."""
        for path in files:
            try:
                file = self._receiver.open(path)
            except InputError as error:
                self._fail(path, error, _size(path))
                continue
            held = self._held(path)
            if _unchanged(file, held):
                self._skipped += [_indexed(Received(s.document, s.intake), s.passages)
                                  for s in held]  # fmt: skip
                self._tell(len(file.data), path, "skipped")
            elif found := self._resumable.take(file):
                for fresh in found:
                    self._take_over(fresh, held)
                self._missing(held, {fresh.document.source for fresh, _ in found})
                self._tell(len(file.data), path, "resumed")
            else:
                opened.append(file)
                yield Job(file.data, path, self._receiver.options)

    def _read(self, file: File, arriving: Iterator[Arrived | Unreadable], batches: Batches) -> None:
        held, seen, whole = self._held(file.path), set(), True
        try:
            for arrived in arriving:
                if isinstance(arrived, Unreadable):
                    self._miss(arrived)
                    whole = False
                    continue
                if batches.full:
                    self._flush(batches)
                seen.add(arrived.received.document.source)
                self._receive(arrived, held, batches)
        except InputError as error:
            self._fail(file.path, error, len(file.data))
            return
        if whole:  # else it is read again the next time, to say again what could not be read
            self._missing(held, seen)
            self._done.append(FileDone(os.path.normpath(file.path), file.recipe))
        size, length = self._batch
        self._batch = (size + len(file.data), length)
        self._tell(0, file.path, "read")
        if batches.full:  # only now, so that the last file of a batch is known to be done
            self._flush(batches)

    def _receive(self, arrived: Arrived, held: Sequence[Stored], batches: Batches) -> None:
        received = arrived.received
        document, old = received.document, _of_source(held, received.document.source)
        if (
            old
            and replace(document, id=old.document.id, source=old.document.source) == old.document
        ):
            self._skipped.append(_indexed(Received(old.document, old.intake), old.passages))
            return
        if self._keeper:
            self._keeper.keep_original(arrived.data)
        self._drop(old)
        self._waiting.append((received, old.intake if old else None))
        size, length = self._batch
        self._batch = (size, length + len(document.text))
        batches.add(received)

    def _flush(self, batches: Batches) -> None:
        """Encodes what was collected and writes it to the disk."""
        if segment := batches.take():
            counts = segment.passages_by_id()
            self._fresh += [_Fresh(r, old, counts[r.document.id]) for r, old in self._waiting]
            self._resemblance.compare(segment)
            if self._keeper:  # a batch must not outlive a power cut that its originals do not
                self._keeper.sync_originals()
            self._batches.append(self._pending.add(segment, self._done))
            self._done = []
        self._bytes[0] += self._batch[0]
        self._waiting, self._batch, self._encoded = [], (0, 0), 0
        self._tell(0)

    def _take_over(self, found: tuple[Received, int], held: Sequence[Stored]) -> None:
        """A document that an addition which was stopped has encoded."""
        received, passages = found
        old = _of_source(held, received.document.source)
        self._drop(old)
        self._fresh.append(_Fresh(received, old.intake if old else None, passages))
        self._resumed += 1

    def _drop(self, old: Stored | None) -> None:
        if old:
            self._gone.append(old)
            self._replaced.add(old.document.source)

    def _missing(self, held: Sequence[Stored], seen: set[str]) -> None:
        """What was in a container and is no longer goes."""
        here = {os.path.normpath(source) for source in seen}
        self._gone += [s for s in held if os.path.normpath(s.document.source) not in here]

    def _held(self, path: str) -> list[Stored]:
        return self._before.by_file(path) if self._before else []

    def _fail(self, source: str, error: InputError, size: int) -> None:
        self._failed.append(failure(source, str(error)))
        self._tell(size, source, "failed", self._failed[-1].reason)

    def _miss(self, part: Unreadable) -> None:
        """Something in a container: a failure, unless no reader is for it."""
        found = failure(part.name, f"{part.name}: {part.reason}")
        (self._left_out if part.reason.startswith(NO_READER) else self._failed).append(found)

    def _tell(
        self, more: int, source: str | None = None, outcome: str | None = None, reason: str = ""
    ) -> None:
        """`more` bytes of files beyond those of the batch at hand are done."""
        if outcome:
            self._bytes[0] += more
            more = 0
        done, total = self._bytes
        self._listener(Step(done + more, total, source, outcome, reason or None))


def _unchanged(file: File, held: Sequence[Stored]) -> bool:
    """All documents of the file are in the index as this file would give them."""
    same = all(stored.intake.recipe == file.recipe for stored in held)
    return bool(held) and same and sum(stored.intake.documents for stored in held) == len(held)


def _of_source(held: Sequence[Stored], source: str) -> Stored | None:
    path = os.path.normpath(source)
    return next((s for s in held if os.path.normpath(s.document.source) == path), None)


def _indexed(received: Received, passages: int) -> Indexed:
    return Indexed(received.document.id, received.document.source, passages)


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError):
        return 0  # what is wrong with it is said when it is opened
