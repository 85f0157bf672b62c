"""`eval draft` proposes rows a person can use; `eval check` names everything that is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import HASHING, LIBRARY, build
from town import Line, Town, build_town, facts, gold_rows, write_lines

from eval.checking import check_gold
from eval.drafting import DRAFT, draft, find_date, find_name, find_number
from eval.gold import Pointer, load_gold
from index.errors import InputError
from index.snapshot import Snapshot
from index.store import IndexFolder

ROOT = Path(__file__).parent.parent
ORIGINALS = ROOT.parent / "shared" / "seeds"
MILL = facts(0)["mill"]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return build_town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def villages(town: Town) -> Snapshot:
    return town.folder.open()


# What is found in a sentence; the words that answer, and texts that say them or do not.
NUMBERS = [
    ("The ice was 41 centimetres thick.", "41", ["41 cm", "forty-one"], ["411", "4.1", "14"]),
    ("Forty-two boats lay fast.", "Forty-two", ["42", "forty two"], ["forty", "421", "two"]),
    ("It cost 3,500 crowns.", "3,500", ["3500", "3.500"], ["3,50", "13,500"]),
    ("It rose by 2.5 percent.", "2.5", ["2.5", "2,5"], ["25", "12.5x5"]),
    ("A 20-point plan was made.", "20", ["20-point", "twenty points"], ["120"]),
    ("In 2019, of 218 trees nine fell.", "218", ["218"], ["2019", "2180"]),
    ("On 4 May 1921 it rained.", None, [], []),
    ("It was said [12] and said again.[3]", None, [], []),
    ("The F-16 flew over R2P and 2014-15.", None, [], []),
    ("One of them said no.", None, [], []),
]
DATES = [
    ("On 4 May 1921 it rained.", "4 May 1921", ["May 4, 1921"], ["May 1921", "4 June 1921"]),
    ("By March 16, 2025, all was over.", "March 16, 2025", ["16 March 2025"], ["March 2025"]),
    ("It began in 1985 and went on.", "1985", ["1985"], ["19850"]),
    ("They met on June 27 at noon.", "June 27", ["27 June"], ["June 2"]),
    ("The report of 2021-03-04 says so.", "2021-03-04", ["2021-03-04"], ["2021-04-05"]),
    ("He counted 1985 boats in the bay.", None, [], []),
    ("They may have marched on.", None, [], []),
]
NAMES = [
    ("Then the Quayside Press printed it.", "Quayside Press", ["the press"], ["pressed"]),
    ("The Guild of Pilots said so.", "Guild of Pilots", ["pilots"], ["pilot"]),
    ("It was Ostrel's Harbour Board’s idea.", "Ostrel's Harbour Board", ["the board"], ["boards"]),
    ("They went to Łódź Północna by boat.", "Łódź Północna", ["północna"], ["polnocna"]),
    ("It was the Port Pilots’ own idea.", "Port Pilots", ["the pilots’"], ["pilot"]),
    ("In May Ostrel froze over again.", None, [], []),
    ("The harbour froze. Nobody came.", None, [], []),
]


@pytest.mark.parametrize(
    ("find", "sentence", "asked", "said", "not_said"),
    [(f, *case) for f, cases in ((find_number, NUMBERS), (find_date, DATES), (find_name, NAMES))
     for case in cases],
)  # fmt: skip
def test_what_is_found(
    find: Any, sentence: str, asked: str | None, said: list[str], not_said: list[str]
) -> None:
    found = find(sentence)
    assert (sentence[found.start : found.end] if found else None) == asked

    def matches(text: str) -> bool:
        return all(re.search(e, text, re.IGNORECASE) for e in found.must)

    assert [text for text in said if not matches(text)] == []
    assert [text for text in not_said if matches(text)] == []


def test_drafts_of_a_village(villages: Snapshot) -> None:
    rows = {row.id: row for row in draft(villages, "arnwick.md")}
    start = villages.find("arnwick.md").text.index(MILL)
    row = rows[f"arnwick-{start}-number"]
    assert row.question == (
        f"{DRAFT}ask for “113”: The mill of Arnwick grinds … sacks of grain a day."
    )
    assert (row.quotes, row.documents, row.must) == ((MILL,), ("arnwick.md",), (r"\b113\b",))
    assert sorted(row.kind for row in rows.values()) == ["number", "number", "number", "when"]


def test_pointers_copy_no_sentence(villages: Snapshot) -> None:
    rows = draft(villages, "arnwick.md", pointers=True)
    assert len(rows) == 4
    assert all(isinstance(row.quotes[0], Pointer) for row in rows)
    assert "grinds" not in "".join(row.model_dump_json() for row in rows)


@pytest.mark.parametrize("pointers", [False, True])
def test_drafts_pass_the_check_once_they_are_edited(tmp_path: Path, pointers: bool) -> None:
    """Of all the documents there are, ids unique, quotes exact, expressions that match them."""
    files: dict[str, str | bytes] = {
        path.name: path.read_bytes() for path in (ROOT / "seeds" / "documents").iterdir()
    }
    files |= LIBRARY
    snapshot = build(tmp_path, files, HASHING).open()
    rows = [
        json.loads(row.model_dump_json())
        for name in files
        for row in draft(snapshot, name, pointers=pointers)
    ]
    assert len(rows) > 100
    file = write_lines(tmp_path / "drafts.jsonl", rows)
    load_gold(file)
    unedited = check_gold(file, snapshot).problems
    assert len(unedited) == len(rows)
    assert all("a draft that nobody has edited" in str(problem) for problem in unedited)
    write_lines(file, [row | {"question": f"Question {n}?"} for n, row in enumerate(rows)])
    assert [str(problem) for problem in check_gold(file, snapshot).problems] == []


def test_headings_and_fragments_are_no_statements(tmp_path: Path) -> None:
    text = "# The 41 bells of the tower of 1921\n\nIn 1921, 41 bells.\n\nThey rang on 4 May 1921.\n"
    snapshot = build(tmp_path, {"tower.md": text}, HASHING).open()
    assert [row.quotes for row in draft(snapshot, "tower.md")] == [("They rang on 4 May 1921.",)]


def test_a_name_that_two_documents_share_is_given_whole(tmp_path: Path) -> None:
    files = {"a/memo.txt": f"{MILL}\n", "b/memo.txt": f"{facts(1)['mill']}\n"}
    snapshot = build(tmp_path, files, HASHING).open()
    sources = [document.source for document in snapshot.documents.values()]
    for source in sources:
        assert {row.documents for row in draft(snapshot, source)} == {(source,)}
    with pytest.raises(InputError, match="names 2 documents"):
        draft(snapshot, "memo.txt")


# The check


GOLD = gold_rows()
PROBLEMS: dict[str, tuple[Line | str, list[str]]] = {
    "not JSON": ("{nope", ["the line: Invalid JSON"]),
    "two unknown fields and a wrong one": (
        {"mist": 1, "fog": 2, "kind": "riddle"}, ["mist: ", "fog: ", "kind: "]
    ),
    "an id twice": (GOLD[0] | {"question": "Else?"}, ["'arnwick-mill' stands twice; rename one"]),
    "expressions that do not compile": (
        {"must": ["("], "must_not": ["[", "a{9999999999}"]}, ["'('", "'['", "'a{9999999999}'"]
    ),
    "no quotes": ({"quotes": []}, ["needs 'quotes'"]),
    "an unedited draft": ({"question": f"{DRAFT}ask for “113”"}, ["a draft that nobody has"]),
    "an expression for everything": ({"must": ["x*"]}, ["'x*' matches every text"]),
    "quotes that never count": (
        {"kind": "unanswerable"}, ["unanswerable is scored by abstention alone"]
    ),
    "two quotes that are not there": (
        {"quotes": [MILL, MILL.upper(), "no such words"], "needs_all": True},
        [repr(MILL.upper()), "'no such words'"],
    ),
    "a pointer beyond the text": (
        {"quotes": [{"document": "arnwick.md", "start": 5, "end": 10**6}]}, ["arnwick.md:5-1000000"]
    ),
    "must that its quote does not say": (
        {"must": ["113", "114", "115"]}, ["must '114' does not match", "must '115' does not match"]
    ),
    "must_not that its quote says": ({"must_not": ["GRAIN"]}, ["must_not 'GRAIN' matches"]),
    "an absent document": (
        {"documents": ["atlantis.md"]}, ["'atlantis.md' is not in the index, nothing of it was"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_has_its_line(villages: Snapshot, tmp_path: Path, name: str) -> None:
    line, says = PROBLEMS[name]
    changed = line if isinstance(line, str) else GOLD[0] | {"id": "changed"} | line
    file = write_lines(tmp_path / "gold.jsonl", [*GOLD, changed])
    found = [str(problem) for problem in check_gold(file, villages).problems]
    assert len(found) == len(says), found
    assert all(problem.startswith(f"{file}:{len(GOLD) + 1}: ") for problem in found)
    assert [part for part in says if not any(part in problem for problem in found)] == []


def test_all_problems_are_named_not_the_first(villages: Snapshot, tmp_path: Path) -> None:
    lines = [x if isinstance(x, str) else GOLD[0] | {"id": name} | x
             for name, (x, _) in PROBLEMS.items()]  # fmt: skip
    file = write_lines(tmp_path / "gold.jsonl", [*GOLD, *lines])
    found = check_gold(file, villages).problems
    assert len(found) == sum(len(says) for _, says in PROBLEMS.values())
    assert sorted({int(str(p).split(":")[1]) for p in found}) == [
        *range(len(GOLD) + 1, len(GOLD) + len(PROBLEMS) + 1)
    ]


def test_sound_gold_has_no_problems_and_is_counted(town: Town, villages: Snapshot) -> None:
    report = check_gold(town.gold, villages)
    assert (report.problems, report.warnings) == ((), ())
    assert report.kinds == dict.fromkeys(
        ("number", "when", "fact", "list", "unanswerable", "out-of-domain", "injection"), 8
    )


def test_without_an_index_the_form_is_checked(tmp_path: Path) -> None:
    lines = [GOLD[0], GOLD[1] | {"quotes": ["no such words"]}, GOLD[2] | {"must": ["["]}]
    found = check_gold(write_lines(tmp_path / "gold.jsonl", lines), None).problems
    assert [str(problem).split(":")[1] for problem in found] == ["3"]


WARNINGS = [
    ([x for x in GOLD if x["quotes"]], ["0 of 32 rows call for abstaining: to never abstain"]),
    ([x for x in GOLD if not x["quotes"]], ["24 of 24 rows call for abstaining: to always"]),
    ([*GOLD, GOLD[0] | {"id": "again"}], ["asked 2 times: How much does Arnwick grind?"]),
    ([*GOLD, GOLD[0] | {"id": "x", "question": "Why?", "kind": "why"}], ["1 of kind why"]),
]


@pytest.mark.parametrize(("lines", "says"), WARNINGS)
def test_what_is_unbalanced_is_a_warning(
    villages: Snapshot, tmp_path: Path, lines: list[Line], says: list[str]
) -> None:
    report = check_gold(write_lines(tmp_path / "gold.jsonl", lines), villages)
    assert report.problems == ()
    assert [any(w.startswith(part) for w in report.warnings) for part in says] == [True]
    assert len(report.warnings) == len(says)


# The commands


def onrecord(folder: Path, *arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", "from ui.cli import main; main()", *map(str, arguments)],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done


def test_draft_edit_check(town: Town, tmp_path: Path) -> None:
    """The way of a person: draft, find that it is refused, edit, pass."""
    index = ("--index", town.folder.path)
    drafted = onrecord(tmp_path, "eval", "draft", "arnwick.md", *index)
    assert "4 drafts" in drafted.stderr
    file = tmp_path / "mine.jsonl"
    file.write_text(drafted.stdout, encoding="utf-8")
    refused = onrecord(tmp_path, "eval", "check", file, *index, code=1)
    assert refused.stdout.count("a draft that nobody has edited; write the question") == 4
    assert "4 problems" in refused.stderr
    rows = [json.loads(line) for line in drafted.stdout.splitlines()]
    write_lines(file, [x | {"question": f"What of {x['id']}?"} for x in rows])
    passed = onrecord(tmp_path, "eval", "check", file, *index)
    assert "4 questions: 3 number, 1 when" in passed.stdout
    assert "warning: 0 of 4 rows call for abstaining" in passed.stdout


def test_the_check_for_programs(town: Town, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "gold.jsonl", [*GOLD, "{nope"])
    index = ("--index", town.folder.path)
    found = json.loads(onrecord(tmp_path, "eval", "check", file, *index, "--json", code=1).stdout)
    assert [p["remedy"] for p in found["problems"]] == ["mend the line"]
    assert (found["kinds"]["fact"], found["quotes_checked"], found["warnings"]) == (8, True, [])


def test_bad_use_is_an_error_and_no_index_is_said(tmp_path: Path, town: Town) -> None:
    assert "quotes NOT checked" in onrecord(tmp_path, "eval", "check", town.gold).stdout
    onrecord(tmp_path, "eval", "check", town.gold, "--index", "nowhere", code=2)
    onrecord(tmp_path, "eval", "check", "nowhere.jsonl", code=2)
    onrecord(tmp_path, "eval", "draft", "nowhere.md", "--index", town.folder.path, code=2)
    (tmp_path / "empty.jsonl").write_text("")
    assert "no gold questions" in onrecord(tmp_path, "eval", "check", "empty.jsonl", code=2).stderr


def seeds_index(where: Path, documents: Path) -> IndexFolder:
    return build(where, {path.name: path.read_bytes() for path in documents.iterdir()}, HASHING)


def test_the_gold_of_the_briefs_is_sound(tmp_path: Path) -> None:
    snapshot = seeds_index(tmp_path, ROOT / "seeds" / "documents").open()
    report = check_gold(ROOT / "seeds" / "gold" / "briefs.jsonl", snapshot)
    assert ([str(problem) for problem in report.problems], report.warnings) == ([], ())
    assert sum(report.kinds.values()) == 186


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the originals are not in ../shared/seeds")
def test_the_gold_of_the_originals_is_sound(tmp_path: Path) -> None:
    snapshot = seeds_index(tmp_path, ORIGINALS).open()
    report = check_gold(ROOT / "seeds" / "gold" / "originals.jsonl", snapshot)
    assert ([str(problem) for problem in report.problems], report.warnings) == ([], ())
