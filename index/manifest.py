"""All that makes an index what it is; written last, so an index without one was never finished."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index import __version__, disk
from index.codec import CODECS
from index.config import INDEX_KEYS, Config
from index.documents import sha256_hex
from index.encoder import ENCODERS
from index.errors import IndexDamaged, IndexMismatch
from index.intake_log import Head
from index.vectors import STORES

FORMAT = 3
"""Version of the layout on disk. A change that old code cannot read raises it."""

NAME = "manifest.json"
COPY = "manifest.copy.json"
"""The same again: without it nothing says what the other files are (`index.repairing`)."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """One segment of a generation: the folder it lies in, its vector store, its counts, and the
    languages of its documents."""

    name: str
    vector_store: str
    languages: tuple[str, ...]
    documents: int
    passages: int
    sentences: int
    word_pieces: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Settings, models and files of one generation of an index, and how far its log reaches.

    `fingerprint` depends on documents and what is known of them, settings, models and the version
    only: two machines that index the same files the same way get the same one (their vectors may
    differ in the last digits, see `index.bert`).
    """

    format: int
    onrecord: str
    encoder: str
    encoder_sha256: str
    dimension: int
    passage_tokens: int
    language: str
    token_encoding: str
    codec: str
    codec_sha256: str
    segments: tuple[SegmentRecord, ...]
    fingerprint: str
    created: str
    files: dict[str, FileRecord]
    log: Head

    @property
    def languages(self) -> list[str]:
        return sorted({language for segment in self.segments for language in segment.languages})

    @property
    def documents(self) -> int:
        return sum(segment.documents for segment in self.segments)

    @property
    def passages(self) -> int:
        return sum(segment.passages for segment in self.segments)

    @property
    def sentences(self) -> int:
        return sum(segment.sentences for segment in self.segments)

    @property
    def word_pieces(self) -> int:
        return sum(segment.word_pieces for segment in self.segments)

    def save(self, folder: Path) -> None:
        """Writes both copies, to the disk."""
        for name in (COPY, NAME):  # the one that says that all is written comes last
            disk.write_bytes(folder / name, self._to_json())

    def _to_json(self) -> bytes:
        data = asdict(self)
        data["seal"] = _seal(data)
        return (json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()

    @classmethod
    def load(cls, folder: Path, name: str = NAME) -> Manifest:
        """Raises `IndexMismatch` for another format, `IndexDamaged` for anything unreadable."""
        path = folder / name
        try:
            written = path.read_bytes()
            data = json.loads(written)
            if data["format"] != FORMAT:
                raise IndexMismatch(
                    f"{folder}: index format {data['format']}, this version reads {FORMAT}",
                    "build a new index: onrecord add --index NEW_FOLDER PATH...",
                )
            if data.pop("seal") != _seal(data):
                raise IndexDamaged(f"{path}: not as it was written", "run onrecord repair")
            data["segments"] = tuple(
                SegmentRecord(**row | {"languages": tuple(row["languages"])})
                for row in data["segments"]
            )
            stores = [segment.vector_store for segment in data["segments"]]
            for key, used, known in (
                ("encoder", [data["encoder"]], ENCODERS),
                ("codec", [data["codec"]], CODECS),
                ("vector_store", stores, STORES),
            ):
                for name in set(used) - set(known):
                    raise IndexMismatch(
                        f"{folder}: made with {key} {name!r} by onrecord {data['onrecord']}, "
                        f"this version has {', '.join(known)}",
                        "open it with that version, "
                        "or build a new index: onrecord add --index NEW_FOLDER PATH...",
                    )
            data["files"] = {name: FileRecord(**row) for name, row in data["files"].items()}
            data["log"] = Head(**data["log"])
            manifest = cls(**data)
            if manifest._to_json() != written:  # white space that JSON does not mind, say
                raise IndexDamaged(f"{path}: not as it was written", "run onrecord repair")
            return manifest
        except (
            *(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError),
        ) as error:
            raise IndexDamaged(
                f"{path}: cannot be read ({type(error).__name__})",
                "run onrecord repair",
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


def fingerprint(manifest: Manifest, documents: Iterable[bytes]) -> str:
    """16 hex digits over what decides the answers of an index: settings, models, documents.

    `documents` are the SHA-256 of all that is known of each, its text included by way of its id:
    an answer shows and weighs the metadata like the text.
    """
    settings = {key: getattr(manifest, key) for key in INDEX_KEYS}
    models = [manifest.encoder_sha256, manifest.codec_sha256, manifest.token_encoding]
    parts = [FORMAT, __version__, settings, models, sorted(row.hex() for row in documents)]
    return sha256_hex(json.dumps(parts, sort_keys=True).encode())[:16]
