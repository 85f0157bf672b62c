"""Files that readers send, until they are in the index: in a private folder that goes with them.

The folder lies inside that of the index, so that nothing of a document is anywhere else. Those that
a killed server left behind are deleted when the next one starts, or makes one.

    INDEX/uploads/4f1c.../            what one addition works with
    INDEX/uploads/4f1c.../uploads/    the files: their sources are `uploads/NAME`
    INDEX/uploads/4f1c....lock        held while somebody needs it
"""

from __future__ import annotations

import json
import secrets
import shutil
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from index.config import Config
from index.errors import InputError

FOLDER = "uploads"
"""First part of the source of each file that was sent."""

LONGEST_NAME = 255
"""Bytes of a file's name, on all systems that matter."""


class BadName(Exception):
    """A file cannot be kept under the name that it has, or not a second one."""


class Inbox:
    """A private folder for one addition: the files, and the settings for its process.

    Raises `InputError` where the index cannot be written to.
    """

    def __init__(self, index: Path) -> None:
        root = index.resolve() / FOLDER
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            sweep(index)
            self.path = root / secrets.token_hex(8)
            self._lock = FileLock(f"{self.path}.lock", timeout=0, thread_local=False)
            self._lock.acquire()
            self.path.mkdir(mode=0o700)
            (self.path / FOLDER).mkdir()
        except OSError as error:
            raise cannot_write(index, error) from error

    def keep(self, name: str, file: BinaryIO) -> str:
        """Copies a file that was sent; returns its name without the folders a browser may give.

        Raises `BadName`, and `OSError` where the disk is full.
        """
        name = plain_name(name)
        path = self.path / FOLDER / name
        if not name or name.startswith(".") or "\0" in name or not _fits(name):
            raise BadName(name)
        try:
            with path.open("xb") as copy:
                shutil.copyfileobj(file, copy)
        except FileExistsError as error:
            raise BadName(name) from error
        return name

    def settings(self, config: Config) -> Path:
        """Writes what was set into a file for `--config`. JSON's texts and numbers are TOML's, but
        for one control code that TOML wants escaped."""
        said = config.model_dump(exclude_unset=True, exclude_none=True)
        rows = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in said.items())
        path = self.path / "onrecord.toml"
        path.write_text("".join(rows).replace("\x7f", r"\u007f"), encoding="utf-8")
        return path

    def close(self) -> None:
        """Deletes the folder and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release()
        with suppress(OSError):
            Path(self._lock.lock_file).unlink(missing_ok=True)
            self.path.parent.rmdir()  # while no other addition has one


def plain_name(name: str) -> str:
    """The last part of a path of any system, composed: macOS sends "é" as two characters."""
    return unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]


def _fits(name: str) -> bool:
    """False for what no file system takes: too long, or half of a character."""
    try:
        return len(name.encode()) <= LONGEST_NAME
    except UnicodeEncodeError:
        return False


def cannot_write(index: Path, error: OSError) -> InputError:
    return InputError(
        f"{index}: cannot write there ({error.strerror or error})",
        "free some space, or see who may write to that folder",
    )


def sweep(index: Path) -> None:
    """Deletes what a server that was killed left behind: folders whose lock nobody holds."""
    root = index.resolve() / FOLDER
    if not root.is_dir():
        return
    for folder in [path for path in root.iterdir() if path.is_dir()]:
        lock = FileLock(f"{folder}.lock", timeout=0)
        with suppress(Timeout), lock:
            shutil.rmtree(folder, ignore_errors=True)
            Path(lock.lock_file).unlink(missing_ok=True)
