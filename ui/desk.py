"""What the pages beside the first one work with: the index as it is now, and what may be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from index.config import Config
from index.store import IndexFolder

if TYPE_CHECKING:
    from rag.assistant import Assistant

MOST_UPLOAD = 250_000_000
"""Bytes of all files sent at once. More is added by folder, or on the command line."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The assistant of the index as it is now, its folder, and what readers may do with it.

    `changes`: add, edit and remove documents; `checks`: add to the ledger. `local`: whoever reads
    sits at this very machine, so that paths on it mean something. `log_out`: readers log in with a
    password.
    """

    latest: Callable[[], Assistant]
    folder: IndexFolder
    config: Config = field(default_factory=Config)
    changes: bool = True
    checks: bool = True
    local: bool = True
    most_upload: int = MOST_UPLOAD
    log_out: bool = False


def open_desk(index: Path | str, config: Config | None = None) -> Desk:
    """That of an index on this machine, for whoever sits at it."""
    from rag.assistant import LiveAssistant

    settings = config or Config()
    return Desk(LiveAssistant(index, settings), IndexFolder(index), settings)
