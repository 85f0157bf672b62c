"""Near misses about another country or year."""

from __future__ import annotations

import pytest

from index.documents import Document
from rag.swapped import about_another

TEXT = "Chile's ports shipped 60 boats in 1911.\n\n" + "x " * 400 + "Peruvian mills closed in 1920."
DOCUMENT = Document("d", "d.txt", "0" * 64, TEXT, title="Trade of Bolivia", published="1934-05")
FIRST = (0, TEXT.index("\n"))


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("How many boats did Peru ship?", True),
        ("How many boats did Peruvians ship?", True),
        ("How many boats were shipped in 1912?", True),
        ("How many boats did Chile ship in 1911?", False),
        ("How many boats did the Chileans ship?", False),
        ("How many boats did Bolivia ship?", False),  # the title names it
        ("How many boats, by the report of 1934?", False),  # its date does
        ("How many boats did the ports ship?", False),
        ("How many boats did Ostrel ship?", False),  # no country
        ("How many boats did peruse ship?", False),
    ],
)
def test_a_sentence_about_another_country_or_year_is_no_answer(question, other):
    assert about_another(question, DOCUMENT, *FIRST) is other


def test_what_stands_around_the_sentence_counts():
    near = Document("d", "d.txt", "0" * 64, "Peru traded.\n\nChile shipped 60 boats.\n")
    assert not about_another("How many boats did Peru ship?", near, 14, 37)
    assert not about_another("How many boats did Peru ship?", near, 0, 12)


def test_a_sentence_that_names_no_country_is_not_held_against_the_question():
    plain = Document("d", "d.txt", "0" * 64, "The ports shipped 60 boats.\n")
    assert not about_another("How many boats did Peru ship?", plain, 0, 27)
