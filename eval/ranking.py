"""Measures of retrieval, at passage and at document level, computed by ir-measures.

Systems cut documents differently, so a passage is not judged by an id but by the words it holds:
what is to be found are the gold quotes. A hit finds a quote when its span covers it, or lies inside
it; a hit that finds none stands in the ranking as a miss. Where any one quote will do, all quotes
count as the same thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from eval.answers import GivenHit
from eval.corpus import Corpus
from eval.gold import ResolvedGold
from eval.metrics import Case
from rag.quotes import locate_quote

DEPTHS = (1, 3, 4, 5, 10)
"""4 is what MultiHop-RAG and the framework's tutorial use."""

Run = dict[str, dict[str, float]]
Qrels = dict[str, dict[str, int]]


def passage_qrels(gold: ResolvedGold) -> dict[str, int]:
    """What is to be found for one question: its quotes, or any of them."""
    return dict.fromkeys(_targets(gold), 1)


def passage_run(gold: ResolvedGold, hits: Sequence[GivenHit], corpus: Corpus) -> dict[str, float]:
    """The ranking of one question, by 1 / position; what is found twice counts at its first."""
    ranked: list[str] = []
    for number, hit in enumerate(sorted(hits, key=lambda h: h.rank)):
        found = [name for name in _found(gold, hit, corpus) if name not in ranked]
        ranked += found or [f"miss-{number}"]
    return {name: 1.0 / position for position, name in enumerate(ranked, 1)}


def document_qrels(gold: ResolvedGold, corpus: Corpus) -> dict[str, int]:
    """The documents that gold names for a question."""
    found = [corpus.named(name) for name in gold.question.documents]
    return {document.id: 1 for document in found if document}


def document_run(hits: Sequence[GivenHit], corpus: Corpus) -> dict[str, float]:
    """Documents in the order of their first hit, by 1 / position."""
    ranked: dict[str, None] = {}
    for number, hit in enumerate(sorted(hits, key=lambda h: h.rank)):
        document = corpus.find(hit.document, hit.source)
        ranked.setdefault(document.id if document else f"unknown-{number}")
    return {name: 1.0 / position for position, name in enumerate(ranked, 1)}


def qrels_and_runs(cases: Iterable[Case]) -> dict[str, tuple[Qrels, Run]]:
    """Judgements and rankings of the answerable questions, by level ('' and 'doc_')."""
    passages: tuple[Qrels, Run] = ({}, {})
    documents: tuple[Qrels, Run] = ({}, {})
    for case in cases:
        if not case.answerable:
            continue
        qid, hits = case.gold.question.id, case.answer.hits
        passages[0][qid] = passage_qrels(case.gold)
        passages[1][qid] = passage_run(case.gold, hits, case.corpus)
        documents[0][qid] = document_qrels(case.gold, case.corpus)
        documents[1][qid] = document_run(hits, case.corpus)
    return {"": passages, "doc_": documents}


def retrieval(cases: Iterable[Case]) -> dict[str, dict[str, float]]:
    """Values by question id and measure: success@k, recall@k, mrr@10, ndcg@10, judged@10."""
    values: dict[str, dict[str, float]] = {}
    for level, (qrels, run) in qrels_and_runs(cases).items():
        for qid, found in _calculate(qrels, run).items():
            row = values.setdefault(qid, {})
            row |= {f"{level}{name}": value for name, value in found.items()}
    return values


def _calculate(qrels: Qrels, run: Run) -> dict[str, dict[str, float]]:
    import ir_measures

    measures = {
        **{f"success@{k}": ir_measures.Success @ k for k in DEPTHS},
        **{f"recall@{k}": ir_measures.R @ k for k in DEPTHS},
        "mrr@10": ir_measures.RR @ 10,
        "ndcg@10": ir_measures.nDCG @ 10,
        "judged@10": ir_measures.Judged @ 10,
    }
    names = {measure: name for name, measure in measures.items()}
    values = {qid: dict.fromkeys(measures, 0.0) for qid in qrels}
    found = {qid: ranking for qid, ranking in run.items() if ranking}  # judged@k divides by none
    if qrels and found:
        for metric in ir_measures.iter_calc(list(names), qrels, found):
            values[metric.query_id][names[metric.measure]] = float(metric.value)
    return values


def _targets(gold: ResolvedGold) -> list[str]:
    if not gold.question.all_quotes:
        return ["quote"]
    return [f"quote-{number}" for number in range(len(gold.quotes))]


def _found(gold: ResolvedGold, hit: GivenHit, corpus: Corpus) -> list[str]:
    """Names of the targets that a hit finds."""
    place = _place(hit, corpus)
    if place is None:
        return []
    document_id, start, end = place
    found = []
    for number, occurrences in enumerate(gold.quotes):
        if any(
            quote.span.document_id == document_id
            and (
                (start <= quote.span.start and quote.span.end <= end)
                or (quote.span.start <= start and end <= quote.span.end)
            )
            for quote in occurrences
        ):
            found.append(f"quote-{number}" if gold.question.all_quotes else "quote")
    return list(dict.fromkeys(found))


def _place(hit: GivenHit, corpus: Corpus) -> tuple[str, int, int] | None:
    document = corpus.find(hit.document, hit.source)
    if document is None:
        return None
    if hit.start is not None and hit.end is not None:
        inside = 0 <= hit.start < hit.end <= len(document.text)
        return (document.id, hit.start, hit.end) if inside else None
    found = locate_quote(document.text, hit.text)
    return (document.id, *found) if found else None
