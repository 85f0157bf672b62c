"""Two runs over the same gold: which measures differ beyond chance, and which questions changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from eval.metrics import LOWER_IS_BETTER
from eval.runs import Row, Run, same_questions
from eval.significance import Interval, interval, randomisation_p

PROPERTIES = frozenset({"quote_exactness", "attribution_kept"})

Outcome = Literal["lost", "won", "changed"]

ALPHA = 0.05
"""A difference with a smaller p is called significant, by convention of the field."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure in two runs, over the questions it applies to in either."""

    measure: str
    first: Interval
    second: Interval
    p: float

    @property
    def change(self) -> float:
        return self.second.mean - self.first.mean

    @property
    def significant(self) -> bool:
        return self.p < ALPHA

    @property
    def is_loss(self) -> bool:
        """True when the second run is significantly worse."""
        worse = self.change > 0 if self.measure in LOWER_IS_BETTER else self.change < 0
        return worse and self.significant


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose outcome or text is not the same in both runs."""

    id: str
    outcome: Outcome
    first: Row
    second: Row


def differences(first: Run, second: Run, measures: list[str] | None = None) -> list[Difference]:
    """Every measure of the runs with a paired randomisation test."""
    same_questions([first, second])
    names = measures or [n for n in first.measure_names if n in second.measure_names]
    found = [difference(first.values(name), second.values(name), name) for name in names]
    return [item for item in found if item is not None]


def difference(
    first: Mapping[str, float], second: Mapping[str, float], measure: str
) -> Difference | None:
    """One measure over two sets of values by question id; None when there is nothing to pair.

    A question that only one run has a value for (the other abstained, say) counts 0 for the other,
    so that a run cannot better its means by answering less. Two kinds of measure are compared over
    the questions that both have: costs (words, seconds), where 0 would be a prize, and properties
    of the citations of whatever was answered, where it would punish abstaining where due.
    """
    if measure in LOWER_IS_BETTER or measure in PROPERTIES:
        ids = [qid for qid in first if qid in second]
    else:
        ids = list(dict.fromkeys([*first, *second]))
    if not ids:
        return None
    a = [first.get(qid, 0.0) for qid in ids]
    b = [second.get(qid, 0.0) for qid in ids]
    return Difference(measure, interval(a), interval(b), randomisation_p(a, b))


def changes(first: Run, second: Run) -> list[Change]:
    """Questions that were lost, then won, then answered in other words; worst first."""
    same_questions([first, second])
    before = {row.id: row for row in first.rows}
    found = []
    for row in second.rows:
        old = before.get(row.id)
        if old is None:
            continue
        outcome = _outcome(old, row)
        if outcome:
            found.append(Change(row.id, outcome, old, row))
    order: dict[Outcome, int] = {"lost": 0, "won": 1, "changed": 2}
    return sorted(found, key=lambda change: order[change.outcome])


def _outcome(old: Row, new: Row) -> Outcome | None:
    if old.right and not new.right:
        return "lost"
    if new.right and not old.right:
        return "won"
    return "changed" if old.answer.text != new.answer.text else None
