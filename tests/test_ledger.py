"""The ledger of checks: what people found is kept, whole, and goes when its document goes."""

from __future__ import annotations

import csv
import errno
import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from conftest import HASHING, LIBRARY, build
from power_cut import PowerCut

from eval.corpus import Corpus
from eval.gold import GoldQuestion, resolve
from index import disk
from index.errors import IndexDamaged, InputError
from index.indexing import add, remove
from index.intake import canonical
from index.store import IndexFolder
from rag.ledger import Ledger
from rag.ledger_export import csv_table, exported, gold_rows, json_lines
from rag.ledger_rows import Check, check_from, check_of, right_words, words_of

QUESTION = "How thick was the ice?"
ICE = "The ice was 41 centimetres thick"
BOATS = "Forty-two boats lay fast until the thaw."
LIGHT = "El faro de la isla"
TREES = "Its keeper counted 218 trees last autumn"
NOTE = "Not what the almanac of Ostrel has."


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("ledger"), LIBRARY, HASHING).path


@pytest.fixture
def folder(indexed: Path, memory_path: Path) -> IndexFolder:
    """The library, for each test anew."""
    shutil.copytree(indexed, memory_path / "index")
    return IndexFolder(memory_path / "index")


def checked(folder: IndexFolder, words: str, verdict: str = "confirmed", **more: object) -> Check:
    """A check of words of the library."""
    document = next(d for d in folder.open().documents.values() if words in d.text)
    start = document.text.index(words)
    said: dict[str, object] = {
        "initials": "RK",
        "note": NOTE,
        "question": QUESTION,
        "claim": words,
        "answer": "0" * 16,
    }
    said |= words_of(document, start, start + len(words)) | {"claim": words, "verdict": verdict}
    return check_of(**(said | more))


def told(folder: IndexFolder) -> list[str | None]:
    return [entry.check and entry.check.quote for entry in Ledger(folder).entries()]


def written(folder: IndexFolder) -> bytes:
    return b"".join(path.read_bytes() for path in folder.path.rglob("*") if path.is_file())


def test_checks_come_back_in_order_and_rows_hold_nothing_of_them(folder):
    ledger = Ledger(folder)
    assert ledger.entries() == []
    first, wrong = checked(folder, ICE), checked(folder, BOATS, "rejected")
    ledger.add(first)
    ledger.add(wrong, right_words(wrong, folder.open().find("orchard.txt"), 0, 11))
    assert [entry.check and entry.check.verdict for entry in ledger.entries()] == [
        "confirmed", "rejected", "right",
    ]  # fmt: skip
    assert [entry.check and entry.check.of for entry in ledger.entries()] == [None, None, 2]
    assert ledger.entries()[0].check == first
    rows = (folder.path / "ledger.jsonl").read_bytes()
    for words in (ICE, NOTE, QUESTION, "RK", "harbour", "confirmed", first.document):
        assert words.encode() not in rows
    assert Check.from_json(first.to_json()) == first
    assert checked(folder, ICE).to_json() != first.to_json(), "no two have the same digest"


def test_a_check_of_an_answer_is_of_the_words_that_it_cites(folder):
    document = folder.open().find("harbour.md")
    start = document.text.index(ICE)
    answer = {
        "question": QUESTION,
        "fingerprint": "0" * 16,
        "claims": [{"text": ICE, "citations": [4]}],
        "citations": [
            {"number": 4, "document": document.id, "start": start, "end": start + len(ICE),
             "quote": ICE}
        ],
    }  # fmt: skip
    documents = folder.open().documents
    check = check_from(answer, 4, documents, verdict="confirmed", initials="Ö. B.")
    assert (check.quote, check.claim, check.page) == (ICE, ICE, None)
    Ledger(folder).add(check)
    with pytest.raises(InputError, match="no citation 1"):
        check_from(answer, 1, documents, verdict="confirmed", initials="RK")
    answer["citations"][0]["start"] = 0
    with pytest.raises(InputError, match="not in the index"):
        check_from(answer, 4, documents, verdict="confirmed", initials="RK")
    for initials, note in (("", ""), ("1", ""), ("R" * 17, ""), ("R\nK", ""), ("RK", "x" * 2001),
                           ("RK", "\ud800")):  # fmt: skip
        with pytest.raises(InputError):
            checked(folder, ICE, initials=initials, note=note)


# What is removed


def test_what_was_noted_of_a_removed_document_is_gone_and_the_chain_still_holds(folder):
    ledger = Ledger(folder)
    source = folder.open().find("harbour.md").source
    ledger.add(checked(folder, TREES, note="Counted on the slope."))
    wrong = checked(folder, ICE, "rejected")
    ledger.add(wrong, right_words(wrong, folder.open().find("orchard.txt"), 0, 11))
    ledger.add(checked(folder, BOATS))
    assert NOTE.encode() in written(folder)
    with PowerCut(folder.path) as cut:
        remove(folder, ["harbour.md"])
        ledger.forget_removed()
    after = folder.path.parent / "after"
    cut.restore(after)
    assert NOTE.encode() not in written(IndexFolder(after)), "a power cut brings it back"
    left = written(folder)
    for words in (ICE, BOATS, NOTE, source):
        assert words.encode() not in left
    assert told(folder) == [TREES, None, "The orchard", None]
    assert [row["verdict"] for row in exported(ledger.entries())] == [
        "confirmed", "removed", "right", "removed",
    ]  # fmt: skip
    with pytest.raises(InputError, match="no longer in the index"):
        ledger.add(wrong)
    assert ledger.forget_removed() == 0
    assert ledger.faults() == []


def test_what_was_noted_of_a_replaced_document_is_gone_too(tmp_path):
    folder = build(tmp_path, LIBRARY, HASHING)
    Ledger(folder).add(checked(folder, ICE))
    path = tmp_path / "files" / "harbour.md"
    path.write_text(path.read_text().replace("41", "14"))
    add(folder, [str(tmp_path / "files")], HASHING)
    assert told(folder) == [None], "not shown, even before it is deleted"
    Ledger(folder).forget_removed()
    assert ICE.encode() not in written(folder)


def test_checks_of_documents_that_are_not_there_are_named(folder):
    Ledger(folder).add(checked(folder, ICE))
    stray = folder.path / "ledger" / ("0" * 16) / "9.json"
    stray.parent.mkdir()
    stray.write_bytes(b"{}")
    assert [str(stray.parent) in fault for fault in Ledger(folder).faults()] == [True]
    assert Ledger(folder).forget_removed() == 1
    assert Ledger(folder).faults() == []


# What is altered


def test_every_byte_that_is_altered_is_found(folder):
    ledger, chance = Ledger(folder), Random(3)  # noqa: S311
    ledger.add(checked(folder, ICE))
    ledger.add(checked(folder, TREES))
    files = [folder.path / "ledger.jsonl", folder.path / "ledger.head",
             *(folder.path / "ledger").rglob("*.json")]  # fmt: skip
    assert len(files) == 4
    for path in files:
        data = path.read_bytes()
        for at in {*range(0, len(data), 7), len(data) - 1}:
            altered = bytearray(data)
            altered[at] ^= chance.randrange(1, 256)
            path.write_bytes(altered)
            with pytest.raises(IndexDamaged, match="the ledger"):
                ledger.entries()
        path.write_bytes(data[:-1])
        with pytest.raises(IndexDamaged):
            ledger.entries()
        path.write_bytes(data)
    assert len(ledger.entries()) == 2


def test_a_check_that_was_taken_away_while_its_document_is_there_is_missed(folder):
    ledger = Ledger(folder)
    ledger.add(checked(folder, ICE))
    next((folder.path / "ledger").rglob("1.json")).unlink()
    with pytest.raises(IndexDamaged, match="row 1: its check is missing"):
        ledger.entries()
    assert len(ledger.faults()) == 1


# What is stopped


class Stopped(BaseException):
    """Nobody catches it, as nobody catches a kill."""


@contextmanager
def stopped_at(number: int, error: BaseException) -> Iterator[list[str]]:
    steps: list[str] = []

    def observe(step: str, /, *paths: Path) -> None:
        steps.append(step)
        if len(steps) == number:
            raise error

    before, disk.observe = disk.observe, observe
    try:
        yield steps
    finally:
        disk.observe = before


@pytest.mark.parametrize(
    "error", [lambda: OSError(errno.ENOSPC, "No space left on device"), Stopped]
)
def test_whatever_step_stops_an_addition_it_is_whole_or_not_there(
    folder, error: Callable[[], BaseException]
):
    ledger = Ledger(folder)
    ledger.add(checked(folder, TREES))
    number, seen = 0, set()
    while True:
        number, before = number + 1, told(folder)
        wrong = checked(folder, ICE, "rejected")
        right = right_words(wrong, folder.open().find("orchard.txt"), 0, 11)
        with stopped_at(number, error()) as steps:
            try:
                ledger.add(wrong, right)
            except (InputError, Stopped):
                pass
            else:
                assert len(steps) < number
                break
        after = told(folder)
        assert after in (before, [*before, ICE, "The orchard"])
        seen.add(len(after) - len(before))
        ledger.add(checked(folder, LIGHT))  # in none of the documents that were stopped at
        assert told(folder) == [*after, LIGHT]
        assert ledger.faults() == []
    assert number > 10
    assert seen == {0, 2}, "the last step is after it counts"


def test_no_power_cut_leaves_half_of_an_addition(folder, tmp_path):
    ledger = Ledger(folder)
    ledger.add(checked(folder, TREES))
    with PowerCut(folder.path) as cut:
        ledger.add(checked(folder, ICE))
    for step in range(len(cut) + 1):
        for seed in (None, 1, 2, 3):
            found = folder.path.parent / "after"
            cut.restore(found, step, seed)
            there = told(IndexFolder(found))
            assert there == [TREES, ICE] or (there == [TREES] and step < len(cut))
            Ledger(IndexFolder(found)).add(checked(folder, BOATS))
            assert told(IndexFolder(found)) == [*there, BOATS]


# For others


def test_rejected_answers_become_gold_questions_that_hold_in_the_corpus(folder):
    ledger, snapshot = Ledger(folder), folder.open()
    orchard = snapshot.find("orchard.txt")
    start = orchard.text.index("218")
    wrong = checked(folder, BOATS, "rejected", question="How many trees are there?")
    ledger.add(wrong, right_words(wrong, orchard, start, start + 9))
    ledger.add(checked(folder, ICE, "rejected", question="Who rang?", unanswerable=True))
    ledger.add(checked(folder, ICE, "rejected", question="Why?"))
    ledger.add(checked(folder, ICE, "rejected", question="When?", unanswerable=True))
    ledger.add(checked(folder, ICE, "confirmed", question="When?"))
    rows, open_questions = gold_rows(ledger.entries(), "number")
    assert open_questions == ["Why?"]
    assert [(row["question"], row["kind"]) for row in rows] == [
        ("How many trees are there?", "number"), ("Who rang?", "unanswerable"),
    ]  # fmt: skip
    trees, who = (GoldQuestion.model_validate_json(canonical(row)) for row in rows)
    found = resolve(trees, Corpus(snapshot.documents.values()))
    assert found
    assert [quote.text for quotes in found.quotes for quote in quotes] == ["218 trees"]
    assert trees.must_not == (r"Forty\-two\s+boats\s+lay\s+fast\s+until\s+the\s+thaw\.",)
    assert (who.quotes, who.must_not) == ((), ())


def test_the_export_is_json_lines_and_a_table_that_computes_nothing(folder):
    ledger = Ledger(folder)
    ledger.add(checked(folder, ICE, note='=HYPERLINK("https://x.example","see")'))
    ledger.add(checked(folder, TREES, note="two\nlines, and a comma"))
    rows = [json.loads(line) for line in json_lines(ledger.entries()).splitlines()]
    assert rows == exported(ledger.entries())
    assert rows[0]["note"].startswith("=HYPERLINK")
    text = csv_table(ledger.entries()).decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert table[0]["note"].startswith("'=HYPERLINK")
    assert table[1]["note"] == "two\nlines, and a comma"
    assert [row["quote"] for row in table] == [ICE, TREES]
