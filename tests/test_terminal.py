"""Answers as text: everything that an answer carries is said, and nothing unproven by default."""

from __future__ import annotations

from index.documents import Document, Span
from rag.answer import Answer, Citation, Claim, Difference, Voice, Withheld
from ui.strings import ENGLISH
from ui.terminal import answer_text

OLD = Document("a" * 16, "old.md", "0" * 64, "The guild counted 41 boats.", published="2019")
NEW = Document("b" * 16, "new.md", "0" * 64, "There were 43 boats, it says now.", title="Boats")


def claim(document: Document, number: int, voice: Voice, short: str, lead: str = "") -> Claim:
    text, at = document.text, document.text.index(short)
    span, places = Span(document.id, 0, len(text)), ((at, at + len(short)),)
    return Claim(text, (Citation(number, span, text, voice, document, places),), lead)


FIRST = claim(NEW, 1, Voice("the guild", "quoted", "A. Reeve"), "43", "A. Reeve:")
SECOND = claim(OLD, 2, Voice(None), "41")
HELD = Withheld("Nobody counted them.", "the quote says the opposite")


def test_all_that_an_answer_carries_is_said():
    answer = Answer(
        "How many?", (FIRST, SECOND), None, (), "2019", "f",
        withheld=(HELD,), notes=("the model did not answer",), understood="How many boats?",
        differences=(Difference("number", "boats", (2, 1)),), composer="chat",
    )  # fmt: skip
    assert answer_text(answer).split("\n") == [
        "Note: the model did not answer",
        "",
        "Understood as: How many boats?",
        "",
        "A. Reeve: There were 43 boats, it says now. [1]",
        "The guild counted 41 boats. [2]",
        "",
        "The sources differ:",
        "  2019        41 [2]",
        "  undated     43 [1]",
        "",
        "[1] the guild, quoted by A. Reeve, “Boats”, undated. new.md:0-33",
        "[2] speaker unknown, 2019. old.md:0-27",
        "",
        "As of 2019: the newest source cited.",
        "1 statement withheld: not supported by the documents.",
        "Composed by: chat.",
    ]


def test_what_contradicts_the_question_comes_first():
    premise = Difference("premise", "nobody counted", (2,))
    answer = Answer("Why?", (FIRST, SECOND), None, (), None, "f", differences=(premise,))
    lines = answer_text(answer).split("\n")
    assert lines[0] == ENGLISH.otherwise
    assert lines[1] == "The guild counted 41 boats. [2]"
    assert lines.index("A. Reeve: There were 43 boats, it says now. [1]") > 2
    assert ENGLISH.as_of_unknown in lines


def test_unproven_statements_are_shown_only_when_asked_for():
    answer = Answer("Who?", (), "The documents do not say.", (), "2019", "f", withheld=(HELD,))
    assert HELD.text not in answer_text(answer)
    shown = answer_text(answer, unproven=True).split("\n")
    assert f"  Unproven: {HELD.text} (Withheld because {HELD.reason}.)" in shown
    assert "As of 2019: the newest source found." in shown
