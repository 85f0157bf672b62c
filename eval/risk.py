"""Risk and coverage: how wrong a system is if it answers only what it is surest of.

Geifman and El-Yaniv, Selective Classification for Deep Neural Networks (NeurIPS 2017): questions
are taken in order of confidence; coverage is the share taken, risk the share of wrong ones among
them. AURC is the mean risk over all coverages: 0 is perfect, the overall error rate is what a
confidence that says nothing gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """At this coverage (share of the questions), this share of the outcomes is wrong."""

    coverage: float
    risk: float


def risk_coverage(outcomes: Iterable[tuple[float, bool]]) -> list[RiskPoint]:
    """The curve of (confidence, right) pairs, one point each.

    Among equal confidences the order is chance, so each takes its share of their wrong outcomes:
    the curve does not depend on the order of the gold file.
    """
    ordered = sorted(outcomes, key=lambda outcome: -outcome[0])
    points: list[RiskPoint] = []
    wrong = 0
    for _, group in groupby(ordered, key=lambda outcome: outcome[0]):
        tied = [not right for _, right in group]
        taken = len(points)
        for n in range(1, len(tied) + 1):
            expected = wrong + sum(tied) * n / len(tied)
            points.append(RiskPoint((taken + n) / len(ordered), expected / (taken + n)))
        wrong += sum(tied)
    return points


def aurc(points: Sequence[RiskPoint]) -> float:
    """Area under the risk-coverage curve: the mean of its risks."""
    return sum(point.risk for point in points) / len(points) if points else 0.0
