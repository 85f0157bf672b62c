"""Which documents that come in are the same as others, or nearly. They are named, and kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index.news import Note
from index.segment import Segment
from index.sketches import HELD, NEAR, contained, resembling
from index.snapshot import Snapshot


class Resemblance:
    """Compares each segment that comes in with the index as it was and with those before it."""

    def __init__(self, before: Snapshot | None) -> None:
        self._before = list(before.segments) if before else []
        self._sketches = [segment.sketches for segment in self._before]
        self._digests = [segment.digests for segment in self._before]
        self._sources: list[str] = []
        """Of what came in since: its segments are not held."""
        self.notes: list[Note] = []

    def compare(self, segment: Segment) -> None:
        number = sum(map(len, self._digests))
        self._sketches.append(np.array(segment.sketches))
        self._digests.append(np.array(segment.digests))
        sketches, digests = np.concatenate(self._sketches), np.concatenate(self._digests)
        for row in range(len(segment.ids)):
            self._sources.append(segment.card(row).source)
            self._note(number + row, sketches, digests)

    def _note(self, number: int, sketches: NDArray[np.uint32], digests: NDArray[np.uint8]) -> None:
        """`number` is that of the document among all; it is compared with those before it."""
        source = self._source(number)
        same = (digests[:number] == digests[number]).all(axis=1)
        near = resembling(sketches[number], sketches[:number])
        held = contained(sketches[number], sketches[:number])
        for found, note in (
            (np.flatnonzero(same), "the same bytes as {}"),
            (_best(near, NEAR), "nearly the same text as {}"),
            (_best(held, HELD), "most of it stands in {} too"),
        ):
            others = [name for name in map(self._source, found.tolist()) if name != source]
            if others:
                self.notes.append(Note(source, note.format(others[0])))
                return

    def _source(self, number: int) -> str:
        for segment in self._before:
            if number < len(segment.ids):
                return segment.card(number).source
            number -= len(segment.ids)
        return self._sources[number]


def _best(values: NDArray[np.float32], least: float) -> NDArray[np.intp]:
    """Numbers of the values that reach the least, the largest first."""
    order = np.argsort(-values, kind="stable")
    return order[values[order] >= least]
