"""`onrecord eval`: gold questions against a system, comparisons, gates and reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from index.errors import InputError
from ui.options import (
    DEFAULT_INDEX,
    ConfigOption,
    IndexOption,
    JsonOption,
    progress_bar,
    settings_from,
)

evaluation = typer.Typer(
    help="Gold questions against the assistant.", no_args_is_help=True, rich_markup_mode=None
)

GoldOption = Annotated[Path, typer.Option("--gold", metavar="FILE", help="Gold questions.")]
GatesOption = Annotated[
    Path | None, typer.Option("--gates", metavar="FILE", help="Instead of the project's own.")
]
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
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Asks every gold question, or takes the answers of another system, and scores them.

    An interrupted run with --out goes on where it was when it is started again.
    """
    from eval.answers import load_answers
    from eval.asking import OnRecord, ask_all
    from eval.corpus import Corpus
    from eval.runs import describe_index, open_gold, score
    from index.store import IndexFolder
    from rag.assistant import open_assistant
    from ui.terminal import run_text

    snapshot = IndexFolder(index).open()
    corpus = Corpus(snapshot.documents.values())
    questions = open_gold(gold, corpus)
    about: dict[str, object] = {"index": describe_index(snapshot)}
    if answers:
        ids = {item.question.id for item in questions.questions} | set(questions.not_run)
        found = load_answers(answers, ids)
        run = score(questions, found, corpus, system=answers.stem, about=about)
    else:
        assistant = open_assistant(index, settings_from(config))
        about |= {"config": assistant.config.model_dump(), "fingerprint": assistant.fingerprint}
        kept = out.with_name(out.name + ".part") if out else None
        with progress_bar("asking") as progress:
            found = ask_all(OnRecord(assistant), questions, kept, progress)
        run = score(questions, found, corpus, system="onrecord", about=about)
    if out:
        run.save(out)
        out.with_name(out.name + ".part").unlink(missing_ok=True)
    typer.echo(
        json.dumps({"run": run.name, "measures": run.measures}) if as_json else run_text(run)
    )


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
        typer.echo(json.dumps({"measures": rows, "changes": ids}))
    else:
        typer.echo(comparison_text(a, b, found, changed))


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
        typer.echo(f"{'passed' if verdict.passed else 'FAILED'}  {verdict}")
    failed = sum(not verdict.passed for verdict in verdicts)
    if failed:
        typer.echo(f"onrecord: {failed} of {len(verdicts)} demands failed", err=True)
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
    typer.echo(f"written {update_baseline(loaded, asked[loaded.name].no_loss)}; commit it")


@evaluation.command("bench", epilog="Example: onrecord eval bench --gold seeds/gold/briefs.jsonl")
def eval_bench(gold: GoldOption, index: IndexOption = DEFAULT_INDEX) -> None:
    """Compares the parts of the retrieval with each other, in quality and time, in one run."""
    from eval.bench import ablations
    from ui.terminal import ablations_text

    typer.echo(ablations_text(ablations(index, gold)))
