"""Gates: a run is good enough, or the build is red and says by how much it is not."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from eval.runs import RunSummary
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


Gates = dict[str, dict[str, Threshold]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One measure of one run against its threshold."""

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
        low, high = self.threshold.min, self.threshold.max
        wanted = " and ".join(
            f"{sign} {limit:g}" for sign, limit in ((">=", low), ("<=", high)) if limit is not None
        )
        value = "missing" if self.value is None else f"{self.value:.4f}"
        return f"{self.run}: {self.measure} {value}, wanted {wanted}"


def load_gates(path: Path | None = None) -> Gates:
    """Thresholds by run name and measure; the project's own `gates.toml` by default."""
    where = str(path) if path else "eval/gates.toml"
    try:
        file = path or resources.files("eval") / "gates.toml"
        return TypeAdapter(Gates).validate_python(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(f"{where}: cannot read ({error.strerror})", "check the path") from error
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        reason = str(error).splitlines()
        raise InputError(f"{where}: {' '.join(reason[:3])}", "mend it") from error


def judge(run: RunSummary, gates: Gates) -> list[Verdict]:
    """All thresholds of a run's section. A run without a section, or with rows not run, is an
    error: a gate that checks nothing must not look green."""
    if run.name not in gates:
        raise InputError(
            f"no thresholds for the run {run.name!r}", f"add a section [{run.name}] to the gates"
        )
    if run.not_run:
        raise InputError(
            f"{run.name}: {len(run.not_run)} questions were not run (first: {run.not_run[0]})",
            "add their documents to the index and run again",
        )
    return [
        Verdict(run.name, measure, run.measures.get(measure), threshold)
        for measure, threshold in gates[run.name].items()
    ]
