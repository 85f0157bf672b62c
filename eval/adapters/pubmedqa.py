"""PubMedQA: research questions that the abstract of one article answers.

Jin et al., PubMedQA: A Dataset for Biomedical Research Question Answering (EMNLP 2019),
https://github.com/pubmedqa/pubmedqa, file `ori_pqal.json` (1,000 expert-labelled).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, Field

from eval.gold import Pointer

from .common import Benchmark, expect_files, file_names, gold_question, read_json, unique


class _Record(BaseModel):
    question: str = Field(min_length=1, alias="QUESTION")
    contexts: list[str] = Field(min_length=1, alias="CONTEXTS")


def pubmedqa(files: Sequence[Path]) -> Benchmark:
    """Each abstract (its CONTEXTS, without the conclusion) is a document and its question's gold.

    The whole abstract is the gold quote, so any sentence of it supports. The labels yes, no and
    maybe are not used: an answer in the source's words does not say them.
    """
    expect_files(files, ["ori_pqal.json"])
    path = files[0]
    records = read_json(path, dict[str, _Record])
    names = file_names(list(records), path)
    texts = {names[pmid]: "\n\n".join(record.contexts) for pmid, record in records.items()}
    left_out = [
        f"question {pmid}: its abstract is empty" for pmid in records if not texts[names[pmid]]
    ]
    rows = (
        gold_question(
            pmid,
            record.question,
            "en",
            [Pointer(document=names[pmid], start=0, end=len(texts[names[pmid]]))],
        )
        for pmid, record in records.items()
        if texts[names[pmid]]
    )
    documents = {name: text for name, text in texts.items() if text}
    return Benchmark(documents, unique(rows, path), tuple(left_out))
