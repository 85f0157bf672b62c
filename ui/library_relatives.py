"""The documents that have to do with one: what it is in, what it holds, and what is like it."""

from __future__ import annotations

import os.path
from dataclasses import dataclass, field

import numpy as np

from index.documents import Document
from index.sketches import HELD, NEAR, contained, resembling
from index.snapshot import Snapshot

MOST_LISTED = 50
"""Of each kind."""


@dataclass(frozen=True, slots=True)
class Relatives:
    """Cards of the documents that have to do with one, each list at most MOST_LISTED long.

    `parent` is what it is in, `children` what it holds, `counts` how many there are of each kind.
    """

    parent: Document | None = None
    children: tuple[Document, ...] = ()
    same: tuple[Document, ...] = ()
    near: tuple[Document, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


def relatives(snapshot: Snapshot, document: Document) -> Relatives:
    """Found among the cards and the sketches of texts, as additions find duplicates."""
    cards = [card for card in snapshot.cards if card.id != document.id]
    source = os.path.normpath(document.source)
    parent = children = None
    if document.parent:
        outer = os.path.normpath(document.parent)
        parent = next((card for card in cards if os.path.normpath(card.source) == outer), None)
    children = [c for c in cards if c.parent and os.path.normpath(c.parent) == source]
    same = [card for card in cards if card.sha256 == document.sha256]
    known = {card.id for card in same}
    near = [card for card in _near(snapshot, document) if card.id not in known]
    lists = {"children": children, "same": same, "near": near}
    return Relatives(
        parent,
        counts={name: len(found) for name, found in lists.items()},
        **{name: tuple(found[:MOST_LISTED]) for name, found in lists.items()},
    )


def _near(snapshot: Snapshot, document: Document) -> list[Document]:
    """Those with nearly the same text, or that hold most of it, or most of which it holds."""
    place, row = snapshot.documents.place(document.id)
    own = snapshot.segments[place].sketches[row]
    found: list[tuple[float, Document]] = []
    for number, segment in enumerate(snapshot.segments):
        alike = resembling(own, segment.sketches)
        close = (alike >= NEAR) | (contained(own, segment.sketches) >= HELD)
        for other in np.flatnonzero(close).tolist():
            found.append((float(alike[other]), snapshot.card_at(number, other)))
    found.sort(key=lambda pair: (-pair[0], pair[1].source))
    return [card for _, card in found if card.id != document.id]
