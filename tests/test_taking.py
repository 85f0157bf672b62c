"""What is taken away: whole, in order, from the record as it is, and read again by others."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from conftest import HASHING, build
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from index.errors import InputError
from index.formats.docx import read_docx
from index.indexing import remove
from index.store import IndexFolder
from rag.answer import Answer, Citation, Claim, Difference
from rag.assistant import LiveAssistant
from rag.evidence.verifying import verify
from ui import page_filters
from ui.desk import Desk
from ui.taking import KINDS, LONGEST_NAME, file_name, noted, styles, take
from ui.thread_docx import directed
from ui.thread_parts import sections

TWO = "How thick was the ice, and how many boats lay fast?"
BELL = "What did the pilots' guild say about the bell?"
FOREIGN = "Which quantum chromodynamics lattice converges?"
ARABIC = "افتتح الميناء الشمالي في مدينة فارن عام 2019. وصل إليه 41 قاربا."
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def desk_of(folder: IndexFolder) -> Desk:
    return Desk(LiveAssistant(folder.path), folder, HASHING)


@pytest.fixture(scope="module")
def desk(library: IndexFolder) -> Desk:
    return desk_of(library)


@pytest.fixture(scope="module")
def thread(desk: Desk) -> list[Answer]:
    """Five citations in two answers, and an abstention between them."""
    return [desk.latest().ask(question) for question in (TWO, FOREIGN, BELL)]


def cited(thread: list[Answer]) -> list[tuple[Answer, Citation]]:
    return [(answer, citation) for answer in thread for citation in answer.citations]


def xml(data: bytes, name: str) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return etree.fromstring(package.read(f"word/{name}.xml"))


def test_a_thread_as_markdown_has_all_answers_and_each_note_once(desk, thread):
    taken = take(desk, thread, "markdown")
    assert taken.name == "How-thick-was-the-ice-and-how-many-boats-lay-fast.md"
    text = taken.data.decode()
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Questions and answers", f"## {TWO}", f"## {FOREIGN}", f"## {BELL}",
    ]  # fmt: skip
    assert re.findall(r"(?m)^\[\^(\d+)\]: ", text) == ["1", "2", "3", "4", "5"]
    assert re.findall(r"\[\^(\d+)\](?!:)", text) == ["1", "2", "3", "4", "5"]
    for answer, citation in cited(thread):
        note = noted(desk, answer, citation.number).markdown
        assert f": “{' '.join(citation.quote.split())}” {note} [The words" in text
    assert "Port Chronicle: The ice was 41" in text
    assert f"**No answer.** {thread[1].abstention}" in text
    assert "quinces" not in text, "what was found and does not answer is no part of it"
    assert text.count(thread[0].fingerprint) == 3


def test_a_thread_as_word_has_real_footnotes(desk, thread):
    taken = take(desk, thread, "docx")
    assert taken.data == take(desk, thread, "docx").data
    opened = docx.Document(io.BytesIO(taken.data))
    headings = [p.text for p in opened.paragraphs if p.style.name == "Heading 1"]
    assert headings == [TWO, FOREIGN, BELL]
    body, notes = xml(taken.data, "document"), xml(taken.data, "footnotes")
    marks = [mark.get(f"{W}id") for mark in body.iter(f"{W}footnoteReference")]
    written = [note.get(f"{W}id") for note in notes]
    assert marks == ["1", "2", "3", "4", "5"]
    assert written == ["-1", "0", *marks]
    text = read_docx(taken.data, "thread.docx").text
    for answer, citation in cited(thread):
        note = noted(desk, answer, citation.number).text
        assert f"“{' '.join(citation.quote.split())}” {note} The words" in text
    assert str(thread[1].abstention) in text
    with zipfile.ZipFile(io.BytesIO(taken.data)) as package:
        links = package.read("word/_rels/footnotes.xml.rels").decode()
        for name in package.namelist():
            etree.fromstring(package.read(name))
    assert "https://quayside.example/winter#:~:text=" in links
    used = [link.get(f"{{{link.nsmap['r']}}}id") for link in notes.iter(f"{W}hyperlink")]
    assert used == re.findall(r'Id="(rId\d+)"', links)


def test_what_reads_from_the_right_is_marked_so(tmp_path: Path):
    desk = desk_of(build(tmp_path, {"varn.md": f"---\nlanguage: ar\n---\n\n{ARABIC}\n"}, HASHING))
    answer = desk.latest().ask("كم قاربا وصل إلى الميناء؟")
    assert answer.citations
    notes = xml(take(desk, [answer], "docx").data, "footnotes")
    for paragraph in notes.iter(f"{W}p"):
        for run in paragraph.iter(f"{W}r"):
            written = "".join(text.text or "" for text in run.iter(f"{W}t"))
            arabic = bool(re.search(r"[\u0600-\u06ff]", written))
            assert arabic == (run.find(f"{W}rPr/{W}rtl") is not None), written
            assert not (arabic and paragraph.find(f"{W}pPr/{W}bidi") is None)


@given(st.text(alphabet="ab ,1“אبج\u0301", max_size=30))
def test_pieces_of_one_direction_make_up_the_text(text):
    pieces = list(directed(text))
    assert "".join(piece for piece, _ in pieces) == text
    for piece, from_right in pieces:
        assert piece
        assert not (set("אبج") if not from_right else set("ab")) & set(piece)


def test_notes_are_numbered_as_a_reader_meets_them(desk, thread):
    """What contradicts the question comes first; a place that is cited again has its number."""
    ice, boats = thread[0].claims
    both = Claim("Ice, and boats.", (ice.citations[0], boats.citations[0]))
    premise = Difference("premise", "a warm winter", (2,))
    number = Difference("number", "the boats", (1, 2))
    answer = replace(thread[0], claims=(ice, boats, both), differences=(premise, number))
    (section,) = sections([answer])
    otherwise, rest = section.told
    assert otherwise.heading == "The documents say otherwise:"
    assert [numbers for _, numbers in otherwise.found.claims] == [(1,), (2, 1)]
    assert [c.quote for c in otherwise.found.citations] == [boats.text, ice.citations[0].quote]
    assert ([numbers for _, numbers in rest.found.claims], rest.found.citations) == ([(2,)], ())
    assert "The question takes for granted: “a warm winter”" in section.account
    assert "41 (note 2); March 2021: " in section.account[1]
    body = xml(take(desk, [answer], "docx").data, "document")
    marks = [mark.get(f"{W}id") for mark in body.iter(f"{W}footnoteReference")]
    assert marks == ["1", "2"], "a footnote of Word has one mark"


def test_hostile_words_stay_words(tmp_path: Path):
    words = "The *pier*\u202e of <b>Varn</b> [^1] has \u0001 nine ﷐ \ufffe lamps & a # bell."
    desk = desk_of(build(tmp_path, {"pier.txt": words}, HASHING))
    answer = desk.latest().ask("How many lamps has the pier of <b>Varn</b>?\n# A heading")
    assert answer.citations
    text = take(desk, [answer], "markdown").data.decode()
    assert re.findall(r"(?m)^#+ .*", text) == [
        "# Questions and answers",
        r"## How many lamps has the pier of \<b\>Varn\</b\>? \# A heading",
    ]
    assert r"\[\^1\]" in text
    opened = docx.Document(io.BytesIO(take(desk, [answer], "docx").data))
    assert any("<b>Varn</b> [^1] has" in paragraph.text for paragraph in opened.paragraphs)


@given(st.text(st.characters(exclude_categories=()), max_size=40), st.text(max_size=40))
def test_any_words_make_a_document_that_opens(desk, question, reason):
    """Control characters and halves of surrogate pairs, too: questions come from anybody."""
    answer = Answer(question, (), reason or "None.", (), None, "0" * 16)
    opened = docx.Document(io.BytesIO(take(desk, [answer], "docx").data))
    assert [p.style.name for p in opened.paragraphs].count("Heading 1") == 1
    text = take(desk, [answer], "markdown").data.decode()
    assert len(re.findall(r"(?m)^#", text)) == 2


def test_a_pack_is_sound_and_knows_how_sure_the_answer_was_to_be(desk):
    own = desk.latest().config.strictness
    for step in ("balanced", "freely", "sure"):
        sure = page_filters.strictness(json.dumps({"sure": [step]}), own)
        answer = desk.latest().ask(TWO, strictness=sure)
        taken = take(desk, [answer], "pack")
        found = verify(taken.data, taken.fingerprint)
        assert found.sound, found.faults
        with zipfile.ZipFile(io.BytesIO(taken.data)) as pack:
            assert json.loads(pack.read("models.json"))["gave_the_answer"], step


def test_references_and_annotations_are_of_the_last_answer(desk, thread):
    (work,) = json.loads(take(desk, thread, "csl-json").data)
    assert work["title"] == "The Winter of the Harbour"
    assert take(desk, thread, "bibtex").data.startswith(b"@")
    assert take(desk, thread, "ris").data.startswith(b"TY  - ")
    quotes = [
        annotation["target"]["selector"][0]["exact"]
        for annotation in json.loads(take(desk, thread, "annotations").data)
    ]
    assert quotes == [citation.quote for citation in thread[-1].citations]
    for kind in ("bibtex", "ris", "csl-json", "annotations"):
        with pytest.raises(InputError, match="cites nothing"):
            take(desk, thread[:2], kind)
    with pytest.raises(InputError, match="'floppy'"):
        take(desk, thread, "floppy")
    with pytest.raises(InputError, match="no answer"):
        take(desk, [], "markdown")


def test_nothing_is_taken_of_what_was_removed(library: IndexFolder, memory_path: Path):
    shutil.copytree(library.path, memory_path / "index")
    folder = IndexFolder(memory_path / "index")
    desk = desk_of(folder)
    answer = desk.latest().ask(TWO)
    remove(folder, [answer.citations[0].document.id])
    for kind in KINDS:
        with pytest.raises(InputError, match="no longer in the index"):
            take(desk, [answer], kind)
    with pytest.raises(InputError, match="no longer in the index"):
        noted(desk, answer, 1)


def test_a_footnote_in_each_style_that_is_there(desk, thread):
    names = [name for name, _ in styles()]
    assert names[0] == "plain"
    for name, label in styles():
        note = noted(desk, thread[0], 1, name)
        assert "Winter of the Harbour" in note.text
        assert label
        assert (name != "plain") or note.text == (
            "Port Chronicle, “The Winter of the Harbour”, Quayside Press, March 2021, para. 2, "
            "<https://quayside.example/winter>."
        )
    with pytest.raises(InputError, match="no citation 9"):
        noted(desk, thread[0], 9)
    with pytest.raises(InputError, match="no citation style"):
        noted(desk, thread[0], 1, "comic")


@given(st.text(max_size=120), st.sampled_from([".md", ".docx", ".jsonld"]))
def test_names_of_files_are_safe_everywhere(question, ending):
    name = file_name(question, ending)
    assert len(name) <= LONGEST_NAME
    assert name.endswith(ending)
    assert not set("/\\:*?<>|. \"'\n") & set(name.removesuffix(ending))
    assert name[0] not in ".-"
    assert name.isprintable()
    assert len(name.encode()) <= 255


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("CON?", "answer-CON.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        ("?!", "answer.md"),
        ("¿Cuándo se apagó el faro?", "Cuándo-se-apagó-el-faro.md"),
        ("हिन्दी में पूछें", "हिन्दी-में-पूछें.md"),
        ("a" * 99, "a" * 57 + ".md"),
    ],
)
def test_names_of_files_are_the_words_of_the_question(question, name):
    assert file_name(question, ".md") == name
