"""`onrecord eval answers`: answers made with a chat model, without one, and by the framework's
recipe with the same model, over the same documents, in one run.

Each question is put to all systems before the next one is, in an order that changes, so that
whatever else the machine does hits all alike. Answers are kept as they come: a run that was killed
goes on where it was.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from eval.answer_tables import Asked, Table, table, table_lines
from eval.answer_turns import BASE, BASELINE, SYSTEMS, ask_in_turns, entrants
from eval.asking import Progress
from eval.bench import Source
from eval.corpus import Corpus
from eval.results import indexed, machine
from eval.runs import Gold, open_gold, score, write_lines
from index.config import Config
from index.documents import sha256_hex
from index.errors import InputError
from index.snapshot import Snapshot
from index.store import IndexFolder

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of whom: `systems` of SYSTEMS, at most `limit` questions of each source."""

    sources: tuple[Source, ...]
    missing: tuple[str, ...] = ()
    systems: tuple[str, ...] = SYSTEMS
    limit: int | None = None

    def __post_init__(self) -> None:
        for name in self.systems:
            if name not in SYSTEMS:
                raise InputError(f"unknown system {name!r}", f"known: {', '.join(SYSTEMS)}")
        if not self.systems or not self.sources:
            raise InputError("nobody or nothing to ask", "name --systems, and gold that is there")

    @property
    def needs_model(self) -> bool:
        return any(name != BASE for name in self.systems)


def briefs_and_originals(seeds: Path, originals: Path) -> tuple[list[Source], list[str]]:
    """The gold files and their documents, as far as they are there, and what is not."""
    found: list[Source] = []
    missing: list[str] = []
    for title, documents, manifest in (
        ("briefs", seeds / "documents", None),
        ("originals", originals, seeds / "manifest.jsonl"),
    ):
        gold = seeds / "gold" / f"{title}.jsonl"
        absent = [str(path) for path in (gold, documents) if not path.exists()]
        missing += absent
        if not absent:
            found.append(Source(title, "seeds", gold, documents, manifest))
    return found, missing


def bench_answers(
    plan: Plan, out: Path, config: Config, progress: Progress | None = None
) -> Iterator[str]:
    """Asks all, and says the lines of each table as it comes. In `out` are `answers.json`,
    `answers.md`, and for each collection a run file of each system and all replies side by side.

    `InputError` before the first question where the model is not there or does not answer.
    """
    model = _ready(config) if plan.needs_model else None
    named = config.model if plan.needs_model else "none"
    lines = [
        f"Made on {machine()}. Chat model: {named}. p of differences: the paired randomisation "
        "test. **Bold**: p < .05.",
        "",
        *(line for path in plan.missing for line in (f"**NOT RUN**: {path} is not there.", "")),
    ]
    yield from lines
    tables: list[Table] = []
    parts = [out / f"{source.title}.part" for source in plan.sources]
    for source, part in zip(plan.sources, parts, strict=True):
        with tempfile.TemporaryDirectory(prefix="onrecord-answers-") as work:
            snapshot = _snapshot(source, Path(work), config, progress)
            tables.append(_collection(source, plan, snapshot, config, model, part, progress))
        found = table_lines(tables[-1])
        lines += found
        yield from found
    kept = {
        "machine": machine(),
        "model": named,
        "missing": plan.missing,
        "limit": plan.limit,
        "tables": [asdict(one) for one in tables],
    }
    write_lines(out / "answers.json", [json.dumps(kept, indent=1)])
    write_lines(out / "answers.md", lines)
    for part in parts:
        part.unlink(missing_ok=True)


def _collection(
    source: Source,
    plan: Plan,
    snapshot: Snapshot,
    config: Config,
    model: BaseChatModel | None,
    part: Path,
    progress: Progress | None,
) -> Table:
    """All systems on one collection; their runs and all replies are saved beside `part`."""
    corpus = Corpus(snapshot.documents.values())
    whole = open_gold(source.gold, corpus)
    if whole.not_run:
        raise InputError(
            f"{source.gold}: {whole.not_run[0]}: document missing", "complete the corpus"
        )
    gold = sample(whole, plan.limit)
    listed = entrants(plan.systems, gold, snapshot, config, model)
    replies = ask_in_turns(listed, gold, part, progress)
    asked = []
    for entrant in listed:
        own = replies[entrant.name]
        answers = {qid: reply.answer for qid, reply in own.items()}
        about = {"key": entrant.key, "model": config.model, "questions": len(gold.questions)}
        run = score(gold, answers, corpus, system=entrant.name, about=about)
        run.save(part.with_name(f"{source.title} {entrant.name}.jsonl"))
        asked.append(Asked(entrant.name, run, own))
    beside = (replies[one.name][item.question.id] for item in gold.questions for one in listed)
    lines = (reply.model_dump_json() for reply in beside)
    write_lines(part.with_name(f"{source.title} replies.jsonl"), lines)
    return table(source.title, len(whole.questions), asked, (BASE, BASELINE))


def sample(gold: Gold, limit: int | None) -> Gold:
    """At most `limit` questions, of each kind about its share.

    Within a kind the order is that of the ids' SHA-256, and kinds take turns by their size: the
    same each time, and a smaller sample is part of a larger one.
    """
    if limit is None or limit >= len(gold.questions):
        return gold
    ranked: list[tuple[float, str]] = []
    by_kind = sorted(gold.questions, key=lambda item: item.question.kind)
    for _, of_kind in groupby(by_kind, key=lambda item: item.question.kind):
        hashes = sorted((sha256_hex(i.question.id.encode()), i.question.id) for i in of_kind)
        places = [(number + 0.5) / len(hashes) for number in range(len(hashes))]
        ranked += [(place, qid) for place, (_, qid) in zip(places, hashes, strict=True)]
    drawn = {qid for _, qid in sorted(ranked)[:limit]}
    return replace(gold, questions=tuple(i for i in gold.questions if i.question.id in drawn))


def _snapshot(source: Source, work: Path, config: Config, progress: Progress | None) -> Snapshot:
    if source.documents:
        return indexed(source.documents, source.manifest, work / "index", config, progress)
    return IndexFolder(source.index or work).open()


def _ready(config: Config) -> BaseChatModel:
    """The model, loaded, after a word from it: without one, all of ours would be extractive."""
    from rag.chat import open_chat, options_for, streamed
    from rag.chat_faults import failure

    if config.model is None:
        raise InputError("no chat model to bench", "name one with --model")
    model = open_chat(config.model, config.base_url, config.model_seconds)
    asked = [("user", "Say yes.")]
    try:
        "".join(streamed(model, asked, config.model_seconds, **options_for(model, 1)))
    except Exception as error:  # whatever a provider's package raises
        raise failure(model, error, config.model_seconds) from error
    return model
