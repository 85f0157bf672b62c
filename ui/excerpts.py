"""Which part of a hit to show where there is little room, and which of its words to set off."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Literal

from rag.answer import Hit
from rag.pinpoints import unseen

Kind = Literal["word", "near", "hidden"]
"""A word of the question; a word close to one in meaning; words that a reader of the source does
not see."""

_WORD = re.compile(r"\S+")


def excerpt(hit: Hit, length: int) -> tuple[int, int]:
    """(start, end) in the document of the part of a hit that holds most of its words.

    At most `length` characters of whole words (the longest word may be longer), the earliest such
    part, drawn back to the start of its sentence where that costs none of the words.
    """
    text, base = hit.passage.text, hit.passage.span.start
    words = [match.span() for match in _WORD.finditer(text)]
    if not words:
        return base, base
    if words[-1][1] - words[0][0] <= length:
        return base + words[0][0], base + words[-1][1]
    marks = sorted(start - base for start, _ in (*hit.words, *hit.near))
    ends = [end for _, end in words]
    best, most = (0, 0), -1
    for first, (start, _) in enumerate(words):
        last = max(first, bisect_left(ends, start + length + 1) - 1)
        held = bisect_left(marks, ends[last]) - bisect_left(marks, start)
        opens = first == 0 or text[ends[first - 1] - 1] in ".!?:”\"’'"
        if 2 * held + opens > most:
            best, most = (start, ends[last]), 2 * held + opens
    return base + best[0], base + best[1]


def pieces(hit: Hit, start: int, end: int) -> Iterator[tuple[str, Kind | None]]:
    """The text of the hit's document from `start` to `end`, cut where a word is to be set off."""
    document, at = hit.document, start
    for first, last in unseen(document, start, end):
        yield from _set_off(hit, at, first)
        yield document.text[first:last], "hidden"
        at = last
    yield from _set_off(hit, at, end)


def _set_off(hit: Hit, start: int, end: int) -> Iterator[tuple[str, Kind | None]]:
    """A part of the text that can be seen, cut around words of the question and near ones."""
    text, at = hit.document.text, start
    kinds: tuple[tuple[Kind, tuple[tuple[int, int], ...]], ...] = (
        ("word", hit.words),
        ("near", hit.near),
    )
    for first, last, kind in sorted((*span, kind) for kind, spans in kinds for span in spans):
        first, last = max(first, at), min(last, end)
        if first < last:
            if at < first:
                yield text[at:first], None
            yield text[first:last], kind
            at = last
    if at < end:
        yield text[at:end], None
