"""A conversation on the page, without a page: what is remembered, shown, and given up."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Generator
from dataclasses import replace
from html import escape
from typing import Any

import pytest
from test_render import Parsed

from index.config import Config
from index.errors import InputError
from index.indexing import remove
from index.ledger_files import ROWS
from index.store import IndexFolder
from rag.abstention import NOT_ABOUT
from rag.assistant import Assistant, open_assistant
from rag.extractive import ExtractiveComposer
from rag.judge import JudgeComposer
from rag.writer import ChatComposer
from ui.desk import Desk, open_desk
from ui.page_composers import choices, chooser, composed_by
from ui.page_errands import run
from ui.reasons import told
from ui.render_checks import key
from ui.strings import ENGLISH
from ui.taking import KINDS
from ui.talk import Talk, as_they_come, replies, stopped

QUESTION = "How thick was the ice on the second morning?"


def test_an_answer_grows_and_becomes_a_turn(library: IndexFolder):
    shown = list(replies(open_desk(library.path), QUESTION))
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
    *_, last = replies(Desk(lambda: assistant, library), QUESTION)
    assert last.talk.turns
    assert last.talk.on_record(assistant.snapshot.documents) == last.talk
    assert last.talk.on_record({}) == Talk()


def test_what_was_removed_is_not_shown_again_not_even_while_searching(make_index):
    folder = make_index({"a.txt": "The mill of Arnwick burned in 1901.", "b.txt": "It rained."})
    desk = open_desk(folder.path)
    *_, last = replies(desk, "When did the mill of Arnwick burn?")
    *_, later = replies(desk, "Why did the mill of Arnwick burn?", last.talk)
    assert "1901" in later.conversation
    remove(folder, ["a.txt"])
    for shown in replies(desk, "Where is the mill?", last.talk):
        assert "1901" not in shown.conversation + shown.answer
        assert shown.talk.turns == () or shown.talk.turns[0].question == "Where is the mill?"


def test_a_fault_of_ours_does_not_leave_the_page_searching(library: IndexFolder):
    def broken() -> Assistant:
        raise ZeroDivisionError

    states = replies(Desk(broken, library), QUESTION)
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


def test_the_reader_is_told_in_their_language_why_there_is_no_answer(library: IndexFolder):
    desk, foreign = open_desk(library.path), "Which quantum chromodynamics lattice converges?"
    *_, last = replies(desk, foreign, None, "fr")
    [turn] = last.talk.turns
    assert turn.answer.abstention == NOT_ABOUT
    why = escape(told(NOT_ABOUT, "fr"))
    assert why in last.answer
    *_, after = replies(desk, QUESTION, last.talk, "fr")
    assert why in after.conversation
    assert NOT_ABOUT not in last.answer + after.conversation
    assert f'data-answer="{key(turn.answer)}"' in last.answer


CHAT = Config(composer="chat", model="openai:made-up", base_url="http://127.0.0.1:9/v1")


@pytest.mark.parametrize(
    ("config", "offered"),
    [
        (Config(), ()),
        (CHAT, ("write", "judge", "extractive")),
        (CHAT.model_copy(update={"model_role": "judge"}), ("judge", "write", "extractive")),
    ],
)
def test_a_reader_chooses_among_the_composers_that_a_model_allows(
    config: Config, offered: tuple[str, ...]
):
    assert choices(config) == offered
    labels = dict(ENGLISH.composer_choices)
    assert Parsed(chooser(config)).texts("option") == [labels[name] for name in offered]


def test_the_chosen_composer_composes_and_the_fingerprint_says_so(library: IndexFolder):
    assistant = open_assistant(library.path, CHAT)
    other = composed_by(assistant, "extractive")
    assert isinstance(assistant.composer, ChatComposer)
    assert isinstance(other.composer, ExtractiveComposer)
    told = other.ask(QUESTION)
    assert told.composer == "extractive"
    assert told.fingerprint != assistant.fingerprint
    assert isinstance(composed_by(assistant, "judge").composer, JudgeComposer)
    assert composed_by(assistant, "") is composed_by(assistant, "write") is assistant
    with pytest.raises(InputError):
        composed_by(assistant, "poet")


@pytest.fixture
def talking(make_index) -> tuple[Desk, Talk]:
    """A desk of its own, and a talk of one answer."""
    folder = make_index({"a.md": "The mill of Arnwick burned in 1901. Nobody was hurt."})
    desk = open_desk(folder.path)
    *_, last = replies(desk, "When did the mill of Arnwick burn?")
    assert last.talk.turns[0].answer.claims
    return desk, last.talk


def errand(desk: Desk, talk: Talk, **asked: object) -> dict[str, Any]:
    named = {"answer": key(talk.turns[-1].answer), "number": 1}
    told: dict[str, Any] = json.loads(run(desk, {"id": 7, **named, **asked}, talk))
    assert told["id"] == 7
    return told


def test_a_sentence_is_copied_with_its_footnote(talking: tuple[Desk, Talk]):
    desk, talk = talking
    told = errand(desk, talk, do="copy", style="plain")
    sentence, footnote = told["text"].split("\n\n")
    assert sentence == f"{talk.turns[0].answer.claims[0].sentence} [1]"
    assert footnote.startswith("[1] ")
    assert "a.md" in footnote
    assert told["html"].startswith("<p>")


def test_a_check_is_kept_and_stands_below_its_citation_from_then_on(talking: tuple[Desk, Talk]):
    desk, talk = talking
    asked = talk.turns[0].question
    told = errand(desk, talk, do="check", verdict="rejected", who="AB", note="<b>other</b> mill")
    for html in (told["html"], list(replies(desk, asked, talk))[-1].conversation):
        assert "&lt;b&gt;other&lt;/b&gt; mill" in html
        assert 'class="verdict rejected"' in html
    assert not errand(desk, talk, do="check", verdict="confirmed", who="")["ok"]
    assert not errand(desk, talk, do="check", verdict="certain", who="AB")["ok"]
    sealed = replace(desk, checks=False)
    assert not errand(sealed, talk, do="check", verdict="confirmed", who="AB")["ok"]
    assert "data-verdict" not in list(replies(sealed, asked))[-1].answer


def test_a_damaged_ledger_takes_no_answer_away(talking: tuple[Desk, Talk]):
    desk, talk = talking
    assert errand(desk, talk, do="check", verdict="confirmed", who="AB")["ok"]
    (desk.folder.path / ROWS).write_bytes(b"{}")
    *_, last = replies(desk, talk.turns[0].question)
    assert last.talk.turns[0].answer.claims
    assert ENGLISH.checks_unread in last.answer
    assert "data-verdict" not in last.answer


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_can_be_taken_away(talking: tuple[Desk, Talk], kind: str):
    told = errand(*talking, do="take", kind=kind)
    assert told["ok"], told
    assert base64.b64decode(told["data"])
    assert told["name"] in told["said"]


@pytest.mark.parametrize(
    "asked",
    [
        {"do": "rm"},
        {"do": "take", "kind": "../x"},
        {"do": "take", "kind": "markdown", "answer": "0" * 12},
        {"do": "copy", "number": 9},
        {"do": "copy", "number": "1"},
        {"do": "copy", "number": None},
        {"do": "copy", "style": "none such"},
        {"do": "check", "number": [1], "verdict": "confirmed", "who": "AB"},
        {"do": ["copy"]},
    ],
)
def test_an_errand_that_no_page_of_ours_sends_is_refused(
    talking: tuple[Desk, Talk], asked: dict[str, object], caplog: pytest.LogCaptureFixture
):
    told = errand(*talking, **asked)
    assert not told["ok"]
    assert told["said"]
    assert not caplog.records, "it counts as a fault of ours"


def test_of_a_removed_document_nothing_is_taken_away(talking: tuple[Desk, Talk]):
    desk, talk = talking
    remove(desk.folder, ["a.md"])
    for do in ("copy", "check", "take"):
        told = errand(desk, talk, do=do, kind="markdown", verdict="confirmed", who="AB")
        assert (told["ok"], told["said"]) == (False, ENGLISH.answer_removed)
    assert not json.loads(run(desk, "nonsense", None))["ok"]
