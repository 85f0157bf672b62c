"""The command line. Heavy imports happen inside the commands, so that `--help` answers at once."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from index import __version__
from index.errors import InputError, OnRecordError
from ui.cli_documents import list_documents, open_folder, show
from ui.cli_eval import evaluation
from ui.cli_models import models
from ui.cli_search import ask, search
from ui.options import (
    DEFAULT_INDEX,
    BaseUrlOption,
    ConfigOption,
    DeviceOption,
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

app = typer.Typer(
    help="Answers from your documents, every sentence on the record.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(evaluation, name="eval")
app.add_typer(models, name="models")


def main() -> None:
    """Entry point: an error meant for people is one line on stderr and an exit code."""
    # Read by OpenMP when torch is loaded: waiting threads sleep. Where they spin, llama.cpp is ten
    # times as slow beside any other busy process (measured; torch itself is as fast).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # whatever the terminal's locale, and in a pipe
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        sys.exit(app(prog_name="onrecord", standalone_mode=False))
    except OnRecordError as error:
        complain(str(error))
        sys.exit(error.exit_code)
    except TyperException as error:
        sys.exit(_usage(error))
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _usage(error: TyperException) -> int:
    """Says what is wrong with the words of the command; no words at all get the help page."""
    context: Any = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(context.get_help(), err=True)
    else:
        see = f"{context.command_path} --help" if context else "onrecord --help"
        complain(f"{error.format_message().rstrip('.')}; see: {see}")
    return InputError.exit_code


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
    device: DeviceOption = None,
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

    settings = settings_from(config, device)
    report = add_documents(
        IndexFolder(index),
        paths,
        settings,
        metadata=parse_pairs(meta or []),
        manifest=MetadataManifest.load(manifest) if manifest else None,
    )
    if as_json:
        say_json(asdict(report))
    else:
        say(added_text(report))
    for failure in report.failed:
        complain(failure.reason)
    if report.failed:
        raise typer.Exit(InputError.exit_code)


@app.command(epilog="Example: onrecord remove memo.txt")
def remove(
    names: Annotated[list[str], typer.Argument(metavar="ID_OR_SOURCE...")],
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Takes documents out of the index; no byte of them stays in it."""
    from index.indexing import remove as remove_documents

    removed = remove_documents(open_folder(index, config), names)
    if as_json:
        say_json({"removed": [{"id": d.id, "source": d.source} for d in removed]})
        return
    for document in removed:
        say(f"removed   {document.source}")


@app.command(epilog="Example: onrecord rebuild --config onrecord.toml")
def rebuild(
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Splits and encodes all documents anew, after a change of encoder or passage settings."""
    from index.indexing import rebuild as rebuild_index
    from index.store import IndexFolder

    with progress_bar("encoding passages") as progress:
        manifest = rebuild_index(IndexFolder(index), settings_from(config, device), progress)
    if as_json:
        say_json({"documents": manifest.documents, "passages": manifest.passages})
    else:
        say(f"rebuilt   {manifest.documents} documents, {manifest.passages} passages")


app.command("list", epilog="Example: onrecord list --json")(list_documents)
app.command(epilog="Example: onrecord show memo.txt > memo-as-indexed.txt")(show)


@app.command(epilog="Example: onrecord info --json")
def info(
    index: IndexOption = DEFAULT_INDEX, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Manifest, sizes and models with their hashes."""
    from dataclasses import asdict

    from ui.terminal import manifest_text

    manifest = open_folder(index, config).manifest()
    size = sum(record.bytes for record in manifest.files.values())
    if as_json:
        say_json(asdict(manifest) | {"bytes": size})
    else:
        say(manifest_text(manifest, size))


@app.command(epilog="Example: onrecord check")
def check(
    index: IndexOption = DEFAULT_INDEX, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Re-verifies the whole index: hashes, spans and counts. Exit code 1 on any damage."""
    from index.store import IndexFolder, damages

    settings_from(config)
    folder = IndexFolder(index)
    found = damages(folder)
    if as_json:
        say_json({"damages": found})
    for line in found:
        complain(line)
    if found:
        complain("restore the index folder from a copy, or build it again")
        raise typer.Exit(1)
    if not as_json:
        manifest = folder.manifest()
        say(f"sound: {manifest.documents} documents, {len(manifest.files)} files re-hashed")


SEARCH_EXAMPLE = "Example: onrecord search '\"torture convention\" -ban' --since 2020 -k 5"
ASK_EXAMPLE = 'Example: onrecord ask "Who opened the inquiry?" --author Reeve --json'
app.command(epilog=SEARCH_EXAMPLE)(search)
app.command(epilog=ASK_EXAMPLE)(ask)


@app.command(epilog="Example: onrecord serve --port 7860")
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 7860,
    example: Annotated[
        list[str] | None, typer.Option("--example", metavar="QUESTION", help="Offered on the page.")
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
    config: ConfigOption = None,
    device: DeviceOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    role: RoleOption = None,
    strictness: StrictnessOption = None,
) -> None:
    """The browser page and its HTTP API, on this machine only (127.0.0.1)."""
    from rag.assistant import LiveAssistant
    from ui.web import serve as serve_page

    def announce(address: str) -> None:
        say(f"OnRecord is at {address} (Ctrl-C ends it)")

    settings = settings_from(
        config, device, model=model, base_url=base_url, model_role=role, strictness=strictness
    )
    latest = LiveAssistant(index, settings)
    serve_page(latest, port=port, examples=example or (), announce=announce)
