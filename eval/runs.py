"""A run: what one system answered to every gold question, scored, with what made it.

A run file is JSON Lines: the first line describes the run, each further line is one question with
its scores and its answer. Two runs of the same thing differ in their timings only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from eval.answers import GivenAnswer, failed
from eval.corpus import Corpus
from eval.gold import GoldQuestion, ResolvedGold, load_gold_lines, resolve
from eval.metrics import MEASURES, Case, confidence, is_right, summarise
from eval.ranking import retrieval
from eval.risk import RiskPoint, aurc, risk_coverage
from index.documents import sha256_hex
from index.errors import InputError
from index.snapshot import Snapshot

Scores = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold file over a corpus: questions with their quotes located, and those not runnable."""

    name: str
    sha256: str
    questions: tuple[ResolvedGold, ...]
    not_run: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One question of a run. `right` is what risk is counted by, `confidence` orders the rows."""

    id: str
    kind: str
    lang: str
    scores: Scores
    right: bool
    confidence: float | None
    answer: GivenAnswer


@dataclass(frozen=True, slots=True)
class Run:
    """All rows of a gold file in its order. `not_run`: ids whose documents are not in the index."""

    name: str
    system: str
    about: Mapping[str, Any]
    rows: tuple[Row, ...]
    not_run: tuple[str, ...]

    @property
    def measures(self) -> dict[str, float]:
        """Means by measure, and the area under the risk-coverage curve."""
        return summarise((row.kind, row.scores) for row in self.rows) | {"aurc": aurc(self.curve())}

    def curve(self) -> list[RiskPoint]:
        """The risk-coverage curve; what was not answered is what it is least sure of."""
        least = float("-inf")
        return risk_coverage(
            (least if row.confidence is None else row.confidence, row.right) for row in self.rows
        )

    def values(self, measure: str) -> dict[str, float]:
        """Value by question id, of the questions the measure applies to."""
        found = {row.id: row.scores.get(measure) for row in self.rows}
        return {qid: value for qid, value in found.items() if value is not None}

    @property
    def measure_names(self) -> list[str]:
        """All measures that any row has a value for, in the order they were scored."""
        names = dict.fromkeys(name for row in self.rows for name in row.scores)
        return [
            name for name in names if any(row.scores.get(name) is not None for row in self.rows)
        ]

    def save(self, path: Path) -> None:
        """Writes the run file whole or not at all."""
        head = {
            "run": self.name,
            "system": self.system,
            "about": self.about,
            "questions": len(self.rows),
            "not_run": self.not_run,
            "measures": self.measures,
        }
        lines = [head, *map(_row_json, self.rows)]
        write_lines(path, (json.dumps(line, ensure_ascii=False) for line in lines))


def open_gold(path: Path, corpus: Corpus) -> Gold:
    """Reads a gold file and locates its quotes; at least one question must be runnable."""
    resolved, not_run = [], []
    for where, question in load_gold_lines(path):
        item = resolve(question, corpus, where)
        if item is None:
            not_run.append(question.id)
        else:
            resolved.append(item)
    if not resolved:
        raise InputError(
            f"{path}: none of the questions' documents is in the index",
            "add them: onrecord add PATH, or name another index with --index",
        )
    return Gold(path.stem, sha256_hex(path.read_bytes()), tuple(resolved), tuple(not_run))


def score(
    gold: Gold,
    answers: Mapping[str, GivenAnswer],
    corpus: Corpus,
    *,
    system: str,
    about: Mapping[str, Any],
) -> Run:
    """Scores answers, whoever gave them. A question without an answer is scored as failed."""
    cases = [Case(item, _answer_for(item.question, answers), corpus) for item in gold.questions]
    found = retrieval(cases)
    rows = tuple(_scored(case, found.get(case.gold.question.id, {})) for case in cases)
    about = {"gold": gold.name, "gold_sha256": gold.sha256, **about}
    return Run(gold.name, system, about, rows, gold.not_run)


def describe_index(snapshot: Snapshot) -> dict[str, Any]:
    """What a run says of the index it was made over."""
    manifest = snapshot.manifest
    return {
        "fingerprint": manifest.fingerprint,
        "onrecord": manifest.onrecord,
        "encoder": manifest.encoder,
        "encoder_sha256": manifest.encoder_sha256,
        "documents": manifest.documents,
        "passages": manifest.passages,
        "characters_per_passage": characters_per_passage(p.text for p in snapshot.passages),
    }


def characters_per_passage(texts: Iterable[str]) -> float:
    """Mean passage length: success@k means little without it."""
    lengths = [len(text) for text in texts]
    return round(sum(lengths) / len(lengths), 1) if lengths else 0.0


def load_run(path: Path) -> Run:
    """Reads a run file back; anything else is an error that names the line."""
    try:
        lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot read the run ({error})", "make it: onrecord eval run --out FILE"
        ) from error
    remedy = "make it again: onrecord eval run --out FILE"
    at = 1
    try:
        head = json.loads(lines[0])
        name, system, about, not_run = (head[key] for key in ("run", "system", "about", "not_run"))
        rows = []
        for line in lines[1:]:
            at += 1
            rows.append(_row(json.loads(line)))
        if len(rows) != head["questions"]:
            raise InputError(f"{path}: {len(rows)} of {head['questions']} questions", remedy)
        return Run(name, system, dict(about), tuple(rows), tuple(not_run))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(f"{path}:{at}: not a line of a run file", remedy) from error


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """A text file in one step: its old content stays until the new one is whole."""
    draft = path.with_name(path.name + ".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
        draft.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot write ({error.strerror})", "check the path") from error


def _answer_for(question: GoldQuestion, answers: Mapping[str, GivenAnswer]) -> GivenAnswer:
    missing = failed(question.id, question.question, "no answer was given")
    return answers.get(question.id, missing)


def _scored(case: Case, ranking: Mapping[str, float]) -> Row:
    question = case.gold.question
    return Row(
        id=question.id,
        kind=question.kind,
        lang=question.lang,
        scores={**{name: measure(case) for name, measure in MEASURES.items()}, **ranking},
        right=is_right(case),
        confidence=confidence(case),
        answer=case.answer,
    )


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "lang": row.lang,
        "scores": row.scores,
        "right": row.right,
        "confidence": row.confidence,
        "answer": row.answer.model_dump(mode="json"),
    }


def _row(data: Any) -> Row:
    return TypeAdapter(Row).validate_python(data)


def same_questions(runs: Sequence[Run]) -> None:
    """Raises `InputError` when runs are not about the same gold questions."""
    first = runs[0]
    for other in runs[1:]:
        if first.about.get("gold_sha256") != other.about.get("gold_sha256"):
            raise InputError(
                f"the runs {first.name!r} and {other.name!r} are over different gold files",
                "run both on the same gold",
            )
