"""The documents that gold and answers point into, found by id or by name."""

from __future__ import annotations

from collections.abc import Iterable

from index.documents import Document


class Corpus:
    """Documents of one index. A name matches a source, or the end of one after a slash."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._by_id = {document.id: document for document in documents}
        self._by_source = {document.source: document for document in self._by_id.values()}

    def __len__(self) -> int:
        return len(self._by_id)

    def named(self, name: str) -> Document | None:
        """The document with this source, else the first whose source ends with `/name`."""
        if name in self._by_source:
            return self._by_source[name]
        tail = f"/{name}"
        return next((d for s, d in self._by_source.items() if s.endswith(tail)), None)

    def find(self, document_id: str, source: str) -> Document | None:
        """By id where it is known, else by the source's name or its last part."""
        if document_id in self._by_id:
            return self._by_id[document_id]
        if not source:
            return None
        return self.named(source) or self.named(source.rsplit("/", 1)[-1])
