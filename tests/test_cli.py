"""The command line as people and programs meet it: real processes, exit codes, both outputs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from conftest import LIBRARY

from index.config import INDEX_KEYS, Config
from index.metadata import FIELDS

ANSWER_KEYS = {
    "schema", "id", "question", "abstained", "reason", "text", "claims", "citations", "hits",
    "as_of", "fingerprint", "confidence", "seconds", "composer", "withheld", "differences", "notes",
    "understood",
}  # fmt: skip
CITATION_KEYS = {
    "number", "document", "source", "start", "end", "quote", "speaker", "title", "publisher",
    "published", "page", "url", "sha256", "voice", "reported_by", "short", "uncertain", "boxes",
    "page_end", "page_index", "paragraph", "section", "anchor", "hidden", "ocr",
}  # fmt: skip
HIT_KEYS = {
    "rank", "score", "document", "source", "start", "end", "text", "page", "section", "found_by",
    "words", "near", "repeats", "page_end", "page_index", "paragraph", "anchor", "hidden", "ocr",
}  # fmt: skip
REPORT_KEYS = {
    "added", "replaced", "skipped", "removed", "failed", "left_out", "notes", "resumed",
}  # fmt: skip

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


class Shell:
    """Runs `onrecord` in a folder of its own that holds the library and a configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-c", "from ui.cli import main; main()", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            env=os.environ | {"COLUMNS": "100"},
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json").stdout)


def prepared(folder: Path) -> Shell:
    (folder / "docs").mkdir()
    for name, text in LIBRARY.items():
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    (folder / "onrecord.toml").write_text('encoder = "hashing"\n')
    return Shell(folder)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """An index that the tests read."""
    ready = prepared(tmp_path_factory.mktemp("cli"))
    ready("add", "docs")
    return ready


def test_a_document_comes_changes_and_goes(tmp_path: Path) -> None:
    shell = prepared(tmp_path)
    (tmp_path / "docs" / "broken.txt").write_bytes(b"abc\xff")
    first = json.loads(shell("add", "docs", "--json", code=2).stdout)
    assert [row["source"] for row in first["added"]] == sorted(f"docs/{n}" for n in LIBRARY)
    assert first.keys() == REPORT_KEYS
    assert {"id", "source", "passages"} == first["added"][0].keys()
    assert first["failed"][0]["source"] == "docs/broken.txt"
    assert "byte offset 3" in first["failed"][0]["reason"]
    (tmp_path / "docs" / "broken.txt").unlink()
    (tmp_path / "docs" / "orchard.txt").write_text("The orchard was felled in spring.\n")
    second = shell.json("add", "docs", "--meta", "publisher=Example")
    assert len(second["replaced"]) == 3
    third = shell.json("add", "docs", "--meta", "publisher=Example")
    assert len(third["skipped"]) == 3
    assert shell("remove", "docs/faro.txt").stdout == "removed   docs/faro.txt\n"
    listed = shell.json("list")
    assert [row["source"] for row in listed] == ["docs/harbour.md", "docs/orchard.txt"]
    assert {"id", "source", "sha256", *FIELDS} <= listed[0].keys()
    assert "sound: 2 documents" in shell("check").stdout


def test_ask_gives_the_answer_object_of_the_contract(shell: Shell) -> None:
    answer = shell.json("ask", "How thick was the ice in the harbour?")
    assert answer.keys() == ANSWER_KEYS
    assert (answer["schema"], answer["abstained"], answer["reason"]) == (1, False, None)
    for citation in answer["citations"]:
        assert citation.keys() == CITATION_KEYS
        text = (shell.folder / citation["source"]).read_bytes().decode("utf-8")
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert answer["citations"][0]["speaker"] == "Port Chronicle"
    assert answer["as_of"] == "2021-03"
    assert all(hit.keys() == HIT_KEYS for hit in answer["hits"])


def test_ask_abstains_with_exit_code_0(shell: Shell) -> None:
    answer = shell.json("ask", "zyx wvu")
    assert answer["abstained"] is True
    assert answer["claims"] == answer["citations"] == []
    assert answer["text"] == answer["reason"]
    assert "Closest passages" in shell("ask", "zyx wvu").stdout


def test_a_batch_answers_line_by_line_and_loses_none(shell: Shell) -> None:
    rows = [
        '{"id": "a", "question": "How many trees did the keeper count?"}',
        "not json",
        '{"id": "c", "question": " "}',
        '{"id": "d", "question": 7}',
        '{"id": "e", "question": "How thick was the ice?"}',
        '{"id": "f", "question": "half a pair \\ud800"}',
        "[" * 100_000,
        '{"id": "h", "question": "one line\u2028or two?"}',
    ]
    (shell.folder / "batch.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    lines = [json.loads(x) for x in shell("ask", "--batch", "batch.jsonl").stdout.split("\n") if x]
    assert [line["id"] for line in lines] == ["a", None, "c", "d", "e", "f", None, "h"]
    assert ["error" in line for line in lines] == [
        False,
        True,
        True,
        True,
        False,
        True,
        True,
        False,
    ]
    assert "batch.jsonl:3: the question is empty" in lines[2]["error"]
    found = shell("search", "--batch", "batch.jsonl", "-k", "2").stdout.splitlines()
    assert len(json.loads(found[0])["hits"]) == 2


def test_search_ranks_passages(shell: Shell) -> None:
    hits = shell.json("search", "cider press", "-k", "2")["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2]
    assert "cider press" in hits[0]["text"]
    assert hits[0]["score"] >= hits[1]["score"]
    assert "docs/orchard.txt" in shell("search", "cider press").stdout


@pytest.mark.parametrize(
    ("options", "files"),
    [
        (["--document", "orchard.txt", "--document", "faro.txt"], {"orchard.txt", "faro.txt"}),
        (["--publisher", "quayside"], {"harbour.md"}),
        (["--author", "Chronicle"], {"harbour.md"}),
        (["--since", "2021-03-05"], {"harbour.md"}),
        (["--since", "2022"], set()),
        (["--until", "2021"], {"harbour.md"}),
        (["--language", "en", "--until", "2020"], set()),
    ],
)
def test_options_narrow_what_is_searched_and_read(
    shell: Shell, options: list[str], files: set[str]
) -> None:
    for command in (["search", "The keeper and the bell"], ["ask", "Who rang the bell?"]):
        hits = shell.json(*command, *options)["hits"]
        assert {Path(hit["source"]).name for hit in hits} == files


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (
            '"thick the ice" -bell',
            'no passage holds the exact words "thick the ice" without "bell"',
        ),
        ("ice -harbour -the -el -of -grows", "every passage holds"),
    ],
)
def test_words_that_no_passage_has_or_lacks_are_said_plainly(
    shell: Shell, query: str, says: str
) -> None:
    assert says in shell("search", query).stdout
    assert shell.json("search", query) == {"hits": []}


def test_conditions_that_no_document_meets_are_said_plainly(shell: Shell) -> None:
    for command in ("search", "ask"):
        told = shell(command, "How thick was the ice?", "--since", "2050").stdout
        assert "no document meets all the conditions" in told
        assert "[1]" not in told


def test_a_row_of_a_batch_brings_its_own_conditions(shell: Shell) -> None:
    rows: list[Any] = [
        {"documents": ["orchard.txt"]},
        {"phrases": ["41 centimetres"], "since": "2021"},
        {"without": ["the"]},
        None,
        {"document": ["orchard.txt"]},
        {"documents": "orchard.txt"},
        {"since": 2021},
        {"since": "soon"},
        [],
    ]
    lines = [json.dumps({"id": n, "question": "ice", "filters": f}) for n, f in enumerate(rows)]
    (shell.folder / "narrow.jsonl").write_text("\n".join(lines))
    for command in ("ask", "search"):
        told = shell(command, "--batch", "narrow.jsonl", "--document", "harbour.md").stdout
        found = [json.loads(line) for line in told.splitlines()]
        files = [{Path(h["source"]).name for h in row.get("hits", ())} for row in found]
        assert files[:4] == [
            {"orchard.txt", "harbour.md"}, {"harbour.md"}, set(), {"harbour.md"},
        ]  # fmt: skip
        assert [row["error"].partition(": ")[2] for row in found[4:]] == [
            "filters: unknown key 'document'; known keys: documents, publishers, authors, "
            "languages, phrases, without, since, until",
            "filters: documents is 'orchard.txt'; write a list of texts",
            "filters: since is 2021; write a date as text",
            "since is 'soon'; write YYYY, YYYY-MM or YYYY-MM-DD",
            "filters: not a JSON object; its keys may be: documents, publishers, authors, "
            "languages, phrases, without, since, until",
        ]


def test_search_names_what_found_a_passage_and_where_it_stands_too(tmp_path: Path) -> None:
    shell = prepared(tmp_path)
    (tmp_path / "docs" / "reprint.txt").write_text(LIBRARY["orchard.txt"], encoding="utf-8")
    shell("add", "docs")
    first, text, also = shell("search", "cider press miller", "-k", "1").stdout.splitlines()
    span = f":0-{len(LIBRARY['orchard.txt']) - 1}"
    assert first.split("  ")[2:] == [
        f"docs/orchard.txt{span}",
        "undated",
        "para. 1",
        "found by dense, keyword",
    ]
    assert text.endswith("The cider press stands idle since the miller left.")
    assert also == f"    also in: docs/reprint.txt{span}"


def test_a_document_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    """Escape sequences and direction marks hide words from a reader; they are shown instead."""
    shell = prepared(tmp_path)
    hostile = (
        "The bell was \x1b[8mnot\x1b[0m rung \u202eyadnuS no\u202c by the keeper of the tower."
    )
    (tmp_path / "docs" / "bell.txt").write_text(hostile, encoding="utf-8")
    shell("add", "docs")
    for arguments in (["ask", "Was the bell rung by the keeper?"], ["search", "bell tower"]):
        shown = shell(*arguments).stdout
        assert "\\u001b[8mnot" in shown
        assert not {"\x1b", "\u202e"} & set(shown)
    quote = shell.json("ask", "Was the bell rung by the keeper?")["citations"][0]["quote"]
    assert quote == hostile


def test_every_command_speaks_json_and_checks_its_settings(shell: Shell) -> None:
    for command in (["list"], ["show", "harbour.md"], ["info"], ["check"], ["search", "ice"]):
        assert shell.json(*command)
        (shell.folder / "other.toml").write_text('encoder = "minilm"\n')
        if command != ["check"]:
            assert "onrecord rebuild" in shell(*command, "--config", "other.toml", code=3).stderr


def test_show_prints_the_text_to_the_byte(shell: Shell) -> None:
    assert shell("show", "harbour.md").stdout == LIBRARY["harbour.md"]


def test_info_names_models_with_hashes(shell: Shell) -> None:
    found = shell.json("info")
    assert found["encoder"] == "hashing"
    assert {"encoder_sha256", "fingerprint", "files", "bytes", *INDEX_KEYS} <= found.keys()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ask", " "], 2, "the question is empty; ask something"),
        (["ask", "x" * 100_000], 2, "100000 characters, the limit is 2000"),
        (["ask"], 2, "one question or --batch"),
        (["ask", "x", "--bogus"], 2, "No such option: --bogus; see: onrecord ask --help"),
        (["ask", "\u200b"], 2, "the question is empty"),
        (["ask", "x", "--index", "nowhere"], 2, "nowhere: no index here; make one"),
        (["ask", "x", "--config", "none.toml"], 2, "none.toml: cannot read"),
        (["ask", "x", "--composer", "poet"], 2, "unknown composer 'poet'; known: extractive"),
        (["ask", "--batch", "none.jsonl"], 2, "none.jsonl: cannot be read"),
        (["search", "-ice"], 2, "No such option: -i"),
        (["search", " -ice"], 2, "nothing to search for; add what"),
        (["search", "x", "--language", "xx"], 2, "no document has the language 'xx' (there are"),
        (["search", "x", "--publisher", "Z"], 2, "no document has the publisher 'Z' (there are"),
        (["ask", "x", "--author", "Nobody"], 2, "no document has the author 'Nobody'"),
        (["ask", "x", "--document", "none.txt"], 2, "no document 'none.txt' in the index; see"),
        (["ask", "x", "--since", "soon"], 2, "since is 'soon'; write YYYY"),
        (["ask", "x", "--since", "2022", "--until", "2021"], 2, "exchange the two"),
        (["ask", "x", "--device", "abacus"], 2, "'abacus' is not one of 'auto', 'cpu', 'cuda'"),
        (["show", "nothing.txt"], 2, "no document 'nothing.txt' in the index; see: onrecord list"),
        (["remove", "nothing.txt"], 2, "no document 'nothing.txt'"),
        (["add", "missing.txt"], 2, "missing.txt: no such file or folder"),
        (["add", "docs", "--meta", "titel=x"], 2, "unknown metadata field 'titel'"),
        (["add", "docs", "--json", "--events"], 2, "both write to standard output; choose one"),
        (["check", "--index", "nowhere"], 2, "nowhere: no index here; make one"),
        (["repair", "--index", "nowhere"], 2, "nowhere: no index here; make one"),
        (["log", "nothing.txt"], 2, "no document 'nothing.txt' in the index; see: onrecord log"),
        (["log", "0" * 64], 2, "nothing that was removed had it; see all rows: onrecord log"),
        (["watch", "nowhere"], 2, "nowhere: no such folder; name a folder to watch"),
        (["watch", "onrecord.toml"], 2, "onrecord.toml: not a folder"),
        (["add", "docs", "--index", "onrecord.toml/x"], 2, "onrecord.toml/x: cannot write there"),
        (["eval", "run", "--gold", "none.jsonl"], 2, "none.jsonl: cannot read"),
        (["eval", "gate", "none.jsonl"], 2, "none.jsonl: cannot read the run"),
    ],
)
def test_bad_input_is_one_line_with_the_next_step(
    shell: Shell, arguments: list[str], code: int, says: str
) -> None:
    before = sorted(p for p in shell.folder.rglob("*") if ".onrecord" not in p.parts)
    done = shell(*arguments, code=code)
    assert says in done.stderr
    assert done.stdout == "" or arguments[0] == "add"
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("onrecord: ")
    assert sorted(p for p in shell.folder.rglob("*") if ".onrecord" not in p.parts) == before


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("hist = 3", "unknown key 'hist'"),
        ("hits = 'many'", "key 'hits'"),
        ("hits = 0", "key 'hits'"),
        ("= 3", "not valid TOML"),
    ],
)
def test_bad_configuration_names_file_and_key(shell: Shell, toml: str, says: str) -> None:
    (shell.folder / "bad.toml").write_text(toml)
    done = shell("ask", "x", "--config", "bad.toml", code=2)
    assert "bad.toml" in done.stderr
    assert says in done.stderr


def test_an_index_made_otherwise_is_refused_and_rebuilt(tmp_path: Path) -> None:
    shell = prepared(tmp_path)
    shell("add", "docs")
    (tmp_path / "onrecord.toml").write_text('encoder = "hashing"\npassage_tokens = 40\n')
    assert "onrecord rebuild" in shell("ask", "How thick was the ice?", code=3).stderr
    shell("rebuild")
    assert shell.json("info")["passage_tokens"] == 40
    assert not shell.json("ask", "How thick was the ice?")["abstained"]


def test_damage_is_found_and_named(tmp_path: Path) -> None:
    shell = prepared(tmp_path)
    shell("add", "docs")
    victim = next((tmp_path / ".onrecord").rglob("bodies.data.npy"))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(bytes(data))
    assert "bodies.data.npy: its SHA-256 is not the manifest's" in shell("check", code=1).stderr
    victim.write_bytes(data[:-5])
    assert "bodies.data.npy has" in shell("ask", "How thick was the ice?", code=3).stderr


def test_check_says_what_it_verified_and_repair_mends_what_it_finds(tmp_path: Path) -> None:
    shell = prepared(tmp_path)
    shell("add", "docs")
    shell("add", "docs/faro.txt", "--meta", "publisher=Example")
    said = r"sound: 3 documents, \d+ files re-hashed, 3 originals, 4 rows of the log\n"
    assert re.fullmatch(said, shell("check").stdout)
    assert shell("repair").stdout == "sound: nothing to repair\n"
    found = shell.json("check")
    assert (found["damages"], found["waiting"], found["verified"]["log_rows"]) == ([], 0, 4)
    original = next((tmp_path / ".onrecord" / "originals").rglob("??/*"))
    original.write_bytes(b"other words")
    damaged = json.loads(shell("check", "--json", code=1).stdout)
    assert damaged["verified"] is None
    assert [str(original.relative_to(tmp_path)) in line for line in damaged["damages"]] == [True]
    assert "mended 1 fault" in shell("repair").stdout
    (tmp_path / ".onrecord" / "CURRENT").write_text("seven\n")
    assert "onrecord repair" in shell("list", code=3).stderr
    assert "mended 1 fault" in shell("repair").stdout
    assert "sound: 3 documents" in shell("check").stdout


def test_what_cannot_be_repaired_is_named(tmp_path: Path) -> None:
    shell = prepared(tmp_path)
    shell("add", "docs", "--no-keep")
    assert not list((tmp_path / ".onrecord" / "originals").rglob("??/*"))
    for part in ("bodies.data", "cards.data"):
        victim = next((tmp_path / ".onrecord").rglob(f"{part}.npy"))
        data = victim.read_bytes()
        victim.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    done = shell("repair", code=1)
    assert "2 documents made anew, 1 lost" in done.stdout
    assert "onrecord: lost: docs/orchard.txt: damaged, and there is no original" in done.stderr
    assert "sound: 2 documents" in shell("check").stdout


def test_the_log_tells_what_came_in_and_of_what_went_out_only_its_hash(tmp_path: Path) -> None:
    shell = prepared(tmp_path)
    shell("add", "docs")
    data = (tmp_path / "docs" / "faro.txt").read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    first = shell("log", "faro.txt").stdout.splitlines()
    assert re.fullmatch(rf"   1  {TIME}  added by onrecord \S+", first[0])
    assert first[1:3] == [f"      docs/faro.txt ({len(data)} bytes)", f"      sha256 {sha256}"]
    assert "3 rows, each verified; the last hash is" in first
    shell("add", "docs/faro.txt", "--meta", "publisher=Example")
    assert [row["action"] for row in shell.json("log", "faro.txt")] == ["added", "replaced"]
    assert shell.json("log", "faro.txt")[1]["intake"]["given"] == {"publisher": "Example"}
    shell("remove", "faro.txt")
    whole = shell("log").stdout
    assert "faro" not in whole
    assert "      (replaced in row 4)\n" in whole
    assert "      (removed in row 5)\n" in whole
    by_hash = shell.json("log", sha256)
    assert [(row["row"], row["action"], row["intake"]) for row in by_hash] == [
        (1, "added", None), (4, "replaced", None), (5, "removed", None),
    ]  # fmt: skip
    assert by_hash[-1]["sha256"] == sha256


def test_the_name_of_a_container_takes_out_what_is_in_it(tmp_path: Path) -> None:
    shell = prepared(tmp_path)
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as bundle:
        bundle.writestr("a.txt", "The ferry left at noon.")
        bundle.writestr("deep/b.txt", "The ferry came back at dusk.")
    shell("add", "docs", "bundle.zip")
    inside = ["bundle.zip!/a.txt", "bundle.zip!/deep/b.txt"]
    assert [row["intake"]["source"] for row in shell.json("log", "bundle.zip")] == inside
    assert shell("remove", "bundle.zip").stdout == "".join(f"removed   {x}\n" for x in inside)
    assert len(shell.json("list")) == len(LIBRARY)


def test_notes_stand_under_their_document_and_all_of_them_where_asked_for(tmp_path: Path) -> None:
    shell = prepared(tmp_path)
    odd = "A bell\u200b and\u202e a \u00ad boat.\n\n<p hidden>The ferry never sailed.</p>\n"
    (tmp_path / "docs" / "odd.md").write_text(odd, encoding="utf-8")
    (tmp_path / "docs" / "twin.md").write_text(LIBRARY["harbour.md"], encoding="utf-8")
    report = shell.json("add", "docs")
    told = {n["source"]: [m["note"] for m in report["notes"] if m["source"] == n["source"]]
            for n in report["notes"]}  # fmt: skip
    assert told["docs/twin.md"] == ["the same bytes as docs/harbour.md"]
    shell("remove", "odd.md", "twin.md")
    lines = shell("add", "docs", "--notes").stdout.splitlines()
    for source, notes in told.items():
        at = next(n for n, line in enumerate(lines) if line.startswith(f"added     {source} ("))
        assert lines[at + 1 : at + 1 + len(notes)] == [f"{'':10}{note}" for note in notes]


def test_many_notes_are_cut_short_on_a_terminal() -> None:
    from index.news import AddReport, Indexed, Note
    from ui.terminal_changes import report_text

    notes = tuple(Note("a.pdf", f"page {n}: running head left out") for n in range(1, 6))
    report = AddReport((Indexed("1" * 16, "a.pdf", 1),), (), (), (), notes=notes, resumed=1)
    assert report_text(report).splitlines() == [
        "added     a.pdf (1 passage)",
        "          page 1: running head left out",
        "          page 2: running head left out",
        "          and 3 more notes (--notes)",
        "resumed   1 document read by an addition that was stopped",
        "1 added, 0 replaced, 0 skipped, 0 failed",
    ]
    assert report_text(report, all_notes=True).count("running head") == len(notes)


def test_the_gate_turns_red_and_names_the_measure(shell: Shell) -> None:
    row = {
        "id": "q1", "question": "How thick was the ice in the harbour?", "lang": "en",
        "kind": "number", "documents": ["harbour.md"], "quotes": ["41 centimetres thick"],
        "must": ["41"], "must_not": [], "needs_all": False,
    }  # fmt: skip
    (shell.folder / "harbours.jsonl").write_text(json.dumps(row) + "\n")
    table = shell("eval", "run", "--gold", "harbours.jsonl", "--out", "run.jsonl").stdout
    assert "harbours, onrecord: 1 questions" in table
    for floor, code in (("0.5", 0), ("1.5", 1)):
        (shell.folder / "gates.toml").write_text(
            f"[harbours.limits]\ncorrect = {{ min = {floor} }}\n"
        )
        done = shell("eval", "gate", "run.jsonl", "--gates", "gates.toml", code=code)
        assert f"harbours: correct 1.0000, wanted >= {floor}" in done.stdout


def test_help_answers_without_heavy_imports() -> None:
    """Each of these costs a second or more; `--help` must not pay for it."""
    code = "import sys, ui.cli; print([m for m in sys.modules if '.' not in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(eval(done.stdout))  # noqa: S307
    assert not loaded & {"torch", "sentence_transformers", "faiss", "gradio", "numpy", "pydantic"}


def test_every_command_has_help_with_an_example(shell: Shell) -> None:
    commands = [
        "add",
        "watch",
        "remove",
        "rebuild",
        "list",
        "show",
        "info",
        "check",
        "repair",
        "log",
    ]
    commands += ["search", "ask", "serve"]
    for command in [*([c] for c in commands), *(["eval", c] for c in ("run", "gate"))]:
        assert "Example: onrecord " + " ".join(command) in shell(*command, "--help").stdout


def test_every_setting_can_be_written_in_a_file(tmp_path: Path) -> None:
    from index.config import load_config

    lines = []
    for key, value in Config().model_dump(exclude_none=True).items():
        lines.append(f"{key} = {json.dumps(value)}")
    (tmp_path / "all.toml").write_text("\n".join(lines))
    assert load_config(tmp_path / "all.toml") == Config()
