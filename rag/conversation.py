"""Conversations: a follow-up question is made to stand alone, and shown as it was understood.

Earlier answers are kept with their hits and citations, as they were proved. A follow-up is searched
for anew in the index as it is now, so no answer rests on a document that was removed meanwhile.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answer import Answer, Citation, Claim
from rag.filters import EVERYTHING, Filters
from rag.followups import followed
from rag.nounphrases import EMPTY, names
from rag.pronouns import Before

if TYPE_CHECKING:
    from rag.assistant import Assistant

MOST_TURNS = 20
"""Turns that a conversation keeps. The rules look at the last one, a model's rewrite at the names
in all of them; an answer with its hits is some 20 kB, and a page must not grow without end."""

_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked, and what was answered."""

    question: str
    answer: Answer

    @property
    def understood(self) -> str:
        """The question as it was read."""
        return self.answer.understood or self.question

    def rests_on(self, documents: Container[str]) -> bool:
        """True while the documents of all its hits are among these (ids); removed means gone."""
        return all(hit.document.id in documents for hit in self.answer.hits)


Rewrite = Callable[[str, Sequence[Turn]], str]
"""Makes a follow-up question stand alone, as a chat model does. May give nonsense."""


def standalone(
    question: str, earlier: Sequence[Turn], rewrite: Rewrite | None = None
) -> str | None:
    """The question as it is to be read after earlier ones; None when it stands by itself.

    A `rewrite` is asked only where the rules find a follow-up, and believed only where it names
    nothing, and no number, that the conversation does not hold, and all that the follow-up names: a
    small model likes to answer instead, or to repeat the question before. What `rewrite` raises
    goes through.
    """
    by_rule = followed(question, _before(earlier[-1])) if earlier else None
    if by_rule is None or rewrite is None:
        return by_rule
    proposed = " ".join(rewrite(question, earlier).split())
    sound = _invents_nothing(proposed, question, earlier) and _keeps(proposed, question)
    return proposed if sound else by_rule


def _before(turn: Turn) -> Before:
    cited = turn.answer.citations
    known = [c.speaker for c in cited] + [c.document.author for c in cited]
    people = {w.casefold() for name in known if name for w in _WORD.findall(name) if w[0].isupper()}
    return Before(turn.understood, frozenset(people), _answered(cited))


def _answered(cited: Sequence[Citation]) -> str | None:
    """The name that an answer gives: its short answer where it is one, else the first name in what
    is cited first, else who says it."""
    for citation in cited[:1]:
        for start, end in citation.short:
            found = names(citation.document.text[start:end], fragment=True)
            if found:
                return found[0].text
        found = names(citation.quote)
        return found[0].text if found else citation.speaker
    return None


def _invents_nothing(proposed: str, question: str, earlier: Sequence[Turn]) -> bool:
    """True when each capitalised word and each number of a rewrite stands in the conversation."""
    said = [question]
    for turn in earlier:
        said += [turn.question, turn.understood, turn.answer.text]
        said += [part for c in turn.answer.citations for part in (c.quote, c.document.header)]
    there = _words(" ".join(said))
    return bool(proposed) and all(_words(word) <= there for word in _told(proposed))


def _keeps(proposed: str, question: str) -> bool:
    """True when a rewrite names what the follow-up itself names."""
    return all(_words(word) <= _words(proposed) for word in _told(question))


def _told(text: str) -> list[str]:
    """The capitalised words and numbers of a text that say something."""
    found = (w for w in _WORD.findall(text) if w[0].isupper() or any(c.isdigit() for c in w))
    return [word for word in found if word.casefold() not in EMPTY]


def _words(text: str) -> set[str]:
    """Words case folded, without a possessive end."""
    found = (word.casefold().replace("’", "'") for word in _WORD.findall(text))
    return {word.removesuffix("'s").removesuffix("'") for word in found}


class Conversation:
    """Questions one after another to the assistant that a call gives (`LiveAssistant` is one).

    Not for threads to share: each conversation is one person's.
    """

    def __init__(self, assistant: Callable[[], Assistant]) -> None:
        self._assistant = assistant
        self._turns: deque[Turn] = deque(maxlen=MOST_TURNS)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was asked and answered so far, the latest last."""
        return tuple(self._turns)

    def ask(self, question: str, filters: Filters = EVERYTHING) -> Answer:
        """As `Assistant.ask`, with what was asked before in mind."""
        *_, answer = self.stream(question, filters)
        assert isinstance(answer, Answer)  # noqa: S101 - the last thing a stream gives
        return answer

    def stream(self, question: str, filters: Filters = EVERYTHING) -> Iterator[Claim | Answer]:
        """As `Assistant.stream`. A turn is kept when its answer is whole, not when it is closed."""
        assistant = self._assistant()
        documents = assistant.snapshot.documents
        self._turns = deque((t for t in self._turns if t.rests_on(documents)), MOST_TURNS)
        for part in assistant.stream(question, filters=filters, earlier=self.turns):
            if isinstance(part, Answer):
                self._turns.append(Turn(part.question, part))
            yield part
