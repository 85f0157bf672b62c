"""How the support of an answer is learned: what tells a right answer from a wrong one.

Half of the labelled data teaches and the other half gives the figures: the documents of SQuAD 2.0
in turns, our own gold questions by their id. An answer is right when it holds a gold quote. Two
things count, both free of how a question is worded: whether a number, date or name that is asked
for is missing, and how far the best sentence leads. Weights are held to the sign that makes sense.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from eval.corpus import Corpus
from eval.gold import ResolvedGold
from eval.runs import open_gold
from index.config import Config
from rag.abstention import support
from rag.answer import Hit
from rag.assistant import Assistant, open_assistant
from rag.extractive import ExtractiveComposer

OURS = 8.0
"""How much a question of our gold counts: SQuAD has some eight times as many in the half learned
from."""

PENALTY = 0.05
"""Of the squared weights: only so that separable data has a finite answer."""

LEAST = (0.0, 0.2, 0.4, 0.5, 0.55, 0.6, 0.65)


@dataclass(frozen=True, slots=True)
class Example:
    """What an answer showed, whether it was right, and whether the question has an answer."""

    lead: float
    missing: bool
    right: bool
    answerable: bool
    learned_from: bool


def examples(assistant: Assistant, gold: Path, public: bool) -> Iterator[Example]:
    """An example for each question of a gold file whose documents are in the index.

    Of a public benchmark, every other document is learned from (its questions are alike); of ours,
    half of the questions by the CRC-32 of their ids.
    """
    corpus = Corpus(assistant.snapshot.documents.values())
    composer = assistant.extractive
    assert isinstance(composer, ExtractiveComposer)  # noqa: S101
    own = sorted(d.id for d in assistant.snapshot.documents.values())
    for item in open_gold(gold, corpus).questions:
        if item.question.kind in ("out-of-domain", "injection"):
            continue
        found = assistant.retriever.read(item.question.question)
        first = composer.choices(found)[0]
        if not first.sentences:
            continue
        drafts = [(candidate.hit, candidate.text) for candidate in first.sentences]
        document = own.index(first.sentences[0].hit.document.id)
        yield Example(
            first.lead,
            first.missing,
            _right(item, drafts),
            item.question.answerable,
            (document if public else zlib.crc32(item.question.id.encode())) % 2 == 0,
        )


def _right(item: ResolvedGold, drafts: list[tuple[Hit, str]]) -> bool:
    borne = [
        any(
            quote.span.document_id == hit.document.id and (quote.text in text or text in quote.text)
            for quote in occurrences
            for hit, text in drafts
        )
        for occurrences in item.quotes
    ]
    return bool(borne) and (all(borne) if item.question.all_quotes else any(borne))


def learn(rows: list[tuple[Example, float]]) -> tuple[float, float, float]:
    """Intercept, weight of the lead and of what is missing, from examples and how much each counts.

    Logistic regression, the two weights not below zero.
    """
    features = np.array([(row.lead, -float(row.missing)) for row, _ in rows])
    right = np.array([row.right for row, _ in rows], dtype=np.float64)
    counts = np.array([count for _, count in rows])

    def loss(weights: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        logits = features @ weights[1:] + weights[0]
        fit = counts * (np.logaddexp(0, logits) - right * logits)
        return float(fit.sum() + PENALTY * (weights[1:] ** 2).sum())

    bounds = [(None, None), (0, None), (0, None)]
    found = minimize(loss, np.zeros(3), bounds=bounds, method="L-BFGS-B").x
    return float(found[0]), float(found[1]), float(found[2])


def risk_lines(rows: list[Example]) -> Iterator[str]:
    """For each strictness: near misses withheld, and answerable questions lost."""
    for least in LEAST:
        withheld = [support(row.lead, row.missing) < least for row in rows]
        near = [w for w, row in zip(withheld, rows, strict=True) if not row.answerable]
        lost = [w for w, row in zip(withheld, rows, strict=True) if row.answerable]
        wrong = [
            not row.right for w, row in zip(withheld, rows, strict=True) if not w and row.answerable
        ]
        shares = [sum(part) / max(1, len(part)) for part in (near, lost, wrong)]
        yield f"{least:>6} {shares[0]:>10.3f} {shares[1]:>10.3f} {shares[2]:>10.3f}"


def main() -> None:
    """`python -m eval.calibration INDEX=GOLD[=public]...`: learns; prints the curve of the rest."""
    learned: list[tuple[Example, float]] = []
    for pair in sys.argv[1:]:
        index, gold, *public = pair.split("=")
        rows = list(examples(open_assistant(index, Config()), Path(gold), bool(public)))
        weight = 1.0 if public else OURS
        learned += [(row, weight) for row in rows if row.learned_from]
        held = [row for row in rows if not row.learned_from]
        sys.stdout.write(f"{gold}: {len(held)} questions not learned from\n")
        sys.stdout.write("strict  near miss       lost      wrong\n")
        sys.stdout.writelines(f"{line}\n" for line in risk_lines(held))
    intercept, lead, missing = learn(learned)
    sys.stdout.write(f"intercept {intercept:.2f}, lead {lead:.2f}, missing {missing:.2f}\n")


if __name__ == "__main__":
    main()
