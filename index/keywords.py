"""Keyword search: BM25 over stemmed words, from postings that are never loaded whole.

Postings hold counts and lengths, and a question's words are weighted when it is asked. So segments
of an index can be written, joined and dropped one by one, and the scores are still those of one
corpus. (bm25s, the reference in the tests, stores weights ready made: they change with every
document added anywhere.)

Words are stemmed by the language of their document (Snowball), and a question is stemmed in every
language the index holds: a question in English finds an English text beside a Spanish one, and a
Spanish question its own. Stop words of the language are left out. Stemming and stop words together
were worth .03 success@1 on SQuAD (docs/RETRIEVAL.md).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.ragged import Bounds, Rows

Scores = NDArray[np.float32]

K1, B = 1.5, 0.75
"""Saturation of repeated words and share of the length, as in bm25s; 1.2 to 1.5 and .75 are usual
(Robertson and Zaragoza, 2009, section 3.4)."""

STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian",
    "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip
"""Snowball stemmers by ISO 639-1 code; other languages are searched by whole words."""

# The stop word lists of bm25s, by ISO 639-1 code.
_STOP_LISTS = {
    "da": "DANISH", "de": "GERMAN", "en": "EN", "es": "SPANISH", "fr": "FRENCH", "it": "ITALIAN",
    "nl": "DUTCH", "no": "NORWEGIAN", "pt": "PORTUGUESE", "ru": "RUSSIAN", "sv": "SWEDISH",
    "tr": "TURKISH",
}  # fmt: skip
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")  # soft hyphens, zero-width characters
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")  # marks of footnotes


def words(text: str, language: str) -> list[str]:
    """Stemmed, case-folded words of a text without the stop words of its language."""
    stem, stop = _stemmer(language), _stop_words(language)
    text = _RAISED.sub(" ", _UNSEEN.sub("", unicodedata.normalize("NFC", text)))
    found = [word.casefold().replace("’", "'") for word in WORD.findall(text)]
    kept = [word for word in found if word not in stop]
    return [str(word) for word in (stem.stemWords(kept) if stem else kept)]


def primary(language: str) -> str:
    """ "pt" of "pt-BR"; all of "fil" and of "Estonian", which are not "fi" and "es"."""
    return language.replace("_", "-").partition("-")[0].strip().lower()


@cache
def _stemmer(language: str) -> Any:
    import Stemmer

    name = STEMMERS.get(primary(language))
    return Stemmer.Stemmer(name) if name else None


@cache
def _stop_words(language: str) -> frozenset[str]:
    name = _STOP_LISTS.get(primary(language))
    if name is None:
        return frozenset()
    from bm25s import stopwords

    return frozenset(getattr(stopwords, f"STOPWORDS_{name}"))


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """Which words stand how often in which passages of one segment.

    `terms` [t] are 64-bit hashes of the stemmed words in rising order (no word can be read out of
    them; two words of a million share one with a chance of 3 in 10^8). Term i owns
    bounds[i]:bounds[i + 1] of `rows` (passages, rising) and `counts`. `lengths` [passages], words.
    """

    terms: NDArray[np.uint64]
    bounds: Bounds
    rows: NDArray[np.integer]
    counts: NDArray[np.uint8]
    lengths: NDArray[np.int32]

    @classmethod
    def of(cls, texts: Sequence[str], languages: Sequence[str]) -> Postings:
        """`texts` and the language of each, in passage order."""
        hashes = _Hashes()
        terms, rows, counts, lengths = [], [], [], []
        for row, (text, language) in enumerate(zip(texts, languages, strict=True)):
            found = words(text, language)
            lengths.append(len(found))
            for word, count in Counter(found).items():
                terms.append(hashes[word])
                rows.append(row)
                counts.append(min(count, 255))
        return cls._of(
            np.array(terms, np.uint64),
            np.array(rows, np.int32),
            np.array(counts, np.uint8),
            np.array(lengths, np.int32),
        )

    @classmethod
    def _of(
        cls,
        terms: NDArray[np.uint64],
        rows: NDArray[np.int32],
        counts: NDArray[np.uint8],
        lengths: NDArray[np.int32],
    ) -> Postings:
        """From a term, a row and a count for each posting, in any order."""
        small = np.uint16 if len(lengths) <= 2**16 else np.int32
        order = np.lexsort((rows, terms))
        unique, first = np.unique(terms[order], return_index=True)
        bounds = np.append(first, len(terms)).astype(np.int64)
        return cls(unique, bounds, rows[order].astype(small), counts[order], lengths)

    def take(self, keep: Rows) -> Postings:
        """The postings of some of the passages, in that order."""
        place = np.full(len(self.lengths), -1, np.int32)
        place[keep] = np.arange(len(keep), dtype=np.int32)
        rows = place[self.rows]
        kept = rows >= 0
        return Postings._of(self._each()[kept], rows[kept], self.counts[kept], self.lengths[keep])

    @staticmethod
    def join(parts: Sequence[Postings]) -> Postings:
        bases = np.cumsum([0, *(len(part.lengths) for part in parts)])
        return Postings._of(
            np.concatenate([part._each() for part in parts]),
            np.concatenate([p.rows + np.int32(b) for p, b in zip(parts, bases[:-1], strict=True)]),
            np.concatenate([part.counts for part in parts]),
            np.concatenate([part.lengths for part in parts]),
        )

    def found(self, term: int) -> slice:
        """Where the postings of a term are; an empty slice when there are none."""
        at = int(np.searchsorted(self.terms, np.uint64(term)))
        if at == len(self.terms) or int(self.terms[at]) != term:
            return slice(0, 0)
        return slice(int(self.bounds[at]), int(self.bounds[at + 1]))

    def _each(self) -> NDArray[np.uint64]:
        """The term of each posting."""
        return np.repeat(self.terms, np.diff(self.bounds))


def _term(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")


def _terms(text: str, language: str) -> set[int]:
    return {_term(word) for word in words(text, language)}


class _Hashes(dict[str, int]):
    """The terms of words, each word hashed once."""

    def __missing__(self, word: str) -> int:
        self[word] = _term(word)
        return self[word]


class Keywords:
    """BM25 in Lucene's form over the passages of all segments of an index.

    Robertson and Zaragoza, The Probabilistic Relevance Framework (2009); idf is
    log(1 + (N - df + .5) / (df + .5)). Scores are [passages], 0 = no word in common.
    """

    def __init__(self, segments: Sequence[Postings], languages: Sequence[str]) -> None:
        self._segments = segments
        self._languages = languages
        self._bases = np.cumsum([0, *(len(s.lengths) for s in segments)])

    def scores(self, question: str) -> Scores:
        scores = np.zeros(int(self._bases[-1]), np.float32)
        terms = {term for language in self._languages for term in _terms(question, language)}
        for term in sorted(terms):
            found = [segment.found(term) for segment in self._segments]
            frequency = sum(s.stop - s.start for s in found)
            idf = np.log1p((len(scores) - frequency + 0.5) / (frequency + 0.5))
            for segment, part, base in zip(self._segments, found, self._bases, strict=False):
                rows = segment.rows[part] + base
                counts = segment.counts[part].astype(np.float32)
                scores[rows] += np.float32(idf) * counts / (counts + self._norms[rows])
        return scores

    def holding(self, phrase: str) -> Rows:
        """Rising rows of the passages in which, by some language's stems, each word stands.

        All passages when no word is left to look for.
        """
        everything = np.arange(self._bases[-1], dtype=np.int64)
        found = [np.zeros(0, np.int64)]
        for language in self._languages:
            rows = everything
            for term in _terms(phrase, language):
                rows = np.intersect1d(rows, self._rows(term), assume_unique=True)
            found.append(rows)
        return np.unique(np.concatenate(found))

    def _rows(self, term: int) -> Rows:
        pairs = zip(self._segments, self._bases, strict=False)
        parts = [segment.rows[segment.found(term)] + base for segment, base in pairs]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    @cached_property
    def _norms(self) -> Scores:
        """[passages] what a word's count is weighed against: longer passages need more of it."""
        lengths = [np.zeros(0, np.int32), *(segment.lengths for segment in self._segments)]
        counts = np.concatenate(lengths).astype(np.float32)
        mean = max(float(counts.mean(dtype=np.float64)) if len(counts) else 0.0, 1e-9)
        return np.asarray(K1 * (1 - B + B * counts / mean), np.float32)


def highest(scores: Scores, k: int) -> list[int]:
    """Rows of the k highest scores above zero, best first; ties go to the lower row."""
    rows = np.flatnonzero(scores > 0)
    if len(rows) > k:
        least = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
        rows = rows[scores[rows] >= least]
    order = np.argsort(-scores[rows], kind="stable")[:k]
    return [int(row) for row in rows[order]]
