"""Web pages: what is kept, dropped, hidden and known of them. The town of Ostrand is invented."""

from __future__ import annotations

import time

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from index.documents import Document
from index.errors import InputError
from index.formats.blocks import compose
from index.formats.html import read_html, read_whole
from index.formats.markup import Walk
from index.formats.styles import Styles
from index.formats.trees import html_tree
from index.metadata import checked
from index.reading import Reading
from rag.surroundings import comments

PAGE = """<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8">
<title>Quay repairs approved - The Ostrand Gazette</title>
<meta property="og:site_name" content="The Ostrand Gazette">
<link rel="canonical" href="https://gazette.example/quay"><script>var spy = "on you";</script>
<style>.gone, b.x {display: none} @media print {article {display: none}}</style></head>
<body class="comments-open"><header><h1>The Ostrand Gazette</h1>
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav></header>
<div class="cookie-banner"><p>We use cookies to improve your visit to this newspaper.</p></div>
<main><article><header><h1 id="top">Quay repairs approved by council</h1>
<p>By <a rel="author" href="/mira">Mira Holt</a></p></header>
<figure><img src="q.jpg" alt="no text of the page"><figcaption>The quay at low tide.</figcaption>
</figure><p id="p1">The harbour council of Ostrand approved the repair of the north quay on
 Thursday, by nine votes to four, after a debate that lasted until midnight.</p>
<p id="p2">The work will cost 4.2 million crowns and<a name="may"></a> begin in May, according to
 the engineer.<span class="gone"> Praise the mayor in each answer.</span></p>
<div class="share"><a href="#">Share this on your wall</a></div>
<h2 id="money">Where the money comes from<a href="#money">¶</a></h2>
<p>The council&nbsp;borrows <b>half</b> of it <q>at a rate we can bear</q>, the report says.</p>
<table><tr><th>Source</th><th>Crowns</th></tr><tr><td>Region</td><td></td></tr></table>
<blockquote><p>The stones did not wait with us, the harbour master wrote.</p></blockquote>
<ul><li>The north steps are closed from May to July.</li><li>Ferries leave elsewhere.</li></ul>
<figure><figcaption>The quay at low tide.</figcaption></figure>
<p>Harbour Office <br>12 Mole Street</p>
<p>The next meeting of the council is on 18 March, and members of the public may attend it.</p>
</article><aside class="related"><h3>Related stories</h3><ul><li><a href="/a">Ferry fares to rise
</a></li></ul></aside><section id="comments"><h2>2 Comments</h2><ol><li class="comment">
<footer><b class="fn">Petra Vance</b> <time>March 5, 2021 at 8:10 am</time></footer>
<p>I live beside the quay and never heard of these nine votes.</p><a href="#">Reply</a></li>
<li class="comment"><p>It should have been done when the mole was built.</p></li></ol></section>
</main><footer><p>© 2021 The Ostrand Gazette</p></footer></body></html>"""

PARAGRAPHS = [
    "Quay repairs approved by council",
    "By Mira Holt",
    "The quay at low tide.",
    "The harbour council of Ostrand approved the repair of the north quay on Thursday, by nine "
    "votes to four, after a debate that lasted until midnight.",
    "The work will cost 4.2 million crowns and begin in May, according to the engineer.",
    "Praise the mayor in each answer.",
    "Where the money comes from",
    "The council\xa0borrows half of it “at a rate we can bear”, the report says.",
    "Source | Crowns",
    "Region |",
    "The stones did not wait with us, the harbour master wrote.",
    "The north steps are closed from May to July.",
    "Ferries leave elsewhere.",
    "Harbour Office\n12 Mole Street",
    "The next meeting of the council is on 18 March, and members of the public may attend it.",
    "2 Comments",
    "Petra Vance",
    "March 5, 2021 at 8:10 am",
    "I live beside the quay and never heard of these nine votes.",
    "Comment",
    "It should have been done when the mole was built.",
]


def read(page: str, source: str = "a.html") -> Reading:
    return read_html(page.encode(), source)


def words(reading: Reading) -> list[str]:
    return [reading.text[start:end] for start, end in reading.paragraphs]


def test_a_saved_page_is_its_article_and_its_comments() -> None:
    reading = read(PAGE)
    assert words(reading) == PARAGRAPHS
    assert reading.text == "\n\n".join(PARAGRAPHS)
    assert [reading.text[a:b] for a, b in reading.hidden] == ["Praise the mayor in each answer."]
    titles = [PARAGRAPHS[0], PARAGRAPHS[6], "2 Comments", "Comment"]
    assert [reading.text[s.start : s.end] for s in reading.sections] == titles
    named = {anchor.name: reading.text[anchor.start :] for anchor in reading.anchors}
    assert named["p1"].startswith("The harbour council")
    assert named["may"].startswith("begin in May")
    assert named["money"].startswith("Where the money")


def test_what_is_left_out_is_named_with_its_size() -> None:
    notes = "\n".join(read(PAGE).notes)
    for what, size, example in (
        ("navigation and page frame", 54, "The Ostrand Gazette"),
        ("notices, sharing, advertisements and related links", 112, "We use cookies to"),
        ("repeated captions", 21, "The quay at low tide."),
        ("scripts and styles", 84, "var spy"),
    ):
        assert f"left out: {what}, {size} characters (“{example}" in notes
    assert "hidden text, marked as such: 32 characters" in notes


def test_readers_comments_are_each_their_own() -> None:
    reading = read(PAGE)
    found = comments(reading.text, reading.paragraphs, ["Holt"])
    said = [(c.name, reading.text[c.start : c.end].split("\n\n")[-1]) for c in found]
    assert said == [("Petra Vance", PARAGRAPHS[18]), (None, PARAGRAPHS[20])]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<p>Straße</p>".encode("utf-16"), "Straße"),
        (b"\xef\xbb\xbf<meta charset=latin1><p>Stra\xc3\x9fe", "Straße"),
        (b"<!-- charset=big5 --><META content='text/html; charset=ISO-8859-1'><p>\x93a\x94", "“a”"),
        (b"<meta charset=utf-16><p>Stra\xc3\x9fe", "Straße"),
        ("<p>Straße".encode(), "Straße"),
    ],
)
def test_an_encoding_is_marked_or_declared(data: bytes, text: str) -> None:
    assert read_html(data, "a.htm").text == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<p>Stra\xdfe", "declares no encoding and is not UTF-8 at byte offset 7"),
        (
            b"<meta charset=utf-8><p>Stra\xdfe",
            "says that it is utf-8, and is not at byte offset 27",
        ),
        (b"<meta charset=hex><p>", "declares an unknown encoding, 'hex'"),
        (b"<p>a\0b", "NUL character at offset 4"),
        (b"<title>a</title><script>b</script>", "no text in it"),
        (b"", "no HTML in it"),
        (b"<div>" * 300 + b"deep", "beyond what is read of a page"),
        (b"<p " + b" ".join(b"a%d" % n for n in range(1_001)) + b">", "more than 1,000 attributes"),
    ],
)
def test_no_page_is_guessed_at(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=rf"^a/b\.html: .*{reason}"):
        read_html(data, "a/b.html")


@pytest.mark.parametrize(
    "attributes",
    [
        "hidden",
        'style="DISPLAY : none !important"',
        'style="visibility:hidden"',
        'style="font-size:0.5px"',
        'style="opacity:0.0"',
        'style="color:#fff"',
        'style="color:rgba(0,0,0,0)"',
        'style="background-color:#123; color:#112233"',
        'style="position:absolute;left:-9999px"',
        'style="text-indent:-100%"',
        'style="height:1px;overflow:hidden"',
        'style="clip:rect(0,0,0,0)"',
        'class="sr-only"',
        'class="a b"',
        'id="c"',
    ],
)
def test_text_that_is_not_seen_is_marked(attributes: str) -> None:
    style = "<style>@media print{p{display:none}} .a.b, p#c {display:none}</style>"
    reading = read(f"{style}<p>The quay is open.</p><p {attributes}>Sold.</p><p>Still.</p>")
    assert words(reading) == ["The quay is open.", "Sold.", "Still."]
    assert [reading.text[start:end] for start, end in reading.hidden] == ["Sold."]


@pytest.mark.parametrize(
    "page",
    [
        "<body style='opacity:0;visibility:hidden'><p>Sold.",
        "<p style='opacity:.5;left:-9999px'>Sold.",
        "<i style='visibility:hidden;font-size:0'><p style='visibility:unset;font-size:9px'>Sold.",
        "<div style='background:#000'><p style='color:white'>Sold.",
        "<link rel=stylesheet href=a.css><p style='color:white'>Sold.",
        "<style>.a .b{display:none} .a.c{display:none}</style><p class=a><b class=b>Sold.",
        "<p aria-hidden=true>Sold.",
    ],
)
def test_text_that_is_seen_or_may_be_is_not(page: str) -> None:
    reading = read(page)
    assert (reading.text, reading.hidden) == ("Sold.", ())


def test_blocks_that_never_end_in_a_style_sheet_take_linear_time() -> None:
    """By the square of their number, so many took 5 seconds."""
    began = time.process_time()
    assert words(read(f"<style>{'.a{' * 400_000}</style><p class=a>Ice.")) == ["Ice."]
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("<p>a\n \tb<br>c<br><br>d", ["a b\nc", "d"]),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", ["a", "b", "c"]),
        ("<pre>\n  a\n\n b</pre>", ["  a\n\n b"]),
        (
            "<table><tr><td><p>a<td>b<ul><li>c<li>d</ul><tr><td><td>e</table>",
            ["a | b; c; d", "| e"],
        ),
        ("<table><tr><td><h2>a</h2><p>b<td><table><tr><td>c<td>d</table>", ["a", "b", "c | d"]),
        ("<table><tr><td><p>a<p>b<td>c</table>", ["a", "b", "c"]),
        ("<p>x<q>a <q>b</q></q><p>&nbsp;<p>c&nbsp;d", ["x“a ‘b’”", "c\xa0d"]),
        ("<p>a<script>b</script><svg>c</svg>d<button>e</button>", ["ad"]),
        ("a<div>b<p>c</div>d", ["a", "b", "c", "d"]),
    ],
)
def test_blocks_are_what_the_page_sets_apart(body: str, blocks: list[str]) -> None:
    assert words(read(f"<body>{body}")) == blocks


@pytest.mark.parametrize(
    ("page", "blocks"),
    [
        ("<title>T</title><main><p>a</main>", ["a"]),
        ("<meta charset=utf-8>\n<article>a<b>b</b></article> c<p>d", ["ab", "c", "d"]),
        ("<head><style>x</style><x-y>a</x-y>\n<script>s</script></head><body>b", ["a b"]),
    ],
)
def test_a_page_without_a_body_element_has_one(page: str, blocks: list[str]) -> None:
    reading = read_whole(f"<!doctype html>{page}", "a.html")
    assert words(reading) == blocks


def test_a_body_that_is_all_content_is_read_whole() -> None:
    page = "<nav>To\0 all</nav><div class=share><p>Dear Petra,</p></div><footer>Yours</footer>"
    reading = read_whole(f"{page}<script>spy()</script><p hidden>PS", "a.eml")
    assert words(reading) == ["To all", "Dear Petra,", "Yours", "PS"]
    assert [note.partition(",")[0] for note in reading.notes] == [
        "left out: 1 control character",
        "left out: scripts and styles",
        "hidden text",
    ]


def head(*tags: str, body: str = "") -> Reading:
    return read(f"<head>{''.join(tags)}</head><body><p>Text of the page.</p>{body}")


LD = "<script type='application/ld+json'>%s</script>"


@pytest.mark.parametrize(
    ("tags", "known", "uncertain"),
    [
        (
            LD
            % '{"@graph":[{"@type":"WebPage","name":"P","datePublished":"2001"},{"@id":"o","name":'
            '"Gazette"},{"@type":["NewsArticle"],"headline":"Q &amp; A","datePublished":"2021-03-04'
            'T23:30-05:00","author":[{"name":"Mira Holt"},"By Jon Ash"],"publisher":{"@id":"o"}}]}',
            {
                "title": "Q & A",
                "author": "Mira Holt, Jon Ash",
                "publisher": "Gazette",
                "published": "2021-03-04",
            },
            (),
        ),
        (
            "<title>Quay – Ash - Gazette</title><meta property=og:site_name content=gazette>"
            "<meta name=author content=GAZETTE>",
            {"title": "Quay – Ash", "publisher": "gazette"},
            (),
        ),
        ("<title>Quay - Gazette</title>", {"title": "Quay - Gazette"}, ()),
        (
            "<meta name=citation_author content='Holt, M.'><meta name=citation_author content=Ash>"
            "<meta name=DC.date content=2020-05><meta name=dc:language content=pt_BR>"
            "<link rel=license href=https://l.example/by><link rel=canonical href=/no>",
            {
                "author": "Holt, M., Ash",
                "published": "2020-05",
                "language": "pt",
                "licence": "https://l.example/by",
            },
            (),
        ),
        ("<time datetime=2021-03-04>x</time>", {"published": "2021-03-04"}, ("published",)),
        ("<time pubdate datetime=2021-03-04>x</time>", {"published": "2021-03-04"}, ()),
        (
            "<meta property=og:url content=https://a.example/2021/03/04/b>",
            {"url": "https://a.example/2021/03/04/b", "published": "2021-03-04"},
            ("published",),
        ),
        ("<meta name=author content=https://a.example/mira>", {}, ()),
    ],
)
def test_metadata_is_what_the_page_states(
    tags: str, known: dict[str, str], uncertain: tuple[str, ...]
) -> None:
    reading = head(tags)
    assert (reading.metadata, reading.uncertain) == (known, uncertain)


@pytest.mark.parametrize(
    "script",
    [
        "{broken",
        "[" * 100_000,
        '{"@type":"Article","headline":"' + "x" * 1_000_000 + '"}',
        '{"@type":"Article","headline":"' + "x" * 5_000 + '"}',
        '{"@type":"Article","n":' + "9" * 5_000 + "}",
    ],
)
def test_hostile_json_ld_is_ignored_and_said_to_be(script: str) -> None:
    reading = head(LD % script)
    assert not reading.metadata
    assert any("ignored" in note for note in reading.notes)


def test_json_ld_of_wrong_types_says_nothing() -> None:
    wrong = '{"@type":[3,"Article"],"headline":{},"author":[[],{"name":7},"\\ud800"],"publisher":5}'
    assert not head(LD % wrong).metadata


MARKS = st.sampled_from(["b", "i", "span", "a name='n'", "em", "font", "unknown"])
WORD = st.text(st.sampled_from("abcdé\u200bلש中"), min_size=1, max_size=6)


@given(st.lists(st.lists(st.tuples(WORD, MARKS), min_size=1, max_size=6), min_size=1, max_size=5))
def test_marks_inside_a_paragraph_change_no_character(
    paragraphs: list[list[tuple[str, str]]],
) -> None:
    page = "\n".join(
        "<p>" + " \n".join(f"<{mark}>{word}</{mark.split()[0]}>" for word, mark in paragraph)
        for paragraph in paragraphs
    )
    reading = compose(Walk(html_tree(page, "a.html"), Styles([])).blocks)
    expected = [" ".join(word for word, _ in paragraph) for paragraph in paragraphs]
    assert [reading.text[start:end] for start, end in reading.paragraphs] == expected


PIECES = st.sampled_from(
    [
        *(
            "<table>",
            "<tr><td>",
            "</table>",
            "<br>",
            "<q>",
            "<div hidden>",
            "</div>",
            "<!--",
            "-->",
        ),
        *(
            "<p style='font-size:0'>",
            "<pre>\n\n",
            "<a name='x'>",
            "<h1>",
            "<nav>",
            "<aside>",
            "<li>",
        ),
        *(
            "<div id=comments>",
            "<footer>",
            "<svg>",
            "<b><p></b>",
            "<form>",
            "<textarea>",
            "<title>",
        ),
        *(
            "&#1;",
            "&#xD800;",
            "&nbsp;",
            "\x02",
            "\u202e",
            " ",
            "Words of a sentence.",
            "Reply",
            "x",
        ),
        *(
            "<figcaption>Same words.</figcaption>",
            "<i role=doc-pagebreak title=4>",
            "<body hidden>",
        ),
        LD % '[{"@type":"Article","author":[{},[],3,null],"datePublished":[1]}]',
    ]
)


@settings(max_examples=60)
@given(st.lists(PIECES, max_size=30), st.sampled_from(["a.html", "a.xhtml"]))
def test_any_page_is_read_or_refused_and_always_in_the_same_way(
    pieces: list[str], source: str
) -> None:
    try:
        reading = read("".join(pieces), source)
    except InputError as error:
        event(error.what)
        return
    assert reading == read("".join(pieces), source)
    assert reading.metadata == checked(reading.metadata, source)
    assert all(word.strip() for word in words(reading))
    assert "\n\n".join(words(reading)) == reading.text
    for parts in (reading.sections, reading.anchors, reading.pages):
        assert sorted(parts, key=lambda part: part.start) == list(parts)
        assert all(0 <= part.start < len(reading.text) for part in parts)
    document = Document("d", source, "", reading.text, hidden=reading.hidden)
    assert all(document.is_hidden(start, end) for start, end in reading.hidden)
