"""Ctrl-C and SIGTERM: a change that is stopped ends in order, and says how the index is."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from index.errors import IndexStateError
from ui.options import complain

if TYPE_CHECKING:
    from index.store import IndexFolder
    from ui.progress import Bar, Events


class Terminated(KeyboardInterrupt):
    """SIGTERM: the same as Ctrl-C, and another exit code."""


def _terminate(number: int, frame: object) -> None:
    raise Terminated


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM stops what goes on here in order, as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def stoppable(folder: IndexFolder, listener: Events | Bar | None = None) -> Iterator[None]:
    """Says in a line how the index is when somebody stops the change; exit code 128 + the signal.

    A bar is taken away before anything else is printed.
    """
    from ui.progress import Bar, Events

    before = _generation(folder)
    try:
        with terminable():
            yield
    except KeyboardInterrupt as stop:
        terminated = isinstance(stop, Terminated)
        number = signal.SIGTERM if terminated else signal.SIGINT
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nobody stops the stopping
        if isinstance(listener, Bar):
            listener.close()
        waiting = folder.waiting()
        if isinstance(listener, Events):
            listener.stopped(waiting)
        complain(_stopped(before != _generation(folder), waiting))
        raise typer.Exit(128 + number) from stop
    finally:
        if isinstance(listener, Bar):
            listener.close()


def _generation(folder: IndexFolder) -> Path | None:
    """The one in force; None where there is none, or where what says so is damaged."""
    try:
        return folder.current()
    except IndexStateError:
        return None


def _stopped(changed: bool, waiting: int) -> str:
    from ui.progress import counted

    if changed:
        return "stopped, when the change was in force already"
    if not waiting:
        return "stopped: the index is as it was before"
    kept = counted(waiting, "document")
    return f"stopped: what was read so far is kept ({kept}); run the same command to go on"
