"""The index on disk: whole generations, switched atomically.

    FOLDER/CURRENT                 the name of the generation in force
    FOLDER/generations/000007/     see index.generation
    FOLDER/originals/              the files that documents came from, see index.originals
    FOLDER/intake.jsonl            the chain of custody, see index.intake_log
    FOLDER/pending/                an addition under way, see index.pending
    FOLDER/uploads/                files sent by the page, until they are read (ui)
    FOLDER/lock, FOLDER/lock.json  held while writing, and by whom

A change writes a new generation beside the old one, syncs it to the disk, and then renames one
small file. Whatever stops the writer before that rename leaves the old generation in force; after
it, the new one is (the first of all is in force a little earlier, see index.pointing). The old
generation is deleted next, so removed documents are gone from the disk. Readers keep what they have
opened: a deleted file stays readable to whoever holds it open.

Originals and the rows of the log are written before the switch, which says how far the log reaches;
what a stopped writer left of both is cleared away by the next.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePosixPath

import numpy as np
from filelock import FileLock, Timeout

from index import disk, generation
from index.documents import Document, sha256_hex
from index.errors import IndexDamaged, IndexLocked, IndexMissing, IndexStateError, InputError
from index.generation import Finished
from index.intake import TOOL, Intake, utc_now
from index.intake_log import NAME as LOG
from index.intake_log import Entry, Head, Row, extended
from index.intake_log import faults as log_faults
from index.intake_log import read as read_log
from index.ledger_files import forget
from index.manifest import Manifest
from index.originals import Originals
from index.pending import FOLDER as PENDING
from index.pending import Pending
from index.pointing import Pointers, damaged
from index.segment import Segment, digests_of
from index.snapshot import Snapshot
from index.waiting import Waiting

_OPEN_TRIES = 5  # a reader may meet a generation that a writer replaces at that moment


class IndexFolder:
    """The folder of an index. Any number of readers, one writer at a time."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._pointers = Pointers(self.path)
        self._generations = self._pointers.generations
        self._pending = Waiting(self._pointers)
        self._originals = Originals(self.path / "originals")
        self._stale = False

    def exists(self) -> bool:
        """True when something was committed here, even if it is damaged now."""
        return self._pointers.exists()

    def waiting(self) -> int:
        """Documents that an addition which was stopped has read and encoded."""
        return len(self._pending.digests())

    def current(self) -> Path:
        """The folder of the generation in force."""
        return self._pointers.current()

    def manifest(self) -> Manifest:
        return Manifest.load(self.current())

    def open(self) -> Snapshot:
        """Opens the generation in force: sizes and the hashes of texts are checked, see `check`."""
        folder = self.current()
        for _ in range(_OPEN_TRIES):
            try:
                return generation.load(folder)
            except IndexDamaged:
                newer = self.current()
                if newer == folder:
                    raise
                folder = newer
        raise damaged(folder, "keeps changing while it is read")

    @contextmanager
    def writing(self, command: str, sound: bool = True) -> Iterator[None]:
        """Holds the write lock; a second writer is told who holds it. Dies with its process.

        What a stopped writer left is cleared away first, unless the index may not be `sound`.
        """
        try:
            ours = [
                path
                for path in (self._generations, self.path / "lock", self.path)
                if not path.exists()
            ]
            disk.ensure_folder(self.path)
            lock = FileLock(self.path / "lock", timeout=0)
            lock.acquire()
        except Timeout as error:
            raise IndexLocked(
                f"{self.path}: locked by {self._holder()}", "wait for it to end, then try again"
            ) from error
        except OSError as error:
            raise InputError(
                f"{self.path}: cannot write there ({error.strerror})",
                "choose another folder with --index",
            ) from error
        try:
            disk.ensure_folder(self._generations)
            holder = {"pid": os.getpid(), "command": command, "since": utc_now()}
            with suppress(OSError):  # a courtesy to others: a full disk is found out at the commit
                (self.path / "lock.json").write_text(json.dumps(holder), encoding="utf-8")
            if sound:
                self._pointers.settle()
                self._collect()
                self._pending.prune()
                self._tidy()
            self._stale = bool(self._pending.records())
            try:
                yield
            except BaseException:
                with suppress(OSError):  # what stays is found by the next writer
                    self._pending.prune()
                    self._tidy()
                raise
        except OSError as error:
            raise self._cannot_write(error) from error
        finally:
            (self.path / "lock.json").unlink(missing_ok=True)
            if not self.exists():
                self._undo(ours)
            lock.release()

    def commit(
        self,
        settings: Manifest,
        fresh: Iterable[Finished | Segment] = (),
        *,
        kept: Snapshot | None = None,
        dropped: Set[str] = frozenset(),
        entries: Sequence[Entry] = (),
        log: Head | None = None,
    ) -> None:
        """Puts into force: what `kept`, the generation now in force, holds (nothing when None)
        without the documents `dropped`, and fresh segments; adds `entries` to the log.

        `settings` is a manifest whose files and counts do not matter; `log` is how far the log is
        to be kept, all of what is in force unless it says so. Must be called while
        `writing`. On any failure the old generation stays in force.
        """
        final = self._generations / f"{max(map(int, self._pointers.numbered()), default=0) + 1:06d}"
        draft = self._generations / f"{final.name}.tmp"
        pointer = self._pointers.draft
        try:
            if draft.exists():
                disk.remove_tree(draft)
            root = self.current() if self.exists() else None
            before = log or (Manifest.load(root).log if root else Head())
            rows, head = extended(before, entries, utc_now(), TOOL)
            old = generation.finished(root, kept.manifest, dropped) if kept and root else []
            generation.save(draft, replace(settings, log=head), chain(old, fresh))
            _read_back(draft)
            untidy = bool(dropped) or kept is None or self._stale
            if untidy:  # what goes after the switch must be known to whoever finds it half done
                self._originals.begin()
            self._originals.sync()
            disk.append(self.path / LOG, rows, at=before.bytes)
            disk.write_bytes(pointer, (final.name + "\n").encode())
            disk.sync(self.path)  # a finished generation must never be there without a pointer
            disk.rename(draft, final)
            disk.sync(self._generations)
            disk.replace(pointer, self._pointers.pointer)
            disk.sync(self.path)
        except OSError as error:
            self._withdraw(draft, final, pointer)
            raise self._not_ended(error, final) from error
        except BaseException:  # whatever stopped the making of the segments
            self._withdraw(draft, final, pointer)
            raise
        try:
            self._collect()
            self._pending.end()
            self._stale = False
            if untidy:
                self._tidy()
            else:  # what was kept is in force, and nothing else was touched
                self._originals.finish()
        except OSError as error:
            raise self._not_ended(error, final) from error

    def drop_pending(self) -> None:
        """Deletes what a stopped addition left, of which nothing is of use. While `writing`."""
        if self._stale:
            self._originals.begin()
            self._pending.end()
            self._stale = False
            self._tidy()

    def sync_originals(self) -> None:
        """Makes those that were kept durable: before anything durable refers to them."""
        self._originals.sync()

    def keep_original(self, data: bytes) -> None:
        """Keeps a file for a document that is about to be committed. While `writing`."""
        self._originals.begin()
        self._originals.keep(data)

    def original(self, document: Document) -> bytes:
        """The bytes that a document was read from."""
        return self.original_of(document.sha256)

    def original_of(self, sha256: str) -> bytes:
        """The bytes with this SHA-256. Raises `IndexDamaged` when they are not there."""
        return self._originals.read(sha256)

    def restore_original(self, sha256: str, elsewhere: Path) -> bool:
        """True when an original is as it was, or was had back from where it was read. While
        `writing`."""
        try:
            self._originals.read(sha256)
        except IndexDamaged:
            try:
                data = elsewhere.read_bytes()
            except (OSError, ValueError):
                return False
            if sha256_hex(data) != sha256:
                return False
            self.keep_original(data)
        return True

    def rescue(self, intake: Intake) -> Path:
        """Puts the original of a document that is lost where nothing deletes it."""
        path = self.path / "rescued" / (intake.sha256 + PurePosixPath(intake.source).suffix)
        disk.ensure_folder(path.parent)
        disk.write_bytes(path, self.original_of(intake.sha256))
        disk.sync(path.parent)
        return path

    def point_at_the_newest(self) -> None:
        """Mends `CURRENT` where it does not name a generation that was written to its end."""
        self._pointers.point_at_the_newest()

    def set_log_aside(self) -> None:
        """Keeps a damaged log under a name of its own: it may still be evidence."""
        log = self.path / LOG
        if log.exists():
            aside = log.with_suffix(f".damaged-{utc_now().replace(':', '')}.jsonl")
            disk.write_bytes(aside, log.read_bytes())
            disk.sync(self.path)

    @property
    def log_path(self) -> Path:
        return self.path / LOG

    def log(self) -> list[Row]:
        """The rows of the intake log, each checked against the one before."""
        return read_log(self.path / LOG, self.manifest().log)

    def _tidy(self) -> None:
        """Deletes originals of documents that are not in the index, if there may be any."""
        if self._originals.is_untidy():
            disk.sync(self.path)  # what `CURRENT` says must last before what it needs not goes
            self._originals.tidy(self._referenced())

    def _referenced(self) -> set[str]:
        """SHA-256 of the documents in force and of those of an addition under way."""
        digests = self._pending.digests()
        with suppress(IndexMissing):
            root = self.current()
            for segment in Manifest.load(root).segments:
                digests |= digests_of(root / segment.name)
        return digests

    def _not_ended(self, error: OSError, final: Path) -> InputError:
        """Of a commit: it may be in force all the same, and nobody should be told otherwise."""
        with suppress(IndexStateError):
            if self.current() == final:
                return InputError(
                    f"{self.path}: the change is in force, but could not be brought to its end "
                    f"({error.strerror or error}), what was removed may still be on the disk",
                    "free some space: the next onrecord add or remove deletes it",
                )
        return self._cannot_write(error)

    def _cannot_write(self, error: OSError) -> InputError:
        return InputError(
            f"{self.path}: could not write ({error.strerror or error}), "
            "the index is as it was before",
            "free some space or choose another folder with --index",
        )

    def _collect(self) -> None:
        """Deletes what no `CURRENT` points to: old generations and drafts of dead writers."""
        try:
            keep = self.current().name
        except IndexMissing:  # then none was ever finished
            keep = None
        finished = self._pointers.finished()
        if keep not in finished and finished:
            raise self._pointers.unpointed(f"names {keep}, which is not there", finished)
        old = [name for name in self._pointers.numbered(drafts=True) if name != keep]
        if old:
            disk.sync(self.path)
        for name in old:
            path = self._generations / name
            try:
                disk.remove_tree(path)
            except OSError as error:
                raise InputError(
                    f"{path}: an old generation cannot be deleted ({error.strerror}), "
                    "what was removed from the index is still in it",
                    "delete that folder",
                ) from error
        if keep is not None:
            forget(self.path, self._ids)

    def _ids(self) -> set[str]:
        """Ids of the documents in force."""
        root = self.current()
        return {
            row.decode()
            for segment in Manifest.load(root).segments
            for row in np.load(root / segment.name / "ids.npy", allow_pickle=False).tolist()
        }

    def _withdraw(self, draft: Path, final: Path, pointer: Path) -> None:
        """Takes back a commit that failed, unless it is already in force."""
        with suppress(OSError, IndexDamaged):
            if self._pointers.named("CURRENT") != final.name and final.exists():
                disk.rename(final, draft)
            if self.exists():
                disk.append(self.path / LOG, b"", at=Manifest.load(self.current()).log.bytes)
        with suppress(OSError):  # a first generation that could not be taken back stays in force
            if not final.exists():
                pointer.unlink(missing_ok=True)
        shutil.rmtree(draft, ignore_errors=True)

    def _undo(self, ours: list[Path]) -> None:
        """Nothing came of a first change: leaves the folder as it was found, still under the lock.

        Only what this writer made goes, and folders only when they are empty. What an addition has
        read and encoded stays: it goes on there.
        """
        if self._pending.records():
            return
        for path in (self.path / PENDING, self.path / "originals"):
            shutil.rmtree(path, ignore_errors=True)
        with suppress(OSError):
            (self.path / LOG).unlink(missing_ok=True)
        for name in self._pointers.numbered(drafts=True):
            shutil.rmtree(self._generations / name, ignore_errors=True)
        for path in ours:
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)

    def faults_beside(self, root: Path) -> list[str]:
        """What is wrong with the log, the originals and their fit with a sound generation."""
        snapshot = generation.load(root)
        intakes = list(snapshot.intakes())
        try:
            found = log_faults(self.log(), intakes)
        except IndexDamaged as error:
            found = [str(error)]
        expected = {intake.sha256 for intake in intakes if intake.kept}
        found += self._originals.faults(
            expected | (self._pending.digests() & self._originals.listed())
        )
        found += Pending(self.path, snapshot.manifest).faults()
        return found + [
            f"{self.path / name}: left by a writer that was stopped; "
            "the next onrecord add or remove deletes it"
            for name in self.leftovers()
        ]

    def leftovers(self) -> list[str]:
        """What a stopped writer left behind: it may hold what was removed since."""

        def found() -> list[str]:
            keep = self.current().name
            old = [name for name in self._pointers.numbered(drafts=True) if name != keep]
            untidy = self._originals.is_untidy() and not self._pending.records()
            left = ["originals"] * untidy + [PENDING] * self._pending.left()
            return [f"generations/{name}" for name in old] + left

        if not found():
            return []
        try:
            with FileLock(self.path / "lock", timeout=0):
                return found()
        except Timeout:  # a writer at work: what it has not finished is no leftover
            return []
        except OSError:  # a folder that nobody can write to has no writer
            return found()

    def _holder(self) -> str:
        try:
            row = json.loads((self.path / "lock.json").read_text(encoding="utf-8"))
            return f"process {row['pid']} (onrecord {row['command']}, since {row['since']})"
        except (OSError, ValueError, KeyError):
            return "another process"


def _read_back(draft: Path) -> None:
    """What cannot be read back is not put into force."""
    try:
        generation.load(draft)
    except IndexDamaged as error:
        raise OSError(error.what) from error


def damages(folder: IndexFolder) -> list[str]:
    """Re-verifies every byte of the index; one line for each fault found.

    A fault counts only while the same generation is still in force: a writer may have replaced it,
    and deleted what was being read.
    """
    found: list[str] = []
    for _ in range(_OPEN_TRIES):
        root = None
        try:
            root = folder.current()
            found = generation.faults(root, Manifest.load(root)) or folder.faults_beside(root)
        except IndexStateError as error:
            found = [str(error)]
        except OSError as error:
            found = [f"{root}: cannot be read ({error})"]
        with suppress(IndexStateError):
            if folder.current() != root:
                continue
        break
    return found
