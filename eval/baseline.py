"""The committed baseline: what each question scored when the gate was last set, and nothing else.

Answers are not kept, since those over the originals quote texts that may not be copied. One line a
question, so that the diff of an update can be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.runs import Run, write_lines
from index.errors import InputError

FOLDER = Path(__file__).parent / "baselines"
DIGITS = 4
"""Kept of a value. Comparing a rounded with an unrounded one would find differences in nothing."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Values by measure and question id, over the gold file with this hash."""

    name: str
    gold_sha256: str
    values: Mapping[str, Mapping[str, float]]


def update_baseline(run: Run, measures: Iterable[str], folder: Path = FOLDER) -> Path:
    """Makes a run the baseline of its name. Commit the file; its diff says what changed."""
    path = folder / f"{run.name}.jsonl"
    columns = {measure: values_kept(run, measure) for measure in measures}
    head = {"run": run.name, "gold_sha256": run.about["gold_sha256"]}
    rows = [
        {
            "id": row.id,
            **{m: found[row.id] for m, found in columns.items() if row.id in found},
        }
        for row in run.rows
    ]
    write_lines(path, (json.dumps(line, ensure_ascii=False) for line in [head, *rows]))
    return path


def values_kept(run: Run, measure: str) -> dict[str, float]:
    """A run's values as a baseline has them."""
    return {qid: round(value, DIGITS) for qid, value in run.values(measure).items()}


def load_baseline(name: str, folder: Path = FOLDER) -> Baseline:
    """The baseline of a run's name; none, or one that cannot be read, is an error."""
    path = folder / f"{name}.jsonl"
    remedy = f"make it: onrecord eval baseline RUN, where RUN is a run of {name}"
    try:
        head, *rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        values: dict[str, dict[str, float]] = {}
        for row in rows:
            question = row.pop("id")
            for measure, value in row.items():
                values.setdefault(measure, {})[question] = float(value)
        return Baseline(head["run"], head["gold_sha256"], values)
    except OSError as error:
        raise InputError(f"{path}: no baseline ({error.strerror})", remedy) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a baseline file", remedy) from error
