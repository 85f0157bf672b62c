"""How one document came in: which file, which bytes, when, by which tool, and what it was told.

An intake lies in the index beside its document and goes when the document goes. The log of intakes
(`index.intake_log`) keeps only its digest, which tells nothing once the intake is gone: the salt
makes each different, so no path or title can be tried out against it.
"""

from __future__ import annotations

import builtins
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from index import __version__
from index.documents import sha256_hex
from index.metadata import FIELDS
from index.reading import Options

TOOL = f"onrecord {__version__}"

_SALT_BYTES = 16  # 128 bits: as many as nobody can try
_HEX = re.compile(r"[0-9a-f]+")
_HEX_DIGITS = {"sha256": 64, "file_sha256": 64, "recipe": 16, "salt": 2 * _SALT_BYTES}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def fresh_salt() -> str:
    return secrets.token_hex(_SALT_BYTES)


@dataclass(frozen=True, slots=True)
class Intake:
    """The intake of the document with this `source`; `sha256` and `bytes` are of its own bytes.

    `file` is the path that was read: the same as `source`, and so are `file_sha256` and
    `file_bytes`, unless the document came out of a container. `received` is UTC, `given` the
    metadata that came from outside the file. `kept` says whether the bytes are in the index, see
    `index.originals`; `ocr` is how pages that are pictures were read. `documents` is how many the
    file gave, on the last of them only (on the others 0), so that one can tell whether all are
    there. Raises `ValueError` for what cannot be such a record.
    """

    source: str
    sha256: str
    bytes: int
    file: str
    file_sha256: str
    file_bytes: int
    received: str
    tool: str
    recipe: str
    given: Mapping[str, str]
    kept: bool
    ocr: str = ""
    documents: int = 0
    salt: str = field(default_factory=fresh_salt)

    def __post_init__(self) -> None:
        for name, digits in _HEX_DIGITS.items():
            value = getattr(self, name)
            if not (_is_text(value) and len(value) == digits and _HEX.fullmatch(value)):
                raise ValueError(f"{name} is not {digits} hex digits")
        for name in ("bytes", "file_bytes", "documents"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 0:
                raise ValueError(f"{name} is not a number from 0")
        for name in ("source", "file", "tool", "ocr"):
            if not (_is_text(getattr(self, name)) and (getattr(self, name) or name == "ocr")):
                raise ValueError(f"{name} is not a text")
        if not is_time(self.received):
            raise ValueError("received is not a time in UTC")
        if type(self.kept) is not bool:
            raise ValueError("kept is neither true nor false")
        given = self.given
        if not (isinstance(given, Mapping) and given.keys() <= set(FIELDS)):
            raise ValueError("given holds more than fields of metadata")
        if not all(map(_is_text, given.values())):
            raise ValueError("given holds what is not text")

    def to_json(self) -> builtins.bytes:
        return canonical(asdict(self))

    @classmethod
    def from_json(cls, data: builtins.bytes) -> Intake:
        """Raises `ValueError` for anything but the very bytes that `to_json` makes."""
        values = parsed(data)
        if values.keys() != {field.name for field in fields(cls)}:
            raise ValueError("not the fields of an intake")
        intake = cls(**values)
        if intake.to_json() != data:
            raise ValueError("not in canonical form")
        return intake

    def digest(self) -> str:
        """SHA-256 of the canonical JSON: what the log keeps of it."""
        return sha256_hex(self.to_json())


def recipe_of(file_sha256: str, given: Mapping[str, str], options: Options, tool: str) -> str:
    """16 hex digits over all that decides what becomes of a file besides its path.

    The same path with the same recipe need not be read again.
    """
    asked = {f.name: getattr(options, f.name) for f in fields(options) if f.name != "progress"}
    return sha256_hex(canonical([file_sha256, dict(given), asked, tool]))[:16]


def utc_now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def is_time(value: object) -> bool:
    """True for a time as `utc_now` writes it."""
    if not (isinstance(value, str) and _TIME.fullmatch(value)):
        return False
    try:
        time.strptime(value, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return True


def canonical(value: object) -> bytes:
    """JSON in one form only: RFC 8785 for the texts, whole numbers and truth values we have."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def parsed(data: bytes) -> dict[str, Any]:
    """A JSON object; raises `ValueError` for anything else."""
    try:
        value = json.loads(data.decode())  # as UTF-8: json would guess
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _is_text(value: object) -> bool:
    """Text that can be written as UTF-8: no half of a surrogate pair."""
    return isinstance(value, str) and not any("\ud800" <= c <= "\udfff" for c in value)
