"""Which generation of an index is in force: `CURRENT`, and what it may name.

The first generation of all has nothing to fall back on: `CURRENT.tmp`, written before it gets its
name, already counts. So finished generations without a pointer are damage, and nobody deletes them.
"""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from pathlib import Path

from index import disk
from index.errors import IndexDamaged, IndexMissing, IndexStateError
from index.manifest import COPY
from index.manifest import NAME as MANIFEST

_POINTER = re.compile(rb"[0-9]{6,}\n")
_FINISHED = re.compile(r"[0-9]{6,}")
_DRAFT_OR_FINISHED = re.compile(r"[0-9]{6,}(?:\.tmp)?")


class Pointers:
    """The numbered generations of an index, and the two small files that point at one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.generations = path / "generations"
        self.pointer, self.draft = path / "CURRENT", path / "CURRENT.tmp"

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
        name = self.named("CURRENT")
        if name is None:
            finished = self.finished()
            pending = self.named("CURRENT.tmp", draft=True)
            # A writer may have renamed the one to the other between the two looks.
            name = pending if pending in finished else self.named("CURRENT")
            if name is None and finished:
                raise self.unpointed("is missing", finished)
        if name is None:
            raise IndexMissing(f"{self.path}: no index here", "make one: onrecord add PATH...")
        return self.generations / name

    def named(self, file: str, draft: bool = False) -> str | None:
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
            raise damaged(path, f"says {said[:20]!r}, not a generation's number")
        return said.decode().strip()

    def finished(self) -> list[str]:
        """Numbers of the generations that were written to their end, in or out of force."""
        try:
            return [
                n
                for n in self.numbered()
                if (self.generations / n / MANIFEST).is_file()
                or (self.generations / n / COPY).is_file()
            ]
        except OSError as error:
            raise _unreadable(self.generations, error) from error

    def numbered(self, drafts: bool = False) -> list[str]:
        try:
            names = sorted(path.name for path in self.generations.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise _unreadable(self.generations, error) from error
        ours = _DRAFT_OR_FINISHED if drafts else _FINISHED
        return [name for name in names if ours.fullmatch(name)]

    def unpointed(self, why: str, finished: list[str]) -> IndexDamaged:
        return IndexDamaged(
            f"{self.pointer}: {why}, though generations/ holds {', '.join(finished)}",
            f"write the number back: echo {finished[-1]} > {shlex.quote(str(self.pointer))}",
        )

    def settle(self) -> None:
        """Ends the work of a writer that was killed between naming the first generation and
        pointing at it."""
        if self.named("CURRENT") is None and self.exists():
            self.current()  # raises when it is damage and no killed writer
            disk.sync(self.generations)
            disk.replace(self.draft, self.pointer)
            disk.sync(self.path)

    def point_at_the_newest(self) -> None:
        """Mends `CURRENT` where it does not name a generation that was written to its end."""
        finished = self.finished()
        with suppress(IndexStateError):
            if self.current().name in finished:
                return
        if not finished:
            raise IndexDamaged(
                f"{self.path}: no generation in it was written to its end",
                f"add the files again: onrecord add --index NEW_FOLDER {self.path / 'originals'}",
            )
        disk.write_bytes(self.draft, (finished[-1] + "\n").encode())
        disk.replace(self.draft, self.pointer)
        disk.sync(self.path)


def damaged(path: Path, why: str) -> IndexDamaged:
    return IndexDamaged(f"{path}: {why}", "run onrecord repair")


def _unreadable(path: Path, error: OSError) -> IndexDamaged:
    return IndexDamaged(
        f"{path}: cannot be read ({error.strerror})",
        "mend its permissions, or name another folder with --index",
    )
