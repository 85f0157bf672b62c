"""Why a passage was found: which of its words are the question's, or mean nearly the same.

For people to look at, so words that only hold a sentence together are never given, nor looked for:
stop words as keyword search leaves them out, and in English, where its list is short, "did", "who"
and the like as well.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from index.keywords import WORD, primary, words
from index.vectors import Mask

Spans = list[tuple[int, int]]
"""(start, end) in code points of a text: whole words, rising, none twice."""

NEAR = 0.4
"""Cosine from which a word means nearly the same, for MiniLM's centred vectors. In SQuAD and the
source articles "jail" and "prison" have .6, "boy" and "son" .5, "fear" and "risk" .4; "child" and
"inheritance" .2."""

TELLING = 0.5
"""Share of the mean weight below which a piece of the question is too common to look for."""


def matched_words(text: str, question: str, languages: tuple[str, ...]) -> Spans:
    """Words of a text that by the rules of one of the languages have the stem of a word of the
    question: what keyword search found. A stop word of any of them is none to look at."""
    wanted = {stem for word in WORD.findall(question) for stem in _stems(word, languages)}
    spans = _words(text)
    return [s for s in spans if not wanted.isdisjoint(_stems(text[s[0] : s[1]], languages))]


def telling(
    question: str,
    languages: tuple[str, ...],
    starts: NDArray[np.int32],
    weights: NDArray[np.float32],
) -> Mask:
    """[q] True for the pieces of a question to look for by meaning: of words that say something.

    `starts` [q] are their code points in the question, `weights` [q] say how rare they are.
    """
    own = _around(starts.tolist(), _words(question))
    says = [
        span is not None and bool(_stems(question[span[0] : span[1]], languages)) for span in own
    ]
    common = weights < TELLING * weights.sum() / max(len(weights), 1)
    result: Mask = np.logical_and(says, ~common)
    return result


def near_words(
    text: str,
    languages: tuple[str, ...],
    similarities: NDArray[np.float32],
    starts: NDArray[np.int32],
    asked: Mask,
) -> Spans:
    """For each piece of the question the word of a text that is closest in meaning, if it is close.

    `similarities` [q, t] are cosines of the question's pieces with the text's, `starts` [t] the
    code points of the text's, `asked` [q] the question's pieces that are `telling`.
    """
    rows = similarities[asked]
    if not rows.size:
        return []
    best = rows.argmax(axis=1)[rows.max(axis=1) >= NEAR]
    spans = {span for span in _around(starts[best].tolist(), _words(text)) if span}
    return sorted(span for span in spans if _stems(text[span[0] : span[1]], languages))


def merged(*kinds: Spans) -> Spans:
    """Words of one text that any of several searches gave."""
    return sorted({span for spans in kinds for span in spans})


def _words(text: str) -> Spans:
    return [match.span() for match in WORD.finditer(text)]


def _around(places: Sequence[int], spans: Spans) -> list[tuple[int, int] | None]:
    """The word that each place stands in; None between words."""
    numbers = [bisect_right(spans, place, key=lambda span: span[0]) - 1 for place in places]
    return [
        spans[number] if number >= 0 and place < spans[number][1] else None
        for place, number in zip(places, numbers, strict=True)
    ]


@lru_cache(1 << 14)
def _stems(word: str, languages: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """A word's stem in each language; none at all when it is a stop word of one of them."""
    found = {language: words(word, language) for language in languages}
    english = any(primary(language) == "en" for language in languages)
    if not all(found.values()) or (english and word.casefold().replace("’", "'") in _particles()):
        return frozenset()
    return frozenset((language, stem) for language, stems in found.items() for stem in stems)


@cache
def _particles() -> frozenset[str]:
    from bm25s import stopwords

    return frozenset(stopwords.STOPWORDS_EN_PLUS)
