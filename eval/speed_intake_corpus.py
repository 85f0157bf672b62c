"""Files for measuring intake: real sentences at random, so that no two documents are alike."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eval.speed_corpus import real
from index.documents import Document
from index.sentences import sentence_spans

_GAP = "\n\n"


@dataclass(frozen=True, slots=True)
class Maker:
    """Sentences to make documents of, and how many of them real paragraphs have."""

    sentences: tuple[str, ...]
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, bench: Path) -> Maker:
        paragraphs = [p for d in real(bench).documents for p in _paragraphs(d)]
        said = dict.fromkeys(sentence for paragraph in paragraphs for sentence in paragraph)
        return cls(tuple(said), tuple(map(len, paragraphs)))

    def text(self, size: int, seed: int) -> str:
        """Paragraphs of `size` bytes of UTF-8, or one more sentence."""
        rng = random.Random(seed)  # noqa: S311
        paragraphs, left = [], size
        while left > 0:
            sentences = []
            for sentence in rng.choices(self.sentences, k=rng.choice(self.lengths)):
                sentences.append(sentence)
                left -= len(sentence.encode()) + 1
                if left <= 0:
                    break
            paragraphs.append(" ".join(sentences))
            left -= len(_GAP) - 1
        return _GAP.join(paragraphs)

    def file(self, path: Path, size: int, seed: int) -> Path:
        path.write_text(self.text(size, seed), encoding="utf-8")
        return path

    def folder(self, path: Path, files: int, kilobytes: int, seed: int) -> Path:
        """A new folder of files of so many kilobytes each (1,000 bytes)."""
        path.mkdir()
        seeds = random.Random(seed)  # noqa: S311
        for number in range(files):
            self.file(path / f"{number:06d}.txt", kilobytes * 1000, seeds.getrandbits(64))
        return path


def _paragraphs(document: Document) -> Iterator[list[str]]:
    """Each paragraph's sentences, on one line each."""
    text = document.text
    for paragraph in document.paragraphs:
        spans = sentence_spans(text, *paragraph)
        if spans:
            yield [" ".join(text[start:end].split()) for start, end in spans]
