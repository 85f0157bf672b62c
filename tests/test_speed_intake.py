"""What is measured about intake: that the numbers mean what they say, never how large they are."""

from __future__ import annotations

import json
import os
import sys
import time

import pytest
from conftest import HASHING
from small_bench import write_bench
from typer.testing import CliRunner

from eval.speed_intake import PARTS, Intake, OneMore, Plan, Single, Step, disk, measure
from eval.speed_intake_corpus import Maker
from eval.speed_intake_page import markdown
from eval.speed_intake_probe import Warm
from eval.speed_process import Peak, ran
from index.errors import InputError
from index.indexing import add
from index.store import IndexFolder
from ui.cli import app

MIB = 2**20


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return write_bench(tmp_path_factory.mktemp("intake-bench"))


@pytest.fixture(scope="module")
def maker(bench):
    return Maker.of(bench)


@pytest.fixture(scope="module")
def hashing(tmp_path_factory):
    """Settings for commands that need no model."""
    path = tmp_path_factory.mktemp("settings") / "onrecord.toml"
    path.write_text('encoder = "hashing"\n', encoding="utf-8")
    return path


def some_intake(wanted: int, memory: tuple[int, int] = (200, 230)) -> Intake:
    """Two steps of 100 documents, and large files of 1 and 4 MB that took `memory` MiB."""
    steps = [
        Step(n, 30 * n, 100, 3000, 2_000_000, seconds, 60.0, Peak(5 * MIB, 4 * MIB, 3 * MIB), 0.5)
        for n, seconds in ((100, 30.0), (200, 50.0))
    ]
    warm = Warm(1.0, 0.25, 0.5, 0.2, 0.4, (0.9,), (0.1,))
    more = [OneMore(200, 6000, 2, (3.0, 2.0, 2.5), (), (1.0,), None, warm, 0.5)]
    single = [
        Single(size * 1_000_000, 1, 1.0, None, Peak(0, own * MIB, 0))
        for size, own in zip((1, 4), memory, strict=True)
    ]
    return Intake("a machine", 20, wanted, steps=steps, one_more=more, single=single)


def test_documents_are_of_the_size_asked_for_and_no_two_alike(maker, tmp_path):
    paths = sorted(maker.folder(tmp_path / "made", 5, 3, seed=1).iterdir())
    texts = [path.read_text(encoding="utf-8") for path in paths]
    longest = max(len(sentence.encode()) for sentence in maker.sentences)
    assert all(3000 <= len(text.encode()) <= 3000 + longest for text in texts)
    assert len(set(texts)) == 5
    for text in texts:
        for paragraph in text.split("\n\n"):
            rest = paragraph
            for sentence in sorted(maker.sentences, key=len, reverse=True):
                rest = rest.replace(sentence, "")
            assert not rest.strip()
    again = maker.folder(tmp_path / "again", 5, 3, seed=1)
    assert [path.read_text(encoding="utf-8") for path in sorted(again.iterdir())] == texts


@pytest.mark.skipif(os.name == "nt", reason="no account of children")
def test_seconds_of_the_cores_are_those_of_all_processes_below():
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}], check=True)"
    done = ran([sys.executable, "-c", child])
    idle = ran([sys.executable, "-c", "import time; time.sleep(0.5)"])
    assert done.cpu is not None
    assert idle.cpu is not None
    assert done.cpu >= 0.3
    assert idle.cpu < 0.3 < idle.seconds


HOLDS_MEMORY = """
import subprocess, sys, time
held = b"x" * (int(sys.argv[1]) << 20)
if len(sys.argv) > 2:
    subprocess.run([sys.executable, "-c", sys.argv[2], *sys.argv[3:]], check=True)
time.sleep(0.3)
print("done")
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="no /proc")  # noqa: PTH110
def test_memory_is_that_of_the_process_and_of_those_below_it():
    held = bytearray(b"x" * (200 * MIB))  # what the parent holds is not the child's
    done = ran([sys.executable, "-c", HOLDS_MEMORY, "40", HOLDS_MEMORY, "80"])
    assert done.output == "done\ndone\n"
    assert done.seconds >= 0.6
    assert done.peak is not None
    assert 40 * MIB < done.peak.own < 40 * MIB + 30 * MIB
    assert 40 * MIB < done.peak.resident < len(held)
    assert 80 * MIB < done.peak.workers < len(held)


def test_a_command_that_fails_is_named_with_its_last_words():
    with pytest.raises(InputError, match="nothing to eat"):
        ran([sys.executable, "-c", "import sys; sys.exit('first\\nnothing to eat')"])


def test_every_byte_of_an_index_is_counted_once(maker, tmp_path):
    folder = IndexFolder(tmp_path / "index")
    add(folder, [str(maker.folder(tmp_path / "made", 3, 2, seed=1))], HASHING)
    found = disk(folder.path)
    files = [path for path in folder.path.rglob("*") if path.is_file()]
    assert sum(found.values()) == sum(path.stat().st_size for path in files)
    assert all(found[part] for part in PARTS)
    assert found["originals"] == sum(p.stat().st_size for p in (tmp_path / "made").iterdir())
    known = {"manifest.json", "manifest.copy.json", "CURRENT", "lock"}
    rest = [path for path in files if path.name in known]
    assert found["the rest"] == sum(path.stat().st_size for path in rest)


def test_all_is_measured_by_real_commands(bench, hashing, tmp_path):
    started = time.perf_counter()
    plan = Plan(bench, tmp_path / "work", 2, 2, 2, rounds=1, single=(), config=hashing)
    lines = list(measure(plan, tmp_path / "out"))
    whole = time.perf_counter() - started
    found = json.loads((tmp_path / "out" / "intake.json").read_text(encoding="utf-8"))
    (step,) = found["steps"]
    assert (step["documents"], step["added"]) == (2, 2)
    assert step["passages"] == step["added_passages"] > 0
    assert step["bytes"] >= 4000
    assert [row["documents"] for row in found["one_more"]] == [0, 2]
    assert [row["passages"] for row in found["one_more"]] == [0, step["passages"]]
    seconds = [step["seconds"], *found["stages"]["seconds"].values()]
    for row in found["one_more"]:
        assert len(row["add_seconds"]) == len(row["warm"]["add"]) == 1
        seconds += [*row["add_seconds"], *row["remove_seconds"], *row["warm"]["remove"]]
    assert 0 < sum(seconds) < whole
    assert len(lines) == 4
    assert list((tmp_path / "work").iterdir()) == []


def test_a_rate_that_was_not_measured_to_the_end_is_said_to_be_so():
    page = "\n".join(markdown(some_intake(1000).to_json()))
    assert "**200 documents, 6,000 passages, 4.0 MB in 80 s: 2.50 documents" in page
    assert "The cores worked 120 s, 20.0 ms a passage." in page
    assert "At that rate, not measured: 1,000 in 400 s." in page
    assert "not measured" not in "\n".join(markdown(some_intake(200).to_json()))


def test_the_page_splits_the_seconds_of_one_more_and_tells_the_slope():
    page = markdown(some_intake(200).to_json())
    assert "| **add, new process, s** | **2.50** |" in page
    assert "| – the rest | 0.75 |" in page  # 2.5 less 1 to start, .5 for the model, .25 to open
    assert "| peak memory, MiB | not known |" in page
    assert "Own memory grows by 10.0 MiB for each megabyte of text." in page


def test_the_command_says_what_it_found_and_refuses_what_is_no_size(bench, hashing, tmp_path):
    asked = ["eval", "speed-intake", "--bench", str(bench), "--out", str(tmp_path / "out")]
    asked += ["--config", str(hashing), "--documents", "0", "--single"]
    done = CliRunner().invoke(app, [*asked, ""])
    assert done.exit_code == 0, done.output
    assert "| splitting |" in done.output
    refused = CliRunner().invoke(app, [*asked, "1,x"])
    assert isinstance(refused.exception, InputError)
