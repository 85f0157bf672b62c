"""Passages that nearly repeat one another: captions, press lines and reprints, shown once.

Broder, On the resemblance and containment of documents (SEQUENCES 1997): the share of common runs
of words, here of three words, among all runs of both texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

SHINGLE = 3
"""Words in a run."""

THRESHOLD = 0.8
"""Resemblance from which a passage repeats another: up to 4 words of 120 may differ here and there.
In the source articles and six of SQuAD's no two different paragraphs reach .25, while the captions
that were printed twice have 1; so nothing hangs on the exact value."""

_WORD = re.compile(r"[^\W_]+")


def grouped(ranked: Iterable[T], text: Callable[[T], str], k: int) -> list[list[T]]:
    """The first k of a ranking that repeat none before them, each followed by its repeats.

    All of the ranking is looked at. A passage goes to the first group whose first member it nearly
    repeats, never to one that it resembles only by way of a third. What holds a figure that the
    other lacks is no repeat, however alike the words: a corrected toll must not vanish behind the
    old one.
    """
    groups: list[list[T]] = []
    kept: list[tuple[int, frozenset[str]]] = []  # of each group's first: shingles, figures
    holders: dict[tuple[str, ...], list[int]] = {}  # the groups whose first has a shingle
    for item in ranked:
        words = _WORD.findall(text(item).casefold())
        shingles = _shingles(words)
        figures = frozenset(word for word in words if not word.isalpha())
        shared = holders.keys() & shingles
        common = Counter(group for shingle in shared for group in holders[shingle])
        repeated = [
            group
            for group, count in common.items()
            if count >= THRESHOLD * (len(shingles) + kept[group][0] - count)
            and figures == kept[group][1]
        ]
        if repeated:
            groups[min(repeated)].append(item)
        elif len(groups) < k:
            for shingle in shingles:
                holders.setdefault(shingle, []).append(len(groups))
            kept.append((len(shingles), figures))
            groups.append([item])
    return groups


def _shingles(words: list[str]) -> set[tuple[str, ...]]:
    """All runs of SHINGLE words; a shorter text is one run, so that it repeats only its equal."""
    if len(words) < SHINGLE:
        return {tuple(words)}
    return set(zip(words, words[1:], words[2:], strict=False))
