"""`onrecord models`: the chat models on this machine. The only commands that fetch one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.options import JsonOption, complain, progress_bar, say, say_json

if TYPE_CHECKING:
    from rag.model_catalogue import PackagedModel
    from rag.model_hub import HubModel
    from rag.models import ModelStore

models = typer.Typer(
    help="Small chat models on this machine: list, pull, rm.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_STOPPED = 130  # what shells give for a command that Ctrl-C ended


@models.command("list", epilog="Example: onrecord models list --check")
def list_models(
    check: Annotated[
        bool, typer.Option("--check", help="Hash every byte. Exit code 1 on any damage.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """The models that were pulled, and those of the catalogue. Fetches nothing."""
    from rag.models import ModelStore, models_folder

    store = ModelStore(models_folder())
    rows, found = _rows(store), store.damages() if check else []
    if as_json:
        checked = {"damages": found} if check else {}
        say_json({"folder": str(store.folder), "models": rows} | checked)
    else:
        say(_table(rows))
        say(f"\nin {store.folder}; onrecord models pull NAME gets one")
    for line in found:
        complain(line)
    if found:
        raise typer.Exit(1)
    if check and not as_json:
        say(f"sound: {len(store.names())} models re-hashed")


@models.command("pull", epilog="Example: onrecord models pull qwen2.5-coder-1.5b")
def pull_model(
    name: Annotated[
        str, typer.Argument(help="Of the catalogue, or hub:OWNER/REPOSITORY/FILE.gguf.")
    ],
    called: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="For a model of a hub.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before it begins.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fetches a model and verifies it; one that was interrupted goes on where it was."""
    from dataclasses import asdict

    from rag.model_pulling import find, pull
    from rag.models import ModelStore, models_folder

    store, model = ModelStore(models_folder()), find(name, called)
    there = store.holds(model.name)
    if not there and not _agreed(model, yes, quiet=as_json):
        raise typer.Exit(1)
    try:
        with progress_bar(f"getting {model.name}") as progress:
            record = pull(store, model, progress)
    except KeyboardInterrupt:
        complain("stopped; what has come is kept, the same command goes on from there")
        raise typer.Exit(_STOPPED) from None
    if as_json:
        say_json(asdict(record) | {"path": str(store.path(record.name))})
    else:
        say(f"{'is there' if there else 'pulled'}  {store.path(record.name)}")
        say(f"use it with: --model gguf:{record.name}")


@models.command("rm", epilog="Example: onrecord models rm smollm2-135m")
def remove_model(
    name: Annotated[str, typer.Argument(help="A model that was pulled, in part or whole.")],
    as_json: JsonOption = False,
) -> None:
    """Deletes a model, its record and what an interrupted pull left."""
    from rag.models import ModelStore, models_folder, size_text

    freed = ModelStore(models_folder()).remove(name)
    if as_json:
        say_json({"removed": name, "bytes": freed})
    else:
        say(f"removed  {name}  {size_text(freed)}")


def _agreed(model: PackagedModel | HubModel, yes: bool, quiet: bool) -> bool:
    """Says what will come before it does; asks, where there is somebody to ask."""
    from rag.models import size_text

    if not quiet:
        say(f"{model.title}: {size_text(model.size)}, licence {model.licence}, from {model.origin}")
    if yes or quiet or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    try:
        return typer.confirm("Fetch it?", default=True)
    except typer.Abort:
        return False


def _rows(store: ModelStore) -> list[dict[str, Any]]:
    """The catalogue, then what else is here in part or whole; as `--json` gives them."""
    from rag.model_catalogue import CATALOGUE

    others = {*store.names(), *store.unfinished()} - CATALOGUE.keys()
    return [_row(store, name) for name in (*CATALOGUE, *sorted(others))]


def _row(store: ModelStore, name: str) -> dict[str, Any]:
    """One model: what its record says if it was pulled, what the catalogue says if not."""
    from dataclasses import asdict

    from rag.model_catalogue import CATALOGUE
    from rag.models import ModelDamaged

    known = CATALOGUE.get(name)
    row = dict.fromkeys(("size", "licence", "sha256", "origin", "pulled_at", "path"))
    row |= {"name": name, "state": "available", "good_for": known.good_for if known else None}
    if known:
        row |= {key: getattr(known, key) for key in ("size", "licence", "sha256", "origin")}
    if store.holds(name):
        row |= {"state": "pulled", "path": str(store.path(name))}
        try:
            row |= asdict(store.record(name))
            store.resolve(name)
        except ModelDamaged:
            row["state"] = "damaged"
    elif name in store.unfinished():
        row["state"] = "partial"
    return row


def _table(rows: list[dict[str, Any]]) -> str:
    """One line for each model: name, state, size, licence, what it is good for."""
    from rag.models import size_text

    lines = [
        (
            row["name"],
            row["state"],
            "?" if row["size"] is None else size_text(row["size"]),
            row["licence"] or "?",
            row["good_for"] or row["origin"] or "",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join("  ".join([*map(str.ljust, line, widths), line[-1]]) for line in lines)
