"""`onrecord eval speed`: indexing, searching, changing and opening, by size, in one run.

Everything that is compared is measured in turns on one machine, so that ratios mean something where
absolute times do not. Sizes beyond the real texts are synthetic (`eval.speed_corpus`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from eval.results import machine
from eval.runs import write_lines
from eval.speed_corpus import Pool, Real, drawn, facts, pool, real, vectors_only, write
from eval.speed_indexing import Indexing, indexing
from eval.speed_page import markdown, plot
from eval.speed_search import Recall, Serving, question_vectors, recall, serving
from eval.speed_stores import StoreRow, table
from index.codebooks import Floats
from index.config import Config
from index.encoder import ENCODERS, Encoder, Progress
from index.errors import InputError
from index.indexing import add, remove
from index.store import IndexFolder

SIZES = (1_000, 10_000, 100_000, 1_000_000)
STORE_ROWS = (1_000, 5_000, 10_000, 20_000, 50_000, 65_536)
PARTS = ("indexing", "stores", "cold", "search")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured and on what: `bench` holds the public texts, `seeds` the documents for the
    cold start; indexes are made below `work` and deleted."""

    bench: Path
    seeds: Path
    work: Path
    largest: int = 100_000
    questions: int = 300
    passages: int = 400
    rounds: int = 5
    store_rows: Sequence[int] = STORE_ROWS
    parts: Sequence[str] = PARTS
    seed: int = 0

    @property
    def sizes(self) -> list[int]:
        smaller = [size for size in SIZES if size < self.largest]
        return [*smaller, self.largest]


@dataclass(frozen=True, slots=True)
class Size:
    """One index: how it serves, what it takes, what changing it costs (seconds)."""

    passages: int
    segments: int
    write_seconds: float
    bytes_per_passage: float
    serving: Serving
    recall: Recall
    add_seconds: float
    remove_added_seconds: float
    remove_seconds: float


@dataclass(frozen=True, slots=True)
class Cold:
    """Seconds of `onrecord ask` from the start of its process to its end, in each run."""

    documents: int
    passages: int
    seconds: tuple[float, ...]


@dataclass(slots=True)
class Speed:
    """All that was measured; what was left out is None or empty."""

    machine: str
    load: list[float]
    corpus: dict[str, int] = field(default_factory=dict)
    indexing: Indexing | None = None
    stores: list[StoreRow] = field(default_factory=list)
    cold: Cold | None = None
    sizes: list[Size] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        found = asdict(self)
        if self.indexing:
            found["indexing"] |= {"ratio": self.indexing.ratio, "best": self.indexing.best}
        for row, size in zip(found["sizes"], self.sizes, strict=True):
            row["serving"] |= {f"p{n}": size.serving.percentile(n) for n in (50, 95, 99)}
            del row["serving"]["seconds"]
        return found


def measure(
    plan: Plan, out: Path, config: Config, progress: Progress | None = None
) -> Iterator[str]:
    """Measures part by part and says a line about each; `out` holds what is known so far."""
    if unknown := set(plan.parts) - set(PARTS):
        raise InputError(f"no part {sorted(unknown)[0]!r}", f"known: {', '.join(PARTS)}")
    speed = Speed(machine(), [])
    texts = real(plan.bench)
    if "indexing" in plan.parts:
        speed.indexing = indexing(texts.documents, config, plan.passages, plan.rounds)
        yield from _kept(speed, out, f"indexing: {speed.indexing.ratio:.2f} times the framework's")
    if "cold" in plan.parts:
        speed.cold = cold(plan, config)
        yield from _kept(speed, out, f"cold ask: {median(speed.cold.seconds):.2f} s")
    if {"stores", "search"} & set(plan.parts):
        encoder = ENCODERS[config.encoder](config.device)
        sentences = pool(texts.documents, encoder, config, progress)
        speed.corpus = facts(sentences)
        if "stores" in plan.parts:
            speed.stores = stores(plan, texts, sentences, encoder)
            yield from _kept(speed, out, f"vector stores: {len(speed.stores)} rows")
        for size in plan.sizes if "search" in plan.parts else ():
            speed.sizes.append(sized(plan, size, texts, sentences, encoder, config))
            p95 = 1000 * speed.sizes[-1].serving.percentile(95)
            yield from _kept(speed, out, f"{size} passages: p95 {p95:.1f} ms")


def _kept(speed: Speed, out: Path, line: str) -> Iterator[str]:
    speed.load.append(round(os.getloadavg()[0], 2))
    save(speed, out)
    yield line


def save(speed: Speed, out: Path) -> None:
    """`speed.json`, `speed.md` and, where sizes were measured, `speed.svg`."""
    out.mkdir(parents=True, exist_ok=True)
    write_lines(out / "speed.json", [json.dumps(speed.to_json(), indent=1)])
    write_lines(out / "speed.md", markdown(speed.to_json()))
    if speed.sizes:
        write_lines(out / "speed.svg", [plot(speed.to_json())])


def stores(plan: Plan, texts: Real, sentences: Pool, encoder: Encoder) -> list[StoreRow]:
    asked = drawn(texts.questions, plan.questions, plan.seed)
    questions = _vectors(encoder, asked)
    vectors = vectors_only(sentences, max(plan.store_rows), plan.seed)
    return table(vectors, questions, plan.store_rows)


def _vectors(encoder: Encoder, questions: Sequence[str]) -> Floats:
    import numpy as np

    return np.array([encoder.encode_query(question).vector for question in questions], np.float32)


def sized(
    plan: Plan, size: int, texts: Real, sentences: Pool, encoder: Encoder, config: Config
) -> Size:
    """Makes an index of one size, measures it and deletes it."""
    plan.work.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"index-{size}-", dir=plan.work) as path:
        folder = IndexFolder(Path(path, "index"))
        started = time.perf_counter()
        write(folder, sentences, encoder, config, size, plan.seed)
        written = time.perf_counter() - started
        asked = drawn(texts.questions, plan.questions, plan.seed)
        served = serving(folder.path, asked)
        snapshot = folder.open()
        found = recall(snapshot, question_vectors(snapshot, asked))
        segments = len(snapshot.segments)
        each = _bytes(folder.path) / size
        # Of the largest segment, the last: a removal writes it anew.
        victim = max(snapshot.segments, key=len).ids[-1].decode()
        new = Path(path, "one-more.txt")
        new.write_text(texts.documents[0].text, encoding="utf-8")
        changes = []
        for change in (
            lambda: add(folder, [str(new)], config),
            lambda: remove(folder, [str(new)]),
            lambda: remove(folder, [victim]),
        ):
            started = time.perf_counter()
            change()
            changes.append(time.perf_counter() - started)
    return Size(size, segments, written, each, served, found, *changes)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def cold(plan: Plan, config: Config) -> Cold:
    """`onrecord ask` on the seeds' index in new processes, the files being in the page cache."""
    question = "What did Tom Malinowski say about Russia?"
    with TemporaryDirectory(prefix="onrecord-speed-") as path:
        folder = IndexFolder(Path(path, "index"))
        report = add(folder, [str(plan.seeds)], config)
        command = [
            *(sys.executable, "-c", "from ui.cli import main; main()"),
            *("ask", "--index", str(folder.path), question),
        ]
        seconds = []
        for number in range(plan.rounds + 1):
            started = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode:
                raise InputError(f"onrecord ask failed: {done.stderr.strip()}", "see its message")
            if number:
                seconds.append(time.perf_counter() - started)
    return Cold(len(report.added), sum(row.passages for row in report.added), tuple(seconds))
