"""Whether two texts are nearly the same: MinHash over their runs of five words.

The share of runs that two texts have in common (Jaccard) is estimated by the share of 64 hash
functions that have the same smallest value on both (Broder, 1997, On the resemblance and
containment of documents). A sketch is 256 bytes. No word can be read from it, but somebody who
guesses five words exactly may find one of the 64 values confirmed: it is removed with its document.
"""

from __future__ import annotations

import re
import unicodedata
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Sketch = NDArray[np.uint32]

SIZE = 64
"""Hash functions. The standard error of an estimate is at most 0.5 / sqrt(SIZE) = 0.0625."""

NEAR = 0.5
"""From this resemblance on two texts are near-duplicates. Measured on five articles: all of 40
copies are found with 10 % of their sentences replaced, 5 % of their words, 1 % of their letters
(a poor recognition), or 20 % cut off; 85 % of those with 20 % of their sentences replaced."""

HELD = 0.6
"""From this share on a text is said to stand inside another. Measured as above: 299 of 300
articles are found in texts of two to six times their length, 91 of 100 in eleven times."""

_LEAST_COMMON = np.float32(3 / SIZE)
"""Fewer common values are chance or a phrase: of 256,000 pairs of texts that have nothing to do
with each other 404 had one or two, 5 had three or four, and none resembled more than 0.0625."""

RUN = 5
"""Words in a run: short enough to outlive an edit, long enough that other texts do not have it."""

_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Kana and Han are written without spaces: each character counts as a word."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


def sketch(text: str) -> Sketch:
    """SIZE smallest hash values of the text's runs of words, case and punctuation aside.

    The largest value throughout when the text has no words: it then resembles nothing.
    """
    runs = _runs(unicodedata.normalize("NFKC", text).casefold())
    smallest = np.full(SIZE, _LARGEST, np.uint32)
    if runs.size:
        for number in range(SIZE):
            # The upper half of a * x + b: multiply-shift (Dietzfelbinger and others, 1997).
            values = runs * _FACTORS[number]
            values += _TERMS[number]
            smallest[number] = values.min() >> np.uint64(32)
    return smallest


def resembling(one: Sketch, others: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Estimated share of common runs in those of either, of one text with each of others [n]."""
    if (one == _LARGEST).all():
        return np.zeros(len(others), np.float32)
    common: NDArray[np.float32] = np.count_nonzero(others == one, axis=1).astype(np.float32)
    return common / np.float32(SIZE)


def contained(one: Sketch, others: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Estimated share of one text's runs that each of others has: an article in a longer page.

    From the resemblance J and the numbers of runs A and B, which the sketches tell as well: what
    is common is J (A + B) / (1 + J).
    """
    common = resembling(one, others)
    own, theirs = _runs_in(one[None]), _runs_in(others)
    share = np.minimum(common * (own + theirs) / (1 + common) / own, 1)
    return np.where(common >= _LEAST_COMMON, share, 0).astype(np.float32)


def _runs_in(sketches: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Estimated number of different runs behind each sketch: the smallest of n values between 0
    and 1 is 1 / (n + 1) on average (Cohen, 1997). The standard error is an eighth."""
    average: NDArray[np.float64] = (sketches.mean(axis=1, dtype=np.float64) + 0.5) / 2**32
    return np.maximum(1 / average - 1, 1)


def _runs(text: str) -> NDArray[np.uint64]:
    """A hash of each run of RUN words, or of all of them where there are fewer."""
    words = np.fromiter(
        (crc32(word[0].encode(errors="surrogatepass")) for word in _WORD.finditer(text)), np.uint64
    )
    length = min(RUN, len(words))
    runs = np.zeros(len(words) - length + 1 if length else 0, np.uint64)
    for place in range(length):
        runs *= _BASE
        runs += words[place : place + len(runs)]
    return _mixed(runs)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele and others, 2014): every bit depends on every bit."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_LARGEST = np.iinfo(np.uint32).max
_FACTORS, _TERMS = _mixed(np.arange(2 * SIZE, dtype=np.uint64)).reshape(2, SIZE)
_FACTORS |= np.uint64(1)  # odd, as multiply-shift asks for
_BASE = np.uint64(0x100000001B3)  # the prime of the FNV hash; the finaliser does the mixing
