"""Bootstrap and randomisation against closed forms, enumerations and other simulations."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from eval.significance import interval, randomisation_p


def test_the_bootstrap_of_shares_is_binomial() -> None:
    """Resampling 100 values of which 30 are 1: their mean is Binomial(100, 0.3) / 100."""
    found = interval([1.0] * 30 + [0.0] * 70)
    low, high = (float(binom.ppf(q, 100, 0.3)) / 100 for q in (0.025, 0.975))
    assert found.mean == pytest.approx(0.3)
    assert found.n == 100
    assert found.low == pytest.approx(low, abs=0.0101)  # one step of the distribution
    assert found.high == pytest.approx(high, abs=0.0101)


def test_the_bootstrap_against_another_simulation() -> None:
    data = np.random.default_rng(1).lognormal(size=60)
    found = interval(list(data))
    chance = np.random.default_rng(2)
    means = np.concatenate(
        [chance.choice(data, (10_000, 60)).mean(axis=1) for _ in range(10)]
    )  # fmt: skip
    spread = means.std()
    assert found.low == pytest.approx(np.quantile(means, 0.025), abs=0.1 * spread)
    assert found.high == pytest.approx(np.quantile(means, 0.975), abs=0.1 * spread)


def test_the_same_values_give_the_same_interval() -> None:
    values = [0.0, 1.0, 0.5, 1.0, 0.25, 0.0, 1.0]
    assert interval(values) == interval(values)
    assert interval([0.5] * 4) == interval([0.5] * 4)
    assert (interval([0.5] * 4).low, interval([0.5] * 4).high) == (0.5, 0.5)
    with pytest.raises(ValueError, match="no values"):
        interval([])


def by_enumeration(a: list[float], b: list[float]) -> float:
    """Share of all sign flips whose mean difference is as far from nought as the one seen."""
    differences = np.subtract(a, b)
    signs = np.array(list(itertools.product([1, -1], repeat=len(differences))))
    means = np.abs((signs * differences).mean(axis=1))
    return float((means >= abs(differences.mean()) - 1e-12).mean())


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("draw", [lambda r, n: r.random(n), lambda r, n: r.integers(0, 2, n)])
def test_randomisation_is_the_enumeration_of_all_flips(
    seed: int, draw: Callable[[np.random.Generator, int], Any]
) -> None:
    chance = np.random.default_rng(seed)
    size = int(chance.integers(2, 11))
    a, b = ([float(x) for x in draw(chance, size)] for _ in range(2))
    assert randomisation_p(a, b) == pytest.approx(by_enumeration(a, b))


def test_randomisation_by_hand() -> None:
    """Six pairs, all lost: 2 of 64 flips are as extreme. Five: 2 of 32."""
    assert randomisation_p([1.0] * 6, [0.0] * 6) == pytest.approx(2 / 64)
    assert randomisation_p([1.0] * 5, [0.0] * 5) == pytest.approx(2 / 32)
    assert randomisation_p([0.0, 1.0], [1.0, 0.0]) == 1
    assert randomisation_p([1.0], [0.0]) == by_enumeration([1.0], [0.0]) == 1
    assert randomisation_p([0.3, 0.7], [0.3, 0.7]) == 1
    with pytest.raises(ValueError, match="cannot be paired"):
        randomisation_p([1.0], [1.0, 0.0])


def test_randomisation_over_many_pairs_is_seeded_and_close_to_a_large_simulation() -> None:
    chance = np.random.default_rng(4)
    a = list(chance.random(80))
    b = list(np.array(a) - chance.normal(0.02, 0.1, 80))
    found = randomisation_p(a, b)
    assert found == randomisation_p(a, b) == pytest.approx(randomisation_p(b, a), abs=0.01)
    flips = chance.choice([1, -1], (100_000, 80))
    differences = np.subtract(a, b)
    share = (np.abs((flips * differences).mean(axis=1)) >= abs(differences.mean())).mean()
    assert found == pytest.approx(float(share), abs=0.015)
