"""Whose words they are: the author's, somebody's who is quoted, a reader's, a caption's."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document, document_id, sha256_hex
from index.formats.plain import read_text
from index.sentences import sentence_spans
from rag.answer import Voice
from rag.quotations import is_title, quotations
from rag.speakers import lead, voice_at

CHRONICLE = "Port Chronicle"


def document(text: str, **metadata: Any) -> Document:
    """A text as the reader of plain text gives it, published by the Port Chronicle."""
    metadata = {"publisher": CHRONICLE} | metadata
    return Document(
        id=document_id("harbour.txt", text),
        source="harbour.txt",
        sha256=sha256_hex(text.encode()),
        text=text,
        paragraphs=read_text(text.encode(), "harbour.txt").paragraphs if text.strip() else (),
        **metadata,
    )


def voice_of(text: str, words: str, **metadata: Any) -> Voice:
    """The voice of the sentences in which words stand."""
    found = document(text, **metadata)
    start = text.index(words)
    around = [
        span
        for paragraph in found.paragraphs
        for span in sentence_spans(text, *paragraph)
        if span[0] < start + len(words) and start < span[1]
    ]
    return voice_at(found, around[0][0], around[-1][1])


# Text; words of the sentence that is asked about (None: all of it); speaker; kind.
AUTHOR, QUOTED, COMMENT, CAPTION = "author", "quoted", "comment", "caption"
SAID: dict[str, tuple[str, str | None, str | None, str]] = {
    # direct speech
    "quoted, then named": (
        "“Nobody rang the bell all night,” Mira Oltan said.", None, "Mira Oltan", QUOTED),
    "named, then quoted": (
        "Mira Oltan said, “Nobody rang the bell all night.”", None, "Mira Oltan", QUOTED),
    "verb before name, with her office": (
        '"Nobody rang the bell all night," said Mira Oltan, the harbour master.', None,
        "Mira Oltan", QUOTED),
    "office before verb": (
        "“Nobody rang the bell all night,” Mira Oltan, the harbour master, told the court.", None,
        "Mira Oltan", QUOTED),
    "a clause in the middle": (
        "“The bell,” the ministry added, “hung there for show and for nothing else.”", None,
        "the ministry", QUOTED),
    "the quotation goes on": (
        "Mira Oltan said: “Nobody rang the bell. It hung there for show. We paid for it.”",
        "It hung there", "Mira Oltan", QUOTED),
    "and over paragraphs": (
        "Mira Oltan wrote: “Nobody rang the bell all night.\n\n“It hung there for show.”",
        "It hung there", "Mira Oltan", QUOTED),
    "the next quotation is hers too": (
        "“Nobody rang the bell,” said Mira Oltan. “It had been hanging there for show.”",
        "It had been", "Mira Oltan", QUOTED),
    "guillemets": (
        "« Personne n'a sonné la cloche », a déclaré Mira Oltan.", None, "Mira Oltan", QUOTED),
    "low marks": ("„Niemand läutete die Glocke“, sagte Mira Oltan.", None, "Mira Oltan", QUOTED),
    "Spanish": ("«Nadie tocó la campana», dijo Mira Oltan.", None, "Mira Oltan", QUOTED),
    "single marks": (
        "‘Nobody rang the town’s bell all night,’ Mira Oltan said.", None, "Mira Oltan", QUOTED),
    "a quotation within": (
        "“The keeper told me ‘go home’ and I went home,” Mira Oltan said.", None,
        "Mira Oltan", QUOTED),
    "quoted by nobody knows whom": (
        "One letter to the council is blunt. “Nobody rang the bell all night and we drowned.”",
        "Nobody", None, QUOTED),
    "people in general": ("“Nobody ever rings that bell,” people say.", None, None, QUOTED),
    # reported speech
    "said that": ("Mira Oltan said that the ice had come early.", None, "Mira Oltan", QUOTED),
    "said, without that": ("Mira Oltan said the ice was early.", None, "Mira Oltan", QUOTED),
    "at the end": ("The ice had come early, Mira Oltan argues.", None, "Mira Oltan", QUOTED),
    "according to": ("According to Mira Oltan, the ice came early.", None, "Mira Oltan", QUOTED),
    "according to, behind": (
        "The ice came early, according to the pilots' guild.", None, "the pilots' guild", QUOTED),
    "in her view": ("In Mira Oltan's view, the ice came early.", None, "Mira Oltan", QUOTED),
    "as she put it": ("As Mira Oltan put it, the ice came early.", None, "Mira Oltan", QUOTED),
    "has called": ("Mira Oltan has called the new bell a folly.", None, "Mira Oltan", QUOTED),
    "told somebody that": (
        "Mira Oltan told the council that the ice had come early.", None, "Mira Oltan", QUOTED),
    "her office first": (
        "The keeper of the bell, Mira Oltan, told readers that it was gone.", None, "Mira Oltan",
        QUOTED),
    "and her age": ("Mira Oltan, 54, has long argued that bells are useless.", None, "Mira Oltan",
                    QUOTED),
    "denied": ("Mira Oltan denied that she had slept.", None, "Mira Oltan", QUOTED),
    "an office without a name": (
        "Officials in Ostrel said that the ice was early.", None, "Officials in Ostrel", QUOTED),
    "most of it reported": (
        "Mira Oltan said that the ice had come weeks before its time, but it came in January.",
        None, "Mira Oltan", QUOTED),
    "most of it the author's": (
        "Mira Oltan said that it was early, but the ice of that winter came in January, as it had "
        "done in each of the nine years before.", None, CHRONICLE, AUTHOR),
    "a clause at the end": (
        "The flood took forty boats and the whole of the lower market, which Oltan says was full.",
        None, CHRONICLE, AUTHOR),
    # who is meant
    "a surname has its first name earlier": (
        "Mayor Mira Oltan came at noon.\n\nOltan said that the ice was early.", "Oltan said",
        "Mira Oltan", QUOTED),
    "and only there": ("Oltan said that the ice was early.", None, "Oltan", QUOTED),
    "two of the same surname": (
        "Mira Oltan and then Jon Oltan came in. Oltan said that the ice was early.", "Oltan said",
        "Oltan", QUOTED),
    "she": (
        "Mira Oltan came at noon. She said that the ice was early.", "She said", "Mira Oltan",
        QUOTED),
    "she, of nobody": ("She said that the ice was early.", None, None, QUOTED),
    "the mayor": (
        "Mayor Mira Oltan came at noon. The mayor said that the ice was early.", "The mayor said",
        "Mira Oltan", QUOTED),
    # the author's own
    "a term": ("The council's “ice fund” paid for the new bell in May.", None, CHRONICLE, AUTHOR),
    "a scare quote": ("The “wise” council of Ostrel slept.", None, CHRONICLE, AUTHOR),
    "a title": ("The report “What the Ice Took from the Harbour” came late.", None, CHRONICLE,
                AUTHOR),
    "the author in the third person": (
        "The Port Chronicle found that the ice came early.", None, CHRONICLE, AUTHOR),
    "the author says": ("The Port Chronicle says the ice is early.", None, CHRONICLE, AUTHOR),
    "this report": ("This report argues that the ice came early.", None, CHRONICLE, AUTHOR),
    "I": ("As I wrote in May, “the ice will come early and the bell is rusty.”", None, CHRONICLE,
          AUTHOR),
    "no one speaks": ("According to the new rules, boats pay in May.", None, CHRONICLE, AUTHOR),
    "evidence": ("The evidence suggests that the ice came early.", None, CHRONICLE, AUTHOR),
    "states are no verb": (
        "The treaty binds harbour states that keep a bell.", None, CHRONICLE, AUTHOR),
    "it is said": ("It is said that the bell is cursed.", None, CHRONICLE, AUTHOR),
    "a call to something": ("Mira Oltan called the guild to a feast.", None, CHRONICLE, AUTHOR),
    "a call": ("Mira Oltan called the pilots at dawn.", None, CHRONICLE, AUTHOR),
    "an apostrophe": ("The boats’ owners and the guild’s men slept.", None, CHRONICLE, AUTHOR),
    "a mark that nobody closed": ('The 6" pipe and the "bell of Ostrel froze.', None, CHRONICLE,
                                  AUTHOR),
    # lines around pictures
    "a label": ("IMAGE: The harbour of Ostrel (via Getty Images)", None, CHRONICLE, CAPTION),
    "a credit": ("Boats in the ice of Ostrel. © 2021 Mira Oltan/AFP", None, CHRONICLE, CAPTION),
    "the style of agencies": (
        "Boats lie in the ice of the lower harbour in Ostrel, Norland, March 4, 2021.", None,
        CHRONICLE, CAPTION),
    "a date is not enough": (
        "The council was dissolved after the flood in Ostrel, Norland, March 4, 2021.", None,
        CHRONICLE, AUTHOR),
    "a notice of rights": ("© 2021 Port Chronicle. All rights reserved.", None, CHRONICLE, AUTHOR),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_who_said_it(name: str) -> None:
    text, words, speaker, kind = SAID[name]
    voice = voice_of(text, words or text)
    assert (voice.kind, voice.speaker) == (kind, speaker)
    assert voice.reported_by == (CHRONICLE if kind == QUOTED else None)


def test_a_line_that_stands_twice_is_a_caption() -> None:
    line = "Boats in the ice of the lower harbour"
    text = f"{line}\nThe ice came early.\nThe bell hung there for show.\n{line}\nNobody rang it."
    assert voice_of(text, line).kind == CAPTION
    assert voice_of(text, "Nobody rang").kind == AUTHOR


PAGE = """Why the bell hung there

The bell of Ostrel hung there for show. Nobody rang it in the winter of the ice, and forty boats
were lost for it. The council has promised another one.

About the author: Jon Helder keeps the lighthouse.



Tove R.
Ostrel
March 4, 2021
Mr. Helder, you never rang it yourself. “Do as I say,” you tell us.
And the keeper slept.
Keeper of the Lighthouse Jon Helder
Posted by Jon Helder
March 2, 2021

Latest Stories

March 9, 2021

The Bell Is Gone

With a new council in office it is time to ask who took the bell.
"""


@pytest.mark.parametrize("author", ["Jon Helder", None], ids=["known author", "unknown author"])
def test_a_comment_is_its_reader_s_and_ends_where_it_ends(author: str | None) -> None:
    tove = Voice("Tove R.", "comment")
    own = Voice(author or CHRONICLE)
    for words in ("you never rang", "Do as I say", "keeper slept", "Tove R."):
        assert voice_of(PAGE, words, author=author) == tove
    for words in ("hung there for show", "Posted by", "Keeper of", "who took", "keeps the light"):
        assert voice_of(PAGE, words, author=author) == own


@pytest.mark.parametrize("heading", ["Comments", "2 Responses", "3 comments", "Kommentare"])
def test_comments_under_a_heading(heading: str) -> None:
    text = (
        f"The bell hung there for show.\n\n{heading}\n\nTove R. says:\n\nYou never rang it.\n\n"
        "And you slept.\n\nJon Helder\nMarch 4, 2021\n\nI did ring it, and you know it.\n\n"
        "Related stories\n\nThe ice came early."
    )
    assert voice_of(text, "hung there") == Voice(CHRONICLE)
    assert voice_of(text, "You never").speaker == voice_of(text, "you slept").speaker == "Tove R."
    assert voice_of(text, "I did ring") == Voice("Jon Helder", "comment")
    assert voice_of(text, "I did ring", author="Jon Helder") == Voice("Jon Helder")
    assert voice_of(text, "came early") == Voice(CHRONICLE)


def test_a_comment_without_a_name_is_nobody_s_and_not_the_author_s() -> None:
    text = "The bell hung there for show.\n\nComments\n\nYou never rang it, and you know it."
    assert voice_of(text, "You never") == Voice(None, "comment")


def test_a_brief_speaks_for_whom_it_restates_and_quotes_the_others() -> None:
    text = "Helder says the ice was early. According to Mira Oltan, it was late."
    author = "OnRecord, restating Jon Helder"
    assert voice_of(text, "Helder says", author=author) == Voice(author)
    assert voice_of(text, "it was late", author=author) == Voice("Mira Oltan", "quoted", author)


@pytest.mark.parametrize("name", ["Harbour Rights Watch", "HRW", "The Harbour Rights Watch report"])
def test_an_organisation_by_any_of_its_names_is_the_author(name: str) -> None:
    text = f"{name} says that the ice was early."
    assert voice_of(text, "ice", publisher="Harbour Rights Watch").kind == AUTHOR


def test_its_critics_are_not_the_author() -> None:
    voice = voice_of("Critics of Jon Helder say that he slept.", "slept", author="Jon Helder")
    assert voice == Voice("Critics of Jon Helder", "quoted", "Jon Helder")


LEADS: dict[str, tuple[Voice, str, str]] = {
    "the author": (Voice("Mira Oltan"), "The ice came early.", "Mira Oltan:"),
    "the author, named": (Voice("Mira Oltan"), "Oltan counted the boats.", ""),
    "a word is not a name": (
        Voice("Harbour Rights Watch"), "The Watch was late.", "Harbour Rights Watch:"),
    "initials": (Voice("Harbour Rights Watch"), "HRW counted the boats.", ""),
    "whom a brief restates": (Voice("OnRecord, restating Mira Oltan"), "Oltan counted.", ""),
    "nobody": (Voice(None), "The ice came early.", ""),
    "quoted": (
        Voice("Mira Oltan", "quoted", "Jon Helder"), "“It came early.”",
        "Mira Oltan, quoted by Jon Helder:"),
    "quoted and named": (
        Voice("Mira Oltan", "quoted", "Jon Helder"), "Oltan has boasted that it came early.",
        "Jon Helder:"),
    "both named": (
        Voice("Mira Oltan", "quoted", "Jon Helder"), "Oltan says so, Helder writes.", ""),
    "quoted, nobody knows whom": (
        Voice(None, "quoted", "Jon Helder"), "“It came early.”", "Quoted by Jon Helder:"),
    "quoted, nobody knows by whom": (
        Voice("Mira Oltan", "quoted"), "“It came early.”", "Mira Oltan, quoted:"),
    "nothing is known": (Voice(None, "quoted"), "“It came early.”", "Somebody quoted:"),
    "a comment": (
        Voice("Tove R.", "comment"), "Tove R. is early.", "Tove R., a reader's comment:"),
    "a comment without a name": (Voice(None, "comment"), "Early.", "A reader's comment:"),
    "a caption": (Voice(CHRONICLE, "caption"), "Boats in ice.", "Port Chronicle, caption:"),
    "a caption of nobody": (Voice(None, "caption"), "Boats in ice.", "Caption:"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEADS)
def test_how_a_sentence_begins(name: str) -> None:
    voice, text, expected = LEADS[name]
    assert lead(voice, text) == expected


def test_quotations_end_where_they_end() -> None:
    text = 'He said “a ‘b’ c” and «d» and "e", not 5" of ice, and the guild\'s men\'s bell.'
    found = [text[slice(*q)] for q in quotations(text, [(0, len(text))])]
    assert found == [
        "“a ‘b’ c”",
        "«d»",
        '"e"',
    ]
    assert is_title("“The Ice and the Bell of Ostrel”")
    assert not is_title("“The ice and the bell of Ostrel”")


PIECES = st.sampled_from([
    *"“”‘’\"'«»„—\x01é冰©", " said ", " that ", "Mira Oltan", "She", "the mayor", "according to ",
    ", ", ". ", ": ", "; ", "\n", "\n\n", "Comments", "March 4, 2021", "Photo by A", "claims ",
    "called ", " a ", "the ice was early", "Jon Helder", "’s",
])  # fmt: skip
ANY = st.characters(codec="utf-8", exclude_characters="\0")
TEXTS = st.text(ANY, max_size=80) | st.lists(PIECES, max_size=30).map("".join)


@given(TEXTS, st.integers(-5, 200), st.integers(-5, 200), st.sampled_from([None, "Jon Helder"]))
def test_any_span_of_any_text_has_a_voice(
    text: str, start: int, end: int, author: str | None
) -> None:
    """And nobody is named who is not: a speaker stands in the text, or is the document's."""
    voice = voice_at(document(text, author=author), start, end)
    own = author or CHRONICLE
    if voice.kind in (AUTHOR, CAPTION):
        assert voice == Voice(own, voice.kind)
    elif voice.speaker is not None:
        plain = re.sub(r"\W+", " ", text)
        assert re.sub(r"\W+", " ", voice.speaker).strip() in plain
        assert voice.reported_by == (own if voice.kind == QUOTED else None)


def test_the_same_text_of_another_author_has_another_voice() -> None:
    """What is kept of a document is kept of its text and metadata, not of its id alone."""
    text = "Mira Oltan said that the ice was early."
    assert voice_of(text, "ice").kind == QUOTED
    assert voice_of(text, "ice", author="Mira Oltan") == Voice("Mira Oltan")


def test_far_into_a_long_document_its_people_are_still_known() -> None:
    """Long documents are read in parts; a part begins before its first span does."""
    filler = "The ice of Ostrel lay thick on the harbour and on the boats in it.\n\n" * 3000
    text = f"{filler}Mayor Mira Oltan came at noon.\n\nOltan said that it was early.\n\n{filler}"
    assert len(filler) > 200_000
    assert voice_of(text, "it was early") == Voice("Mira Oltan", "quoted", CHRONICLE)
    assert voice_of(text + "Comments\n\nTove R. says:\n\nIt was late.", "It was late") == Voice(
        "Tove R.", "comment"
    )


@pytest.mark.parametrize(
    "piece",
    ["‘a ", '"a ', "“a ", "She said ", "A ", "really ", "Oltan, who, ", "on ", "Unger and ", "Aa.",
     ", a b", "said ", "; X said that ", "Mira Oltan\nMarch 4, 2021\nIce.\n"],
)  # fmt: skip
def test_a_hostile_text_is_read_in_time(piece: str) -> None:
    """Each of them once took minutes, or may: they are what the rules look back and ahead for."""
    text = (piece * 60_000)[:100_000] + " he said."
    started = time.perf_counter()
    voice_at(document(text), 500, 900)
    assert time.perf_counter() - started < 5
