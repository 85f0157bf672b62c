"""Whether a file changed, rests or is gone, told from what the file system says of it."""

from __future__ import annotations

import time
from pathlib import Path

from index.metadata import MANIFEST_NAME, SIDECAR_SUFFIX

REST = 1.0
"""Seconds for which a file must not change before it is read, and be gone before its documents are.
Programs that save a file by writing another and renaming it take milliseconds."""

Stamp = tuple[int, int, int, int]
"""Inode, size, and the times of modification and of change, in ns: what any change changes."""

Stamps = tuple[Stamp | None, ...]
"""Of a file, and of those beside it that say what is known of it."""


def stamps(path: str) -> Stamps:
    file = Path(path)
    beside = (file.with_name(file.name + SIDECAR_SUFFIX), file.with_name(MANIFEST_NAME))
    return _stamp(file), *map(_stamp, beside)


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None  # what is wrong with it is said when it is opened
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def at_rest(stamps: Stamps) -> bool:
    """True for a file that was not touched for so long that nobody can be writing it.

    A time in the future, from a clock that is wrong, tells nothing.
    """
    stamp = stamps[0]
    return stamp is not None and time.time_ns() - max(stamp[2:]) > REST * 1e9


def is_gone(path: str) -> bool:
    """True only when the system says that nothing is there, not when it cannot tell."""
    try:
        Path(path).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
