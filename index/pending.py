"""What an addition has read and encoded so far, on the disk but not in force.

    FOLDER/pending/SEGMENT/        a segment, named after its content as in a generation
    FOLDER/pending/SEGMENT.json    which files are done with it, and the SHA-256 of its own

An addition of many files puts each batch here and all of them into force at its end. If it is
stopped, the next addition takes over what it finds for the same files, so it goes on where the
first was. Whatever change comes next ends the matter: what it cannot use, it deletes; and what is
found here but was begun before the last change, by where the log ended then, is over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index import disk
from index.documents import sha256_hex
from index.errors import IndexDamaged
from index.generation import Finished, write_segment
from index.intake_log import Head
from index.manifest import FileRecord, Manifest, SegmentRecord
from index.receiving import File
from index.segment import Received, Segment

FOLDER = "pending"


@dataclass(frozen=True, slots=True)
class FileDone:
    """A file of which all documents are in this segment or in earlier ones."""

    file: str
    recipe: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A segment that waits, and the files that were done with it."""

    part: Finished
    done: tuple[FileDone, ...]


class Pending:
    """The folder of an addition under way. To be used while writing only."""

    def __init__(self, index: Path, settings: Manifest) -> None:
        """`settings` is that of the index to be: batches made otherwise are of no use."""
        self.path = index / FOLDER
        self._settings = settings
        self._made_by = _made_by(settings)

    def batches(self) -> list[Batch]:
        """What an addition that was stopped has left and is whole; the rest is deleted."""
        found = []
        for record in self._records():
            try:
                found.append(self._load(record))
            except (IndexDamaged, OSError, ValueError, KeyError, TypeError):
                disk.remove_file(record)  # it will be read and encoded again
        known = {batch.part.record.name for batch in found}
        for path in sorted(self.path.iterdir()) if self.path.is_dir() else ():
            if path.name.removesuffix(".json") not in known:
                disk.remove_tree(path) if path.is_dir() else disk.remove_file(path)
        return found

    def add(self, segment: Segment, done: Sequence[FileDone]) -> Batch:
        """Writes a batch to the disk, whole or not at all."""
        disk.ensure_folder(self.path)
        part = write_segment(self.path, segment, self._settings.language)
        row = {
            "made_by": self._made_by,
            "record": asdict(part.record),
            "files": {name: asdict(file) for name, file in part.files.items()},
            "done": [asdict(file) for file in done],
        }
        row["seal"] = _seal(row)
        draft = self.path / f"{part.record.name}.draft"
        disk.write_bytes(draft, json.dumps(row).encode())
        disk.rename(draft, self.path / f"{part.record.name}.json")
        disk.sync(self.path)
        return Batch(part, tuple(done))

    def faults(self) -> Iterator[str]:
        """Batches that are not as they were written; they will be read again."""
        for record in filter(self._is_under_way, self._records()):
            try:
                self._load(record).part.load()
            except (IndexDamaged, OSError, ValueError, KeyError, TypeError):
                yield f"{record}: of an addition that was interrupted, and not as it was written"

    def _records(self) -> list[Path]:
        return sorted(self.path.glob("*.json"))

    def _is_under_way(self, record: Path) -> bool:
        return is_under_way(record, self._settings.log)

    def _load(self, path: Path) -> Batch:
        row: dict[str, Any] = json.loads(path.read_bytes())
        if row.pop("seal") != _seal(row) or row["made_by"] != self._made_by:
            raise ValueError("not as it was written, or made by other settings")
        record = SegmentRecord(**row["record"] | {"languages": tuple(row["record"]["languages"])})
        files = {name: FileRecord(**file) for name, file in row["files"].items()}
        part = Finished(self.path, record, files)
        part.load()
        return Batch(part, tuple(FileDone(**file) for file in row["done"]))


class Resumable:
    """What a stopped addition left, to be taken over file by file."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._batches = batches
        whole = {(row.file, row.recipe) for batch in batches for row in batch.done}
        self._files: dict[tuple[str, str], list[tuple[Received, int]]] = {}
        self._used: set[str] = set()
        self._owner: dict[str, int] = {}
        for number, batch in enumerate(batches):
            segment = batch.part.load()
            counts = segment.passages_by_id()
            for row in range(len(segment.ids)):
                received = Received(segment.document(row), segment.intake(row))
                key = os.path.normpath(received.intake.file), received.intake.recipe
                id_ = received.document.id
                # A file that was begun twice is in here twice.
                if key in whole and id_ not in self._owner:
                    self._owner[id_] = number
                    self._files.setdefault(key, []).append((received, counts[id_]))

    def take(self, file: File) -> list[tuple[Received, int]]:
        """The documents of a file with the numbers of their passages, if all are here."""
        found = self._files.get((os.path.normpath(file.path), file.recipe), [])
        self._used |= {received.document.id for received, _ in found}
        return found

    def parts(self) -> list[Finished]:
        """The segments, without the documents that nobody took."""
        found = []
        for number, batch in enumerate(self._batches):
            ids = {id_ for id_ in self._used if self._owner[id_] == number}
            found.append(batch.part.only(ids))
        return found


def is_under_way(record: Path, head: Head) -> bool:
    """True for the record of a batch that was made when the log ended at `head`: nothing has been
    committed since."""
    try:
        began = json.loads(record.read_bytes())["made_by"]["log"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(began == asdict(head))


def _made_by(settings: Manifest) -> dict[str, Any]:
    return {key: value for key, value in asdict(settings).items() if key not in _OF_FILES}


_OF_FILES = ("segments", "fingerprint", "created", "files")
"""Parts of a manifest that say nothing of how a segment was made."""


def _seal(row: dict[str, Any]) -> str:
    return sha256_hex(json.dumps(row, sort_keys=True).encode())
