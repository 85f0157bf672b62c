"""Example questions: drawn from the documents, and each answered by the one it is about."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import HASHING, LIBRARY, build

from index.documents import Document, Section, document_id, sha256_hex
from rag.assistant import Assistant, open_assistant
from ui.audit import AuditLog, audited
from ui.examples import LONGEST, drawn
from ui.examples_english import about, facts, topics

HARBOUR = """The Quay Board met in Varn. The ferry to Ostrel, which the Quay Board owns, was late.
The old ferry from Ostrel was sold. The Northern Pier was mended in May 1911, and the Bureau of
Fisheries paid. Western Skerrow and its Bureau for Lamps were not asked about St. Anselm, nor about
Trade; trade was poor. In May, in Ostrel and in Skerrow, nobody sailed.
Forty-two boats lay fast until the thaw.
"""


def written(text: str, **known: object) -> Document:
    id_ = document_id("a.txt", text)
    return Document(id_, "a.txt", sha256_hex(text.encode()), text, **known)  # type: ignore[arg-type]


def asked(document: Document) -> list[str]:
    return [guess.question for guess in (*about(document), *facts(document))]


def test_names_are_whole_and_nobody_s_own():
    document = written(HARBOUR, author="Quay Board")
    assert topics(document) == ["Ostrel", "Varn", "Skerrow"]


def test_questions_are_english():
    sections = (
        Section("The thaw", 0, 1), Section("Oil and rope", 2, 3), Section("Ostrel", 4, 5),
        Section("What is at stake", 6, 7), Section("Introduction", 8, 9), Section("Oil: 3", 9, 10),
    )  # fmt: skip
    document = written(HARBOUR, author="The Quay Board", sections=sections)
    assert asked(document) == [
        "What does the Quay Board say about Ostrel?",
        "What does the Quay Board say about the thaw?",
        "What does the Quay Board say about Varn?",
        "What does the Quay Board say about oil and rope?",
        "What does the Quay Board say about Skerrow?",
        "When was the Northern Pier mended?",
        "How many boats lay fast until the thaw?",
    ]


@pytest.mark.parametrize(
    ("known", "name"),
    [
        ({"author": "OnRecord, restating Ann Lee"}, "Ann Lee"),
        ({"publisher": "Port Chronicle"}, "Port Chronicle"),
        ({"author": "Lee, Ann; Moss, Bo", "title": "The Bell"}, "“The Bell”"),
    ],
)
def test_who_is_asked_about_has_a_plain_name(known, name):
    assert asked(written(HARBOUR, **known))[0] == f"What does {name} say about Ostrel?"


def test_without_a_name_only_facts_are_asked():
    assert all(not question.startswith("What") for question in asked(written(HARBOUR)))


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    files = {**LIBRARY, "quay.md": f"---\nauthor: Quay Board\nlanguage: en\n---\n\n{HARBOUR}"}
    return open_assistant(build(tmp_path_factory.mktemp("examples"), files, HASHING).path)


def test_each_question_is_answered_by_another_document(assistant):
    questions = drawn(assistant, 3)
    assert len(questions) >= 2
    first = [assistant.ask(question).citations[0].document.source for question in questions]
    assert len(set(first)) == len(questions)
    assert not any(source.endswith("faro.txt") for source in first), "the rules know no Spanish"
    assert all(len(question) <= LONGEST for question in questions)
    assert drawn(assistant, 3) == questions
    assert drawn(assistant, 1) == questions[:1]
    assert drawn(assistant, 0) == ()


def test_nobody_asked_them(assistant, tmp_path: Path):
    log = tmp_path / "audit.jsonl"
    logged = audited(lambda: assistant, AuditLog(log, "text"))()
    assert drawn(logged) == drawn(assistant)
    assert not log.exists() or log.read_bytes() == b""
    logged.ask("How many boats lay fast?")
    assert b"boats" in log.read_bytes()


def test_other_languages_have_none(tmp_path: Path):
    folder = build(tmp_path, {"faro.txt": LIBRARY["faro.txt"]}, HASHING)
    assert drawn(open_assistant(folder.path)) == ()
