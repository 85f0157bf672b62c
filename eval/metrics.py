"""The measures, each a short function from one gold question and one answer to a number.

A value of None means that the measure does not apply to that question; a question that failed or
gave nothing is scored, and scored 0. Definitions follow the public contract; retrieval measures
are computed by ir-measures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from eval.gold import GoldQuote, ResolvedGold
from index.documents import Span
from index.store import Snapshot
from rag.answer import Answer, Citation

DEPTHS = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Case:
    """One gold question and what came of it: an answer, or the error instead of one."""

    gold: ResolvedGold
    answer: Answer | None
    error: str | None = None


Measure = Callable[[Case], float | None]


def correct(case: Case) -> float | None:
    """1 when an answerable question is answered, all `must` match and no `must_not` does."""
    question, answer = case.gold.question, case.answer
    if not question.answerable:
        return None
    if answer is None or answer.abstained:
        return 0.0
    said = all(re.search(p, answer.text, re.IGNORECASE) for p in question.must)
    wrong = any(re.search(p, answer.text, re.IGNORECASE) for p in question.must_not)
    return float(said and not wrong)


def supported(case: Case) -> float | None:
    """1 when a gold quote is cited (every one for list, compare and `needs_all`)."""
    question, answer = case.gold.question, case.answer
    if not question.answerable:
        return None
    if answer is None or answer.abstained:
        return 0.0
    cited = [any(bears(c, quote) for c in answer.citations) for quote in case.gold.quotes]
    return float(all(cited) if question.all_quotes else any(cited))


def citation_precision(case: Case) -> float | None:
    """Share of the citations that bear a gold quote, of answerable questions that were answered.

    Citation precision in the sense of ALCE (Gao et al., EMNLP 2023) with gold quotes as judge.
    """
    answer = case.answer
    if not case.gold.question.answerable or answer is None or answer.abstained:
        return None
    good = [any(bears(c, quote) for quote in case.gold.quotes) for c in answer.citations]
    return sum(good) / len(good)


def quote_exactness(case: Case) -> float | None:
    """Share of the citations whose quote is, to the code point, what stands at their span."""
    answer = case.answer
    if answer is None or not answer.citations:
        return None
    exact = [
        c.document.text[c.span.start : c.span.end] == c.quote and c.quote != ""
        for c in answer.citations
    ]
    return sum(exact) / len(exact)


def abstained_rightly(case: Case) -> float | None:
    """Abstention recall: 1 when a question that cannot be answered was not answered."""
    if case.gold.question.answerable:
        return None
    return float(case.answer is not None and case.answer.abstained)


def abstained_wrongly(case: Case) -> float | None:
    """False abstention: 1 when an answerable question was not answered, or failed."""
    if not case.gold.question.answerable:
        return None
    return float(case.answer is None or case.answer.abstained)


def words(case: Case) -> float | None:
    """Words of the claims, of the questions that were answered."""
    if case.answer is None or case.answer.abstained:
        return None
    return float(sum(len(claim.text.split()) for claim in case.answer.claims))


def seconds(case: Case) -> float | None:
    """Time from question to answer, all stages."""
    return sum(case.answer.seconds.values()) if case.answer else None


def completed(case: Case) -> float:
    """1 when the question ended in an answer or an abstention, 0 when it failed."""
    return float(case.answer is not None)


MEASURES: dict[str, Measure] = {
    "completed": completed,
    "correct": correct,
    "supported": supported,
    "citation_precision": citation_precision,
    "quote_exactness": quote_exactness,
    "abstention_recall": abstained_rightly,
    "false_abstention": abstained_wrongly,
    "words": words,
    "seconds": seconds,
}


def bears(citation: Citation, occurrences: Iterable[GoldQuote]) -> bool:
    """True when the citation's quote contains a gold quote or lies inside it, same document."""
    return any(
        citation.span.document_id == gold.span.document_id
        and (gold.text in citation.quote or citation.quote in gold.text)
        for gold in occurrences
    )


def retrieval(cases: Iterable[Case], snapshot: Snapshot) -> dict[str, dict[str, float]]:
    """Per question id: success@k, recall@k, MRR@10 and nDCG@10 over passages, by ir-measures.

    A passage is relevant when it holds a gold quote whole (or a part of one that no passage holds
    whole). Questions without gold quotes are left out; a failed question retrieves nothing.
    """
    import ir_measures

    qrels: dict[str, dict[str, int]] = {}
    run: dict[str, dict[str, float]] = {}
    for case in cases:
        question = case.gold.question
        if not question.answerable:
            continue
        relevant = {pid for quote in case.gold.quotes for pid in holders(quote, snapshot)}
        qrels[question.id] = dict.fromkeys(relevant, 1)
        hits = case.answer.hits if case.answer else ()
        # Ranks, not scores: equal scores must not be reordered by the evaluator.
        run[question.id] = {hit.passage.id: 1.0 / hit.rank for hit in hits}
    measures = {
        **{f"success@{k}": ir_measures.Success @ k for k in DEPTHS},
        **{f"recall@{k}": ir_measures.R @ k for k in DEPTHS},
        "mrr@10": ir_measures.RR @ 10,
        "ndcg@10": ir_measures.nDCG @ 10,
    }
    names = {measure: name for name, measure in measures.items()}
    values: dict[str, dict[str, float]] = {qid: dict.fromkeys(measures, 0.0) for qid in qrels}
    if qrels:
        for metric in ir_measures.iter_calc(list(names), qrels, run):
            values[metric.query_id][names[metric.measure]] = float(metric.value)
    return values


def holders(occurrences: Iterable[GoldQuote], snapshot: Snapshot) -> list[str]:
    """Ids of the passages that hold a quote whole; failing that, of those that overlap it."""
    whole: list[str] = []
    part: list[str] = []
    spans: list[Span] = [gold.span for gold in occurrences]
    for passage in snapshot.passages:
        for span in spans:
            if passage.span.overlaps(span):
                inside = passage.span.start <= span.start and span.end <= passage.span.end
                (whole if inside else part).append(passage.id)
    return whole or part


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of the values that apply; None when none does."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def summarise(rows: Iterable[tuple[str, Mapping[str, float | None]]]) -> dict[str, float]:
    """Means over all questions, and of abstention recall for each kind that calls for it.

    `rows` are (kind, values by measure).
    """
    listed = list(rows)
    names = sorted({name for _, values in listed for name in values})
    result = {name: mean(values.get(name) for _, values in listed) for name in names}
    for kind in sorted({kind for kind, _ in listed}):
        of_kind = [values.get("abstention_recall") for k, values in listed if k == kind]
        result[f"abstention_recall.{kind}"] = mean(of_kind)
    return {name: value for name, value in result.items() if value is not None}
