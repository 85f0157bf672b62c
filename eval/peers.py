"""Peers in the box: recipes of others, run by the same code over the same documents.

They share our encoder and documents, so that a difference is one of method, not of model.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.answers import GivenAnswer, GivenCitation, GivenClaim, GivenHit
from eval.asking import OnRecord, System
from eval.runs import characters_per_passage
from index.config import Config
from index.documents import Document, sha256_hex
from index.encoder import Encoder, Progress
from index.errors import InputError
from index.indexing import open_encoder
from index.store import IndexFolder
from index.vectors import Flat
from rag.assistant import open_assistant

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

CHUNK_SIZE, CHUNK_OVERLAP, K = 1000, 200, 4
"""The tutorial's own figures, in characters and chunks."""

CHAT_PROMPT = """\
Answer the question from the context below, in three sentences at most, and be brief. If the \
context does not tell you the answer, just say that you don't know.

Question: {question}

Context:
{context}

Answer:"""
"""What the framework's tutorial asks of its model, in our words: one message, nothing fenced."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document as the splitter gives it: `document.text[start:end] == text`."""

    document: Document
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.document.text[self.start : self.end]


class LangChainTutorial:
    """LangChain's retrieval tutorial: recursive character splitter, dense search, no reranking.

    https://docs.langchain.com/oss/python/langchain/rag. Its last step hands the k best chunks to a
    chat model. Nothing here judges what a model would write, so the answer is the best chunk whole,
    citing itself. The recipe has no abstention. `k` above the tutorial's 4 is for measures that
    look deeper; the answer is the same.
    """

    name = "langchain-tutorial"

    def __init__(
        self,
        documents: Iterable[Document],
        encoder: Encoder,
        k: int = K,
        progress: Progress | None = None,
    ) -> None:
        listed = list(documents)
        self.chunks = tuple(split(listed))
        self._encoder = encoder
        self._k = k
        encoded = encoder.encode_document([chunk.text for chunk in self.chunks], progress)
        vectors = np.array([e.vector for e in encoded], dtype=np.float32)
        # On vectors of unit length inner product orders as the tutorial's L2 distance does.
        self._store = Flat.build(vectors.reshape(-1, encoder.dimension))
        made_of = [
            self.name, version("langchain-text-splitters"), CHUNK_SIZE, CHUNK_OVERLAP, k,
            encoder.name, encoder.weights_sha256, *(d.id for d in listed),
        ]  # fmt: skip
        self.fingerprint = sha256_hex(" ".join(map(str, made_of)).encode())[:16]

    def found(self, question: str) -> list[tuple[Chunk, float]]:
        """The k best chunks with their cosines, best first."""
        vector = self._encoder.encode_query(question).vector
        return [(self.chunks[row], score) for row, score in self._store.search(vector, self._k)]

    def answer(self, question_id: str, question: str) -> GivenAnswer:
        started = time.perf_counter()
        found = self.found(question)
        seconds = {"retrieve": round(time.perf_counter() - started, 4)}
        if not found:
            return GivenAnswer(id=question_id, question=question, seconds=seconds)
        best, score = found[0]
        return GivenAnswer(
            id=question_id,
            question=question,
            text=best.text,
            claims=(GivenClaim(text=best.text, citations=(1,)),),
            citations=(_citation(best),),
            hits=tuple(_hit(chunk, s, rank) for rank, (chunk, s) in enumerate(found, 1)),
            confidence=round(score, 4),
            seconds=seconds,
        )


class LangChainChat:
    """The tutorial whole: its four best chunks are stuffed into one prompt, a chat model writes.

    What the model writes is the answer, as it is: no citations, and nothing is checked. It is an
    abstention where its first sentence says that it does not know (`declines`). Hits beyond the
    tutorial's four are for measures that look deeper; the model does not see them.
    """

    name = "langchain-chat"

    def __init__(
        self, tutorial: LangChainTutorial, model: BaseChatModel, spec: str, seconds: float
    ) -> None:
        self._tutorial = tutorial
        self._model = model
        self._seconds = seconds
        made_of = f"{self.name} {tutorial.fingerprint} {spec} {seconds} {CHAT_PROMPT}"
        self.fingerprint = sha256_hex(made_of.encode())[:16]

    def answer(self, question_id: str, question: str) -> GivenAnswer:
        """Raises `ComposerFailed` where the model is down or slow: the recipe has nothing else."""
        started = time.perf_counter()
        found = self._tutorial.found(question)
        retrieved = time.perf_counter()
        text = self._written(question, [chunk.text for chunk, _ in found[:K]])
        return GivenAnswer(
            id=question_id,
            question=question,
            text=text,
            abstained=declines(text),
            hits=tuple(_hit(chunk, score, rank) for rank, (chunk, score) in enumerate(found, 1)),
            seconds={
                "retrieve": round(retrieved - started, 4),
                "compose": round(time.perf_counter() - retrieved, 4),
            },
        )

    def _written(self, question: str, context: Iterable[str]) -> str:
        """The model's words, under the same limits of time and length as our own writer."""
        from rag.chat import options_for, streamed
        from rag.chat_faults import failure
        from rag.writer import ANSWER_TOKENS

        asked = CHAT_PROMPT.format(question=question, context="\n\n".join(context))
        options = options_for(self._model, ANSWER_TOKENS)
        pieces = streamed(self._model, [("user", asked)], self._seconds, **options)
        try:
            return "".join(pieces).strip()
        except Exception as error:  # whatever a provider's package raises
            raise failure(self._model, error, self._seconds) from error


_SOURCE = r"\b(?:context|texts?|passages?|documents?|articles?|information)\b"
_NOT = r"(?:\b(?:can)?not|n['’]t)\s+(?:\w+\s+){0,2}?"
_DECLINES = re.compile(
    rf"\b(?:I|we)(?:\s+(?:do|ca|could|am|are)|['’]m)?\s*{_NOT}(?:know|answer|say|tell|find|able|sure)"
    r"|\b(?:I|we)(?:\s+am|['’]m|\s+are)\s+unable\b"
    rf"|{_SOURCE}[^.]*?{_NOT}(?:mention|say|state|specif|provide|contain|include|give|tell)"
    rf"|{_NOT}(?:mentioned|provided|specified|stated|given|known|clear|possible)\b[^.]*{_SOURCE}"
    rf"|\bit(?:\s+(?:is|was)|['’]s)?\s*{_NOT}(?:known|clear|possible|specified|stated|mentioned)"
    r"|\bno\s+(?:\w+\s+)?(?:mention|information|answer)\b",
    re.IGNORECASE,
)
_ABBREVIATED = "".join(rf"(?<!\b{short})" for short in ("[A-Z]", "Mr", "Ms", "Mrs", "Dr", "St"))
_FIRST_SENTENCE = re.compile(rf".*?(?:{_ABBREVIATED}[.!?](?=\s)|$)", re.DOTALL)


def declines(text: str) -> bool:
    """True when the first sentence of a model's answer says that it, or its context, does not know.

    Only the first: "Sixty-six. The text does not say which." is an answer.
    """
    first = _FIRST_SENTENCE.match(text)
    return bool(first and _DECLINES.search(first[0]))


def split(documents: Iterable[Document]) -> Iterator[Chunk]:
    """The chunks of LangChain's splitter, each with its true place in the document."""
    try:
        from langchain_text_splitters import RecursiveCharacterTextSplitter
    except ImportError as error:
        raise InputError(
            "the peer needs the package langchain-text-splitters", "pip install 'onrecord[peers]'"
        ) from error

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=CHUNK_SIZE, chunk_overlap=CHUNK_OVERLAP, add_start_index=True
    )
    for document in documents:
        earliest = 0
        for piece in splitter.create_documents([document.text]):
            words = piece.page_content
            start = place(document.text, words, piece.metadata["start_index"], earliest)
            yield Chunk(document, start, start + len(words))
            earliest = max(start + 1, start + len(words) - CHUNK_OVERLAP)


def place(text: str, words: str, claimed: int, earliest: int = 0) -> int:
    """Where `words` start in `text`, whatever the splitter claims; not before `earliest`.

    LangChain looks its chunks up with `str.find` after the fact, which gives -1 or another place
    where it looks in the wrong part (langchain issue 29884).
    """
    if claimed >= earliest and text.startswith(words, claimed):
        return claimed
    found = text.find(words, earliest)
    if found < 0:
        raise ValueError(f"a chunk of {len(words)} characters is not a piece of its document")
    return found


About = dict[str, Any]
"""What a run says of the system that it asked."""


def _onrecord(index: Path, config: Config) -> tuple[System, About]:
    assistant = open_assistant(index, config)
    return OnRecord(assistant), {"config": assistant.config.model_dump()}


def _tutorial(index: Path, config: Config) -> tuple[LangChainTutorial, About]:
    k = max(K, config.hits)  # as deep as ours, so that success@5 compares
    tutorial = open_tutorial(index, k)
    characters = characters_per_passage(chunk.text for chunk in tutorial.chunks)
    passages = {"passages": len(tutorial.chunks), "characters_per_passage": characters}
    return tutorial, {"k": k, **passages}


def _tutorial_with_a_model(index: Path, config: Config) -> tuple[LangChainChat, About]:
    if config.model is None:
        raise InputError(f"{LangChainChat.name} needs a chat model", "name one with --model")
    from rag.chat import open_chat

    model = open_chat(config.model, config.base_url, config.model_seconds)
    tutorial, about = _tutorial(index, config)
    chat = LangChainChat(tutorial, model, config.model, config.model_seconds)
    return chat, {"model": config.model, **about}


SYSTEMS: dict[str, Callable[[Path, Config], tuple[System, About]]] = {
    "onrecord": _onrecord,
    LangChainTutorial.name: _tutorial,
    LangChainChat.name: _tutorial_with_a_model,
}
"""What `onrecord eval run --system` can ask, each over the documents of an index."""


def open_system(name: str, index: Path, config: Config) -> tuple[System, About]:
    """A system by its name, and what is to be known of it."""
    if name not in SYSTEMS:
        raise InputError(f"unknown system {name!r}", f"known: {', '.join(SYSTEMS)}")
    system, about = SYSTEMS[name](index, config)
    return system, {**about, "fingerprint": system.fingerprint}


def open_tutorial(index: Path, k: int = K, progress: Progress | None = None) -> LangChainTutorial:
    """The tutorial over the documents of an index, with that index's encoder."""
    snapshot = IndexFolder(index).open()
    return LangChainTutorial(snapshot.documents.values(), open_encoder(snapshot), k, progress)


def _citation(chunk: Chunk) -> GivenCitation:
    document = chunk.document
    return GivenCitation(
        number=1,
        quote=chunk.text,
        source=document.source,
        document=document.id,
        start=chunk.start,
        end=chunk.end,
    )


def _hit(chunk: Chunk, score: float, rank: int) -> GivenHit:
    return GivenHit(
        rank=rank,
        source=chunk.document.source,
        document=chunk.document.id,
        text=chunk.text,
        score=round(score, 6),
        start=chunk.start,
        end=chunk.end,
    )
