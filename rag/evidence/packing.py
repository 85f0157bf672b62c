"""An answer made an evidence pack: all that somebody needs who does not take our word for it.

One zip (`rag.evidence.archive`), always the same bytes for the same answer, index and options: no
clock and no chance takes part, so that whoever has the same index can make it again and compare.
Its fingerprint, the SHA-256 of its manifest, stands for all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.config import Config
from index.documents import Document, sha256_hex
from index.errors import InputError
from index.intake import TOOL, Intake, canonical
from index.intake_log import read as read_log
from index.readers import FORMATS, suffix_of
from index.snapshot import Snapshot
from index.store import IndexFolder
from rag.answer import Answer
from rag.evidence import custody
from rag.evidence.archive import zipped
from rag.evidence.quotes import beside, quote_row
from rag.evidence.records import (
    FORMAT,
    DocumentRecord,
    FileRecord,
    IndexRecord,
    LogRecord,
    ManifestRecord,
    ModelRecord,
    ModelsRecord,
    lines,
    written,
)
from rag.evidence.view import view
from rag.models import ModelStore, models_folder, sha256_of

MANIFEST = "manifest.json"
SETTINGS_LEFT_OUT = {"device"}
"""Where, not what, is computed: as `rag.assistant` has it for its fingerprint."""


@dataclass(frozen=True, slots=True)
class Options:
    """`hashes_only` leaves out texts, originals and what hits quote, for documents that may not be
    handed on: who has the files can still check them. `strictness` is that with which the answer
    was asked for, where it was not the configuration's."""

    hashes_only: bool = False
    strictness: float | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack, and its fingerprint, which is to be written down elsewhere."""

    data: bytes
    fingerprint: str


def pack(
    folder: IndexFolder,
    snapshot: Snapshot,
    config: Config,
    answer: Answer,
    options: Options = Options(),
) -> Pack:
    """The evidence pack of an answer from a snapshot of the index in `folder`.

    `config` is that of the assistant that gave it. Raises `InputError` when a document that it
    cites is no longer in the index, `IndexDamaged` when its original or the log is not as it was.
    """
    if options.strictness is not None:
        config = config.model_copy(update={"strictness": float(options.strictness)})
    documents = [_in_index(document, snapshot) for document in rests_on(answer)]
    intakes = [snapshot.intake_of(document) for document in documents]
    log, part = custody.excerpt(read_log(folder.log_path, snapshot.manifest.log), intakes)
    settings, saved = settings_of(config), told(answer, options.hashes_only)
    members = {
        "answer.json": written(saved),
        "configuration.json": settings.encode(),
        "intake.jsonl": log,
        "intake-records.jsonl": custody.lines_of(intakes),
        "models.json": written(_models(snapshot, config, answer, settings).model_dump()),
    }
    texts = {document.id: document.text for document in documents}
    rows = [_record(*pair, options.hashes_only) for pair in zip(documents, intakes, strict=True)]
    members["documents.jsonl"] = lines(row.model_dump() for row in rows)
    members["quotes.jsonl"] = lines(
        quote_row(row, *beside(texts[row["document"]], row["start"], row["end"]))
        for row in saved["citations"]
    )
    for row, document in zip(rows, documents, strict=True):
        if row.text:
            members[row.text] = document.text.encode()
        if row.original:
            members[row.original] = folder.original(document)
    members["index.html"] = view(members)
    members[MANIFEST] = manifest(members, options.hashes_only, part)
    return Pack(zipped(members), sha256_hex(members[MANIFEST]))


def rests_on(answer: Answer) -> list[Document]:
    """The documents that are cited, in that order; for an abstention those that were found."""
    cited = [citation.document for citation in answer.citations]
    found = cited or [hit.document for hit in answer.hits]
    return list({document.id: document for document in found}.values())


def _in_index(document: Document, snapshot: Snapshot) -> Document:
    there = snapshot.documents.get(document.id)
    if there != document:
        raise InputError(
            f"{document.source}: no longer in the index as the answer cites it",
            "ask again, then pack that answer",
        )
    return there


def told(answer: Answer, hashes_only: bool) -> dict[str, Any]:
    """The Answer object without its timings, which differ each time; for `hashes_only` also without
    the texts of hits."""
    saved = answer.to_json() | {"seconds": {}}
    if hashes_only:
        saved["hits"] = [hit | {"text": ""} for hit in saved["hits"]]
    return saved


def settings_of(config: Config) -> str:
    """The settings as the fingerprint of an answer has them."""
    return config.model_dump_json(exclude=SETTINGS_LEFT_OUT)


def answered_by(index_fingerprint: str, settings: str) -> str:
    """The fingerprint of the answers of an index with settings, see `rag.assistant`."""
    return sha256_hex(f"{index_fingerprint} {settings}".encode())[:16]


def original_name(source: str, sha256: str) -> str:
    """Named after its bytes, so that nobody's file name is ever a path of somebody else's disk."""
    suffix = suffix_of(source)
    return f"sources/{sha256}{suffix if suffix in FORMATS else ''}"


def manifest(members: Mapping[str, bytes], hashes_only: bool, log: LogRecord | None) -> bytes:
    """What is in a pack but for this file itself, sealed."""
    record = ManifestRecord(
        format=FORMAT,
        onrecord=TOOL,
        hashes_only=hashes_only,
        log=log,
        files={
            name: FileRecord(sha256=sha256_hex(data), bytes=len(data))
            for name, data in sorted(members.items())
        },
        seal="0" * 64,
    )
    return written(record.model_dump() | {"seal": seal(record)})


def seal(record: ManifestRecord) -> str:
    return sha256_hex(canonical(record.model_dump(exclude={"seal"})))


def _record(document: Document, intake: Intake, hashes_only: bool) -> DocumentRecord:
    with_original = intake.kept and not hashes_only
    name = original_name(document.source, document.sha256)
    return DocumentRecord(
        id=document.id,
        source=document.source,
        sha256=document.sha256,
        text_sha256=sha256_hex(document.text.encode()),
        text=None if hashes_only else f"texts/{document.id}.txt",
        original=name if with_original else None,
        title=document.title,
        author=document.author,
        publisher=document.publisher,
        published=document.published,
        language=document.language,
        url=document.url,
        licence=document.licence,
        parent=document.parent,
        uncertain=list(document.uncertain),
        notes=list(document.notes),
    )


def _models(snapshot: Snapshot, config: Config, answer: Answer, settings: str) -> ModelsRecord:
    of = snapshot.manifest
    return ModelsRecord(
        index=IndexRecord(
            fingerprint=of.fingerprint,
            documents=of.documents,
            passages=of.passages,
            passage_tokens=of.passage_tokens,
            token_encoding=of.token_encoding,
        ),
        encoder=_packaged(of.encoder, of.encoder_sha256),
        codec=_packaged(of.codec, of.codec_sha256),
        chat=_chat(config.model) if config.composer == "chat" and config.model else None,
        cross_encoder=_pair_model(config.cross_encoder),
        nli=_pair_model(config.nli),
        gave_the_answer=answered_by(of.fingerprint, settings) == answer.fingerprint,
    )


def _packaged(name: str, sha256: str) -> ModelRecord:
    """Those without weights, such as the hashing encoder, say so in place of a hash."""
    return ModelRecord(name=name, sha256=sha256 if len(sha256) == 64 else None)


def _chat(spec: str) -> ModelRecord:
    """A model of a server has no hash that this machine could tell."""
    if not spec.startswith("gguf:"):
        return ModelRecord(name=spec, sha256=None)
    store, name = ModelStore(models_folder()), spec.removeprefix("gguf:")
    sha256 = store.record(name).sha256 if store.holds(name) else sha256_of(store.resolve(spec))
    return ModelRecord(name=spec, sha256=sha256)


def _pair_model(name: str | None) -> ModelRecord | None:
    """Weights of a folder are hashed; what a hub's cache holds is not looked for."""
    if name is None:
        return None
    weights = Path(name).expanduser() / "model.safetensors"
    return ModelRecord(name=name, sha256=sha256_of(weights) if weights.is_file() else None)
