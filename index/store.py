"""The index on disk: whole generations, switched atomically.

    FOLDER/CURRENT                 the name of the generation in force
    FOLDER/generations/000007/     see index.generation
    FOLDER/originals/              the files that documents came from, see index.originals
    FOLDER/intake.jsonl            the chain of custody, see index.intake_log
    FOLDER/pending/                an addition under way, see index.pending
    FOLDER/lock, FOLDER/lock.json  held while writing, and by whom

A change writes a new generation beside the old one, syncs it to the disk, and then renames one
small file. Whatever stops the writer before that rename leaves the old generation in force; after
it, the new one is. (The first of all has nothing to fall back on: `CURRENT.tmp`, written before the
generation gets its name, already counts. So finished generations without a pointer are damage, and
nobody deletes them.) The old generation is deleted next, so removed documents are gone from the
disk. Readers keep what they have opened: a deleted file stays readable to whoever holds it open.

Originals and the rows of the log are written before the switch, which says how far the log reaches;
what a stopped writer left of both is cleared away by the next.
"""

from __future__ import annotations

import json
import os
import re
import shlex
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
from index.manifest import COPY, Manifest
from index.manifest import NAME as MANIFEST
from index.originals import Originals
from index.pending import FOLDER as PENDING
from index.pending import Pending, is_under_way
from index.segment import Segment, digests_of
from index.snapshot import Snapshot

_POINTER = re.compile(rb"[0-9]{6,}\n")
_FINISHED = re.compile(r"[0-9]{6,}")
_DRAFT_OR_FINISHED = re.compile(r"[0-9]{6,}(?:\.tmp)?")
_OPEN_TRIES = 5  # a reader may meet a generation that a writer replaces at that moment


class IndexFolder:
    """The folder of an index. Any number of readers, one writer at a time."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._generations = self.path / "generations"
        self._originals = Originals(self.path / "originals")
        self._stale = False

    def exists(self) -> bool:
        """True when something was committed here, even if it is damaged now."""
        try:
            self.current()
        except IndexMissing:
            return False
        except IndexDamaged:
            return True
        return True

    def waiting(self) -> int:
        """Documents that an addition which was stopped has read and encoded."""
        return len(self._waiting())

    def current(self) -> Path:
        """The folder of the generation in force."""
        name = self._pointer("CURRENT")
        if name is None:
            finished = self._finished()
            pending = self._pointer("CURRENT.tmp", draft=True)
            # A writer may have renamed the one to the other between the two looks.
            name = pending if pending in finished else self._pointer("CURRENT")
            if name is None and finished:
                raise self._unpointed("is missing", finished)
        if name is None:
            raise IndexMissing(f"{self.path}: no index here", "make one: onrecord add PATH...")
        return self._generations / name

    def _pointer(self, file: str, draft: bool = False) -> str | None:
        """What a pointer says; None when there is none, or a draft that was not written to its
        end."""
        path = self.path / file
        try:
            said = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(path, error) from error
        if not _POINTER.fullmatch(said):
            if draft:
                return None
            raise self._damaged(path, f"says {said[:20]!r}, not a generation's number")
        return said.decode().strip()

    def _finished(self) -> list[str]:
        """Numbers of the generations that were written to their end, in or out of force."""
        try:
            return [
                n
                for n in self._numbered()
                if (self._generations / n / MANIFEST).is_file()
                or (self._generations / n / COPY).is_file()
            ]
        except OSError as error:
            raise _unreadable(self._generations, error) from error

    def _numbered(self, drafts: bool = False) -> list[str]:
        try:
            names = sorted(path.name for path in self._generations.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise _unreadable(self._generations, error) from error
        ours = _DRAFT_OR_FINISHED if drafts else _FINISHED
        return [name for name in names if ours.fullmatch(name)]

    def _unpointed(self, why: str, finished: list[str]) -> IndexDamaged:
        pointer = self.path / "CURRENT"
        return IndexDamaged(
            f"{pointer}: {why}, though generations/ holds {', '.join(finished)}",
            f"write the number back: echo {finished[-1]} > {shlex.quote(str(pointer))}",
        )

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
        raise self._damaged(folder, "keeps changing while it is read")

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
                self._settle()
                self._collect()
                self._prune()
                self._tidy()
            self._stale = bool(self._records())
            try:
                yield
            except BaseException:
                with suppress(OSError):  # what stays is found by the next writer
                    self._prune()
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
        final = self._generations / f"{max(map(int, self._numbered()), default=0) + 1:06d}"
        draft = self._generations / f"{final.name}.tmp"
        pointer = self.path / "CURRENT.tmp"
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
            disk.replace(pointer, self.path / "CURRENT")
            disk.sync(self.path)
        except OSError as error:
            self._withdraw(draft, final, pointer)
            raise self._not_ended(error, final) from error
        except BaseException:  # whatever stopped the making of the segments
            self._withdraw(draft, final, pointer)
            raise
        try:
            self._collect()
            self._end_addition()
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
            self._end_addition()
            self._tidy()

    def _end_addition(self) -> None:
        for record in self._all_records():  # first: what has none is known to be over
            disk.remove_file(record)
        if (self.path / PENDING).exists():
            disk.sync(self.path / PENDING)
            disk.remove_tree(self.path / PENDING)
        self._stale = False

    def _prune(self) -> None:
        """Deletes batches that were not written to their end, or were about to be deleted."""
        known = {record.stem for record in self._records()}
        for path in sorted((self.path / PENDING).glob("*")):
            if path.stem not in known or path.suffix not in ("", ".json"):
                disk.remove_tree(path) if path.is_dir() else disk.remove_file(path)
        if not known and (self.path / PENDING).is_dir():
            disk.remove_folder(self.path / PENDING)

    def _records(self) -> list[Path]:
        """Those of an addition under way: of one that began before the last commit, none is."""
        records, head = self._all_records(), Head()
        if not records:
            return []
        try:
            head = self.manifest().log
        except IndexMissing:
            pass
        except IndexStateError:  # nobody can go on there
            return []
        return [record for record in records if is_under_way(record, head)]

    def _all_records(self) -> list[Path]:
        return sorted((self.path / PENDING).glob("*.json"))

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
        finished = self._finished()
        with suppress(IndexStateError):
            if self.current().name in finished:
                return
        if not finished:
            raise IndexDamaged(
                f"{self.path}: no generation in it was written to its end",
                f"add the files again: onrecord add --index NEW_FOLDER {self.path / 'originals'}",
            )
        disk.write_bytes(self.path / "CURRENT.tmp", (finished[-1] + "\n").encode())
        disk.replace(self.path / "CURRENT.tmp", self.path / "CURRENT")
        disk.sync(self.path)

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
        digests = self._waiting()
        with suppress(IndexMissing):
            root = self.current()
            for segment in Manifest.load(root).segments:
                digests |= digests_of(root / segment.name)
        return digests

    def _waiting(self) -> set[str]:
        """SHA-256 of the documents of an addition under way."""
        digests: set[str] = set()
        for record in self._records():
            with suppress(FileNotFoundError):  # a writer is about to end it
                digests |= digests_of(record.with_suffix(""))
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
        finished = self._finished()
        if keep not in finished and finished:
            raise self._unpointed(f"names {keep}, which is not there", finished)
        old = [name for name in self._numbered(drafts=True) if name != keep]
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

    def _settle(self) -> None:
        """Ends the work of a writer that was killed between naming the first generation and
        pointing at it."""
        if self._pointer("CURRENT") is None and self.exists():
            self.current()  # raises when it is damage and no killed writer
            disk.sync(self._generations)
            disk.replace(self.path / "CURRENT.tmp", self.path / "CURRENT")
            disk.sync(self.path)

    def _withdraw(self, draft: Path, final: Path, pointer: Path) -> None:
        """Takes back a commit that failed, unless it is already in force."""
        with suppress(OSError, IndexDamaged):
            if self._pointer("CURRENT") != final.name and final.exists():
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
        if self._records():
            return
        for path in (self.path / PENDING, self.path / "originals"):
            shutil.rmtree(path, ignore_errors=True)
        with suppress(OSError):
            (self.path / LOG).unlink(missing_ok=True)
        for name in self._numbered(drafts=True):
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
        found += self._originals.faults(expected | (self._waiting() & self._originals.listed()))
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
            old = [name for name in self._numbered(drafts=True) if name != keep]
            known = {record.stem for record in self._records()}
            there = {path.stem for path in (self.path / PENDING).glob("*")}
            untidy = self._originals.is_untidy() and not known
            left = ["originals"] * untidy + [PENDING] * bool(there - known)
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

    def _damaged(self, path: Path, why: str) -> IndexDamaged:
        return IndexDamaged(f"{path}: {why}", "run onrecord repair")


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


def _unreadable(path: Path, error: OSError) -> IndexDamaged:
    return IndexDamaged(
        f"{path}: cannot be read ({error.strerror})",
        "mend its permissions, or name another folder with --index",
    )
