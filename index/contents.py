"""What an index holds: its parts before they are searchable, and the open, searchable whole."""

from __future__ import annotations

import os.path
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.documents import Document, Passage
from index.encoder import Floats, Ints
from index.errors import InputError
from index.keywords import KeywordIndex
from index.manifest import Manifest
from index.vectors import VectorStore


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
        return self._taken(documents, passages)

    def plus(self, other: Contents) -> Contents:
        return Contents(
            self.documents + other.documents,
            self.headers.plus(other.headers),
            self.passages + other.passages,
            np.concatenate([self.vectors, other.vectors]),
            self.tokens.plus(other.tokens),
        )

    def in_order(self) -> Contents:
        """The same by source and place: ties in score must not depend on what was added first."""
        ids = [d.id for d in sorted(self.documents, key=lambda d: (d.source, d.id))]
        place = {id_: number for number, id_ in enumerate(ids)}
        documents = sorted(range(len(self.documents)), key=lambda i: place[self.documents[i].id])
        spans = [p.span for p in self.passages]
        passages = sorted(
            range(len(spans)), key=lambda i: (place[spans[i].document_id], spans[i].start)
        )
        return self._taken(documents, passages)

    def _taken(self, documents: list[int], passages: list[int]) -> Contents:
        """Some of the documents and passages, by their numbers, in that order."""
        return Contents(
            tuple(self.documents[i] for i in documents),
            self.headers.take(documents),
            tuple(self.passages[i] for i in passages),
            self.vectors[passages],
            self.tokens.take(passages),
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
        path = os.path.normpath(name)
        sources = [(os.path.normpath(d.source), d) for d in self.documents.values()]
        exact = [d for source, d in sources if source == path]
        ending = [d for source, d in sources if source.endswith("/" + path.lstrip("/"))]
        for found in (exact, ending):
            if len(found) == 1:
                return found[0]
            if found:
                raise InputError(
                    f"{name!r} names {len(found)} documents", "use an id of: onrecord list"
                )
        raise InputError(f"no document {name!r} in the index", "see: onrecord list")
