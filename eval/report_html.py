"""The report as one HTML page: what the template shows, worked out here, the words in the template.

The page loads nothing and runs nothing (no script; its own policy forbids one), so a hostile
document or answer finds no place to act. The template escapes every value.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from eval.metrics import MEASURES
from eval.report_data import (
    COUNTS,
    GROUPS,
    TOTAL,
    Cell,
    Column,
    Report,
    breakdown,
    cell,
    stages,
)
from eval.report_files import number
from eval.report_questions import QuestionView, question_views

FIGURES = {
    "right": "right outcomes",
    "supported": "supported by a gold quote",
    "quote_exactness": "quotes exact",
    "abstention_recall": "abstained where due",
}
"""Measures that stand large at the head of the page."""

WIDTH, HEIGHT = 640, 330
LEFT, RIGHT, TOP, BOTTOM = 86, 14, 14, 56
"""Size and margins of the risk-coverage plot, in its own units."""

_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Curve:
    """A risk-coverage curve as an SVG path; `x`, `y` are where the answers end."""

    label: str
    aurc: float
    path: str
    x: float
    y: float
    answered: float


def page(report: Report) -> str:
    """The whole page."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "words": words,
        "number": number,
        "flat": _flat,
        "breakable": _breakable,
    }
    source = resources.files("eval") / "report.html.j2"
    template = environment.from_string(source.read_text(encoding="utf-8"))
    kinds = Counter(row.kind for row in report.ours.run.rows)
    questions = question_views(report, list(kinds))
    filters = _filters(report, questions)
    top, curves = risk_plot(report)
    main = [(name, _lines(report, names)) for name, names in GROUPS.items()]
    shown = {name for names in GROUPS.values() for name in names}
    html = template.render(
        report=report,
        figures=_figures(report),
        main=[(name, lines) for name, lines in main if lines],
        rest=_lines(report, [name for name in report.measures if name not in shown]),
        definitions=_definitions(report),
        breakdowns={
            "Kind": breakdown(report, lambda row: row.kind),
            "Language": breakdown(report, lambda row: row.lang),
        },
        stages=[(column.label, stages(column.run)) for column in report.columns],
        curves=curves,
        risk_top=top,
        plot={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT,
              "top": TOP, "bottom": HEIGHT - BOTTOM},
        kinds=list(kinds.items()),
        filters=filters,
        empty=_empty(questions, [name for name, _, _ in filters], len(kinds)),
        questions=questions,
    )  # fmt: skip
    return html.lstrip()


def words(text: str) -> Markup:
    """Text as HTML whose text content is that text; controls that reorder text are shut in."""
    safe = str(escape(text)).replace("\r", "&#13;").replace("\0", "\N{REPLACEMENT CHARACTER}")
    shut = _BIDI.sub(lambda m: f'<bdi class="control">{m[0]}</bdi>', safe)
    return Markup(shut)  # noqa: S704  escaped above


def risk_plot(report: Report) -> tuple[float, list[Curve]]:
    """The highest risk on the axis, and each run's curve within the plot."""
    points = {column.label: column.run.curve() for column in report.columns}
    highest = max((p.risk for curve in points.values() for p in curve), default=0.0)
    top = max(math.ceil(highest * 10 - 1e-9) / 10, 0.1)
    return top, [_curve(column, top) for column in report.columns]


def _lines(report: Report, names: Iterable[str]) -> list[tuple[str, list[Cell | None], bool]]:
    """Rows of a table of measures: name, a cell for each run, and whether it is a share."""
    found = [(name, [cell(column, name) for column in report.columns]) for name in names]
    return [(name, cells, name not in COUNTS) for name, cells in found if any(cells)]


def _definitions(report: Report) -> dict[str, str]:
    """First sentences of the measures' own docstrings."""
    documented = {name: MEASURES[name].__doc__ for name in report.measures if name in MEASURES}
    return {name: doc.split("\n\n")[0] for name, doc in documented.items() if doc}


def _curve(column: Column, top: float) -> Curve:
    points = column.run.curve()
    answered = sum(row.confidence is not None for row in column.run.rows)

    def at(coverage: float, risk: float) -> tuple[float, float]:
        x = LEFT + coverage * (WIDTH - LEFT - RIGHT)
        return x, HEIGHT - BOTTOM - risk / top * (HEIGHT - TOP - BOTTOM)

    places = [at(p.coverage, p.risk) for p in points]
    path = " ".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(places))
    last = places[answered - 1] if answered else at(0, 0)
    share = answered / len(points) if points else 0.0
    return Curve(column.label, column.run.measures["aurc"], path, *last, share)


def _figures(report: Report) -> list[tuple[str, str, str]]:
    """What is said first: label, value, how sure or of how many."""
    ours = report.ours
    found = [(label, cell(ours, name)) for name, label in FIGURES.items()]
    figures = [
        (label, f"{100 * c.mean:.0f} %", f"{_spread(c)}{c.n} questions") for label, c in found if c
    ]
    total = [stage for stage in stages(ours.run) if stage.name == TOTAL]
    return figures + [
        ("median time", f"{1000 * s.p50:.0f} ms", f"95 % within {1000 * s.p95:.0f} ms")
        for s in total
    ]


def _spread(found: Cell) -> str:
    if found.low is None or found.high is None or found.low == found.high:
        return ""
    return f"{100 * found.low:.0f} to {100 * found.high:.0f} %, "


def _filters(report: Report, questions: Sequence[QuestionView]) -> list[tuple[str, str, int]]:
    """Class, label and count of each outcome that the list can be narrowed to."""
    labels = {name: name for name in ("right", "wrong", "abstained", "failed")}
    for position, peer in enumerate(report.peers):
        labels |= {f"{o}{position}": f"{o} against {peer.label}" for o in ("lost", "won")}
    counts = Counter(name for q in questions for name in q.classes)
    return [(name, label, counts[name]) for name, label in labels.items() if counts[name]]


def _empty(
    questions: Sequence[QuestionView], names: Iterable[str], kinds: int
) -> list[tuple[str, int]]:
    """Pairs of an outcome and the number of a kind that no question has."""
    known = {(name, q.kind) for q in questions for name in q.classes}
    return [pair for name in names for k in range(kinds) if (pair := (name, k)) not in known]


def _breakable(name: str) -> Markup:
    """A name that may be broken after an underscore, where a column is narrow."""
    return words(name).replace("_", Markup("_<wbr>"))


def _flat(about: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """What made a run, as (dotted key, value), however deep it is."""
    found: list[tuple[str, str]] = []
    for key, value in about.items():
        name = f"{prefix}{key}"
        found += _flat(value, f"{name}.") if isinstance(value, Mapping) else [(name, str(value))]
    return found
