"""Hostile files of every format, some of those that `tests/fuzz.py` makes by the thousand."""

from __future__ import annotations

import random

import pytest
from fuzz import OURS, READ, read
from mutations import TRICKS, Case, altered
from samples import samples

from index.readers import FORMATS
from index.sandbox import Sandbox

ALTERED = 7
PLAYED = 4
SECONDS = 5.0


def hostile(suffix):
    yield from (altered(suffix, f"test-{number}") for number in range(ALTERED))
    known = TRICKS.get(suffix, {})
    for name in random.Random(suffix).sample(sorted(known), min(PLAYED, len(known))):  # noqa: S311
        yield Case(f"{name}{suffix}", known[name]())


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(SECONDS) as box:
        yield box


@pytest.mark.parametrize("suffix", FORMATS)
def test_hostile_files_are_read_or_refused_with_a_reason(sandbox, suffix):
    outcomes = [read(sandbox, case, again=True) for case in hostile(suffix)]
    faults = [(o.case.name, o.kind, o.reason, o.faults) for o in outcomes
              if {o.kind, *(kind for kind, _ in o.faults)} & set(OURS)]  # fmt: skip
    assert faults == []
    assert any(outcome.kind == READ for outcome in outcomes)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_sample_that_nobody_altered_is_read(sandbox, suffix):
    """What is altered must have been sound, or nothing behind the first check is ever reached."""
    outcome = read(sandbox, Case(f"sample{suffix}", samples()[suffix]))
    assert (outcome.kind, outcome.faults) == (READ, ())
    assert outcome.documents
