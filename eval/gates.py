"""Gates: a run is good enough, or the build is red and says by how much it is not.

Two kinds of threshold. A floor or ceiling is absolute, for promises such as exact quotes. For the
rest, "no significant loss against the committed baseline": noise does not turn the build red, a
real loss does.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from eval.baseline import FOLDER, load_baseline, values_kept
from eval.compare import ALPHA, Difference, difference
from eval.runs import Run
from index.errors import InputError


class Threshold(BaseModel):
    """A floor (`min`), a ceiling (`max`) or both for one measure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Threshold:
        if self.min is None and self.max is None:
            raise ValueError("needs min or max")
        return self


class Gate(BaseModel):
    """What is asked of one run: absolute limits, and measures that must not get worse."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limits: dict[str, Threshold] = {}
    no_loss: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _asks_something(self) -> Gate:
        if not self.limits and not self.no_loss:
            raise ValueError("a gate needs limits or no_loss")
        return self


class Verdict(Protocol):
    """One measure judged; as a string it names measure, value and threshold."""

    @property
    def passed(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class LimitVerdict:
    """A measure against its limits. A measure that the run does not have fails."""

    run: str
    measure: str
    value: float | None
    threshold: Threshold

    @property
    def passed(self) -> bool:
        low, high = self.threshold.min, self.threshold.max
        return (
            self.value is not None
            and (low is None or self.value >= low)
            and (high is None or self.value <= high)
        )

    def __str__(self) -> str:
        limits = ((">=", self.threshold.min), ("<=", self.threshold.max))
        wanted = " and ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None)
        value = "missing" if self.value is None else f"{self.value:.4f}"
        return f"{self.run}: {self.measure} {value}, wanted {wanted}"


@dataclass(frozen=True, slots=True)
class LossVerdict:
    """A measure against the committed baseline."""

    run: str
    measure: str
    difference: Difference | None

    @property
    def passed(self) -> bool:
        return self.difference is not None and not self.difference.is_loss

    def __str__(self) -> str:
        found = self.difference
        if found is None:
            return f"{self.run}: {self.measure} missing, wanted no loss against the baseline"
        return (
            f"{self.run}: {self.measure} {found.second.mean:.4f}, baseline {found.first.mean:.4f}, "
            f"p = {found.p:.4f}, wanted no loss with p < {ALPHA:g}"
        )


def load_gates(path: Path | None = None) -> dict[str, Gate]:
    """Gates by run name; the project's own `gates.toml` by default."""
    where = str(path) if path else "eval/gates.toml"
    try:
        file = path or resources.files("eval") / "gates.toml"
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        return TypeAdapter(dict[str, Gate]).validate_python(data)
    except OSError as error:
        raise InputError(f"{where}: cannot read ({error.strerror})", "check the path") from error
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        reason = str(error).splitlines()
        raise InputError(f"{where}: {' '.join(reason[:3])}", "mend it") from error


def judge(
    run: Run, gates: dict[str, Gate], baselines: Path = FOLDER
) -> list[LimitVerdict | LossVerdict]:
    """Everything that is asked of a run. A gate that checks nothing must not look green: a run
    without a gate, with rows not run, or over another gold file than its baseline's is an error.
    """
    if run.name not in gates:
        raise InputError(
            f"no gate for the run {run.name!r}", f"add a section [{run.name}] to the gates"
        )
    if run.not_run:
        raise InputError(
            f"{run.name}: {len(run.not_run)} questions were not run (first: {run.not_run[0]})",
            "add their documents to the index and run again",
        )
    gate, measures = gates[run.name], run.measures
    limits = [LimitVerdict(run.name, m, measures.get(m), t) for m, t in gate.limits.items()]
    return [*limits, *_losses(run, gate, baselines)]


def _losses(run: Run, gate: Gate, baselines: Path) -> list[LossVerdict]:
    if not gate.no_loss:
        return []
    before = load_baseline(run.name, baselines)
    if before.gold_sha256 != run.about.get("gold_sha256"):
        raise InputError(
            f"{run.name}: the gold file is not the one its baseline was made with",
            "if the change is meant: onrecord eval baseline RUN, and commit what it writes",
        )
    absent = [measure for measure in gate.no_loss if measure not in before.values]
    if absent:  # every run would be a gain over a measure that was never kept
        raise InputError(
            f"{run.name}: the baseline has no values for {', '.join(absent)}",
            "make it anew: onrecord eval baseline RUN, and commit what it writes",
        )
    return [
        LossVerdict(run.name, m, difference(before.values[m], values_kept(run, m), m))
        for m in gate.no_loss
    ]
