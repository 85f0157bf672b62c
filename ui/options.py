"""What the commands share: their options, the settings file, the progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    typer.Option("--batch", metavar="FILE", help='JSON Lines: {"id", "question"} each.'),
]
DEFAULT_INDEX = Path(".onrecord")
DEFAULT_CONFIG = Path("onrecord.toml")


def settings_from(path: Path | None) -> Config:
    """The settings of a file; of onrecord.toml when it is here and none is named."""
    from index.config import Config, load_config

    if path is None and not DEFAULT_CONFIG.is_file():
        return Config()
    return load_config(path or DEFAULT_CONFIG)


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
