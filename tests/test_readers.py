"""Readers: the file's own text, its paragraphs and headings; nothing guessed."""

from __future__ import annotations

import time

import pytest

from index.errors import InputError
from index.formats.markdown import read_markdown
from index.formats.plain import read_text
from index.readers import READERS, read_file


def paragraphs(reading):
    return [reading.text[start:end] for start, end in reading.paragraphs]


SUFFIXES = sorted(READERS)

HOSTILE = [
    (b"\xff\xfea\0b\0", "encoded as UTF-16"),
    (b"\xfe\xff\0a\0b", "encoded as UTF-16"),
    (b"%PDF-1.7\0\x01", "NUL byte at offset 8"),
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


@pytest.mark.parametrize("name", ["scan.pdf", "README", "a.txt.gz"])
def test_an_ending_without_a_reader_is_refused_with_the_list_of_those_that_have_one(name):
    with pytest.raises(InputError, match=rf"{name}: no reader for .*\.txt, \.md"):
        read_file(b"Some text.", name)


def test_endings_are_read_whatever_their_case():
    assert paragraphs(read_file(b"# Head\n", "A.MD")) == ["Head"]


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
