"""Gold files: what is refused, with its line; quotes found exactly or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from town import Line, Town, build_town, facts, gold_rows, write_lines

from eval.checking import check_gold
from eval.gold import GoldQuestion, load_gold, resolve
from eval.runs import open_gold
from index.errors import InputError

ROW = gold_rows()[0]
MILL = facts(0)["mill"]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return build_town(tmp_path_factory.mktemp("town"))


def other(**changes: Any) -> Line:
    return ROW | {"id": "other"} | changes


BAD: dict[str, tuple[Line | str, str]] = {
    "not JSON": ("{nope", ":2: the line: Invalid JSON"),
    "not an object": ("[]", ":2: the line"),
    "a nested bomb": ("[" * 100_000, ":2: the line"),
    "an unknown field": (other(mist=1), ":2: mist"),
    "an unknown kind": (other(kind="riddle"), ":2: kind"),
    "a missing field": ({"id": "other"}, ":2: question"),
    "no id": (other(id=""), ":2: id"),
    "an id twice": (ROW, f":2: id {ROW['id']!r} stands twice; rename one"),
    "no expression": (other(must=["("]), ":2: '(' is not a regular expression"),
    "no expression for a speaker": (other(speakers=["("]), ":2: '(' is not a regular expression"),
    "a speaker of no words": (other(speakers=[" "]), ":2: speakers.0"),
    "an endless repetition": (other(must=["a{99999999999}"]), "is not a regular expression"),
    "a bomb of groups": (other(must_not=["(" * 9999]), "is not a regular expression"),
    "an answerable question without quotes": (other(quotes=[]), ":2: an answerable question needs"),
    "an empty quote": (other(quotes=[""]), ":2: quotes.0"),
    "a quote of spaces": (other(quotes=[" \n"]), ":2: quotes.0"),
    "a pointer with words for a number": (
        other(quotes=[{"document": "a", "start": "1", "end": 2}]), ":2: quotes.0"
    ),
    "a pointer before the text": (
        other(quotes=[{"document": "a", "start": -1, "end": 2}]), ":2: quotes.0"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_gold_is_named_with_its_line(tmp_path: Path, name: str) -> None:
    line, says = BAD[name]
    file = write_lines(tmp_path / "gold.jsonl", [ROW, line])
    with pytest.raises(InputError) as error:
        load_gold(file)
    assert str(error.value).startswith(f"{file}:2: ")
    assert says in str(error.value)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe", None])
def test_a_file_without_questions_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "gold.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=r"gold\.jsonl"):
        load_gold(file)


def test_line_separators_inside_a_row_do_not_end_it(tmp_path: Path) -> None:
    """U+2028 and U+0085 may stand in JSON as they are; only a line feed ends a line."""
    row = ROW | {"question": "One line\u2028or two\u0085or three?"}
    found = load_gold(write_lines(tmp_path / "gold.jsonl", [row]))
    assert [question.question for question in found] == [row["question"]]


def test_blank_lines_and_windows_ends_are_no_rows(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_bytes(b"\r\n" + json.dumps(ROW).encode() + b"\r\n\r\n")
    assert [question.id for question in load_gold(file)] == [ROW["id"]]


def test_a_quote_that_is_not_there_is_an_error_with_file_and_line(
    town: Town, tmp_path: Path
) -> None:
    bad = other(quotes=[MILL.replace("113", "114")])
    file = write_lines(tmp_path / "gold.jsonl", [ROW, bad])
    with pytest.raises(InputError) as error:
        open_gold(file, town.corpus)
    assert str(error.value).startswith(f"{file}:2: 'other': its quote is in none of its documents")


def test_a_quote_of_another_document_is_not_there(town: Town) -> None:
    with pytest.raises(InputError, match="in none of its documents"):
        town.resolved(quotes=[facts(1)["mill"]])


def test_pointers_resolve_to_the_words_at_their_place(town: Town) -> None:
    start = town.documents["arnwick.md"].text.index(MILL)
    pointer = {"document": "arnwick.md", "start": start, "end": start + 8}
    assert town.resolved(quotes=[pointer]).quotes[0][0].text == "The mill"
    for wrong in ({"end": 10**6}, {"document": "brellin.md"}, {"start": start + 8}):
        with pytest.raises(InputError, match="in none of its documents"):
            town.resolved(quotes=[pointer | wrong])


def test_every_occurrence_of_a_quote_counts(town: Town) -> None:
    assert len(town.resolved(quotes=["Arnwick"]).quotes[0]) > 5


def test_absent_documents_are_not_run_and_not_passed(town: Town, tmp_path: Path) -> None:
    absent = other(documents=["arnwick.md", "missing.md"])
    assert resolve(GoldQuestion.model_validate(absent), town.corpus) is None
    found = open_gold(write_lines(tmp_path / "gold.jsonl", [ROW, absent]), town.corpus)
    assert (len(found.questions), found.not_run) == (1, ("other",))
    with pytest.raises(InputError, match="none of the questions' documents"):
        open_gold(write_lines(tmp_path / "gold.jsonl", [absent]), town.corpus)


def test_who_says_the_quotes_may_be_told(tmp_path: Path) -> None:
    """And need not be: then it is the document's own speaker."""
    rows = [ROW, other(speakers=["Miller Oak", "the miller"]), ROW | {"id": "x", "speakers": None}]
    found = load_gold(write_lines(tmp_path / "gold.jsonl", rows))
    assert [question.speakers for question in found] == [None, ("Miller Oak", "the miller"), None]


def test_a_speaker_whom_no_document_names_is_a_fault(town: Town, tmp_path: Path) -> None:
    rows = [
        other(id="named", speakers=["arnwick gazette", "the mill"]),
        other(id="unnamed", speakers=["Miller Oak"]),
        other(id="anyone", speakers=[".*"]),
    ]
    file = write_lines(tmp_path / "gold.jsonl", rows)
    report = check_gold(file, town.folder.open())
    assert [str(problem).partition(";")[0] for problem in report.problems] == [
        f"{file}:2: speaker 'Miller Oak' is named nowhere in the question's documents",
        f"{file}:3: speaker '.*' matches every name",
    ]
