"""What a question asks for, and where a sentence says it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.expected import FINDERS, expected, short_answers

ASKED = {
    "How many boats were lost in the storm?": ("number", True),
    "Death toll of the storm?": ("number", True),
    "What share of the fleet was lost?": ("share", True),
    "How many dollars did the pier cost?": ("money", True),
    "How long did the siege last?": ("duration", True),
    "When did the bridge fall?": ("date", True),
    "When do the members meet?": ("date", False),
    "In which year did the bridge fall?": ("date", True),
    "Which judge closed the mill?": ("person", True),
    "What are the names of the sailors who drowned?": ("person", True),
    "What is the title of the new bill?": ("title", True),
    "Which three towns refused the toll?": ("list", True),
    "Name the countries that trade in herring.": ("list", True),
    "Which town refused the toll?": ("name", True),
    "Who built the pier?": ("name", False),
    "Where was the treaty signed?": ("name", False),
    "Why was the mill shut?": ("reason", False),
    "What does herring right stand for?": ("definition", False),
    "What penalty awaits those who fish at night?": ("other", False),
    "What vote on a bill takes place in May?": ("other", False),
    "Under the statute of the town, which fee is due?": ("money", True),
    "¿Quién construyó el muelle?": ("other", False),
}


@pytest.mark.parametrize(("question", "wanted"), ASKED.items(), ids=ASKED.keys())
def test_a_question_says_what_kind_of_answer_it_wants(question, wanted):
    found = expected(question)
    assert (found.type, found.strict) == wanted


SAID = [
    ("How many boats were lost?", "In 1911 the storm took 42 boats.", ["42"]),
    ("How many boats were lost?", "The storm of 3 March 1911 took many boats.", []),
    ("How many boats were lost?", "Some sixty-six boats were lost.", ["sixty-six"]),
    ("How many boats were lost?", "One of the boats was lost.", []),
    ("How many of the 42 boats were lost?", "Of the 42 boats, 1,700 feet of plank came ashore.",
     ["1,700"]),
    ("What share was lost?", "Half of the fleet and 72 percent of the nets were lost.",
     ["Half", "72 percent"]),
    ("How many dollars did it cost?", "It cost $3.5 million and two years.", ["$3.5 million"]),
    ("How long did it last?", "It lasted half a century.", ["half a century"]),
    ("When did it fall?", "It fell on Jan. 7, 1911, at dawn.", ["Jan. 7, 1911"]),
    ("When did it fall?", "It may fall in May.", ["May"]),
    ("Which judge shut the mill?", "Judge Marta Quill shut the Harbour Court.",
     ["Judge Marta Quill"]),
    ("Which judge shut the mill?", "The Supreme Court of Ostrel shut the mill.", []),
    ("Which official wrote it?", "Then-U.N. High Commissioner for Human Rights Ada Brill wrote it.",
     ["Ada Brill"]),
    ("What is the title of the bill?", "The bill, “Nets for All”, passed.", ["Nets for All"]),
    ("What is the title of the bill?", "Senators tabled a bill on nets.", []),
    ("Which towns refused?", "Only Ostrel and Kessel refused.", ["Ostrel", "Kessel"]),
    ("Which three towns refused?", "Only Ostrel refused.", []),
    ("Which software do Kenyan captains use?", "It was made by captains from Kenya.", []),
]  # fmt: skip


@pytest.mark.parametrize(("question", "sentence", "wanted"), SAID)
def test_the_words_that_answer_are_found_and_those_of_the_question_are_not(
    question, sentence, wanted
):
    spans = short_answers(expected(question).type, sentence, question)
    assert [sentence[start:end] for start, end in spans] == wanted


@given(st.sampled_from(sorted(FINDERS)), st.text(max_size=200), st.text(max_size=60))
def test_short_answers_lie_in_the_sentence_in_order(wanted, sentence, question):
    spans = short_answers(wanted, sentence, question)
    assert spans == sorted(spans)
    assert all(0 <= start < end <= len(sentence) for start, end in spans)
