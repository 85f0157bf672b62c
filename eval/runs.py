"""A run: every gold question put to an assistant, scored, and written down with what made it.

The first line of a run file describes the run (gold, index, configuration, means); each further
line is one question with its scores and the Answer as the contract has it. Two runs of the same
thing differ in their timings only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.gold import GoldQuestion, ResolvedGold, load_gold, resolve
from eval.metrics import MEASURES, Case, retrieval, summarise
from index.documents import sha256_hex
from index.errors import InputError
from index.store import Snapshot
from rag.answer import Answer
from rag.assistant import Assistant

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One question of a run: its gold id and kind, its scores, and its answer or error."""

    id: str
    kind: str
    scores: dict[str, float | None]
    answer: Answer | None
    error: str | None

    def to_json(self) -> dict[str, Any]:
        answer = self.answer.to_json() if self.answer else None
        return {
            "id": self.id,
            "kind": self.kind,
            "scores": self.scores,
            "error": self.error,
            "answer": answer,
        }


@dataclass(frozen=True, slots=True)
class Run:
    """All rows of a gold file in its order. `not_run` are rows whose documents are absent."""

    name: str
    about: dict[str, Any]
    rows: tuple[Row, ...]
    not_run: tuple[str, ...]

    @property
    def measures(self) -> dict[str, float]:
        return summarise((row.kind, row.scores) for row in self.rows)

    def save(self, path: Path) -> None:
        head = {
            "run": self.name,
            "about": self.about,
            "questions": len(self.rows),
            "not_run": list(self.not_run),
            "measures": self.measures,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".tmp")
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            for row in (head, *(row.to_json() for row in self.rows)):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        draft.replace(path)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What the first line of a run file says."""

    name: str
    questions: int
    not_run: tuple[str, ...]
    measures: dict[str, float]


def run_gold(assistant: Assistant, gold: Path, progress: Progress | None = None) -> Run:
    """Puts every question of a gold file to the assistant and scores what comes back."""
    questions = load_gold(gold)
    resolved, not_run = _resolve_all(questions, assistant.snapshot)
    cases = []
    for number, item in enumerate(resolved, 1):
        cases.append(_case(assistant, item))
        if progress:
            progress(number, len(resolved))
    manifest = assistant.snapshot.manifest
    about = {
        "gold": gold.name,
        "gold_sha256": sha256_hex(gold.read_bytes()),
        "fingerprint": assistant.fingerprint,
        "index": {
            "fingerprint": manifest.fingerprint,
            "onrecord": manifest.onrecord,
            "encoder": manifest.encoder,
            "encoder_sha256": manifest.encoder_sha256,
            "documents": manifest.documents,
            "passages": manifest.passages,
            "characters_per_passage": characters_per_passage(assistant.snapshot),
        },
        "config": assistant.config.model_dump(),
    }
    found = retrieval(cases, assistant.snapshot)
    rows = tuple(
        Row(
            id=case.gold.question.id,
            kind=case.gold.question.kind,
            scores={
                **{name: measure(case) for name, measure in MEASURES.items()},
                **found.get(case.gold.question.id, {}),
            },
            answer=case.answer,
            error=case.error,
        )
        for case in cases
    )
    return Run(gold.stem, about, rows, tuple(not_run))


def load_summary(path: Path) -> RunSummary:
    """The description at the head of a run file."""
    try:
        with path.open(encoding="utf-8") as file:
            head = json.loads(file.readline())
        return RunSummary(
            head["run"], head["questions"], tuple(head["not_run"]), dict(head["measures"])
        )
    except OSError as error:
        raise InputError(
            f"{path}: cannot read the run ({error.strerror})", "make it: onrecord eval run --out"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a run file", "make one: onrecord eval run --out") from error


def characters_per_passage(snapshot: Snapshot) -> float:
    """Mean passage length: success@k means little without it."""
    lengths = [len(passage.text) for passage in snapshot.passages]
    return round(sum(lengths) / len(lengths), 1) if lengths else 0.0


def _resolve_all(
    questions: Sequence[GoldQuestion], snapshot: Snapshot
) -> tuple[list[ResolvedGold], list[str]]:
    resolved, not_run = [], []
    for question in questions:
        item = resolve(question, snapshot)
        if item is None:
            not_run.append(question.id)
        else:
            resolved.append(item)
    if not resolved:
        raise InputError(
            "none of the gold questions' documents is in the index",
            "add them: onrecord add PATH, or name another index with --index",
        )
    return resolved, not_run


def _case(assistant: Assistant, gold: ResolvedGold) -> Case:
    """Asks one question. Whatever goes wrong is scored as a failure of that question."""
    try:
        return Case(gold, assistant.ask(gold.question.question, gold.question.id))
    except Exception as error:  # the denominator is the gold file: a crash must not shrink it
        return Case(gold, None, f"{type(error).__name__}: {error}")
