"""`eval bench`: every system on the same questions, and what is said of them."""

from __future__ import annotations

import json

import pytest
from conftest import HASHING
from small_bench import write_bench
from town import build_town
from typer.testing import CliRunner

from eval import bench
from eval.bench import ABLATIONS, PRODUCT, Source, compared, left_out, public_and_seeds
from eval.peers import LangChainTutorial
from eval.results import Places
from index.errors import InputError
from ui.cli import app


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return build_town(tmp_path_factory.mktemp("bench-town"))


@pytest.fixture(scope="module")
def opened(town):
    source = Source("Town", "town", town.gold, index=town.folder.path)
    return bench._opened(source, town.folder.path, HASHING, None)


def test_every_system_is_asked_every_question_that_has_an_answer(opened):
    table = compared(opened)
    assert [row.system for row in table.rows] == [LangChainTutorial.name, *ABLATIONS]
    assert table.questions == 32
    for row in table.rows:
        assert row.measures["success@1"].n == 32
        assert 0 <= row.measures["success@1"].mean <= row.measures["success@5"].mean <= 1
        assert (row.p["mrr@10"] is None) == (row.system == PRODUCT)
        assert row.characters_per_hit > 0
        assert row.milliseconds > 0


def test_ablations_differ_in_what_they_find(opened):
    question = "What can be bought in Corsey?"
    dense, keyword, *_, product = (opened.asking(s)(question) for s in ABLATIONS.values())
    assert [hit.text for hit in dense] != [hit.text for hit in keyword]
    assert len(product) <= 10
    document = opened.snapshot.documents[product[0].document]
    assert document.text[product[0].start : product[0].end] == product[0].text


def test_the_weight_is_chosen_on_other_collections(opened, monkeypatch):
    worth = {"a": 0.2, "b": 0.8, "b, again": 0.2}

    class Known:
        config = opened.config

        def __init__(self, title: str) -> None:
            self.title, self.family = title, title[0]

        def success(self, settings):
            return 1 - abs(worth[self.title] - settings["dense_weight"])

    rows = {row.title: row for row in left_out([Known(title) for title in worth])}
    assert rows["a"].best == 0.2
    assert rows["a"].weight in (0.2, 0.4, 0.6, 0.8)  # between what the two b want
    assert rows["b"].weight == rows["b, again"].weight == 0.2  # of a alone
    assert rows["b"].hybrid == pytest.approx(0.4)
    assert rows["b"].hybrid_best == 1


def test_collections_that_are_missing_are_named(tmp_path):
    places = Places(write_bench(tmp_path / "bench"), tmp_path, tmp_path / "none", 3, 0)
    (places.bench / "xquad.en.json").unlink()
    sources, missing = public_and_seeds(places, tmp_path / "work")
    assert [source.title for source in sources] == ["SQuAD 2.0", "PubMedQA"]
    assert {name.rsplit("/", 1)[-1] for name in missing} == {
        "xquad.en.json", "briefs.jsonl", "documents", "originals.jsonl", "none",
    }  # fmt: skip


def test_all_of_it_is_kept(tmp_path):
    places = Places(write_bench(tmp_path / "bench"), tmp_path, tmp_path, 4, 0)
    sources, _ = public_and_seeds(places, tmp_path / "work")
    out = tmp_path / "out"
    lines = list(bench.bench(sources, ["gone.json"], out, HASHING))
    assert "**NOT RUN**: gone.json is not there." in lines
    assert (out / "bench.md").read_text(encoding="utf-8").split("\n")[:-1] == lines
    kept = json.loads((out / "bench.json").read_text(encoding="utf-8"))
    assert [table["questions"] for table in kept["tables"]] == [4, 4, 2]
    assert [row["title"] for row in kept["left_out"]] == [s.title for s in sources]
    first = kept["tables"][0]["rows"][-1]["measures"]["success@1"]
    assert first["low"] <= first["mean"] <= first["high"]


def test_gold_about_documents_that_are_not_there_is_refused(town, tmp_path):
    gold = tmp_path / "gold.jsonl"
    lines = town.gold.read_text(encoding="utf-8").split("\n")[:1]
    strange = lines[0].replace("arnwick.md", "atlantis.md").replace("arnwick-mill", "x")
    gold.write_text("\n".join([*lines, strange]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="x: document missing"):
        bench._opened(Source("t", "t", gold, index=town.folder.path), tmp_path, HASHING, None)


def test_the_command_takes_one_gold_file_over_an_index(town, tmp_path):
    asked = [
        *("eval", "bench", "--gold", str(town.gold), "--index", str(town.folder.path)),
        *("--out", str(tmp_path / "out")),
    ]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "### town" in done.output
    assert PRODUCT in done.output
    assert "left out" not in done.output
