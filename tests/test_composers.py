"""What composers propose, and what of it is proved."""

from __future__ import annotations

import pytest

from index.config import Config
from index.encoder import HashingEncoder
from index.indexing import remove
from rag.answer import Claim, Withheld
from rag.composers import COMPOSERS, Draft
from rag.proof import prove, says
from rag.retrieval import Retriever

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


@pytest.mark.parametrize("name", sorted(COMPOSERS))
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


@pytest.mark.parametrize("name", sorted(COMPOSERS))
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


@pytest.fixture(scope="module")
def hit(library):
    """The words about the ice; the bell is in another hit, the trees in another document."""
    narrow = Config(encoder="hashing", hit_chars=200)
    hits = (
        Retriever(library.open(), HashingEncoder(), narrow)
        .search("How thick was the ice on the second morning?")
        .hits
    )
    return next(hit for hit in hits if "41 centimetres" in hit.passage.text)


TRUE = "Forty-two boats lay fast until the thaw."

REJECTED = {
    "a quote of another passage": ("Nobody rang the bell", "Nobody rang the bell"),
    "a quote of another document": ("A blight took the nine.", "A blight took the nine."),
    "an invented quote": ("Boats sank.", "Forty-two boats sank in the thaw."),
    "a changed digit in the quote": ("The ice was thick", "The ice was 42 centimetres thick"),
    "a word that the quote lacks": ("Forty-two boats never lay fast.", TRUE),
    "a digit that the quote lacks": ("42 boats lay fast until the thaw.", TRUE),
    "an empty quote": ("Boats lay fast.", " "),
    "an empty claim": ("", TRUE),
    "a claim without a word": ("[] …!", TRUE),
}


@pytest.mark.parametrize(("text", "quote"), REJECTED.values(), ids=REJECTED.keys())
def test_what_the_passage_does_not_say_is_dropped(hit, text, quote):
    [withheld] = prove([Draft(text, hit, quote)])
    assert isinstance(withheld, Withheld)
    assert withheld.text == text
    _, *kept = prove([Draft(text, hit, quote), Draft(TRUE, hit, TRUE)])
    assert [(claim.text, claim.citations[0].number) for claim in kept] == [(TRUE, 1)]


def test_what_is_proved_shows_the_sources_own_words_and_who_said_them(hit):
    drafts = [
        Draft("Forty-two boats lay fast.", hit, "Forty\u2013two  boats lay fast until the thaw."),
        Draft("The ice was 41 centimetres thick", hit, "The ice was 41 centimetres thick"),
    ]
    first, second = (claim.citations[0] for claim in prove(drafts))
    assert first.quote == TRUE
    assert hit.document.text[first.span.start : first.span.end] == TRUE
    assert (first.number, second.number) == (1, 2)
    assert first.speaker == "Port Chronicle"
    assert first.document is hit.document


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


@pytest.mark.parametrize(
    ("claim", "quote", "expected"),
    [
        ("A beat B", "Yesterday A beat B.", True),
        ("B beat A", "Yesterday A beat B.", False),
        ("It rose by 5.3 feet", "It rose by 3.5 feet", False),
        ("Deaths: 1", "Deaths: 1,000", False),
        ("A did not", "A did", False),
        ("...", "A did", False),
    ],
)
def test_a_quote_says_only_its_own_words_in_their_order(claim, quote, expected):
    assert says(claim, quote) is expected
