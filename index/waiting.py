"""The batches of an addition that was stopped: which of them are there, and their end.

What is in them is `index.pending`'s matter; this is for whoever writes, reads or checks an index.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from index import disk
from index.errors import IndexMissing, IndexStateError
from index.intake_log import Head
from index.manifest import Manifest
from index.pending import FOLDER, is_under_way
from index.pointing import Pointers
from index.segment import digests_of


class Waiting:
    """`FOLDER/pending` of an index."""

    def __init__(self, pointers: Pointers) -> None:
        self.path = pointers.path / FOLDER
        self._pointers = pointers

    def records(self) -> list[Path]:
        """Those of an addition under way: of one that began before the last commit, none is."""
        records, head = self._all_records(), Head()
        if not records:
            return []
        try:
            head = Manifest.load(self._pointers.current()).log
        except IndexMissing:
            pass
        except IndexStateError:  # nobody can go on there
            return []
        return [record for record in records if is_under_way(record, head)]

    def digests(self) -> set[str]:
        """SHA-256 of the documents of an addition under way."""
        digests: set[str] = set()
        for record in self.records():
            with suppress(FileNotFoundError):  # a writer is about to end it
                digests |= digests_of(record.with_suffix(""))
        return digests

    def prune(self) -> None:
        """Deletes batches that were not written to their end, or were about to be deleted."""
        known = {record.stem for record in self.records()}
        for path in sorted(self.path.glob("*")):
            if path.stem not in known or path.suffix not in ("", ".json"):
                disk.remove_tree(path) if path.is_dir() else disk.remove_file(path)
        if not known and self.path.is_dir():
            disk.remove_folder(self.path)

    def end(self) -> None:
        """Deletes all of them: the addition is over."""
        for record in self._all_records():  # first: what has none is known to be over
            disk.remove_file(record)
        if self.path.exists():
            disk.sync(self.path)
            disk.remove_tree(self.path)

    def left(self) -> bool:
        """True when something here belongs to no batch that was written to its end."""
        known = {record.stem for record in self.records()}
        return bool({path.stem for path in self.path.glob("*")} - known)

    def _all_records(self) -> list[Path]:
        return sorted(self.path.glob("*.json"))
