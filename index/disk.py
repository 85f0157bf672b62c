"""The few functions through which all changes of an index's files go.

So every step that a system can refuse, or a power cut can fall between, has one place: `observe` is
called before each with the name of the system call and the paths that it touches. A test raises
`OSError` there, ends the process, or writes down what was done (`tests/power_cut.py`).

A file is durable after its fsync, a name (of a new, renamed or deleted file or folder) after the
fsync of the folder it stands in. `create`, `write_bytes` and `append` sync the file, and only
`append` and `ensure_folder` its name as well; the rest is for the caller, once for many names.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

PART = 2**20
"""Bytes of one write: a fault can fall between any two. Larger ones gain nothing measurable."""


class Observer(Protocol):
    """Told of a step that comes next: "open", "write", "fsync", "truncate", "mkdir", "unlink" or
    "rmdir" and the path; "rename" or "link" with the old and the new path."""

    def __call__(self, step: str, /, *paths: Path) -> None: ...


def _nobody(step: str, /, *paths: Path) -> None:
    """Watches nothing."""


observe: Observer = _nobody
"""Called before every single step. For tests."""


class Writer:
    """A new file while it is written; each write reaches the system at once."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def write(self, data: bytes | bytearray | memoryview) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest:
            observe("write", self._path)
            rest = rest[os.write(self._descriptor, rest[:PART]) :]
        return size


@contextmanager
def create(path: Path) -> Iterator[Writer]:
    """A file to be written from its beginning; synced at the end, unless the block raised."""
    observe("open", path)
    with path.open("wb", buffering=0) as file:
        yield Writer(path, file.fileno())
        _sync_open(path, file.fileno())


def write_bytes(path: Path, data: bytes) -> None:
    """A whole file, synced."""
    with create(path) as file:
        file.write(data)


def append(path: Path, data: bytes, at: int) -> None:
    """Makes the file what its first `at` bytes are, and `data`; synced, and so is its name.

    What stands behind `at` was left by a writer that did not come to its end. A file that is
    shorter is refused: to fill it up with zeros would hide what is lost.
    """
    size = path.stat().st_size if path.exists() else 0
    if size < at:
        raise OSError(errno.EIO, f"{size} bytes where {at} were written", str(path))
    observe("open", path)
    with path.open("ab", buffering=0) as file:
        if size > at:
            observe("truncate", path)
            file.truncate(at)
        Writer(path, file.fileno()).write(data)
        _sync_open(path, file.fileno())
    if not at:  # nothing was ever committed: whoever made the file may not have synced its name
        sync(path.parent)


def sync(path: Path) -> None:
    """Forces a file or folder to the disk (fsync; folders cannot be synced on Windows)."""
    if os.name == "nt" and path.is_dir():
        return
    # Windows flushes only what is open for writing.
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        _sync_open(path, descriptor)
    finally:
        os.close(descriptor)


def rename(old: Path, new: Path) -> None:
    """Gives a file or folder another name, which must be free."""
    observe("rename", old, new)
    old.rename(new)


def replace(old: Path, new: Path) -> None:
    """Puts a file in the place of another, in one step."""
    observe("rename", old, new)
    old.replace(new)


def link(old: Path, new: Path) -> None:
    """A second name for a file that never changes; a synced copy where names cannot be shared."""
    try:
        observe("link", old, new)
        os.link(old, new)
    except FileExistsError:  # to copy would write into what has that name
        raise
    except OSError:
        _copy(old, new)


def make_folder(path: Path) -> None:
    """A new folder in one that is there."""
    observe("mkdir", path)
    path.mkdir()


def ensure_folder(path: Path) -> None:
    """The folder and those it lies in, where they are missing; their names are synced.

    The name of the deepest that is there is synced too: a writer may have been killed between
    making and syncing it.
    """
    missing = []
    there = path.absolute()
    while not there.is_dir() and there != there.parent:
        missing.append(there)
        there = there.parent
    with suppress(PermissionError):  # of one that we may not even list we made nothing
        sync(there.parent)
    for folder in reversed(missing):
        make_folder(folder)
        sync(folder.parent)


def remove_file(path: Path, missing_ok: bool = False) -> None:
    if missing_ok and not os.path.lexists(path):
        return
    observe("unlink", path)
    path.unlink()


def remove_folder(path: Path) -> None:
    """An empty one."""
    observe("rmdir", path)
    path.rmdir()


def remove_tree(path: Path) -> None:
    """A folder and all that is in it, file by file; links are deleted and not followed."""
    for root, folders, files in os.walk(path, topdown=False, onerror=_raise):
        here = Path(root)
        for name in files:
            remove_file(here / name)
        for name in folders:
            if (here / name).is_symlink():
                remove_file(here / name)
        remove_folder(here)


def _raise(error: OSError) -> None:
    raise error


def _copy(old: Path, new: Path) -> None:
    with old.open("rb") as source, create(new) as target:
        while part := source.read(PART):
            target.write(part)


def _sync_open(path: Path, descriptor: int) -> None:
    observe("fsync", path)
    _flush(descriptor)


def _flush(descriptor: int) -> None:
    """fsync; on macOS, where that leaves the data in the drive's own memory, F_FULLFSYNC."""
    with suppress(ImportError, OSError):  # a network disk may not know it: fsync must do
        import fcntl

        full = getattr(fcntl, "F_FULLFSYNC", None)
        if full is not None:
            fcntl.fcntl(descriptor, full)
            return
    os.fsync(descriptor)
