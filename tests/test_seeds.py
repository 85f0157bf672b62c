"""The starter corpus: complete, consistent, and in our own words."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from eval.corpus import Corpus
from eval.gold import GoldQuestion, load_gold, resolve
from index.config import Config
from index.indexing import add
from index.metadata import MetadataManifest
from index.store import IndexFolder

SEEDS = Path(__file__).parent.parent / "seeds"
ORIGINALS = SEEDS.parent.parent / "shared" / "seeds"

needs_originals = pytest.mark.skipif(
    not ORIGINALS.is_dir(), reason="the original articles are not in ../shared/seeds"
)


@pytest.fixture(scope="module")
def gold() -> dict[str, list[GoldQuestion]]:
    return {name: load_gold(SEEDS / "gold" / f"{name}.jsonl") for name in ("briefs", "originals")}


def test_briefs_and_originals_are_asked_the_same(gold: dict[str, list[GoldQuestion]]) -> None:
    same = ("id", "question", "lang", "kind", "must", "must_not", "needs_all")
    for brief, original in zip(gold["briefs"], gold["originals"], strict=True):
        assert brief.model_dump(include=set(same)) == original.model_dump(include=set(same))
        assert all(isinstance(quote, str) for quote in brief.quotes)
        assert not any(isinstance(quote, str) for quote in original.quotes)


def test_the_questions_are_as_many_and_as_mixed_as_promised(
    gold: dict[str, list[GoldQuestion]],
) -> None:
    questions = gold["briefs"]
    kinds = Counter(question.kind for question in questions)
    assert len(questions) >= 120
    assert kinds["unanswerable"] >= 20
    assert kinds["list"] >= 10
    assert kinds["attribution"] + kinds["time"] >= 10
    assert min(kinds["false-premise"], kinds["out-of-domain"], kinds["injection"]) >= 5
    two = [q for q in questions if q.all_quotes and len(set(q.documents)) >= 2]
    assert len(two) >= 15


def check_gold(folder: IndexFolder, questions: list[GoldQuestion]) -> None:
    """Quotes are exact, and the sentences that hold them satisfy `must` and `must_not`."""
    snapshot = folder.open()
    corpus = Corpus(snapshot.documents.values())
    for question in questions:
        found = resolve(question, corpus)
        assert found is not None, question.id
        said = []
        for passage in snapshot.passages:
            text = snapshot.documents[passage.span.document_id].text
            for start, end in passage.sentences:
                spans = [gold.span for quote in found.quotes for gold in quote]
                if any(
                    s.document_id == passage.span.document_id and s.start < end and start < s.end
                    for s in spans
                ):
                    said.append(text[start:end])
        for expression in question.must:
            assert re.search(expression, " ".join(said), re.IGNORECASE), (question.id, expression)
        for expression in question.must_not:
            assert not re.search(expression, " ".join(said), re.IGNORECASE), question.id


def test_gold_holds_for_the_briefs(tmp_path: Path, gold: dict[str, list[GoldQuestion]]) -> None:
    folder = IndexFolder(tmp_path)
    report = add(folder, [str(SEEDS / "documents")], Config(encoder="hashing"))
    assert len(report.added) == 5
    for document in folder.open().documents.values():
        assert document.title
        assert document.speaker
        assert document.published
    check_gold(folder, gold["briefs"])


@needs_originals
def test_gold_holds_for_the_originals(tmp_path: Path, gold: dict[str, list[GoldQuestion]]) -> None:
    folder = IndexFolder(tmp_path)
    manifest = MetadataManifest.load(SEEDS / "manifest.jsonl")
    add(folder, [str(ORIGINALS)], Config(encoder="hashing"), manifest=manifest)
    documents = folder.open().documents.values()
    assert len(documents) == 5
    assert all(document.title and document.publisher for document in documents)
    check_gold(folder, gold["originals"])


@needs_originals
def test_the_manifest_knows_the_originals_by_hash() -> None:
    rows = [json.loads(line) for line in (SEEDS / "manifest.jsonl").read_text("utf-8").splitlines()]
    hashes = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in ORIGINALS.iterdir()}
    assert {row["file"]: row["sha256"] for row in rows} == hashes


def shingles(text: str, length: int) -> set[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", text.lower())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


@needs_originals
def test_no_brief_repeats_its_source() -> None:
    """No run of eight words in common: facts carry over, sentences do not."""
    known = set().union(*(shingles(p.read_text("utf-8"), 8) for p in ORIGINALS.iterdir()))
    for path in (SEEDS / "documents").iterdir():
        body = path.read_text("utf-8").split("\n---\n", 1)[1]
        assert not shingles(body, 8) & known, path.name
