"""`onrecord eval speed-intake`: adding thousands of documents, and one more to each size of index.

The documents are made of the sentences of public texts, drawn at random: real words in no order, no
two documents alike. The index grows by steps of the real command, each a process of its own; before
the first and after each, one more document is added and removed again a few times, so that one sees
whether that costs more in a larger index. Last, single large files tell what a document costs in
memory for each megabyte.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from eval.results import machine
from eval.runs import write_lines
from eval.speed_intake_corpus import Maker
from eval.speed_intake_page import markdown
from eval.speed_intake_probe import Stages, Warm, stages, warm
from eval.speed_process import Peak, Ran, onrecord
from index.errors import InputError
from index.store import IndexFolder

SINGLE = (1, 4, 16)
"""Megabytes of the large files."""

SAMPLE = 40
"""Documents in which the steps of the way are timed one by one: about a batch of passages."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: documents are made of the texts in `bench`; everything is written below
    `work` and deleted. `config` is a file of settings for all the commands."""

    bench: Path
    work: Path
    documents: int = 5000
    kilobytes: int = 20
    step: int = 1000
    rounds: int = 5
    single: Sequence[int] = SINGLE
    config: Path | None = None
    seed: int = 0

    @property
    def sizes(self) -> list[int]:
        """Of the index, in documents, after each step."""
        return [*range(self.step, self.documents, self.step), self.documents]


@dataclass(frozen=True, slots=True)
class Step:
    """An addition of many documents to an index that then holds `documents`."""

    documents: int
    passages: int
    added: int
    added_passages: int
    bytes: int
    seconds: float
    cpu: float | None
    peak: Peak | None
    load: float


@dataclass(frozen=True, slots=True)
class OneMore:
    """One document more in an index of `documents`: seconds of each `add` and `remove` as
    processes of their own, and of the same within a process that is warm."""

    documents: int
    passages: int
    segments: int
    add_seconds: tuple[float, ...]
    add_cpu: tuple[float, ...]
    remove_seconds: tuple[float, ...]
    peak: Peak | None
    warm: Warm
    load: float


@dataclass(frozen=True, slots=True)
class Single:
    """One large file added to a new index."""

    bytes: int
    passages: int
    seconds: float
    cpu: float | None
    peak: Peak | None


@dataclass(slots=True)
class Intake:
    """All that was measured so far."""

    machine: str
    kilobytes: int
    wanted: int
    stages: Stages | None = None
    steps: list[Step] = field(default_factory=list)
    one_more: list[OneMore] = field(default_factory=list)
    disk: dict[str, int] = field(default_factory=dict)
    single: list[Single] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(plan: Plan, out: Path) -> Iterator[str]:
    """Measures step by step and says a line about each; `out` holds what is known so far."""
    maker = Maker.of(plan.bench)
    found = Intake(machine(), plan.kilobytes, plan.documents)
    plan.work.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="intake-", dir=plan.work) as path:
        work = Path(path)
        for line in _measured(plan, maker, work, found):
            save(found, out)
            yield line


def _measured(plan: Plan, maker: Maker, work: Path, found: Intake) -> Iterator[str]:
    sample = maker.folder(work / "sample", SAMPLE, plan.kilobytes, plan.seed - 1)
    found.stages = stages(sample, plan.config)
    yield f"stages of the way, timed in {SAMPLE} documents"
    index, done = work / "index", 0
    if plan.documents:
        _emptied(plan, maker, work)
        yield _told(found, one_more(plan, maker, work, 0))
    for size in plan.sizes if plan.documents else ():
        folder = maker.folder(work / f"to-{size}", size - done, plan.kilobytes, plan.seed + size)
        found.steps.append(grown(plan, index, folder))
        done = size
        row = found.steps[-1]
        found.disk = disk(index)
        yield f"{size} documents: {row.added / row.seconds:.2f} a second, load {row.load:.1f}"
        yield _told(found, one_more(plan, maker, work, size))
    for megabytes in plan.single:
        found.single.append(single(plan, maker, work, megabytes))
        peak = found.single[-1].peak
        yield f"one file of {megabytes} MB: {peak.resident >> 20 if peak else 'not known'} MiB"


def _told(found: Intake, row: OneMore) -> str:
    found.one_more.append(row)
    cold, warm = median(row.add_seconds), median(row.warm.add)
    return f"one more to {row.documents}: {cold:.2f} s, {warm:.2f} s in a warm process"


def _emptied(plan: Plan, maker: Maker, work: Path) -> None:
    """An index of no documents, from which one was removed: what comes is the same for all."""
    file = maker.file(work / "first.txt", plan.kilobytes * 1000, plan.seed - 2)
    _add(plan, work / "index", file)
    _remove(plan, work / "index", file)


def grown(plan: Plan, index: Path, folder: Path) -> Step:
    """One step: all files of a folder, by one command."""
    before = IndexFolder(index).manifest()
    size = sum(path.stat().st_size for path in folder.iterdir())
    done = _add(plan, index, folder)
    now = IndexFolder(index).manifest()
    return Step(
        now.documents,
        now.passages,
        now.documents - before.documents,
        now.passages - before.passages,
        size,
        done.seconds,
        done.cpu,
        done.peak,
        _load(),
    )


def one_more(plan: Plan, maker: Maker, work: Path, documents: int) -> OneMore:
    """One document more and less, `rounds` times, in new processes and in a warm one."""
    index = work / "index"
    manifest = IndexFolder(index).manifest()
    files = [
        maker.file(work / f"more-{number}.txt", plan.kilobytes * 1000, plan.seed - 3 - number)
        for number in range(plan.rounds)
    ]
    added, removed = [], []
    for file in files:
        added.append(_add(plan, index, file))
        removed.append(_remove(plan, index, file).seconds)
    peaks = [done.peak for done in added if done.peak]
    highest = max(peaks, key=lambda peak: peak.resident) if peaks else None
    return OneMore(
        documents,
        manifest.passages,
        len(manifest.segments),
        tuple(done.seconds for done in added),
        tuple(done.cpu for done in added if done.cpu is not None),
        tuple(removed),
        highest,
        warm(index, files, plan.config),
        _load(),
    )


def single(plan: Plan, maker: Maker, work: Path, megabytes: int) -> Single:
    index = work / f"single-{megabytes}"
    file = maker.file(work / f"{megabytes}.txt", megabytes * 1_000_000, plan.seed - megabytes)
    done = _add(plan, index, file)
    passages = IndexFolder(index).manifest().passages
    return Single(file.stat().st_size, passages, done.seconds, done.cpu, done.peak)


def _add(plan: Plan, index: Path, path: Path) -> Ran:
    done = onrecord("add", *_options(plan, index), "--json", str(path))
    report = json.loads(done.output.strip().split("\n")[-1])
    files = len(list(path.iterdir())) if path.is_dir() else 1
    if len(report["added"]) != files:
        raise InputError(f"{path}: {len(report['added'])} of {files} were added", "see its message")
    return done


def _remove(plan: Plan, index: Path, file: Path) -> Ran:
    return onrecord("remove", *_options(plan, index), str(file))


def _options(plan: Plan, index: Path) -> list[str]:
    settings = ["--config", str(plan.config)] if plan.config else []
    return ["--index", str(index), *settings]


def _load() -> float:
    return round(os.getloadavg()[0], 2)


PARTS = {
    "texts": ("cards", "bodies", "layouts"),
    "token vectors": ("tokens", "headers"),
    "passage vectors": ("vectors",),
    "keywords": ("postings", "frequency"),
    "places of passages and sentences": ("places", "sentence_bounds", "sentences"),
    "originals": ("originals",),
    "records of intake": ("intakes", "intake", "digests", "files", "ids", "sources", "sketches"),
}
"""Files of an index by the first part of their name, or of their folder's."""


def disk(index: Path) -> dict[str, int]:
    """Bytes of all files of an index, by what they are for."""
    part_of = {name: part for part, names in PARTS.items() for name in names}
    found = dict.fromkeys([*PARTS, "the rest"], 0)
    for path in index.rglob("*"):
        if path.is_file():
            first = path.relative_to(index).parts[0]
            name = first if first == "originals" else path.name.split(".")[0]
            found[part_of.get(name, "the rest")] += path.stat().st_size
    return found


def save(found: Intake, out: Path) -> None:
    """`intake.json` and `intake.md`."""
    out.mkdir(parents=True, exist_ok=True)
    write_lines(out / "intake.json", [json.dumps(found.to_json(), indent=1)])
    write_lines(out / "intake.md", markdown(found.to_json()))
