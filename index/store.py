"""The index on disk: whole generations, switched atomically.

    FOLDER/CURRENT                 the name of the generation in force
    FOLDER/generations/000007/     see index.generation
    FOLDER/lock, FOLDER/lock.json  held while writing, and by whom

A change writes a new generation beside the old one, syncs it to the disk, and then renames one
small file. Whatever stops the writer before that rename leaves the old generation in force; after
it, the new one is. (The first of all has nothing to fall back on: `CURRENT.tmp`, written before the
generation gets its name, already counts. So finished generations without a pointer are damage, and
nobody deletes them.) The old generation is deleted next, so removed documents are gone from the
disk. Readers keep what they have opened: a deleted file stays readable to whoever holds it open.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import time
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from index import generation
from index.errors import IndexDamaged, IndexLocked, IndexMissing, IndexStateError, InputError
from index.manifest import NAME as MANIFEST
from index.manifest import Manifest
from index.segment import Segment
from index.snapshot import Snapshot

_FINISHED = re.compile(r"[0-9]{6,}")
_DRAFT_OR_FINISHED = re.compile(r"[0-9]{6,}(?:\.tmp)?")
_OPEN_TRIES = 5  # a reader may meet a generation that a writer replaces at that moment


class IndexFolder:
    """The folder of an index. Any number of readers, one writer at a time."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._generations = self.path / "generations"

    def exists(self) -> bool:
        """True when something was committed here, even if it is damaged now."""
        try:
            self.current()
        except IndexMissing:
            return False
        except IndexDamaged:
            return True
        return True

    def current(self) -> Path:
        """The folder of the generation in force."""
        name = self._pointer("CURRENT")
        if name is None:
            finished = self._finished()
            pending = self._pointer("CURRENT.tmp")
            # A writer may have renamed the one to the other between the two looks.
            name = pending if pending in finished else self._pointer("CURRENT")
            if name is None and finished:
                raise self._unpointed("is missing", finished)
        if name is None:
            raise IndexMissing(f"{self.path}: no index here", "make one: onrecord add PATH...")
        if not (name.isascii() and name.isdigit()):
            raise self._damaged(self.path / "CURRENT", f"says {name!r}, not a generation's number")
        return self._generations / name

    def _pointer(self, file: str) -> str | None:
        """What a pointer says; None when there is none."""
        path = self.path / file
        try:
            return path.read_text(encoding="ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(path, error) from error
        except UnicodeDecodeError as error:
            raise self._damaged(path, "not a name") from error

    def _finished(self) -> list[str]:
        """Numbers of the generations that were written to their end, in or out of force."""
        try:
            return [n for n in self._numbered() if (self._generations / n / MANIFEST).is_file()]
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
    def writing(self, command: str) -> Iterator[None]:
        """Holds the write lock; a second writer is told who holds it. Dies with its process."""
        try:
            ours = [
                path
                for path in (self._generations, self.path / "lock", self.path)
                if not path.exists()
            ]
            self.path.mkdir(parents=True, exist_ok=True)
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
            self._generations.mkdir(exist_ok=True)
            holder = {"pid": os.getpid(), "command": command, "since": _now()}
            with suppress(OSError):  # a courtesy to others: a full disk is found out at the commit
                (self.path / "lock.json").write_text(json.dumps(holder), encoding="utf-8")
            self._settle()
            self._collect()
            yield
        finally:
            (self.path / "lock.json").unlink(missing_ok=True)
            if not self.exists():
                self._undo(ours)
            lock.release()

    def commit(
        self,
        settings: Manifest,
        fresh: Iterable[Segment],
        *,
        kept: Snapshot | None = None,
        dropped: Set[str] = frozenset(),
    ) -> None:
        """Puts into force: what `kept`, the generation now in force, holds (nothing when None)
        without the documents `dropped`, and fresh segments.

        `settings` is a manifest whose files and counts do not matter. Must be called while
        `writing`. On any failure the old generation stays in force.
        """
        numbers = [int(p.name) for p in self._generations.iterdir() if p.name.isdigit()]
        last = max(numbers, default=0)
        final = self._generations / f"{last + 1:06d}"
        draft = self._generations / f"{final.name}.tmp"
        pointer = self.path / "CURRENT.tmp"
        try:
            shutil.rmtree(draft, ignore_errors=True)
            root = self.current() if kept is not None else None
            generation.save(draft, settings, kept, root, dropped, fresh)
            _read_back(draft)
            pointer.write_text(final.name + "\n", encoding="ascii")
            generation.sync(pointer)
            draft.rename(final)
            generation.sync(self._generations)
            pointer.replace(self.path / "CURRENT")
            generation.sync(self.path)
        except OSError as error:
            self._withdraw(draft, final, pointer)
            raise InputError(
                f"{self.path}: could not write ({error.strerror or error}), "
                "the index is as it was before",
                "free some space or choose another folder with --index",
            ) from error
        except BaseException:  # whatever stopped the making of the segments
            self._withdraw(draft, final, pointer)
            raise
        self._collect()

    def _collect(self) -> None:
        """Deletes what no `CURRENT` points to: old generations and drafts of dead writers."""
        try:
            keep = self.current().name
        except IndexMissing:  # then none was ever finished
            keep = None
        finished = self._finished()
        if keep not in finished and finished:
            raise self._unpointed(f"names {keep}, which is not there", finished)
        for name in self._numbered(drafts=True):
            if name == keep:
                continue
            path = self._generations / name
            try:
                shutil.rmtree(path)
            except OSError as error:
                raise InputError(
                    f"{path}: an old generation cannot be deleted ({error.strerror}), "
                    "what was removed from the index is still in it",
                    "delete that folder",
                ) from error

    def _settle(self) -> None:
        """Ends the work of a writer that was killed between naming the first generation and
        pointing at it."""
        if self._pointer("CURRENT") is None and self.exists():
            self.current()  # raises when it is damage and no killed writer
            (self.path / "CURRENT.tmp").replace(self.path / "CURRENT")
            generation.sync(self.path)

    def _withdraw(self, draft: Path, final: Path, pointer: Path) -> None:
        """Takes back a commit that failed, unless it is already in force."""
        with suppress(OSError, IndexDamaged):
            if self._pointer("CURRENT") != final.name and final.exists():
                final.rename(draft)
        with suppress(OSError):
            pointer.unlink(missing_ok=True)
        shutil.rmtree(draft, ignore_errors=True)

    def _undo(self, ours: list[Path]) -> None:
        """Nothing came of a first change: leaves the folder as it was found, still under the lock.

        Only what this writer made goes, and folders only when they are empty.
        """
        for name in self._numbered(drafts=True):
            shutil.rmtree(self._generations / name, ignore_errors=True)
        for path in ours:
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)

    def leftovers(self) -> list[str]:
        """Generations that a stopped writer left behind: they may hold what was removed since."""

        def found() -> list[str]:
            keep = self.current().name
            return [name for name in self._numbered(drafts=True) if name != keep]

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
        return IndexDamaged(f"{path}: {why}", "restore the index folder, or build it again")


def _read_back(draft: Path) -> None:
    """What cannot be read back is not put into force."""
    try:
        generation.load(draft)
    except IndexDamaged as error:
        raise OSError(error.what) from error


def damages(folder: IndexFolder) -> list[str]:
    """Re-verifies every byte of the generation in force; one line for each fault found.

    A fault counts only while the same generation is still in force: a writer may have replaced it,
    and deleted what was being read.
    """
    found: list[str] = []
    for _ in range(_OPEN_TRIES):
        root = None
        try:
            root = folder.current()
            found = generation.faults(root, Manifest.load(root))
            if not found:
                return [
                    f"{folder.path / 'generations' / name}: left by a writer that was stopped; "
                    "the next onrecord add or remove deletes it"
                    for name in folder.leftovers()
                ]
        except IndexDamaged as error:
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


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
