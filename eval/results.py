"""Ours against the boxed baseline, both from one run: the tables of `docs/RESULTS.md`.

Every collection is indexed afresh, and each question is put to both systems on the same machine.
The page holds figures only, never words of the documents.
"""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from eval.adapters import ADAPTERS, sample, write
from eval.answers import GivenAnswer, given
from eval.asking import Progress, System, ask_all
from eval.compare import Difference, differences
from eval.corpus import Corpus
from eval.peers import open_tutorial
from eval.runs import Run, characters_per_passage, open_gold, score, write_lines
from index.config import Config
from index.errors import InputError
from index.indexing import add
from index.metadata import MetadataManifest
from index.news import Step
from index.snapshot import Snapshot
from index.store import IndexFolder
from rag.assistant import Assistant, open_assistant

DEPTH = 10
"""Hits of either system that are judged; the tutorial itself looks at 4, ours answers from 8."""

SHOWN = (
    "success@1", "success@5", "mrr@10", "correct", "supported", "citation_precision", "words",
    "abstention_recall",
)  # fmt: skip

BRIEFLY = ("success@1", "mrr@10", "supported", "false_abstention")
"""Shown of questions in another language than the documents."""

CROSSED_LIMIT = 200
"""Of those at most: the encoder is English, and a small table shows what that means."""

BENCHMARKS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "squad2": {"SQuAD 2.0": ["squad2_articles.json"]},
    "xquad": {
        "XQuAD, English": ["xquad.en.json"],
        "Spanish": ["xquad.es.json", "xquad.en.json"],
        "Arabic": ["xquad.ar.json", "xquad.en.json"],
        "Chinese": ["xquad.zh.json", "xquad.en.json"],
    },
    "pubmedqa": {"PubMedQA": ["pubmedqa.json"]},
}
"""By adapter: tables and their files. Two files: questions in another language."""

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the documents and questions are; `limit` questions of a benchmark are drawn."""

    bench: Path
    seeds: Path
    originals: Path
    limit: int
    seed: int


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents that are indexed once, with the gold files that ask about them by table title."""

    documents: Path
    golds: Mapping[str, Path]
    manifest: Path | None = None
    cross_language: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Result:
    """One table: both runs, and the mean length of a hit of each system, in characters."""

    title: str
    baseline: Run
    ours: Run
    characters: tuple[float, float]
    cross_language: bool = False

    @property
    def runs(self) -> tuple[Run, Run]:
        return self.baseline, self.ours

    def differences(self) -> list[Difference]:
        shown = BRIEFLY if self.cross_language else SHOWN
        return differences(self.baseline, self.ours, list(shown))


class _Deeper:
    """Ours as it is, with hits as deep as the baseline's: the answer is made of the usual ones."""

    name = "onrecord"

    def __init__(self, assistant: Assistant) -> None:
        self.fingerprint = assistant.fingerprint
        self._assistant = assistant

    def answer(self, question_id: str, question: str) -> GivenAnswer:
        answer = self._assistant.ask(question, question_id)
        return given(replace(answer, hits=self._assistant.search(question, DEPTH)), question_id)


def report(
    places: Places, out: Path, config: Config, runs: Path | None, progress: Progress | None
) -> Iterator[str]:
    """Makes the page `out`, and run files in the folder `runs`; a line for each table as it comes.

    Stops before the first question when the page could not be written.
    """
    save(out, None)
    found: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="onrecord-results-") as folder:
        listed, missing = collections(places, Path(folder))
        for number, collection in enumerate(listed):
            for result in results(collection, Path(folder, f"index-{number}"), config, progress):
                found.append(result)
                for run in result.runs if runs else ():
                    run.save(Path(runs or "", f"{result.title} {run.system}.jsonl"))
                yield f"{result.title}: {len(result.ours.rows)} questions"
    yield from (f"NOT RUN: {path} is not there" for path in missing)
    save(out, page(found, missing, places))


def collections(places: Places, work: Path) -> tuple[list[Collection], list[str]]:
    """What the results are made of, and what of it is not there. Benchmarks are sampled."""
    found: list[Collection] = []
    missing: list[str] = []
    for name, tables in BENCHMARKS.items():
        files = {title: [places.bench / file for file in names] for title, names in tables.items()}
        absent = sorted({str(p) for paths in files.values() for p in paths if not p.is_file()})
        if absent:
            missing += absent
        else:
            found.append(_converted(name, files, work / name, places))
    for title, documents, manifest in (
        ("briefs", places.seeds / "documents", None),
        ("originals", places.originals, places.seeds / "manifest.jsonl"),
    ):
        gold = places.seeds / "gold" / f"{title}.jsonl"
        absent = [str(path) for path in (documents, gold) if not path.exists()]
        if absent:
            missing += absent
        else:
            found.append(Collection(documents, {f"Seeds, {title}": gold}, manifest))
    return found, missing


def _converted(
    name: str, files: Mapping[str, list[Path]], work: Path, places: Places
) -> Collection:
    golds = {}
    for title, paths in files.items():
        out = work / title
        limit = places.limit if len(paths) == 1 else min(places.limit, CROSSED_LIMIT)
        write(sample(ADAPTERS[name](paths), limit, places.seed), out)
        golds[title] = out / "gold.jsonl"
    crossed = frozenset(title for title, paths in files.items() if len(paths) > 1)
    return Collection(work / next(iter(files)) / "documents", golds, None, crossed)


def results(
    collection: Collection, index: Path, config: Config, progress: Progress | None = None
) -> Iterator[Result]:
    """Indexes the documents in a new folder and puts every question to both systems."""
    snapshot = indexed(collection.documents, collection.manifest, index, config, progress)
    corpus = Corpus(snapshot.documents.values())
    tutorial = open_tutorial(index, DEPTH, progress)
    ours = _Deeper(open_assistant(index, config))
    systems: tuple[System, System] = (tutorial, ours)
    for title, path in collection.golds.items():
        gold = open_gold(path, corpus)
        if gold.not_run:
            raise InputError(f"{path}: {gold.not_run[0]}: document missing", "complete the corpus")
        runs, characters = [], []
        for system in systems:
            system.answer("first", gold.questions[0].question.question)  # pays for loading
            answers = ask_all(system, gold, progress=progress)
            runs.append(score(gold, answers, corpus, system=system.name, about={}))
            hits = (hit.text for answer in answers.values() for hit in answer.hits)
            characters.append(characters_per_passage(hits))
        lengths = (characters[0], characters[1])
        yield Result(title, runs[0], runs[1], lengths, title in collection.cross_language)


def indexed(
    documents: Path,
    manifest: Path | None,
    index: Path,
    config: Config,
    progress: Progress | None = None,
) -> Snapshot:
    """All documents of a folder in a new index. `InputError` when one cannot be read: figures over
    a part of a collection would flatter."""
    known = MetadataManifest.load(manifest) if manifest else None
    folder = IndexFolder(index)

    def told(step: Step) -> None:
        if progress:
            progress(step.done, step.total)

    added = add(folder, [str(documents)], config, manifest=known, listener=told)
    if added.failed:
        raise InputError(
            f"{len(added.failed)} documents were not indexed ({added.failed[0].reason})",
            "mend or remove them",
        )
    return folder.open()


def page(found: Iterable[Result], missing: Sequence[str], places: Places) -> list[str]:
    """The lines between the marks: a table for each result, then one for other languages."""
    made_by = f"onrecord eval results --limit {places.limit} --seed {places.seed}"
    lines = [f"Made by `{made_by}` on {machine()}.", ""]
    for path in missing:
        lines += [f"**NOT RUN**: {path} is not there.", ""]
    crossed: list[str] = []
    for result in found:
        rows = result.differences()
        if result.cross_language:
            crossed += [_row(f"{result.title}: {row.measure}", row) for row in rows]
            continue
        a, b = result.characters
        # Not the mean: one system is asked after the other, and the machine may be busy meanwhile.
        first, second = (median(run.values("seconds").values()) * 1000 for run in result.runs)
        lines += [
            *(f"### {result.title}", "", f"{len(result.ours.rows)} questions.", "", *_HEAD),
            *(_row(row.measure, row) for row in rows),
            f"| characters per hit | | {a:.0f} | {b:.0f} | {b - a:+.0f} | |",
            f"| median milliseconds | | {first:.0f} | {second:.0f} | {second - first:+.0f} | |",
            *("", _worse(rows), ""),
        ]
    if crossed:
        lines += ["### XQuAD, questions in other languages over English documents", "", *_HEAD]
        lines += [*crossed, ""]
    return lines


def save(path: Path, lines: Sequence[str] | None) -> None:
    """Replaces what stands between the marks of the page; what people wrote around it stays.

    Without lines it only makes sure that there is a place for them.
    """
    before = f"# Results\n\n{BEGIN}\n{END}\n"
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else before
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})", "name another with --out") from error
    head, begin, rest = before.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise InputError(f"{path}: no place for the tables", f"add the lines {BEGIN} and {END}")
    if lines is not None:
        text = "\n".join([f"{head}{BEGIN}", "", *lines, f"{END}{tail}"])
        write_lines(path, text.removesuffix("\n").split("\n"))


def machine() -> str:
    """The kind of machine, as far as timings depend on it."""
    model = platform.processor() or platform.machine()
    try:
        known = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n")
        model = next(
            (line.split(":", 1)[1].strip() for line in known if "model name" in line), model
        )
    except OSError:
        pass
    return (
        f"{os.cpu_count()} cores ({model}), {platform.system()}, "
        f"Python {platform.python_version()}, no GPU"
    )


_HEAD = ["| measure | n | tutorial | ours | difference | p |", "|---|---|---|---|---|---|"]


def _row(label: str, item: Difference) -> str:
    digits = 1 if item.measure == "words" else 3
    a, b = (
        f"{i.mean:.{digits}f} [{i.low:.{digits}f}, {i.high:.{digits}f}]"
        for i in (item.first, item.second)
    )
    change = f"{item.change:+.{digits}f}"
    change = f"**{change}**" if item.significant else change
    return f"| {label} | {item.first.n} | {a} | {b} | {change} | {item.p:.4f} |"


def _worse(found: Iterable[Difference]) -> str:
    names = [item.measure for item in found if item.is_loss]
    return f"Ours is significantly worse in: {', '.join(names) or 'no measure that has a p'}."
