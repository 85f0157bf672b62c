"""The folder of chat models on this machine: what is there, where it came from, is it still sound.

NAME.gguf is a model and NAME.json its record; what a download has so far lies in NAME.partial. The
record is written first and the model gets its name last, by one rename: a model that has its name
is whole. Nothing here fetches anything; `rag.model_pulling` does, when somebody asks for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_data_path

from index.errors import InputError, OnRecordError
from rag.model_catalogue import CATALOGUE

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MAGIC = b"GGUF"  # the first bytes of every file of the format (ggml, docs/gguf.md)


class ModelMissing(InputError):
    """No model and no file has the name that was given."""


class ModelDamaged(OnRecordError):
    """A model is not the file its record tells of (exit code 3)."""

    exit_code = 3


class ModelsLocked(OnRecordError):
    """Another process pulls or removes a model (exit code 3)."""

    exit_code = 3


class PullFailed(OnRecordError):
    """A model could not be fetched, or what came is not what was asked for (exit code 2)."""


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What is known of a pulled model; `size` in bytes, `pulled_at` in UTC (ISO 8601)."""

    name: str
    sha256: str
    size: int
    licence: str
    origin: str
    pulled_at: str


def models_folder() -> Path:
    """$ONRECORD_MODELS, or the folder that this system has for the data of a user's programs."""
    named = os.environ.get("ONRECORD_MODELS")
    return Path(named) if named else user_data_path("onrecord", appauthor=False) / "models"


def resolve(spec: str) -> Path:
    """The file of `gguf:NAME_OR_PATH`: a model that was pulled, or any GGUF file."""
    return ModelStore(models_folder()).resolve(spec)


def size_text(size: int) -> str:
    """A number of bytes as people say it, in decimal units: `491 MB`, `1.1 GB`."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


class ModelStore:
    """The models of one folder, which need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where the model is, or would be. Refuses names that lead out of the folder."""
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name!r} cannot be the name of a model",
                "use letters, digits, dots, hyphens and underscores",
            )
        return self.folder / f"{name}.gguf"

    def partial(self, name: str) -> Path:
        """The folder of a download that is not finished."""
        return self.path(name).with_name(f"{name}.partial")

    def names(self) -> list[str]:
        """The models that were pulled."""
        found = (path.name.removesuffix(".gguf") for path in self.folder.glob("*.gguf"))
        return sorted(name for name in found if self.holds(name))

    def unfinished(self) -> list[str]:
        """The models of which an interrupted pull left something."""
        return sorted(p.name.removesuffix(".partial") for p in self.folder.glob("*.partial"))

    def holds(self, name: str) -> bool:
        """True if a model of this name was pulled to its end."""
        if not _NAME.fullmatch(name):
            return False
        return self.path(name).is_file() and self._record_path(name).is_file()

    def record(self, name: str) -> ModelRecord:
        """What is known of a model that was pulled.

        Raises `ModelDamaged` if its record cannot be read.
        """
        path = self._record_path(name)
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
            record = ModelRecord(**{field.name: row[field.name] for field in fields(ModelRecord)})
            if record.name != name or type(record.size) is not int:
                raise ValueError("it tells of another file")
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise ModelDamaged(f"{path}: not the record of a model ({error})", _anew(name)) from (
                error
            )
        return record

    def resolve(self, spec: str) -> Path:
        """The file of a pulled model or of a path, with or without `gguf:` before it.

        The size of a pulled model is compared with its record; `damages` reads every byte.
        """
        wanted = spec.removeprefix("gguf:")
        if self.holds(wanted):
            return self._of_right_size(wanted)
        path = Path(wanted).expanduser()
        if path.is_file():
            return _gguf(path)
        if wanted in CATALOGUE:
            raise ModelMissing(
                f"the model {wanted} is not on this machine",
                f"get it with: onrecord models pull {wanted}",
            )
        known = ", ".join(sorted({*CATALOGUE, *self.names()}))
        raise ModelMissing(
            f"no model and no file is named {wanted!r}",
            f"give the path of a GGUF file or one of these: {known}"
            " (onrecord models pull NAME gets a model)",
        )

    def damages(self) -> list[str]:
        """What is wrong with the pulled models, every byte of them read; empty if all are sound."""
        found = []
        for name in self.names():
            try:
                path, record = self._of_right_size(name), self.record(name)
                if sha256_of(path) != record.sha256:
                    raise ModelDamaged(
                        f"{path}: its SHA-256 is not that of its record", _anew(name)
                    )
            except OnRecordError as error:
                found.append(str(error))
        return found

    def install(self, file: Path, record: ModelRecord) -> None:
        """Gives a complete, verified file its name; it was written below the folder."""
        from index.disk import sync

        draft = self.partial(record.name) / "record"
        draft.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
        for path in (draft, file):
            sync(path)
        draft.replace(self._record_path(record.name))
        sync(self.folder)
        file.replace(self.path(record.name))
        sync(self.folder)
        shutil.rmtree(self.partial(record.name))

    def remove(self, name: str) -> int:
        """Deletes a model, its record and what an unfinished download left; the bytes freed."""
        model, record, partial = self.path(name), self._record_path(name), self.partial(name)
        if not (model.exists() or record.exists() or partial.exists()):
            there = ", ".join(self.names()) or "none"
            raise ModelMissing(
                f"no model named {name} is in {self.folder}", f"these are there: {there}"
            )
        with self.locked():
            freed = sum(bytes_in(path) for path in (model, record, partial))
            model.unlink(missing_ok=True)
            record.unlink(missing_ok=True)
            shutil.rmtree(partial, ignore_errors=True)
        return freed

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Makes the folder if need be and keeps other writers out; the lock dies with us."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=0)
            lock.acquire()
        except Timeout as error:
            raise ModelsLocked(
                f"{self.folder}: another process pulls or removes a model", "wait for its end"
            ) from error
        except OSError as error:
            raise InputError(
                f"{self.folder}: cannot write there ({error.strerror})",
                "set ONRECORD_MODELS to another folder",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _record_path(self, name: str) -> Path:
        return self.path(name).with_suffix(".json")

    def _of_right_size(self, name: str) -> Path:
        path, record = self.path(name), self.record(name)
        size = path.stat().st_size
        if size != record.size:
            raise ModelDamaged(f"{path}: {size:,} bytes, not {record.size:,}", _anew(name))
        return path


def bytes_in(path: Path, apart_from: str = "") -> int:
    """The bytes of a file or of all files below a folder, apart from its folders of one name.

    What vanishes meanwhile counts nothing, so that a folder at work can be watched.
    """
    files = [path]
    for folder, inner, names in os.walk(path):
        inner[:] = [name for name in inner if name != apart_from]
        files += [Path(folder, name) for name in names]
    total = 0
    for file in files:
        with suppress(OSError):
            total += file.stat().st_size if file.is_file() else 0
    return total


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _gguf(path: Path) -> Path:
    """The path, if the file begins as GGUF files do: llama.cpp's own complaint says less."""
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror})", "name a GGUF file"
        ) from error
    if start != _MAGIC:
        raise InputError(f"{path}: not a GGUF file", "name a model in that format")
    return path


def _anew(name: str) -> str:
    return f"remove it with: onrecord models rm {name}, then pull it again"
