"""MultiHop-RAG: questions over news whose evidence is spread over two to four articles.

Tang and Yang, MultiHop-RAG: Benchmarking Retrieval-Augmented Generation for Multi-Hop Queries
(COLM 2024, arXiv 2401.15391), https://github.com/yixuantt/MultiHop-RAG.

Its Hits@k has two definitions, and both are computed for it, k being 4 or 10:

- the paper's, the share of a question's evidence that is among the top k hits:
  `recall@k`, since these questions need all of their quotes (a lower bound where one passage holds
  two of them: `eval.ranking` counts them at two successive ranks);
- that of its evaluator (`retrieval_evaluate.py`), whether any evidence is among the top k hits,
  white space ignored: `success@k`. Here passages are compared with quotes by their place in the
  document, so white space plays no part either; other than there, a hit that lies inside a fact
  finds it, and the same words in another article do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from eval.gold import GoldQuestion, Kind, Pointer
from rag.quotes import locate_quote

from .common import (
    UNANSWERABLE,
    Benchmark,
    ShortAnswer,
    expect_files,
    file_names,
    gold_question,
    has_text,
    must,
    read_json,
    unique,
)

_Type = Literal["inference_query", "comparison_query", "temporal_query", "null_query"]

KINDS: dict[_Type, Kind] = {
    "inference_query": "fact",
    "comparison_query": "compare",
    "temporal_query": "time",
    "null_query": UNANSWERABLE,
}


class _Article(BaseModel):
    url: str = Field(min_length=1)
    body: str


class _Evidence(BaseModel):
    url: str
    fact: str


class _Query(BaseModel):
    query: str = Field(min_length=1)
    answer: str
    question_type: _Type
    evidence_list: list[_Evidence]


class _Unlocated(Exception):
    """A piece of evidence that is not in the corpus."""


def multihop_rag(files: Sequence[Path]) -> Benchmark:
    """`corpus.json`, then `MultiHopRAG.json`. The queries have no ids: they are numbered.

    A row with a fact that does not stand in its article is left out and reported. Answers of yes
    and no are not asked for: quoted sentences do not say them.
    """
    expect_files(files, ["corpus.json", "MultiHopRAG.json"])
    articles = read_json(files[0], list[_Article])
    names = file_names([article.url for article in articles], files[0])
    bodies = {article.url: article.body for article in articles if has_text(article.body)}
    left_out = [f"document {a.url}: it has no text" for a in articles if a.url not in bodies]
    questions = []
    for number, query in enumerate(read_json(files[1], list[_Query]), 1):
        try:
            questions.append(_row(f"multihop-rag-{number:04d}", query, names, bodies))
        except _Unlocated as error:
            left_out.append(f"query {number}: {error}")
    documents = {names[url]: body for url, body in bodies.items()}
    return Benchmark(documents, unique(questions, files[1]), tuple(left_out))


def _row(qid: str, query: _Query, names: dict[str, str], bodies: dict[str, str]) -> GoldQuestion:
    kind = KINDS[query.question_type]
    if kind == UNANSWERABLE:
        return gold_question(qid, query.query, "en", [], kind=kind)
    quotes = [_locate(evidence, names, bodies) for evidence in query.evidence_list]
    if not quotes:
        raise _Unlocated("it has no evidence")
    said = query.answer.strip().rstrip(".")
    answers = [] if said.casefold() in ("", "yes", "no") else [ShortAnswer(said)]
    return gold_question(
        qid, query.query, "en", list(dict.fromkeys(quotes)),
        kind=kind, must=must(answers), needs_all=True,
    )  # fmt: skip


def _locate(evidence: _Evidence, names: dict[str, str], bodies: dict[str, str]) -> Pointer:
    if evidence.url not in bodies:
        raise _Unlocated(f"its article {evidence.url} is not in the corpus")
    found = locate_quote(bodies[evidence.url], evidence.fact)
    if found is None:
        raise _Unlocated(f"a fact does not stand in its article {evidence.url}")
    return Pointer(document=names[evidence.url], start=found[0], end=found[1])
