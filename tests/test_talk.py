"""A conversation on the page, without a page: what is remembered, shown, and given up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator

import pytest

from index.indexing import remove
from index.store import IndexFolder
from rag.assistant import Assistant, LiveAssistant, open_assistant
from ui.strings import ENGLISH
from ui.talk import Talk, as_they_come, replies, stopped

QUESTION = "How thick was the ice on the second morning?"


def test_an_answer_grows_and_becomes_a_turn(library: IndexFolder):
    assistant = open_assistant(library.path)
    shown = list(replies(lambda: assistant, QUESTION))
    assert ENGLISH.searching in shown[0].answer
    proved = [state.talk.claims for state in shown[:-1]]
    assert [len(claims) for claims in proved] == list(range(len(shown) - 1))
    assert "centimetres thick" in stopped(shown[-2].talk)
    [turn] = shown[-1].talk.turns
    assert turn.question == QUESTION
    assert turn.answer.claims == proved[-1]
    assert ENGLISH.new_talk in shown[-1].conversation


def test_a_turn_is_forgotten_when_the_index_no_longer_holds_its_documents(library: IndexFolder):
    assistant = open_assistant(library.path)
    *_, last = replies(lambda: assistant, QUESTION)
    assert last.talk.turns
    assert last.talk.on_record(assistant.snapshot.documents) == last.talk
    assert last.talk.on_record({}) == Talk()


def test_what_was_removed_is_not_shown_again_not_even_while_searching(make_index):
    folder = make_index({"a.txt": "The mill of Arnwick burned in 1901.", "b.txt": "It rained."})
    latest = LiveAssistant(folder.path)
    *_, last = replies(latest, "When did the mill of Arnwick burn?")
    *_, later = replies(latest, "Why did the mill of Arnwick burn?", last.talk)
    assert "1901" in later.conversation
    remove(folder, ["a.txt"])
    for shown in replies(latest, "Where is the mill?", last.talk):
        assert "1901" not in shown.conversation + shown.answer
        assert shown.talk.turns == () or shown.talk.turns[0].question == "Where is the mill?"


def test_a_fault_of_ours_does_not_leave_the_page_searching():
    def broken() -> Assistant:
        raise ZeroDivisionError

    states = replies(broken, QUESTION)
    assert ENGLISH.fault in next(states).answer
    with pytest.raises(ZeroDivisionError):
        next(states)


def test_who_leaves_early_does_not_wait_for_the_next_item():
    blocked, closed = threading.Event(), threading.Event()

    def slow() -> Generator[int, None, None]:
        try:
            yield 0
            yield 1
            blocked.wait(30)
            yield 2
        finally:
            closed.set()

    async def two() -> list[int]:
        items = as_they_come(slow())
        taken = [await anext(items), await anext(items)]
        await items.aclose()
        return taken

    assert asyncio.run(asyncio.wait_for(two(), 10)) == [0, 1]
    assert not closed.is_set()
    blocked.set()
    assert closed.wait(10)


def test_an_error_in_the_thread_is_raised_where_it_is_awaited():
    def broken() -> Generator[int, None, None]:
        yield 1
        raise ZeroDivisionError

    async def everything() -> list[int]:
        return [item async for item in as_they_come(broken())]

    with pytest.raises(ZeroDivisionError):
        asyncio.run(everything())
