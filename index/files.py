"""Which files are meant by the paths that people give, and which are passed over, and why."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index.formats.archives import printable
from index.metadata import MANIFEST_NAME, SIDECAR_SUFFIX
from index.readers import FORMATS, NO_READER


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that is not in the index, and why. What was there before under its name stays."""

    source: str
    reason: str


def find_files(paths: Sequence[str], index: Path) -> tuple[list[str], list[Failure], list[Failure]]:
    """Files to read, as the paths were given, without repeats; folders in sorted order.

    Then what failed, and what was left out below a folder.
    """
    files: dict[str, str] = {}
    failed: list[Failure] = []
    left_out: dict[str, Failure] = {}
    for given in paths:
        path = Path(given)
        reason = ""
        try:
            if not given:
                reason = "an empty path; name a file or folder"
            elif path.is_dir():
                failures = len(failed)
                inside = _walk(path, index, failed, left_out)
                files |= {os.path.normpath(file): file for file in inside}
                if not inside and len(failed) == failures:
                    reason = f"no documents in this folder; formats read: {', '.join(FORMATS)}"
            elif path.is_file():
                files[os.path.normpath(given)] = given
            elif path.exists():
                reason = "neither a file nor a folder; name one that is"
            else:
                reason = "no such file or folder; check the path"
        except (OSError, ValueError) as error:
            reason = f"cannot be read ({getattr(error, 'strerror', error)}); check the path"
        if reason:
            failed.append(failure(given, f"{given or repr(given)}: {reason}"))
    return list(files.values()), failed, list(left_out.values())


def failure(source: str, reason: str) -> Failure:
    """A failure that can be printed: bytes of a name that are not UTF-8 are written as escapes."""
    shown, why = (text.encode("utf-8", "backslashreplace").decode() for text in (source, reason))
    return Failure(printable(shown), printable(why))


def _walk(
    folder: Path, index: Path, failed: list[Failure], left_out: dict[str, Failure]
) -> list[str]:
    """Documents below a folder: files with a reader, but not hidden ones or metadata files.

    Folders that cannot be listed are added to `failed`, other files to `left_out`; the index's own
    folder is passed over.
    """

    def unreadable(error: OSError) -> None:
        where = str(error.filename)
        failed.append(failure(where, f"{where}: cannot be read ({error.strerror}); check it"))

    own = index.resolve()
    found: list[Path] = []
    for root, folders, names in os.walk(folder, onerror=unreadable):
        parent = Path(root)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and (parent / name).resolve() != own
        ]
        found += [parent / name for name in names if not name.startswith(".")]
    documents: list[str] = []
    for path in sorted(found):
        if path.name == MANIFEST_NAME or path.name.endswith(SIDECAR_SUFFIX):
            continue
        if path.suffix.lower() in FORMATS and _is_file(path):
            documents.append(str(path))
            continue
        ending = path.suffix.lower() or "a file without an ending"
        reason = "not a regular file" if ending in FORMATS else f"{NO_READER} {ending}"
        left_out[os.path.normpath(path)] = failure(str(path), f"{path}: {reason}")
    return documents


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return True  # to be named when it is read
