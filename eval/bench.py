"""Ablations: the same questions, the same index, one part of the retrieval at a time.

Both sides of every comparison come from one run on one machine, so their ratio means something
where their absolute times do not.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from eval.gold import load_gold, resolve
from eval.metrics import Case, mean, retrieval
from index.config import Config
from index.indexing import open_encoder
from index.store import IndexFolder
from rag.assistant import Assistant

ABLATIONS: dict[str, dict[str, float | bool]] = {
    "dense": {"rerank": False, "dense_weight": 1.0},
    "keyword": {"rerank": False, "dense_weight": 0.0},
    "hybrid": {"rerank": False},
    "late interaction": {},
}
"""Settings that turn parts of the retrieval off; the last one is the product's default."""

SHOWN = ("success@1", "success@5", "mrr@10", "correct", "supported")


@dataclass(frozen=True, slots=True)
class Ablation:
    """Means over the answerable questions, and the median time of one question, in seconds."""

    name: str
    measures: dict[str, float]
    seconds: float


def ablations(index: Path, gold: Path) -> list[Ablation]:
    """Runs every ablation over one index and gold file; 10 hits deep."""
    from eval.metrics import correct, supported

    snapshot = IndexFolder(index).open()
    encoder = open_encoder(snapshot)
    questions = [resolve(q, snapshot) for q in load_gold(gold) if q.answerable]
    known = [question for question in questions if question is not None]
    results = []
    for name, settings in ABLATIONS.items():
        config = snapshot.manifest.configured(Config.model_validate({"hits": 10, **settings}))
        assistant = Assistant(snapshot, encoder, config)
        assistant.ask(known[0].question.question)  # the first one pays for loading
        cases, times = [], []
        for item in known:
            started = time.perf_counter()
            answer = assistant.ask(item.question.question)
            times.append(time.perf_counter() - started)
            cases.append(Case(item, answer))
        found = retrieval(cases, snapshot)
        values: dict[str, float | None] = {
            measure: mean(row[measure] for row in found.values()) for measure in SHOWN[:3]
        }
        values |= {
            "correct": mean(map(correct, cases)),
            "supported": mean(map(supported, cases)),
        }
        measures = {name: value for name, value in values.items() if value is not None}
        results.append(Ablation(name, measures, statistics.median(times)))
    return results
