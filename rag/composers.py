"""Composers: from retrieved passages to the sentences of an answer.

A composer only proposes. Each proposal names a hit and the words it rests on; `rag.proof` decides
what is shown. Add one as a class with this protocol in a module of its own, and a line in
`COMPOSERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from index.config import Config
from index.errors import OnRecordError
from rag.answer import Hit
from rag.late_interaction import LateInteraction
from rag.retrieval import Found


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed claim: its text, and the words of a hit's passage that are said to bear it.

    `start` is the code point in the document at which the quote is said to stand; a composer that
    knows only the words leaves it out, and the first place in the passage is taken. `more` are
    further quotes, with the hit of each, that bear the claim together with the first.
    """

    text: str
    hit: Hit
    quote: str
    start: int | None = None
    short: tuple[tuple[int, int], ...] = ()
    support: float | None = None
    more: tuple[tuple[Hit, str], ...] = ()


class ComposerFailed(OnRecordError):
    """The model behind a composer did not do its work; another composer must."""


class Composer(Protocol):
    def compose(self, found: Found) -> Iterator[Draft]:
        """Proposals in reading order as they come; none when nothing answers the question.

        Raises `rag.composers.ComposerFailed` where a model is down, slow, or talks nonsense.
        """
        ...


def _extractive(late: LateInteraction, config: Config) -> Composer:
    from rag.extractive import ExtractiveComposer  # which imports this module

    return ExtractiveComposer(late)


def _chat(late: LateInteraction, config: Config) -> Composer:
    from rag.writer import chat_composer  # which imports this module, and LangChain

    return chat_composer(late, config)


COMPOSERS: dict[str, Callable[[LateInteraction, Config], Composer]] = {
    "extractive": _extractive,
    "chat": _chat,
}
