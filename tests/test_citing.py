"""Footnotes without another program, files of references, annotations, links to the very words."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import bibtexparser
import pytest
import rispy
from conftest import MakeIndex
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pdf_samples import MEETING, column, made
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright
from pylatexenc.latex2text import LatexNodes2Text
from typer.testing import CliRunner

from index.documents import Anchor, Document, Page, Section, Span, document_id, sha256_hex
from index.errors import InputError
from index.store import IndexFolder
from rag.answer import Citation, Voice
from rag.citing import EXPORTS, Extras, date_of, exported, footnote
from rag.citing.annotations import CONTEXT, annotation, context
from rag.citing.fields import in_one_line
from rag.citing.fragments import TextDirective, link, text_directive
from rag.citing.people import Name, people
from ui.cli import app

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip

TEXT = "The ferry of Varn\n\nThe ferry sails again in April.\n\n“The crane,” she said, was mended."
FERRY, CRANE = TEXT.index("The ferry sails"), TEXT.index("“The crane")
PAPER = Document(
    document_id("papers/ferry.txt", TEXT), "papers/ferry.txt", sha256_hex(TEXT.encode()), TEXT,
    title="The “old” ferry", author="Ada Reeve and Tom van der Berg", publisher="Quayside Press",
    published="2021-03-04", language="en", url="https://quayside.example/ferry",
    paragraphs=((0, 17), (FERRY, CRANE - 2), (CRANE, len(TEXT))),
)  # fmt: skip


def citing(document: Document, start: int, end: int | None = None, **voice: Any) -> Citation:
    end = len(document.text) if end is None else end
    spoken = Voice(**voice) if voice else Voice(document.speaker)
    return Citation(1, Span(document.id, start, end), document.text[start:end], spoken, document)


def fnote(document: Document = PAPER, extras: Extras | None = None, **voice: Any) -> str:
    return footnote(citing(document, CRANE, **voice), extras=extras or Extras()).text


def person(given_name: str, family: str, particle: str | None = None) -> Name:
    return Name(family=family, given=given_name, particle=particle)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Ada Reeve", [person("Ada", "Reeve")]),
        ("Ada Maria Reeve", [person("Ada Maria", "Reeve")]),
        ("Reeve, Ada Maria", [person("Ada Maria", "Reeve")]),
        ("van der Berg, Tom", [person("Tom", "Berg", "van der")]),
        ("Tom van der Berg", [person("Tom", "Berg", "van der")]),
        ("Éva-Lotte O’Brien", [person("Éva-Lotte", "O’Brien")]),
        ("J. R. Hartley", [person("J. R.", "Hartley")]),
        ("Ray Bell, Jr.", [Name(family="Bell", given="Ray", suffix="Jr.")]),
        ("Ada Reeve, Tom Berg and Eva Lund", [person("Ada", "Reeve"), person("Tom", "Berg"),
                                              person("Eva", "Lund")]),
        ("Reeve, Ada; Council of Varn", [person("Ada", "Reeve"), Name("Council of Varn")]),
        ("Human Rights Watch", [Name("Human Rights Watch")]),
        ("Ministry of Trade and Industry", [Name("Ministry of Trade and Industry")]),
        ("Quay Press, restating Ada Reeve", [Name("Quay Press, restating Ada Reeve")]),
        ("UNICEF Varn", [Name("UNICEF Varn")]),
        ("Quayside", [Name("Quayside")]),
        ("محمد علي", [Name("محمد علي")]),
        ("习近平", [Name("习近平")]),
        ("admin2 user", [Name("admin2 user")]),
        ("", []),
    ],
)  # fmt: skip
def test_only_what_looks_like_a_person_is_taken_apart(line, names):
    assert list(people(line)) == names


def test_an_author_who_is_the_publisher_is_an_organisation():
    assert people("Ada Reeve", "Ada Reeve") == (Name("Ada Reeve"),)


BARE = replace(PAPER, title=None, author=None, publisher=None, published=None, url=None)
WHO = "Ada Reeve and Tom van der Berg, “The ‘old’ ferry”, Quayside Press"
WHERE = "<https://quayside.example/ferry>."


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (fnote(), f"{WHO}, 4 March 2021, para. 3, {WHERE}"),
        (fnote(replace(PAPER, pages=(Page("xiv", 0, 3),))),
         f"{WHO}, 4 March 2021, p. xiv, {WHERE}"),
        (fnote(replace(PAPER, pages=(Page("xiv", 0, 3), Page("xv", CRANE + 5, 4)))),
         f"{WHO}, 4 March 2021, pp. xiv–xv, {WHERE}"),
        (fnote(replace(PAPER, sections=(Section("row 12", CRANE, CRANE),))),
         f"{WHO}, 4 March 2021, row 12, {WHERE}"),
        (fnote(replace(PAPER, published="2021-03", uncertain=("published", "title"))),
         "Ada Reeve and Tom van der Berg, “The ‘old’ ferry” [title inferred], Quayside Press,"
         f" March 2021 (date inferred), para. 3, {WHERE}"),
        (fnote(speaker="Olga Brandt", kind="quoted", reported_by=PAPER.author),
         f"Olga Brandt, quoted in {WHO}, 4 March 2021, para. 3, {WHERE}"),
        (fnote(speaker="Olga Brandt", kind="quoted", reported_by="Port Office"),
         f"Olga Brandt, as reported by Port Office, quoted in {WHO}, 4 March 2021, para. 3,"
         f" {WHERE}"),
        (fnote(speaker=None, kind="quoted", reported_by=PAPER.author),
         f"Unnamed speaker, quoted in {WHO}, 4 March 2021, para. 3, {WHERE}"),
        (fnote(speaker="Jo", kind="comment"),
         f"Jo, reader’s comment on {WHO}, 4 March 2021, para. 3, {WHERE}"),
        (fnote(speaker=PAPER.author, kind="caption"),
         f"Caption in {WHO}, 4 March 2021, para. 3, {WHERE}"),
        (fnote(BARE), "Unnamed author, ferry.txt [untitled], undated, para. 3."),
        (fnote(replace(BARE, publisher="Quayside Press", published="2021")),
         "Quayside Press, ferry.txt [untitled], 2021, para. 3."),
        (fnote(replace(PAPER, source="home/me/box.zip!/may/ferry.txt", parent="home/me/box.zip")),
         f"{WHO}, 4 March 2021, para. 3, in box.zip › may/ferry.txt, {WHERE}"),
        (fnote(replace(PAPER, hidden=((CRANE, len(TEXT)),))),
         f"{WHO}, 4 March 2021, para. 3, hidden in the source, {WHERE}"),
        (fnote(extras=Extras(date_of("2026-05"), hashes=True)),
         f"{WHO}, 4 March 2021, para. 3, {WHERE[:-1]}, accessed May 2026."
         f" [SHA-256 {PAPER.sha256}]"),
    ],
)  # fmt: skip
def test_a_plain_footnote_leaves_nothing_out_and_makes_nothing_up(told, expected):
    assert told == expected


# Text as metadata may hold it: any character, line ends and half surrogate pairs apart.
titles = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf")), min_size=1, max_size=40)
latin = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@given(title=latin, name=latin)
@example(title="a } b { c", name="Port and Office, Ltd")
@example(title=r"\input{secret} --- ``x'' 100 % $x_1$ ~ ^", name="} @misc{x,")
@example(title="@comment{", name="Reeve and others")
def test_bibtex_is_read_again_whatever_the_words(title, name):
    document = replace(PAPER, id="0" * 16, title=title, author=f"Council of {name}")
    assume(";" not in name)  # which divides a list of authors
    library = bibtexparser.parse_string(exported([document, PAPER], "bibtex"))
    assert library.failed_blocks == []
    first, second = (entry.fields_dict for entry in library.entries)
    decoded = LatexNodes2Text(keep_comments=True).latex_to_text
    # The decoder has other code points than ASCII for these names of LaTeX; they print alike.
    read = decoded(first["title"].value.removeprefix("{").removesuffix("}"))
    assert read.translate(str.maketrans("ˆ˜‘’", "^~`'")) == title
    assert first["author"].value.startswith("{Council of ")
    assert second["author"].value == "Reeve, Ada and van der Berg, Tom"
    assert [second[key].value for key in ("year", "month", "day")] == ["2021", "mar", "4"]
    assert second["url"].value == PAPER.url


@given(title=titles, name=titles)
@example(title="ER  - ", name="A, B")
@example(title="TY  - BOOK\nER  - ", name="x")
def test_ris_is_read_again_whatever_the_words(title, name):
    assume(in_one_line(title) == title and name.strip() and ";" not in name)
    document = replace(PAPER, id="0" * 16, title=title, author=f"Council of {name}")
    first, second = rispy.loads(exported([document, PAPER], "ris", Extras(date_of("2026-05-03"))))
    assert first["title"] == title
    assert len(first["authors"]) == 1
    assert "," not in first["authors"][0]
    assert second["authors"] == ["Reeve, Ada", "van der Berg, Tom"]
    assert (second["year"], second["date"]) == ("2021", "2021/03/04/")
    assert second["access_date"] == "2026/05/03/"
    assert second["urls"] == [PAPER.url]


@pytest.mark.parametrize("form", EXPORTS)
def test_each_work_is_listed_once_under_a_key_of_its_own(form):
    same_words = replace(PAPER, id="0" * 16)
    written = exported([PAPER, same_words, PAPER], form)
    keys = set(re.findall(r"reeve-2021-[0-9a-f]{6}", written))
    assert keys == {f"reeve-2021-{PAPER.id[:6]}", "reeve-2021-000000"}
    assert written.count(PAPER.sha256) == 2
    assert "papers/" not in written, "a folder of the machine"


# What the Web Annotation Data Model (W3C Recommendation of 23 February 2017) asks for, 3.1 to 4.2,
# and the names that its context defines, of those that are used here.
REQUIRED = {
    "Annotation": {"@context", "id", "type", "target"},
    "TextualBody": {"value"},
    "SpecificResource": {"source", "selector"},
    "TextQuoteSelector": {"exact"},
    "TextPositionSelector": {"start", "end"},
    "FragmentSelector": {"value"},
    "Software": set(),
}
TERMS = {
    "id", "type", "motivation", "purpose", "body", "target", "source", "selector", "creator",
    "created", "generator", "generated", "value", "format", "language", "exact", "prefix", "suffix",
    "start", "end", "conformsTo", "name",
}  # fmt: skip
MOTIVATIONS = {
    "assessing", "bookmarking", "classifying", "commenting", "describing", "editing",
    "highlighting", "identifying", "linking", "moderating", "questioning", "replying", "tagging",
}  # fmt: skip
WHEN = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)


def check_model(node: Any) -> None:
    """Every object of an annotation has a known type or is a resource with an IRI."""
    if isinstance(node, list):
        for part in node:
            check_model(part)
    if not isinstance(node, dict):
        return
    assert {k for k in node if ":" not in k and not k.startswith("@")} <= TERMS
    assert all(k.startswith("dcterms:") for k in node if ":" in k)
    if "type" in node:
        assert node.keys() >= REQUIRED[node["type"]]
    else:
        assert re.match(r"(https?|ni|urn):", node["id"])
    for key in {"motivation", "purpose"} & node.keys():
        assert node[key] in MOTIVATIONS
    for value in node.values():
        check_model(value)


def test_an_annotation_is_one_of_the_model():
    made_one = annotation(citing(PAPER, FERRY, FERRY + 20), WHEN, ["The ferry sails."])
    check_model(made_one)
    assert made_one["@context"] == CONTEXT
    assert made_one["generated"] == "2026-05-03T09:30:00Z"
    assert made_one["body"][0]["value"] == "The ferry sails."
    assert made_one["target"]["source"]["id"] == PAPER.url
    quoted, position = made_one["target"]["selector"]
    assert quoted["exact"] == TEXT[position["start"] : position["end"]] == "The ferry sails agai"
    assert quoted["prefix"].endswith("Varn\n\n")
    again = annotation(citing(PAPER, FERRY, FERRY + 20), WHEN)
    assert again["id"] == made_one["id"]
    assert "body" not in again
    assert annotation(citing(PAPER, FERRY, FERRY + 21), WHEN)["id"] != again["id"]


def test_a_source_without_a_web_address_is_named_by_the_hash_of_its_bytes():
    """RFC 6920, the example of 8.1 has this digest."""
    sha = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"
    for url in (None, "javascript:alert(1)", "https://[broken"):
        made_one = annotation(citing(replace(PAPER, url=url, sha256=sha), 0), WHEN)
        check_model(made_one)
        assert made_one["target"]["source"]["id"] == (
            "ni:///sha-256;f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk"
        )


def test_the_page_of_a_pdf_is_selected_where_its_words_stand(make_index: MakeIndex):
    def paint(canvas: Any) -> None:
        canvas.showPage()
        column(canvas, [MEETING], 40, 500, 340)

    folder = make_index({"meeting.pdf": made(paint)})
    (document,) = folder.open().documents.values()
    start = document.text.index("The ferry will sail")
    cited = citing(document, start, document.text.index(" Nobody spoke"))
    made_one = annotation(cited, WHEN)
    check_model(made_one)
    fragment = made_one["target"]["selector"][2]
    found = re.fullmatch(r"page=2&viewrect=([\d.]+),([\d.]+),([\d.]+),([\d.]+)", fragment["value"])
    assert found
    left, top, width, height = map(float, found.groups())
    assert left >= 39
    assert left + width <= 381
    lines = {round(box.top) for box in cited.boxes}
    assert top == pytest.approx(min(box.top for box in cited.boxes), abs=0.01)
    assert height > 12 * (len(lines) - 1)  # as many lines of 12 points as the words take


words = st.sampled_from(["The", "the", "ice", "ferry,", "“rang”", "free-ice", "a&b", "É"])
blocks = st.lists(st.lists(words, min_size=1, max_size=8), min_size=1, max_size=5)


def paragraphs_document(made_of: list[list[str]]) -> Document:
    text = "\n\n".join(" ".join(block) for block in made_of)
    spans = tuple(match.span() for match in re.finditer(r"[^\n]+", text))
    return replace(PAPER, text=text, paragraphs=spans)


@st.composite
def quotes(draw: st.DrawFn) -> tuple[Document, int, int]:
    """A document in which words often stand twice, and a span from one word to another."""
    document = paragraphs_document(draw(blocks))
    found = [match.span() for match in re.finditer(r"\S+", document.text)]
    first = draw(st.integers(0, len(found) - 1))
    last = draw(st.integers(first, len(found) - 1))
    return document, found[first][0], found[last][1]


@given(quotes())
def test_prefix_quote_and_suffix_stand_in_one_place(quote):
    document, start, end = quote
    prefix, suffix = context(document.text, start, end)
    whole = prefix + document.text[start:end] + suffix
    places = [n for n in range(len(document.text)) if document.text.startswith(whole, n)]
    assert places == [start - len(prefix)]


def parsed(directive: str) -> TextDirective:
    """A directive as the draft has it read (3.3): divided first, decoded then."""
    parts = directive.removeprefix(":~:text=").split(",")
    prefix = parts.pop(0)[:-1] if parts[0].endswith("-") else ""
    suffix = parts.pop()[1:] if parts[-1].startswith("-") else ""
    start, *end = map(unquote, parts)
    assert len(end) <= 1
    return TextDirective(start, *end, prefix=unquote(prefix), suffix=unquote(suffix))


def first_match(directive: TextDirective, text: str) -> tuple[int, int] | None:
    """Where a browser goes: whole words, any case, each part within a block (here a line)."""

    def pattern(*terms: str) -> re.Pattern[str]:
        bounded = (rf"(?<!\w){re.escape(term)}(?!\w)" for term in terms if term)
        return re.compile(r"\s*".join(f"({term})" for term in bounded), re.IGNORECASE)

    opening = pattern(directive.prefix, directive.start, directive.suffix * (not directive.end))
    found = opening.search(text)
    if found is None:
        return None
    start, end = found.span(2 if directive.prefix else 1)
    if directive.end:
        closing = pattern(directive.end, directive.suffix).search(text, end)
        if closing is None:
            return None
        end = closing.end(1)
    return start, end


@given(quotes())
def test_a_text_fragment_leads_to_the_quote_and_nowhere_else(quote):
    document, start, end = quote
    directive = text_directive(document, start, end)
    assume(directive is not None)
    assert parsed(str(directive)) == directive
    assert first_match(parsed(str(directive)), document.text) == (start, end)
    said = " ".join(document.text[start:end].split())
    assert said.startswith(directive.start)
    assert said.endswith(directive.end)
    assert directive.end or said == directive.start


@given(blocks)
def test_what_stands_once_always_has_a_text_fragment(made_of):
    numbered = [
        [f"{word}{n}w{m}" for m, word in enumerate(block)] for n, block in enumerate(made_of)
    ]
    document = paragraphs_document(numbered)
    for start, end in document.paragraphs:
        assert text_directive(document, start, end)
        assert text_directive(document, 0, end)


def test_a_link_keeps_the_named_place_and_leaves_out_what_is_not_found():
    named = replace(PAPER, url="https://q.example/a?b=1#top", anchors=(Anchor("the crane", CRANE),))
    assert link(named, CRANE, len(TEXT)) == (
        "https://q.example/a?b=1#the%20crane:~:text=%E2%80%9CThe%20crane%2C%E2%80%9D%20she%20said"
        "%2C%20was%20mended."
    )
    twice = paragraphs_document([["The", "ice"], ["The", "ice"], ["The", "ice"]])
    assert text_directive(twice, 9, 16) is not None  # between the two others
    same = replace(twice, text="The ice The ice", paragraphs=((0, 7), (8, 15)))
    assert "-,The%20ice" in str(text_directive(same, 8, 15))
    hidden = replace(PAPER, hidden=((CRANE, CRANE + 3),))
    assert link(hidden, CRANE, len(TEXT)) == PAPER.url
    assert link(replace(PAPER, url="file:///etc/passwd"), CRANE, len(TEXT)) is None


def test_a_span_that_cuts_a_word_is_given_in_whole_words():
    start = TEXT.index("erry sails")
    assert text_directive(PAPER, start, start + 7) == TextDirective("ferry sails")


HARBOUR = """<!DOCTYPE html><html lang="en"><head><title>The harbour of Varn</title>
<style>p {{ margin: 0 0 1500px }}</style></head><body><article><h1>The harbour of Varn</h1>
<p>The council met in the morning. The ferry will sail again in April.</p>
<p>The office said no more than that, and the harbour was quiet until the thaw came in spring.</p>
<p id="decoy">The council met again at noon, and the old pilots came to hear what it had to say.
The ferry will sail again in April.</p>
<p id="marks">Tar, rope &amp; oil&nbsp;- all of <em>the finest</em>-grained - were sold out.</p>
<p id="first">The ledger of the pier names nine ships. {filler} The first of the long part ends.</p>
<p id="last">The second of the long part begins here. The crane was mended.</p>
</article></body></html>"""


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium, or name it in $CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser.new_page(viewport={"width": 800, "height": 600})


@pytest.fixture(scope="module")
def harbour() -> Iterator[tuple[str, bytes]]:
    """A page on the loopback, and its address."""
    filler = " ".join(f"Ship {n} came in with coal." for n in range(20))
    page = HARBOUR.format(filler=filler).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/harbour", page
        server.shutdown()


@pytest.mark.parametrize(
    ("place", "quote"),
    [
        ("decoy", r"The ferry will sail again in April\.(?=\s+Tar)"),
        ("marks", r"Tar, rope.*sold out\."),
        ("first", r"The ledger of the pier names nine ships\."),
        ("last", r"The crane was mended\."),
        ("first", r"The ledger of the pier.*begins here\."),
    ],
)
def test_chromium_scrolls_to_the_words(place, quote, tab, harbour, make_index):
    """The document comes from the page's own bytes, by the reader of web pages."""
    address, data = harbour
    (document,) = make_index({"harbour.html": data}).open().documents.values()
    document = replace(document, url=address, anchors=())
    (found,) = re.finditer(quote, document.text, re.DOTALL)
    tab.goto("about:blank")
    tab.goto(f"{link(document, *found.span())}")
    tab.wait_for_function("window.scrollY > 0", timeout=30_000)
    box = tab.locator(f"#{place}").bounding_box()
    assert box
    assert box["y"] < 600
    assert box["y"] + box["height"] > 0, "the words are not on the screen"


def test_chromium_stays_at_the_top_for_words_that_are_not_there(tab, harbour):
    """What the test above would see if links led nowhere."""
    tab.goto("about:blank")
    tab.goto(f"{harbour[0]}#{TextDirective('The ferry sank.')}")
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.scrollY") == 0


QUOTE = "The ice was 41 centimetres thick on\nthe second morning."


def answer_of(folder: IndexFolder) -> dict[str, Any]:
    document = folder.open().find("harbour.md")
    start = document.text.index(QUOTE)
    return {
        "schema": 1,
        "claims": [{"text": "Port Chronicle: It was 41 cm.", "citations": [1]}],
        "citations": [
            {"number": 1, "document": document.id, "source": "harbour.md", "quote": QUOTE,
             "start": start, "end": start + len(QUOTE), "speaker": "Somebody Else"}
        ],
    }  # fmt: skip


def cite(answer: object, folder: IndexFolder, *options: str) -> str:
    """What `onrecord cite` prints for an answer on standard input."""
    arguments = ["cite", "-", "--index", str(folder.path), *options]
    done = CliRunner().invoke(app, arguments, input=json.dumps(answer))
    if done.exception:
        raise done.exception
    return done.stdout_bytes.decode()


FOOTNOTE = "Port Chronicle, “The Winter of the Harbour”, Quayside Press, March 2021, para. 2"


def test_cite_prints_what_the_index_knows_and_not_what_the_answer_says(library: IndexFolder):
    answer = answer_of(library)
    told = cite(answer, library)
    assert told.startswith(f"[1] {FOOTNOTE}, <https://quayside.example/winter>.")
    assert "Somebody Else" not in told
    shown = cite(answer, library, "--format", "markdown", "--hash")
    assert shown.startswith("Port Chronicle: It was 41 cm.[^1]\n\n[^1]: “The ice was 41 ")
    assert "SHA\\-256" in shown or "SHA-256" in shown
    assert ":~:text=The%20ice%20was%2041%20centimetres%20thick%20on%20the%20second" in shown
    answer["claims"][0]["text"] = "2019. A *winter* of [ice]"
    shown = cite(answer, library, "--format", "markdown")
    assert shown.startswith(r"2019\. A \*winter\* of \[ice\][^1]")
    answer["claims"][0]["text"] = "Port Chronicle: It was 41 cm."
    (noted,) = json.loads(cite(answer, library, "--format", "annotations"))
    check_model(noted)
    assert noted["body"][0]["value"] == "Port Chronicle: It was 41 cm."
    assert "\r\nER  - \r\n" in cite(answer, library, "--format", "ris", "--accessed", "2026-05-03")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"quote": "The ice was 14 centimetres thick."}, "does not stand at"),
        ({"start": 0, "end": 0, "quote": ""}, "does not stand at"),
        ({"end": 10**12}, "does not stand at"),
        ({"document": "f" * 16}, "not in the index"),
        ({"number": 2}, "do not match"),
        ({"number": 0}, "citations.0.number"),
        ({"start": "12"}, "citations.0.start"),
    ],
)
def test_cite_refuses_an_answer_that_was_altered(change, why, library):
    answer = answer_of(library)
    answer["citations"][0] |= change
    with pytest.raises(InputError, match=why):
        cite(answer, library)


@pytest.mark.parametrize(
    ("answer", "options", "why"),
    [
        ({"claims": [], "citations": []}, [], "cites nothing"),
        ([1], [], "not an Answer object"),
        (None, ["--accessed", "May"], "not a date"),
        (None, ["--style", "harvard"], "no citation style"),
        (None, ["--format", "ris", "--style", "mla"], "--style is for footnotes"),
    ],
)
def test_cite_says_what_is_wrong_with_its_input(answer, options, why, library):
    with pytest.raises(InputError, match=why):
        cite(answer or answer_of(library), library, *options)


def test_cite_reads_a_file(library: IndexFolder, tmp_path: Path):
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer_of(library)), encoding="utf-8-sig")
    arguments = [str(path), "--index", str(library.path), "--style", "oscola"]
    done = subprocess.run(
        [sys.executable, "-c", "from ui.cli import main; main()", "cite", *arguments],
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.decode().startswith("[1] Port Chronicle, ‘The Winter of the Harbour’ (")
