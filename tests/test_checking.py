"""Verdicts on the page: what is noted of a citation is shown with it, and kept in the ledger."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import HASHING

from index.errors import InputError
from index.indexing import remove
from index.store import IndexFolder
from rag.answer import Answer
from rag.assistant import LiveAssistant
from rag.ledger import Ledger
from rag.ledger_rows import MOST_NOTE
from ui.checking import check, verdicts
from ui.desk import Desk

QUESTION = "How thick was the ice, and how many trees did the keeper count?"


@pytest.fixture
def desk(library: IndexFolder, memory_path: Path) -> Desk:
    """The library, for each test anew."""
    shutil.copytree(library.path, memory_path / "index")
    folder = IndexFolder(memory_path / "index")
    return Desk(LiveAssistant(folder.path), folder, HASHING)


@pytest.fixture
def answer(desk: Desk) -> Answer:
    answer = desk.latest().ask(QUESTION)
    assert len(answer.citations) > 1
    return answer


def test_the_last_verdict_on_a_citation_counts(desk, answer):
    assert verdicts(desk, answer) == {}
    check(desk, answer, 1, "rejected", "RK", "Another harbour.")
    check(desk, answer, 2, "rejected", "RK")
    check(desk, answer, 1, "confirmed", " Ö. B. ", "Seen on the page.\r\nTwice. ")
    found = verdicts(desk, answer)
    assert {number: (v.verdict, v.who, v.note) for number, v in found.items()} == {
        1: ("confirmed", "Ö. B.", "Seen on the page.\nTwice."),
        2: ("rejected", "RK", ""),
    }
    assert found[1].when == Ledger(desk.folder).entries()[2].row.time
    assert Ledger(desk.folder).faults() == []


def test_the_words_are_known_again_in_another_answer(desk, answer):
    check(desk, answer, 1, "confirmed", "RK")
    quote = answer.citations[0].quote
    again = desk.latest().ask("How many boats lay fast, and how thick was the ice?")
    number = next(c.number for c in again.citations if c.quote == quote)
    found = verdicts(desk, again)
    assert found.keys() == {number}


def test_an_abstention_has_no_verdicts(desk):
    answer = desk.latest().ask("Which quantum chromodynamics lattice converges?")
    assert answer.abstained
    assert verdicts(desk, answer) == {}


@pytest.mark.parametrize(
    ("number", "verdict", "who", "note", "why"),
    [
        (1, "confirmed", " ", "", "no initials"),
        (1, "confirmed", "123", "", "initials"),
        (1, "confirmed", "A" * 17, "", "initials"),
        (1, "confirmed", "RK", "x" * (MOST_NOTE + 1), "note"),
        (99, "confirmed", "RK", "", "no citation 99"),
        (1, "right", "RK", "", "no verdict"),
        (1, "", "RK", "", "no verdict"),
    ],
)
def test_what_cannot_be_noted_is_refused_and_leaves_nothing(
    desk, answer, number, verdict, who, note, why
):
    with pytest.raises(InputError, match=why) as refused:
        check(desk, answer, number, verdict, who, note)
    assert refused.value.next_step
    assert Ledger(desk.folder).entries() == []


def test_nothing_is_noted_of_what_was_removed(desk, answer):
    remove(desk.folder, [answer.citations[0].document.id])
    with pytest.raises(InputError, match="not in the index"):
        check(desk, answer, 1, "confirmed", "RK")
