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
from ui.cli_custody import check, log, repair
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
