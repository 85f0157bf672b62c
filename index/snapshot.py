"""One generation of an index, open for searching: its segments seen as one corpus."""

from __future__ import annotations

import os.path
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import overload

import numpy as np
from numpy.typing import NDArray

from index.codebooks import Floats
from index.codec import CODECS, Codec
from index.documents import Document, Passage
from index.errors import IndexDamaged, InputError
from index.intake import Intake
from index.keywords import Keywords
from index.manifest import Manifest
from index.ragged import Altered, Rows
from index.readers import INSIDE
from index.segment import Segment, source_key
from index.vectors import Mask

_DOCUMENTS_KEPT = 256
_CARDS_KEPT = 16_384
"""Documents held as records after they were read, with and without their texts: those of the hits
of some questions, and those of all candidates."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A document that is in an index, how it came in, and how many passages it has."""

    document: Document
    intake: Intake
    passages: int


class Snapshot:
    """Open for reading: it never changes, whatever happens on the disk.

    Passages are numbered through all segments; a number is called a row. Documents and passages are
    made into records when they are asked for.
    """

    def __init__(self, manifest: Manifest, segments: Sequence[Segment]) -> None:
        self.manifest = manifest
        self.segments = tuple(segments)
        self.codec: Codec = CODECS[manifest.codec](manifest.dimension)
        self.keywords = Keywords([s.postings for s in self.segments], manifest.languages)
        self.documents = Documents(self)
        self.passages = Passages(self)
        self._bases: list[int] = np.cumsum([0, *map(len, self.segments)]).tolist()
        self.document_at = lru_cache(_DOCUMENTS_KEPT)(self._document_at)
        self.card_at = lru_cache(_CARDS_KEPT)(self._card_at)

    def __len__(self) -> int:
        """Number of passages."""
        return self._bases[-1]

    def release(self) -> None:
        """To be called now and then: see `Segment.release`."""
        for segment in self.segments:
            segment.release()

    def place(self, row: int) -> tuple[int, int]:
        """Number of the segment of a passage, and its row in it."""
        number = bisect_right(self._bases, row) - 1
        return number, row - self._bases[number]

    def owner(self, row: int) -> tuple[int, int]:
        """Number of the segment of a passage, and the row of its document there."""
        number, local = self.place(row)
        return number, int(self.segments[number].places["document"][local])

    def order(self, row: int) -> tuple[str, str, int]:
        """A key that sorts passages the same way however they lie in segments: by source, then by
        place. For equal scores."""
        number, local = self.place(row)
        place = self.segments[number].places[local]
        card = self.card_at(number, int(place["document"]))
        return card.source, card.id, int(place["start"])

    def document_of(self, row: int) -> Document:
        """The document of a passage."""
        return self.document_at(*self.owner(row))

    def nearest(self, vector: Floats, k: int, allowed: Mask | None = None) -> dict[int, float]:
        """Cosines of the k nearest passages, of those allowed, by row; the nearest first."""
        found: list[tuple[int, float]] = []
        for segment, base in zip(self.segments, self._bases, strict=False):
            mask = None if allowed is None else allowed[base : base + len(segment)]
            found += [(row + base, cos) for row, cos in segment.vectors.search(vector, k, mask)]
        return dict(sorted(found, key=lambda item: (-item[1], item[0]))[:k])

    @cached_property
    def owners(self) -> Rows:
        """[passages] the number of each passage's document, counted through all segments."""
        bases = np.cumsum([0, *(len(s.ids) for s in self.segments)])
        parts = [s.places["document"] + base for s, base in zip(self.segments, bases, strict=False)]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    @cached_property
    def cards(self) -> tuple[Document, ...]:
        """All documents without their texts, in the order that `owners` counts in."""
        with self._checked():
            return tuple(s.card(row) for s in self.segments for row in range(len(s.ids)))

    @cached_property
    def passage_counts(self) -> dict[str, int]:
        """How many passages each document has, by id."""
        counts: dict[str, int] = {}
        for segment in self.segments:
            counts |= segment.passages_by_id()
        return counts

    @cached_property
    def piece_frequency(self) -> NDArray[np.int64]:
        """[largest piece + 1] in how many passages each word piece stands."""
        counts = [segment.frequency for segment in self.segments]
        total = np.zeros(max(map(len, counts), default=0), np.int64)
        for count in counts:
            total[: len(count)] += count
        return total

    def by_source(self, source: str) -> Document | None:
        """The document that came from a path, however the path is spelt."""
        key = np.uint64(source_key(source))
        for number, segment in enumerate(self.segments):
            for row in np.flatnonzero(segment.sources == key):
                document = self.document_at(number, int(row))
                if os.path.normpath(document.source) == os.path.normpath(source):
                    return document
        return None

    def by_file(self, file: str) -> list[Stored]:
        """The documents that came out of a file, however its path is spelt."""
        key, path = np.uint64(source_key(file)), os.path.normpath(file)
        found = []
        for number, segment in enumerate(self.segments):
            for row in np.flatnonzero(segment.files == key):
                with self._checked():
                    intake = segment.intake(int(row))
                if os.path.normpath(intake.file) == path:
                    document = self.document_at(number, int(row))
                    found.append(Stored(document, intake, segment.passages_of(int(row))))
        return found

    def intake_of(self, document: Document) -> Intake:
        """How a document of this snapshot came in."""
        number, row = self.documents.place(document.id)
        with self._checked():
            return self.segments[number].intake(row)

    def intakes(self) -> Iterator[Intake]:
        """Those of all documents."""
        for segment in self.segments:
            for row in range(len(segment.ids)):
                with self._checked():
                    yield segment.intake(row)

    def inside(self, name: str) -> list[Document]:
        """The documents of a container, given by its source or file."""
        start = os.path.normpath(name) + INSIDE
        cards = (card for card in self.cards if os.path.normpath(card.source).startswith(start))
        return [self.documents[card.id] for card in cards]

    def find(self, name: str) -> Document:
        """The document with this id, source, or unambiguous end of a source."""
        if name in self.documents:
            return self.documents[name]
        path = os.path.normpath(name)
        sources = [(os.path.normpath(card.source), card.id) for card in self.cards]
        exact = [id_ for source, id_ in sources if source == path]
        ending = [id_ for source, id_ in sources if source.endswith("/" + path.lstrip("/"))]
        for found in (exact, ending):
            if len(found) == 1:
                return self.documents[found[0]]
            if found:
                raise InputError(
                    f"{name!r} names {len(found)} documents", "use an id of: onrecord list"
                )
        raise InputError(f"no document {name!r} in the index", "see: onrecord list")

    def _card_at(self, segment: int, row: int) -> Document:
        with self._checked():
            return self.segments[segment].card(row)

    def _document_at(self, segment: int, row: int) -> Document:
        with self._checked():
            return self.segments[segment].document(row)

    @contextmanager
    def _checked(self) -> Iterator[None]:
        try:
            yield
        except (Altered, ValueError, KeyError, TypeError) as error:
            raise IndexDamaged(
                f"a document of the index cannot be read ({error})",
                "run onrecord check for all damage; restore the folder or build it again",
            ) from error


class Documents(Mapping[str, Document]):
    """The documents of a snapshot by id, in the order of its segments."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def __getitem__(self, key: str) -> Document:
        return self._snapshot.document_at(*self.place(key))

    def place(self, key: str) -> tuple[int, int]:
        """Number of the segment of a document, and its row there."""
        return self._places[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        return {
            id_.decode(): (number, row)
            for number, segment in enumerate(self._snapshot.segments)
            for row, id_ in enumerate(segment.ids.tolist())
        }


class Passages(Sequence[Passage]):
    """The passages of a snapshot by row."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @overload
    def __getitem__(self, row: int) -> Passage: ...

    @overload
    def __getitem__(self, row: slice) -> list[Passage]: ...

    def __getitem__(self, row: int | slice) -> Passage | list[Passage]:
        if isinstance(row, slice):
            return [self[number] for number in range(*row.indices(len(self)))]
        if not 0 <= row < len(self):
            raise IndexError(row)
        number, local = self._snapshot.place(row)
        document = self._snapshot.document_of(row)
        return self._snapshot.segments[number].passage(local, document)

    def __len__(self) -> int:
        return len(self._snapshot)
