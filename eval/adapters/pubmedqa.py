"""PubMedQA: research questions that the abstract of one article answers.

Jin et al., PubMedQA: A Dataset for Biomedical Research Question Answering (EMNLP 2019),
https://github.com/pubmedqa/pubmedqa, file `ori_pqal.json` (1,000 expert-labelled).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, Field

from eval.gold import Pointer

from .common import Benchmark, expect_files, file_names, gold_question, has_text, read_json, unique


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
    texts = {pmid: "\n\n".join(record.contexts) for pmid, record in records.items()}
    asked = [pmid for pmid, text in texts.items() if has_text(text)]
    rows = (
        gold_question(
            pmid,
            records[pmid].question,
            "en",
            [Pointer(document=names[pmid], start=0, end=len(texts[pmid]))],
        )
        for pmid in asked
    )
    documents = {names[pmid]: texts[pmid] for pmid in asked}
    left_out = [f"question {p}: its abstract has no text" for p in texts if not has_text(texts[p])]
    return Benchmark(documents, unique(rows, path), tuple(left_out))
