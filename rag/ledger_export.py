"""The ledger for others: as JSON Lines or CSV, and as gold questions that it gives rise to."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from index.intake import canonical
from rag.ledger_rows import Check, Entry

COLUMNS = (
    *("row", "time", "verdict", "initials", "note", "question", "claim", "quote", "source"),
    *("title", "page", "paragraph", "document", "start", "end", "sha256", "unanswerable", "of"),
    *("answer", "hash"),
)

REMOVED = "removed"
"""Stands for the verdict of a check whose document is no longer in the index."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet compute a cell (OWASP, "CSV Injection")."""

_BEGIN = 8
"""Words: enough to know a sentence by, and no copy of it."""


def exported(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """A mapping for each row, all with the same keys."""
    rows = []
    for entry in entries:
        said = entry.check.model_dump() if entry.check else {"verdict": REMOVED}
        said |= {"row": entry.row.row, "time": entry.row.time, "hash": entry.row.hash}
        rows.append({column: said.get(column) for column in COLUMNS})
    return rows


def json_lines(entries: Iterable[Entry]) -> bytes:
    return b"".join(canonical(row) + b"\n" for row in exported(entries))


def csv_table(entries: Iterable[Entry]) -> bytes:
    """RFC 4180, UTF-8 with a byte order mark, by which spreadsheets know it. A cell that one would
    compute has an apostrophe before it."""
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, COLUMNS)
    writer.writeheader()
    for row in exported(entries):
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return table.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    computed = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if computed else value


@dataclass(slots=True)
class _Asked:
    """What came of checking the answers to one question."""

    first: int
    rejected: list[Check] = field(default_factory=list)
    right: list[Check] = field(default_factory=list)

    @property
    def unanswerable(self) -> bool:
        return not self.right and any(check.unanswerable for check in self.rejected)


def gold_rows(
    entries: Sequence[Entry], kind: str = "fact"
) -> tuple[list[dict[str, Any]], list[str]]:
    """Gold questions (contract, "Gold questions") of what was rejected, and the questions of which
    none can be made: nobody said which words are right, nor that there are none.

    `kind` is that of questions that have an answer. A quote is a pointer, for its words may not be
    copied; the words that were rejected must not be in the answer, unless the right ones have them.
    """
    rows, open_questions = [], []
    for question, asked in _by_question(entries).items():
        if not asked.right and not asked.unanswerable:
            open_questions.append(question)
            continue
        checks = asked.right or asked.rejected
        names = {check.document: PurePosixPath(check.source).name for check in checks}
        rows.append(
            {
                "id": f"ledger-{asked.first}",
                "question": question,
                "lang": checks[0].language or "en",
                "kind": kind if asked.right else "unanswerable",
                "documents": list(dict.fromkeys(names.values())),
                "quotes": [
                    {"document": names[c.document], "start": c.start, "end": c.end}
                    for c in asked.right
                ],
                "must": [],
                "must_not": list(_must_not(asked)) if asked.right else [],
                "needs_all": False,
            }
        )
    return rows, open_questions


def _by_question(entries: Sequence[Entry]) -> dict[str, _Asked]:
    """Rejected citations by question; of several checks of one place the last counts."""
    found: dict[str, _Asked] = {}
    for entry in _standing(entries):
        check = entry.check
        if check is None or check.verdict == "confirmed":
            continue
        asked = found.setdefault(check.question, _Asked(entry.row.row))
        (asked.right if check.verdict == "right" else asked.rejected).append(check)
    return found


def _standing(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Without checks that a later one of the same place overrules, and what came with them."""
    last: dict[tuple[object, ...], int] = {}
    for entry in entries:
        if (check := entry.check) and check.verdict != "right":
            last[check.question, check.document, check.start, check.end] = entry.row.row
    overruled = {
        entry.row.row
        for entry in entries
        if (check := entry.check)
        and check.verdict != "right"
        and last[check.question, check.document, check.start, check.end] != entry.row.row
    }
    for entry in entries:
        if entry.check and not {entry.row.row, entry.check.of} & overruled:
            yield entry


def _must_not(asked: _Asked) -> Iterator[str]:
    """Expressions for how the rejected words begin, whatever white space is between them."""
    for check in asked.rejected:
        words = check.quote.split()[:_BEGIN]
        expression = r"\s+".join(map(re.escape, words))
        if not any(re.search(expression, right.quote, re.IGNORECASE) for right in asked.right):
            yield expression
