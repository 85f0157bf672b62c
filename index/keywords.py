"""Keyword search: BM25 over stemmed words, by bm25s.

Words are stemmed by the language of their document (Snowball), and a question is stemmed in every
language the index holds: a question in English finds an English text beside a Spanish one, and a
Spanish question its own. Stop words of the language are left out. Stemming and stop words together
were worth .03 success@1 on SQuAD (docs/RETRIEVAL.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]

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
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def words(text: str, language: str) -> list[str]:
    """Stemmed, case-folded words of a text without the stop words of its language."""
    stem, stop = _stemmer(language), _stop_words(language)
    found = [word.casefold().replace("’", "'") for word in _WORD.findall(text)]
    kept = [word for word in found if word not in stop]
    return [str(word) for word in (stem.stemWords(kept) if stem else kept)]


def _primary(language: str) -> str:
    """ "pt" of "pt-BR"; all of "fil" and of "Estonian", which are not "fi" and "es"."""
    return language.replace("_", "-").partition("-")[0].strip().lower()


@cache
def _stemmer(language: str) -> Any:
    import Stemmer

    name = STEMMERS.get(_primary(language))
    return Stemmer.Stemmer(name) if name else None


@cache
def _stop_words(language: str) -> frozenset[str]:
    name = _STOP_LISTS.get(_primary(language))
    if name is None:
        return frozenset()
    from bm25s import stopwords

    return frozenset(getattr(stopwords, f"STOPWORDS_{name}"))


class KeywordIndex(Protocol):
    """Two verbs over passage rows, plus where it lives on disk."""

    def scores(self, question: str) -> Scores: ...

    def save(self, folder: Path) -> None: ...


class BM25:
    """BM25 in Lucene's form, k1 1.5, b 0.75 (bm25s defaults). Scores [passages], 0 = no match."""

    def __init__(self, engine: Any, languages: Sequence[str], count: int) -> None:
        self._engine = engine
        self._languages = tuple(languages)
        self._count = count

    @classmethod
    def build(cls, texts: Sequence[str], languages: Sequence[str]) -> BM25:
        """`texts` and the language of each, in passage order."""
        import bm25s
        from bm25s.tokenization import Tokenized

        rows = [words(text, lang) for text, lang in zip(texts, languages, strict=True)]
        vocabulary = {word: i for i, word in enumerate(sorted({w for row in rows for w in row}))}
        vocabulary.setdefault("", len(vocabulary))
        engine = bm25s.BM25(backend="numpy")
        ids = [[vocabulary[word] for word in row] for row in rows]
        if not any(ids):  # bm25s divides by the mean length
            ids = [[vocabulary[""]]] * max(1, len(ids))
        engine.index(Tokenized(ids=ids, vocab=vocabulary), show_progress=False)
        return cls(engine, sorted(set(languages)), len(texts))

    def scores(self, question: str) -> Scores:
        known = {
            word for language in self._languages for word in words(question, language)
        } & self._engine.vocab_dict.keys()
        known.discard("")
        if not known:
            return np.zeros(self._count, dtype=np.float32)
        return np.asarray(self._engine.get_scores(sorted(known)), dtype=np.float32)

    def save(self, folder: Path) -> None:
        self._engine.save(folder, show_progress=False, allow_pickle=False)
        settings = {"languages": self._languages, "count": self._count}
        (folder / "onrecord.json").write_text(json.dumps(settings), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> BM25:
        import bm25s

        settings = json.loads((folder / "onrecord.json").read_text(encoding="utf-8"))
        engine = bm25s.BM25.load(folder, load_corpus=False, mmap=True, allow_pickle=False)
        return cls(engine, settings["languages"], settings["count"])


def highest(scores: Scores, k: int) -> Iterable[int]:
    """Rows of the k highest scores above zero, best first; ties go to the lower row."""
    order = np.argsort(-scores, kind="stable")[:k]
    return [int(row) for row in order if scores[row] > 0]
