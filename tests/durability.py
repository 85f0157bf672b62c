"""Stops, damages and searches indexes, and prints what became of them.

    python tests/durability.py kills --documents 200 --times 300
    python tests/durability.py faults
    python tests/durability.py flips --positions 2000
    python tests/durability.py removal
    python tests/durability.py disks

Each ends with 1 when something happened that must not, and shows an example of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import durability_bytes as of_bytes
import durability_disks as of_disks
import durability_kills as of_kills
import durability_steps as of_steps
from durability_state import Tally, table

MEMORY = Path("/dev/shm")  # noqa: S108 - where thousands of synced writes are quick

Named = Iterable[tuple[str, Tally]]


def show(tallies: Named, columns: Sequence[str], faults: Sequence[str]) -> bool:
    """Prints a table, and an example of each fault; True when there is any."""
    rows = {}
    examples: list[str] = []
    for name, tally in tallies:
        rows[name] = tally.counts
        shown = [f"{name}: {what}: {tally.examples.get(what)}" for what in faults
                 if tally.counts[what]]  # fmt: skip
        examples += shown
        news = ", ".join(f"{count:,} {what}" for what, count in tally.counts.items() if count)
        sys.stderr.write("".join(f"{line}\n" for line in [f"{name}: {news}", *shown]))
    every = Tally().counts
    for counts in rows.values():
        every.update(counts)
    rows |= {"all": every} if len(rows) > 1 else {}
    sys.stdout.write((table(columns, rows) if rows else "") + "\n")
    sys.stdout.write("".join(f"{line}\n" for line in examples))
    return bool(examples)


def kills(base: Path, given: argparse.Namespace) -> bool:
    tally = of_kills.kills(base, given.documents, given.times, given.seed)
    columns = (*of_kills.EXPECTED, *of_kills.FAULTS)
    lines = [f"{column:20}{tally.counts[column]:10,}" for column in columns]
    examples = [f"{what}: {example}" for what, example in tally.examples.items()]
    sys.stdout.write("\n".join([*lines, *examples]) + "\n")
    return bool(examples)


def faults(base: Path, given: argparse.Namespace) -> bool:
    found = of_steps.all_faults(
        base, given.only, stops=given.stops, seeds=given.cuts, trials=given.pairs
    )
    return show(found, of_steps.COLUMNS, of_steps.FAULTS)


def flips(base: Path, given: argparse.Namespace) -> bool:
    found = of_bytes.flips(base, given.positions, given.seed)
    return show(sorted(found.items()), of_bytes.FLIP_COLUMNS, of_bytes.FLIP_FAULTS)


def removal(base: Path, given: argparse.Namespace) -> bool:
    return show(of_bytes.removals(base), of_bytes.REMOVAL_COLUMNS, of_bytes.REMOVAL_FAULTS)


def disks(base: Path, given: argparse.Namespace) -> bool:
    several = of_disks.writers(base / "writers", given.writers, given.changes)
    bad = show([("writers at once", several)], of_disks.WRITER_COLUMNS, of_disks.WRITER_FAULTS)
    tried: list[tuple[str, Tally]] = []
    try:
        tried.append(("full disk", of_disks.full(base / "full", given.steps)))
        tried.append(("read-only disk", of_disks.read_only(base / "read-only")))
    except PermissionError as error:
        sys.stdout.write(f"skipped: no disk could be mounted ({error})\n")
    return show(tried, of_disks.DISK_COLUMNS, of_disks.DISK_FAULTS) or bad


COMMANDS: dict[str, Callable[[Path, argparse.Namespace], bool]] = {
    "kills": kills,
    "faults": faults,
    "flips": flips,
    "removal": removal,
    "disks": disks,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS)
    for name, default, help_ in (
        ("seed", 1, "of all that is drawn"),
        ("documents", 200, "kills: added at a time"),
        ("times", 300, "kills: additions killed"),
        ("stops", 0, "faults: stops of a change, of each kind; 0 is at each step"),
        ("cuts", 1, "faults: power cuts at each step, besides the one that loses most"),
        ("pairs", 100, "faults: power cuts while what was killed is mended"),
        ("positions", 2_000, "flips: bits flipped"),
        ("writers", 4, "disks: writers at once"),
        ("changes", 25, "disks: changes of each writer"),
        ("steps", 40, "disks: sizes of the room that is left"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=help_)
    parser.add_argument(
        "--only", nargs="*", choices=of_steps.CHANGES, default=list(of_steps.CHANGES),
        help="faults: of these changes",
    )  # fmt: skip
    given = parser.parse_args()
    where = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where, prefix="onrecord-durability-") as base:
        return int(COMMANDS[given.command](Path(base), given))


if __name__ == "__main__":
    sys.exit(main())
