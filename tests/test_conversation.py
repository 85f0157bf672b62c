"""Follow-up questions: what they are taken to mean, and that other questions are left alone."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.indexing import remove
from rag.assistant import LiveAssistant, open_assistant
from rag.conversation import MOST_TURNS, Conversation, Turn, standalone
from rag.followups import followed
from rag.pronouns import Before

GOLD = Path(__file__).resolve().parents[1] / "seeds" / "gold"

SAID = Before("What did Marlow say about Faro?", frozenset({"marlow"}))
FROZE = Before("When did the harbour of Ostrel freeze in 2019?")
ENDORSED = Before("Which towns endorsed the declaration?")
FOUNDED = Before("Who founded the guild?", answered="Anna Berg")
LEAGUE = Before("What is the league of Ostrel and Faro?")
PAID = Before("What did Corsey give to Harrop?")
TOLL = Before("Who raised the Ostrel harbour toll?")
UNDERSTOOD = [
    (SAID, "And Ostrel?", "What did Marlow say about Ostrel?"),
    (SAID, "What about Ostrel?", "What did Marlow say about Ostrel?"),
    (SAID, "And in 2014?", "What did Marlow say about Faro in 2014?"),
    (SAID, "What did he say about Corsey?", "What did Marlow say about Corsey?"),
    (SAID, "How large is it?", "How large is Faro?"),
    (SAID, "What else?", "What else did Marlow say about Faro?"),
    (SAID, "Why?", "Why: what did Marlow say about Faro?"),
    (SAID, "Is that true?", "Is that true (Marlow Faro)?"),
    (FROZE, "And in 2014?", "When did the harbour of Ostrel freeze in 2014?"),
    (FROZE, "Why?", "Why did the harbour of Ostrel freeze in 2019?"),
    (FROZE, "How thick was it?", "How thick was the harbour of Ostrel?"),
    (FROZE, "Who lives there?", "Who lives in Ostrel?"),
    (FROZE, "What happened then?", "What happened in 2019?"),
    (FROZE, "What is its depth?", "What is the harbour of Ostrel's depth?"),
    (ENDORSED, "When was it signed?", "When was the declaration signed?"),
    (ENDORSED, "What does that declaration say?", "What does the declaration say?"),
    (ENDORSED, "How many?", "How many: which towns endorsed the declaration?"),
    (ENDORSED, "Which is larger?", "Which is larger (towns endorsed declaration)?"),
    (ENDORSED, "And the third?", "Which towns endorsed the declaration, as to the third?"),
    (LEAGUE, "Which towns lead it?", "Which towns lead the league of Ostrel and Faro?"),
    (LEAGUE, "Who owns it?", "Who owns the league of Ostrel and Faro?"),
    (TOLL, "Which towns pay it?", "Which towns pay the Ostrel harbour toll?"),
    (PAID, "When did it pay?", "When did Corsey pay?"),
    (FOUNDED, "When did she found it?", "When did Anna Berg found it?"),
    (FOUNDED, "Who else?", "Who else founded the guild?"),
]  # fmt: skip

STANDS_ALONE = [
    "Who is meant by those who show up?",
    "In his own words, what does Marlow say restrains the guild?",
    "When keepers cross the border, whom do they go after?",
    "Which of its regular meetings was the council in the middle of?",
    "Which town lost its harbour?",
    "Will it rain in Ostrel tomorrow?",
    "Why is it that the bell rang?",
    "What makes it so hard for towns to refuse?",
    "How many boats are there in Faro?",
    "Boats then and now: how many were there?",
    "And how many trees did the keeper of the orchard count?",
    "Faro: how many boats?",
    "Why did the keeper who bought the boat sink it?",
    "What can a ferry do these days?",
    "quince meaning",
    "?",
]


@pytest.mark.parametrize(("before", "asked", "meant"), UNDERSTOOD, ids=[u[1] for u in UNDERSTOOD])
def test_a_follow_up_is_read_with_the_question_before(before, asked, meant):
    assert followed(asked, before) == meant


@pytest.mark.parametrize("asked", STANDS_ALONE)
@pytest.mark.parametrize("before", [SAID, ENDORSED], ids=["names", "things"])
def test_a_question_that_stands_alone_is_left_alone(before, asked):
    assert followed(asked, before) is None


def test_no_gold_question_is_taken_for_a_follow_up():
    """Asked one after another, 186 questions that were each written to stand alone."""
    lines = (GOLD / "originals.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines]
    changed = [q for p, q in pairwise(asked) if followed(q, Before(p))]
    assert len(asked) > 150
    assert changed == []


@given(
    st.text(max_size=80),
    st.text(max_size=80),
    st.sampled_from(["Why?", "And Faro?", "How old is it?", "What did they say there then?"]),
)
def test_no_text_breaks_the_rules(before, asked, follow_up):
    for question in (asked, follow_up):
        meant = followed(question, Before(before))
        assert meant is None or meant.strip()


@pytest.fixture(scope="module")
def assistant(minilm_library):
    return open_assistant(minilm_library.path)


@pytest.fixture(scope="module")
def turn(assistant):
    question = "How thick was the ice in the harbour of Ostrel?"
    return Turn(question, assistant.ask(question))


def test_an_answer_to_a_follow_up_says_what_was_asked_and_what_was_understood(assistant, turn):
    answer = assistant.ask("What did it pay for a new bell?", earlier=[turn])
    assert answer.question == "What did it pay for a new bell?"
    assert answer.understood == "What did the harbour of Ostrel pay for a new bell?"
    assert "3,500 crowns" in answer.text
    assert answer.to_json()["understood"] == answer.understood


def test_without_earlier_questions_nothing_is_changed(assistant, turn):
    assert assistant.ask("What did it pay?").understood is None
    assert standalone("What did it pay?", []) is None
    assert assistant.ask(turn.question, earlier=[turn]).understood is None


@pytest.mark.parametrize(
    ("proposed", "believed"),
    [
        ("What did the town of Ostrel pay for a new bell?", True),
        ("How did the Port Chronicle explain the 41 centimetres?", True),
        ("What did the town of Ostrel pay Anna Berg?", False),
        ("What did the town of Ostrel pay in 1987?", False),
        ("", False),
    ],
)
def test_a_rewrite_is_believed_only_where_it_invents_no_name_and_no_number(
    turn, proposed, believed
):
    by_rule = standalone("What did it pay?", [turn])
    assert by_rule
    meant = standalone("What did it pay?", [turn], lambda question, earlier: proposed)
    assert meant == (proposed if believed else by_rule)


def test_a_rewrite_is_not_asked_about_a_question_that_stands_alone(turn):
    def rewrite(question, earlier):
        raise AssertionError(question)

    assert standalone("How many trees did the keeper count?", [turn], rewrite) is None


def test_a_conversation_keeps_its_turns_up_to_a_number(assistant):
    conversation = Conversation(lambda: assistant)
    first = conversation.ask("How thick was the ice in the harbour of Ostrel?")
    assert conversation.turns == (Turn(first.question, first),)
    assert (
        conversation.ask("Why?").understood
        == "Why: how thick was the ice in the harbour of Ostrel?"
    )
    for _ in range(MOST_TURNS):
        conversation.ask("How many trees did the keeper count?")
    assert len(conversation.turns) == MOST_TURNS
    assert all(turn.question.startswith("How many trees") for turn in conversation.turns)


def test_a_stream_that_is_closed_leaves_no_turn(assistant):
    conversation = Conversation(lambda: assistant)
    stream = conversation.stream("How thick was the ice in the harbour of Ostrel?")
    next(stream)
    stream.close()
    assert conversation.turns == ()


def test_a_follow_up_does_not_quote_what_was_removed_meanwhile(make_index):
    folder = make_index({
        "a.txt": "The mill of Arnwick burned in 1901.",
        "b.txt": "The mill of Brellin stands.",
    })  # fmt: skip
    conversation = Conversation(LiveAssistant(folder.path))
    assert "1901" in conversation.ask("When did the mill of Arnwick burn?").text
    remove(folder, ["a.txt"])
    answer = conversation.ask("Where did it burn?")
    assert answer.understood is None
    assert len(conversation.turns) == 1
    assert all("Arnwick" not in hit.passage.text for hit in answer.hits)


def test_a_rewrite_that_drops_what_the_follow_up_names_is_not_believed(turn):
    question = "And what did it pay in Marsk?"
    by_rule = standalone(question, [turn])
    assert by_rule
    assert "Marsk" in by_rule
    repeated = "What did the harbour of Ostrel pay?"
    assert standalone(question, [turn], lambda *_: repeated) == by_rule
