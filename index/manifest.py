"""All that makes an index what it is; written last, so an index without one was never finished."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index import __version__
from index.config import INDEX_KEYS, Config
from index.documents import Document, sha256_hex
from index.encoder import ENCODERS
from index.errors import IndexDamaged, IndexMismatch
from index.metadata import FIELDS
from index.vectors import STORES

FORMAT = 1
"""Version of the layout on disk. A change that old code cannot read raises it."""

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class FileRecord:
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Settings, models and files of one generation of an index.

    `fingerprint` depends on documents and what is known of them, settings, models and the version
    only: two machines that index the same files the same way get the same one.
    """

    format: int
    onrecord: str
    encoder: str
    encoder_sha256: str
    dimension: int
    passage_tokens: int
    language: str
    token_encoding: str
    vector_store: str
    documents: int
    passages: int
    sentences: int
    word_pieces: int
    fingerprint: str
    created: str
    files: dict[str, FileRecord]

    def save(self, folder: Path) -> None:
        data = asdict(self)
        data["seal"] = _seal(data)
        text = json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Raises `IndexMismatch` for another format, `IndexDamaged` for anything unreadable."""
        path = folder / NAME
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise IndexMismatch(
                    f"{folder}: index format {data['format']}, this version reads {FORMAT}",
                    "build a new index: onrecord add --index NEW_FOLDER PATH...",
                )
            if data.pop("seal") != _seal(data):
                raise IndexDamaged(
                    f"{path}: not as it was written",
                    "restore the index folder from a copy, or build it again with onrecord add",
                )
            for key, known in (("encoder", ENCODERS), ("vector_store", STORES)):
                if data[key] not in known:
                    raise IndexMismatch(
                        f"{folder}: made with {key} {data[key]!r} by onrecord {data['onrecord']}, "
                        f"this version has {', '.join(known)}",
                        "open it with that version, "
                        "or build a new index: onrecord add --index NEW_FOLDER PATH...",
                    )
            data["files"] = {name: FileRecord(**row) for name, row in data["files"].items()}
            return cls(**data)
        except (
            *(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError),
        ) as error:
            raise IndexDamaged(
                f"{path}: cannot be read ({type(error).__name__})",
                "restore the index folder from a copy, or build it again with onrecord add",
            ) from error

    def configured(self, config: Config) -> Config:
        """The configuration with this index's own settings; refuses one that says otherwise."""
        own = {key: getattr(self, key) for key in INDEX_KEYS}
        for key in INDEX_KEYS:
            if key in config.model_fields_set and getattr(config, key) != own[key]:
                raise IndexMismatch(
                    f"the index was made with {key} = {own[key]!r}, "
                    f"the configuration says {getattr(config, key)!r}",
                    "run onrecord rebuild to make it anew, or change the configuration",
                )
        return config.model_copy(update=own)


def _seal(data: dict[str, Any]) -> str:
    """SHA-256 over the manifest's own content: it vouches for the other files, and this for it."""
    return sha256_hex(json.dumps(data, sort_keys=True).encode())


def fingerprint(
    config: Config, encoder_sha256: str, token_encoding: str, documents: Iterable[Document]
) -> str:
    """16 hex digits over what decides the answers of an index: settings, models, documents.

    An answer shows and weighs what is known of a document, so its metadata counts like its text.
    """
    settings = {key: getattr(config, key) for key in INDEX_KEYS}
    rows = sorted(
        (d.id, d.sha256, {field: getattr(d, field) for field in FIELDS}) for d in documents
    )
    parts = [FORMAT, __version__, settings, encoder_sha256, token_encoding, rows]
    return sha256_hex(json.dumps(parts, sort_keys=True).encode())[:16]
