"""What an addition spends its time on, measured in processes of their own.

`python -m eval.speed_intake_probe stages CONFIG FOLDER` and `... warm CONFIG STARTED INDEX FILE...`
print JSON. CONFIG may be empty; STARTED is when the process was started (`time.time`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from eval.speed_process import ran

if TYPE_CHECKING:
    from index.config import Config
    from index.receiving import Receiver
    from index.sandbox import Sandbox
    from index.segment import Received

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Stages:
    """Seconds of each stage of the way for `documents` of `bytes` together, one stage after the
    other, by the functions that an addition calls. In an addition other processes read meanwhile.
    """

    documents: int
    passages: int
    bytes: int
    seconds: dict[str, float]


@dataclass(frozen=True, slots=True)
class Warm:
    """Seconds in one process: from its start to the end of its imports; of opening the index and of
    loading the encoder, for the first time (torch is imported with it) and for a second; then of
    each `add` and `remove` of one document, when one of each was done before."""

    start: float
    open: float
    model: float
    open_again: float
    model_again: float
    add: tuple[float, ...]
    remove: tuple[float, ...]


def stages(folder: Path, config: Path | None) -> Stages:
    """Of the files in a folder, in a new process."""
    return Stages(**_asked("stages", str(config or ""), str(folder)))


def warm(index: Path, files: Sequence[Path], config: Path | None) -> Warm:
    """Of one index and files that are not in it, in a new process."""
    started = str(time.time())
    row = _asked("warm", str(config or ""), started, str(index), *map(str, files))
    return Warm(**row | {name: tuple(row[name]) for name in ("add", "remove")})


def _asked(*arguments: str) -> dict[str, Any]:
    done = ran([sys.executable, "-m", "eval.speed_intake_probe", *arguments])
    found: dict[str, Any] = json.loads(done.output.strip().split("\n")[-1])
    return found


def _timed(work: Callable[[], _T]) -> tuple[float, _T]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def _stages(config: Config, folder: Path) -> Stages:
    """What `index.adding` and `index.encoding` do with a batch, step by step."""
    from index.codec import CODECS
    from index.encoder import ENCODERS
    from index.generation import write_segment
    from index.receiving import Receiver
    from index.sandbox import Sandbox
    from index.segment import Segment
    from index.splitting import Budget, split
    from index.token_table import TokenTable

    encoder = ENCODERS[config.encoder](config.device)
    codec = CODECS[encoder.codec](encoder.dimension)
    budget = Budget(config.passage_tokens, encoder.max_pieces, encoder.count_pieces)
    receiver = Receiver(config, {}, None)
    files = sorted(folder.iterdir())
    seconds = {}
    with Sandbox(config.reader_seconds, config.reader_megabytes) as sandbox:
        first = next(_read(files[:1], receiver, sandbox))
        encoder.encode_document([p.text for p in split(first.document, budget)])
        seconds["reading"], received = _timed(lambda: list(_read(files, receiver, sandbox)))
    documents = [each.document for each in received]
    seconds["splitting"], passages = _timed(lambda: [split(d, budget) for d in documents])
    texts = [passage.text for group in passages for passage in group]
    headers = TokenTable.of(encoder.encode_document([d.header for d in documents]), codec)
    seconds["encoding"], encoded = _timed(lambda: encoder.encode_document(texts))
    seconds["coding token vectors"], tokens = _timed(lambda: TokenTable.of(encoded, codec))
    vectors = _stacked([each.vector for each in encoded])
    seconds["keywords, sketches, arrays"], segment = _timed(
        lambda: Segment.of(received, headers, passages, tokens, vectors, config.language)
    )
    with TemporaryDirectory(prefix="onrecord-speed-") as path:
        seconds["writing"], _ = _timed(lambda: write_segment(Path(path), segment, config.language))
    size = sum(path.stat().st_size for path in files)
    return Stages(len(files), len(texts), size, seconds)


def _stacked(vectors: Sequence[Any]) -> Any:
    import numpy as np

    return np.stack(vectors)


def _read(files: Sequence[Path], receiver: Receiver, sandbox: Sandbox) -> Iterator[Received]:
    """The documents of files, by processes that read."""
    from index.adding import AHEAD
    from index.reading import Unreadable
    from index.sandbox import Job

    opened = [receiver.open(str(file)) for file in files]
    jobs = (Job(file.data, file.path, receiver.options) for file in opened)
    for file, result in zip(opened, sandbox.imap(jobs, AHEAD), strict=True):
        for arrived in receiver.received(file, result.parts):
            if not isinstance(arrived, Unreadable):
                yield arrived.received


def _warm(config: Config, started: float, index: Path, files: Sequence[str]) -> Warm:
    from index.indexing import add, open_encoder, remove
    from index.store import IndexFolder

    imported = time.time() - started
    folder = IndexFolder(index)
    opened, snapshot = _timed(folder.open)
    loaded, _ = _timed(lambda: open_encoder(snapshot, config.device))
    opened_again, _ = _timed(folder.open)
    loaded_again, _ = _timed(lambda: open_encoder(snapshot, config.device))
    added, removed = [], []
    for file in (files[0], *files):
        added.append(_timed(lambda file=file: add(folder, [file], config))[0])  # type: ignore[misc]
        removed.append(_timed(lambda file=file: remove(folder, [file]))[0])  # type: ignore[misc]
    times = (opened, loaded, opened_again, loaded_again)
    return Warm(imported, *times, tuple(added[1:]), tuple(removed[1:]))


def main() -> None:
    """What `stages` and `warm` start."""
    from index.config import Config, load_config

    what, named, *rest = sys.argv[1:]
    config = load_config(Path(named)) if named else Config()
    found: Stages | Warm
    if what == "stages":
        found = _stages(config, Path(rest[0]))
    else:
        found = _warm(config, float(rest[0]), Path(rest[1]), rest[2:])
    sys.stdout.write(json.dumps(asdict(found)) + "\n")


if __name__ == "__main__":
    main()
