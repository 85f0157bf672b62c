"""The bytes of documents as they came in, kept in the index under their SHA-256.

    FOLDER/ab/ab3f...     a file named after the SHA-256 of its content, 64 hex digits
    FOLDER/ab/ab3f....tmp one that is being written
    FOLDER/untidy         there while files may lie here that no document refers to

Equal bytes are kept once, whatever they are called. Files come before the generation that refers to
them is committed and go after the one that no longer does, so a writer that is stopped can leave
some over. `begin` leaves a note of that before anything is changed; who finds it calls `tidy`:

    begin -> keep ... -> sync -> (commit) -> remove ... -> finish
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Set
from pathlib import Path

from index import disk
from index.documents import sha256_hex
from index.errors import IndexDamaged

MARKER = "untidy"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_OURS = re.compile(r"[0-9a-f]{64}(?:\.tmp)?")
_FOLDER = re.compile(r"[0-9a-f]{2}")


class Originals:
    """The originals in a folder, which need not be there. Whoever changes them holds the lock.

    Raises `OSError` where the system refuses a change.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._marker = folder / MARKER
        self._touched: set[Path] = set()
        self._begun = False
        self._found_begun = False

    def begin(self) -> None:
        """Notes durably that files are about to come or go. Must precede `keep` and `remove`; to
        begin once more does nothing."""
        marked = self.is_untidy()
        if self._begun and marked:
            return
        self._begun, self._found_begun = True, marked
        if not marked:
            disk.ensure_folder(self._folder)
            disk.write_bytes(self._marker, b"")
            disk.sync(self._folder)

    def is_untidy(self) -> bool:
        """True from `begin` to `finish` or `tidy`, also when another process began."""
        return self._marker.exists()

    def keep(self, data: bytes) -> None:
        """Writes the bytes unless they are there; damaged ones are written anew.

        Durable after `sync`.
        """
        self._must_have_begun()
        sha256 = sha256_hex(data)
        path = self._path(sha256)
        self._touched.add(path.parent)
        if path.is_file() and path.stat().st_size == len(data) and _hash(path) == sha256:
            return
        if not path.parent.is_dir():
            disk.make_folder(path.parent)
        draft = path.with_name(path.name + ".tmp")
        disk.write_bytes(draft, data)
        disk.replace(draft, path)

    def sync(self) -> None:
        """Makes all that was kept durable. Before the commit that refers to it."""
        for folder in sorted(self._touched):
            disk.sync(folder)
        if self._touched:
            disk.sync(self._folder)
        self._touched.clear()

    def read(self, sha256: str) -> bytes:
        """The bytes with this SHA-256, which is verified. Raises `IndexDamaged`."""
        path = self._path(sha256)
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise IndexDamaged(f"{path}: the original is missing", _NEXT) from error
        except OSError as error:
            raise IndexDamaged(f"{path}: cannot be read ({error.strerror})", _NEXT) from error
        if sha256_hex(data) != sha256:
            raise IndexDamaged(f"{path}: the original was altered, its SHA-256 is another", _NEXT)
        return data

    def remove(self, sha256s: Iterable[str]) -> None:
        """Deletes originals that no document refers to any more. Final after `finish`."""
        self._must_have_begun()
        for path in sorted(map(self._path, sha256s)):
            disk.remove_file(path, missing_ok=True)
            self._touched.add(path.parent)

    def finish(self) -> None:
        """Ends a change that came to its end, at a cost that does not grow with the corpus.

        Where nothing was begun it does nothing. What another process began and did not finish takes
        `tidy`.
        """
        if not self._begun and not self.is_untidy():
            return
        if not self._begun or self._found_begun:
            raise RuntimeError("originals were left untidy before: tidy them")
        self._end(self._touched)

    def tidy(self, referenced: Set[str]) -> None:
        """Deletes all that nothing refers to, whoever left it, and ends the change.

        Files that are none of ours stay; `faults` names them.
        """
        for folder in self._folders():
            for path in sorted(folder.iterdir()):
                if _OURS.fullmatch(path.name) and path.name not in referenced:
                    disk.remove_file(path)
        # All folders: a deletion that was seen to be done may not be durable.
        self._end(self._folders())

    def listed(self) -> set[str]:
        """SHA-256 of all originals that are there, by their names."""
        paths = (path for folder in self._folders() for path in folder.iterdir())
        return {path.name for path in paths if self._is_original(path)}

    def faults(self, expected: Set[str]) -> list[str]:
        """What is missing, altered or too much; each file is hashed. One line for each.

        While it is untidy nothing is too much: whoever is at work, or was, may need it.
        """
        untidy = self.is_untidy()
        missing = (self._path(sha256) for sha256 in expected - self.listed())
        found = [f"{path}: the original is missing" for path in sorted(missing)]
        for path in sorted(self._folder.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                continue
            if not (self._is_original(path) and path.name in expected):
                if path != self._marker and not untidy:
                    found.append(f"{path}: no document refers to it")
            elif _hash(path) != path.name:
                found.append(f"{path}: the original was altered, its SHA-256 is another")
        return found

    def _end(self, folders: Iterable[Path]) -> None:
        """Makes deletions durable, and only then takes the marker away."""
        for folder in sorted(folders):
            if not folder.is_dir():
                continue
            if any(folder.iterdir()):
                disk.sync(folder)
            else:
                disk.remove_folder(folder)
        if self._folder.is_dir():
            disk.sync(self._folder)
            disk.remove_file(self._marker, missing_ok=True)  # if a power cut undoes it, no harm
        self._touched.clear()
        self._begun = False

    def _must_have_begun(self) -> None:
        if not self._begun:
            raise RuntimeError("originals are changed between begin and finish only")

    def _folders(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        folders = (p for p in self._folder.iterdir() if _FOLDER.fullmatch(p.name) and p.is_dir())
        return sorted(folders)

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):  # it may come out of a file: no path is made of it
            raise ValueError(f"not a SHA-256: {sha256!r}")
        return self._folder / sha256[:2] / sha256

    def _is_original(self, path: Path) -> bool:
        return bool(_SHA256.fullmatch(path.name)) and path == self._path(path.name)


_NEXT = "run onrecord check for all damage; add the file again, or restore the index folder"


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
