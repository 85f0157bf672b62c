"""Reads many hostile files of every format in the sandbox, and prints what became of them.

    python tests/fuzz.py --files 10000 --seed 1

Nothing may stop the tool, and no file may take a worker longer or larger than its limits.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from mutations import Case, cases

from index.errors import InputError
from index.readers import FORMATS, Part, suffix_of
from index.reading import DEFAULTS
from index.sandbox import MEGABYTES, Sandbox
from index.sandbox_process import MemoryLimit, ReaderFault, TimeLimit, WorkerCrash

READ, REFUSED, FAULT = "read", "refused", "fault"
TIME, MEMORY, CRASH, TOOL, CHANGED = "time", "memory", "crash", "tool", "changed"
COLUMNS = (READ, REFUSED, FAULT, TIME, MEMORY, CRASH, CHANGED, TOOL)
"""Read; refused with a reason; a reader failed and did not say why; limits of a worker; a library
crashed with its worker; read otherwise the second time; anything else that escaped, which would
stop a real run."""

OURS = (FAULT, CHANGED, TOOL)
"""Faults of ours. What hangs, eats memory or crashes a library is what workers are for."""

KINDS = {TimeLimit: TIME, MemoryLimit: MEMORY, WorkerCrash: CRASH, ReaderFault: FAULT}
SAID = {
    "reading it took longer": TIME,
    "of memory": MEMORY,
    "its reader crashed": CRASH,
    "its reader failed": FAULT,
}
"""What stands in the reason for a file inside a container."""

TWICE = 20
"""Each so-manieth file is read again: the same bytes must give the same documents."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file; `faults` are those of files inside it."""

    case: Case
    kind: str
    seconds: float
    reason: str = ""
    documents: int = 0
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Row:
    """All files of one format."""

    counts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    name: str = ""


def read(sandbox: Sandbox, case: Case, again: bool = False) -> Outcome:
    """Reads a file, twice if asked to, and says what became of it. Raises nothing."""
    began = time.monotonic()
    documents, faults, seen = 0, [], []
    kind, reason = READ, ""
    try:
        for item in sandbox.parts(case.data, case.name, DEFAULTS):
            seen.append(hash(repr(item)) if again else 0)
            if isinstance(item, Part):
                documents += 1
            else:
                faults += [(k, item.reason) for said, k in SAID.items() if said in item.reason]
    except InputError as error:
        kind, reason = KINDS.get(type(error), REFUSED), str(error)
        if not error.what.startswith(case.name):
            kind, reason = TOOL, f"an error that does not name its file: {error}"
    except Exception as error:
        kind, reason = TOOL, repr(error)
    seconds = time.monotonic() - began
    if again and kind == READ:
        items = sandbox.parts(case.data, case.name, DEFAULTS)
        if [hash(repr(item)) for item in items] != seen:
            kind, reason = CHANGED, "read otherwise the second time"
    return Outcome(case, kind, seconds, reason, documents, tuple(faults))


def read_all(sandbox: Sandbox, made: Iterable[Case]) -> Iterable[Outcome]:
    """Outcomes in the order of the files, two at a time, few in memory."""
    coming = enumerate(made)
    with ThreadPoolExecutor(sandbox.workers) as pool:
        while batch := list(islice(coming, 8 * sandbox.workers)):
            yield from pool.map(lambda job: read(sandbox, job[1], job[0] % TWICE == 0), batch)


def tally(outcomes: Iterable[Outcome], keep: Path | None) -> tuple[dict[str, Row], list[Outcome]]:
    """The table's rows, and what is a fault of ours; those files are kept in a folder."""
    rows: dict[str, Row] = {}
    faults = []
    for outcome in outcomes:
        row = rows.setdefault(suffix_of(outcome.case.name), Row())
        row.counts[outcome.kind] += 1
        row.counts.update(kind for kind, _ in outcome.faults)
        if outcome.seconds > row.slowest:
            row.slowest, row.name = outcome.seconds, outcome.case.name
        if outcome.kind not in (READ, REFUSED) or outcome.faults:
            faults.append(outcome)
            if keep:
                (keep / outcome.case.name).write_bytes(outcome.case.data)
        elif outcome.seconds > SLOW and keep:
            (keep / f"slow-{outcome.case.name}").write_bytes(outcome.case.data)
    return rows, faults


SLOW = 5.0
"""Seconds after which a file that was read is worth a look."""


def table(rows: dict[str, Row]) -> str:
    lines = [f"{'format':10}{'files':>7}" + "".join(f"{c:>9}" for c in COLUMNS) + "   slowest"]
    total = Row()
    for suffix, row in [*sorted(rows.items()), ("all", total)]:
        files = sum(row.counts[column] for column in COLUMNS)
        counts = "".join(f"{row.counts[column]:9,}" for column in COLUMNS)
        lines.append(f"{suffix:10}{files:7,}{counts}   {row.slowest:.2f} s {row.name}")
        total.counts.update(row.counts)
        if row.slowest > total.slowest:
            total.slowest, total.name = row.slowest, row.name
    return "\n".join(lines)


def peaks() -> str:
    """Most memory that this process and any that it has started and ended ever held."""
    try:
        import resource
    except ImportError:
        return "peak memory: not known on this system"
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    own, workers = (
        resource.getrusage(who).ru_maxrss * unit / 2**20
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return f"peak memory: this process {own:,.0f} MiB, the largest worker {workers:,.0f} MiB"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="time limit for a file")
    parser.add_argument("--megabytes", type=int, default=MEGABYTES, help="memory for a file")
    parser.add_argument("--formats", nargs="*", default=list(FORMATS), help="endings, such as .pdf")
    parser.add_argument("--keep", type=Path, help="folder for the files that show a fault")
    given = parser.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    with Sandbox(given.seconds, given.megabytes) as sandbox:
        made = cases(given.formats, given.files, given.seed)
        rows, faults = tally(read_all(sandbox, made), given.keep)
    out = sys.stdout.write
    for outcome in faults:
        inner = "; ".join(reason for _, reason in outcome.faults)
        out(f"{outcome.kind}: {outcome.reason or inner}\n")
    out(f"{table(rows)}\n{peaks()}\n")
    return int(any(row.counts[kind] for row in rows.values() for kind in OURS))


if __name__ == "__main__":
    sys.exit(main())
