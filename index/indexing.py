"""The way of a document: found, read, split, encoded, committed. And back out again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import __version__
from index.config import INDEX_KEYS, Config
from index.contents import Contents, Snapshot, TokenTable
from index.documents import Document, document_id, sha256_hex
from index.encoder import ENCODERS, Encoded, Encoder, Floats, Progress
from index.errors import IndexMismatch, InputError
from index.files import Failure, failure, find_files
from index.manifest import FORMAT, Manifest, fingerprint
from index.metadata import MANIFEST_NAME, MetadataManifest, sidecar
from index.readers import read_file
from index.splitting import Budget, split
from index.store import IndexFolder
from index.tokens import ENCODING


@dataclass(frozen=True, slots=True)
class Indexed:
    """A document that is in the index now."""

    id: str
    source: str
    passages: int


@dataclass(frozen=True, slots=True)
class AddReport:
    added: tuple[Indexed, ...]
    replaced: tuple[Indexed, ...]
    skipped: tuple[Indexed, ...]
    failed: tuple[Failure, ...]
    left_out: tuple[Failure, ...] = ()
    """Files below a folder that no reader is for: no failure, but nothing says what is in them."""


def add(
    folder: IndexFolder,
    paths: Sequence[str],
    config: Config,
    *,
    metadata: Mapping[str, str] | None = None,
    manifest: MetadataManifest | None = None,
    progress: Progress | None = None,
) -> AddReport:
    """Brings files and folders into the index, as one change: all that can be read, or nothing.

    A file whose bytes and metadata are as before is skipped; one that changed replaces its former
    self. A file that cannot be read is reported and does not stop the others.
    """
    files, failed, left_out = find_files(paths, folder.path)
    with folder.writing("add"):
        before = folder.open() if folder.exists() else None
        if before:
            config = before.manifest.configured(config)
        known = {os.path.normpath(d.source): d for d in before.documents.values()} if before else {}
        manifests = _Manifests(manifest)
        fresh: list[Document] = []
        skipped: list[Document] = []
        for source in files:
            try:
                document = _read(source, config, metadata or {}, manifests)
            except InputError as error:
                failed.append(failure(source, str(error)))
                continue
            old = known.get(os.path.normpath(source))
            if old and replace(document, id=old.id, source=old.source) == old:
                skipped.append(old)
            else:
                fresh.append(document)
        if not fresh:
            return AddReport((), (), _indexed(skipped, before), tuple(failed), tuple(left_out))
        stale = {known[key].id for d in fresh if (key := os.path.normpath(d.source)) in known}
        encoder = _encoder_for(config, before)
        base = before.contents().without(stale) if before else Contents.empty(encoder.dimension)
        contents = base.plus(encode(fresh, encoder, config, progress))
        folder.commit(contents, describe(contents, encoder, config))
    replaced = [d for d in fresh if os.path.normpath(d.source) in known]
    added = [d for d in fresh if os.path.normpath(d.source) not in known]
    return AddReport(
        _indexed(added, contents), _indexed(replaced, contents), _indexed(skipped, before),
        tuple(failed), tuple(left_out),
    )  # fmt: skip


def remove(folder: IndexFolder, names: Sequence[str]) -> list[Document]:
    """Takes documents out, all or none: afterwards no byte of them is in the index."""
    folder.current()  # a missing index is an error, not a new empty one
    with folder.writing("remove"):
        snapshot = folder.open()
        documents = list({d.id: d for d in map(snapshot.find, names)}.values())
        contents = snapshot.contents().without({d.id for d in documents})
        manifest = snapshot.manifest
        config = manifest.configured(Config())
        folder.commit(contents, _describe(contents, manifest.encoder_sha256, config))
    return documents


def rebuild(folder: IndexFolder, config: Config, progress: Progress | None = None) -> Manifest:
    """Splits and encodes all documents anew, from the texts the index holds.

    What `config` does not say stays as it is in the index.
    """
    folder.current()
    with folder.writing("rebuild"):
        before = folder.open()
        unsaid = [key for key in INDEX_KEYS if key not in config.model_fields_set]
        config = config.model_copy(update={k: getattr(before.manifest, k) for k in unsaid})
        documents = list(before.documents.values())
        encoder = ENCODERS[config.encoder]()
        contents = encode(documents, encoder, config, progress)
        folder.commit(contents, describe(contents, encoder, config))
    return folder.manifest()


def encode(
    documents: Sequence[Document],
    encoder: Encoder,
    config: Config,
    progress: Progress | None = None,
) -> Contents:
    """Splits documents and encodes their passages, once for all vectors."""
    budget = Budget(config.passage_tokens, encoder.max_pieces, encoder.count_pieces)
    passages = [passage for document in documents for passage in split(document, budget)]
    headers = encoder.encode_document([document.header for document in documents])
    encoded = encoder.encode_document([passage.text for passage in passages], progress)
    vectors = [e.vector for e in encoded]
    return Contents(
        documents=tuple(documents),
        headers=_token_table(headers, encoder.dimension),
        passages=tuple(passages),
        vectors=np.array(vectors, dtype=np.float32).reshape(-1, encoder.dimension),
        tokens=_token_table(encoded, encoder.dimension),
    )


def describe(contents: Contents, encoder: Encoder, config: Config) -> Manifest:
    """The manifest of these contents, but for the files that only the store knows."""
    return _describe(contents, encoder.weights_sha256, config)


def open_encoder(snapshot: Snapshot) -> Encoder:
    """The encoder that made an index; refuses one whose weights are others."""
    encoder = ENCODERS[snapshot.manifest.encoder]()
    if encoder.weights_sha256 != snapshot.manifest.encoder_sha256:
        raise IndexMismatch(
            f"the index was made with weights {snapshot.manifest.encoder_sha256[:12]}, "
            f"this encoder has {encoder.weights_sha256[:12]}",
            "run onrecord rebuild",
        )
    return encoder


def _describe(contents: Contents, encoder_sha256: str, config: Config) -> Manifest:
    return Manifest(
        format=FORMAT,
        onrecord=__version__,
        encoder=config.encoder,
        encoder_sha256=encoder_sha256,
        dimension=contents.vectors.shape[1],
        passage_tokens=config.passage_tokens,
        language=config.language,
        token_encoding=ENCODING,
        vector_store="flat",
        documents=len(contents.documents),
        passages=len(contents.passages),
        sentences=sum(len(p.sentences) for p in contents.passages),
        word_pieces=int(contents.tokens.bounds[-1]),
        fingerprint=fingerprint(config, encoder_sha256, ENCODING, contents.documents),
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        files={},
    )


def _encoder_for(config: Config, before: Snapshot | None) -> Encoder:
    return open_encoder(before) if before else ENCODERS[config.encoder]()


def _indexed(
    documents: Iterable[Document], where: Contents | Snapshot | None
) -> tuple[Indexed, ...]:
    counts: dict[str, int] = {}
    for passage in where.passages if where else ():
        counts[passage.span.document_id] = counts.get(passage.span.document_id, 0) + 1
    return tuple(Indexed(d.id, d.source, counts.get(d.id, 0)) for d in documents)


def _token_table(encoded: Sequence[Encoded], dimension: int) -> TokenTable:
    if not encoded:
        return TokenTable.empty(dimension)
    return TokenTable(
        bounds=np.cumsum([0, *(len(e.pieces) for e in encoded)], dtype=np.int64),
        vectors=np.concatenate([_quantised(e.tokens) for e in encoded]),
        starts=np.concatenate([e.offsets[:, 0] for e in encoded]).astype(np.int32),
        pieces=np.concatenate([e.pieces for e in encoded]),
    )


def _quantised(rows: Floats) -> NDArray[np.int8]:
    """float32 [t, d] to int8, each row scaled to its largest component; directions are kept."""
    peaks = np.abs(rows).max(axis=1, keepdims=True, initial=1e-12)
    return np.asarray(np.rint(rows / peaks * 127), dtype=np.int8)


class _Manifests:
    """Rows of metadata for files: the manifest given, or each folder's own, parsed once."""

    def __init__(self, given: MetadataManifest | None) -> None:
        self._given = given
        self._folders: dict[Path, MetadataManifest | InputError] = {}

    def beside(self, file: Path) -> MetadataManifest:
        if self._given:
            return self._given
        if file.parent not in self._folders:
            path = file.parent / MANIFEST_NAME
            try:
                found = MetadataManifest.load(path) if path.is_file() else MetadataManifest()
                self._folders[file.parent] = found
            except InputError as error:
                self._folders[file.parent] = error
        known = self._folders[file.parent]
        if isinstance(known, InputError):
            raise known
        return known


def _read(source: str, config: Config, given: Mapping[str, str], manifests: _Manifests) -> Document:
    path = Path(source)
    if any("\ud800" <= character <= "\udfff" for character in source):
        raise InputError(f"{source}: the name is not UTF-8", "rename the file")
    try:
        size = path.stat().st_size
        if size > config.max_file_bytes:
            raise InputError(
                f"{source}: {size} bytes, the limit is {config.max_file_bytes}",
                "split the file or raise max_file_bytes in the configuration",
            )
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{source}: cannot be read ({error.strerror})", "check it") from error
    sha256 = sha256_hex(data)
    reading = read_file(data, source)
    if not any(map(str.isalnum, "".join(reading.text[a:b] for a, b in reading.paragraphs))):
        raise InputError(f"{source}: no text, not one letter or digit", "leave it out")
    row = manifests.beside(path).find(path.name, sha256)
    known = reading.metadata | row | sidecar(path) | dict(given)
    return Document(
        id=document_id(source, reading.text),
        source=source,
        sha256=sha256,
        text=reading.text,
        sections=reading.sections,
        paragraphs=reading.paragraphs,
        title=known.get("title"),
        author=known.get("author"),
        publisher=known.get("publisher"),
        published=known.get("published"),
        language=known.get("language"),
        url=known.get("url"),
        licence=known.get("licence"),
    )
