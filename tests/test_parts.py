"""Questions of several parts, and the sources that a question names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document
from rag.naming import named
from rag.parts import parts

WHOLE = [
    "Who built the bridge?",
    "Who built the bridge and the pier?",
    "What did the council want and get?",
    "When the mill burned, what did the council do?",
    "Which of the captains was drowned, and in what year?",
    "How many mills did Brill count, and how many according to Reed?",
    "The link between the mill and what river was cut?",
    "¿Quién construyó el puente y cuándo cayó?",
    "?",
    "",
]

SEVERAL = {
    "The bridge: who first built it, and when did it fall to pieces?": (
        "The bridge: who first built it?",
        "The bridge: when did it fall to pieces?",
    ),
    "Who built the first bridge and when was it burned down?": (
        "Who built the first bridge?",
        "when was it burned down (built bridge)?",
    ),
    "Who led the inquiry of Ostrel, and what did it find?": (
        "Who led the inquiry of Ostrel?",
        "what did the inquiry of Ostrel find?",
    ),
    "When floods came, whom did the guild save first and what was lost for good?": (
        "When floods came: whom did the guild save first?",
        "When floods came: what was lost for good?",
    ),
    "Of the nine mills, which one burned down, and which one was sold on?": (
        "Of the nine mills: which one burned down?",
        "Of the nine mills: which one was sold on?",
    ),
    "Ostrel: who ruled it first, what did they trade, and why did they leave it?": (
        "Ostrel: who ruled it first?",
        "Ostrel: what did they trade?",
        "Ostrel: why did they leave it?",
    ),
}


@pytest.mark.parametrize("question", WHOLE)
def test_a_single_question_is_left_whole(question):
    assert parts(question) == ()


@pytest.mark.parametrize(("question", "wanted"), SEVERAL.items(), ids=range(len(SEVERAL)))
def test_each_part_is_a_question_of_its_own(question, wanted):
    assert parts(question) == wanted


def test_a_part_is_asked_once_and_a_list_of_questions_is_left_whole():
    asked = "What did Brill say of the mill, and what did Reed say of it"
    assert len(parts(f"{asked}, and what did Reed say of it?")) == 2
    many = ", and ".join(f"what did captain {name} say of it" for name in "ABCDEFG")
    assert parts(f"{many}?") == ()


@given(st.text(max_size=200))
def test_any_text_has_parts_or_none(question):
    assert len(parts(question)) != 1


def document(id_: str, author: str | None, publisher: str | None) -> Document:
    return Document(id_, f"{id_}.txt", "0" * 64, "text", author=author, publisher=publisher)


LIBRARY = [
    document("a", "Marta Quill", "Harbour Gazette"),
    document("b", None, "Watch for River Rights"),
    document("c", "Ada Brill and Tom Reed", "Harbour Gazette"),
    document("d", None, None),
]


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("What does Quill say of tolls?", "a"),
        ("In Marta Quill's view, who is right?", "a"),
        ("Reed's account of the flood?", "c"),
        ("What is missing in WRR's report?", "b"),
        ("According to the Harbour Gazette, who won?", "ac"),
        ("Who runs the harbour?", ""),
        ("Do quills float?", ""),
    ],
)
def test_a_question_names_a_source_by_its_author_or_publisher(question, ids):
    assert named(question, LIBRARY) == frozenset(ids)


def test_a_name_that_all_sources_share_tells_nothing():
    assert named("What does Quill say?", LIBRARY[:1]) == frozenset()
