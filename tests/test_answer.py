"""Invariants 1 and 2, held by the constructors; and the public JSON form, key by key."""

from __future__ import annotations

import pytest

from index.documents import Document, Passage, Span
from rag.answer import Answer, Citation, Claim, Hit, Place, Voice

TEXT = "The bell rang. The bell fell."
DOCUMENT = Document(
    "d1", "docs/bell.md", "ab" * 32, TEXT, title="Bells", author="A Guild", publisher="Quayside",
    published="2021-03", url="https://quayside.example",
)  # fmt: skip
OTHER = Document("d2", "docs/again.md", "cd" * 32, f"Again: {TEXT}")
PASSAGE = Passage("d1:0-29", Span("d1", 0, 29), TEXT, "Bells", None, ((0, 14), (15, 29)))
REPEAT = Place(Passage("d2:7-36", Span("d2", 7, 36), TEXT, None, None, ()), OTHER)
HIT = Hit(PASSAGE, DOCUMENT, 0.1234567, 1, ("dense",), ((4, 8),), ((9, 13), (24, 28)), (REPEAT,))


def citation(number=1, start=0, end=14, quote="The bell rang.", document_id="d1") -> Citation:
    return Citation(number, Span(document_id, start, end), quote, Voice("A Guild"), DOCUMENT)


def answer(claims=(), abstention=None) -> Answer:
    return Answer(
        "What rang?", tuple(claims), abstention, (HIT,), "2021-03", "f" * 16, {"compose": 0.1}, "q1"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": 1, "end": 15},
        {"start": 15, "end": 29},
        {"end": 13},
        {"start": 0, "end": 0, "quote": ""},
        {"start": 15, "end": 999, "quote": "The bell fell."},
        {"quote": "The bell rang!"},
        {"document_id": "d2"},
    ],
    ids=str,
)
def test_a_citation_whose_quote_is_not_what_stands_at_its_span_cannot_be_made(wrong):
    citation()
    with pytest.raises(ValueError, match="citation 1"):
        citation(**wrong)


def test_a_claim_without_a_citation_cannot_be_made():
    with pytest.raises(ValueError, match=r"without a citation: 'It rang\.'"):
        Claim("It rang.", ())


CLAIM = Claim("The bell rang.", (citation(),))


@pytest.mark.parametrize(
    ("claims", "abstention"),
    [([], None), ([], ""), ([CLAIM], "They do not say."), ([CLAIM], "")],
)
def test_an_answer_has_claims_or_a_reason_never_neither_or_both(claims, abstention):
    with pytest.raises(ValueError, match="claims or an abstention"):
        answer(claims, abstention)


def test_two_citations_with_one_number_cannot_be_told_apart():
    other = Claim("The bell fell.", (citation(1, 15, 29, "The bell fell."),))
    with pytest.raises(ValueError, match="same number"):
        answer([CLAIM, other])
    assert len(answer([CLAIM, CLAIM]).citations) == 1


def test_the_text_marks_every_claim_with_its_citations():
    second = citation(2, 15, 29, "The bell fell.")
    both = Claim("It rang and fell.", (citation(), second))
    found = answer([CLAIM, both])
    assert found.text == "The bell rang. [1] It rang and fell. [1] [2]"
    assert found.citations == (citation(), second)


def test_the_json_of_an_answer_is_that_of_the_contract():
    assert answer([CLAIM]).to_json() == {
        "schema": 1,
        "id": "q1",
        "question": "What rang?",
        "abstained": False,
        "reason": None,
        "text": "The bell rang. [1]",
        "claims": [{"text": "The bell rang.", "citations": [1]}],
        "citations": [
            {
                "number": 1,
                "document": "d1",
                "source": "docs/bell.md",
                "start": 0,
                "end": 14,
                "quote": "The bell rang.",
                "speaker": "A Guild",
                "voice": "author",
                "reported_by": None,
                "short": [],
                "title": "Bells",
                "publisher": "Quayside",
                "published": "2021-03",
                "uncertain": [],
                "page": None,
                "page_end": None,
                "page_index": None,
                "paragraph": None,
                "section": None,
                "anchor": None,
                "hidden": False,
                "ocr": None,
                "boxes": [],
                "url": "https://quayside.example",
                "sha256": "ab" * 32,
            }
        ],
        "hits": [
            {
                "rank": 1,
                "score": 0.123457,
                "document": "d1",
                "source": "docs/bell.md",
                "start": 0,
                "end": 29,
                "text": TEXT,
                "page": None,
                "page_end": None,
                "page_index": None,
                "paragraph": None,
                "section": None,
                "anchor": None,
                "hidden": False,
                "ocr": None,
                "found_by": ["dense"],
                "words": [[4, 8]],
                "near": [[9, 13], [24, 28]],
                "repeats": [{"document": "d2", "source": "docs/again.md", "start": 7, "end": 36}],
            }
        ],
        "as_of": "2021-03",
        "fingerprint": "f" * 16,
        "confidence": None,
        "composer": "extractive",
        "withheld": [],
        "differences": [],
        "notes": [],
        "understood": None,
        "seconds": {"compose": 0.1},
    }


def test_the_json_of_an_abstention_keeps_its_hits_and_says_why():
    found = answer([], "They do not say.").to_json()
    assert (found["abstained"], found["claims"], found["citations"]) == (True, [], [])
    assert found["text"] == found["reason"] == "They do not say."
    assert len(found["hits"]) == 1
