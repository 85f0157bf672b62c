"""OnRecord's retrieval as a LangChain retriever, the one place where LangChain's types appear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from rag.answer import Hit, hit_json
from rag.assistant import Assistant, open_assistant
from rag.filters import EVERYTHING, Filters
from rag.pinpoints import pinpoint_json


class OnRecordRetriever(BaseRetriever):
    """Passages of an index as LangChain documents; `metadata` says where each stands.

    `OnRecordRetriever.open(".onrecord", k=4).invoke("Who ...?")`. A call may bring its own `k` and
    `filters`, which hold instead of the retriever's: `invoke("Who ...?", filters=Filters(...))`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    assistant: Assistant
    k: int = Field(4, ge=1)
    filters: Filters = EVERYTHING

    @classmethod
    def open(
        cls, index_dir: Path | str, k: int = 4, filters: Filters = EVERYTHING
    ) -> OnRecordRetriever:
        return cls(assistant=open_assistant(index_dir), k=k, filters=filters)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[LangChainDocument]:
        k = int(kwargs.get("k", self.k))
        filters: Filters = kwargs.get("filters", self.filters)
        return [_document(hit) for hit in self.assistant.search(query, k, filters)]


def _document(hit: Hit) -> LangChainDocument:
    span, document = hit.passage.span, hit.document
    return LangChainDocument(
        id=hit.passage.id,
        page_content=hit.passage.text,
        metadata={
            "source": document.source,
            "document": document.id,
            "start": span.start,
            "end": span.end,
            "score": hit.score,
            "title": document.title,
            "author": document.author,
            "publisher": document.publisher,
            "published": document.published,
            "url": document.url,
            "sha256": document.sha256,
            "repeats": hit_json(hit)["repeats"],
            **pinpoint_json(hit.pinpoint),
        },
    )
