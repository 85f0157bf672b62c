"""The way of a document: found, read, split, encoded, committed. And back out again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from index import __version__
from index.adding import Addition
from index.codec import CODECS
from index.config import INDEX_KEYS, Config
from index.documents import Document
from index.encoder import ENCODERS, Encoder, Progress
from index.encoding import Batches, encode
from index.errors import IndexMismatch, InputError
from index.files import find_files
from index.intake import fresh_salt
from index.intake_log import REBUILT, Head, removed, replaced
from index.manifest import FORMAT, Manifest
from index.metadata import MetadataManifest, checked
from index.news import AddReport, Listener, nobody
from index.pending import Pending
from index.receiving import Receiver
from index.sandbox import shared
from index.segment import Received
from index.snapshot import Snapshot
from index.store import IndexFolder
from index.tokens import ENCODING


def add(
    folder: IndexFolder,
    paths: Sequence[str],
    config: Config,
    *,
    metadata: Mapping[str, str] | None = None,
    manifest: MetadataManifest | None = None,
    listener: Listener = nobody,
) -> AddReport:
    """Brings files and folders into the index, as one change: all that can be read, or nothing.

    A file whose bytes and metadata are as before is skipped; one that changed replaces its former
    self. A file that cannot be read is reported and does not stop the others. If the addition is
    stopped, the index is as it was, and the same addition goes on where it was.
    """
    files, failed, left_out = find_files(paths, folder.path)
    with folder.writing("add"):
        before = folder.open() if folder.exists() else None
        if before is not None:
            config = before.manifest.configured(config)
        encoder = _Late(config, before)
        settings = before.manifest if before else describe(encoder(), config)
        pending = Pending(folder.path, settings)
        receiver = Receiver(config, metadata or {}, manifest)
        keeper = folder if config.keep_originals else None
        addition = Addition(before, receiver, pending, keeper, listener)
        sandbox = shared(config.reader_seconds, config.reader_megabytes)
        addition.run(files, sandbox, lambda: Batches(encoder(), config, addition.shown))
        if addition.entries:
            folder.commit(
                settings,
                addition.parts,
                kept=before,
                dropped=addition.dropped,
                entries=addition.entries,
            )
        else:
            folder.drop_pending()
    return addition.report(failed, left_out)


def remove(folder: IndexFolder, names: Sequence[str]) -> list[Document]:
    """Takes documents out, all or none: afterwards no byte of them is in the index.

    The name of a container takes out all that is in it.
    """
    folder.current()  # a missing index is an error, not a new empty one
    with folder.writing("remove"):
        snapshot = folder.open()
        documents = list({d.id: d for name in names for d in _named(snapshot, name)}.values())
        _whole(snapshot, documents)
        folder.commit(
            snapshot.manifest,
            kept=snapshot,
            dropped={d.id for d in documents},
            entries=[removed(snapshot.intake_of(document)) for document in documents],
        )
    return documents


def edit(folder: IndexFolder, name: str, metadata: Mapping[str, str], config: Config) -> Document:
    """Says something else of a document than its file does; an empty value takes a field away.

    It holds until the file itself, or what stands beside it, changes and is added again.
    """
    folder.current()
    known = checked(metadata, "metadata")
    with folder.writing("edit"):
        before = folder.open()
        old = before.find(name)
        fields: dict[str, Any] = {key: known.get(key) for key in metadata}
        uncertain = tuple(field for field in old.uncertain if field not in metadata)
        document = replace(old, uncertain=uncertain, **fields)
        if document == old:
            return old
        intake = before.intake_of(old)
        given = {k: v for k, v in intake.given.items() if k not in metadata} | known
        told = Received(document, replace(intake, given=given, salt=fresh_salt()))
        config = before.manifest.configured(config)
        encoder = open_encoder(before, config.device)
        folder.commit(
            before.manifest,
            encode([told], encoder, config),
            kept=before,
            dropped={old.id},
            entries=[replaced(intake, told.intake)],
        )
    return document


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
        received = (Received(d, before.intake_of(d)) for d in before.documents.values())
        total = sum(len(document.text) for document in before.documents.values())
        segments = encode(received, encoder, config, _counted(progress, total))
        settings = replace(describe(encoder, config), log=before.manifest.log)
        folder.commit(settings, segments, entries=[REBUILT])
    return folder.manifest()


def _counted(progress: Progress | None, total: int) -> Callable[[int], None]:
    done = 0

    def shown(code_points: int) -> None:
        nonlocal done
        done += code_points
        if progress:
            progress(done, total)

    return shown


def _named(snapshot: Snapshot, name: str) -> list[Document]:
    """The document with this name, and those inside it."""
    inside = snapshot.inside(name)
    try:
        document = snapshot.find(name)
    except InputError:
        if not inside:
            raise
        return inside
    return [document, *snapshot.inside(document.source)]


def _whole(snapshot: Snapshot, documents: Sequence[Document]) -> None:
    """Refuses to take an attachment out and leave the message: the message holds its bytes."""
    going = {document.id for document in documents}
    for document in documents:
        holder = snapshot.by_source(document.parent) if document.parent else None
        if holder and holder.id not in going:
            raise InputError(
                f"{document.source}: a part of {holder.source}, which would still hold it",
                f"remove the whole of it: onrecord remove {holder.id}",
            )


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
        log=Head(),
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


class _Late:
    """The encoder of an index, loaded when it is first called for."""

    def __init__(self, config: Config, before: Snapshot | None) -> None:
        self._config = config
        self._before = before
        self._encoder: Encoder | None = None

    def __call__(self) -> Encoder:
        if self._encoder is None:
            self._encoder = (
                open_encoder(self._before, self._config.device)
                if self._before
                else ENCODERS[self._config.encoder](self._config.device)
            )
        return self._encoder
