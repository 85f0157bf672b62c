"""The index on disk: whole generations, switched atomically.

    FOLDER/CURRENT                 the name of the generation in force
    FOLDER/generations/000007/     manifest.json, documents.jsonl, passages.jsonl, vectors.faiss,
                                   tokens.*.npy, headers.*.npy, keywords/
    FOLDER/lock, FOLDER/lock.json  held while writing, and by whom

A change writes a new generation beside the old one, syncs it to the disk, and then renames one
small file. Whatever stops the writer before that rename leaves the old generation in force; after
it, the new one is. The old generation is deleted next, so removed documents are gone from the disk.
Readers keep what they have opened: a deleted file stays readable to whoever holds it open.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from index.documents import Document, Page, Passage, Section, Span, document_id, sha256_hex
from index.encoder import Floats, Ints
from index.errors import IndexDamaged, IndexLocked, IndexMissing, InputError
from index.keywords import BM25, KeywordIndex
from index.manifest import NAME as MANIFEST
from index.manifest import FileRecord, Manifest
from index.vectors import STORES, VectorStore

_OPEN_TRIES = 5  # a reader may meet a generation that a writer replaces at that moment


@dataclass(frozen=True, slots=True)
class TokenTable:
    """Word pieces of many texts (passages or headers), one text after the other.

    `bounds` [texts + 1]: text i owns rows bounds[i]:bounds[i+1]. `vectors` [rows, d] int8, each row
    scaled to its largest component (only its direction matters). `starts` [rows], code points from
    the text's start. `pieces` [rows], vocabulary numbers.
    """

    bounds: NDArray[np.int64]
    vectors: NDArray[np.int8]
    starts: Ints
    pieces: Ints

    @classmethod
    def empty(cls, dimension: int) -> TokenTable:
        none = np.zeros(0, np.int32)
        return cls(np.zeros(1, np.int64), np.zeros((0, dimension), np.int8), none, none)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def rows(self, text: int) -> slice:
        return slice(int(self.bounds[text]), int(self.bounds[text + 1]))

    def plus(self, other: TokenTable) -> TokenTable:
        return TokenTable(
            np.concatenate([self.bounds, other.bounds[1:] + self.bounds[-1]]),
            np.concatenate([self.vectors, other.vectors]),
            np.concatenate([self.starts, other.starts]),
            np.concatenate([self.pieces, other.pieces]),
        )

    def take(self, keep: list[int]) -> TokenTable:
        """The table of some of the texts, in that order."""
        slices = [self.rows(i) for i in keep]
        empty = slice(0, 0)
        return TokenTable(
            bounds=np.cumsum([0] + [s.stop - s.start for s in slices], dtype=np.int64),
            vectors=np.concatenate([self.vectors[s] for s in slices or [empty]]),
            starts=np.concatenate([self.starts[s] for s in slices or [empty]]),
            pieces=np.concatenate([self.pieces[s] for s in slices or [empty]]),
        )


@dataclass(frozen=True, slots=True)
class Contents:
    """What a generation holds before it is made searchable.

    `vectors` [passages, d] and `tokens` are in step with `passages`, `headers` (what is known of a
    document, as word pieces) with `documents`.
    """

    documents: tuple[Document, ...]
    headers: TokenTable
    passages: tuple[Passage, ...]
    vectors: Floats
    tokens: TokenTable

    @classmethod
    def empty(cls, dimension: int) -> Contents:
        none = TokenTable.empty(dimension)
        return cls((), none, (), np.zeros((0, dimension), np.float32), none)

    def without(self, ids: set[str]) -> Contents:
        """The same without some documents: no row of theirs is left in any part."""
        documents = [i for i, d in enumerate(self.documents) if d.id not in ids]
        passages = [i for i, p in enumerate(self.passages) if p.span.document_id not in ids]
        return Contents(
            tuple(self.documents[i] for i in documents),
            self.headers.take(documents),
            tuple(self.passages[i] for i in passages),
            self.vectors[passages],
            self.tokens.take(passages),
        )

    def plus(self, other: Contents) -> Contents:
        return Contents(
            self.documents + other.documents,
            self.headers.plus(other.headers),
            self.passages + other.passages,
            np.concatenate([self.vectors, other.vectors]),
            self.tokens.plus(other.tokens),
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One generation, open for reading: it never changes, whatever happens on the disk."""

    manifest: Manifest
    documents: dict[str, Document]
    headers: TokenTable
    passages: tuple[Passage, ...]
    tokens: TokenTable
    vectors: VectorStore
    keywords: KeywordIndex

    def contents(self) -> Contents:
        return Contents(
            tuple(self.documents.values()),
            self.headers,
            self.passages,
            self.vectors.vectors(),
            self.tokens,
        )

    def find(self, name: str) -> Document:
        """The document with this id, source, or unambiguous end of a source."""
        if name in self.documents:
            return self.documents[name]
        tail = "/" + name.lstrip("/")
        exact = [d for d in self.documents.values() if d.source == name]
        ending = [d for d in self.documents.values() if d.source.endswith(tail)]
        for found in (exact, ending):
            if len(found) == 1:
                return found[0]
            if found:
                raise InputError(
                    f"{name!r} names {len(found)} documents", "use an id of: onrecord list"
                )
        raise InputError(f"no document {name!r} in the index", "see: onrecord list")


class IndexFolder:
    """The folder of an index. Any number of readers, one writer at a time."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._generations = self.path / "generations"

    def exists(self) -> bool:
        return (self.path / "CURRENT").is_file()

    def current(self) -> Path:
        """The folder of the generation in force."""
        try:
            name = (self.path / "CURRENT").read_text(encoding="ascii").strip()
        except OSError as error:
            raise IndexMissing(
                f"{self.path}: no index here", "make one: onrecord add PATH..."
            ) from error
        except UnicodeDecodeError as error:
            raise self._damaged(self.path / "CURRENT", "not a name") from error
        if not name.isdigit():
            raise self._damaged(self.path / "CURRENT", f"says {name!r}, not a generation's number")
        return self._generations / name

    def manifest(self) -> Manifest:
        return Manifest.load(self.current())

    def open(self) -> Snapshot:
        """Opens the generation in force. Sizes are checked here, hashes by `check`."""
        folder = self.current()
        for _ in range(_OPEN_TRIES):
            try:
                return _load(folder)
            except IndexDamaged:
                newer = self.current()
                if newer == folder:
                    raise
                folder = newer
        raise self._damaged(folder, "keeps changing while it is read")

    @contextmanager
    def writing(self, command: str) -> Iterator[None]:
        """Holds the write lock; a second writer is told who holds it. Dies with its process."""
        ours = not self.path.exists()
        try:
            self._generations.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / "lock", timeout=0)
            lock.acquire()
        except Timeout as error:
            raise IndexLocked(
                f"{self.path}: locked by {self._holder()}", "wait for it to end, then try again"
            ) from error
        except OSError as error:
            raise InputError(
                f"{self.path}: cannot write there ({error.strerror})",
                "choose another folder with --index",
            ) from error
        try:
            holder = {"pid": os.getpid(), "command": command, "since": _now()}
            with suppress(OSError):  # a courtesy to others: a full disk is found out at the commit
                (self.path / "lock.json").write_text(json.dumps(holder), encoding="utf-8")
            self._collect()
            yield
        finally:
            (self.path / "lock.json").unlink(missing_ok=True)
            lock.release()
            if ours and not self.exists():  # nothing came of it: leave nothing behind
                shutil.rmtree(self.path, ignore_errors=True)

    def commit(self, contents: Contents, manifest: Manifest) -> None:
        """Makes `contents` the generation in force; `manifest` lacks only its `files` and counts.

        Must be called while `writing`. On any failure the old generation stays in force.
        """
        numbers = [int(p.name) for p in self._generations.iterdir() if p.name.isdigit()]
        last = max(numbers, default=0)
        final = self._generations / f"{last + 1:06d}"
        draft = self._generations / f"{final.name}.tmp"
        try:
            shutil.rmtree(draft, ignore_errors=True)
            _save(draft, contents, manifest)
            _load(draft)  # on a full disk numpy may lose the end of an array and say nothing
            draft.rename(final)
            _sync(self._generations)
            pointer = self.path / "CURRENT.tmp"
            pointer.write_text(final.name + "\n", encoding="ascii")
            _sync(pointer)
            pointer.replace(self.path / "CURRENT")
            _sync(self.path)
        except (OSError, IndexDamaged) as error:
            shutil.rmtree(draft, ignore_errors=True)
            reason = error.what if isinstance(error, IndexDamaged) else error.strerror or error
            raise InputError(
                f"{self.path}: could not write ({reason}), the index is as it was before",
                "free some space or choose another folder with --index",
            ) from error
        self._collect()

    def _collect(self) -> None:
        """Deletes what no `CURRENT` points to: old generations and drafts of dead writers."""
        keep = self.current().name if self.exists() else None
        for path in self._generations.iterdir():
            if path.name != keep and path.name.removesuffix(".tmp").isdigit():
                try:
                    shutil.rmtree(path)
                except OSError as error:
                    raise InputError(
                        f"{path}: an old generation cannot be deleted ({error.strerror}), "
                        "what was removed from the index is still in it",
                        "delete that folder",
                    ) from error

    def _holder(self) -> str:
        try:
            row = json.loads((self.path / "lock.json").read_text(encoding="utf-8"))
            return f"process {row['pid']} (onrecord {row['command']}, since {row['since']})"
        except (OSError, ValueError, KeyError):
            return "another process"

    def _damaged(self, path: Path, why: str) -> IndexDamaged:
        return IndexDamaged(f"{path}: {why}", "restore the index folder, or build it again")


def damages(folder: IndexFolder) -> list[str]:
    """Re-verifies every byte of the generation in force; one line for each fault found."""
    try:
        root = folder.current()
        return _damages(root, Manifest.load(root))
    except IndexDamaged as error:
        return [str(error)]


def _damages(root: Path, manifest: Manifest) -> list[str]:
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
    snapshot = _load(root)
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


def _save(folder: Path, contents: Contents, manifest: Manifest) -> None:
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
        _sync(path)
        files[path.relative_to(folder).as_posix()] = FileRecord(_hash(path), path.stat().st_size)
    fields = {name: getattr(manifest, name) for name in manifest.__dataclass_fields__}
    Manifest(**(fields | {"files": files})).save(folder)
    _sync(folder / MANIFEST)
    _sync(keywords)
    _sync(folder)


def _load(folder: Path) -> Snapshot:
    manifest = Manifest.load(folder)
    try:
        for name, record in manifest.files.items():
            size = (folder / name).stat().st_size
            if size != record.bytes:
                raise ValueError(f"{name} has {size} bytes, not {record.bytes}")
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


def _sync(path: Path) -> None:
    """Forces a file or folder to the disk (POSIX fsync; folders cannot be synced on Windows)."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
