"""A conversation on the page: what one browser tab has asked, and the answer on its way.

It stands in the server's memory for a while (`ui.page.IDLE_SECONDS`), and nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import AsyncGenerator, Callable, Container, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from index.documents import Document
from index.errors import OnRecordError
from rag.answer import Answer, Claim
from rag.assistant import Assistant
from rag.conversation import MOST_TURNS, Turn
from rag.filters import Filters
from ui import page_composers, page_filters, reasons, render, render_parts, taking
from ui.checking import standing
from ui.desk import Desk
from ui.queueing import LOOK, Busy, Ticket
from ui.render_checks import Checks, key
from ui.strings import ENGLISH, Strings
from ui.visitors import ANYBODY, VISITOR, Visitor, entrance_of_page
from ui.words import words

Latest = Callable[[], Assistant]
"""Gives the assistant of the index as it is now; `rag.assistant.LiveAssistant` does."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Talk:
    """The turns so far, oldest first; the question being answered and what is proved of it."""

    turns: tuple[Turn, ...] = ()
    question: str = ""
    claims: tuple[Claim, ...] = ()

    def asking(self, question: str) -> Talk:
        return Talk(self.turns, question)

    def proving(self, claim: Claim) -> Talk:
        return replace(self, claims=(*self.claims, claim))

    def answered(self, answer: Answer) -> Talk:
        return Talk((*self.turns, Turn(answer.question, answer))[-MOST_TURNS:])

    def answer(self, named: str) -> Answer | None:
        """The answer that the page calls by this key (`render_checks.key`)."""
        return next((t.answer for t in reversed(self.turns) if key(t.answer) == named), None)

    def on_record(self, documents: Container[str]) -> Talk:
        """Without the turns that rest on a document which the index no longer holds."""
        return replace(self, turns=tuple(t for t in self.turns if t.rests_on(documents)))


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows next: the answer's pane, the conversation's, and what to remember."""

    answer: str
    conversation: str
    talk: Talk


@dataclass(frozen=True, slots=True)
class _Told:
    """How answers are shown: in which words, with which checks, what went wrong with these, and
    which styles of footnotes there are."""

    language: str
    checks: Checks
    cautions: tuple[str, ...] = ()
    styles: tuple[tuple[str, str], ...] = ()

    @property
    def strings(self) -> Strings:
        return words(Strings, self.language)

    def shown(self, html: str, talk: Talk, earlier: tuple[Turn, ...]) -> Shown:
        answers = [self.read(turn.answer) for turn in earlier]
        beside = render.conversation(answers, self.strings, self.checks) if talk.turns else ""
        return Shown(html, beside, talk)

    def whole(self, answer: Answer, narrowed: str) -> str:
        return render.answer(
            self.read(answer), self.strings, narrowed, self.checks, self.styles, self.cautions
        )

    def read(self, answer: Answer) -> Answer:
        """With its reason and its notes in the reader's language."""
        why = answer.abstention and reasons.told(answer.abstention, self.language)
        noted = tuple(reasons.told(note, self.language) for note in answer.notes)
        return replace(answer, abstention=why, notes=noted)


def replies(
    desk: Desk,
    question: str,
    talk: Talk | None = None,
    language: str = "en",
    narrowing: object = None,
) -> Generator[Shown, None, None]:
    """A question's answer as it grows, at last whole; or what is wrong with the question, its
    conditions or the index.

    `narrowing` is what `page_filters` reads; it comes from a browser.
    """
    talk, strings = (talk or Talk()).asking(question), words(Strings, language)
    told = _Told(language, Checks(open=desk.checks))
    remaining: tuple[Turn, ...] = ()  # those whose documents are known to be there still
    try:
        assistant = desk.latest()
        documents = assistant.snapshot.documents
        talk = talk.on_record(documents)
        remaining = talk.turns
        told = _told(desk, language)
        yield told.shown(render.progress(question, (), strings), talk, remaining)
        filters = page_filters.chosen(narrowing)
        narrowed = _narrowed(filters, documents, strings)
        sure = page_filters.strictness(narrowing, assistant.config.strictness)
        assistant = page_composers.composed_by(assistant, page_filters.composer(narrowing))
        stream = assistant.stream(question, None, filters, talk.turns, sure)
        for item in stream:
            if isinstance(item, Claim):
                talk = talk.proving(item)
                html = render.progress(question, talk.claims, strings, narrowed)
                yield told.shown(html, talk, talk.turns)
            else:
                earlier, talk = talk.turns, talk.answered(item)
                yield told.shown(told.whole(item, narrowed), talk, earlier)
    except OnRecordError as error:
        yield told.shown(render.problem(str(error), strings), Talk(remaining), remaining)
    except Exception:  # a fault of ours: the page must not go on saying that it searches
        yield told.shown(render.problem(strings.fault, strings), Talk(remaining), remaining)
        raise


def stopped(talk: Talk, strings: Strings = ENGLISH) -> str:
    """The answer's pane after a reader stopped it."""
    return render.stopped(talk.question, talk.claims, strings)


def _narrowed(filters: Filters, documents: Mapping[str, Document], strings: Strings) -> str:
    known = (documents.get(named) for named in filters.documents)
    names = {card.id: render_parts.title(card) for card in known if card}
    return page_filters.narrowed(filters, names, strings)


def _told(desk: Desk, language: str) -> _Told:
    """With what people found. A damaged ledger takes no answer away: that is told beside it."""
    styles = taking.styles(language)
    try:
        found = standing(desk.folder)
    except OnRecordError as error:
        told = f"{words(Strings, language).checks_unread} {error}"
        return _Told(language, Checks(open=False), (told,), styles)
    return _Told(language, Checks(found, desk.checks), (), styles)


async def as_they_come(items: Generator[Item, None, None]) -> AsyncGenerator[Item, None]:
    """The items of a generator that blocks, each as it comes, made in a thread of its own.

    After the first item it takes its turn in the server's queue (`ui.queueing`), if there is one;
    while it waits, the first is given again and again, for only then does Gradio notice that the
    reader has left. Where the queue is full the generator is told so, by an exception at its first
    item. Whoever leaves early is free at once; the generator is closed when it gives its next item.
    Gradio would wait for that item itself, and hold up all other readers.
    """
    here = entrance_of_page()
    worker = _Worker(items, here.visitor if here else ANYBODY)
    ticket: Ticket | None = None
    try:
        if (first := await worker.next()) is None:
            return
        yield first
        if here:
            try:
                ticket = here.queue.join(here.visitor.client)
                while not await ticket.called(LOOK):
                    yield first
            except Busy as busy:
                worker.refused = busy
        worker.go_on.set()
        while (item := await worker.next()) is not None:
            yield item
    finally:
        worker.leave(ticket)


class _Worker(Generic[Item]):
    """A thread that runs a generator: the first item at once, the others when told to."""

    def __init__(self, items: Generator[Item, None, None], visitor: Visitor) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[tuple[Item | None, BaseException | None]] = asyncio.Queue()
        self._items = items
        self._left = False
        self._ended = False
        self._ticket: Ticket | None = None
        self.go_on = threading.Event()
        self.refused: Busy | None = None
        context = contextvars.copy_context()
        context.run(VISITOR.set, visitor)
        threading.Thread(target=context.run, args=(self._work,), daemon=True).start()

    async def next(self) -> Item | None:
        """The next item; None when there is no more."""
        item, error = await self._queue.get()
        if error is not None:
            raise error
        return item

    def leave(self, ticket: Ticket | None) -> None:
        """Nobody waits for further items. The place is given up, see `FairQueue.set_aside`."""
        self._left = True
        self.go_on.set()
        if ticket and self._ended:
            ticket.leave()
        elif ticket:
            self._ticket = ticket
            ticket.abandon()

    def _work(self) -> None:
        try:
            with contextlib.closing(self._items):
                for item in self._items:
                    self._tell(self._hand_over, item, None)
                    self.go_on.wait()
                    if self._left:
                        return
                    if self.refused:
                        self._tell(self._hand_over, self._items.throw(self.refused), None)
                        break
        except BaseException as error:  # raised again where it is awaited
            self._tell(self._hand_over, None, error)
        else:
            self._tell(self._hand_over, None, None)
        finally:
            self._tell(self._end)

    def _hand_over(self, item: Item | None, error: BaseException | None) -> None:
        self._queue.put_nowait((item, error))

    def _end(self) -> None:
        self._ended = True
        if self._ticket:
            self._ticket.leave()

    def _tell(self, call: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the server has ended: nobody listens
            self._loop.call_soon_threadsafe(call, *arguments)
