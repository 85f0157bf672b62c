"""One generation of an index as files: written whole, read back, verified byte for byte.

manifest.json      what the index is, and the SHA-256 of every other file
documents.jsonl    documents with their texts
passages.jsonl     spans of passages and sentences; the words are in the documents
vectors.faiss      a vector for each passage
tokens.*.npy       a vector for each word piece of the passages; headers.*.npy, of the headers
keywords/          BM25
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from index.contents import Contents, Snapshot, TokenTable
from index.documents import Document, Page, Passage, Section, Span, document_id, sha256_hex
from index.errors import IndexDamaged
from index.keywords import BM25
from index.manifest import NAME as MANIFEST
from index.manifest import FileRecord, Manifest
from index.vectors import STORES

QUOTED = ("documents.jsonl", "passages.jsonl")
"""Files that quotes come from: hashed at each opening. The rest decides what is found, and `check`
hashes it."""


def save(folder: Path, contents: Contents, manifest: Manifest) -> None:
    folder.mkdir(parents=True)
    _write_lines(folder / "documents.jsonl", (asdict(d) for d in contents.documents))
    _write_lines(folder / "passages.jsonl", (_passage_row(p) for p in contents.passages))
    _save_tokens(folder, "tokens", contents.tokens)
    _save_tokens(folder, "headers", contents.headers)
    STORES[manifest.vector_store].build(contents.vectors).save(folder / "vectors.faiss")
    documents = {document.id: document for document in contents.documents}
    owners = [documents[passage.span.document_id] for passage in contents.passages]
    keywords = folder / "keywords"
    keywords.mkdir()
    BM25.build(
        [f"{d.header}\n{p.text}" for d, p in zip(owners, contents.passages, strict=True)],
        [d.language or manifest.language for d in owners],
    ).save(keywords)
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        sync(path)
        files[path.relative_to(folder).as_posix()] = FileRecord(_hash(path), path.stat().st_size)
    fields = {name: getattr(manifest, name) for name in manifest.__dataclass_fields__}
    Manifest(**(fields | {"files": files})).save(folder)
    sync(folder / MANIFEST)
    sync(keywords)
    sync(folder)


def load(folder: Path) -> Snapshot:
    manifest = Manifest.load(folder)
    try:
        for name, record in manifest.files.items():
            size = (folder / name).stat().st_size
            if size != record.bytes:
                raise ValueError(f"{name} has {size} bytes, not {record.bytes}")
        for name in QUOTED:
            if _hash(folder / name) != manifest.files[name].sha256:
                raise ValueError(f"{name} was altered, its SHA-256 is not the manifest's")
        documents = [_document(row) for row in _read_lines(folder / "documents.jsonl")]
        by_id = {document.id: document for document in documents}
        passages = [_passage(row, by_id) for row in _read_lines(folder / "passages.jsonl")]
        tokens, headers = _load_tokens(folder, "tokens"), _load_tokens(folder, "headers")
        vectors = STORES[manifest.vector_store].load(folder / "vectors.faiss")
        keywords = BM25.load(folder / "keywords")
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise IndexDamaged(
            f"{folder}: {error}",
            "run onrecord check for all damage; restore the folder or build it again",
        ) from error
    counts = (len(by_id), len(headers), len(passages), len(tokens))
    wanted = (manifest.documents, manifest.documents, manifest.passages, manifest.passages)
    if counts != wanted:
        raise IndexDamaged(
            f"{folder}: documents, headers, passages, tokens are {counts}, not {wanted}",
            "restore the folder or build it again",
        )
    return Snapshot(manifest, by_id, headers, tuple(passages), tokens, vectors, keywords)


_TOKEN_PARTS = ("bounds", "vectors", "starts", "pieces")


def _save_tokens(folder: Path, name: str, tokens: TokenTable) -> None:
    for part in _TOKEN_PARTS:
        np.save(folder / f"{name}.{part}.npy", getattr(tokens, part), allow_pickle=False)


def _load_tokens(folder: Path, name: str) -> TokenTable:
    """The arrays, memory-mapped: pages are read when a passage is looked at."""
    arrays: dict[str, Any] = {
        part: np.load(folder / f"{name}.{part}.npy", mmap_mode="r", allow_pickle=False)
        for part in _TOKEN_PARTS
    }
    return TokenTable(**arrays)


def _passage_row(passage: Passage) -> dict[str, object]:
    return {
        "document": passage.span.document_id,
        "start": passage.span.start,
        "end": passage.span.end,
        "id": passage.id,
        "section": passage.section,
        "page": passage.page,
        "sentences": passage.sentences,
    }


def _passage(row: dict[str, Any], documents: dict[str, Document]) -> Passage:
    span = Span(row["document"], row["start"], row["end"])
    return Passage(
        id=row["id"],
        span=span,
        text=documents[span.document_id].text[span.start : span.end],
        section=row["section"],
        page=row["page"],
        sentences=tuple((a, b) for a, b in row["sentences"]),
    )


def _document(row: dict[str, Any]) -> Document:
    parts = {
        "pages": tuple(Page(**page) for page in row["pages"]),
        "sections": tuple(Section(**section) for section in row["sections"]),
        "paragraphs": tuple((a, b) for a, b in row["paragraphs"]),
    }
    return Document(**row | parts)


def _write_lines(path: Path, rows: Iterator[Any]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)


def _hash(path: Path) -> str:
    return sha256_hex(path.read_bytes())


def sync(path: Path) -> None:
    """Forces a file or folder to the disk (POSIX fsync; folders cannot be synced on Windows)."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def faults(root: Path, manifest: Manifest) -> list[str]:
    found: list[str] = []
    for name, record in manifest.files.items():
        path = root / name
        if not path.is_file():
            found.append(f"{path}: missing")
        elif path.stat().st_size != record.bytes:
            found.append(f"{path}: {path.stat().st_size} bytes, the manifest says {record.bytes}")
        elif _hash(path) != record.sha256:
            found.append(f"{path}: its SHA-256 is not the manifest's")
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        name = path.relative_to(root).as_posix()
        if name != MANIFEST and name not in manifest.files:
            found.append(f"{path}: not part of the index")
    if found:
        return found
    snapshot = load(root)
    for document in snapshot.documents.values():
        if document.id != document_id(document.source, document.text):
            found.append(f"document {document.id}: its id is not that of its source and text")
    for passage in snapshot.passages:
        span = passage.span
        if span.end > len(snapshot.documents[span.document_id].text):
            found.append(f"passage {passage.id}: its span ends beyond the document's text")
        if not all(span.start <= a < b <= span.end for a, b in passage.sentences):
            found.append(f"passage {passage.id}: a sentence lies outside its span")
    return found
