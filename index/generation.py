"""One generation of an index as files: written whole, read back, verified byte for byte.

manifest.json      what the index is, and the SHA-256 of every other file; manifest.copy.json again
SEGMENT/*.npy      documents, passages, token vectors and postings, see index.segment
SEGMENT/vectors.faiss

A segment's folder is named after its content and never changes. A new generation takes over, as
hard links, the segments in which nothing changed, writes the others, and joins small ones: what a
change costs depends on its size and on that of the segments it touches, not on the corpus.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Set, Sized
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import disk
from index.documents import document_id, sha256_hex
from index.errors import IndexDamaged, IndexStateError
from index.manifest import COPY, FileRecord, Manifest, SegmentRecord, fingerprint
from index.manifest import NAME as MANIFEST
from index.ragged import Altered
from index.segment import CHECKED, Segment
from index.snapshot import Snapshot

MOST_PASSAGES = 65_536
"""Of a segment that is made by joining others: what a removal has to write anew at worst."""

_NOT_ITS_HASH = "its SHA-256 is not the manifest's"
_NEXT = "run onrecord check for all damage, then onrecord repair"

GROWTH = 2
"""A segment is joined to the one before it unless that one is more than this many times as large.
So sizes fall off geometrically: a corpus of N passages has at most some 2 N / MOST_PASSAGES + 16
segments, and each passage is written again about log2(MOST_PASSAGES) times in its life."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A segment as files: in a generation, or made by an addition that is not yet in force."""

    root: Path
    record: SegmentRecord
    files: Mapping[str, FileRecord]
    """By `SEGMENT/FILE`; those of other segments do not matter."""
    without: Set[str] = frozenset()
    """Ids of documents that are not to be taken over."""

    def only(self, ids: Set[str]) -> Finished:
        """The same with no other documents than these."""
        return replace(self, without={row.decode() for row in self._ids().tolist()} - ids)

    def whole(self) -> bool:
        """True when all of its documents are to be taken over."""
        gone = np.array([id_.encode() for id_ in self.without], "S16")
        return not np.isin(self._ids(), gone).any()

    def _ids(self) -> NDArray[np.bytes_]:
        path = self.root / self.record.name / "ids.npy"
        ids: NDArray[np.bytes_] = np.load(path, allow_pickle=False)
        return ids

    def load(self) -> Segment:
        """Refuses one of which a byte was altered: what is made of it gets hashes of its own."""
        for name, record in self.files.items():
            if name.startswith(self.record.name + "/") and _hash(self.root / name) != record.sha256:
                raise IndexDamaged(f"{self.root / name}: {_NOT_ITS_HASH}", _NEXT)
        return Segment.load(self.root / self.record.name, self.record.vector_store)


def save(folder: Path, settings: Manifest, parts: Iterable[Finished | Segment]) -> Manifest:
    """Writes a generation of segments. `settings` is a manifest whose segments and files do not
    count."""
    disk.make_folder(folder)
    draft = _Draft(folder, settings)
    for part in parts:
        if isinstance(part, Segment):
            draft.write(part)
        elif part.whole():
            draft.link(part)
        else:
            draft.write(part.load().without(part.without))
    return draft.finish()


def write_segment(folder: Path, segment: Segment, language: str) -> Finished:
    """Writes a segment below a folder, under a name made of its content, to the disk."""
    new = folder / "new"
    if new.exists():
        disk.remove_tree(new)
    store = segment.save(new)
    hashes = {path.name: _record(path) for path in sorted(new.iterdir())}
    name = sha256_hex("".join(f.sha256 for f in hashes.values()).encode())[:16]
    if (folder / name).exists():  # of an addition that was interrupted just before it was noted
        disk.remove_tree(folder / name)
    disk.sync(new)
    disk.rename(new, folder / name)
    record = SegmentRecord(
        name=name,
        vector_store=store,
        languages=tuple(segment.languages(language)),
        documents=len(segment.ids),
        passages=len(segment),
        sentences=len(segment.sentences),
        word_pieces=len(segment.tokens.pieces),
    )
    return Finished(folder, record, {f"{name}/{file}": row for file, row in hashes.items()})


def finished(root: Path, manifest: Manifest, without: Set[str]) -> list[Finished]:
    """The segments of a generation as files, without some documents by their ids."""
    return [Finished(root, record, manifest.files, without) for record in manifest.segments]


class _Draft:
    """A generation while it is written: a stack of segments, the large ones first."""

    def __init__(self, folder: Path, settings: Manifest) -> None:
        self._folder = folder
        self._settings = settings
        self._stack: list[SegmentRecord] = []
        self._files: dict[str, FileRecord] = {}

    def link(self, part: Finished) -> None:
        inside = part.record.name + "/"
        disk.make_folder(self._folder / part.record.name)
        for name, file in part.files.items():
            if name.startswith(inside):
                disk.link(part.root / name, self._folder / name)
                self._files[name] = file
        disk.sync(self._folder / part.record.name)
        self._push(part.record)

    def write(self, segment: Segment) -> None:
        if not len(segment.ids):
            return
        part = write_segment(self._folder, segment, self._settings.language)
        self._files |= part.files
        self._push(part.record)

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
        disk.sync(self._folder)
        return manifest

    def _push(self, record: SegmentRecord) -> None:
        self._stack.append(record)
        if len(self._stack) < 2:
            return
        before = self._stack[-2]
        small = before.passages <= GROWTH * record.passages
        if small and before.passages + record.passages <= MOST_PASSAGES:
            files = self._files
            pair = [self._pop(), self._pop()]
            whole = Segment.join([Finished(self._folder, r, files).load() for r in pair])
            for part in pair:  # what is mapped stays readable without its name
                disk.remove_tree(self._folder / part.name)
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
            _NEXT,
        ) from error
    return Snapshot(manifest, segments)


def _checked(segment: Segment, record: SegmentRecord) -> Segment:
    s = segment
    of_documents: list[Sized] = [s.ids, s.cards, s.bodies, s.layouts, s.intakes, s.headers]
    of_documents += [s.sources, s.files, s.digests, s.sketches]
    of_passages: list[Sized] = [s.places, s.tokens, s.postings.lengths, s.sentence_bounds[1:]]
    for wanted, parts in ((record.documents, of_documents), (record.passages, of_passages)):
        if any(len(part) != wanted for part in parts):
            counts = [len(part) for part in parts]
            raise ValueError(f"{record.name}: the parts hold {counts} rows, not {wanted}")
    return segment


def faults(root: Path, manifest: Manifest) -> list[str]:
    """Every byte of a generation against its manifest; one line for each fault."""
    found: list[str] = []
    try:
        if Manifest.load(root, COPY) != manifest:
            found.append(f"{root / COPY}: says something else than {MANIFEST}")
    except IndexStateError as error:
        found.append(str(error))
    for name, record in manifest.files.items():
        path = root / name
        if not path.is_file():
            found.append(f"{path}: missing")
        elif path.stat().st_size != record.bytes:
            found.append(f"{path}: {path.stat().st_size} bytes, the manifest says {record.bytes}")
        elif _hash(path) != record.sha256:
            found.append(f"{path}: {_NOT_ITS_HASH}")
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        name = path.relative_to(root).as_posix()
        if name not in (MANIFEST, COPY) and name not in manifest.files:
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
    return FileRecord(_hash(path), path.stat().st_size)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
