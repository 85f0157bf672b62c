"""Where a quote stands, as JSON, terminal and page say it; and what hidden words may not do."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pdf_samples import HEIGHT, WIDTH, made, put
from PIL import Image, ImageChops

from eval.answers import given as as_given
from eval.corpus import Corpus
from index.config import Config
from index.documents import Anchor, Document, Page, Section, Span
from index.encoder import HashingEncoder
from index.errors import InputError
from index.formats.mail_body import OWN, QUOTED
from index.layout import Box, Word, boxes, pack
from rag.answer import Answer, Citation, Claim, Hit, Voice, Withheld
from rag.composers import COMPOSERS, Draft
from rag.pinpoints import Pinpoint, address, pinpoint
from rag.proof import HIDDEN, prove
from rag.retrieval import Retriever
from rag.speakers import voice_at
from ui import render
from ui.cli import app
from ui.cli_documents import PICTURE_SCALE
from ui.footnotes import cautions, where_in
from ui.strings import ENGLISH
from ui.terminal import answer_text, hits_text
from ui.terminal_documents import documents_text, notes_text

FIRST = "The council of Ostrel met at noon."
SECOND = "It voted to close the old lock before the winter came."
UNSEEN = "The council of Ostrel sold the harbour in secret."
TEXT = f"{FIRST}\n\n{SECOND}\n\n{UNSEEN}"
AT = TEXT.index(SECOND)
TURN = TEXT.index("before the winter")
HID = TEXT.index(UNSEEN)

WORDS = [
    Word(AT, TURN - 1, Box(3, 72.004, 700.0, 300.0, 712.0)),
    Word(TURN, HID - 2, Box(4, 72.0, 80.0, 190.5, 92.0)),
]

PAPER = Document(
    "d" * 16, "docs/papers.zip!/minutes/may.pdf", "0" * 64, TEXT,
    author="A. Reeve", publisher="Quayside Press", published="2021-03",
    url="https://quayside.example/minutes#top", parent="docs/papers.zip",
    uncertain=("published",), notes=("page 4: running head left out",),
    pages=(Page("xiv", 0, 3), Page("xv", TURN, 4, 0.868)), sections=(Section("Minutes", 0, 0),),
    anchors=(Anchor("the lock", AT),), hidden=((HID, len(TEXT)),), layout=pack(WORDS),
    paragraphs=((0, len(FIRST)), (AT, AT + len(SECOND)), (HID, len(TEXT))),
)  # fmt: skip


def citing(document: Document, quote: str, number: int = 1) -> Citation:
    start = document.text.index(quote)
    span = Span(document.id, start, start + len(quote))
    return Citation(number, span, quote, Voice(document.speaker), document)


def hit(document: Document, *quotes: str) -> Hit:
    spans = [(at, at + len(q)) for q in quotes for at in [document.text.index(q)]]
    return Hit(document.passage(spans), document, 0.5, 1, ("dense",))


def answer(*citations: Citation, hits: tuple[Hit, ...] = ()) -> Answer:
    claims = tuple(Claim(citation.quote, (citation,)) for citation in citations)
    return Answer("What was decided?", claims, None if claims else "?", hits, "2021-03", "f" * 16)


def test_a_quote_across_a_page_break_is_on_both_pages():
    told = answer(citing(PAPER, SECOND), hits=(hit(PAPER, SECOND, UNSEEN),)).to_json()
    [cited], [found] = told["citations"], told["hits"]
    place = {
        "page": "xiv",
        "page_end": "xv",
        "page_index": 3,
        "paragraph": 2,
        "section": "Minutes",
        "anchor": "the lock",
        "ocr": 0.868,
    }
    assert place.items() <= found.items()
    assert found["hidden"] is True
    expected = place | {
        "hidden": False,
        "uncertain": ["published"],
        "boxes": [
            {"page": 3, "left": 72.0, "top": 700.0, "right": 300.0, "bottom": 712.0},
            {"page": 4, "left": 72.0, "top": 80.0, "right": 190.5, "bottom": 92.0},
        ],
    }
    assert {key: cited[key] for key in expected} == expected
    assert json.loads(json.dumps(told)) == told


def test_a_quote_on_one_page_has_no_other_end():
    place = citing(PAPER, FIRST).pinpoint
    assert place == Pinpoint("xiv", 3, None, 1, "Minutes", None, hidden=False, ocr=None)
    assert citing(PAPER, FIRST).boxes == ()


PLACES = st.lists(st.integers(0, 30), max_size=5).map(sorted)
SPAN = st.tuples(st.integers(0, 29), st.integers(1, 30)).filter(lambda span: span[0] < span[1])


@given(starts=PLACES, names=PLACES, unseen=st.lists(SPAN, max_size=3), span=SPAN)
def test_a_place_is_that_of_the_code_points_it_covers(
    starts: list[int], names: list[int], unseen: list[tuple[int, int]], span: tuple[int, int]
):
    pages = tuple(Page(f"p{n}", at, n, n / 10 if n % 2 else None) for n, at in enumerate(starts))
    anchors = tuple(Anchor(f"a{n}", at) for n, at in enumerate(names))
    told = replace(
        PAPER, text="x" * 30, pages=pages, anchors=anchors, hidden=tuple(unseen), paragraphs=()
    )
    on = [[page for page in pages if page.start <= at][-1:] for at in range(*span)]
    place = pinpoint(told, *span)
    assert place.page == (on[0][0].label if on[0] else None)
    assert place.page_index == (on[0][0].index if on[0] else None)
    assert place.page_end == (on[-1][0].label if on[-1] != on[0] else None)
    assert place.anchor == next((a.name for a in reversed(anchors) if a.start <= span[0]), None)
    assert place.hidden == any(a <= at < b for a, b in unseen for at in range(*span))
    read = [page[0].confidence for page in on if page and page[0].confidence is not None]
    assert place.ocr == min(read, default=None)


@given(
    anchor=st.text(min_size=1), page=st.sampled_from(["https://a.example/x", "http://b.example"])
)
def test_an_address_leads_to_the_named_place_whatever_its_name(anchor: str, page: str):
    told = replace(PAPER, url=f"{page}#old", anchors=(Anchor(anchor, 5),))
    assert address(told, 4) == f"{page}#old"
    parts = urlsplit(address(told, 5) or "")
    assert parts._replace(fragment="").geturl() == page
    assert unquote(parts.fragment) == anchor
    assert (address(told, 5) or "").isascii()
    assert not set(' "<>`\n') & set(parts.fragment)
    assert address(replace(told, url=None), 5) is None


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Pinpoint(page="xiv", paragraph=9), "p. xiv"),
        (Pinpoint(page="9", page_end="10"), "pp. 9–10"),
        (Pinpoint(paragraph=13, section="row 12"), "row 12"),
        (Pinpoint(paragraph=13, section="A row 12 of boats"), "para. 13"),
        (Pinpoint(), ""),
    ],
)
def test_a_place_is_said_by_page_else_row_else_paragraph(place: Pinpoint, words: str):
    assert where_in(place, ENGLISH) == words


def test_who_reads_is_warned_of_hidden_and_recognised_words_and_of_inferred_dates():
    hidden = answer(citing(PAPER, UNSEEN), hits=(hit(PAPER, UNSEEN),))
    [warned, ocr] = cautions(citing(PAPER, UNSEEN).pinpoint, ENGLISH)
    assert (warned, ocr) == ("hidden in the source", "read by OCR, 87 %")
    line = f"2021-03 (inferred), p. xv, {warned}, {ocr}. {PAPER.source}:{HID}-{len(TEXT)}"
    assert line in answer_text(hidden)
    assert "As of 2021-03 (inferred): the newest source cited." in answer_text(hidden)
    assert f"2021-03 (inferred)  p. xv  {warned}  {ocr}" in hits_text(hidden.hits)
    shown = render.answer(hidden)
    assert shown.count(f'<span class="flag">{warned}</span>, <span class="flag">{ocr}') == 2
    assert shown.count("March 2021</time> (inferred)") == 3
    near = answer(hits=(hit(PAPER, UNSEEN),))
    assert warned in answer_text(near)
    assert warned in render.answer(near).split(ENGLISH.closest)[1].split(UNSEEN)[0]
    plain = replace(PAPER, uncertain=("title",), hidden=(), pages=())
    assert "inferred" not in answer_text(answer(citing(plain, UNSEEN)))


def test_a_hit_that_is_hidden_in_part_says_so_and_which_words():
    found = answer(hits=(hit(PAPER, SECOND, UNSEEN),))
    named = f"[hidden in the source: {UNSEEN}]"
    for told in (hits_text(found.hits), answer_text(found)):
        assert "partly hidden in the source" in told
        assert f"{SECOND} {named}" in told
    shown = render.answer(found)
    assert f'<span class="unseen" data-name="{ENGLISH.hidden}">{UNSEEN}</span>' in shown
    assert '<span class="flag">partly hidden in the source</span>' in shown


def test_the_source_shows_what_is_hidden_and_where_the_file_lies():
    html = render.source(PAPER, Span(PAPER.id, TEXT.index("winter"), HID + 3))
    assert f'<span class="unseen" data-name="{ENGLISH.hidden}">The</span></mark>' in html
    assert html.count('class="unseen"') == 2
    assert 'href="https://quayside.example/minutes#the%20lock"' in html
    assert "may.pdf (in papers.zip)" in unescape(html)
    assert "docs/papers.zip › minutes/may.pdf" in html
    assert PAPER.notes[0] in html


def test_hidden_words_bear_no_claim():
    found = hit(PAPER, FIRST, SECOND, UNSEEN)
    drafts = [Draft(text, found, text) for text in (UNSEEN, FIRST)]
    both = Draft(FIRST, found, FIRST, more=((found, UNSEEN),))
    half = Draft("the harbour in secret", found, "the harbour in secret")
    [held, claim, *others] = prove([*drafts, both, half])
    assert held == Withheld(UNSEEN, HIDDEN)
    assert isinstance(claim, Claim)
    assert others == [Withheld(FIRST, HIDDEN), Withheld(half.text, HIDDEN)]
    seen = hit(replace(PAPER, hidden=()), FIRST, SECOND, UNSEEN)
    [claim] = prove([Draft(UNSEEN, seen, UNSEEN)])
    assert isinstance(claim, Claim), "it is withheld for being hidden and for nothing else"


def test_hidden_words_do_not_decide_who_speaks():
    heading, said = "Comments", "The bell cracked in May, and nobody mended it until the thaw."
    text = f"The bell of Marn is old.\n\n{heading}\n\nTove R. says:\n\n{said}"
    at = [text.index(part) for part in ("The bell of", heading, "Tove", said)]
    ends = [at[0] + 24, at[1] + len(heading), at[2] + 13, len(text)]
    told = replace(PAPER, text=text, paragraphs=tuple(zip(at, ends, strict=True)), hidden=())
    assert voice_at(told, at[3], len(text)).kind == "comment"
    unseen = replace(told, hidden=((at[1], ends[2]),))
    assert voice_at(unseen, at[3], len(text)) == Voice("A. Reeve")


def test_hidden_sentences_do_not_crowd_out_those_that_can_be_read(library):
    retriever = Retriever(library.open(), HashingEncoder(), Config(encoder="hashing"))
    composer = COMPOSERS["extractive"](retriever.late, Config())
    found = retriever.search("How thick was the ice on the second morning?")
    best = next(composer.compose(found))
    span = (best.start, best.start + len(best.quote))
    unseen = [
        replace(h, document=replace(h.document, hidden=(span,)) if h is best.hit else h.document)
        for h in found.hits
    ]
    drafts = list(composer.compose(replace(found, hits=tuple(unseen))))
    assert drafts
    assert all(draft.quote != best.quote for draft in drafts)
    assert all(isinstance(result, Claim) for result in prove(drafts))


def test_a_document_in_a_container_is_found_by_its_names():
    twin = replace(PAPER, id="e" * 16, source="docs/other.zip!/minutes/may.pdf")
    corpus = Corpus([PAPER, twin])
    for name in (PAPER.source, "papers.zip!/minutes/may.pdf"):
        assert corpus.named(name) is PAPER
    assert corpus.named("other.zip!/minutes/may.pdf") is twin
    told = as_given(answer(citing(PAPER, SECOND), hits=(hit(PAPER, FIRST),)), "q1")
    assert corpus.find("", told.citations[0].source) is PAPER
    assert told.citations[0].page == "xiv"


def test_the_list_is_a_table_and_marks_dates_that_were_inferred():
    plain = Document("a" * 16, "memo.txt", "0" * 64, "Told.", language="en", published="2020")
    lines = documents_text([PAPER, plain]).split("\n")
    assert [line.split() for line in lines] == [
        ["id", "format", "pages", "lang", "date", "notes", "file"],
        ["d" * 16, "pdf", "2", "-", "2021-03", "?", "1", PAPER.source],
        ["A.", "Reeve"],
        ["a" * 16, "txt", "-", "en", "2020", "-", "memo.txt"],
        [],
        ["?", "inferred:", "the", "source", "does", "not", "state", "its", "date"],
    ]
    columns = {line.rindex("  ") for line in (lines[0], lines[1], lines[3])}
    assert len(columns) == 1, "the last column begins at one place"
    assert documents_text([plain]).count("\n") == 1
    assert documents_text([]) == "no documents"


def test_the_notes_of_a_document_tell_what_its_text_does_not_show():
    assert notes_text(PAPER).split("\n") == [
        "docs/papers.zip › minutes/may.pdf",
        "page 4: running head left out",
        "inferred, not stated by the source: published 2021-03",
        f"hidden in the source (p. xv, {HID}-{len(TEXT)}): {UNSEEN}",
    ]


def test_show_prints_a_place_and_says_what_it_cannot_draw(library, capfdbinary, tmp_path: Path):
    def show(*options: str) -> bytes:
        app(["show", "harbour.md", *options, "--index", str(library.path)], standalone_mode=False)
        return capfdbinary.readouterr().out

    whole = json.loads(show("--json"))
    start = whole["text"].index("Forty-two")
    at = f"{start}-{start + 9}"
    assert show("--at", at) == b"Forty-two"
    place = json.loads(show("--at", at, "--json"))
    assert (place["text"], place["paragraph"], place["section"]) == ("Forty-two", 2, "The freeze")
    assert {"notes", "pages", "sections", "anchors", "hidden", "paragraphs"} <= whole.keys()
    assert b"nothing was left out" in show("--notes")
    picture = str(tmp_path / "page.png")
    for options, says in (
        (("--at", at, "--png", picture), "no pages to draw in a md file"),
        (("--png", picture), "--at START-END"),
        (("--at", "9-3"), "--at 9-3: no such place"),
        (("--at", "0-999999"), "no such place"),
        (("--at", "x"), "no such place"),
    ):
        with pytest.raises(InputError, match=says):
            show(*options)


@pytest.mark.parametrize(
    ("introduction", "writer"),
    [
        ("On Sat, 1 May 2021 Ruta Marsk wrote:", "Ruta Marsk"),
        ("On 1 May 2021 at 10:04 AM CEST Ruta Marsk <ruta@marn.example> wrote:", "Ruta Marsk"),
        ("Am 1. Mai 2021 um 10:04 schrieb Ruta Marsk <ruta@marn.example>:", "Ruta Marsk"),
        ("On Sat, 1 May 2021, ruta@marn.example wrote:", "ruta@marn.example"),
        ("From: Ruta Marsk <ruta@marn.example> Sent: 1 May 2021", "Ruta Marsk"),
        ("In the letter of May somebody wrote:", None),
    ],
)
def test_the_words_of_an_earlier_message_are_not_the_senders(introduction: str, writer: str | None):
    own, theirs = "The gates leak.", "The lock of Ostrel was mended in May, said the miller."
    later, end = "On 2 May Tomas Vell wrote:", "It will hold, and nobody need worry about it."
    lines = [own, introduction, theirs, later, end, "Yours, Oda."]
    text = "\n\n".join(lines)
    at = {line: text.index(line) for line in lines}
    parts = [(QUOTED, introduction), (OWN, lines[-1])]
    told = replace(
        PAPER, text=text, paragraphs=tuple((at[x], at[x] + len(x)) for x in lines), hidden=(),
        author="Oda Kessel", sections=tuple(Section(part, at[x], at[x]) for part, x in parts),
    )  # fmt: skip
    voices = [voice_at(told, at[x], at[x] + len(x)) for x in (own, theirs, end, lines[-1])]
    sender = Voice("Oda Kessel")
    assert voices == [
        sender,
        Voice(writer, "quoted", "Oda Kessel"),
        Voice(None, "quoted", "Oda Kessel"),  # the first writer may have gone on
        sender,
    ]


def test_show_draws_the_page_of_a_place_with_its_words_marked(make_index, tmp_path: Path):
    sheet = made(
        lambda canvas: put(canvas, ["The lock of Ostrel leaks.", "Nobody minds."], 60, 500)
    )
    folder = make_index({"minutes.pdf": sheet})
    document = folder.open().find("minutes.pdf")
    start = document.text.index("lock of Ostrel")
    out = tmp_path / "page.png"
    at = ["--at", f"{start}-{start + 14}", "--png", str(out), "--index", str(folder.path)]
    app(["show", "minutes.pdf", *at], standalone_mode=False)
    picture = Image.open(out).convert("RGB")
    assert picture.size == (WIDTH * PICTURE_SCALE, HEIGHT * PICTURE_SCALE)
    marked = ImageChops.difference(picture.getchannel("R"), picture.getchannel("B")).point(
        lambda difference: 255 * (difference > 40)
    )
    [box] = boxes(document.layout, start, start + 14)
    sides = [side * PICTURE_SCALE for side in (box.left, box.top, box.right, box.bottom)]
    assert marked.getbbox() == pytest.approx(sides, abs=4)
