"""What an addition spends its time on, measured in processes of their own.

`python -m eval.speed_intake_probe stages FOLDER CONFIG` and `... warm INDEX CONFIG FILES` print
JSON; CONFIG may be empty.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.speed_process import ran


@dataclass(frozen=True, slots=True)
class Stages:
    """Seconds of each stage over `documents` of `bytes` together, one stage after the other, by the
    functions that an addition calls. Reading is done by other processes meanwhile."""

    documents: int
    passages: int
    bytes: int
    seconds: dict[str, float]


@dataclass(frozen=True, slots=True)
class Warm:
    """Seconds of a process: from its start to the end of its imports, of opening the index and of
    loading the encoder, and again when both were done before; then of each `add` and `remove` of
    one document, when one of each was done before."""

    start: float
    open: float
    model: float
    open_again: float
    model_again: float
    add: tuple[float, ...]
    remove: tuple[float, ...]


def stages(folder: Path, config: Path | None) -> Stages:
    return Stages(**_asked("stages", str(folder), str(config or "")))


def warm(index: Path, files: Sequence[Path], config: Path | None) -> Warm:
    row = _asked("warm", str(index), str(config or ""), str(time.time()), *map(str, files))
    return Warm(**row | {name: tuple(row[name]) for name in ("add", "remove")})


def _asked(*arguments: str) -> dict[str, object]:
    done = ran([sys.executable, "-m", "eval.speed_intake_probe", *arguments])
    found: dict[str, object] = json.loads(done.output.strip().split("\n")[-1])
    return found


class _Clock:
    """Seconds by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> float:
        """What passed since the last lap."""
        now = time.perf_counter()
        self.seconds[name] = now - self._last
        self._last = now
        return self.seconds[name]


def _stages(folder: str, config: str) -> Stages:
    from index.codec import CODECS
    from index.encoder import ENCODERS
    from index.generation import write_segment
    from index.receiving import Arrived, Receiver
    from index.sandbox import Job, Sandbox
    from index.segment import Segment
    from index.splitting import Budget, split
    from index.token_table import TokenTable
    from ui.options import settings_from
