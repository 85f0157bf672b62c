"""How sure a mean is, and whether two runs differ: bootstrap and randomisation, both seeded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SEED = 20140210  # any fixed number: the same data must give the same interval
RESAMPLES = 9999
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over `n` questions with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float
    n: int


def interval(values: Sequence[float]) -> Interval:
    """Percentile bootstrap over questions. Efron, Bootstrap Methods (Annals of Statistics 1979)."""
    from scipy.stats import bootstrap

    data = np.asarray(values, dtype=np.float64)
    if not data.size:
        raise ValueError("no values to take the mean of")
    centre = float(data.mean())
    if np.ptp(data) == 0:
        return Interval(centre, centre, centre, data.size)
    found = bootstrap(
        (data,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=1000,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return Interval(centre, float(found.low), float(found.high), data.size)


def randomisation_p(a: Sequence[float], b: Sequence[float]) -> float:
    """Two-sided p of the paired randomisation test on the difference of the means.

    Smucker, Allan and Carterette, A Comparison of Statistical Significance Tests for Information
    Retrieval Evaluation (CIKM 2007). Two equal runs give 1, and so does a single
    pair, whose two flips are equally far apart.
    """
    from scipy.stats import permutation_test

    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"{first.size} and {second.size} values cannot be paired")
    if first.size < 2 or np.array_equal(first, second):
        return 1.0
    found = permutation_test(
        (first, second),
        lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=1000,
        rng=np.random.default_rng(SEED),
    )
    return float(found.pvalue)
