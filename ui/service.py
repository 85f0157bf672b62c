"""What programs may call: ask, search, show, list. Behind the HTTP API and the MCP tools alike.

Each call takes its turn in the server's queue; what comes back is the JSON of the command line.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from index.errors import InputError
from rag.answer import hit_json
from ui import documents_json as as_json
from ui.filter_options import read_filters
from ui.history import after, read_history
from ui.queueing import FairQueue, always, in_turn
from ui.talk import Latest
from ui.visitors import VISITOR, Visitor

MOST_HITS = 1000
"""Passages of one search; the configuration has the same bound (`hits`)."""

Json = dict[str, Any]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Service:
    """The assistant of the index as it is now, and the queue before it."""

    latest: Latest
    queue: FairQueue

    async def ask(
        self,
        visitor: Visitor,
        question: str,
        filters: object = None,
        history: object = None,
        is_there: Callable[[], Awaitable[bool]] = always,
    ) -> Json:
        """An Answer object, schema 1. `history` are the questions before it, oldest first."""

        def answered() -> Json:
            before = read_history(history)
            return after(self.latest(), question, read_filters(filters), before).to_json()

        return await self._in_turn(visitor, answered, is_there)

    async def search(
        self,
        visitor: Visitor,
        question: str,
        k: int = 8,
        filters: object = None,
        is_there: Callable[[], Awaitable[bool]] = always,
    ) -> Json:
        """The k best passages, without an answer."""
        if not 1 <= k <= MOST_HITS:
            raise InputError(f"k is {k}", f"ask for 1 to {MOST_HITS} passages")

        def found() -> Json:
            hits = self.latest().search(question, k, read_filters(filters))
            return {"hits": [hit_json(hit) for hit in hits]}

        return await self._in_turn(visitor, found, is_there)

    async def show(
        self, visitor: Visitor, name: str, start: int | None = None, end: int | None = None
    ) -> Json:
        """A document as the index holds it, by id or source; with two offsets, that place in it."""

        def shown() -> Json:
            document = self.latest().snapshot.find(name)
            if start is None and end is None:
                return as_json.whole(document)
            first, last = start or 0, len(document.text) if end is None else end
            if not 0 <= first < last <= len(document.text):
                raise InputError(
                    f"{first}-{last}: no such place in {document.source}",
                    f"give code points from 0 to {len(document.text)}",
                )
            return as_json.place(document, first, last)

        return await self._in_turn(visitor, shown)

    async def documents(self, visitor: Visitor) -> list[Json]:
        """What is known of each document."""

        def listed() -> list[Json]:
            return [
                as_json.listed(document) for document in self.latest().snapshot.documents.values()
            ]

        return await self._in_turn(visitor, listed)

    async def _in_turn(
        self,
        visitor: Visitor,
        call: Callable[[], Result],
        is_there: Callable[[], Awaitable[bool]] = always,
    ) -> Result:
        token = VISITOR.set(visitor)  # for the audit log; threads get a copy of the context
        try:
            return await in_turn(self.queue, visitor.client, call, is_there)
        finally:
            VISITOR.reset(token)
