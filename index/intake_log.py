"""The log of intakes: what came into an index, was replaced and was removed, and in which order.

One file of JSON Lines, only ever added to. Each row holds the hash of the row before and its own
(SHA-256 of the row without `hash`, as canonical JSON), so none can be altered, left out or moved
without altering all that follow; the manifest of the generation in force holds the `Head`: how many
rows and bytes count, and the last hash. What stands behind was never committed and does not count.

    {"action":"added","digest":"5e...","hash":"9b...","previous":"00...","row":1,
     "time":"2026-02-11T08:30:00Z","tool":"onrecord 0.1.0"}

A row has neither names nor content: `digest` commits to an `Intake`, which lies beside the document
and goes with it. So the log is never rewritten, and nothing of what was removed can be read or
guessed from it but the SHA-256 of its bytes, which the row of a removal states. A row of a
replacement has the digests of both, the former one as `replaces`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index.documents import sha256_hex
from index.errors import IndexDamaged
from index.intake import Intake, canonical, is_time, parsed

NAME = "intake.jsonl"

NOTHING = "0" * 64
"""The hash before the first row."""

_KEYS = {
    "added": {"digest"},
    "replaced": {"digest", "replaces"},
    "removed": {"digest", "sha256"},
    "lost": {"digest"},
    "rebuilt": set[str](),
    "repaired": set[str](),
}
"""Actions, and what a row of each has besides `_ALWAYS`."""

_ALWAYS = {"row", "time", "tool", "action", "previous", "hash"}


_DETAILS = ("digest", "replaces", "sha256")

_LONGEST = 65_536
"""Bytes of a row at most: one has some 350. Damage that joins lines must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be logged. See `added`, `replaced`, `removed`, `REBUILT`, `REPAIRED`."""

    action: str
    digest: str | None = None
    replaces: str | None = None
    sha256: str | None = None

    def __post_init__(self) -> None:
        if {k for k in _DETAILS if getattr(self, k) is not None} != _KEYS.get(self.action):
            raise ValueError(f"not an entry: {self}")


def lost(digest: str) -> Entry:
    """A document, or all that was known of how it came in, was damaged beyond repair."""
    return Entry("lost", digest)


REBUILT = Entry("rebuilt")
REPAIRED = Entry("repaired")


def added(intake: Intake) -> Entry:
    return Entry("added", intake.digest())


def replaced(old: Intake, new: Intake) -> Entry:
    """A document whose source is in the index already."""
    return Entry("replaced", new.digest(), old.digest())


def removed(intake: Intake) -> Entry:
    return Entry("removed", intake.digest(), sha256=intake.sha256)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a log: its number of rows, its size, and the hash of its last row."""

    rows: int = 0
    bytes: int = 0
    hash: str = NOTHING


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it stands in the log, in the order of the keys of its JSON.

    `time` is that of the change, in UTC; `previous` and `hash` are described above.
    """

    action: str
    digest: str | None
    hash: str
    previous: str
    replaces: str | None
    row: int
    sha256: str | None
    time: str
    tool: str


def extended(head: Head, entries: Iterable[Entry], time: str, tool: str) -> tuple[bytes, Head]:
    """The bytes to write behind `head`, and the head of the log that has them."""
    if not is_time(time):
        raise ValueError(f"not a time in UTC: {time!r}")
    lines = []
    for entry in entries:
        details = {k: v for k, v in asdict(entry).items() if v is not None}
        number = head.rows + 1
        row = details | {"row": number, "time": time, "tool": tool, "previous": head.hash}
        own = sha256_hex(canonical(row))
        line = canonical(row | {"hash": own}) + b"\n"
        lines.append(line)
        head = Head(number, head.bytes + len(line), own)
    return b"".join(lines), head


def rows(path: Path, head: Head) -> Iterator[Row]:
    """The rows up to `head`, each verified against the one before, the last against the head.

    Raises `IndexDamaged`, also after some rows: nobody should act on them before the end.
    """
    number, previous, left = 0, NOTHING, head.bytes
    try:
        file = path.open("rb") if left else io.BytesIO()
        with file:
            while left and (line := file.readline(min(left, _LONGEST))):
                number, left = number + 1, left - len(line)
                row = _verified(line, number, previous)
                previous = row.hash
                yield row
    except OSError as error:
        raise _damaged(path, f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _damaged(path, f"row {number}: {error}") from error
    if (number, previous, left) != (head.rows, head.hash, 0):
        raise _damaged(path, f"ends after {number} of {head.rows} rows, or with another hash")


def read(path: Path, head: Head) -> list[Row]:
    """All rows up to `head`, verified. Raises `IndexDamaged`."""
    return list(rows(path, head))


def sound(path: Path, size: int) -> tuple[list[Row], Head]:
    """The rows before the first that is damaged, within the first `size` bytes, and their head."""
    found: list[Row] = []
    head = Head()
    try:
        with path.open("rb") as file:
            while line := file.readline(min(_LONGEST, size - head.bytes)):
                found.append(_verified(line, head.rows + 1, head.hash))
                head = Head(head.rows + 1, head.bytes + len(line), found[-1].hash)
    except (OSError, ValueError):
        return found, head
    return found, head


def live(rows: Iterable[Row]) -> set[str]:
    """Digests of the intakes that came in and did not go out again."""
    found: set[str] = set()
    for row in rows:
        found.discard((row.replaces if row.action == "replaced" else row.digest) or "")
        if row.action in ("added", "replaced") and row.digest:
            found.add(row.digest)
    return found


def unfinished(path: Path, head: Head) -> int:
    """Bytes behind `head`, left by a writer that was stopped: `disk.append` at `head.bytes` drops
    them."""
    return max(0, path.stat().st_size - head.bytes) if path.exists() else 0


def faults(rows: Iterable[Row], intakes: Iterable[Intake]) -> list[str]:
    """Where the log and the documents that are in the index do not fit together."""
    found: list[str] = []
    live: dict[str, int] = {}
    ended: dict[str, int] = {}
    for row in rows:
        gone = row.replaces if row.action == "replaced" else row.digest
        if row.action in ("replaced", "removed", "lost") and gone is not None:
            if live.pop(gone, None) is None:
                found.append(f"row {row.row} of the log: {row.action} what was not in the index")
            ended[gone] = row.row
        if row.action in ("added", "replaced") and row.digest is not None:
            if row.digest in live or row.digest in ended:
                found.append(f"row {row.row} of the log: {row.action} what had come in before")
            live[row.digest] = row.row
    for intake in intakes:
        digest = intake.digest()
        if live.pop(digest, None) is None:
            why = "no row of the log says how it came in"
            if digest in ended:
                why = f"row {ended[digest]} of the log says that it went out"
            found.append(f"{intake.source}: {why}")
    found += [f"row {n} of the log: what came in is not in the index" for n in live.values()]
    return found


def _verified(line: bytes, number: int, previous: str) -> Row:
    """A line as a row; raises `ValueError`, never another, for all but what `extended` writes."""
    if not line.endswith(b"\n"):
        raise ValueError("no end of line")
    row = parsed(line)
    action = row.get("action")
    details = _KEYS.get(action) if isinstance(action, str) else None
    if details is None or row.keys() != _ALWAYS | details:
        raise ValueError("not a row of this log")
    if any(not isinstance(value, str) for key, value in row.items() if key != "row"):
        raise ValueError("holds what is not text")
    if canonical(row) + b"\n" != line:
        raise ValueError("not in canonical form")
    if sha256_hex(canonical({k: v for k, v in row.items() if k != "hash"})) != row["hash"]:
        raise ValueError("altered, its hash is another")
    if row["previous"] != previous or type(row["row"]) is not int or row["row"] != number:
        raise ValueError("does not follow the row before")
    values: dict[str, Any] = dict.fromkeys(_DETAILS) | row
    return Row(**values)


def _damaged(path: Path, why: str) -> IndexDamaged:
    return IndexDamaged(f"{path}: {why}", "restore the index folder from a copy")
