"""Ablations: the same questions, the same index, one part of the retrieval at a time.

Both sides of every comparison come from one run on one machine, so their ratio means something
where their absolute times do not.
"""

from __future__ import annotations

from pathlib import Path

from eval.asking import OnRecord, ask_all
from eval.corpus import Corpus
from eval.runs import Run, open_gold, score
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


def ablations(index: Path, gold: Path) -> dict[str, Run]:
    """Runs every ablation over one index and gold file; 10 hits deep."""
    snapshot = IndexFolder(index).open()
    encoder = open_encoder(snapshot)
    corpus = Corpus(snapshot.documents.values())
    questions = open_gold(gold, corpus)
    runs = {}
    for name, settings in ABLATIONS.items():
        config = snapshot.manifest.configured(Config.model_validate({"hits": 10, **settings}))
        assistant = Assistant(snapshot, encoder, config)
        assistant.ask(questions.questions[0].question.question)  # the first one pays for loading
        answers = ask_all(OnRecord(assistant), questions)
        runs[name] = score(questions, answers, corpus, system=name, about={})
    return runs
