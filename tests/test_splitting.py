"""Invariant 1 at its root: spans. Whatever the text, a passage is what stands at its span."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import HASHING
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from index.documents import Document, Page, Section, Span
from index.encoder import HashingEncoder
from index.errors import InputError
from index.indexing import add
from index.readers import read_file
from index.sentences import sentence_spans
from index.splitting import Budget, split
from index.store import IndexFolder
from index.tokens import count_tokens

PIECES = [
    *(
        "Rain fell.",
        "Rain fell. ",
        "Who rang the bell? ",
        "U.S. ",
        "Jan. 7",
        "[12]",
        "“Stay,” ",
        "3.5 ",
    ),
    *(" ", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\r\r", "\n\r", "\t", "\x0b", "\x1c", "\x85"),
    *(
        "e\u0301",
        "\u0301",
        "İstanbul'da yağdı. ",
        "مرحبا بالعالم. ",
        "日本語の文。",
        "สวัสดี",
        "👩‍👩‍👧",
        "😀",
    ),
    *(
        "\u00ad",
        "\u00a0",
        "\u200b",
        "\ufeff",
        "\u2028",
        "\u3000",
        "\u200f",
        "\u0130",
        "ß",
        "ﬁ",
        "…",
    ),
    *("# ", "## Head ", "- ", "• ", "12. ", "---\n", "title: x\n", "> ", "[SEP]", "<|endoftext|>"),
    *("x" * 130, "😀" * 40, "word " * 40, "no-space-at-all," * 12, "." * 50),
]
TEXTS = st.lists(
    st.sampled_from(PIECES)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
    min_size=1,
    max_size=30,
).map("".join)
SUFFIXES = st.sampled_from([".txt", ".md", ".markdown", ".html", ".csv"])  # any text may be one


def document(text: str, suffix: str) -> Document:
    try:
        reading = read_file(text.encode(), f"x{suffix}")
    except InputError:  # blank, or front matter that is none: said so, nothing to split
        assume(False)
    return Document("d", f"x{suffix}", "", reading.text,
                    sections=reading.sections, paragraphs=reading.paragraphs)  # fmt: skip


def visible(text: str, start: int, end: int) -> set[int]:
    """Positions of the characters that are not white space or of no width."""
    return {i for i in range(start, end) if not text[i].isspace() and text[i] not in "\u200b\ufeff"}


def assert_spans_hold(
    document: Document, tokens: int, pieces: int, count_pieces: Callable[[str], int]
) -> None:
    text, passages = document.text, split(document, Budget(tokens, pieces, count_pieces))
    for passage in passages:
        span = passage.span
        assert 0 <= span.start < span.end <= len(text)
        assert passage.text == text[span.start : span.end]
        assert count_tokens(passage.text) <= tokens
        assert count_pieces(passage.text) <= pieces
        assert (passage.sentences[0][0], passage.sentences[-1][1]) == (span.start, span.end)
    for one, next_one in pairwise(passages):
        assert one.span.end <= next_one.span.start
    sentences = [sentence for passage in passages for sentence in passage.sentences]
    assert all(a < b <= c < d for (a, b), (c, d) in pairwise(sentences))
    covered = [i for start, end in sentences for i in visible(text, start, end)]
    wanted = {i for start, end in document.paragraphs for i in visible(text, start, end)}
    assert sorted(covered) == sorted(wanted)  # each exactly once, nothing else


@given(TEXTS, SUFFIXES)
@example("Rain fell. Rain fell.\r\n\r\nRain fell.", ".txt")
@example("\ufeff# İ\r\n\r\n- e\u0301\r\r- \u00ad", ".md")
@settings(max_examples=600)
def test_every_passage_stands_at_its_span_within_the_budget(text, suffix):
    assert_spans_hold(document(text, suffix), 16, 12, HashingEncoder().count_pieces)


@given(TEXTS, SUFFIXES)
def test_passages_never_hold_more_word_pieces_than_the_model_reads(minilm, text, suffix):
    assert_spans_hold(document(text, suffix), 2000, 24, minilm.count_pieces)


@given(TEXTS, SUFFIXES)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_texts_and_spans_come_back_from_the_disk_as_they_were(text, suffix):
    before = document(text, suffix)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, f"x{suffix}")
        path.write_bytes(text.encode())
        assume(any(before.text[i].isalnum() for a, b in before.paragraphs for i in range(a, b)))
        folder = IndexFolder(Path(name, "index"))
        assert len(add(folder, [str(path)], HASHING).added) == 1
        snapshot = folder.open()
        (after,) = snapshot.documents.values()
        assert after.text == before.text
        assert (after.paragraphs, after.sections) == (before.paragraphs, before.sections)
        encoder = HashingEncoder()
        budget = Budget(HASHING.passage_tokens, encoder.max_pieces, encoder.count_pieces)
        assert [
            (p.span.start, p.span.end, p.text, p.sentences, p.section) for p in snapshot.passages
        ] == [
            (p.span.start, p.span.end, p.text, p.sentences, p.section)
            for p in split(before, budget)
        ]


@given(TEXTS)
def test_no_letter_of_a_plain_text_is_left_out_of_its_paragraphs(text):
    read = document(text, ".txt")
    inside = {i for start, end in read.paragraphs for i in range(start, end)}
    assert [c for i, c in enumerate(text) if c.isalpha() and i not in inside] == []


def test_a_passage_does_not_cross_a_heading_and_names_its_section():
    read = document("Before.\n\n# One\n\nA b.\n\nC d.\n\n## Two\nE f.\n", ".md")
    passages = split(read, Budget(200, 254, HashingEncoder().count_pieces))
    assert [(p.text, p.section) for p in passages] == [
        ("Before.", None),
        ("One\n\nA b.\n\nC d.", "One"),
        ("Two\nE f.", "Two"),
    ]


def test_a_long_paragraph_is_parted_evenly_at_sentence_ends():
    text = " ".join(f"The gauge at pier {n} stood at {n} feet." for n in range(12))
    passages = split(document(text, ".txt"), Budget(50, 254, HashingEncoder().count_pieces))
    assert len(passages) == 3
    assert all(passage.text.endswith("feet.") for passage in passages)
    lengths = [len(passage.text) for passage in passages]
    assert max(lengths) < 1.3 * min(lengths)


def test_a_sentence_beyond_the_budget_is_cut_between_words_if_it_has_any():
    spaced = "salt " * 60
    unspaced = "salt" * 200
    budget = Budget(16, 254, HashingEncoder().count_pieces)
    assert {p.text.strip() for p in split(document(spaced, ".txt"), budget)} <= {
        " ".join(["salt"] * n) for n in range(1, 61)
    }
    parts = [p.text for p in split(document(unspaced, ".txt"), budget)]
    assert "".join(parts) == unspaced
    assert len(parts) > 1


def test_the_cost_of_splitting_grows_with_the_text_not_with_its_square():
    """A quarter of a million characters without one space; it took minutes once."""
    started = time.perf_counter()
    passages = split(document("😀" * 250_000, ".txt"), Budget(200, 254, len))
    assert "".join(p.text for p in passages) == "😀" * 250_000
    assert time.perf_counter() - started < 20


def test_ten_thousand_footnote_marks_and_headings_take_no_time():
    started = time.perf_counter()
    for marks in ("¹" * 10_000, "[1]" * 10_000, "¹ " * 10_000):
        text = f"It rained.{marks}x"
        spans = sentence_spans(text, 0, len(text))
        assert spans[0][0] == 0
        assert spans[-1][1] == len(text)
    assert time.perf_counter() - started < 5
    text = "".join(f"# Head {n}\n\nIce.\n\n" for n in range(8_000))
    started = time.perf_counter()
    read = document(text, ".md")
    passages = split(read, Budget(200, 254, len))
    assert [p.section for p in passages] == [f"Head {n}" for n in range(8_000)]
    assert [read.in_heading(p.span.start) for p in passages] == [True] * 8_000
    assert not any(read.in_heading(p.span.end - 1) for p in passages)
    assert time.perf_counter() - started < 8


def test_a_place_before_the_first_heading_or_page_has_neither():
    pages = (Page("iv", 3), Page("v", 9))
    read = Document("d", "x", "", "0123456789", pages=pages, sections=(Section("S", 3, 5),))
    assert [read.page_at(i) for i in (0, 2, 3, 8, 9)] == [None, None, "iv", "iv", "v"]
    assert [read.section_at(i) for i in (2, 3, 9)] == [None, "S", "S"]
    assert [read.in_heading(i) for i in (2, 3, 4, 5)] == [False, True, True, False]


SENTENCES = [
    "The U.S. envoy left.|The U.N. Security Council met.",
    "It opened in the U.S.|He left.",
    "She came on Jan. 7, 2024.|He came on Feb. 9.",
    "Cmdr. Velo spoke.|Lt. Col. Arno did not.|Gov. Best left.",
    "Then-U.N. General Assembly members left.|Nobody followed.",
    "The guild thanked then-Gov. Best.|It closed.",
    "The fund lost 5 percent.[12]|The board met.[13][14]|It closed.",
    "The fund lost much. [12]|The board met.",
    "“The bell rang.”[4]|She left.",
    "Rain fell.²|Snow fell.¹²",
    "“We will go.”|She left.|“Stay,” he said.|(It was late.)|They did.",
    "The sea rose 3.5 percent.|No. 7 won.|Who?|Us!",
    "مرحبا بالعالم.|كيف الحال؟",
    "She paid $3.50 for No. 9 at 5 p.m. on Friday.",
]


@pytest.mark.parametrize("marked", SENTENCES)
def test_sentence_boundaries(marked):
    text = "Lead-in. " + marked.replace("|", " ")
    found = [text[a:b] for a, b in sentence_spans(text, len("Lead-in. "), len(text))]
    assert found == marked.split("|")


def test_a_span_is_never_negative_or_reversed():
    for start, end in ((-1, 2), (3, 2)):
        with pytest.raises(ValueError, match="not a span"):
            Span("d", start, end)
    assert Span("d", 0, 5).overlaps(Span("d", 4, 9))
    assert not Span("d", 0, 5).overlaps(Span("d", 5, 9))
    assert not Span("d", 0, 5).overlaps(Span("e", 4, 9))
