"""Documents that say different things of one subject, and questions that they contradict."""

from __future__ import annotations

import pytest
from conftest import build
from hypothesis import given
from hypothesis import strategies as st

from index.config import Config
from rag.assistant import open_assistant
from rag.statements import difference

MADE = Config()


@pytest.fixture
def ask(make_index):
    """Puts a question to documents of some dates: `ask("...", ("2019", "..."), ...)`."""

    def put(question, *documents):
        files = {
            f"{number}.md": f"---\npublished: {date}\n---\n\n{text}\n"
            for number, (date, text) in enumerate(documents)
        }
        return open_assistant(make_index(files, MADE).path).ask(question)

    return put


DIFFER = {
    "number": (
        "How thick was the ice in the harbour of Ostrel?",
        ("2021", "The ice in the harbour of Ostrel was 41 centimetres thick. Boats lay fast."),
        ("2019", "The ice in the harbour of Ostrel was 38 centimetres thick. The town slept."),
    ),
    "number in words, reported": (
        "How many people did the flood in Arnwick kill?",
        ("2020-06", "The flood in Arnwick killed nineteen people, the council said."),
        ("2020-05", "The flood in Arnwick killed 12 people. The mill stood."),
    ),
    "share": (
        "What share of the fishers in Faro voted for the ban?",
        ("2022", "Some 61 percent of the fishers in Faro voted for the ban on nets."),
        ("2023", "In Faro 48 percent of the fishers voted for the ban on nets."),
    ),
    "few words": (
        "How high is unemployment in Faro?",
        ("2024", "Unemployment in Faro stands at 9.1 percent."),
        ("2023", "Unemployment in Faro has reached 11.4 percent."),
    ),
    "cost": (
        "How much did the repair of the pier at Harrop cost?",
        ("2018", "The repair of the pier at Harrop cost 3.5 million crowns."),
        ("2017", "The repair of the pier at Harrop cost 4.2 million crowns."),
    ),
    "date": (
        "When did the bridge of Corsey open?",
        ("1990", "The bridge of Corsey opened in 1931. It has two arches."),
        ("1960", "The bridge of Corsey opened in 1934. It was built of stone."),
    ),
    "polarity": (
        "Did the council of Dunmire approve the new weir?",
        ("2020-01", "The council of Dunmire has not approved the new weir on the Ell."),
        ("2020-03", "The council of Dunmire approved the new weir on the Ell."),
    ),
}
KIND = {"date": "date", "polarity": "polarity"}
"""What differs where it is not a number."""


@pytest.mark.parametrize("name", DIFFER)
def test_both_sides_are_shown_the_earlier_first(ask, name):
    question, *documents = DIFFER[name]
    answer = ask(question, *documents)
    [found] = answer.differences
    by_number = {citation.number: citation for citation in answer.citations}
    sides = [by_number[number] for number in found.citations]
    assert found.kind == KIND.get(name, "number")
    assert [s.document.published for s in sides] == sorted(date for date, _ in documents)
    assert [s.quote for s in sides] == [
        text.split(". ")[0].rstrip(".") + "." for _, text in sorted(documents)
    ]
    assert answer.as_of == max(date for date, _ in documents)


def test_three_documents_on_one_subject_are_one_difference(ask):
    said = "The flood in Arnwick killed {} people."
    years = {"2022": 30, "2020": 12, "2021": 19}
    answer = ask(
        "How many people did the flood in Arnwick kill?",
        *((year, said.format(number)) for year, number in years.items()),
    )
    [found] = answer.differences
    by_number = {citation.number: citation for citation in answer.citations}
    assert [by_number[n].document.published for n in found.citations] == sorted(years)


AGREE = {
    "another town": (
        "How many sacks does the mill of Arnwick grind?",
        ("2020", "The mill of Arnwick grinds 113 sacks of grain a day."),
        ("2021", "The mill of Brellin grinds 120 sacks of grain a day."),
    ),
    "another tower": (
        "How many bells does the tower of Ostrel hold?",
        ("2020", "The east tower of Ostrel holds 31 bells."),
        ("2021", "The west tower of Ostrel holds 29 bells."),
    ),
    "another year": (
        "How many boats lay in the harbour of Ostrel?",
        ("2020", "In 2019 the harbour of Ostrel held 40 boats."),
        ("2022", "In 2021 the harbour of Ostrel held 55 boats."),
    ),
    "rounded": (
        "How many trees grow in the orchard of Gildham?",
        ("2020", "Nearly 500 trees grow in the orchard of Gildham."),
        ("2021", "In the orchard of Gildham grow 487 trees."),
    ),
    "another law": (
        "Did the law on herring pass?",
        ("2020", "The law on herring did not pass in the lower house."),
        ("2021", "The law on herring did pass in the upper house."),
    ),
    "one document": (
        "How thick was the ice in the harbour of Ostrel?",
        ("2020", "The ice in the harbour of Ostrel was 41 centimetres thick.\n\n"
                 "The ice in the harbour of Ostrel was 38 centimetres thick."),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", AGREE)
def test_what_may_both_be_true_is_no_difference(ask, name):
    answer = ask(*AGREE[name])
    assert answer.claims
    assert answer.differences == ()


ONE, OTHER = "The pier at Harrop is {} metres long.", "The pier at Harrop is {} metres {}."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE.format(90), OTHER.format(6, "wide")),
        ("The guild has 40 members from the coast.", "The guild has 25 members from the isles."),
        ("The first council of Corsey met here.", "The second council of Corsey never met here."),
        ("The town paid 3,500 crowns for a bell.", "The town paid 900 crowns for a rope."),
        ("The council met on 3 May to discuss it.", "The council met on 7 June to discuss it."),
        ("At least 40 boats lay in the harbour.", "In the harbour lay 66 boats."),
        ("Women hold 14 seats in the council.", "Men hold 21 seats in the council."),
        ("The weir may not hold the river.", "The mill burned and nobody came."),
    ],
)
def test_sentences_about_different_things_do_not_differ(one, other):
    assert difference(one, other, "number") is difference(other, one, "number") is None


@given(st.integers(2, 10**6), st.integers(2, 10**6))
def test_numbers_differ_just_when_they_are_not_the_same(a, b):
    found = difference(ONE.format(f"{a:,}"), ONE.format(f"{b:,}"))
    assert (found is None) == (a == b)
    assert found == difference(ONE.format(f"{b:,}"), ONE.format(f"{a:,}"))


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_compared(one, other):
    assert difference(one, one) is None
    forward, backward = difference(one, other), difference(other, one)
    assert (forward and forward[0]) == (backward and backward[0])


GUILD = (
    "The pilots' guild of Ostrel withdrew from the league of harbours in spring. Its members went "
    "on paying.\n\nThe decline of the herring began before the new harbour was built.\n\n"
    "Joining the league of harbours is voluntary. The council of Faro has not blocked the new "
    "toll on boats.\n\nThe bell tower was painted green."
)
CONTRADICTED = {
    "Why did the pilots' guild of Ostrel remain in the league of harbours?": "withdrew from",
    "Why did the decline of the herring only start after the harbour was built?": "began before",
    "Why is joining the league of harbours mandatory?": "voluntary",
    "How has the council of Faro blocked the new toll on boats?": "has not blocked",
}
GRANTED = [
    "Why did the pilots' guild of Ostrel leave the league of harbours?",
    "How did the guild of Ostrel withdraw from the league?",
    "What has the council of Faro not blocked?",
    "Why did the council of Faro not block the new toll on boats?",
    "Why was the bell tower painted green?",
    "Who may join the league of harbours?",
    "Did the pilots' guild of Ostrel remain in the league of harbours?",
]


@pytest.fixture(scope="module")
def guild(tmp_path_factory):
    return open_assistant(build(tmp_path_factory.mktemp("guild"), {"a.txt": GUILD}, MADE).path)


@pytest.mark.parametrize(("question", "said"), CONTRADICTED.items())
def test_a_false_premise_is_named_with_the_sentence_against_it(guild, question, said):
    answer = guild.ask(question)
    [found] = answer.differences
    against = [c.quote for c in answer.citations if c.number in found.citations]
    assert found.kind == "premise"
    assert found.subject in question
    assert any(said in quote for quote in against)


@pytest.mark.parametrize("question", GRANTED)
def test_a_question_that_takes_nothing_false_for_granted_is_not_contradicted(guild, question):
    answer = guild.ask(question)
    assert answer.claims
    assert answer.differences == ()


def test_an_abstention_differs_in_nothing(guild):
    answer = guild.ask("Why did the football cup final remain a draw?")
    assert answer.abstained
    assert answer.differences == ()
