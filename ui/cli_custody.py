"""`onrecord check`, `repair` and `log`: whether an index is sound, and how it came to be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import IndexMissing, InputError
from ui.cli_documents import open_folder
from ui.options import (
    DEFAULT_INDEX,
    ConfigOption,
    IndexOption,
    JsonOption,
    complain,
    progress_bar,
    say,
    say_json,
    settings_from,
)
from ui.stopping import stoppable

if TYPE_CHECKING:
    from index.documents import Document
    from index.intake_log import Row
    from index.snapshot import Snapshot
    from index.store import IndexFolder

_SHA256 = re.compile(r"[0-9a-f]{64}")


def check(
    index: IndexOption = DEFAULT_INDEX, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Re-verifies the whole index: files, spans, counts, originals, log. Exit code 1 on damage."""
    from index.store import damages
    from rag.ledger import Ledger
    from ui.terminal_changes import verified_text, waiting_text

    settings_from(config)
    folder = _existing(index)
    with progress_bar("verifying"):
        found = damages(folder) or Ledger(folder).faults()
    verified = None if found else _verified(folder)
    waiting = 0 if found else folder.waiting()
    if as_json:
        say_json({"damages": found, "verified": verified, "waiting": waiting})
    for line in found:
        complain(line)
    if found:
        complain("mend it: onrecord repair; or restore the index folder from a copy")
        raise typer.Exit(1)
    if verified and not as_json:
        say(verified_text(verified))
        if waiting:
            say(waiting_text(waiting))


def _existing(index: Path) -> IndexFolder:
    """The folder of an index, damaged or not. Raises `IndexMissing`."""
    from index.store import IndexFolder
    from ui.terminal_changes import waiting_text

    folder = IndexFolder(index)
    if not folder.exists() and (waiting := folder.waiting()):
        raise IndexMissing(f"{index}: no index here yet", waiting_text(waiting))
    if not folder.exists():
        folder.current()
    return folder


def _verified(folder: IndexFolder) -> dict[str, int]:
    """How much of everything was verified."""
    snapshot = folder.open()
    manifest = snapshot.manifest
    return {
        "documents": manifest.documents,
        "files": len(manifest.files),
        "originals": len({intake.sha256 for intake in snapshot.intakes() if intake.kept}),
        "log_rows": manifest.log.rows,
    }


def repair(
    index: IndexOption = DEFAULT_INDEX, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Mends what check finds: damaged documents are made anew from their originals.

    Exit code 1 when something is lost; it is named.
    """
    from index.repairing import repair as repair_index
    from ui.terminal_changes import repaired_text

    folder = _existing(index)
    with stoppable(folder), progress_bar("repairing"):
        report = repair_index(folder, settings_from(config))
    if as_json:
        say_json(asdict(report))
    else:
        say(repaired_text(report))
    for failure in report.lost:
        complain(f"lost: {failure.reason}")
    if report.lost:
        raise typer.Exit(1)


def log(
    name: Annotated[str | None, typer.Argument(metavar="ID_OR_SOURCE")] = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prints the chain of custody: what came in, was replaced and went out, when, by which tool.

    Every row is verified against the one before. Of what was removed there is the SHA-256 and no
    name; that SHA-256 may be given in place of a name.
    """
    from ui.progress import counted
    from ui.terminal_changes import log_text

    folder = open_folder(index, config)
    snapshot, rows = folder.open(), folder.log()
    intakes = {intake.digest(): intake for intake in snapshot.intakes()}
    shown = rows if name is None else _rows_of(name, snapshot, rows)
    if as_json:
        known = {digest: asdict(intake) for digest, intake in intakes.items()}
        say_json([asdict(row) | {"intake": known.get(row.digest or "")} for row in shown])
        return
    ended = {digest: row for row in rows for digest in _ended(row)}
    head = snapshot.manifest.log
    told = f"{counted(head.rows, 'row')}, each verified; the last hash is\n      {head.hash}"
    say("\n".join(part for part in (log_text(shown, intakes, ended), told) if part))


def _rows_of(name: str, snapshot: Snapshot, rows: Sequence[Row]) -> list[Row]:
    """The rows of a document, of those in a container, or of what has this SHA-256; and of what
    they replaced."""
    digests = {
        *(snapshot.intake_of(document).digest() for document in _documents(name, snapshot)),
        *(row.digest for row in rows if row.sha256 == name),
    }
    if not digests:
        raise InputError(
            f"nothing in the index has the SHA-256 {name}, and nothing that was removed had it",
            "see all rows: onrecord log",
        )
    for row in reversed(rows):
        if row.digest in digests and row.replaces:
            digests.add(row.replaces)
    return [row for row in rows if row.digest in digests]


def _documents(name: str, snapshot: Snapshot) -> list[Document]:
    if _SHA256.fullmatch(name):
        return [card for card in snapshot.cards if card.sha256 == name]
    inside = snapshot.inside(name)
    try:
        return [snapshot.find(name), *inside]
    except InputError as error:
        if inside:
            return inside
        what_now = "see: onrecord log (what was removed has no name there)"
        raise InputError(error.what, what_now) from error


def _ended(row: Row) -> Iterator[str]:
    """The digest of what went out of the index with a row."""
    gone = {"replaced": row.replaces, "removed": row.digest, "lost": row.digest}.get(row.action)
    if gone:
        yield gone
