"""How quickly an index answers: measured in a process of its own, which has nothing else in memory.

`python -m eval.speed_search INDEX QUESTIONS.json` prints JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from index.codebooks import Floats
from index.config import Config
from index.encoder import ENCODERS
from index.errors import InputError
from index.indexing import open_encoder
from index.snapshot import Snapshot
from index.store import IndexFolder
from rag.assistant import Assistant

WARM = 10
"""Questions that are not counted: the first ones read the files and make caches."""

BLOCK = 16_384
_EQUAL = 1e-6


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes of a process: its own (anonymous) and those of mapped files, which the system
    takes back when it needs them."""

    anonymous: int
    files: int


@dataclass(frozen=True, slots=True)
class Serving:
    """A process that opened an index and searched it for questions. `seconds` are those of each
    search; `before` is what it took with the encoder and before the index."""

    seconds: tuple[float, ...]
    open_seconds: float
    encoder_seconds: float
    before: Memory | None
    after: Memory | None

    def percentile(self, share: float) -> float:
        """In seconds."""
        return float(np.percentile(self.seconds, share))


def serving(index: Path, questions: Sequence[str]) -> Serving:
    """Searches in a new process; the first of the questions are its warm-up."""
    with TemporaryDirectory(prefix="onrecord-speed-") as folder:
        asked = Path(folder, "questions.json")
        asked.write_text(json.dumps(list(questions)), encoding="utf-8")
        command = [sys.executable, "-m", "eval.speed_search", str(index), str(asked)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip() or "no word of why").split("\n")[-1]
        raise InputError(f"{index}: could not be served ({last})", "see: onrecord check")
    row = json.loads(done.stdout.strip().split("\n")[-1])
    memory = {key: Memory(**row[key]) if row[key] else None for key in ("before", "after")}
    return Serving(**row | memory | {"seconds": tuple(row["seconds"])})


def served(index: Path, questions: Sequence[str]) -> Serving:
    """What the new process does."""
    folder = IndexFolder(index)
    started = time.perf_counter()
    encoder = ENCODERS[folder.manifest().encoder](Config().device)
    encoder.encode_query("Is anybody there?")
    loaded = time.perf_counter()
    before = memory()
    opening = time.perf_counter()
    snapshot = folder.open()
    opened = time.perf_counter()
    config = snapshot.manifest.configured(Config())
    assistant = Assistant(snapshot, encoder, config)
    seconds = []
    for question in questions:
        asked = time.perf_counter()
        assistant.search(question, config.hits)
        seconds.append(time.perf_counter() - asked)
    counted = seconds[min(WARM, len(seconds) - 1) :]
    return Serving(tuple(counted), opened - opening, loaded - started, before, memory())


def memory() -> Memory | None:
    """Of this process; None where the system does not tell (Linux does)."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").split("\n")[1:]
    except OSError:
        return None
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line}
    return Memory(sizes["Anonymous"], sizes["Rss"] - sizes["Anonymous"])


@dataclass(frozen=True, slots=True)
class Recall:
    """Of an index's vector stores against comparing all rows, and the time of the stores alone."""

    recall: float
    p50: float
    p95: float


def recall(snapshot: Snapshot, vectors: Floats, k: int = 10) -> Recall:
    """Share of the k nearest passages that the index finds; of equal ones any will do."""
    least = kth_cosines(snapshot, vectors, k)
    snapshot.nearest(vectors[0], k)
    found, seconds = [], []
    for vector, limit in zip(vectors, least, strict=True):
        asked = time.perf_counter()
        nearest = snapshot.nearest(vector, k)
        seconds.append(time.perf_counter() - asked)
        found.append(sum(cosine >= limit - _EQUAL for cosine in nearest.values()))
    wanted = min(k, len(snapshot))
    p50, p95 = (float(np.percentile(seconds, share)) for share in (50, 95))
    return Recall(float(np.mean(np.minimum(found, wanted))) / wanted, p50, p95)


def kth_cosines(snapshot: Snapshot, vectors: Floats, k: int) -> Floats:
    """[questions] the k-th highest cosine of each with any passage, all compared, in blocks."""
    best = np.full((len(vectors), 0), 0, np.float32)
    for segment in snapshot.segments:
        rows = segment.vectors.vectors()
        for at in range(0, len(rows), BLOCK):
            block = np.concatenate([best, vectors @ rows[at : at + BLOCK].T], axis=1)
            best = -np.partition(-block, min(k, block.shape[1]) - 1, axis=1)[:, :k]
    return np.asarray(best.min(axis=1), np.float32)


def question_vectors(snapshot: Snapshot, questions: Sequence[str]) -> Floats:
    """[questions, d]"""
    encoder = open_encoder(snapshot)
    return np.array([encoder.encode_query(question).vector for question in questions], np.float32)


def main() -> None:
    """What `serving` starts."""
    index, asked = sys.argv[1:]
    questions = json.loads(Path(asked).read_text(encoding="utf-8"))
    sys.stdout.write(json.dumps(asdict(served(Path(index), questions))) + "\n")


if __name__ == "__main__":
    main()
