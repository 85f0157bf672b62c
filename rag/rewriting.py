"""A follow-up question made to stand alone by a chat model.

`rag.conversation` asks for it only where its rules find a follow-up, and checks what comes back.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models.chat_models import BaseChatModel

from rag.chat import said
from rag.conversation import Rewrite, Turn
from rag.prompting import as_data, prompt

REMEMBERED = 3
"""Questions before that the model is told: a follow-up seldom reaches further back, and each costs
a second of reading on two cores."""

TOKENS = 80
"""A question of the longest kind in our gold has 50."""


def rewriter(model: BaseChatModel, seconds: float) -> Rewrite:
    """What asks a model to make a question stand alone. Raises `ComposerFailed` as composers do."""

    def rewrite(question: str, earlier: Sequence[Turn]) -> str:
        before = " ".join(as_data(turn.understood) for turn in earlier[-REMEMBERED:])
        asked = prompt("rewrite_question").substitute(before=before, question=as_data(question))
        messages = [("system", prompt("rewrite_rules").substitute()), ("user", asked)]
        return said(model, messages, TOKENS, seconds).strip().partition("\n")[0]

    return rewrite
