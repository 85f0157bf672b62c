"""What every report shows, worked out once: our run, its peers, and what differs beyond chance.

A peer is the other side of each comparison: a change is ours minus the peer's, "lost" is what the
peer has right and we have not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.answers import GivenAnswer
from eval.compare import ALPHA, Change, Difference, changes, difference, differences
from eval.corpus import Corpus
from eval.metrics import LOWER_IS_BETTER, Case
from eval.runs import Gold, Row, Run, same_questions
from eval.significance import Interval, interval
from index.errors import InputError

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Answer": ("right", "correct", "supported", "nugget_recall", "completed", "words"),
    "Citation": (
        "quote_exactness", "citation_recall", "citation_precision", "superfluous_citations",
        "attribution_kept",
    ),
    "Abstention": ("abstention_recall", "false_abstention", "aurc"),
    "Retrieval": ("success@1", "success@5", "mrr@10", "ndcg@10", "doc_success@1", "seconds"),
}  # fmt: skip
"""The measures that are shown first. What else a run holds follows in a fold-out."""

COUNTS = frozenset({"words", "seconds", "superfluous_citations"})
"""Measures that are no shares: they have no place on a scale from 0 to 1."""

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Column:
    """One run in a table. `differences` and `changes` are against ours, and empty in our own."""

    label: str
    run: Run
    intervals: Mapping[str, Interval]
    differences: Mapping[str, Difference]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The first column is the run that is reported on. `cases` are its questions, in order."""

    columns: tuple[Column, ...]
    cases: Mapping[str, Case]

    @property
    def ours(self) -> Column:
        return self.columns[0]

    @property
    def peers(self) -> tuple[Column, ...]:
        return self.columns[1:]

    @property
    def measures(self) -> list[str]:
        """Names of all that was measured: the main ones first."""
        known = [name for names in GROUPS.values() for name in names]
        found = ["right", "aurc", *self.ours.run.measure_names]
        return sorted(found, key=lambda name: known.index(name) if name in known else len(known))


@dataclass(frozen=True, slots=True)
class Cell:
    """One mean. Without an interval where none is known (the area under a curve).

    `change` and `p` are against ours, paired; `verdict` says how ours stands to this one.
    """

    mean: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    change: float | None = None
    p: float | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """Seconds of one stage over the questions that report it."""

    name: str
    n: int
    p50: float
    p95: float


def prepare(runs: Sequence[Run], gold: Gold, corpus: Corpus) -> Report:
    """Checks that all belong together, and compares each peer with the first run."""
    if not runs:
        raise ValueError("a report needs a run")
    same_questions(runs)
    labels = _labels(runs)
    columns = [Column(labels[0], runs[0], _intervals(runs[0]), {}, ())]
    for label, peer in zip(labels[1:], runs[1:], strict=True):
        found = {item.measure: item for item in differences(peer, runs[0])}
        right = difference(_right(peer.rows), _right(runs[0].rows), "right")
        found |= {"right": right} if right else {}
        columns.append(Column(label, peer, _intervals(peer), found, tuple(changes(peer, runs[0]))))
    return Report(tuple(columns), _cases(runs[0], gold, corpus))


def cell(column: Column, measure: str) -> Cell | None:
    """A measure of a column; None where it has no value."""
    if measure == "aurc":
        return Cell(column.run.measures["aurc"])
    found = column.intervals.get(measure)
    return _cell(found, column.differences.get(measure), measure) if found else None


def breakdown(report: Report, part: Callable[[Row], str]) -> list[tuple[str, list[Cell | None]]]:
    """Share of right outcomes by a part of the questions (their kind, their language)."""
    ours = report.ours.run.rows
    rows = []
    for name in Counter(part(row) for row in ours):
        mine = _right(row for row in ours if part(row) == name)
        cells: list[Cell | None] = [_cell(interval(list(mine.values())), None, "right")]
        for peer in report.peers:
            theirs = _right(row for row in peer.run.rows if row.id in mine)
            found = difference(theirs, mine, "right")
            cells.append(_cell(found.first, found, "right") if found and theirs else None)
        rows.append((name, cells))
    return rows


def stages(run: Run) -> list[Stage]:
    """Median and 95th percentile of the seconds, by stage and in all; linear interpolation."""
    taken = [row.answer.seconds for row in run.rows if row.answer.seconds]
    names = dict.fromkeys(name for seconds in taken for name in seconds)
    values = {name: [s[name] for s in taken if name in s] for name in names}
    if taken:
        values[TOTAL] = [sum(seconds.values()) for seconds in taken]
    return [
        Stage(name, len(found), *(float(v) for v in np.percentile(found, (50, 95))))
        for name, found in values.items()
    ]


def failed(row: Row) -> bool:
    """True when a question ended in neither an answer nor an abstention."""
    return not (row.answer.answered or row.answer.declined)


def shortfall(case: Case, row: Row) -> str:
    """What was expected of an outcome that is not right; empty where it is."""
    question = case.gold.question
    if row.right:
        return ""
    if failed(row):
        return row.answer.error or "neither an answer nor an abstention"
    if not question.answerable:
        return f"answered; expected an abstention ({question.kind})"
    if row.answer.declined:
        return f"abstained; expected {_wanted(case)}"
    missing = [e for e in question.must if not says(row.answer, e)]
    present = [e for e in question.must_not if says(row.answer, e)]
    reasons = [
        f"expected the answer to match {_listed(missing)}" if missing else "",
        f"expected it not to match {_listed(present)}" if present else "",
    ]
    return "; ".join(filter(None, reasons)) or f"expected {_wanted(case)}"


def says(answer: GivenAnswer, expression: str) -> bool:
    """Whether a `must` or `must_not` matches, as `eval.metrics` counts it."""
    return re.search(expression, answer.statement, re.IGNORECASE) is not None


def _wanted(case: Case) -> str:
    question = case.gold.question
    if question.must:
        return f"an answer that matches {_listed(question.must)}"
    return f"{'every' if question.all_quotes else 'a'} gold quote to be cited"


def _listed(expressions: Iterable[str]) -> str:
    return " and ".join(f"/{expression}/" for expression in expressions)


def _cases(run: Run, gold: Gold, corpus: Corpus) -> dict[str, Case]:
    if run.about.get("gold_sha256") != gold.sha256:
        raise InputError(
            f"the run {run.name!r} was not made over this gold file",
            "name the one it was made over",
        )
    known = {item.question.id: item for item in gold.questions}
    if absent := [row.id for row in run.rows if row.id not in known]:
        raise InputError(
            f"the index lacks the documents of {len(absent)} questions (first: {absent[0]})",
            "name the index that the run was made over: --index DIR",
        )
    return {row.id: Case(known[row.id], row.answer, corpus) for row in run.rows}


def _labels(runs: Sequence[Run]) -> list[str]:
    """Names of systems; one that stands twice is numbered from its second time on."""
    seen: Counter[str] = Counter()
    labels = []
    for run in runs:
        seen[run.system] += 1
        labels.append(f"{run.system} ({seen[run.system]})" if seen[run.system] > 1 else run.system)
    return labels


def _intervals(run: Run) -> dict[str, Interval]:
    columns = {name: run.values(name) for name in run.measure_names} | {"right": _right(run.rows)}
    return {name: interval(list(found.values())) for name, found in columns.items() if found}


def _right(rows: Iterable[Row]) -> dict[str, float]:
    return {row.id: float(row.right) for row in rows}


def _cell(found: Interval, against: Difference | None, measure: str) -> Cell:
    if against is None:
        return Cell(found.mean, found.low, found.high, found.n)
    worse = against.change > 0 if measure in LOWER_IS_BETTER else against.change < 0
    verdict = ("worse" if worse else "better") if against.p < ALPHA else ""
    return Cell(found.mean, found.low, found.high, found.n, against.change, against.p, verdict)
