"""A segment: some documents of an index with all that makes them searchable, as flat arrays.

Segments are immutable. They are made from encoded documents, from parts of a segment or from
several, written as one file for each array, and opened memory-mapped: a passage is read from the
disk when somebody looks at it. Documents become records again one at a time, each checked against
its SHA-256, so no altered word is ever quoted.
"""

from __future__ import annotations

import json
import mmap
import os.path
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from index import disk
from index.codebooks import Floats
from index.codec import Codes
from index.documents import Anchor, Document, Page, Passage, Section, sha256_hex
from index.intake import Intake
from index.keywords import Postings
from index.ragged import Blob, Bounds, Bytes, Rows, bounds_of, joined, taken
from index.sketches import sketch
from index.token_table import TokenTable
from index.vectors import STORES, Flat, VectorStore, suited

PLACE = np.dtype([("document", "<i4"), ("start", "<i4"), ("end", "<i4")])

_BODY = ("text", "pages", "sections", "anchors", "paragraphs", "hidden")
"""Fields of a document that are kept apart from the rest, which is read far more often."""

_BLOBS = ("cards", "bodies", "layouts", "intakes")

_ARRAYS = (
    *(f"{blob}.{part}" for blob in _BLOBS for part in ("bounds", "data", "sums")),
    *("ids", "sources", "files", "digests", "sketches"),
    *("places", "sentence_bounds", "sentences", "frequency"),
    *(f"{t}.{p}" for t in ("headers", "tokens") for p in ("bounds", "codes", "starts", "pieces")),
    *(f"postings.{part}" for part in ("terms", "bounds", "rows", "counts", "lengths")),
)
"""The arrays of a segment, each a file; dotted names are fields of fields."""

_PARTS = {**dict.fromkeys(_BLOBS, Blob), "headers": TokenTable, "tokens": TokenTable,
          "postings": Postings}  # fmt: skip

CHECKED = (
    *(f"{blob}.{part}" for blob in _BLOBS for part in ("bounds", "sums")),
    *("ids", "sources", "files", "digests", "places", "sentence_bounds", "sentences"),
)
"""Arrays that vouch for the words of documents and say where quotes begin and end: hashed at each
opening."""

_VECTORS = "vectors.faiss"

_GLANCED = ("tokens.codes", "tokens.starts", "sentences", "bodies.data", "layouts.data")
"""Large arrays of which a search reads a little here and there: `release` is about these."""

MAPPED = 2**20
"""Bytes from which an array is mapped and not read: each mapping takes one of the files that a
process may have open (256 on macOS), and most segments of an index are small."""


@dataclass(frozen=True, slots=True)
class Received:
    """A document, and how it came in."""

    document: Document
    intake: Intake


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Documents in the order of their sources, passages in that of their documents.

    `cards` and `bodies` are documents as JSON, without and only with their texts, `layouts` where
    their words stand on pages, `intakes` how they came in; `ids`, `sources` and `files` (hashes, of
    the file that a document came out of) find one, `digests` [documents, 32] are the SHA-256 of
    their bytes, `sketches` find near-duplicates. `places` [passages]; passage i has the sentences
    sentence_bounds[i]:sentence_bounds[i + 1] of `sentences` [n, 2], code points in the document.
    `headers` go with documents; `tokens`, `postings` and `vectors` with passages. `frequency`
    [largest word piece + 1] is in how many passages each stands.
    """

    cards: Blob
    bodies: Blob
    layouts: Blob
    intakes: Blob
    ids: NDArray[np.bytes_]
    sources: NDArray[np.uint64]
    files: NDArray[np.uint64]
    digests: Bytes
    sketches: NDArray[np.uint32]
    headers: TokenTable
    places: NDArray[np.void]
    sentence_bounds: Bounds
    sentences: NDArray[np.int32]
    tokens: TokenTable
    frequency: NDArray[np.int64]
    postings: Postings
    vectors: VectorStore
    maps: tuple[mmap.mmap, ...] = ()

    @classmethod
    def of(
        cls,
        received: Sequence[Received],
        headers: TokenTable,
        passages: Sequence[Sequence[Passage]],
        tokens: TokenTable,
        vectors: Floats,
        language: str,
    ) -> Segment:
        """`headers` and `passages` (each document's) in step with `received`; `tokens` and
        `vectors` [passages, d] with all passages; `language`: of documents that name none."""
        documents = [each.document for each in received]
        intakes = [each.intake for each in received]
        flat = [passage for group in passages for passage in group]
        rows = [row for row, group in enumerate(passages) for _ in group]
        cards, bodies = zip(*(_as_json(d) for d in documents), strict=True)
        spans = [(row, p.span.start, p.span.end) for row, p in zip(rows, flat, strict=True)]
        texts = [f"{documents[row].header}\n{p.text}" for row, p in zip(rows, flat, strict=True)]
        digests = b"".join(bytes.fromhex(d.sha256) for d in documents)
        segment = cls(
            Blob.of(cards),
            Blob.of(bodies),
            Blob.of([d.layout for d in documents]),
            Blob.of([intake.to_json() for intake in intakes]),
            np.array([d.id.encode() for d in documents], "S16"),
            np.array([source_key(d.source) for d in documents], np.uint64),
            np.array([source_key(intake.file) for intake in intakes], np.uint64),
            np.frombuffer(digests, np.uint8).reshape(-1, 32),
            np.stack([sketch(d.text) for d in documents]),
            headers,
            np.array(spans, PLACE),
            bounds_of(len(p.sentences) for p in flat),
            np.array([s for p in flat for s in p.sentences], np.int32).reshape(-1, 2),
            tokens,
            tokens.document_frequency(),
            Postings.of(texts, [documents[row].language or language for row in rows]),
            Flat.build(vectors),
        )
        return segment.in_order()

    def __len__(self) -> int:
        """Number of passages."""
        return len(self.places)

    def document(self, row: int) -> Document:
        """Raises `ragged.Altered` when its bytes are not those that were written."""
        return document_from(self.cards[row], self.bodies[row], self.layouts[row])

    def card(self, row: int) -> Document:
        """A document without its text: what is known of it."""
        return Document(**_card(json.loads(self.cards[row])), text="")

    def intake(self, row: int) -> Intake:
        """How a document came in."""
        return Intake.from_json(self.intakes[row])

    def passages_of(self, row: int) -> int:
        """How many passages a document has."""
        first, stop = np.searchsorted(self.places["document"], [row, row + 1])
        return int(stop - first)

    def passages_by_id(self) -> dict[str, int]:
        """How many passages each document has."""
        counts = np.bincount(self.places["document"], minlength=len(self.ids))
        ids = (id_.decode() for id_ in self.ids.tolist())
        return dict(zip(ids, counts.tolist(), strict=True))

    def passage(self, row: int, document: Document) -> Passage:
        """A passage as a record; `document` is the one it belongs to."""
        sentences = self.sentences[self.sentence_bounds[row] : self.sentence_bounds[row + 1]]
        return document.passage([(int(a), int(b)) for a, b in sentences])

    def codes_of(self, document: int) -> Codes:
        """The token vectors of a document's passages, as they are coded."""
        first, stop = np.searchsorted(self.places["document"], [document, document + 1])
        return self.tokens.codes[int(self.tokens.bounds[first]) : int(self.tokens.bounds[stop])]

    def without(self, ids: Set[str]) -> Segment:
        """The same without some documents: no row of theirs is left in any part."""
        gone = np.isin(self.ids, np.array([id_.encode() for id_ in ids], "S16"))
        return self._taken(np.flatnonzero(~gone))

    def in_order(self) -> Segment:
        """The same by source: ties in score must not depend on what was added first."""
        keys = [(card["source"], card["id"]) for card in map(json.loads, self._all_cards())]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return self if order == list(range(len(keys))) else self._taken(np.array(order, np.int64))

    @classmethod
    def join(cls, parts: Sequence[Segment]) -> Segment:
        """One segment of several."""
        bases = np.cumsum([0, *(len(part.ids) for part in parts)])
        places = [part.places.copy() for part in parts]
        for moved, base in zip(places, bases, strict=False):
            moved["document"] += base
        tokens = TokenTable.join([part.tokens for part in parts])
        segment = cls(
            Blob.join([part.cards for part in parts]),
            Blob.join([part.bodies for part in parts]),
            Blob.join([part.layouts for part in parts]),
            Blob.join([part.intakes for part in parts]),
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.sources for part in parts]),
            np.concatenate([part.files for part in parts]),
            np.concatenate([part.digests for part in parts]),
            np.concatenate([part.sketches for part in parts]),
            TokenTable.join([part.headers for part in parts]),
            np.concatenate(places),
            joined([part.sentence_bounds for part in parts]),
            np.concatenate([part.sentences for part in parts]),
            tokens,
            tokens.document_frequency(),
            Postings.join([part.postings for part in parts]),
            Flat.build(np.concatenate([part.vectors.vectors() for part in parts])),
        )
        return segment.in_order()

    def languages(self, otherwise: str) -> list[str]:
        """Of its documents; `otherwise` for those that name none."""
        cards = map(json.loads, self._all_cards())
        return sorted({card["language"] or otherwise for card in cards})

    def save(self, folder: Path) -> str:
        """Writes the arrays into a new folder; returns the name of the vector store."""
        disk.make_folder(folder)
        for name in _ARRAYS:
            first, _, rest = name.partition(".")
            array = getattr(self, first)
            array = getattr(array, rest) if rest else array
            _write(folder / f"{name}.npy", array)
        kind = suited(len(self))
        same = isinstance(self.vectors, kind)
        (self.vectors if same else kind.build(self.vectors.vectors())).save(folder / _VECTORS)
        return kind.name

    @classmethod
    def load(cls, folder: Path, store: str) -> Segment:
        """Raises `ValueError` or `OSError` for files that cannot be right."""
        fields: dict[str, Any] = {}
        maps = []
        for name in _ARRAYS:
            path = folder / f"{name}.npy"
            mode: Literal["r"] | None = "r" if path.stat().st_size >= MAPPED else None
            # As a plain array: slicing numpy's memory-mapped class takes three times as long.
            loaded = np.load(path, mmap_mode=mode, allow_pickle=False)
            if name in _GLANCED and isinstance(loaded, np.memmap):
                maps.append(loaded._mmap)  # type: ignore[attr-defined]
            array = np.asarray(loaded)
            first, _, rest = name.partition(".")
            fields.setdefault(first, {})[rest] = array
        for first, value in fields.items():
            fields[first] = _PARTS[first](**value) if first in _PARTS else value[""]
        store_opened = STORES[store].load(folder / _VECTORS)
        return cls(**fields, vectors=store_opened, maps=tuple(maps))

    def release(self) -> None:
        """Lets go of the pages that were glanced at. They stay in the system's cache, but what a
        process holds does not grow with every passage it ever looked at."""
        for map_ in self.maps:
            if hasattr(mmap, "MADV_DONTNEED"):
                map_.madvise(mmap.MADV_DONTNEED)

    def _all_cards(self) -> list[bytes]:
        return [self.cards[row] for row in range(len(self.cards))]

    def _taken(self, documents: Rows) -> Segment:
        """Some of the documents by their rows, in that order, with their passages."""
        place = np.full(len(self.ids), -1, np.int32)
        place[documents] = np.arange(len(documents), dtype=np.int32)
        owner = place[self.places["document"]]
        kept = np.flatnonzero(owner >= 0)
        passages = kept[np.lexsort((self.places["start"][kept], owner[kept]))]
        places = self.places[passages].copy()
        places["document"] = owner[passages]
        tokens = self.tokens.take(passages)
        sentence_bounds, sentences = taken(self.sentence_bounds, passages)
        return Segment(
            self.cards.take(documents),
            self.bodies.take(documents),
            self.layouts.take(documents),
            self.intakes.take(documents),
            self.ids[documents],
            self.sources[documents],
            self.files[documents],
            self.digests[documents],
            self.sketches[documents],
            self.headers.take(documents),
            places,
            sentence_bounds,
            self.sentences[sentences],
            tokens,
            tokens.document_frequency(),
            self.postings.take(passages),
            Flat.build(self.vectors.vectors()[passages]),
        )


def _write(path: Path, array: NDArray[Any]) -> None:
    with disk.create(path) as file:
        # Not to the file itself: numpy would write past Python and not notice a full disk.
        np.lib.format.write_array(_Sink(file), array, allow_pickle=False)


class _Sink:
    """A file of which nothing but `write` is known."""

    def __init__(self, file: disk.Writer) -> None:
        self.write = file.write


def digests_of(folder: Path) -> set[str]:
    """SHA-256 of the documents of a segment as files."""
    rows = np.load(folder / "digests.npy", allow_pickle=False)
    return {bytes(row).hex() for row in rows}


def source_key(source: str) -> int:
    """A document's path, however it is spelt, as 64 bits."""
    return int(sha256_hex(os.path.normpath(source).encode("utf-8", "surrogateescape"))[:16], 16)


def document_from(card: bytes, body: bytes, layout: bytes) -> Document:
    """A document from the three parts in which a segment keeps it."""
    fields: dict[str, Any] = json.loads(card) | json.loads(body)
    parts = {
        "pages": tuple(Page(**page) for page in fields["pages"]),
        "sections": tuple(Section(**section) for section in fields["sections"]),
        "anchors": tuple(Anchor(**anchor) for anchor in fields["anchors"]),
        "paragraphs": tuple((a, b) for a, b in fields["paragraphs"]),
        "hidden": tuple((a, b) for a, b in fields["hidden"]),
        "layout": layout,
    }
    return Document(**_card(fields) | parts)


def _card(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {name: tuple(fields[name]) for name in ("uncertain", "notes")}


def _as_json(document: Document) -> tuple[bytes, bytes]:
    fields = asdict(document)
    del fields["layout"]  # kept apart, as bytes
    body = {key: fields.pop(key) for key in _BODY}
    return (
        json.dumps(fields, ensure_ascii=False, sort_keys=True).encode(),
        json.dumps(body, ensure_ascii=False, sort_keys=True).encode(),
    )
