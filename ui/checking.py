"""What people found of the citations of an answer: read from the ledger, and added to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from index.errors import InputError
from index.ledger_files import HEAD, ROWS
from index.store import IndexFolder
from rag.answer import Answer
from rag.ledger import Ledger
from rag.ledger_rows import Entry, are_initials, check_from
from ui.desk import Desk

Found = Literal["confirmed", "rejected"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody found of a citation: "confirmed" or "rejected", by whom (initials), with which
    note, when (UTC, ISO 8601), and in which row of the ledger it stands."""

    verdict: Found
    who: str
    note: str
    when: str
    row: int = 0


Places = Mapping[tuple[str, int, int], Verdict]
"""Verdicts by document, start and end."""


def verdicts(desk: Desk, answer: Answer) -> dict[int, Verdict]:
    """The last verdict on each citation of an answer, by its number; of those that nobody looked up
    there is none.

    A citation is known again by its words and their place, whatever question it answered. Raises
    `IndexDamaged` when the ledger is not as it was.
    """
    if not answer.citations:
        return {}
    found = standing(desk.folder)
    wanted = {
        citation.number: (citation.span.document_id, citation.span.start, citation.span.end)
        for citation in answer.citations
    }
    return {number: found[place] for number, place in wanted.items() if place in found}


def standing(folder: IndexFolder) -> Places:
    """The last verdict on each place of the documents of an index. Raises `IndexDamaged`."""
    return _standing(folder.path, folder.current(), _head(folder.path))


def _head(path: Path) -> tuple[bytes, int, int]:
    """How far the ledger counts, and when it was written to: something else after each change."""
    try:
        rows = (path / ROWS).stat()
        return (path / HEAD).read_bytes(), rows.st_size, rows.st_mtime_ns
    except FileNotFoundError:
        return b"", 0, 0


@lru_cache(maxsize=1)
def _standing(path: Path, generation: Path, head: tuple[bytes, int, int]) -> Places:
    """Those of the ledger with this head, beside this generation. Five thousand rows take 0.3 s to
    verify, which is too long for each answer."""
    return MappingProxyType(last_verdicts(Ledger(IndexFolder(path)).entries()))


def last_verdicts(entries: Iterable[Entry]) -> dict[tuple[str, int, int], Verdict]:
    """The last verdict on each place (document, start, end) of which there is one."""
    found: dict[tuple[str, int, int], Verdict] = {}
    for entry in entries:
        check = entry.check
        if check is None or check.verdict == "right":
            continue
        place = (check.document, check.start, check.end)
        found[place] = Verdict(
            check.verdict, check.initials, check.note, entry.row.time, entry.row.row
        )
    return found


def check(desk: Desk, answer: Answer, number: int, verdict: str, who: str, note: str = "") -> None:
    """Notes in the ledger what somebody with the initials `who` found of a citation.

    Raises `InputError` for a number that the answer does not cite, a verdict that is none, initials
    or a note that the ledger does not take, and words that are no longer in the index.
    """
    if verdict not in ("confirmed", "rejected"):
        raise InputError(f"{verdict!r} is no verdict", "say confirmed or rejected")
    who = who.strip()
    if not are_initials(who):
        raise InputError("these are no initials", "write up to 16 letters, beginning with one")
    # What a browser sends has its line ends as CR LF (HTML, "constructing the entry list").
    note = note.replace("\r\n", "\n").strip()
    given: Found = "confirmed" if verdict == "confirmed" else "rejected"
    documents = desk.latest().snapshot.documents
    made = check_from(answer.to_json(), number, documents, verdict=given, initials=who, note=note)
    Ledger(desk.folder).add(made)
