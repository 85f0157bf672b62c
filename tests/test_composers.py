"""What composers propose, and what of it is proved."""

from __future__ import annotations

import pytest

from index.config import Config
from index.encoder import HashingEncoder
from index.indexing import remove
from rag.answer import Claim
from rag.composers import COMPOSERS
from rag.proof import prove
from rag.retrieval import Retriever

MODEL_FREE = sorted(COMPOSERS.keys() - {"chat"})
"""The others: `test_chat` has one that asks a model."""

QUESTIONS = [
    "How thick was the ice on the second morning?",
    "How many trees did the keeper count, and what took the nine?",
    "¿Quién encendió hogueras en las rocas?",
    "zeppelin",
    "?",
]


@pytest.fixture(scope="module")
def retriever(library):
    return Retriever(library.open(), HashingEncoder(), Config(encoder="hashing"))


@pytest.mark.parametrize("name", MODEL_FREE)
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_draft_rests_on_words_of_the_hit_it_names(retriever, name, question):
    found = retriever.search(question)
    composer = COMPOSERS[name](retriever.late, Config(encoder="hashing", composer=name))
    drafts = list(composer.compose(found))
    for draft in drafts:
        assert draft.hit in found.hits
        assert draft.quote in draft.hit.passage.text
        assert draft.text.strip()
    assert all(isinstance(result, Claim) for result in prove(drafts))
    assert list(composer.compose(found)) == drafts


@pytest.mark.parametrize("name", MODEL_FREE)
def test_a_composer_proposes_nothing_from_nothing(make_index, name):
    folder = make_index({"a.txt": "The bell rang."})
    remove(folder, ["a.txt"])
    retriever = Retriever(folder.open(), HashingEncoder(), Config(encoder="hashing"))
    assert not list(COMPOSERS[name](retriever.late, Config()).compose(retriever.search("Who?")))


def test_the_extractive_composer_picks_the_sentence_that_answers(retriever):
    composer = COMPOSERS["extractive"](retriever.late, Config())
    first = next(composer.compose(retriever.search("How thick was the ice on the second morning?")))
    assert first.text == "The ice was 41 centimetres thick on the second morning."
    assert "\n" in first.quote  # the source's own line end; the claim reads as one line


def test_the_extractive_composer_does_not_say_the_same_twice_nor_a_heading(make_index):
    line = "The gauge at the pier stood at nine feet."
    folder = make_index({
        "a.md": f"# The gauge at the pier stood at what\n\n{line}\n\n# Caption\n\n{line}\n",
        "b.txt": line,
    })  # fmt: skip
    retriever = Retriever(folder.open(), HashingEncoder(), Config(encoder="hashing"))
    drafts = COMPOSERS["extractive"](retriever.late, Config()).compose(
        retriever.search("What did the gauge at the pier stand at?")
    )
    assert [draft.text for draft in drafts] == [line]


def test_the_citation_points_at_the_sentence_that_was_chosen(make_index):
    """The same words stand twice, once as somebody else's: the place decides who says them."""
    words = "the gauge at the mill stood at four feet on Sunday."
    folder = make_index({"a.txt": f"In a letter the miller wrote: {words}\n\nThe {words[4:]}\n"})
    [passage] = folder.open().passages
    retriever = Retriever(folder.open(), HashingEncoder(), Config(encoder="hashing"))
    found = retriever.search("Where stood the gauge at the mill on Sunday?")
    chosen = next(d for d in COMPOSERS["extractive"](retriever.late, Config()).compose(found))
    [claim] = prove([chosen])
    assert claim.citations[0].span.start == chosen.start
    assert (chosen.start, chosen.start + len(chosen.quote)) in passage.sentences


HARBOUR = {
    "report.txt": "The toll of Ostrel brought in 4,200 marks in 1911. It had been 900 the year "
    "before.\n\nThe pilots' guild was founded by Marta Quill. The guild has a house on the mole.\n",
    "letter.txt": "Nobody in Kessel paid the toll. The mill burned down on 3 May 1909.\n",
}


def composed(folder, question):
    retriever = Retriever(folder.open(), HashingEncoder(), Config(encoder="hashing"))
    return list(COMPOSERS["extractive"](retriever.late, Config()).compose(retriever.read(question)))


def test_each_part_of_a_question_gets_the_sentence_that_answers_it(make_index):
    question = "Who founded the pilots' guild, and when did the mill burn down?"
    texts = [draft.text for draft in composed(make_index(HARBOUR), question)]
    assert texts == [
        "The pilots' guild was founded by Marta Quill.",
        "The mill burned down on 3 May 1909.",
    ]


def test_a_sentence_that_begins_with_a_pronoun_follows_the_one_that_names(make_index):
    drafts = composed(make_index(HARBOUR), "What had it been the year before?")
    assert [draft.text for draft in drafts][:2] == [
        "The toll of Ostrel brought in 4,200 marks in 1911.",
        "It had been 900 the year before.",
    ]


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("How many marks did the toll of Ostrel bring in?", "4,200"),
        ("When did the mill burn down?", "3 May 1909"),
        ("Who founded the pilots' guild?", "Marta Quill"),
    ],
)
def test_the_words_that_are_asked_for_are_marked_in_the_quote(make_index, question, short):
    first, *_ = composed(make_index(HARBOUR), question)
    text = first.hit.document.text
    assert [text[start:end] for start, end in first.short] == [short]


def test_an_answer_that_lacks_what_is_asked_for_has_little_support(make_index):
    folder = make_index(HARBOUR)
    told, *_ = composed(folder, "When did the mill burn down?")
    lacking, *_ = composed(folder, "How many men did the mill of Kessel employ?")
    assert told.support > Config().strictness > lacking.support
