"""Where the ledger of checks lies in an index, so that what is removed goes from there too.

    FOLDER/ledger.jsonl           its rows, which hold no names, see `rag.ledger`
    FOLDER/ledger.head            how far they count
    FOLDER/ledger/DOCUMENT/7.json what row 7 is of: a check of that document
    FOLDER/ledger.lock            held while any of it is changed

What people noted on a document lies in a folder named after its id, so whoever takes documents out
of an index can delete it without reading any of it, and the rows stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index import disk
from index.errors import IndexLocked, InputError

FOLDER = "ledger"
ROWS = "ledger.jsonl"
HEAD = "ledger.head"
_LOCK = "ledger.lock"

_PATIENCE = 10.0
"""Seconds: a change writes a few small files. Additions, which take hours, hold another lock."""


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Held while the ledger of the index at `path` is changed. Raises `IndexLocked`."""
    try:
        held = FileLock(path / _LOCK, timeout=_PATIENCE)
        held.acquire()
    except Timeout as error:
        raise IndexLocked(
            f"{path}: another process writes to the ledger", "wait for it to end, then try again"
        ) from error
    except OSError as error:
        raise InputError(
            f"{path}: cannot write there ({error.strerror})", "mend its permissions"
        ) from error
    try:
        yield
    finally:
        held.release()


def forget(path: Path, ids: Callable[[], Set[str]]) -> int:
    """Deletes what the ledger of the index at `path` has of documents that are no longer in it.

    `ids` gives the ids of those that are; it is called under the lock. Returns how many documents
    were forgotten. To be called after the switch to a generation without them, and again by the
    next writer, for the one that was stopped in between.
    """
    folder = path / FOLDER
    if not folder.is_dir():
        return 0
    with lock(path):
        staying = ids()
        gone = [entry for entry in sorted(folder.iterdir()) if entry.name not in staying]
        for entry in gone:
            disk.remove_tree(entry) if entry.is_dir() else disk.remove_file(entry)
        if gone:
            disk.sync(folder)
    return len(gone)
