"""What the commands share: options, settings, how they speak, the progress bar."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from index.config import Config

IndexOption = Annotated[Path, typer.Option("--index", metavar="DIR", help="Folder of the index.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings; onrecord.toml is used if it is here."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs, on standard output.")]
BatchOption = Annotated[
    Path | None,
    typer.Option(
        "--batch", metavar="FILE", help='JSON Lines: {"id", "question", "filters", "history"} each.'
    ),
]
Device = Literal["auto", "cpu", "cuda"]
DeviceOption = Annotated[
    Device | None,
    typer.Option("--device", help="Where models run; auto takes a GPU if there is one."),
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="SPEC", help="Chat model: gguf:NAME_OR_PATH, openai:NAME, ..."),
]
BaseUrlOption = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="Server of an openai: model.")
]
Role = Literal["auto", "judge", "write"]
RoleOption = Annotated[
    Role | None, typer.Option("--role", help="The model judges sentences, or writes claims.")
]
StrictnessOption = Annotated[
    float | None,
    typer.Option("--strictness", min=0, max=1, help="How sure an answer must be: 0 to 1."),
]
DEFAULT_INDEX = Path(".onrecord")
DEFAULT_CONFIG = Path("onrecord.toml")


_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    """The text with control, direction and unseen characters made visible.

    A document must not move the cursor, hide a word, turn a line round or write the clipboard.
    """
    return _HIDDEN.sub(lambda found: _escape(ord(found[0])), text)


def _escape(point: int) -> str:
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def say(text: str) -> None:
    """Prints for people, on stdout."""
    typer.echo(printable(text))


def say_set_off(text: str) -> None:
    """Prints a text with styles in it, whose foreign parts went through `printable` before."""
    typer.echo(text)


def styled() -> bool:
    """True where somebody reads stdout on a terminal that can set words off."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def say_json(value: object) -> None:
    """Prints for programs, on stdout; what cannot be UTF-8 (a lone surrogate) is escaped."""
    line = json.dumps(value, ensure_ascii=False)
    typer.echo(line.encode("utf-8", "backslashreplace").decode("utf-8"))


def complain(text: str) -> None:
    """Prints an error, on stderr."""
    typer.echo(printable(f"onrecord: {text}"), err=True)


def settings_from(path: Path | None, device: Device | None = None, **given: object) -> Config:
    """The settings of a file (of onrecord.toml when it is here and none is named), and over them
    the options that were given. A model composes, unless a composer is named."""
    from index.config import Config, load_config

    named = path is not None or DEFAULT_CONFIG.is_file()
    settings = load_config(path or DEFAULT_CONFIG) if named else Config()
    changes = {key: value for key, value in given.items() if value is not None}
    if device:
        changes["device"] = device
    settings = settings.model_copy(update=changes)
    if settings.model and "composer" not in settings.model_fields_set:
        settings = settings.model_copy(update={"composer": "chat"})
    return settings


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr, only where somebody watches it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
