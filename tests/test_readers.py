"""Readers: what all have to hold, and those whose text is the file's own; nothing guessed."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import InputError
from index.formats.markdown import read_markdown
from index.formats.plain import read_text
from index.readers import READERS, read_file


def paragraphs(reading):
    return [reading.text[start:end] for start, end in reading.paragraphs]


SUFFIXES = [".markdown", ".md", ".txt"]

HOSTILE = [
    (b"\xff\xfea\0b\0", "encoded as UTF-16"),
    (b"\xfe\xff\0a\0b", "encoded as UTF-16"),
    (b"A fine \0 day", "NUL byte at offset 7"),
    (b"A fine day.\n\xe9t\xe9\n", r"invalid UTF-8 at byte offset 12 \(0xe9\)"),
    ("Grüße, ".encode() + b"\xed\xa0\x80", "invalid UTF-8 at byte offset 9"),
    (b"", "empty file"),
    (b"\xef\xbb\xbf \r\n\t\n", "empty file"),
]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(("data", "reason"), HOSTILE, ids=[reason for _, reason in HOSTILE])
def test_what_is_not_utf8_text_is_an_error_that_names_the_file_and_the_place(suffix, data, reason):
    with pytest.raises(InputError, match=rf"notes/a{suffix}: .*{reason}"):
        read_file(data, f"notes/a{suffix}")


TEXTS = [
    "One line",
    "\ufeffMarked. Twice.\n\nAgain.",
    "Windows.\r\n\r\nAnd old Macs.\rAnd none",
    "İ e\u0301 مرحبا \u00ad\u00a0\u2028 end\n",
    "# Head\n\n- item one\n- item two\n\n> quoted\n",
]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_the_file_to_the_code_point_and_its_paragraphs_lie_in_order(suffix, text):
    reading = read_file(text.encode(), f"a{suffix}")
    assert reading.text == text
    edges = [edge for paragraph in reading.paragraphs for edge in paragraph]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(text) for start, end in reading.paragraphs)
    assert all(reading.text[section.start] == "#" for section in reading.sections)


@pytest.mark.parametrize("name", ["tune.mp3", "README", "a.txt.bak"])
def test_an_ending_without_a_reader_is_refused_with_the_list_of_those_that_have_one(name):
    with pytest.raises(InputError, match=rf"{name}: no reader for .*\.txt, \.md"):
        read_file(b"Some text.", name)


def test_endings_are_read_whatever_their_case():
    assert paragraphs(read_file(b"# Head\n", "A.MD")) == ["Head"]


@pytest.mark.parametrize("suffix", sorted(READERS))
@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 99, b"PK\x03\x04\x14\0", b"PK\x05\x06" + b"\0" * 18, b"\xff\xfe"],
    ids=["empty", "nul", "cut zip", "empty zip", "byte order mark"],
)
def test_what_is_no_file_of_its_format_is_refused_by_name(suffix, data):
    with pytest.raises(InputError, match=rf"^in/a{re.escape(suffix)}\b"):
        read_file(data, f"in/a{suffix}")


@pytest.mark.parametrize("suffix", sorted(READERS))
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@settings(max_examples=30)
def test_whatever_the_bytes_a_reader_reads_or_refuses_and_its_places_lie_in_its_text(suffix, data):
    try:
        reading = read_file(data, f"a{suffix}")
    except InputError:
        return
    assert reading == read_file(data, f"a{suffix}")
    edges = [edge for paragraph in reading.paragraphs for edge in paragraph]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(reading.text) for start, end in reading.paragraphs)
    assert all(0 <= start < end <= len(reading.text) for start, end in reading.hidden)
    for places in (reading.sections, reading.anchors, reading.pages):
        starts = [place.start for place in places]
        assert starts == sorted(starts)
        assert not starts or 0 <= starts[0] <= starts[-1] <= len(reading.text)


WRAPPED = (
    "The keeper of the gauge wrote down the height of the water\n"
    "at noon on each day of the month.\n"
)

PLAIN = [
    (WRAPPED, [WRAPPED.strip()], "a hard-wrapped paragraph is one"),
    ("Born in 1970\nDied in 2020\n", ["Born in 1970", "Died in 2020"], "short lines stand alone"),
    ("x" * 300 + "\n" + "y" * 300, ["x" * 300, "y" * 300], "one line per paragraph"),
    ("One.\r\n \t\r\nTwo.\n\u00a0\nThree.", ["One.", "Two.", "Three."], "blank lines part"),
    ("• first\n  – second\n12. third\n2024 was dry\n", ["first", "second", "third", "2024 was dry"],
     "bullets are not prose"),
    ("\ufeff• first\n", ["first"], "nor behind a byte order mark"),
    ("-\n", ["-"], "a lone dash is kept"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "why"), PLAIN, ids=[case[2] for case in PLAIN])
def test_paragraphs_of_plain_text(text, expected, why):
    assert paragraphs(read_text(text.encode(), "a.txt")) == expected


MARKDOWN = [
    ("# A\nbody\nof a\n## B ##\n", ["A", "body\nof a", "B"], ["A", "B"]),
    ("\ufeff# A\n\ufeff\n- one\n- two\n  goes on\n3) three\n",
     ["A", "one", "two\n  goes on", "three"], ["A"]),
    ("# C# and F#\r\n\r\n#hashtag\r\n####### seven\r\n",
     ["C# and F#", "#hashtag\r\n####### seven"], ["C# and F#"]),
    ("# \n#\n\ntext\n", ["#", "text"], []),
    ("- \n- one\n2) \n  two\n3. ", ["one", "  two"], []),
    ("one\n \t\ntwo\r\n\u00a0\r\nthree\n", ["one", "two", "three"], []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "titles"), MARKDOWN)
def test_markdown_parts_at_headings_and_list_items(text, expected, titles):
    reading = read_markdown(text.encode(), "a.md")
    assert paragraphs(reading) == expected
    assert [section.title for section in reading.sections] == titles


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("fence", ["---", "...", "--- "])
def test_front_matter_is_metadata_and_stays_in_the_text_but_not_in_the_paragraphs(end, mark, fence):
    text = mark + end.join(
        ["---", "title: Tides", "published: 2024-05-01", fence, "# Head", "", "Body."]
    )
    reading = read_markdown(text.encode(), "a.md")
    assert reading.metadata == {"title": "Tides", "published": "2024-05-01"}
    assert reading.text == text
    assert paragraphs(reading) == ["Head", "Body."]


def test_a_thematic_break_is_not_front_matter():
    reading = read_markdown(b"---\nNot: closed\n\nProse.\n", "a.md")
    assert reading.metadata == {}
    assert paragraphs(reading)[-1] == "Prose."


FOREIGN = [
    ("tags: [a, b]\ndate: 2024-05-01\ntitle: Tides", {"title": "Tides"}),
    ("published: true\nlayout: post", {}),
    ("author: {name: Ann}\ntitel: a typo", {}),
    ("title: !!python/object/apply:os.system ['true']", {}),
    ("language: no\ntitle: 0123", {"language": "no", "title": "0123"}),
    ("title: !!int nonsense\nauthor: ~", {"title": "nonsense"}),
    (f"title: 0x{'f' * 9000}", {"title": f"0x{'f' * 9000}"}),
    ("published: 2024-05-01 10:30:00\nurl: null", {"published": "2024-05-01"}),
    ("published: 2024-05-01T10:30:00Z", {"published": "2024-05-01"}),
    ("a: &a {x: 1}\ntitle: T\n<<: *a", {"title": "T"}),
    ("# nothing said", {}),
]


@pytest.mark.parametrize(("block", "known"), FOREIGN, ids=[block[:30] for block, _ in FOREIGN])
def test_front_matter_of_other_programs_is_read_for_what_is_ours(block, known):
    reading = read_markdown(f"---\n{block}\n---\n\nBody.\n".encode(), "a.md")
    assert reading.metadata == known
    assert paragraphs(reading) == ["Body."]


@pytest.mark.parametrize("block", ["just words", "- one\n- two"])
def test_a_block_that_is_no_mapping_is_text(block):
    reading = read_markdown(f"---\n{block}\n---\n\nBody.\n".encode(), "a.md")
    assert reading.metadata == {}
    assert "".join(paragraphs(reading)).count(block.split()[-1]) == 1


def test_merge_keys_do_not_unfold():
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 30)]
    started = time.perf_counter()
    read_markdown("\n".join(["---", *lines, "---", "Body."]).encode(), "a.md")
    assert time.perf_counter() - started < 2


FENCED = [
    ("```sh\n# no head\n```\n# Head\n", ["Head"]),
    ("~~~\n# no\n```\n\n# nor this\n~~~~\n# Head\n", ["Head"]),
    ("````\n```\n# no\n````\n# Head", ["Head"]),
    ("```never closed\n\n# no\n", []),
    ("```inline``` code\n\n# Head\n", ["Head"]),
    ("- item\n  ```\n  x\n# no\n  ```\n\n# Head\n", ["Head"]),
]


@pytest.mark.parametrize(("text", "titles"), FENCED)
def test_a_line_of_code_is_no_heading(text, titles):
    reading = read_markdown(text.encode(), "a.md")
    assert [section.title for section in reading.sections] == titles
    assert "no" not in " ".join(titles)
    assert all(i in "".join(paragraphs(reading)) for i in titles)


def test_a_heading_of_many_spaces_takes_no_time():
    started = time.perf_counter()
    reading = read_markdown(("# a" + " " * 20_000 + "b #" + "\t" * 20_000).encode(), "a.md")
    assert reading.sections[0].title == "a" + " " * 20_000 + "b"
    assert time.perf_counter() - started < 1


HOSTILE_YAML = [
    "published: yesterday",
    "published: 2024-02-30",
    'title: "\\ud800"',
    "[" * 5000,
    "a: b: c",
]


@pytest.mark.parametrize("block", HOSTILE_YAML, ids=[block[:30] for block in HOSTILE_YAML])
def test_front_matter_that_is_none_is_an_error_that_names_the_file(block):
    with pytest.raises(InputError, match=r"a\.md \(front matter\)"):
        read_markdown(f"---\n{block}\n---\n\nBody.\n".encode(), "a.md")


UNSEEN = [
    ("a <!-- x --> b", ["a <!-- x --> b"], ["<!-- x -->"], "a comment in mid-sentence"),
    ("<!-- c\n\n# no\n-->\n# Yes <!-- id -->\ntext", ["Yes", "text"], [], "comments are no prose"),
    ("one\n<!-- c -->\ntwo", ["one", "two"], [], "a comment of a line parts paragraphs"),
    ("`<!-- code -->` and\n```\n<!-- too\n```\n", ["`<!-- code -->` and\n```\n<!-- too\n```"], [],
     "in code it is text"),
    ("open <!-- sesame\n\nSeen. -->", ["open <!-- sesame", "Seen. -->"], [],
     "open in mid-sentence: text"),
    ("Seen.\n\n<!-- open\n\nUnseen.", ["Seen."], [], "open at the start of a line: to the end"),
    ("\\<!-- seen -->", ["\\<!-- seen -->"], [], "escaped it is text"),
    ("<script>\nx = 1\n\ny\n</script>Seen.<style>p{}</style>", ["Seen."], [], "scripts, styles"),
    ("<p hidden>no</p> yes", ["<p hidden>no</p> yes"], ["<p hidden>no</p>"], "a hidden element"),
    ("<b style='color:red; display: none'>a <b>b</b></b> yes",
     ["<b style='color:red; display: none'>a <b>b</b></b> yes"],
     ["<b style='color:red; display: none'>a <b>b</b></b>"], "one with another inside"),
    ("<img hidden> <a href='#' title='a hidden thing'>yes</a>",
     ["<img hidden> <a href='#' title='a hidden thing'>yes</a>"], [], "nothing is hidden"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "seen", "hidden", "why"), UNSEEN, ids=[c[3] for c in UNSEEN])
def test_html_that_nobody_sees_leaves_the_paragraphs_or_is_marked(text, seen, hidden, why):
    reading = read_markdown(text.encode(), "a.md")
    assert reading.text == text
    assert paragraphs(reading) == seen
    assert [text[start:end] for start, end in reading.hidden] == hidden
    assert any(note.startswith("hidden text") for note in reading.notes) == bool(hidden)


def test_the_note_counts_what_was_left_out():
    reading = read_markdown(b"<!-- a -->\n<!-- b -->\n\nx <!-- c --> y <script>z</script>", "a.md")
    assert reading.notes == (
        "left out of the passages: 2 HTML comments, 1 script",
        "hidden text: 10 characters",
    )


@pytest.mark.parametrize(
    "text",
    ["<!--" * 99_999, "<!-- a -->" * 40_000, "<a hidden>" * 40_000, "<script>\n" * 40_000,
     "".join("`" * (n % 700) + " " for n in range(1200)), "<p " + "hidden " * 60_000],
    ids=["open", "closed", "hidden", "script", "ticks", "attributes"],
)  # fmt: skip
def test_html_made_to_be_slow_is_read_in_linear_time(text):
    started = time.perf_counter()
    read_markdown(text.encode(), "a.md")
    assert time.perf_counter() - started < 4
