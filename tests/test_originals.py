"""The source articles themselves, where they are: every citation is an exact piece of its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.config import Config
from index.indexing import add
from index.store import IndexFolder, damages
from rag.assistant import open_assistant

ORIGINALS = Path(__file__).resolve().parents[2] / "shared" / "seeds"

QUESTIONS = {
    "How many international bodies did the United States say it would leave?": r"66",
    "What is said about sanctions against those who abuse human rights?": None,
    "Which rulers want to weaken the Human Rights Council?": None,
    "What should democracies do together?": None,
    "What happened at the United Nations General Assembly?": None,
    "Who speaks of Xinjiang?": None,
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    if not ORIGINALS.is_dir():
        pytest.skip(f"the source articles are not there: {ORIGINALS}")
    folder = IndexFolder(tmp_path_factory.mktemp("originals") / "index")
    report = add(folder, [str(ORIGINALS)], Config())
    assert report.failed == ()
    assert damages(folder) == []
    return open_assistant(folder.path)


def test_every_passage_of_the_source_articles_is_an_exact_piece_of_its_file(assistant):
    texts = {path.name: path.read_bytes().decode("utf-8") for path in ORIGINALS.glob("*.txt")}
    assert len(assistant.snapshot.documents) == len(texts)
    for passage in assistant.snapshot.passages:
        source = assistant.snapshot.documents[passage.span.document_id].source
        text = texts[Path(source).name]
        assert text[passage.span.start : passage.span.end] == passage.text


@pytest.mark.parametrize(("question", "expected"), QUESTIONS.items())
def test_every_citation_of_the_source_articles_is_an_exact_piece_of_its_file(
    assistant, question, expected
):
    answer = assistant.ask(question).to_json()
    assert answer["citations"]
    for citation in answer["citations"]:
        file_text = Path(citation["source"]).read_bytes().decode("utf-8")
        assert file_text[citation["start"] : citation["end"]] == citation["quote"]
    assert expected is None or expected in answer["text"]
