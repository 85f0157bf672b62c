"""Which passages to read: dense and keyword search together, reordered by late interaction.

Candidates are the union of both searches, so neither one's blind spot hides a passage. Weights and
depths are measured on several data sets (docs/RETRIEVAL.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index.codebooks import Floats
from index.config import Config
from index.encoder import Encoded, Encoder
from index.keywords import Scores, highest
from index.snapshot import Snapshot
from index.threads import ONE_THREAD
from index.vectors import Mask
from rag.answer import Hit, Place
from rag.duplicates import grouped
from rag.filters import EVERYTHING, Filters, permitted
from rag.late_interaction import LateInteraction, Sentences
from rag.matching import matched_words, near_words, telling
from rag.parts import parts
from rag.reranking import CrossEncoder
from rag.windows import Window, best, runs, scores, spans, stored


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of a search: hits, the sentences that were read and which of them each hit is.

    `text` is the question; `question` is it encoded as late interaction wants it, with the
    `weights` of its pieces. `relevance` is the mean of the best cosine and the best score, between
    -1 and 1. `parts` is what was found for each part of a question that asks several things.
    """

    text: str
    hits: tuple[Hit, ...]
    windows: tuple[Window, ...]
    sentences: Sentences
    question: Encoded
    weights: Floats
    relevance: float
    parts: tuple[Found, ...] = ()

    @property
    def all_hits(self) -> tuple[Hit, ...]:
        """The hits, and behind them those of the parts that lie elsewhere, ranked on."""
        kept = list(self.hits)
        for hit in (hit for part in self.parts for hit in part.hits):
            if not any(hit.passage.span.overlaps(other.passage.span) for other in kept):
                kept.append(replace(hit, rank=len(kept) + 1))
        return tuple(kept)


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """Where to look: passages with their fused score, and what found each. `nearest` is the best
    cosine; `allowed` the passages that pass the filters; `whole`: these are about a passage's
    words, and a part of it might not pass."""

    fused: dict[int, float]
    found_by: Mapping[str, Set[int]]
    nearest: float
    allowed: Mask | None
    whole: bool


class Retriever:
    """Hybrid search over one snapshot."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, config: Config) -> None:
        self._snapshot = snapshot
        self.encoder = encoder
        self._config = config
        self.late = LateInteraction(snapshot)
        device = None if config.device == "auto" else config.device
        name = config.cross_encoder
        self._cross_encoder = CrossEncoder(name, device) if name else None

    def read(self, question: str, filters: Filters = EVERYTHING) -> Found:
        """What to answer from: the hits of the question, and those of each of its parts."""
        found = self.search(question, filters=filters)
        asked = parts(question)
        return replace(found, parts=tuple(self.search(part, filters=filters) for part in asked))

    def search(self, question: str, k: int | None = None, filters: Filters = EVERYTHING) -> Found:
        """The k best hits (`config.hits` of them by default), best first."""
        with ONE_THREAD:
            found = self._search(question, k, filters)
        self._snapshot.release()
        return found

    def _search(self, question: str, k: int | None, filters: Filters) -> Found:
        wanted = self._config.hits if k is None else k
        encoded = self.encoder.encode_query(question)
        asked, weights = self.late.projected(encoded), self.late.weights(encoded)
        candidates = self._candidates(
            question, encoded, max(wanted, self._config.candidates), filters
        )
        # Twice as many as wanted: some may repeat others.
        depth = max(2 * wanted, self._config.cross_encoder_depth if self._cross_encoder else 0)
        sentences, windows = self._windows(asked, weights, candidates, depth)
        if not candidates.whole:
            windows = self._apart(sentences, windows, weights, candidates.fused.keys())
        hits = [self._hit(sentences, window, candidates) for window in windows]
        if self._cross_encoder:
            marks = self._cross_encoder.scores(question, [hit.passage.text for hit in hits])
            order = sorted(range(len(marks)), key=lambda number: (-marks[number], number))
            hits = [replace(hits[number], score=marks[number]) for number in order]
            windows = [windows[number] for number in order]
        # What stands hidden in its source comes last: no copy of it may swallow what is seen.
        order = sorted(range(len(hits)), key=lambda number: hits[number].pinpoint.hidden)
        groups = grouped(order, lambda number: hits[number].passage.text, wanted)
        shown = tuple(windows[first] for first, *_ in groups)
        why = self._why(question, encoded, weights)
        fits = scores(sentences, spans(shown), weights)
        return Found(
            text=question,
            hits=tuple(
                replace(
                    why(hits[first], sentences, windows[first]),
                    rank=rank,
                    repeats=tuple(Place(hits[n].passage, hits[n].document) for n in repeats),
                )
                for rank, (first, *repeats) in enumerate(groups, 1)
            ),
            windows=shown,
            sentences=sentences,
            question=asked,
            weights=weights,
            relevance=(candidates.nearest + float(fits.max())) / 2 if shown else 0.0,
        )

    def _candidates(
        self, question: str, encoded: Encoded, depth: int, filters: Filters
    ) -> _Candidates:
        """The `depth` best of each search among the passages that pass the filters."""
        allowed = permitted(self._snapshot, filters, self._config.language)
        dense = self._snapshot.nearest(encoded.vector, depth, allowed)
        keyword = self._snapshot.keywords.scores(question)
        if allowed is not None:
            keyword[~allowed] = 0
        by_keyword = frozenset(highest(keyword, depth))
        return _Candidates(
            fused=self._fused(dense, keyword, by_keyword),
            found_by={"dense": dense.keys(), "keyword": by_keyword},
            nearest=max(dense.values(), default=0.0),
            allowed=allowed,
            whole=bool(filters.phrases or filters.without),
        )

    def _windows(
        self, question: Encoded, weights: Floats, candidates: _Candidates, k: int
    ) -> tuple[Sentences, list[Window]]:
        """The sentences of candidates, and the k runs of them to show."""
        fused, rerank = candidates.fused, self._config.rerank
        if rerank == "none":
            ranked = sorted(fused, key=lambda r: (-fused[r], self._snapshot.order(r)))[:k]
            sentences = self.late.sentences(question, ranked)
            places = {int(sentences.row[a]): (a, b) for a, b in stored(sentences).tolist()}
            return sentences, [Window(*places[r], fused[r]) for r in ranked if r in places]
        if rerank == "passages" or candidates.whole:
            sentences = self.late.sentences(question, fused)
            return sentences, best(sentences, stored(sentences), weights, k)
        sentences = self.late.sentences(question, self._around(fused, candidates.allowed))
        windows = runs(sentences, fused, self._config.hit_chars)
        # What is left of a window that another cut into may hold nothing that was found.
        chosen = best(sentences, windows, weights, k)
        rows = (sentences.row[window.first : window.stop].tolist() for window in chosen)
        return sentences, [w for w, own in zip(chosen, rows, strict=True) if fused.keys() & own]

    def _apart(
        self, sentences: Sentences, windows: Sequence[Window], weights: Floats, found: Set[int]
    ) -> list[Window]:
        """The windows with what stands hidden in its source in windows of its own: else one hidden
        sentence would take all around it to the end of the hits. Parts without a passage that was
        `found` go."""
        result: list[Window] = []
        for window in windows:
            document = self._snapshot.document_of(int(sentences.row[window.first]))
            own = range(window.first, window.stop)
            places = zip(sentences.start[own], sentences.end[own], strict=True)
            hidden = [document.hidden and document.is_hidden(int(a), int(b)) for a, b in places]
            turns = [n for n in own[1:] if hidden[n - own.start] != hidden[n - own.start - 1]]
            if not turns:
                result.append(window)
                continue
            bounds = np.array([own.start, *turns, own.stop], np.int64)
            parted = np.stack([bounds[:-1], bounds[1:]], axis=1)
            values = scores(sentences, parted, weights).tolist()
            result += [
                Window(a, b, window.score if self._config.rerank == "none" else value)
                for (a, b), value in zip(parted.tolist(), values, strict=True)
                if found & set(sentences.row[a:b].tolist())
            ]
        return sorted(result, key=lambda window: -window.score)

    def _why(
        self, question: str, encoded: Encoded, weights: Floats
    ) -> Callable[[Hit, Sentences, Window], Hit]:
        """Marks the words of a hit that speak to the question."""
        asked: dict[tuple[str, ...], Mask] = {}

        def why(hit: Hit, sentences: Sentences, window: Window) -> Hit:
            languages = (hit.document.language or self._config.language,)
            if languages not in asked:
                starts = encoded.offsets[:, 0]
                asked[languages] = telling(question, languages, starts, weights)
            text, start = hit.passage.text, hit.passage.span.start
            own = slice(int(sentences.bounds[window.first]), int(sentences.bounds[window.stop]))
            near = near_words(
                text,
                languages,
                sentences.cosines[:, own],
                (sentences.pieces[own] - start).astype(np.int32),
                asked[languages],
            )
            words = matched_words(text, question, languages)
            return replace(
                hit,
                words=tuple((a + start, b + start) for a, b in words),
                near=tuple((a + start, b + start) for a, b in near if (a, b) not in words),
            )

        return why

    def _around(self, rows: Iterable[int], allowed: Mask | None) -> set[int]:
        """Passages and their neighbours in the same document."""
        around = set(rows)
        for row in rows:
            owner = self._snapshot.owner(row)
            for other in (row - 1, row + 1):
                inside = 0 <= other < len(self._snapshot)
                if inside and self._snapshot.owner(other) == owner:
                    around.add(other)
        return around if allowed is None else {row for row in around if allowed[row]}

    def _hit(self, sentences: Sentences, window: Window, candidates: _Candidates) -> Hit:
        own = slice(window.first, window.stop)
        rows = set(sentences.row[own].tolist())
        document = self._snapshot.document_of(min(rows))
        places = list(zip(sentences.start[own].tolist(), sentences.end[own].tolist(), strict=True))
        found_by = tuple(
            n for n, found in candidates.found_by.items() if not rows.isdisjoint(found)
        )
        return Hit(document.passage(places), document, window.score, 0, found_by)

    def _fused(
        self, dense: dict[int, float], keyword: Scores, by_keyword: Set[int]
    ) -> dict[int, float]:
        """Convex combination of min-max normalised scores over the union of candidates.

        Bruch et al., An Analysis of Fusion Functions for Hybrid Retrieval (TOIS 2023).
        """
        rows = sorted(dense.keys() | by_keyword)
        if not rows:
            return {}
        lowest = min(dense.values(), default=0.0)
        cosine = _min_max(np.array([dense.get(row, lowest) for row in rows]))
        words = _min_max(np.array([keyword[row] for row in rows], dtype=np.float64))
        weight = self._config.dense_weight
        return dict(zip(rows, (weight * cosine + (1 - weight) * words).tolist(), strict=True))


def _min_max(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = values.max() - values.min()
    return (values - values.min()) / spread if spread else np.zeros_like(values)
