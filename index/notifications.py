"""When to look at folders again: at once when the system says so, and now and then all the same.

By `watchfiles` (inotify, FSEvents and their like). What it reports is a hint and nothing more: it
does not name what lies in a folder that was moved in, and network disks report nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

LOOK = 60.0
"""Seconds after which to look though nothing was reported."""

UNNOTIFIED = 5.0
"""Seconds between looks where the system reports nothing, or a folder is not there."""

TICK_MS = 1_000
"""After which it is seen that a folder itself was moved away or unmounted: that is not reported."""


def hints(roots: Sequence[str], index: Path, unnotified: Callable[[str], None]) -> Iterator[None]:
    """Yields at once, and whenever something below the folders may have changed; never ends.

    What changes inside `index` and in hidden files is no hint. `unnotified` is told why when the
    system can report nothing. Raises `KeyboardInterrupt` on a signal that does.
    """
    own = str(index.resolve())
    while True:
        yield
        if not all(Path(root).is_dir() for root in roots):
            time.sleep(UNNOTIFIED)
            continue
        try:
            yield from _reported(roots, own)
        except (OSError, RuntimeError) as error:  # the latter is what watchfiles' own derive from
            unnotified(str(error))
            while True:
                time.sleep(UNNOTIFIED)
                yield


def _reported(roots: Sequence[str], own: str) -> Iterator[None]:
    """Until one of the folders is another than before."""
    from watchfiles import watch

    folders = _identities(roots)
    looked = float("-inf")  # what changed before it began to watch was not reported
    changes = watch(
        *roots,
        watch_filter=lambda _, path: _matters(path, roots, own),
        rust_timeout=TICK_MS,
        yield_on_timeout=True,
        ignore_permission_denied=True,
    )
    with closing(changes):
        for found in changes:
            if _identities(roots) != folders:
                return
            if found or time.monotonic() - looked > LOOK:
                looked = time.monotonic()
                yield


def _identities(roots: Sequence[str]) -> list[tuple[int, int] | None]:
    """Device and inode of each folder: another when it was replaced or a disk mounted over it."""
    found: list[tuple[int, int] | None] = []
    for root in roots:
        try:
            status = Path(root).stat()
            found.append((status.st_dev, status.st_ino))
        except OSError:
            found.append(None)
    return found


def _matters(path: str, roots: Sequence[str], own: str) -> bool:
    """False for what `index.files.find_files` passes over: hidden files, and the index itself."""
    if within(str(Path(path).resolve()), own):
        return False
    for root in roots:
        if within(path, root):
            inside = Path(os.path.relpath(path, root)).parts
            return not any(part.startswith(".") for part in inside)
    return True


def absolute(path: str) -> str:
    """With the working folder before it, and without `.` and `..`; links are not followed."""
    return os.path.normpath(Path(path).absolute())


def within(path: str, folder: str) -> bool:
    """True for a folder itself and all below it."""
    inner, outer = absolute(path), absolute(folder)
    return inner == outer or inner.startswith(outer.rstrip(os.sep) + os.sep)
