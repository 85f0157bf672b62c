"""The command line. Heavy imports happen inside the commands, so that `--help` answers at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index import __version__
from index.errors import InputError, OnRecordError

if TYPE_CHECKING:
    from index.config import Config
    from rag.assistant import Assistant

app = typer.Typer(
    help="Answers from your documents, every sentence on the record.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
evaluation = typer.Typer(
    help="Gold questions against the assistant.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(evaluation, name="eval")

IndexOption = Annotated[Path, typer.Option("--index", metavar="DIR", help="Folder of the index.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings; onrecord.toml is used if it is here."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs, on standard output.")]
BatchOption = Annotated[
    Path | None,
    typer.Option("--batch", metavar="FILE", help='JSON Lines: {"id", "question"} each.'),
]
DEFAULT_INDEX = Path(".onrecord")
DEFAULT_CONFIG = Path("onrecord.toml")


def main() -> None:
    """Entry point: an error meant for people is one line on stderr and an exit code."""
    try:
        app()
    except OnRecordError as error:
        typer.echo(f"onrecord: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
        sys.exit(0)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"onrecord {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog="Example: onrecord add reports/ memo.txt --meta publisher='Example Press'")
def add(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders.")],
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    meta: Annotated[
        list[str] | None, typer.Option("--meta", metavar="KEY=VALUE", help="For all the files.")
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", metavar="FILE", help="JSON Lines of metadata.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Reads files and folders into the index; unchanged ones are skipped, changed ones replaced.

    Exit code 2 when a file could not be read; the others are in the index all the same.
    """
    from dataclasses import asdict

    from index.indexing import add as add_documents
    from index.metadata import MetadataManifest, parse_pairs
    from index.store import IndexFolder
    from ui.terminal import added_text

    settings = _config(config)
    with _progress("encoding passages") as progress:
        report = add_documents(
            IndexFolder(index),
            paths,
            settings,
            metadata=parse_pairs(meta or []),
            manifest=MetadataManifest.load(manifest) if manifest else None,
            progress=progress,
        )
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        typer.echo(added_text(report))
    for failure in report.failed:
        typer.echo(f"onrecord: {failure.reason}", err=True)
    if report.failed:
        raise typer.Exit(InputError.exit_code)


@app.command(epilog="Example: onrecord remove memo.txt")
def remove(
    names: Annotated[list[str], typer.Argument(metavar="ID_OR_SOURCE...")],
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """Takes documents out of the index; no byte of them stays in it."""
    from index.indexing import remove as remove_documents
    from index.store import IndexFolder

    for document in remove_documents(IndexFolder(index), names):
        typer.echo(f"removed   {document.source}")


@app.command(epilog="Example: onrecord rebuild --config onrecord.toml")
def rebuild(index: IndexOption = DEFAULT_INDEX, config: ConfigOption = None) -> None:
    """Splits and encodes all documents anew, after a change of encoder or passage settings."""
    from index.indexing import rebuild as rebuild_index
    from index.store import IndexFolder

    with _progress("encoding passages") as progress:
        manifest = rebuild_index(IndexFolder(index), _config(config), progress)
    typer.echo(f"rebuilt   {manifest.documents} documents, {manifest.passages} passages")


@app.command("list", epilog="Example: onrecord list --json")
def list_documents(index: IndexOption = DEFAULT_INDEX, as_json: JsonOption = False) -> None:
    """Lists the documents."""
    from index.metadata import FIELDS
    from index.store import IndexFolder
    from ui.terminal import documents_text

    documents = IndexFolder(index).open().documents.values()
    if not as_json:
        typer.echo(documents_text(documents))
        return
    fields = ("id", "source", "sha256", *FIELDS)
    typer.echo(
        json.dumps([{f: getattr(d, f) for f in fields} for d in documents], ensure_ascii=False)
    )


@app.command(epilog="Example: onrecord show memo.txt > memo-as-indexed.txt")
def show(
    name: Annotated[str, typer.Argument(metavar="ID_OR_SOURCE")], index: IndexOption = DEFAULT_INDEX
) -> None:
    """Prints a document's text exactly as the index holds it; offsets count its code points."""
    from index.store import IndexFolder

    sys.stdout.buffer.write(IndexFolder(index).open().find(name).text.encode())


@app.command(epilog="Example: onrecord info --json")
def info(index: IndexOption = DEFAULT_INDEX, as_json: JsonOption = False) -> None:
    """Manifest, sizes and models with their hashes."""
    from dataclasses import asdict

    from index.store import IndexFolder
    from ui.terminal import manifest_text

    manifest = IndexFolder(index).manifest()
    size = sum(record.bytes for record in manifest.files.values())
    if as_json:
        typer.echo(json.dumps(asdict(manifest) | {"bytes": size}, ensure_ascii=False))
    else:
        typer.echo(manifest_text(manifest, size))


@app.command(epilog="Example: onrecord check")
def check(index: IndexOption = DEFAULT_INDEX) -> None:
    """Re-verifies the whole index: hashes, spans and counts. Exit code 1 on any damage."""
    from index.store import IndexFolder, damages

    folder = IndexFolder(index)
    found = damages(folder)
    for line in found:
        typer.echo(f"onrecord: {line}", err=True)
    if found:
        typer.echo("onrecord: restore the index folder from a copy, or build it again", err=True)
        raise typer.Exit(1)
    manifest = folder.manifest()
    typer.echo(f"sound: {manifest.documents} documents, {len(manifest.files)} files re-hashed")


@app.command(epilog='Example: onrecord search "torture convention" -k 5')
def search(
    question: Annotated[str | None, typer.Argument()] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages.")] = 10,
    batch: BatchOption = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ranked passages, without an answer."""
    from rag.answer import hit_json
    from ui.terminal import hits_text

    assistant = _assistant(index, config, question, batch)
    if batch:
        _batch(batch, lambda q, _: {"hits": [hit_json(h) for h in assistant.search(q, k)]})
        return
    hits = assistant.search(question or "", k)
    if as_json:
        typer.echo(json.dumps({"hits": [hit_json(hit) for hit in hits]}, ensure_ascii=False))
    else:
        typer.echo(hits_text(hits))


@app.command(epilog='Example: onrecord ask "Who opened the inquiry?" --json')
def ask(
    question: Annotated[str | None, typer.Argument()] = None,
    batch: BatchOption = None,
    composer: Annotated[
        str | None, typer.Option(help="How the answer is made: extractive.")
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """A cited answer, or the reason why the documents do not give one."""
    from ui.terminal import answer_text

    assistant = _assistant(index, config, question, batch, composer)
    if batch:
        _batch(batch, lambda q, i: assistant.ask(q, i).to_json())
        return
    answer = assistant.ask(question or "")
    if as_json:
        typer.echo(json.dumps(answer.to_json(), ensure_ascii=False))
    else:
        typer.echo(answer_text(answer))


@app.command(epilog="Example: onrecord serve --port 7860")
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 7860,
    example: Annotated[
        list[str] | None, typer.Option("--example", metavar="QUESTION", help="Offered on the page.")
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
) -> None:
    """The browser page and its HTTP API, on this machine only (127.0.0.1)."""
    from rag.assistant import LiveAssistant
    from ui.web import serve as serve_page

    def announce(address: str) -> None:
        typer.echo(f"OnRecord is at {address} (Ctrl-C ends it)")

    latest = LiveAssistant(index, _config(config))
    serve_page(latest, port=port, examples=example or (), announce=announce)


@evaluation.command("run", epilog="Example: onrecord eval run --gold seeds/gold/briefs.jsonl")
def eval_run(
    gold: Annotated[Path, typer.Option("--gold", metavar="FILE", help="Gold questions.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The run, kept.")
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Asks every gold question, scores the answers and prints the means."""
    from eval.runs import run_gold
    from rag.assistant import open_assistant
    from ui.terminal import measures_text

    assistant = open_assistant(index, _config(config))
    with _progress("asking") as progress:
        run = run_gold(assistant, gold, progress)
    if out:
        run.save(out)
    if as_json:
        typer.echo(json.dumps({"run": run.name, "about": run.about, "measures": run.measures}))
        return
    typer.echo(measures_text(run.name, len(run.rows), run.measures))
    if run.not_run:
        typer.echo(f"{len(run.not_run)} questions NOT run: their documents are not in the index")


@evaluation.command("gate", epilog="Example: onrecord eval gate build/eval/briefs.jsonl")
def eval_gate(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...")],
    gates: Annotated[
        Path | None, typer.Option("--gates", metavar="FILE", help="Instead of the project's own.")
    ] = None,
) -> None:
    """Holds runs to their thresholds. Exit code 1 names each measure that fails."""
    from eval.gates import judge, load_gates
    from eval.runs import load_summary

    thresholds = load_gates(gates)
    verdicts = [v for path in runs for v in judge(load_summary(path), thresholds)]
    for verdict in verdicts:
        typer.echo(f"{'passed' if verdict.passed else 'FAILED'}  {verdict}")
    failed = sum(not verdict.passed for verdict in verdicts)
    if failed:
        typer.echo(f"onrecord: {failed} of {len(verdicts)} thresholds failed", err=True)
        raise typer.Exit(1)


@evaluation.command("bench", epilog="Example: onrecord eval bench --gold seeds/gold/briefs.jsonl")
def eval_bench(
    gold: Annotated[Path, typer.Option("--gold", metavar="FILE", help="Gold questions.")],
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """Compares the parts of the retrieval with each other, in quality and time, in one run."""
    from eval.bench import ablations
    from ui.terminal import ablations_text

    typer.echo(ablations_text(gold.stem, ablations(index, gold)))


def _config(path: Path | None) -> Config:
    from index.config import Config, load_config

    if path is None and not DEFAULT_CONFIG.is_file():
        return Config()
    return load_config(path or DEFAULT_CONFIG)


def _assistant(
    index: Path,
    config: Path | None,
    question: str | None,
    batch: Path | None,
    composer: str | None = None,
) -> Assistant:
    if (question is None) == (batch is None):
        raise InputError("one question or --batch FILE is needed", "give exactly one of them")
    from rag.assistant import open_assistant

    settings = _config(config)
    if composer is not None:
        settings = settings.model_copy(update={"composer": composer})
    return open_assistant(index, settings)


def _batch(path: Path, answer: Callable[[str, str | None], dict[str, Any]]) -> None:
    """One line out for each line in, in order; what fails is a line with `error`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})", "name a JSON Lines file") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            row = _batch_row(line, f"{path}:{number}", answer)
            typer.echo(json.dumps(row, ensure_ascii=False))


def _batch_row(
    line: str, where: str, answer: Callable[[str, str | None], dict[str, Any]]
) -> dict[str, Any]:
    question_id = question = None
    try:
        row = json.loads(line)
        question_id, question = row.get("id"), row["question"]
        return {"id": question_id, "question": question} | answer(question, question_id)
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = f"{where}: not a JSON object with a 'question' that is text; mend the line"
    except OnRecordError as error:
        reason = f"{where}: {error}"
    return {"id": question_id, "question": question, "error": reason}


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr, only where somebody watches it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
