"""`onrecord eval bench`: the parts of the retrieval against each other and against the boxed
baseline, on every collection there is.

Each question is put to all systems before the next one is, in an order that changes, so that their
times come from one run and their ratio means something where absolute times do not.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median

from eval.adapters import ADAPTERS, sample, write
from eval.answers import GivenAnswer, GivenHit
from eval.asking import Progress
from eval.compare import difference
from eval.corpus import Corpus
from eval.metrics import Case
from eval.peers import LangChainTutorial
from eval.ranking import retrieval
from eval.results import DEPTH, Places, indexed, machine
from eval.runs import Gold, characters_per_passage, open_gold, write_lines
from eval.significance import Interval, interval
from index.config import Config
from index.encoder import Encoder
from index.errors import InputError
from index.indexing import open_encoder
from index.snapshot import Snapshot
from index.store import IndexFolder
from rag.retrieval import Retriever

PRODUCT = "windows (the product)"

ABLATIONS: dict[str, dict[str, float | str]] = {
    "dense": {"rerank": "none", "dense_weight": 1.0},
    "keyword": {"rerank": "none", "dense_weight": 0.0},
    "hybrid": {"rerank": "none"},
    "late interaction over passages": {"rerank": "passages"},
    PRODUCT: {},
}
"""Settings that turn parts of the retrieval off; the last one is the product's default."""

WEIGHTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Shares of dense search that the left-out table chooses from."""

MEASURES = ("success@1", "success@5", "mrr@10")

PUBLIC = {
    "SQuAD 2.0": ("squad2", "squad2_articles.json"),
    "XQuAD, English": ("xquad", "xquad.en.json"),
    "PubMedQA": ("pubmedqa", "pubmedqa.json"),
}
"""Collections by title: adapter and file."""

Ask = Callable[[str], Sequence[GivenHit]]
Values = Mapping[str, Mapping[str, float]]
"""By question id and measure."""


@dataclass(frozen=True, slots=True)
class Source:
    """A gold file, and the documents it asks about or an index of them. Sources of one `family`
    share questions, so none of them says anything new about another."""

    title: str
    family: str
    gold: Path
    documents: Path | None = None
    manifest: Path | None = None
    index: Path | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One system on one collection; `p` of each measure against the product's, None for it."""

    system: str
    measures: Mapping[str, Interval]
    p: Mapping[str, float | None]
    characters_per_hit: float
    characters_per_passage: float
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Table:
    """All systems on one collection."""

    title: str
    questions: int
    documents: int
    passages: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A collection with the weight that is best on average on the others: success@1 there and with
    the default weight. `best` is the weight that would have been best here."""

    title: str
    weight: float
    hybrid: float
    hybrid_default: float
    best: float
    hybrid_best: float
    product: float
    product_default: float


class Opened:
    """A collection in memory, with the questions that have an answer in it."""

    def __init__(self, source: Source, snapshot: Snapshot, encoder: Encoder, config: Config):
        self.title, self.family = source.title, source.family
        self.snapshot = snapshot
        self.encoder = encoder
        self.config = snapshot.manifest.configured(config)
        self.corpus = Corpus(snapshot.documents.values())
        gold = open_gold(source.gold, self.corpus)
        if gold.not_run:
            raise InputError(
                f"{source.gold}: {gold.not_run[0]}: document missing", "complete the corpus"
            )
        self.gold: Gold = gold
        self.questions = [item for item in gold.questions if item.question.answerable]

    def asking(self, settings: Mapping[str, float | str]) -> Ask:
        """The retrieval with some settings changed, `DEPTH` hits deep."""
        changed = self.config.model_copy(update={**settings, "hits": DEPTH})
        retriever = Retriever(self.snapshot, self.encoder, changed)

        def ask(question: str) -> list[GivenHit]:
            return [
                GivenHit(
                    rank=hit.rank,
                    document=hit.document.id,
                    text=hit.passage.text,
                    start=hit.passage.span.start,
                    end=hit.passage.span.end,
                )
                for hit in retriever.search(question).hits
            ]

        return ask

    def values(self, hits: Mapping[str, Sequence[GivenHit]]) -> Values:
        """Measures of retrieval by question id."""
        cases = [
            Case(item, GivenAnswer(id=qid, hits=tuple(hits[qid])), self.corpus)
            for item in self.questions
            for qid in [item.question.id]
        ]
        return retrieval(cases)

    def success(self, settings: Mapping[str, float | str]) -> float:
        """Mean success@1 with some settings changed."""
        ask = self.asking(settings)
        hits = {item.question.id: ask(item.question.question) for item in self.questions}
        return fmean(row["success@1"] for row in self.values(hits).values())


def bench(
    sources: Sequence[Source],
    missing: Sequence[str],
    out: Path,
    config: Config,
    progress: Progress | None = None,
) -> Iterator[str]:
    """Measures collection by collection, and says the lines of each table as it comes. All of it is
    kept in `out`, as `bench.json` and `bench.md`."""
    tables: list[Table] = []
    opened: list[Opened] = []
    lines = [f"Made on {machine()}. p against the product, paired. **Bold**: p < .05.", ""]
    lines += [line for path in missing for line in (f"**NOT RUN**: {path} is not there.", "")]
    yield from lines
    with tempfile.TemporaryDirectory(prefix="onrecord-bench-") as work:
        for number, source in enumerate(sources):
            opened.append(_opened(source, Path(work, str(number)), config, progress))
            tables.append(compared(opened[-1], progress))
            found = table_lines(tables[-1])
            lines += found
            yield from found
        left = left_out(opened) if len({one.family for one in opened}) > 1 else []
    if left:
        found = left_lines(left, config.dense_weight)
        lines += found
        yield from found
    kept = {"machine": machine(), "missing": list(missing), "tables": [asdict(t) for t in tables]}
    kept["left_out"] = [asdict(row) for row in left]
    out.mkdir(parents=True, exist_ok=True)
    write_lines(out / "bench.json", [json.dumps(kept, indent=1)])
    write_lines(out / "bench.md", lines)


def public_and_seeds(places: Places, work: Path) -> tuple[list[Source], list[str]]:
    """All collections whose files are there, converted below `work`, and the files that are not."""
    found: list[Source] = []
    missing: list[str] = []
    for title, (adapter, name) in PUBLIC.items():
        path = places.bench / name
        if not path.is_file():
            missing.append(str(path))
            continue
        out = work / adapter
        benchmark = ADAPTERS[adapter]([path])
        write(sample(benchmark, places.limit, places.seed), out)
        found.append(Source(title, title, out / "gold.jsonl", out / "documents"))
    manifest = places.seeds / "manifest.jsonl"
    for title, gold, documents, known in (
        ("Seeds, briefs", "briefs", places.seeds / "documents", None),
        ("Seeds, originals", "originals", places.originals, manifest),
        ("Seeds, originals without manifest", "originals", places.originals, None),
    ):
        path = places.seeds / "gold" / f"{gold}.jsonl"
        absent = [str(p) for p in (path, documents) if not p.exists()]
        missing += [p for p in absent if p not in missing]
        if not absent:
            found.append(Source(title, "seeds", path, documents, known))
    return found, missing


def _opened(source: Source, index: Path, config: Config, progress: Progress | None) -> Opened:
    if source.documents:
        snapshot = indexed(source.documents, source.manifest, index, config, progress)
    else:
        snapshot = IndexFolder(source.index or index).open()
    return Opened(source, snapshot, open_encoder(snapshot, config.device), config)


def compared(opened: Opened, progress: Progress | None = None) -> Table:
    """Every system on one collection."""
    tutorial = LangChainTutorial(opened.snapshot.documents.values(), opened.encoder, DEPTH)
    systems: dict[str, Ask] = {LangChainTutorial.name: lambda q: tutorial.answer("", q).hits}
    systems |= {name: opened.asking(settings) for name, settings in ABLATIONS.items()}
    hits, seconds = asked(opened, systems, progress)
    values = {name: opened.values(found) for name, found in hits.items()}
    passages = characters_per_passage(p.text for p in opened.snapshot.passages)
    chunks = characters_per_passage(chunk.text for chunk in tutorial.chunks)
    return Table(
        opened.title,
        len(opened.questions),
        len(opened.corpus),
        len(opened.snapshot),
        tuple(
            Row(
                name,
                {m: interval([row[m] for row in values[name].values()]) for m in MEASURES},
                {m: _p(values, name, m) for m in MEASURES},
                fmean([len(hit.text) for found in hits[name].values() for hit in found] or [0]),
                chunks if name == LangChainTutorial.name else passages,
                1000 * median(seconds[name]),
            )
            for name in systems
        ),
    )


def asked(
    opened: Opened, systems: Mapping[str, Ask], progress: Progress | None
) -> tuple[dict[str, dict[str, Sequence[GivenHit]]], dict[str, list[float]]]:
    """Hits by system and question id, and the seconds of each."""
    hits: dict[str, dict[str, Sequence[GivenHit]]] = {name: {} for name in systems}
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    order = list(systems)
    for name in order:
        systems[name](opened.questions[0].question.question)  # pays for loading
    for number, item in enumerate(opened.questions, 1):
        for name in order:
            started = time.perf_counter()
            found = systems[name](item.question.question)
            seconds[name].append(time.perf_counter() - started)
            hits[name][item.question.id] = found
        order = [*order[1:], order[0]]
        if progress:
            progress(number, len(opened.questions))
    return hits, seconds


def _p(values: Mapping[str, Values], name: str, measure: str) -> float | None:
    if name == PRODUCT:
        return None
    first, second = (
        {qid: row[measure] for qid, row in values[system].items()} for system in (name, PRODUCT)
    )
    found = difference(first, second, measure)
    return found.p if found else None


def left_out(opened: Sequence[Opened]) -> list[LeftOut]:
    """For each collection the fusion weight chosen on the others, and what it is worth here."""
    default = opened[0].config.dense_weight
    weights = sorted({*WEIGHTS, default})
    hybrid = {
        one.title: {w: one.success({"rerank": "none", "dense_weight": w}) for w in weights}
        for one in opened
    }
    found = []
    for one in opened:
        weight = _chosen({o.title: o.family for o in opened}, hybrid, one.family)
        here = hybrid[one.title]
        best = max(WEIGHTS, key=here.__getitem__)
        product, usual = (one.success({"dense_weight": w}) for w in (weight, default))
        found.append(
            LeftOut(
                one.title, weight, here[weight], here[default], best, here[best], product, usual
            )
        )
    return found


def _chosen(
    families: Mapping[str, str], hybrid: Mapping[str, Mapping[float, float]], left: str
) -> float:
    """The weight with the best mean over the other families; of equal ones the smallest."""
    others = sorted(set(families.values()) - {left})

    def worth(weight: float) -> float:
        return fmean(
            fmean(hybrid[title][weight] for title, family in families.items() if family == other)
            for other in others
        )

    return max(WEIGHTS, key=worth)


def table_lines(table: Table) -> list[str]:
    """One collection as Markdown."""
    head = "| system | " + " | ".join(f"{m} | p" for m in MEASURES)
    product = next(row for row in table.rows if row.system == PRODUCT)
    return [
        f"### {table.title}",
        "",
        f"{table.questions} answerable questions, {table.documents} documents, "
        f"{table.passages} passages.",
        "",
        f"{head} | characters a hit | a stored passage | ms | ms / product |",
        "|---|" + "---|" * (2 * len(MEASURES) + 4),
        *(_line(row, product) for row in table.rows),
        "",
    ]


def _line(row: Row, product: Row) -> str:
    cells = []
    for measure in MEASURES:
        found, p = row.measures[measure], row.p[measure]
        cells.append(f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]")
        cells.append("" if p is None else f"**{p:.4f}**" if p < 0.05 else f"{p:.4f}")
    cells += [f"{row.characters_per_hit:.0f}", f"{row.characters_per_passage:.0f}"]
    cells += [f"{row.milliseconds:.1f}", f"{row.milliseconds / product.milliseconds:.2f}"]
    return f"| {row.system} | " + " | ".join(cells) + " |"


def left_lines(rows: Sequence[LeftOut], default: float) -> list[str]:
    """The left-out table as Markdown."""
    return [
        "### One collection left out",
        "",
        "The one weight of fusion (share of dense search), chosen for each collection as the best "
        "on average over the others (of the seeds, which share their questions, all are left out "
        f"together); the default is {default:g}. All figures are success@1.",
        "",
        "| left out | weight | hybrid | hybrid, default | best here | hybrid, best "
        "| product | product, default |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {r.title} | {r.weight:g} | {r.hybrid:.3f} | {r.hybrid_default:.3f} | {r.best:g} | "
            f"{r.hybrid_best:.3f} | {r.product:.3f} | {r.product_default:.3f} |"
            for r in rows
        ),
        "",
    ]
