"""The ledger: which citations people looked up, and whether they found them right.

Kept with the index and only ever added to. A row holds the hash of the row before and its own, so
none can be altered, left out or moved unseen; `ledger.head` says how many count. Like the log of
intakes, a row has neither names nor content: it commits to a `Check` by a salted digest, and to the
intake of the document. The check itself lies in a file of its own and goes when the document goes
(`index.ledger_files`); the chain is verified without it, and the log of intakes says why it went.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from index import disk
from index.documents import sha256_hex
from index.errors import IndexDamaged, InputError
from index.intake import TOOL, canonical, parsed, utc_now
from index.intake_log import NOTHING, live
from index.ledger_files import FOLDER, HEAD, ROWS, forget, lock
from index.snapshot import Snapshot
from index.store import IndexFolder
from rag.ledger_rows import Check, Entry, Head, Row, verified


class Ledger:
    """The ledger of an index. For any number of processes; each change is whole or not there."""

    def __init__(self, folder: IndexFolder) -> None:
        self._folder = folder
        self._path = folder.path

    def add(self, check: Check, right: Check | None = None) -> list[Entry]:
        """Adds a check, and the words that should have been cited, as one change.

        Raises `InputError` when the words of either do not stand in the index as it is now: what
        was removed is not to come back.
        """
        try:
            with lock(self._path):
                snapshot, (head, _) = self._folder.open(), self._read()
                if right:
                    right = right.model_copy(update={"of": head.rows + 1})
                checks = [check, right] if right else [check]
                entries = list(_chained(head, checks, snapshot))
                self._write(head, entries)
        except OSError as error:
            raise InputError(
                f"{self._path}: could not write to the ledger ({error.strerror or error}), "
                "it is as it was before",
                "free some space, then try again",
            ) from error
        return entries

    def _write(self, head: Head, entries: Sequence[Entry]) -> None:
        """Checks first, then rows, then how far they count: what is stopped does not count."""
        self._drop_unfinished(head)
        for entry in entries:
            if entry.check:
                path = self._path / FOLDER / entry.check.document / f"{entry.row.row}.json"
                disk.ensure_folder(path.parent)
                disk.write_bytes(path, entry.check.to_json())
                disk.sync(path.parent)
        lines = b"".join(entry.row.line() for entry in entries)
        disk.append(self._path / ROWS, lines, at=head.bytes)
        last = entries[-1].row
        draft = self._path / f"{HEAD}.tmp"
        head = Head(rows=last.row, bytes=head.bytes + len(lines), hash=last.hash)
        disk.write_bytes(draft, canonical(head.model_dump()))
        disk.replace(draft, self._path / HEAD)
        disk.sync(self._path)

    def entries(self) -> list[Entry]:
        """All rows, each verified, with their checks. Raises `IndexDamaged`, also for a check that
        is not there although its document is."""
        try:
            return self._entries()
        except IndexDamaged:
            with lock(self._path):  # a removal may have been under way
                return self._entries()

    def _entries(self) -> list[Entry]:
        snapshot, (_, rows) = self._folder.open(), self._read()
        files = {int(path.stem): path for path in self._files()}
        present = live(self._folder.log())
        return [Entry(row, self._check(row, files.get(row.row), present, snapshot)) for row in rows]

    def faults(self) -> list[str]:
        """What is wrong with the ledger, for `check`; one line for each."""
        try:
            self.entries()
        except IndexDamaged as error:
            return [error.what]
        return self.left_over()

    def left_over(self) -> list[str]:
        """Checks of documents that are no longer in the index; one line for each document."""
        known = self._folder.open().documents
        folders = {path.parent for path in self._files()}
        return [
            f"{path}: a check of a document that is not in the index; "
            "the next change of the index deletes it"
            for path in sorted(folders)
            if path.name not in known
        ]

    def forget_removed(self) -> int:
        """Deletes the checks of documents that are no longer in the index; how many documents."""
        return forget(self._path, lambda: set(self._folder.open().documents))

    def _check(
        self, row: Row, path: Path | None, present: set[str], snapshot: Snapshot
    ) -> Check | None:
        try:
            data = path.read_bytes() if path else None
        except FileNotFoundError:  # a removal is quicker
            data = None
        if data is None or path is None:
            if row.intake in present:
                raise self._damaged(f"row {row.row}: its check is missing")
            return None
        if sha256_hex(data) != row.check:
            raise self._damaged(f"{path.name}: altered, its digest is not that of row {row.row}")
        try:
            check = Check.from_json(data)
        except (ValueError, TypeError) as error:
            raise self._damaged(f"{path.name}: {error}") from error
        return check if check.document in snapshot.documents else None

    def _read(self) -> tuple[Head, list[Row]]:
        """The head and the rows that it counts, each verified."""
        try:
            written = (self._path / HEAD).read_bytes()
        except FileNotFoundError:
            return Head(), []
        except OSError as error:
            raise self._damaged(f"{HEAD}: cannot be read ({error.strerror})") from error
        try:
            head = Head(**parsed(written))
            with (self._path / ROWS).open("rb") as file:
                data = file.read(head.bytes)
            rows = list(verified(data))
        except (OSError, ValueError, TypeError) as error:
            raise self._damaged(f"{ROWS}: {error}") from error
        last = rows[-1].hash if rows else NOTHING
        if (len(rows), len(data), last) != (head.rows, head.bytes, head.hash):
            raise self._damaged(f"{ROWS}: ends elsewhere than {HEAD} says")
        return head, rows

    def _drop_unfinished(self, head: Head) -> None:
        """Deletes checks of a writer that was stopped before its rows counted."""
        for path in self._files():
            if int(path.stem) > head.rows:
                disk.remove_file(path)

    def _files(self) -> list[Path]:
        return sorted((self._path / FOLDER).glob("[0-9a-f]*/[0-9]*.json"))

    def _damaged(self, why: str) -> IndexDamaged:
        return IndexDamaged(f"{self._path}: the ledger: {why}", "restore the index from a copy")


def _chained(head: Head, checks: Iterable[Check], snapshot: Snapshot) -> Iterator[Entry]:
    """A row for each check, behind those that are there. Raises `InputError`, see `Ledger.add`."""
    number, previous, time = head.rows, head.hash, utc_now()
    for check in checks:
        document = snapshot.documents.get(check.document)
        if document is None or document.text[check.start : check.end] != check.quote:
            raise InputError(
                f"{check.source}: the words that were checked are no longer in the index",
                "ask again, then check that answer",
            )
        number += 1
        row = Row(
            row=number,
            time=time,
            tool=TOOL,
            check=sha256_hex(check.to_json()),
            intake=snapshot.intake_of(document).digest(),
            previous=previous,
            hash=NOTHING,
        )
        row = row.model_copy(update={"hash": row.own_hash()})
        previous = row.hash
        yield Entry(row, check)
