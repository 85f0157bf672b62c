"""`onrecord ledger`: which citations people looked up, and what they found."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from index.errors import InputError
from ui.cli_documents import open_folder
from ui.cli_evidence import read_answer
from ui.options import (
    DEFAULT_INDEX,
    ConfigOption,
    IndexOption,
    JsonOption,
    complain,
    say,
    say_json,
)

if TYPE_CHECKING:
    from index.snapshot import Snapshot
    from rag.ledger_rows import Check, Entry

ledger = typer.Typer(
    help="Citations that people confirmed or rejected, kept with the index.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_SPAN = re.compile(r"([0-9]{1,12})-([0-9]{1,12})")

OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="In place of standard output.")
]


ADD_EXAMPLE = 'Example: onrecord ledger add answer.json 1 --confirm --by RK --note "seen on p. 3"'


@ledger.command("add", epilog=ADD_EXAMPLE)
def add(
    answer: Annotated[Path, typer.Argument(metavar="ANSWER.json", help="From ask --json.")],
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the citation.")],
    confirm: Annotated[bool, typer.Option("--confirm/--reject", help="Right, or not.")],
    by: Annotated[str, typer.Option("--by", metavar="INITIALS", help="Who looked it up.")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT")] = "",
    right: Annotated[
        str | None,
        typer.Option("--right", metavar="ID_OR_SOURCE", help="Where the right words are."),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="START-END", help="Their code points there.")
    ] = None,
    unanswerable: Annotated[
        bool, typer.Option("--unanswerable", help="Rejected: the documents do not say it.")
    ] = False,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Notes that somebody looked a citation up, and whether its words say what is claimed."""
    from rag.ledger import Ledger
    from rag.ledger_rows import check_from

    if confirm and (right or at or unanswerable):
        raise InputError("--right, --at and --unanswerable go with --reject", "leave them out")
    if (right is None) != (at is None) or (right and unanswerable):
        raise InputError("--right needs --at, and no --unanswerable", "give both, or neither")
    folder = open_folder(index, config)
    snapshot = folder.open()
    verdict: Literal["confirmed", "rejected"] = "confirmed" if confirm else "rejected"
    check = check_from(
        read_answer(answer),
        number,
        snapshot.documents,
        verdict=verdict,
        initials=by,
        note=note,
        unanswerable=unanswerable,
    )
    instead = _right(check, snapshot, right, at) if right and at else None
    entries = Ledger(folder).add(check, instead)
    if as_json:
        from rag.ledger_export import exported

        say_json(exported(entries))
        return
    say("\n".join(map(_line, entries)))


def _right(check: Check, snapshot: Snapshot, name: str, at: str) -> Check:
    from rag.ledger_rows import right_words

    span = _SPAN.fullmatch(at)
    if not span:
        raise InputError(f"--at {at}: not a place", "give START-END in code points")
    return right_words(check, snapshot.find(name), int(span[1]), int(span[2]))


@ledger.command("list", epilog="Example: onrecord ledger list --json")
def list_checks(
    index: IndexOption = DEFAULT_INDEX, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Lists the checks, the chain of their rows verified. Exit code 3 when it is damaged."""
    from rag.ledger import Ledger
    from rag.ledger_export import exported

    entries = Ledger(open_folder(index, config)).entries()
    if as_json:
        say_json(exported(entries))
    elif entries:
        last = entries[-1].row.hash
        told = f"{len(entries)} rows, each verified; the last hash is\n      {last}"
        say("\n".join([*map(_line, entries), told]))
    else:
        say("no citation was checked yet; note one with: onrecord ledger add")


def _line(entry: Entry) -> str:
    row, check = entry.row, entry.check
    begin = f"{row.row:>5} {row.time[:16].replace('T', ' ')} "
    if check is None:
        return f"{begin} (removed)"
    words = " ".join(check.quote.split())
    shown = words if len(words) <= 72 else words[:71] + "…"
    note = f"\n      {check.note}" if check.note else ""
    where = f"{check.source} {check.start}-{check.end}"
    told = {"right": f"right instead of {check.of}"}.get(check.verdict, check.verdict)
    none = ", unanswerable" if check.unanswerable else ""
    return f"{begin} {told}{none} by {check.initials}: {where}\n      “{shown}”{note}"


@ledger.command("export", epilog="Example: onrecord ledger export --csv --out checks.csv")
def export(
    as_csv: Annotated[bool, typer.Option("--csv", help="In place of JSON Lines.")] = False,
    out: OutOption = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
) -> None:
    """The whole ledger as JSON Lines, or as CSV for a spreadsheet."""
    from rag.ledger import Ledger
    from rag.ledger_export import csv_table, json_lines

    entries = Ledger(open_folder(index, config)).entries()
    _put(csv_table(entries) if as_csv else json_lines(entries), out)


@ledger.command("gold", epilog="Example: onrecord ledger gold --kind number --out gold.jsonl")
def gold(
    kind: Annotated[str, typer.Option(help="Of the questions that have an answer.")] = "fact",
    out: OutOption = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
) -> None:
    """Rejected answers as gold questions: with the right words, or as unanswerable."""
    from typing import get_args

    from eval.gold import ABSTAIN_KINDS, Kind
    from index.intake import canonical
    from rag.ledger import Ledger
    from rag.ledger_export import gold_rows

    kinds = [known for known in get_args(Kind) if known not in ABSTAIN_KINDS]
    if kind not in kinds:
        raise InputError(f"--kind {kind}: no such kind", f"known: {', '.join(kinds)}")
    rows, open_questions = gold_rows(Ledger(open_folder(index, config)).entries(), kind)
    _put(b"".join(canonical(row) + b"\n" for row in rows), out)
    for question in open_questions:
        complain(f"{question!r}: nobody said which words are right; see: onrecord ledger add")


def _put(data: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(data)
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror})", "check it") from error
