"""The part of the intake log that proves how the documents of a pack came into the index.

The rows from the first that tells of one of them to the end of the log, as they stand there: each
holds the hash of the one before, so the last hash commits to them all. Rows hold no names
(`index.intake_log`); what they say of these documents is told by their intakes, whose digests
they hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from index.intake import Intake, parsed
from index.intake_log import Entry, Head, Row, extended, live
from rag.evidence.records import DocumentRecord, LogRecord

_ENTRY = ("action", "digest", "replaces", "sha256")


def excerpt(rows: Sequence[Row], intakes: Iterable[Intake]) -> tuple[bytes, LogRecord | None]:
    """The rows as lines, and which they are; none where no row tells of the intakes."""
    digests = {intake.digest() for intake in intakes}
    first = next((n for n, row in enumerate(rows) if row.digest in digests), None)
    if first is None:
        return b"", None
    part = rows[first:]
    record = LogRecord(first=part[0].row, last=part[-1].row, hash=part[-1].hash)
    return b"".join(_line(asdict(row)) for row in part), record


def _line(row: dict[str, Any]) -> bytes:
    """A row as the log writes it behind the one before it."""
    entry = Entry(row["action"], row.get("digest"), row.get("replaces"), row.get("sha256"))
    line, _ = extended(Head(row["row"] - 1, 0, row["previous"]), [entry], row["time"], row["tool"])
    return line


def chain_faults(log: bytes, record: LogRecord | None) -> list[str]:
    """Where the rows are not as the log writes them, do not follow one another, or end elsewhere
    than the manifest says."""
    found: list[str] = []
    before: Row | None = None
    for number, line in enumerate(log.split(b"\n")[:-1], record.first if record else 1):
        try:
            row = _row(line)
        except ValueError as error:
            return [f"row {number} of the log: {error}"]
        if row.row != number or (before and row.previous != before.hash):
            found.append(f"row {number} of the log: does not follow the row before")
        before = row
    end = (before.row, before.hash) if before else None
    if end != ((record.last, record.hash) if record else None):
        found.append("the log does not end where the manifest says")
    if not log.endswith(b"\n") and log:
        found.append("the log: its last row has no end")
    return found


def _row(line: bytes) -> Row:
    """Raises `ValueError` for what is no row of a log."""
    values = parsed(line)
    try:
        row = Row(**dict.fromkeys((*_ENTRY, "row"), None) | values)  # type: ignore[arg-type]
        again = _line(values)
    except (KeyError, TypeError) as error:
        raise ValueError("none that a log has") from error
    if type(row.row) is not int or again != line + b"\n":
        raise ValueError("altered, its hash is another")
    return row


def document_faults(
    documents: Sequence[DocumentRecord], log: bytes, records: bytes
) -> Iterator[str]:
    """Where documents, their intakes and the rows do not fit together. The rows must be sound."""
    try:
        intakes = [Intake.from_json(line) for line in records.split(b"\n")[:-1]]
    except (ValueError, TypeError) as error:
        yield f"the intakes: {error}"
        return
    if lines_of(intakes) != records or len(intakes) != len(documents):
        yield f"{len(intakes)} intakes for {len(documents)} documents"
    staying = live(_row(line) for line in log.split(b"\n")[:-1])
    for document, intake in zip(documents, intakes, strict=False):
        if (intake.source, intake.sha256) != (document.source, document.sha256):
            yield f"{document.source}: its intake is of something else"
        if intake.digest() not in staying:
            yield f"{document.source}: no row of the log says that it came in and stayed"
        for name, value in intake.given.items():
            if getattr(document, name) != value:
                yield f"{document.source}: {name} is not what was given when it came in"


def lines_of(intakes: Iterable[Intake]) -> bytes:
    return b"".join(intake.to_json() + b"\n" for intake in intakes)
