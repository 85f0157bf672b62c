"""Questions that the documents of an index answer, for readers who do not know what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from index.documents import Document
from rag.assistant import Assistant
from ui.examples_english import Guess, about, facts

MOST_TRIES = 12
"""Questions that are tried; each is asked in earnest and takes some 50 ms."""

MOST_DOCUMENTS = 12
"""That are looked at, spread over the index."""

LONGEST = 90
"""Characters of a question on a button."""


def drawn(assistant: Assistant, count: int = 3) -> tuple[str, ...]:
    """Up to `count` questions about different documents, each tried: it gets an answer that cites
    the document it was made of. The same index gives the same questions.

    Empty where no document is English: the rules know no other language.
    """
    assistant = _quick(assistant)
    kept: list[str] = []
    used: set[str] = set()
    for tries, (document, guess) in enumerate(_guesses(assistant)):
        if len(kept) == count or tries == MOST_TRIES:
            break
        if document.id not in used and _is_answered(assistant, document, guess):
            kept.append(guess.question)
            used.add(document.id)
    return tuple(kept)


def _quick(assistant: Assistant) -> Assistant:
    """One of the same index that asks no language model and no cross-encoder, and whose questions
    stand in no audit log: nobody asked them."""
    plain = {"composer": "extractive", "model": None, "cross_encoder": None, "nli": None}
    config = assistant.config.model_copy(update=plain)
    return Assistant(assistant.snapshot, assistant.retriever.encoder, config)


def _is_answered(assistant: Assistant, document: Document, guess: Guess) -> bool:
    """True when the first sentence of an answer is of the document and speaks to the question."""
    answer = assistant.ask(guess.question)
    if not answer.claims:
        return False
    first = answer.claims[0]
    return first.citations[0].document.id == document.id and bool(guess.words.search(first.text))


def _guesses(assistant: Assistant) -> Iterator[tuple[Document, Guess]]:
    """One of each document, then a second of each, and so on; of two kinds in turn."""
    documents = _spread(assistant)
    listed = []
    for place, document in enumerate(documents):
        kinds = (about(document), facts(document))
        first, second = kinds if place % 2 == 0 else reversed(kinds)
        listed.append([g for g in (*first, *second) if len(g.question) <= LONGEST])
    for row in zip_longest(*listed):
        yield from ((d, g) for d, g in zip(documents, row, strict=True) if g)


def _spread(assistant: Assistant) -> list[Document]:
    """English documents from the whole index, the newest first."""
    snapshot, own = assistant.snapshot, assistant.config.language
    cards = [card for card in snapshot.cards if (card.language or own).startswith("en")]
    cards.sort(key=lambda card: (card.published or "", card.source), reverse=True)
    step = max(1, len(cards) // MOST_DOCUMENTS)
    return [snapshot.documents[card.id] for card in cards[::step][:MOST_DOCUMENTS]]
