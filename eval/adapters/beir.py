"""A BEIR folder: corpus.jsonl, queries.jsonl and qrels/test.tsv.

Thakur et al., BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval
Models (NeurIPS Datasets and Benchmarks 2021), https://github.com/beir-cellar/beir. Its measure is
nDCG@10 over documents: `doc_ndcg@10` here, with every relevant document counting the same.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, Field

from eval.gold import GoldQuestion, Pointer
from index.errors import InputError

from .common import (
    AS_PUBLISHED,
    Benchmark,
    expect_files,
    file_names,
    gold_question,
    has_text,
    read_bytes,
    read_json_lines,
    unique,
)


class _Text(BaseModel):
    id: str = Field(min_length=1, alias="_id")
    title: str = ""
    text: str

    @property
    def whole(self) -> str:
        return "\n\n".join(part for part in (self.title, self.text) if part.strip())


def beir(files: Sequence[Path]) -> Benchmark:
    """Each relevant document as a whole is a gold quote of its query; any of them will do.

    Queries without a judgement in qrels/test.tsv belong to other splits and are not asked. Made for
    corpora that fit on one machine: a document is one file.
    """
    expect_files(files, ["the folder with corpus.jsonl, queries.jsonl and qrels/test.tsv"])
    folder = files[0]
    path = folder / "corpus.jsonl"
    corpus = read_json_lines(path, _Text)
    names = file_names([document.id for document in corpus], path)
    texts = {document.id: document.whole for document in corpus}
    empty = [key for key, text in texts.items() if not has_text(text)]
    questions, left_out = _questions(folder, texts, names)
    return Benchmark(
        {names[key]: text for key, text in texts.items() if has_text(text)},
        unique(questions, folder / "queries.jsonl"),
        tuple([f"document {key}: it has no text" for key in empty] + left_out),
    )


def _questions(
    folder: Path, texts: dict[str, str], names: dict[str, str]
) -> tuple[list[GoldQuestion], list[str]]:
    path = folder / "queries.jsonl"
    queries: dict[str, _Text] = {}
    for query in read_json_lines(path, _Text):
        if query.id in queries:
            raise InputError(f"{path}: query {query.id!r} stands twice", "keep one of them")
        queries[query.id] = query
    relevant: dict[str, dict[str, None]] = {}
    for where, query_id, document_id, grade in _judgements(folder / "qrels" / "test.tsv"):
        for key, known in ((query_id, queries), (document_id, texts)):
            if key not in known:
                raise InputError(f"{where}: {key!r} is not in the folder's files", AS_PUBLISHED)
        judged = relevant.setdefault(query_id, {})
        if grade > 0:
            judged[document_id] = None
    questions, left_out = [], []
    for query_id, judged in relevant.items():
        quotes = [
            Pointer(document=names[key], start=0, end=len(texts[key]))
            for key in judged
            if has_text(texts[key])
        ]
        if quotes and queries[query_id].text.strip():
            questions.append(gold_question(query_id, queries[query_id].text, "en", quotes))
        else:
            left_out.append(f"query {query_id}: no text, or no relevant document with a text")
    return questions, left_out


def _judgements(path: Path) -> Iterator[tuple[str, str, str, int]]:
    """(file and line, query id, document id, grade) of a tab-separated file with a heading."""
    try:
        text = read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8", AS_PUBLISHED) from error
    rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    for number, row in enumerate(rows, 1):
        if number == 1 or not row:
            continue
        try:
            query_id, document_id, grade = row
            yield f"{path}:{number}", query_id, document_id, int(grade)
        except ValueError as error:
            raise InputError(
                f"{path}:{number}: not a query id, a document id and a whole number", AS_PUBLISHED
            ) from error
