"""What a hostile document can do to the page: nothing. What a reader sees: the text, exactly."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Anchor, Document, Page, Passage, Section, Span
from index.errors import InputError
from index.layout import Box, Word, pack
from rag.answer import Answer, Citation, Claim, Difference, Hit, Place, Voice, Withheld
from rag.filters import Filters
from ui import page_filters, render, render_pages
from ui.checking import Verdict
from ui.excerpts import excerpt, pieces
from ui.render_checks import Checks
from ui.render_claims import short_places
from ui.render_hits import highlighted
from ui.render_parts import escaped, safe_link
from ui.strings import ENGLISH

SCRIPT = '<script>alert("x")</script><img src=x onerror="alert(1)">'
VOID = {"img", "input", "br", "link", "meta"}
OURS = {
    "section", "div", "h2", "h3", "p", "ol", "ul", "li", "button", "span", "bdi", "cite", "time",
    "details", "summary", "blockquote", "mark", "strong", "dl", "dt", "dd", "code", "a",
    "fieldset", "legend", "label", "input", "small", "select", "option", "figure", "figcaption",
    "img", "i",
}  # fmt: skip
ATTRIBUTES = {
    "class", "id", "dir", "lang", "type", "role", "tabindex", "datetime", "href", "target", "rel",
    "aria-label", "aria-pressed", "aria-disabled", "aria-expanded", "hidden", "alt", "src",
    "loading", "data-answer", "data-number", "data-verdict", "data-kind", "data-step", "data-as",
    "data-top", "data-bottom", "data-left", "data-width", "data-mark", "aria-labelledby",
    "data-place", "data-name", "name", "value", "autocomplete", "data-of", "data-says", "selected",
}  # fmt: skip


class Parsed(HTMLParser):
    """The elements of some HTML with their attributes and text content, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[int] = []
        self.feed(html)
        self.close()
        assert not self._open, "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag, "elements cross"

    def handle_data(self, data: str) -> None:
        for index in self._open:
            self.elements[index][2].append(data)

    def texts(self, tag: str, **attributes: str) -> list[str]:
        """Text contents of the elements with this tag and these attributes."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            "".join(text)
            for name, found, text in self.elements
            if name == tag and wanted.items() <= found.items()
        ]


def document(text: str, **known: object) -> Document:
    return replace(Document(id="d" * 16, source="files/a.md", sha256="0" * 64, text=text), **known)


def citing(
    where: Document,
    quote: str,
    text: str | None = None,
    number: int = 1,
    voice: Voice | None = None,
    short: str = "",
    lead: str = "",
) -> Claim:
    """A claim that is a quote, or rests on one; `short` are words of the quote."""
    start = where.text.index(quote)
    at = where.text.index(short, start)
    cited = Citation(
        number, Span(where.id, start, start + len(quote)), quote, voice or Voice(where.speaker),
        where, ((at, at + len(short)),) if short else (),
    )  # fmt: skip
    return Claim(text or quote, (cited,), lead)


def hit(where: Document, start: int, end: int, rank: int = 1) -> Hit:
    span = Span(where.id, start, end)
    passage = Passage(f"p{rank}", span, where.text[start:end], None, None, ((start, end),))
    return Hit(passage, where, 0.5, rank, ("dense", "keyword"))


def answer(*claims: Claim, **rest: object) -> Answer:
    plain = Answer("Who rang?", claims, None if claims else "?", (), None, "f" * 16)
    return replace(plain, **rest)


def shown_text(html: str) -> str:
    return Parsed(html).texts("div", class_="words")[0]


def test_the_renderer_needs_no_gradio():
    code = "import sys, ui.render, ui.web; sys.exit('gradio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_a_claim_carries_number_speaker_title_publisher_date_and_page():
    told = document(
        "Nobody rang the bell.", title="The Bell", author="A. Reeve", publisher="Quayside",
        published="2021-03-07", pages=(Page("iv", 0),),
    )  # fmt: skip
    page = Parsed(render.answer(answer(citing(told, told.text))))
    assert page.texts("p", class_="sentence") == ["Nobody rang the bell."]
    assert page.texts("button") == ["1 A. Reeve, The Bell, Quayside, 7 March 2021, p. iv"]
    assert page.texts("time", datetime="2021-03-07") == ["7 March 2021"]


def test_what_nobody_gave_is_not_made_up():
    page = Parsed(render.answer(answer(citing(document("One."), "One."))))
    assert page.texts("button") == ["1 a.md, undated"]


def test_a_publisher_who_is_the_speaker_is_named_once():
    told = document("One.", publisher="Quayside", published="2021")
    assert Parsed(render.answer(answer(citing(told, "One.")))).texts("button") == [
        "1 Quayside, a.md, 2021"
    ]


def test_the_quote_stands_under_a_sentence_that_is_not_the_quote():
    told = document("The town paid 3,500 crowns for a bell.")
    paraphrase = answer(citing(told, told.text, "The bell cost 3,500 crowns."))
    assert Parsed(render.answer(paraphrase)).texts("blockquote") == [told.text]
    assert ENGLISH.with_quotes in render.answer(paraphrase)
    assert Parsed(render.answer(answer(citing(told, told.text)))).texts("blockquote") == []


def test_an_abstention_is_no_answer_and_shows_what_was_near():
    told = document("One. Two.")
    html = render.answer(answer(abstention="They do not say.", hits=(hit(told, 0, 4),)))
    page = Parsed(html)
    assert page.texts("h2") == [ENGLISH.no_answer]
    assert page.texts("p", class_="reason") == ["They do not say."]
    assert page.texts("div", class_="closest")[0].startswith(ENGLISH.closest)
    assert page.texts("p", class_="sentence") == []


def test_who_says_a_sentence_stands_before_it():
    told = document("One.", author="A. Reeve")
    page = Parsed(render.answer(answer(citing(told, "One.", lead="A. Reeve:"))))
    assert page.texts("p", class_="sentence") == ["A. Reeve: One."]
    assert page.texts("bdi", class_="lead") == ["A. Reeve:"]


def test_the_short_answer_is_marked_in_the_sentence_and_in_a_quote_below_it():
    told = document("It cost  3,500\ncrowns \N{NO-BREAK SPACE}in May.")
    sentence = " ".join(told.text.split())
    for text, where in ((sentence, "p"), ("The bell cost that.", "blockquote")):
        html = render.answer(answer(citing(told, told.text, text, short="3,500\ncrowns")))
        [marked] = Parsed(html).texts("strong", class_="short")
        assert marked.split() == ["3,500", "crowns"]
        assert "".join(Parsed(html).texts(where)).count(marked) == 1


WORDS = st.lists(st.sampled_from(["a", "é", "<b>", "&amp;", "3,5", "\u202e"]), min_size=1)
SPACES = st.sampled_from([" ", "\n", " \t", "\u00a0", "\u2003\n", "\x1f"])


@given(words=WORDS, data=st.data())
def test_a_short_answer_is_the_same_words_whatever_the_white_space(
    words: list[str], data: st.DataObject
):
    quote, sentence = (
        "".join(word + data.draw(SPACES) for word in words[:-1]) + words[-1] for _ in range(2)
    )
    start = data.draw(st.integers(0, len(quote) - 1))
    end = data.draw(st.integers(start + 1, len(quote)))
    where = document(quote)
    span = Span(where.id, 0, len(quote))
    cited = Citation(1, span, quote, Voice(None), where, ((start, end),))
    found = [sentence[a:b] for a, b in short_places(sentence, cited)]
    assert ["".join(text.split()) for text in found] == (
        ["".join(quote[start:end].split())] if quote[start:end].split() else []
    )
    shown = Parsed(render.answer(answer(Claim(sentence, (cited,)))))
    assert shown.texts("span", class_="said") == [sentence]


@pytest.mark.parametrize(
    ("voice", "line"),
    [
        (Voice("B. Mate", "quoted", "A. Reeve"), "B. Mate, quoted by A. Reeve"),
        (Voice("B. Mate", "quoted"), "B. Mate, quoted"),
        (Voice(None, "quoted", "A. Reeve"), "quoted by A. Reeve"),
        (Voice("B. Mate", "comment"), "B. Mate, reader’s comment"),
        (Voice(None, "comment", "A. Reeve"), "reader’s comment"),
        (Voice("A. Reeve", "caption"), "A. Reeve, caption"),
    ],
)
def test_a_citation_says_whose_voice_it_is(voice: Voice, line: str):
    told = document("One.", author="A. Reeve", publisher="A. Reeve", published="2021")
    publisher = ", A. Reeve" if "A. Reeve" not in line else ""
    [button] = Parsed(render.answer(answer(citing(told, "One.", voice=voice)))).texts("button")
    assert button == f"1 {line}, a.md{publisher}, 2021"


def test_the_date_of_the_sources_is_said_always():
    told = document("One.", published="2021")
    states = {
        "2021": answer(citing(told, "One."), as_of="2021"),
        "2020": answer(abstention="No.", as_of="2020"),
        ENGLISH.as_of_unknown: answer(abstention="No."),
    }
    for date, given_answer in states.items():
        [line] = Parsed(render.answer(given_answer)).texts("p", class_="as-of")
        assert date in line


def test_what_was_withheld_is_folded_away_and_never_a_sentence():
    held = (Withheld("The mill burned.", "no quote"), Withheld("It rang.", "60 is not in it"))
    page = Parsed(render.answer(answer(abstention="No.", withheld=held)))
    assert page.texts("summary")[0] == "2 statements withheld: not supported by the documents"
    assert page.texts("p", class_="unproven") == ["Unproven The mill burned.", "Unproven It rang."]
    assert "60 is not in it" in page.texts("details", class_="withheld")[0]
    assert page.texts("p", class_="sentence") == []
    one = render.answer(answer(abstention="No.", withheld=held[:1]))
    assert Parsed(one).texts("summary")[0] == ENGLISH.withheld_one


def test_differing_sources_stand_side_by_side_under_their_dates():
    old = document("41 boats.", id="a" * 16, published="2019-01")
    new = document("43 boats.", id="b" * 16)
    claims = (citing(new, new.text, number=1), citing(old, old.text, number=2))
    differ = Difference("number", "boats", (2, 1))
    page = Parsed(render.answer(answer(*claims, differences=(differ,))))
    box = page.texts("div", class_="difference")[0]
    assert ENGLISH.differ.format(subject="boats") in box
    assert page.texts("p", class_="when") == ["January 2019", ENGLISH.no_date]
    assert box.index("41 boats.") < box.index("43 boats.")
    assert page.texts("p", class_="sentence") == ["43 boats.", "41 boats."]


def test_what_contradicts_the_question_comes_before_the_answer():
    told = document("The ferry ran. The guild stayed away.")
    first = citing(told, "The guild stayed away.", number=1)
    second = citing(told, "The ferry ran.", number=2)
    premise = Difference("premise", "the ferry stopped", (2,))
    page = Parsed(render.answer(answer(first, second, differences=(premise,))))
    [box] = page.texts("div", class_="otherwise")
    assert box.startswith(ENGLISH.otherwise)
    assert "the ferry stopped" in box
    assert page.texts("p", class_="sentence") == ["The ferry ran.", "The guild stayed away."]


def test_notes_are_announced_and_the_composer_is_named():
    told = document("One.")
    given_answer = answer(
        citing(told, "One."), notes=("the model did not answer",), composer="gguf:small",
        understood="Who rang the bell?",
    )  # fmt: skip
    page = Parsed(render.answer(given_answer))
    assert "the model did not answer" in page.texts("div", role="status")[0]
    assert "Composed by: gguf:small." in page.texts("p", class_="note composed")[0]
    assert page.texts("span", class_="understood") == ["Understood as: Who rang the bell?"]


def test_a_growing_answer_keeps_what_was_already_read():
    told = document("One. Two.")
    claims = (citing(told, "One."), citing(told, "Two.", number=2))
    region = '<div class="told">'
    grown = [render.progress("Who?", claims[:n]).split(region)[1] for n in (1, 2)]
    first = grown[0].split("</ol>")[0]
    assert grown[1].startswith(first)
    assert render.answer(answer(*claims)).split(region)[1].startswith(grown[1].split("</ol>")[0])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (answer(citing(document("One."), "One.")), ENGLISH.answered_one),
        (
            answer(citing(document("One."), "One."), citing(document("One."), "One.", number=2)),
            ENGLISH.answered.format(count=2),
        ),
        (answer(hits=(hit(document("One."), 0, 4),), abstention="No."), ENGLISH.answered_none),
        (answer(), ENGLISH.answered_nothing),
    ],
)  # fmt: skip
def test_the_status_says_once_that_an_answer_is_there(given: Answer, said: str):
    page = Parsed(render.answer(given))
    assert page.texts("p", class_="unseen-label") == [said]
    assert page.texts("div", role="status")[0].startswith(said)


CHECKED = Verdict("rejected", SCRIPT, SCRIPT, "2026-11-22T09:00:00Z")


def test_each_citation_of_a_whole_answer_can_be_copied_and_checked():
    told = document("One. Two.")
    claims = (citing(told, "One."), citing(told, "Two.", number=2))
    place = (told.id, 5, 9)
    page = Parsed(render.answer(answer(*claims), checks=Checks({place: CHECKED})))
    labels = ENGLISH.copy + ENGLISH.confirm + ENGLISH.reject
    first, second = page.texts("div", class_="actions")
    assert first == labels
    told_so = ENGLISH.rejected.format(who=SCRIPT, date="22 November 2026")
    assert second == f"{told_so}: {SCRIPT}{labels}"
    assert page.texts("p", class_="verdict rejected") == [f"{told_so}: {SCRIPT}"]
    differing = (Difference("number", "bells", (1, 2)),)
    sides = Parsed(
        render.answer(answer(*claims, differences=differing), checks=Checks({place: CHECKED}))
    )
    assert sides.texts("div", class_="found") == ["", f"{told_so}: {SCRIPT}"]
    read_only = Parsed(render.answer(answer(*claims), checks=Checks({place: CHECKED}, open=False)))
    assert set(read_only.texts("button", class_="copy")) == {ENGLISH.copy}
    assert read_only.texts("button", class_="check") == []
    assert len(read_only.texts("p", class_="verdict rejected")) == 1


def test_what_lists_citations_is_offered_only_where_there_are_some():
    kinds = dict(ENGLISH.take_kinds)
    styles = (("plain", "Plain"),)
    whole = Parsed(
        render.answer(answer(citing(document("One."), "One.")), checks=Checks(), styles=styles)
    )
    assert whole.texts("button", class_="file") == list(kinds.values())
    assert whole.texts("option", value="plain") == ["Plain"]
    nothing = Parsed(render.answer(answer(), checks=Checks(), styles=styles))
    left = ("markdown", "docx", "print", "pack")
    assert nothing.texts("button", class_="file") == [kinds[kind] for kind in left]
    assert nothing.texts("select") == []


def test_print_has_a_note_for_each_citation_under_its_number():
    told = document("One. Two.", title="The Bell", author="A. Reeve", published="2021")
    page = Parsed(render.answer(answer(citing(told, "One."), citing(told, "Two.", number=2))))
    [noted] = page.texts("div", class_="printed")
    assert noted.count("The Bell") == 2
    assert [page.texts("li", value=str(n)) != [] for n in (1, 2)] == [True, True]
    assert Parsed(render.answer(answer())).texts("div", class_="printed") == []


def paged() -> tuple[Document, Span]:
    """Two pages of two words each, and the span from the second word to the third."""
    text = "One two\f\nthree four"
    words = [(0, 3, 0, 40), (4, 7, 0, 80), (9, 14, 1, 40), (15, 19, 1, 80)]
    layout = pack(Word(a, b, Box(page, left, 100, left + 30, 112)) for a, b, page, left in words)
    told = document(text, pages=(Page("iv", 0, 0), Page("v", 9, 1)), layout=layout, title=SCRIPT)
    return told, Span(told.id, 4, 14)


def test_a_source_with_pages_is_shown_as_their_pictures_first():
    told, span = paged()
    sheets = render_pages.sheets(told, span, (0, 1))
    assert sheets == [
        render_pages.Sheet(0, "iv", 100, 112, 80, 150),
        render_pages.Sheet(1, "v", 100, 112, 40, 150),
    ]
    html = render.source(told, span, sheets=sheets)
    page = Parsed(html)
    pictures = [attrs for tag, attrs, _ in page.elements if tag == "img"]
    assert [picture["src"] for picture in pictures] == [
        f"/pictures/{told.id}/{n}?at=4-14" for n in (0, 1)
    ]
    quote = "two three"
    assert pictures[0]["alt"] == ENGLISH.page_alt.format(page="iv", title=SCRIPT, quote=quote)
    pressed = [(a["data-as"], a["aria-pressed"]) for t, a, _ in page.elements if "data-as" in a]
    assert pressed == [("page", "true"), ("text", "false")]
    assert shown_text(html) == told.text
    plain = Parsed(render.source(told, span))
    assert not [tag for tag, attrs, _ in plain.elements if tag == "img" or "data-as" in attrs]


def test_earlier_questions_are_listed_as_they_were_understood():
    told = document("One.")
    turns = [answer(citing(told, "One."), understood="Who rang the bell?"), answer()]
    page = Parsed(render.conversation(turns))
    assert page.texts("summary") == ["Who rang? Understood as: Who rang the bell?", "Who rang?"]
    assert page.texts("button", class_="new-talk") == [ENGLISH.new_talk]


def test_the_fold_out_tells_used_passages_from_unused_ones():
    told = document("One. Two.")
    html = render.answer(answer(citing(told, "One."), hits=(hit(told, 0, 4), hit(told, 5, 9, 2))))
    fates = [
        text.rsplit(" · ", 1)[1] for text in Parsed(html).texts("p", class_="note") if "·" in text
    ]
    assert fates == [ENGLISH.used, ENGLISH.unused]


HOSTILE = document(
    f"{SCRIPT} says it & more.", title=SCRIPT, author=SCRIPT, publisher=SCRIPT + "2",
    published='2021"><script>', url='javascript:alert("x")', licence=SCRIPT, source=f"f/{SCRIPT}",
    language='"><script>', pages=(Page(SCRIPT, 0),), sections=(Section(SCRIPT, 0, 4),),
    hidden=((2, len(SCRIPT) + 2),), notes=(SCRIPT,), uncertain=("published", SCRIPT),
    anchors=(Anchor(SCRIPT, 0),), parent=SCRIPT,
)  # fmt: skip


@pytest.mark.parametrize(
    "html",
    [
        render.source(HOSTILE, Span(HOSTILE.id, 0, len(SCRIPT))),
        render.source(HOSTILE, Span(HOSTILE.id, len(SCRIPT), len(SCRIPT) + 5)),
        render.answer(answer(citing(HOSTILE, SCRIPT), hits=(hit(HOSTILE, 0, 30),))),
        render.answer(answer(citing(HOSTILE, SCRIPT, "It says so."))),
        render.answer(answer(abstention=SCRIPT, hits=(hit(HOSTILE, 0, 60),))),
        render.problem(SCRIPT),
        render.progress(SCRIPT, (citing(HOSTILE, SCRIPT, lead=SCRIPT, short=SCRIPT),)),
        render.stopped(SCRIPT, ()),
        render.answer(
            answer(
                citing(HOSTILE, SCRIPT, voice=Voice(SCRIPT, "quoted", SCRIPT)),
                citing(HOSTILE, "it & more.", SCRIPT, number=2),
                withheld=(Withheld(SCRIPT, SCRIPT),),
                notes=(SCRIPT,),
                understood=SCRIPT,
                composer=SCRIPT,
                differences=(
                    Difference("number", SCRIPT, (1, 2)),
                    Difference("premise", SCRIPT, (2,)),
                ),
            )
        ),
        render.conversation([answer(citing(HOSTILE, SCRIPT), understood=SCRIPT)], checks=Checks()),
        render.answer(
            answer(citing(HOSTILE, SCRIPT)),
            checks=Checks({(HOSTILE.id, 0, len(SCRIPT)): CHECKED}),
            cautions=(SCRIPT,),
        ),
        render.source(*paged(), sheets=render_pages.sheets(*paged(), (0, 1))),
        page_filters.fold_out([HOSTILE, replace(HOSTILE, id="e" * 16)], SCRIPT, SCRIPT),
        page_filters.narrowed(
            Filters(documents=(HOSTILE.id,), authors=(SCRIPT,), phrases=(SCRIPT,)),
            {HOSTILE.id: SCRIPT},
        ),
    ],
    ids=[
        "source",
        "heading",
        "answer",
        "paraphrase",
        "abstention",
        "problem",
        "progress",
        "stopped",
        "account",
        "conversation",
        "checked",
        "pictures",
        "conditions",
        "narrowed",
    ],
)
def test_nothing_from_a_document_becomes_markup(html: str):
    page = Parsed(html)
    assert {tag for tag, _, _ in page.elements} <= OURS
    assert {name for _, attrs, _ in page.elements for name in attrs} <= ATTRIBUTES
    assert any(SCRIPT in "".join(texts) for _, _, texts in page.elements)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "javascript://quayside.example/%0aalert(1)",
        "file://quayside.example/etc/passwd",
        "//evil.example/x",
        "https:",
        "https://[broken",
        "relative/path",
    ],
)
def test_only_web_addresses_become_links(url: str):
    assert "<a" not in safe_link(url)


def test_a_link_tells_its_target_nothing():
    page = Parsed(safe_link('https://quayside.example/?a=1&b="2"'))
    (_, attributes, text) = page.elements[0]
    assert attributes["href"] == "".join(text) == 'https://quayside.example/?a=1&b="2"'
    assert attributes["rel"] == "noopener noreferrer"


def test_the_mark_is_the_quote_whatever_it_holds():
    quote = "“<b>R&D</b>”\r\n\u202egnirts\u202c '\"&amp; <mark>"
    told = document(f"Before. {quote} After.")
    start = told.text.index(quote)
    html = render.source(told, Span(told.id, start, start + len(quote)))
    assert Parsed(html).texts("mark") == [quote]
    assert shown_text(html) == told.text


def test_a_carriage_return_survives_the_parser():
    assert escaped("a\r\nb") == "a&#13;\nb"  # a browser turns a bare one into a line feed


def test_a_character_that_reorders_text_is_shut_in_and_named():
    assert escaped("a\u202eb") == 'a<bdi class="control" data-name="U+202E">\u202e</bdi>b'


def test_headings_stand_out_and_change_nothing():
    told = document("# The thaw\n\nIt came late.", sections=(Section("The thaw", 0, 10),))
    html = render.source(told, Span(told.id, 12, 25))
    assert Parsed(html).texts("strong") == ["# The thaw"]
    assert shown_text(html) == told.text


def test_a_long_document_is_cut_between_paragraphs_and_says_so():
    paragraph = "Nobody rang the bell that night.\n\n"
    length = len(paragraph)
    told = document(
        paragraph * 1000,
        paragraphs=tuple((i * length, i * length + length - 2) for i in range(1000)),
    )
    span = Span(told.id, 500 * length, 500 * length + 6)
    html = render.source(told, span)
    text = shown_text(html)
    assert text.startswith("Nobody")
    assert text.endswith("night.")
    assert 2 * render.CONTEXT - 4 * length < len(text) < 2 * render.CONTEXT + length
    first, last = render.window(told, span, render.CONTEXT)
    assert Parsed(html).texts("p", class_="cut") == [
        ENGLISH.cut_before.format(count=f"{first:,}"),
        ENGLISH.cut_after.format(count=f"{len(told.text) - last:,}"),
    ]


PIECES = st.sampled_from(["<", ">", "&", "&lt;", '"', "'", "\r", "\n", "\u202e", "</mark>", "<!--"])
TEXTS = st.lists(st.text(max_size=8) | PIECES, max_size=12).map("".join)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)


@given(
    before=TEXTS,
    quote=TEXTS.filter(bool),
    after=TEXTS,
    context=st.integers(0, 40),
    unseen=SPANS,
)
def test_stripping_the_markup_gives_back_the_text(
    before: str, quote: str, after: str, context: int, unseen: list[tuple[int, int]]
):
    told = document(before + quote + after, hidden=tuple(unseen))
    span = Span(told.id, len(before), len(before) + len(quote))
    html = render.source(told, span, context=context)
    first, last = render.window(told, span, context)
    assert first <= span.start < span.end <= last
    as_shown = told.text.replace("\0", "\ufffd")  # HTML has no way to write U+0000
    assert shown_text(html) == as_shown[first:last]
    assert Parsed(html).texts("mark") == [as_shown[span.start : span.end]]
    outside = "".join(c for at, c in hidden_in(told, first, last))
    assert "".join(Parsed(html).texts("span", class_="unseen")) == outside.replace("\0", "\ufffd")


def hidden_in(told: Document, first: int, last: int) -> list[tuple[int, str]]:
    """The code points from `first` to `last` that are in a hidden span, each once."""
    spots = (n for n in range(first, last) if any(a <= n < b for a, b in told.hidden))
    return [(n, told.text[n]) for n in spots]


def found(where: Document, spans: list[tuple[int, int]], near: list[tuple[int, int]]) -> Hit:
    return replace(hit(where, 0, len(where.text)), words=tuple(spans), near=tuple(near))


def test_words_of_the_question_are_marked_and_near_ones_otherwise():
    told = document("The <b>bell</b> rang & rang.")
    html = highlighted(found(told, [(7, 11), (23, 27)], [(16, 20)]), 0, len(told.text))
    page = Parsed(f"<p>{html}</p>")
    assert page.texts("mark", class_="word") == ["bell", "rang"]
    assert page.texts("mark", class_="near") == ["rang"]


@given(text=TEXTS.filter(bool), words=SPANS, near=SPANS, unseen=SPANS, length=st.integers(1, 60))
def test_marking_words_changes_nothing_of_the_text(
    text: str,
    words: list[tuple[int, int]],
    near: list[tuple[int, int]],
    unseen: list[tuple[int, int]],
    length: int,
):
    told = document(text, hidden=tuple(unseen))
    hit = found(told, words, near)
    start, end = excerpt(hit, length)
    assert 0 <= start <= end <= len(text)
    for first, last in ((0, len(text)), (start, end)):
        shown = Parsed(f"<p>{highlighted(hit, first, last)}</p>").texts("p")[0]
        assert shown == text[first:last].replace("\0", "\ufffd")
        named = "".join(piece for piece, kind in pieces(hit, first, last) if kind == "hidden")
        assert named == "".join(c for _, c in hidden_in(told, first, last))


def test_an_excerpt_shows_the_part_that_holds_the_words():
    told = document("Rain fell. " * 50 + "The bell rang. " + "Wind rose. " * 50)
    at = told.text.index("bell")
    start, end = excerpt(found(told, [(at, at + 4)], []), 40)
    assert told.text[start:end].startswith(("Rain", "fell", "The"))
    assert start <= at < at + 4 <= end <= start + 40
    assert told.text[start - 2 : start] == ". ", "it begins a sentence where it can"


def test_a_passage_that_stands_elsewhere_too_names_each_place_and_opens_it():
    told = document("One. Two.")
    other = document("Two, too.", id="e" * 16, title="Reprint", published="2021")
    repeat = Place(hit(other, 0, 3).passage, other)
    html = render.answer(
        answer(citing(told, "One."), hits=(replace(hit(told, 5, 9), repeats=(repeat,)),))
    )
    [also] = Parsed(html).texts("div", class_="also")
    assert also == f"{ENGLISH.also_in}Reprint, 2021"
    assert Parsed(html).texts("button", data_place=f"{other.id}:0-3") == ["Reprint, 2021"]


@pytest.mark.parametrize(
    ("sent", "filters"),
    [
        ("", Filters()),
        (None, Filters()),
        ('{"documents": ["a", "b"], "since": ["2020-01-01"]}',
         Filters(documents=("a", "b"), since="2020-01-01")),
        ('{"phrases": ["never again"]}', Filters(phrases=("never again",))),
        ('{"phrases": ["\\"never again\\" “the bell”"]}',
         Filters(phrases=("never again", "the bell"))),
        ('{"without": ["ice \\"the bell\\" 2019"]}', Filters(without=("ice", "the bell", "2019"))),
    ],
)  # fmt: skip
def test_what_a_reader_sets_becomes_conditions(sent: object, filters: Filters):
    assert page_filters.chosen(sent) == filters


@pytest.mark.parametrize(
    "sent",
    ["[]", "{", "[" * 100_000, '{"since": "2020"}', '{"x": []}', '{"since": ["soon"]}',
     '{"documents": [7]}'],
)  # fmt: skip
def test_what_no_page_of_ours_sends_is_refused(sent: str):
    with pytest.raises(InputError):
        page_filters.chosen(sent)


@pytest.mark.parametrize(
    ("sent", "strictness"),
    [("", 0.6), ('{"sure": ["balanced"]}', 0.6), ('{"sure": ["freely"]}', 0.0),
     ('{"sure": ["sure"], "phrases": ["ice"]}', 0.7)],
)  # fmt: skip
def test_how_sure_an_answer_must_be_moves_from_what_is_configured(sent: str, strictness: float):
    assert page_filters.strictness(sent, 0.6) == pytest.approx(strictness)
    assert page_filters.chosen(sent) == Filters(phrases=("ice",) if "ice" in sent else ())


def test_the_page_offers_the_steps_there_are():
    for step, words in ENGLISH.sure_steps:
        page_filters.strictness(f'{{"sure": ["{step}"]}}', 0.5)
        assert Parsed(page_filters.steps()).texts("option", value=step) == [words]
    with pytest.raises(InputError):
        page_filters.strictness('{"sure": ["certainly"]}', 0.5)


def test_conditions_offer_what_the_index_holds_and_a_field_for_what_does_not_fit():
    cards = [document("", id=f"{n:016}", title=f"Bell {n}", publisher="Quayside") for n in range(5)]
    page = Parsed(page_filters.fold_out(cards, "en", "f", listed=3))
    assert [t for t in page.texts("label") if t.startswith("Bell")] == [
        "Bell 0",
        "Bell 1",
        "Bell 2",
    ]
    assert ENGLISH.others.format(count=2) in page.texts("label", class_="field")
    assert page.texts("fieldset", class_="publishers") == [f"{ENGLISH.publishers}Quayside 5"]
    assert page.texts("fieldset", class_="authors") == []
    assert page.texts("fieldset", class_="languages") == [f"{ENGLISH.languages}en 5"]
