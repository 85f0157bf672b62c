"""The way of a document: found, read, split, encoded, committed. And back out again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index import __version__
from index.codec import CODECS
from index.config import INDEX_KEYS, Config
from index.documents import Document, Passage, document_id, sha256_hex
from index.encoder import ENCODERS, Encoder, Progress
from index.errors import IndexMismatch, InputError
from index.files import Failure, failure, find_files
from index.manifest import FORMAT, Manifest
from index.metadata import MANIFEST_NAME, MetadataManifest, sidecar
from index.readers import read_file
from index.segment import Segment
from index.snapshot import Snapshot
from index.splitting import Budget, split
from index.store import IndexFolder
from index.tokens import ENCODING

BATCH = 1024
"""Passages encoded and written at a time, or one document: the token vectors of so many take 250 MB
before they are coded, twice that for a moment."""


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
        if before is not None:
            config = before.manifest.configured(config)
        manifests = _Manifests(manifest)
        fresh: list[Document] = []
        skipped: list[Document] = []
        stale: dict[str, str] = {}
        for source in files:
            try:
                document = _read(source, config, metadata or {}, manifests)
            except InputError as error:
                failed.append(failure(source, str(error)))
                continue
            old = None if before is None else before.by_source(source)
            if old and replace(document, id=old.id, source=old.source) == old:
                skipped.append(old)
                continue
            fresh.append(document)
            if old:
                stale[document.id] = old.id
        after = before
        if fresh:
            encoder = _encoder_for(config, before)
            segments = encode(fresh, encoder, config, progress)
            gone = set(stale.values())
            folder.commit(describe(encoder, config), segments, kept=before, dropped=gone)
            after = folder.open()
    return AddReport(
        added=_indexed((d for d in fresh if d.id not in stale), after),
        replaced=_indexed((d for d in fresh if d.id in stale), after),
        skipped=_indexed(skipped, after),
        failed=tuple(failed),
        left_out=tuple(left_out),
    )


def remove(folder: IndexFolder, names: Sequence[str]) -> list[Document]:
    """Takes documents out, all or none: afterwards no byte of them is in the index."""
    folder.current()  # a missing index is an error, not a new empty one
    with folder.writing("remove"):
        snapshot = folder.open()
        documents = list({d.id: d for d in map(snapshot.find, names)}.values())
        folder.commit(snapshot.manifest, (), kept=snapshot, dropped={d.id for d in documents})
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
        encoder = ENCODERS[config.encoder](config.device)
        documents = list(before.documents.values())
        folder.commit(describe(encoder, config), encode(documents, encoder, config, progress))
    return folder.manifest()


def encode(
    documents: Sequence[Document],
    encoder: Encoder,
    config: Config,
    progress: Progress | None = None,
) -> Iterator[Segment]:
    """Splits documents and encodes their passages, once for all vectors, batch by batch.

    `progress` counts code points. What is encoded is held batch by batch; a document is never cut
    in two, so a very long one is a large batch.
    """
    codec = CODECS[encoder.codec](encoder.dimension)
    shown = _Shown(progress, sum(len(document.text) for document in documents))
    for batch, passages in _batches(documents, encoder, config):
        texts = [passage.text for group in passages for passage in group]
        headers = encoder.encode_document([document.header for document in batch])
        vectors = encoder.encode_document(texts, shown.within(batch))
        yield Segment.of(batch, headers, passages, vectors, codec, config.language)


class _Shown:
    """Progress of many batches as that of one thing, in code points."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def within(self, batch: Sequence[Document]) -> Progress:
        """Progress for the texts of the next batch."""
        before, size = self._done, sum(len(document.text) for document in batch)
        self._done += size

        def show(texts: int, in_all: int) -> None:
            if self._progress:
                self._progress(before + size * texts // in_all, self._total)

        return show


def _batches(
    documents: Sequence[Document], encoder: Encoder, config: Config
) -> Iterator[tuple[list[Document], list[list[Passage]]]]:
    """Documents with their passages, BATCH passages or one document at a time."""
    budget = Budget(config.passage_tokens, encoder.max_pieces, encoder.count_pieces)
    batch: list[Document] = []
    passages: list[list[Passage]] = []
    for document in documents:
        batch.append(document)
        passages.append(split(document, budget))
        if sum(map(len, passages)) >= BATCH:
            yield batch, passages
            batch, passages = [], []
    if batch:
        yield batch, passages


def describe(encoder: Encoder, config: Config) -> Manifest:
    """The manifest of an index to be made: what only the files can tell is left open."""
    return Manifest(
        format=FORMAT,
        onrecord=__version__,
        encoder=config.encoder,
        encoder_sha256=encoder.weights_sha256,
        dimension=encoder.dimension,
        passage_tokens=config.passage_tokens,
        language=config.language,
        token_encoding=ENCODING,
        codec=encoder.codec,
        codec_sha256=CODECS[encoder.codec](encoder.dimension).sha256,
        segments=(),
        fingerprint="",
        created="",
        files={},
    )


def open_encoder(snapshot: Snapshot, device: str = "auto") -> Encoder:
    """The encoder that made an index; refuses one whose weights or codebook are others."""
    encoder = ENCODERS[snapshot.manifest.encoder](device)
    for what, made_with, here in (
        ("weights", snapshot.manifest.encoder_sha256, encoder.weights_sha256),
        ("codebook", snapshot.manifest.codec_sha256, snapshot.codec.sha256),
    ):
        if made_with != here:
            raise IndexMismatch(
                f"the index was made with {what} {made_with[:12]}, this encoder has {here[:12]}",
                "run onrecord rebuild",
            )
    return encoder


def _encoder_for(config: Config, before: Snapshot | None) -> Encoder:
    if before is not None:
        return open_encoder(before, config.device)
    return ENCODERS[config.encoder](config.device)


def _indexed(documents: Iterable[Document], where: Snapshot | None) -> tuple[Indexed, ...]:
    counts = {} if where is None else where.passage_counts
    return tuple(Indexed(d.id, d.source, counts[d.id]) for d in documents)


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
