"""What an addition tells: news while it is under way, and a report at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from index.files import Failure


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a document that people should know: what was left out, what it is like."""

    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Indexed:
    """A document that is in the index now."""

    id: str
    source: str
    passages: int


@dataclass(frozen=True, slots=True)
class AddReport:
    added: tuple[Indexed, ...]
    replaced: tuple[Indexed, ...]
    skipped: tuple[Indexed, ...]
    failed: tuple[Failure, ...]
    left_out: tuple[Failure, ...] = ()
    """Files below a folder or in a container that no reader is for: no failure, but nothing says
    what is in them."""
    notes: tuple[Note, ...] = ()
    removed: tuple[Indexed, ...] = ()
    """What was in a container and is no longer."""
    resumed: int = 0
    """Documents that an addition which was stopped had read and encoded before."""


@dataclass(frozen=True, slots=True)
class Step:
    """News of an addition: a file was dealt with, or `done` of `total` bytes of files were.

    `outcome` is "read", "skipped", "resumed" or "failed", with the reason.
    """

    done: int
    total: int
    source: str | None = None
    outcome: str | None = None
    reason: str | None = None


Listener = Callable[[Step], None]


def nobody(step: Step) -> None:
    """For those who need not know."""
