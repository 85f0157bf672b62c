"""One generation of an index as files: written whole, read back, verified byte for byte.

manifest.json      what the index is, and the SHA-256 of every other file
SEGMENT/*.npy      documents, passages, token vectors and postings, see index.segment
SEGMENT/vectors.faiss

A segment's folder is named after its content and never changes. A new generation takes over, as
hard links, the segments in which nothing changed, writes the others, and joins small ones: what a
change costs depends on its size and on that of the segments it touches, not on the corpus.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Mapping, Set, Sized
from dataclasses import replace
from pathlib import Path

import numpy as np

from index.documents import document_id, sha256_hex
from index.errors import IndexDamaged
from index.manifest import NAME as MANIFEST
from index.manifest import FileRecord, Manifest, SegmentRecord, fingerprint
from index.ragged import Altered
from index.segment import CHECKED, Segment
from index.snapshot import Snapshot

MOST_PASSAGES = 65_536
"""Of a segment that is made by joining others: what a removal has to write anew at worst."""

GROWTH = 2
"""A segment is joined to the one before it unless that one is more than this many times as large.
So sizes fall off geometrically: a corpus of N passages has at most some 2 N / MOST_PASSAGES + 16
segments, and each passage is written again about log2(MOST_PASSAGES) times in its life."""


def save(
    folder: Path,
    settings: Manifest,
    kept: Snapshot | None,
    kept_from: Path | None,
    dropped: Set[str],
    fresh: Iterable[Segment],
) -> Manifest:
    """Writes a generation: segments of `kept` (in `kept_from`) without some documents, and fresh
    ones. `settings` is a manifest whose segments and files do not count."""
    folder.mkdir(parents=True)
    draft = _Draft(folder, settings)
    if kept is not None and kept_from:
        gone = np.array([id_.encode() for id_ in dropped], "S16")
        for segment, record in zip(kept.segments, kept.manifest.segments, strict=True):
            if not np.isin(segment.ids, gone).any():
                draft.link(kept_from, record, kept.manifest)
            else:
                verify(kept_from, record.name, kept.manifest.files)
                draft.write(segment.without(dropped))
    for segment in fresh:
        draft.write(segment)
    return draft.finish()


class _Draft:
    """A generation while it is written: a stack of segments, the large ones first."""

    def __init__(self, folder: Path, settings: Manifest) -> None:
        self._folder = folder
        self._settings = settings
        self._stack: list[SegmentRecord] = []
        self._files: dict[str, FileRecord] = {}

    def link(self, root: Path, record: SegmentRecord, manifest: Manifest) -> None:
        (self._folder / record.name).mkdir()
        for name, file in manifest.files.items():
            if name.startswith(record.name + "/"):
                _link(root / name, self._folder / name)
                self._files[name] = file
        self._push(record)

    def write(self, segment: Segment) -> None:
        if not len(segment.ids):
            return
        new = self._folder / "new"
        store = segment.save(new)
        hashes = {path.name: _record(path) for path in sorted(new.iterdir())}
        name = sha256_hex("".join(f.sha256 for f in hashes.values()).encode())[:16]
        new.rename(self._folder / name)
        self._files |= {f"{name}/{file}": record for file, record in hashes.items()}
        self._push(
            SegmentRecord(
                name=name,
                vector_store=store,
                languages=tuple(segment.languages(self._settings.language)),
                documents=len(segment.ids),
                passages=len(segment),
                sentences=len(segment.sentences),
                word_pieces=len(segment.tokens.pieces),
            )
        )

    def finish(self) -> Manifest:
        segments = [Segment.load(self._folder / r.name, r.vector_store) for r in self._stack]
        documents = [bytes(row) for segment in segments for row in segment.cards.sums]
        manifest = replace(
            self._settings,
            segments=tuple(self._stack),
            files=self._files,
            fingerprint=fingerprint(self._settings, documents),
            created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        )
        manifest.save(self._folder)
        for record in self._stack:
            sync(self._folder / record.name)
        sync(self._folder / MANIFEST)
        sync(self._folder)
        return manifest

    def _push(self, record: SegmentRecord) -> None:
        self._stack.append(record)
        if len(self._stack) < 2:
            return
        before = self._stack[-2]
        small = before.passages <= GROWTH * record.passages
        if small and before.passages + record.passages <= MOST_PASSAGES:
            for part in self._stack[-2:]:
                verify(self._folder, part.name, self._files)
            pair = [self._pop(), self._pop()]
            parts = [Segment.load(self._folder / r.name, r.vector_store) for r in pair]
            whole = Segment.join(parts)
            for part in pair:  # what is mapped stays readable without its name
                shutil.rmtree(self._folder / part.name)
            self.write(whole)

    def _pop(self) -> SegmentRecord:
        record = self._stack.pop()
        inside = record.name + "/"
        self._files = {n: f for n, f in self._files.items() if not n.startswith(inside)}
        return record


def load(folder: Path) -> Snapshot:
    """Opens a generation. Sizes are compared, and the SHA-256 of what vouches for texts and says
    where passages stand; a text is hashed when it is read; `check` hashes everything."""
    manifest = Manifest.load(folder)
    try:
        for name, record in manifest.files.items():
            size = (folder / name).stat().st_size
            if size != record.bytes:
                raise ValueError(f"{name} has {size} bytes, not {record.bytes}")
        for row in manifest.segments:
            for name in (f"{row.name}/{array}.npy" for array in CHECKED):
                if _hash(folder / name) != manifest.files[name].sha256:
                    raise ValueError(f"{name} was altered, its SHA-256 is not the manifest's")
        segments = [_checked(Segment.load(folder / r.name, r.vector_store), r)
                    for r in manifest.segments]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise IndexDamaged(
            f"{folder}: {error}",
            "run onrecord check for all damage; restore the folder or build it again",
        ) from error
    return Snapshot(manifest, segments)


def verify(root: Path, segment: str, files: Mapping[str, FileRecord]) -> None:
    """Refuses a segment of which a byte was altered: what is made of it gets hashes of its own."""
    for name, record in files.items():
        if name.startswith(segment + "/") and _hash(root / name) != record.sha256:
            raise IndexDamaged(
                f"{name}: its SHA-256 is not the manifest's",
                "run onrecord check for all damage; restore the folder or build it again",
            )


def _checked(segment: Segment, record: SegmentRecord) -> Segment:
    s = segment
    of_documents: list[Sized] = [s.ids, s.cards, s.bodies, s.sources, s.headers]
    of_passages: list[Sized] = [s.places, s.tokens, s.postings.lengths, s.sentence_bounds[1:]]
    for wanted, parts in ((record.documents, of_documents), (record.passages, of_passages)):
        if any(len(part) != wanted for part in parts):
            counts = [len(part) for part in parts]
            raise ValueError(f"{record.name}: the parts hold {counts} rows, not {wanted}")
    return segment


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
    for row, segment in zip(manifest.segments, load(root).segments, strict=True):
        found += _faults_inside(root / row.name, segment)
    return found


def _faults_inside(folder: Path, segment: Segment) -> list[str]:
    """What hashes cannot tell: that the parts of a segment fit together."""
    found = []
    lengths = []
    for row in range(len(segment.ids)):
        try:
            document = segment.document(row)
        except (Altered, ValueError, KeyError, TypeError) as error:
            return [f"{folder}: document {row}: {error}"]
        lengths.append(len(document.text))
        if document.id != document_id(document.source, document.text):
            found.append(f"document {document.id}: its id is not that of its source and text")
    places = segment.places
    beyond = places["end"] > np.array(lengths, np.int64)[places["document"]]
    found += [f"{folder}: passage {row} ends beyond its text" for row in np.flatnonzero(beyond)]
    owner = np.repeat(np.arange(len(segment)), np.diff(segment.sentence_bounds))
    starts, ends = places["start"][owner], places["end"][owner]
    outside = (segment.sentences[:, 0] < starts) | (segment.sentences[:, 1] > ends)
    found += [f"{folder}: sentence {row} is outside its passage" for row in np.flatnonzero(outside)]
    return found


def _record(path: Path) -> FileRecord:
    sync(path)
    return FileRecord(_hash(path), path.stat().st_size)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _link(source: Path, target: Path) -> None:
    """A second name for a file that never changes; a copy where names cannot be shared."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        sync(target)


def sync(path: Path) -> None:
    """Forces a file or folder to the disk (POSIX fsync; folders cannot be synced on Windows)."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
