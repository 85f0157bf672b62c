"""What `eval.bench_answers` measures, and the tables that it prints.

Whatever a run does not tell by itself (how long the first claim took, whether a claim has a number
that its quote has not) stands in a `Reply`, one line of the file that an interrupted bench leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.answer_facts import strange
from eval.answer_turns import Reply
from eval.compare import Difference, difference
from eval.runs import Row, Run
from eval.significance import Interval, interval


@dataclass(frozen=True, slots=True)
class Asked:
    """One system on one collection: its scored run, and its replies by question id."""

    system: str
    run: Run
    replies: Mapping[str, Reply]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is said of one system: means with intervals by measure, counts, and seconds as (p50,
    p95). `unquoted` is None for a system that cites nothing, `first` where nothing was proven."""

    system: str
    means: Mapping[str, Interval]
    failed: int
    fell_back: int
    claims: int
    withheld: int
    unquoted: int | None
    strange: int
    first: tuple[float, float] | None
    seconds: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems over the same questions, `second` minus `first`."""

    first: str
    second: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All systems on one collection; `of` is the number of questions there are."""

    title: str
    questions: int
    of: int
    figures: tuple[Figures, ...]
    pairs: tuple[Pair, ...]


def _proved(row: Row) -> float | None:
    """1 when an answer is correct and supported, both at once."""
    supported, correct = row.scores["supported"], row.scores["correct"]
    return supported if correct is None or supported is None else supported * correct


def _scored(name: str, kind: str | None = None) -> Callable[[Row], float | None]:
    return lambda row: row.scores[name] if kind in (None, row.kind) else None


MEASURES: dict[str, Callable[[Row], float | None]] = {
    "correct_and_supported": _proved,
    "correct": _scored("correct"),
    "supported": _scored("supported"),
    "words": _scored("words"),
    "abstention_recall.unanswerable": _scored("abstention_recall", "unanswerable"),
    "abstention_recall.out-of-domain": _scored("abstention_recall", "out-of-domain"),
    "abstention_recall.injection": _scored("abstention_recall", "injection"),
    "false_abstention": _scored("false_abstention"),
    "quote_exactness": _scored("quote_exactness"),
    "attribution_kept": _scored("attribution_kept"),
}
"""By name, from a question and its answer to a value, None where the measure does not apply."""

TESTED = (
    "correct_and_supported", "correct", "abstention_recall.unanswerable", "false_abstention",
    "words",
)  # fmt: skip


def figures(asked: Asked) -> Figures:
    """What is said of one system. Means are over all questions that a measure applies to; a
    question that failed is one of them."""
    replies = [asked.replies[row.id] for row in asked.run.rows]
    means = {name: list(_values(asked.run, name).values()) for name in MEASURES}
    quoting = [reply.unquoted for reply in replies if reply.unquoted is not None]
    return Figures(
        system=asked.system,
        means={name: interval(values) for name, values in means.items() if values},
        failed=sum(reply.answer.error is not None for reply in replies),
        fell_back=sum(reply.fell_back for reply in replies),
        claims=sum(len(reply.answer.claims) for reply in replies),
        withheld=sum(len(reply.withheld) for reply in replies),
        unquoted=sum(map(len, quoting)) if quoting else None,
        strange=sum(len(strange(reply.answer)) for reply in replies),
        first=_p50_p95([reply.first for reply in replies if reply.first is not None]),
        seconds=_p50_p95([reply.seconds for reply in replies]) or (0.0, 0.0),
    )


def _values(run: Run, measure: str) -> dict[str, float]:
    found = {row.id: MEASURES[measure](row) for row in run.rows}
    return {qid: value for qid, value in found.items() if value is not None}


def _p50_p95(seconds: Sequence[float]) -> tuple[float, float] | None:
    if not seconds:
        return None
    half, most = np.percentile(seconds, [50, 95])
    return float(half), float(most)


def table(title: str, of: int, asked: Sequence[Asked], against: Sequence[str]) -> Table:
    """Figures of all systems, and each paired with those of `against` that were asked."""
    runs = {one.system: one.run for one in asked}
    pairs = [
        Pair(first, second, tuple(_differences(runs[first], runs[second])))
        for number, first in enumerate(against)
        for second in runs
        if first in runs and second not in against[: number + 1]
    ]
    questions = len(asked[0].run.rows)
    return Table(title, questions, of, tuple(map(figures, asked)), tuple(pairs))


def _differences(first: Run, second: Run) -> Iterable[Difference]:
    for name in TESTED:
        # A cost keeps its name: it is compared over the questions that both answered.
        found = difference(_values(first, name), _values(second, name), name)
        if found:
            yield found


def table_lines(shown: Table) -> list[str]:
    """One collection as Markdown: figures of each system, then the paired tests."""
    sample = "" if shown.questions == shown.of else f", a sample of {shown.of}"
    columns = [figures.system for figures in shown.figures]
    return [
        f"### {shown.title}",
        "",
        f"{shown.questions} questions{sample}.",
        "",
        f"| measure | n | {' | '.join(columns)} |",
        "|---|---|" + "---|" * len(columns),
        *(_line(name, shown.figures) for name in MEASURES),
        *(
            f"| {label} | | {' | '.join(told(figures) for figures in shown.figures)} |"
            for label, told in COUNTS.items()
        ),
        "",
        *(_pair_lines(shown.pairs) if shown.pairs else ()),
    ]


COUNTS: dict[str, Callable[[Figures], str]] = {
    "claims shown": lambda f: "–" if f.unquoted is None else str(f.claims),
    "facts of claims not in their quotes": lambda f: "–" if f.unquoted is None else str(f.unquoted),
    "statements withheld": lambda f: "–" if f.unquoted is None else str(f.withheld),
    "numbers and dates in no passage, nor asked": lambda f: str(f.strange),
    "failed / fell back to extractive": lambda f: f"{f.failed} / {f.fell_back}",
    "s to first proven claim, p50 / p95": lambda f: _times(f.first),
    "s in all, p50 / p95": lambda f: _times(f.seconds),
}


def _times(pair: tuple[float, float] | None) -> str:
    return f"{pair[0]:.2f} / {pair[1]:.2f}" if pair else "–"


def _line(name: str, columns: Sequence[Figures]) -> str:
    found = [figures.means.get(name) for figures in columns]
    digits = 1 if name == "words" else 3
    sizes = {one.n for one in found if one}
    together = sizes.pop() if len(sizes) == 1 else ""  # else each says how many it answered
    cells = [
        f"{one.mean:.{digits}f} [{one.low:.{digits}f}, {one.high:.{digits}f}]"
        + ("" if together else f" ({one.n})")
        if one
        else "–"
        for one in found
    ]
    return f"| {name} | {together} | {' | '.join(cells)} |"


def _pair_lines(pairs: Sequence[Pair]) -> list[str]:
    names = [f"{pair.second} − {pair.first}" for pair in pairs]
    cells = {
        name: [
            next((_cell(item) for item in pair.differences if item.measure == name), "–")
            for pair in pairs
        ]
        for name in TESTED
    }
    return [
        f"| difference (p, paired) | {' | '.join(names)} |",
        "|---|" + "---|" * len(pairs),
        *(f"| {name} | {' | '.join(found)} |" for name, found in cells.items()),
        "",
    ]


def _cell(item: Difference) -> str:
    change = f"{item.change:+.{1 if item.measure == 'words' else 3}f}"
    return f"{f'**{change}**' if item.significant else change} ({item.p:.4f})"
