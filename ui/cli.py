"""The command line. Heavy imports happen inside the commands, so that `--help` answers at once."""

from __future__ import annotations

import os
import signal
import sys
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from index import __version__
from index.errors import InputError, OnRecordError
from ui.cli_changes import add, rebuild, remove, watch
from ui.cli_cite import cite
from ui.cli_custody import check, log, repair
from ui.cli_documents import list_documents, open_folder, show
from ui.cli_eval import evaluation
from ui.cli_evidence import pack, verify
from ui.cli_ledger import ledger
from ui.cli_load import eval_load
from ui.cli_models import models
from ui.cli_search import ask, search
from ui.cli_serve import mcp, serve, users
from ui.options import (
    DEFAULT_INDEX,
    ConfigOption,
    IndexOption,
    JsonOption,
    complain,
    say,
    say_json,
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
app.add_typer(ledger, name="ledger")


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
    except (KeyboardInterrupt, typer.Abort):  # Ctrl-C where nothing was changed
        sys.exit(128 + signal.SIGINT)
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


ADD_EXAMPLE = "Example: onrecord add reports/ memo.txt --meta publisher='Example Press'"
app.command(epilog=ADD_EXAMPLE)(add)
app.command(epilog="Example: onrecord watch reports/ --meta publisher='Example Press'")(watch)
app.command(epilog="Example: onrecord remove memo.txt")(remove)
app.command(epilog="Example: onrecord rebuild --config onrecord.toml")(rebuild)
app.command(epilog="Example: onrecord check")(check)
app.command(epilog="Example: onrecord repair")(repair)
app.command(epilog="Example: onrecord log memo.txt")(log)
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


SEARCH_EXAMPLE = "Example: onrecord search '\"torture convention\" -ban' --since 2020 -k 5"
ASK_EXAMPLE = 'Example: onrecord ask "Who opened the inquiry?" --author Reeve --json'
app.command(epilog=SEARCH_EXAMPLE)(search)
app.command(epilog=ASK_EXAMPLE)(ask)
app.command(epilog="Example: onrecord cite answer.json --style chicago")(cite)
app.command(epilog='Example: onrecord pack "Who opened the inquiry?" --out answer.zip')(pack)
app.command(epilog="Example: onrecord verify answer.zip --reread")(verify)


app.command(epilog="Example: onrecord serve --port 7860")(serve)
app.command(epilog="Example: onrecord mcp --index reports.index")(mcp)
app.add_typer(users, name="users")
evaluation.command("load", epilog="Example: onrecord eval load --users 1,10")(eval_load)
