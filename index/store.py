"""The index on disk: whole generations, switched atomically.

    FOLDER/CURRENT                 the name of the generation in force
    FOLDER/generations/000007/     see index.generation
    FOLDER/lock, FOLDER/lock.json  held while writing, and by whom

A change writes a new generation beside the old one, syncs it to the disk, and then renames one
small file. Whatever stops the writer before that rename leaves the old generation in force; after
it, the new one is. The old generation is deleted next, so removed documents are gone from the disk.
Readers keep what they have opened: a deleted file stays readable to whoever holds it open.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from index import generation
from index.contents import Contents, Snapshot
from index.errors import IndexDamaged, IndexLocked, IndexMissing, InputError
from index.manifest import Manifest

_OPEN_TRIES = 5  # a reader may meet a generation that a writer replaces at that moment


class IndexFolder:
    """The folder of an index. Any number of readers, one writer at a time."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._generations = self.path / "generations"

    def exists(self) -> bool:
        return (self.path / "CURRENT").is_file()

    def current(self) -> Path:
        """The folder of the generation in force."""
        try:
            name = (self.path / "CURRENT").read_text(encoding="ascii").strip()
        except OSError as error:
            raise IndexMissing(
                f"{self.path}: no index here", "make one: onrecord add PATH..."
            ) from error
        except UnicodeDecodeError as error:
            raise self._damaged(self.path / "CURRENT", "not a name") from error
        if not name.isdigit():
            raise self._damaged(self.path / "CURRENT", f"says {name!r}, not a generation's number")
        return self._generations / name

    def manifest(self) -> Manifest:
        return Manifest.load(self.current())

    def open(self) -> Snapshot:
        """Opens the generation in force. Sizes are checked here, hashes by `check`."""
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
        ours = not self.path.exists()
        try:
            self._generations.mkdir(parents=True, exist_ok=True)
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
            holder = {"pid": os.getpid(), "command": command, "since": _now()}
            with suppress(OSError):  # a courtesy to others: a full disk is found out at the commit
                (self.path / "lock.json").write_text(json.dumps(holder), encoding="utf-8")
            self._collect()
            yield
        finally:
            (self.path / "lock.json").unlink(missing_ok=True)
            lock.release()
            if ours and not self.exists():  # nothing came of it: leave nothing behind
                shutil.rmtree(self.path, ignore_errors=True)

    def commit(self, contents: Contents, manifest: Manifest) -> None:
        """Makes `contents` the generation in force; `manifest` lacks only its `files` and counts.

        Must be called while `writing`. On any failure the old generation stays in force.
        """
        numbers = [int(p.name) for p in self._generations.iterdir() if p.name.isdigit()]
        last = max(numbers, default=0)
        final = self._generations / f"{last + 1:06d}"
        draft = self._generations / f"{final.name}.tmp"
        try:
            shutil.rmtree(draft, ignore_errors=True)
            generation.save(draft, contents, manifest)
            generation.load(
                draft
            )  # on a full disk numpy may lose the end of an array and say nothing
            draft.rename(final)
            generation.sync(self._generations)
            pointer = self.path / "CURRENT.tmp"
            pointer.write_text(final.name + "\n", encoding="ascii")
            generation.sync(pointer)
            pointer.replace(self.path / "CURRENT")
            generation.sync(self.path)
        except (OSError, IndexDamaged) as error:
            shutil.rmtree(draft, ignore_errors=True)
            reason = error.what if isinstance(error, IndexDamaged) else error.strerror or error
            raise InputError(
                f"{self.path}: could not write ({reason}), the index is as it was before",
                "free some space or choose another folder with --index",
            ) from error
        self._collect()

    def _collect(self) -> None:
        """Deletes what no `CURRENT` points to: old generations and drafts of dead writers."""
        keep = self.current().name if self.exists() else None
        for path in self._generations.iterdir():
            if path.name != keep and path.name.removesuffix(".tmp").isdigit():
                try:
                    shutil.rmtree(path)
                except OSError as error:
                    raise InputError(
                        f"{path}: an old generation cannot be deleted ({error.strerror}), "
                        "what was removed from the index is still in it",
                        "delete that folder",
                    ) from error

    def _holder(self) -> str:
        try:
            row = json.loads((self.path / "lock.json").read_text(encoding="utf-8"))
            return f"process {row['pid']} (onrecord {row['command']}, since {row['since']})"
        except (OSError, ValueError, KeyError):
            return "another process"

    def _damaged(self, path: Path, why: str) -> IndexDamaged:
        return IndexDamaged(f"{path}: {why}", "restore the index folder, or build it again")


def damages(folder: IndexFolder) -> list[str]:
    """Re-verifies every byte of the generation in force; one line for each fault found."""
    try:
        root = folder.current()
        return generation.faults(root, Manifest.load(root))
    except IndexDamaged as error:
        return [str(error)]


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
