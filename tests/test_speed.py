"""What is measured about speed: that the numbers mean what they say, never how large they are."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from conftest import HASHING
from small_bench import write_bench
from typer.testing import CliRunner

from eval import speed_corpus as corpus
from eval.speed import PARTS, Plan, Size, Speed, measure, save
from eval.speed_indexing import framework, indexing
from eval.speed_page import markdown, plot
from eval.speed_search import Memory, Recall, Serving, kth_cosines, memory, recall
from eval.speed_stores import kinds, table
from index.encoder import HashingEncoder, unit
from index.errors import InputError
from index.keywords import Postings
from index.store import IndexFolder, damages
from ui.cli import app

ENCODER = HashingEncoder()
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return write_bench(tmp_path_factory.mktemp("speed-bench"))


@pytest.fixture(scope="module")
def texts(bench):
    return corpus.real(bench)


@pytest.fixture(scope="module")
def pool(texts):
    return corpus.pool(texts.documents, ENCODER, HASHING)


@pytest.fixture(scope="module")
def folder(pool, tmp_path_factory):
    """300 synthetic passages."""
    made = IndexFolder(tmp_path_factory.mktemp("speed") / "index")
    corpus.write(made, pool, ENCODER, HASHING, 300)
    return made


def plan(bench: Path, work: Path, **rest) -> Plan:
    seeds = Path(__file__).parents[1] / "seeds" / "documents"
    given = {"largest": 200, "questions": 12, "passages": 5, "rounds": 1, "store_rows": (64, 200)}
    return Plan(bench, seeds, work, **given | rest)


def some_speed() -> Speed:
    sizes = [
        Size(
            passages=n,
            segments=2,
            write_seconds=1.0,
            bytes_per_passage=6000.0,
            serving=Serving((0.01, 0.02, 0.03), 0.1, 0.5, None, Memory(2**20, 2**21)),
            recall=Recall(0.995, 0.001, 0.002),
            add_seconds=0.5,
            remove_added_seconds=0.1,
            remove_seconds=float(n) / 1000,
        )
        for n in (1000, 10_000)
    ]
    known = {"real_sentences": 40, "real_passages": 8, "mean_word_pieces": 60}
    return Speed("a machine", [0.5], known, sizes=sizes)


def test_real_texts_are_those_of_all_three_collections(texts):
    assert len(texts.documents) == 4 + 2 + 2
    assert len(texts.questions) == 20 + 10 + 2
    assert {d.source.split("/")[0] for d in texts.documents} == set(corpus.FILES)
    assert corpus.drawn(texts.questions, 5) == corpus.drawn(texts.questions, 5)
    assert len(corpus.drawn(texts.questions, 1000)) == 32


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=r"squad2_articles\.json is not there"):
        corpus.real(tmp_path)


def test_a_synthetic_index_is_one_that_the_product_would_accept(folder, pool):
    snapshot = folder.open()
    # It was added by nobody, so nothing is in the log; all else is as the product has it.
    assert [fault for fault in damages(folder) if "no row of the log" not in fault] == []
    assert len(snapshot) == 300
    assert 300 / 25 <= len(snapshot.documents) <= 300 / 15 + 1
    for passage in snapshot.passages[::37]:
        document = snapshot.documents[passage.span.document_id]
        said = [document.text[a:b] for a, b in passage.sentences]
        assert " ".join(said) == passage.text
        assert set(said) <= set(pool.texts)
        assert len(set(said)) == len(said)


def test_its_word_pieces_and_words_are_those_of_its_texts(folder):
    (segment,) = folder.open().segments
    document = segment.document(int(segment.places["document"][7]))
    passage = segment.passage(7, document)
    encoded = ENCODER.encode_document([passage.text])[0]
    rows = segment.tokens.rows(7)
    assert segment.tokens.starts[rows].tolist() == encoded.offsets[:, 0].tolist()
    assert segment.tokens.pieces[rows].tolist() == encoded.pieces.tolist()
    texts = [segment.passage(n, segment.document(int(d))).text
             for n, d in enumerate(segment.places["document"])]  # fmt: skip
    said = Postings.of(texts, ["en"] * len(texts))
    for name in ("terms", "bounds", "rows", "counts", "lengths"):
        assert getattr(segment.postings, name).tolist() == getattr(said, name).tolist()


def test_vectors_lie_near_those_of_their_texts(folder):
    (segment,) = folder.open().segments
    texts = [segment.passage(n, segment.document(int(segment.places["document"][n]))).text
             for n in range(20)]  # fmt: skip
    own = np.array([e.vector for e in ENCODER.encode_document(texts)])
    assert (own * segment.vectors.vectors()[:20]).sum(axis=1).min() > 0.9


def test_segments_have_the_sizes_that_the_product_joins_to():
    assert corpus.sizes(700) == [700]
    assert corpus.sizes(10_000) == [8192, 1024, 784]
    assert corpus.sizes(200_000) == [65_536] * 3 + [2048, 1024, 320]
    assert sum(corpus.sizes(1_000_000)) == 1_000_000


def test_the_recall_of_an_exact_store_is_one(folder, texts):
    snapshot = folder.open()
    vectors = np.array([ENCODER.encode_query(q).vector for q in texts.questions])
    assert recall(snapshot, vectors).recall == 1
    exact = np.sort(vectors @ snapshot.segments[0].vectors.vectors().T, axis=1)[:, -10]
    assert kth_cosines(snapshot, vectors, 10) == pytest.approx(exact, abs=1e-6)


def test_a_store_that_misses_rows_has_less(folder, texts, monkeypatch):
    snapshot = folder.open()
    vectors = np.array([ENCODER.encode_query(q).vector for q in texts.questions])
    whole = snapshot.nearest
    monkeypatch.setattr(
        snapshot, "nearest", lambda v, k: dict(list(whole(v, k).items())[: k // 2]), raising=False
    )
    assert 0.5 <= recall(snapshot, vectors).recall < 0.8  # more than half: some are equally near


def test_the_store_table_knows_what_flat_search_is_and_takes(pool):
    vectors = corpus.vectors_only(pool, 600)
    questions = unit(np.random.default_rng(1).standard_normal((20, 64)).astype(np.float32))
    rows = table(vectors, questions, (100, 600))
    assert [row.rows for row in rows] == [100] * len(kinds(100)) + [600] * len(kinds(600))
    for row in rows:
        assert 0 < row.recall <= 1
        assert row.p50 <= row.p95
        if row.store == "flat fp16":
            assert row.recall == 1
            assert row.bytes_per_row == pytest.approx(128, rel=0.02)


def test_indexing_is_the_same_texts_on_both_sides(texts):
    seen = []

    def embed(batch):
        seen.extend(batch)
        return [[1.0, 0.0]] * len(batch)

    name, build = framework(embed)
    build(["a", "b"])
    assert seen == ["a", "b"]
    assert "FAISS.from_documents" in name
    found = indexing(texts.documents, HASHING, 4, 2)
    assert found.passages >= 4
    assert len(found.ours) == len(found.theirs) == 2
    assert found.ratio == pytest.approx(np.median(found.ours) / np.median(found.theirs))
    assert found.best == max(found.ours) / max(found.theirs)


def test_all_parts_together_give_json_markdown_and_a_picture(bench, tmp_path):
    out = tmp_path / "out"
    lines = list(measure(plan(bench, tmp_path / "work", parts=PARTS), out, HASHING))
    assert len(lines) == 4
    found = json.loads((out / "speed.json").read_text(encoding="utf-8"))
    (size,) = found["sizes"]
    assert size["passages"] == 200
    assert size["recall"]["recall"] == 1
    assert 0 < size["serving"]["p50"] <= size["serving"]["p95"] <= size["serving"]["p99"]
    assert size["bytes_per_passage"] > 100
    assert len(found["cold"]["seconds"]) == 1
    assert len(found["load"]) == 4
    if os.path.exists("/proc/self/smaps_rollup"):  # noqa: PTH110
        assert size["serving"]["after"]["anonymous"] > 2**20
    page = (out / "speed.md").read_text(encoding="utf-8")
    assert "synthetic" in page
    assert "## Indexing" in page
    assert ET.parse(out / "speed.svg").getroot().tag == f"{SVG}svg"  # noqa: S314  our own
    assert list((tmp_path / "work").iterdir()) == []


def test_a_part_that_does_not_exist_is_refused(bench, tmp_path):
    with pytest.raises(InputError, match="no part 'spead'"):
        list(measure(plan(bench, tmp_path, parts=("spead",)), tmp_path / "out", HASHING))


def test_the_picture_has_a_point_for_each_size(tmp_path):
    root = ET.fromstring(plot(some_speed().to_json()))  # noqa: S314  our own
    assert len(root.findall(f".//{SVG}g")) == 3
    assert len(root.findall(f".//{SVG}circle")) == 3 * 2 * 2
    save(some_speed(), tmp_path)
    assert "svg" in (tmp_path / "speed.svg").read_text(encoding="utf-8")


def test_the_table_shows_what_is_not_known_as_such():
    lines = markdown(some_speed().to_json())
    assert "| passages | 1,000 | 10,000 |" in lines
    assert "| search, p50 ms | 20.0 | 20.0 |" in lines
    assert "| memory, own, MiB | 1 | 1 |" in lines
    assert "| before the index, own, MiB | not known | not known |" in lines


def test_memory_is_split_into_own_and_mapped():
    found = memory()
    if found is None:
        assert not Path("/proc/self/smaps_rollup").exists()
    else:
        held = np.ones(2**25, np.uint8)
        after = memory()
        assert after is not None
        assert after.anonymous - found.anonymous > 0.9 * len(held)


def test_sizes_grow_to_the_largest(tmp_path):
    assert plan(tmp_path, tmp_path, largest=500).sizes == [500]
    assert plan(tmp_path, tmp_path, largest=10_000).sizes == [1000, 10_000]
    assert plan(tmp_path, tmp_path, largest=300_000).sizes == [1000, 10_000, 100_000, 300_000]


def test_the_command_says_what_it_found(bench, tmp_path, monkeypatch):
    config = tmp_path / "onrecord.toml"
    config.write_text('encoder = "hashing"\n', encoding="utf-8")
    asked = [
        *("eval", "speed", "--bench", str(bench), "--out", str(tmp_path / "out"), "--parts"),
        *("indexing", "--config", str(config)),
    ]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "times the framework's" in done.output
    assert "| **ratio** |" in done.output
