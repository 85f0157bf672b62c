"""`onrecord eval`: gold questions against a system, comparisons, gates and reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from index.errors import InputError
from ui.options import (
    DEFAULT_CONFIG,
    DEFAULT_INDEX,
    BaseUrlOption,
    ConfigOption,
    IndexOption,
    JsonOption,
    ModelOption,
    RoleOption,
    StrictnessOption,
    complain,
    progress_bar,
    say,
    say_json,
    settings_from,
)

evaluation = typer.Typer(
    help="Gold questions against the assistant.", no_args_is_help=True, rich_markup_mode=None
)

GoldOption = Annotated[Path, typer.Option("--gold", metavar="FILE", help="Gold questions.")]
GatesOption = Annotated[
    Path | None, typer.Option("--gates", metavar="FILE", help="Instead of the project's own.")
]
BENCH = Path("../shared/bench")
BenchOption = Annotated[
    Path, typer.Option("--bench", metavar="DIR", help="squad2_articles.json and others.")
]
SeedsOption = Annotated[Path, typer.Option("--seeds", metavar="DIR", help="Briefs and gold.")]
OriginalsOption = Annotated[
    Path, typer.Option("--originals", metavar="DIR", help="The briefs' sources.")
]
LimitOption = Annotated[
    int, typer.Option("--limit", metavar="N", min=1, help="Questions of each benchmark.")
]
SeedOption = Annotated[int, typer.Option("--seed", metavar="S", help="Draws the questions.")]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A file made by eval run --out.")]


@evaluation.command("run", epilog="Example: onrecord eval run --gold seeds/gold/briefs.jsonl")
def eval_run(
    gold: GoldOption,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The run, kept.")
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", metavar="FILE", help="Score these answers instead of asking."),
    ] = None,
    name: Annotated[
        str,
        typer.Option(
            "--system", metavar="NAME", help="Or a peer: langchain-tutorial, langchain-chat."
        ),
    ] = "onrecord",
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    role: RoleOption = None,
    strictness: StrictnessOption = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Asks every gold question, or takes the answers of another system, and scores them.

    An interrupted run with --out goes on where it was when it is started again.
    """
    from eval.answers import load_answers
    from eval.asking import ask_all
    from eval.corpus import Corpus
    from eval.peers import open_system
    from eval.runs import describe_index, open_gold, score
    from index.store import IndexFolder
    from ui.terminal import run_text

    if answers and name != "onrecord":
        raise InputError("--answers and --system exclude each other", "give one of them")
    snapshot = IndexFolder(index).open()
    corpus = Corpus(snapshot.documents.values())
    questions = open_gold(gold, corpus)
    about: dict[str, object] = {"index": describe_index(snapshot)}
    if answers:
        ids = {item.question.id for item in questions.questions} | set(questions.not_run)
        found = load_answers(answers, ids)
        run = score(questions, found, corpus, system=answers.stem, about=about)
    else:
        settings = settings_from(
            config, model=model, base_url=base_url, model_role=role, strictness=strictness
        )
        system, known = open_system(name, index, settings)
        about |= known
        kept = out.with_name(out.name + ".part") if out else None
        with progress_bar("asking") as progress:
            found = ask_all(system, questions, kept, progress)
        run = score(questions, found, corpus, system=name, about=about)
    if out:
        run.save(out)
        out.with_name(out.name + ".part").unlink(missing_ok=True)
    if as_json:
        say_json({"run": run.name, "measures": run.measures})
    else:
        say(run_text(run))


@evaluation.command("compare", epilog="Example: onrecord eval compare before.jsonl after.jsonl")
def eval_compare(first: RunArgument, second: RunArgument, as_json: JsonOption = False) -> None:
    """Two runs over the same gold: each measure with its p value, and what changed, worst first."""
    from dataclasses import asdict

    from eval.compare import changes, differences
    from eval.runs import load_run
    from ui.terminal import comparison_text

    a, b = load_run(first), load_run(second)
    found, changed = differences(a, b), changes(a, b)
    if as_json:
        rows = [asdict(item) | {"change": item.change} for item in found]
        ids = [{"id": change.id, "outcome": change.outcome} for change in changed]
        say_json({"measures": rows, "changes": ids})
    else:
        say(comparison_text(a, b, found, changed))


@evaluation.command(
    "report",
    epilog="Example: onrecord eval report build/eval/briefs.jsonl --gold seeds/gold/briefs.jsonl "
    "--index build/eval/briefs --out build/eval/report",
)
def eval_report(
    run: RunArgument,
    gold: GoldOption,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where they are written.")],
    peers: Annotated[
        list[Path] | None, typer.Argument(metavar="PEER_RUN", help="Shown beside it.")
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """Writes a run as an HTML page, JUnit XML, TREC files and a summary for a pull request.

    Further runs over the same gold stand beside the first, with differences and p values.
    """
    from eval.corpus import Corpus
    from eval.reports import write_reports
    from eval.runs import load_run, open_gold
    from index.store import IndexFolder

    loaded = [load_run(path) for path in (run, *(peers or ()))]
    corpus = Corpus(IndexFolder(index).open().documents.values())
    for path in write_reports(loaded, open_gold(gold, corpus), corpus, out):
        say(f"written {path}")


@evaluation.command("gate", epilog="Example: onrecord eval gate build/eval/briefs.jsonl")
def eval_gate(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...")], gates: GatesOption = None
) -> None:
    """Holds runs to their limits and to the committed baseline. Exit code 1 names what fails."""
    from eval.gates import judge, load_gates
    from eval.runs import load_run

    asked = load_gates(gates)
    verdicts = [verdict for path in runs for verdict in judge(load_run(path), asked)]
    for verdict in verdicts:
        say(f"{'passed' if verdict.passed else 'FAILED'}  {verdict}")
    failed = sum(not verdict.passed for verdict in verdicts)
    if failed:
        complain(f"{failed} of {len(verdicts)} demands failed")
        raise typer.Exit(1)


@evaluation.command("baseline", epilog="Example: onrecord eval baseline build/eval/briefs.jsonl")
def eval_baseline(run: RunArgument, gates: GatesOption = None) -> None:
    """Makes a run the baseline that the gate compares with. Commit the file it names."""
    from eval.baseline import update_baseline
    from eval.gates import load_gates
    from eval.runs import load_run

    loaded, asked = load_run(run), load_gates(gates)
    if loaded.name not in asked:
        raise InputError(f"no gate for the run {loaded.name!r}", "add a section to the gates")
    say(f"written {update_baseline(loaded, asked[loaded.name].no_loss)}; commit it")


@evaluation.command("bench", epilog="Example: onrecord eval bench --limit 100")
def eval_bench(
    bench: BenchOption = BENCH,
    seeds: SeedsOption = Path("seeds"),
    originals: OriginalsOption = Path("../shared/seeds"),
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="For bench.json and bench.md.")
    ] = Path("build/bench"),
    gold: Annotated[
        Path | None,
        typer.Option("--gold", metavar="FILE", help="Only these questions, over --index."),
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
    limit: LimitOption = 500,
    seed: SeedOption = 0,
    config: ConfigOption = None,
) -> None:
    """Compares the parts of the retrieval with each other and with LangChain's tutorial.

    On public benchmarks and the seeds, in quality and time, in one run. Some ten minutes.
    """
    from tempfile import TemporaryDirectory

    from eval.bench import Source, public_and_seeds
    from eval.bench import bench as measured
    from eval.results import Places

    with TemporaryDirectory(prefix="onrecord-bench-") as work, progress_bar("asking") as progress:
        if gold:
            sources, missing = [Source(gold.stem, gold.stem, gold, index=index)], list[str]()
        else:
            places = Places(bench, seeds, originals, limit, seed)
            sources, missing = public_and_seeds(places, Path(work))
        for line in measured(sources, missing, out, settings_from(config), progress):
            say(line)


@evaluation.command("answers", epilog="Example: onrecord eval answers --limit 6")
def eval_answers(
    seeds: SeedsOption = Path("seeds"),
    originals: OriginalsOption = Path("../shared/seeds"),
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="For answers.json, answers.md and runs.")
    ] = Path("build/bench/answers"),
    gold: Annotated[
        Path | None,
        typer.Option("--gold", metavar="FILE", help="Only these questions, over --index."),
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
    systems: Annotated[
        str, typer.Option("--systems", metavar="NAMES", help="With commas between.")
    ] = "extractive,judge,write,langchain-chat",
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="Questions of each collection, by kind."),
    ] = None,
    model: ModelOption = "gguf:qwen2.5-coder-1.5b",
    base_url: BaseUrlOption = None,
    strictness: StrictnessOption = None,
    config: ConfigOption = None,
) -> None:
    """Compares answers made with a chat model, without one, and by LangChain's tutorial with the
    same model: same documents, same questions, one run.

    All questions take a 1.5B model some four hours on two cores. Goes on after an interruption.
    """
    from eval.bench import Source
    from eval.bench_answers import Plan, bench_answers, briefs_and_originals

    if gold:
        sources, missing = [Source(gold.stem, gold.stem, gold, index=index)], list[str]()
    else:
        sources, missing = briefs_and_originals(seeds, originals)
    plan = Plan(tuple(sources), tuple(missing), tuple(systems.split(",")), limit)
    settings = settings_from(config, model=model, base_url=base_url, strictness=strictness)
    with progress_bar("asking") as progress:
        for line in bench_answers(plan, out, settings, progress):
            say(line)


@evaluation.command("speed", epilog="Example: onrecord eval speed --largest 10000")
def eval_speed(
    bench: BenchOption = BENCH,
    seeds: SeedsOption = Path("seeds"),
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="For speed.json, .md and .svg.")
    ] = Path("build/bench/speed"),
    largest: Annotated[
        int, typer.Option("--largest", metavar="N", min=1, help="Passages of the largest index.")
    ] = 100_000,
    questions: Annotated[
        int, typer.Option("--questions", metavar="N", min=1, help="Put to each index.")
    ] = 300,
    parts: Annotated[
        str, typer.Option("--parts", metavar="NAMES", help="With commas between; all if left out.")
    ] = "indexing,stores,cold,search",
    seed: SeedOption = 0,
    config: ConfigOption = None,
) -> None:
    """Measures indexing, searching, memory and disk from 1,000 passages to --largest.

    Corpora are made up of the sentences of public benchmarks. Takes some five minutes to 100,000
    passages; ten, and 8 GB of disk, to 1,000,000.
    """
    from eval.speed import Plan, measure

    plan = Plan(
        bench=bench,
        seeds=seeds / "documents",
        work=out / "work",
        largest=largest,
        questions=questions,
        parts=tuple(parts.split(",")),
        seed=seed,
    )
    with progress_bar("encoding") as progress:
        for line in measure(plan, out, settings_from(config), progress):
            say(line)
    say((out / "speed.md").read_text(encoding="utf-8"))


@evaluation.command("speed-intake", epilog="Example: onrecord eval speed-intake --documents 200")
def eval_speed_intake(
    bench: BenchOption = BENCH,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="For intake.json and intake.md.")
    ] = Path("build/bench/intake"),
    documents: Annotated[
        int, typer.Option("--documents", metavar="N", min=0, help="Of the largest index.")
    ] = 5000,
    kilobytes: Annotated[
        int, typer.Option("--kilobytes", metavar="N", min=1, help="Of a document.")
    ] = 20,
    step: Annotated[
        int, typer.Option("--step", metavar="N", min=1, help="Documents added by one command.")
    ] = 1000,
    single: Annotated[
        str, typer.Option("--single", metavar="MB,MB", help="Large files; empty: none.")
    ] = "1,4,16",
    seed: SeedOption = 0,
    config: ConfigOption = None,
) -> None:
    """Measures adding many documents, one more to each size of index, and single large files.

    Documents are made up of the sentences of public benchmarks. With the defaults it takes two
    cores half an hour.
    """
    from eval.speed_intake import Plan, measure

    named = config or (DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None)
    sizes = [size.strip() for size in single.split(",") if size.strip()]
    if not all(size.isdecimal() and int(size) for size in sizes):
        raise InputError(f"--single {single}: not sizes in MB", "for example: --single 1,4,16")
    large = tuple(map(int, sizes))
    plan = Plan(
        bench, out / "work", documents, kilobytes, step, single=large, config=named, seed=seed
    )
    for line in measure(plan, out):
        say(line)
    say((out / "intake.md").read_text(encoding="utf-8"))


@evaluation.command("draft", epilog="Example: onrecord eval draft memo.txt > drafts.jsonl")
def eval_draft(
    document: Annotated[str, typer.Argument(metavar="DOC", help="An id or source of list.")],
    index: IndexOption = DEFAULT_INDEX,
    pointers: Annotated[
        bool, typer.Option("--pointers", help="Quote by place; copy no sentence.")
    ] = False,
) -> None:
    """Proposes gold rows from sentences with numbers, dates and names, for a person to edit."""
    from eval.drafting import draft
    from index.store import IndexFolder

    rows = draft(IndexFolder(index).open(), document, pointers=pointers)
    for row in rows:
        typer.echo(row.model_dump_json())
    complain(f"{len(rows)} drafts; edit them, then: onrecord eval check FILE")


@evaluation.command("check", epilog="Example: onrecord eval check seeds/gold/briefs.jsonl")
def eval_check(
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="A file of gold questions.")],
    index: Annotated[
        Path | None,
        typer.Option("--index", metavar="DIR", help="Where its documents are; .onrecord if here."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Names everything that is wrong with a gold file. Exit code 1 when something is."""
    from eval.checking import check_gold
    from index.store import IndexFolder

    folder = IndexFolder(index or DEFAULT_INDEX)
    snapshot = folder.open() if index or folder.exists() else None
    report = check_gold(gold, snapshot)
    if as_json:
        problems = [{"what": p.what, "remedy": p.next_step} for p in report.problems]
        found = {"problems": problems, "warnings": report.warnings, "kinds": report.kinds}
        say_json(found | {"quotes_checked": snapshot is not None})
    else:
        for problem in report.problems:
            say(str(problem))
        for warning in report.warnings:
            say(f"warning: {warning}")
        if snapshot is None:
            say(f"quotes NOT checked: no index at {folder.path}; name one with --index")
        counts = ", ".join(f"{count} {kind}" for kind, count in report.kinds.items())
        say(f"{sum(report.kinds.values())} questions: {counts}")
    if report.problems:
        complain(f"{len(report.problems)} problems in {gold}")
        raise typer.Exit(1)


@evaluation.command(
    "adapt", epilog="Example: onrecord eval adapt squad2 dev-v2.0.json --out build/squad2"
)
def eval_adapt(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="squad2, xquad, pubmedqa, beir or multihop-rag."),
    ],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="As published; of beir, the folder.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="A new folder.")],
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Draw so many questions.")
    ] = None,
    seed: SeedOption = 0,
) -> None:
    """Makes documents and gold questions of a public benchmark. --limit draws some questions."""
    from eval.adapters import ADAPTERS, sample, write

    if name not in ADAPTERS:
        raise InputError(f"unknown benchmark {name!r}", f"known: {', '.join(ADAPTERS)}")
    benchmark = ADAPTERS[name](files)
    if limit is not None:
        benchmark = sample(benchmark, limit, seed)
    write(benchmark, out)
    for line in benchmark.left_out:
        typer.echo(f"left out: {line}", err=True)
    say(
        f"{len(benchmark.documents)} documents, {len(benchmark.questions)} questions, "
        f"{len(benchmark.left_out)} left out"
    )
    say(f"next: onrecord add --index {out}/index {out}/documents")
    say(f"then: onrecord eval run --index {out}/index --gold {out}/gold.jsonl")


@evaluation.command("results", epilog="Example: onrecord eval results --bench ../shared/bench")
def eval_results(
    bench: BenchOption = BENCH,
    seeds: SeedsOption = Path("seeds"),
    originals: OriginalsOption = Path("../shared/seeds"),
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Its tables are replaced.")
    ] = Path("docs/RESULTS.md"),
    runs: Annotated[
        Path | None, typer.Option("--runs", metavar="DIR", help="Keep the runs here.")
    ] = None,
    limit: LimitOption = 500,
    seed: SeedOption = 0,
    config: ConfigOption = None,
) -> None:
    """Puts benchmarks and seeds to ours and to LangChain's tutorial, and writes the comparison.

    Takes some ten minutes. What is not there is named on the page, not passed over.
    """
    from eval.results import Places, report

    places = Places(bench, seeds, originals, limit, seed)
    with progress_bar("comparing") as progress:
        for line in report(places, out, settings_from(config), runs, progress):
            say(line)
    say(f"written {out}")
