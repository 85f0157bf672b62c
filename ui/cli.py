"""The command line. Heavy imports happen inside the commands, so that `--help` answers at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index import __version__
from index.errors import InputError, OnRecordError
from ui.cli_eval import evaluation
from ui.options import (
    DEFAULT_INDEX,
    BatchOption,
    ConfigOption,
    IndexOption,
    JsonOption,
    progress_bar,
    settings_from,
)

if TYPE_CHECKING:
    from rag.assistant import Assistant

app = typer.Typer(
    help="Answers from your documents, every sentence on the record.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(evaluation, name="eval")


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

    settings = settings_from(config)
    with progress_bar("encoding passages") as progress:
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

    with progress_bar("encoding passages") as progress:
        manifest = rebuild_index(IndexFolder(index), settings_from(config), progress)
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

    latest = LiveAssistant(index, settings_from(config))
    serve_page(latest, port=port, examples=example or (), announce=announce)


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

    settings = settings_from(config)
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
