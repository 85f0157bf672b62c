"""What is known about a document, and where it was said.

Four places, the later one wins: the file's own front matter, a row of `manifest.jsonl` in the same
folder (or named with `--manifest`), a sidecar file `NAME.meta.yaml`, and `add --meta KEY=VALUE`.
A key that is not one of `FIELDS` is an error: a typo must not lose a publication date. Only front
matter, which other programs write for themselves, may hold keys that are not ours.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import yaml

from index.errors import InputError

FIELDS = ("title", "author", "publisher", "published", "language", "url", "licence")
MANIFEST_NAME = "manifest.jsonl"
SIDECAR_SUFFIX = ".meta.yaml"
_TIMESTAMP = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ]\s*\d{1,2}:\d{2}.*")
_NO_VALUE = ("", "~", "null")
_PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")

Metadata = Mapping[str, str]


def checked(values: Mapping[str, object], where: str) -> dict[str, str]:
    """Known fields as stripped text; `where` is named in errors. Empty values are dropped."""
    result: dict[str, str] = {}
    for key, value in values.items():
        if key not in FIELDS:
            raise InputError(
                f"{where}: unknown metadata field {key!r}", f"known fields: {', '.join(FIELDS)}"
            )
        if value is None or value == "":
            continue
        if not isinstance(value, (str, int, float)):
            raise InputError(f"{where}: {key} must be one value, not a list or table", "mend it")
        text = " ".join(str(value).split())
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise InputError(f"{where}: {key} holds half a surrogate pair", "mend it")
        result[key] = text
    published = result.get("published")
    if published and (stamp := _TIMESTAMP.fullmatch(published)):
        published = result["published"] = stamp[1]
    if published and not is_date(published):
        raise InputError(
            f"{where}: published is {published!r}", "write YYYY, YYYY-MM or YYYY-MM-DD"
        )
    return result


def is_date(text: str) -> bool:
    """True for a real calendar date, month or year in ISO 8601 form."""
    if not _PARTIAL_DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return False
    return True


def parse_yaml(block: str, where: str) -> dict[str, str]:
    """A YAML mapping of metadata; anything but one is an error."""
    values = _load_yaml(block, where)
    if values is None:
        raise InputError(f"{where}: metadata must be KEY: VALUE lines", "mend it")
    return checked(values, where)


def front_matter(block: str, where: str) -> dict[str, str] | None:
    """What front matter says in our fields; None when it is no mapping, so no front matter.

    Hugo, Jekyll and Obsidian keep tags, layouts and flags there: they are left aside, and so is
    Jekyll's `published: true`, which is no date.
    """
    values = _load_yaml(block, where)
    if values is None:
        return None
    if values.get("published") in ("true", "false"):
        del values["published"]
    ours = {k: v for k, v in values.items() if k in FIELDS and isinstance(v, str)}
    return checked(ours, where)


def _load_yaml(block: str, where: str) -> dict[str, object] | None:
    """The mapping a YAML text is, None for any other; every scalar is the text as written.

    The base loader knows no tags, merge keys or types: nothing in the file can run or unfold, and
    `language: no` does not become False.
    """
    try:
        loaded = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506 - makes strings only
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{where}: metadata is not valid YAML ({reason})", "mend it") from error
    if loaded is None or loaded == "":
        return {}
    if not isinstance(loaded, dict):
        return None
    return {str(k): None if v in _NO_VALUE else v for k, v in loaded.items()}


def sidecar(path: Path) -> dict[str, str]:
    """Metadata from `NAME.meta.yaml` beside the file, if there is one."""
    beside = path.with_name(path.name + SIDECAR_SUFFIX)
    if not beside.is_file():
        return {}
    return parse_yaml(_read_text(beside), str(beside))


def parse_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """`KEY=VALUE` arguments of `add --meta`."""
    values: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"--meta {pair!r} has no '='", "write --meta KEY=VALUE")
        values[key.strip()] = value.strip()
    return checked(values, "--meta")


class MetadataManifest:
    """Rows of a `manifest.jsonl`: metadata for files known by name, or by SHA-256 of their bytes.

    A row is a JSON object with `file`, `sha256` or both, and any of `FIELDS`. A row with a SHA-256
    describes exactly those bytes, under whatever name; a row without goes by the file's name.
    """

    def __init__(self, rows: Iterable[Mapping[str, str]] = ()) -> None:
        self._rows = tuple(rows)
        self._by_sha256: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        for number, row in enumerate(self._rows):
            known = self._by_sha256 if "sha256" in row else self._by_name
            known.setdefault(row.get("sha256", row.get("file", "")), number)

    @property
    def sha256(self) -> str:
        """Of all rows: equal ones say the same of every file."""
        rows = [dict(row) for row in self._rows]
        return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()

    @classmethod
    def load(cls, path: Path) -> MetadataManifest:
        rows = []
        # Only "\n" ends a row: JSON text may hold U+2028 and the like as they are.
        for number, line in enumerate(_read_text(path).split("\n"), 1):
            if not line.strip():
                continue
            where = f"{path}:{number}"
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                reason = getattr(error, "msg", "nested too deep or a number too long")
                raise InputError(f"{where}: not JSON ({reason})", "mend the line") from error
            if not isinstance(row, dict) or not ({"file", "sha256"} & row.keys()):
                raise InputError(f"{where}: a row needs 'file' or 'sha256'", "add one")
            known = {key: row.pop(key) for key in ("file", "sha256") if key in row}
            if not all(isinstance(value, str) for value in known.values()):
                raise InputError(f"{where}: 'file' and 'sha256' must be text", "mend the line")
            rows.append(checked(row, where) | known)
        return cls(rows)

    def find(self, name: str, sha256: str) -> dict[str, str]:
        """Metadata of the row for a file of this name and content; empty when there is none."""
        numbers = [self._by_sha256.get(sha256), self._by_name.get(name)]
        found = [number for number in numbers if number is not None]
        row = self._rows[min(found)] if found else {}
        return {key: value for key, value in row.items() if key in FIELDS}


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror})", "name an existing file"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: invalid UTF-8 at byte offset {error.start}", "save it as UTF-8"
        ) from error
