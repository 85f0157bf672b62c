"""The LangChain adapter gives passages with exact spans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests
from pydantic import ValidationError

from rag.assistant import open_assistant
from rag.filters import Filters
from rag.langchain import OnRecordRetriever

QUESTION = "How thick was the ice in the harbour?"


def test_documents_carry_their_exact_spans_and_what_is_known_of_them(library):
    found = OnRecordRetriever.open(library.path, k=2).invoke(QUESTION)
    assert len(found) == 2
    for document in found:
        known = document.metadata
        file_text = Path(known["source"]).read_bytes().decode()
        assert file_text[known["start"] : known["end"]] == document.page_content
    assert known["score"] <= found[0].metadata["score"]
    assert found[0].metadata["publisher"] == "Quayside Press"
    assert [document.id for document in found] == [
        hit.passage.id for hit in open_assistant(library.path).search(QUESTION, 2)
    ]


def test_k_can_be_given_with_the_question_and_must_be_positive(library):
    retriever = OnRecordRetriever.open(library.path)
    assert len(retriever.invoke(QUESTION, k=1)) == 1
    with pytest.raises(ValidationError):
        OnRecordRetriever.open(library.path, k=0)


def test_filters_hold_for_every_question_unless_one_brings_its_own(library):
    orchard = Filters(documents=("orchard.txt",))
    retriever = OnRecordRetriever.open(library.path, filters=orchard)
    assert {d.metadata["source"] for d in retriever.invoke(QUESTION)} == {
        d.source for d in library.open().documents.values() if d.source.endswith("orchard.txt")
    }
    thick = retriever.invoke(QUESTION, filters=Filters(phrases=("41 centimetres",)))
    assert thick
    assert all("41 centimetres" in d.page_content for d in thick)
    assert thick[0].metadata["repeats"] == []


@pytest.mark.anyio
class TestStandard(RetrieversIntegrationTests):
    """LangChain's own tests of what a retriever must do, over an index with four passages."""

    @pytest.fixture(autouse=True)
    def _index(self, library):
        self.assistant = open_assistant(library.path)

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return OnRecordRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"assistant": self.assistant}

    @property
    def retriever_query_example(self) -> str:
        return QUESTION
