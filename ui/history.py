"""A question after those of a conversation, as a row of a batch or a call over HTTP gives them."""

from __future__ import annotations

from collections.abc import Sequence

from index.errors import InputError
from rag.answer import Answer
from rag.assistant import Assistant
from rag.conversation import MOST_TURNS, Turn
from rag.filters import EVERYTHING, Filters


def read_history(given: object) -> list[str]:
    """The questions asked before: a list of texts. `InputError` for anything else."""
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise InputError("'history' is not a list of questions", "give their texts, oldest first")
    return given[-MOST_TURNS:]


def after(
    assistant: Assistant,
    question: str,
    filters: Filters = EVERYTHING,
    before: Sequence[str] = (),
    question_id: str | None = None,
) -> Answer:
    """The answer to a question, each of those before it being asked again first."""
    turns: list[Turn] = []
    for earlier in before:
        turns.append(Turn(earlier, assistant.ask(earlier, None, filters, turns)))
    return assistant.ask(question, question_id, filters, turns)
