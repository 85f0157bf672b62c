"""Long work shows itself: the pace, the bar on a terminal, events, and being stopped in order."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import HASHING
from hypothesis import given
from hypothesis import strategies as st

from index.indexing import add
from index.news import Step
from index.store import IndexFolder, damages
from ui.progress import NAME_WIDTH, Pace, duration, size

DOCUMENTS = 80
PASSAGES = 10
"""Of each document."""


def main(batch: int = 100) -> tuple[str, ...]:
    """`onrecord` with so many passages in a batch: small corpora have several, too."""
    code = f"import index.encoding; index.encoding.BATCH = {batch}; from ui.cli import main; main()"
    return sys.executable, "-c", code


ONE_BY_ONE = main(PASSAGES)
"""Each document is a batch: there is time to stop in between."""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A working folder with documents, one that cannot be read, and settings."""
    (tmp_path / "docs").mkdir()
    for number in range(DOCUMENTS):
        line = f"Ferry {number} of Ostrel carried {{}} crates of quinces across the sound. "
        text = "\n\n".join(line.format(n) * 8 for n in range(PASSAGES))
        (tmp_path / "docs" / f"ferry-{number:03}.txt").write_text(text)
    (tmp_path / "docs" / "broken.txt").write_bytes(b"abc\xff")
    (tmp_path / "onrecord.toml").write_text('encoder = "hashing"\n')
    return tmp_path


def run(desk: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*main(), *arguments], cwd=desk, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stderr
    return done


def parsed(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


class Terminal:
    """A command on a pseudo-terminal of 80 columns, as somebody sees it."""

    def __init__(self, desk: Path, *command: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self._screen, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            command,
            cwd=desk,
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=terminal,
            env={k: v for k, v in os.environ.items() if k != "COLUMNS"} | {"TERM": "xterm"},
            preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
        )
        os.close(terminal)
        self.seen = ""

    def until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not reached():
            assert time.monotonic() < deadline, self.seen
            assert self._read(), self.seen

    def press(self, keys: bytes) -> None:
        os.write(self._screen, keys)

    def end(self) -> int:
        """What was printed is read to its end; the exit code."""
        while self._read():
            pass
        os.close(self._screen)
        return self.process.wait(60)

    @property
    def lines(self) -> list[str]:
        """Every state of every line, without the escape sequences that draw it."""
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen)
        return [line for line in re.split(r"[\r\n]+", plain) if line.strip()]

    def _read(self) -> bool:
        try:
            data = os.read(self._screen, 65536)
        except OSError:  # Linux: nobody has the terminal open any more
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)


def batches(desk: Path) -> int:
    return len(list((desk / ".onrecord" / "pending").glob("*.json")))


def test_the_pace_is_that_of_what_is_read_and_not_of_what_is_passed_over() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    now = 5.0
    pace.saw(Step(9_000, 12_000, "a.txt", "skipped"))
    assert (pace.rate, pace.left, str(pace)) == (None, None, "9.0 kB of 12.0 kB")
    now = 15.0
    pace.saw(Step(10_000, 12_000))
    assert (pace.rate, pace.left) == (100, 20)
    assert str(pace) == "10.0 kB of 12.0 kB, 100 B/s, 0:20 left"


@given(st.integers(0, 10**15), st.floats(0, 10**6))
def test_figures_fit_the_columns_there_are_for_them(count: int, seconds: float) -> None:
    assert len(size(count)) <= len("1000000.0 GB")
    unit = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
    number, name = size(count).split()
    assert abs(float(number) * unit[name] - count) <= unit[name] * 0.051 + 1
    parts = [int(part) for part in duration(seconds).split(":")]
    assert sum(part * 60**n for n, part in enumerate(reversed(parts))) == round(seconds)


def test_a_terminal_shows_a_bar_with_rate_time_left_and_the_file_at_hand(desk: Path) -> None:
    terminal = Terminal(desk, *main(), "add", "docs")
    assert terminal.process.stdout
    assert terminal.end() == 2
    told = terminal.process.stdout.read().decode()
    assert f"{DOCUMENTS} added, 0 replaced, 0 skipped, 1 failed" in told
    bars = [line for line in terminal.lines if "━" in line]
    assert any(re.search(r"docs/[\w-]+\.txt +[━╺╸]+ [\d.]+ k?B of [\d.]+ kB", bar) for bar in bars)
    assert any(re.search(r" [\d.]+ k?B/s, \d+:\d\d left", bar) for bar in bars)
    assert max(map(len, bars)) <= 80
    assert NAME_WIDTH < 80
    assert "docs/broken.txt: invalid UTF-8" in terminal.lines[-1]


def test_an_addition_says_how_far_it_is_within_a_batch(desk: Path) -> None:
    """Of one batch, which may take minutes: the place rises, step by step, to the end."""
    steps: list[Step] = []
    add(IndexFolder(desk / "ix"), [str(desk / "docs")], HASHING, listener=steps.append)
    places = [step.done for step in steps]
    assert places == sorted(places)
    assert places[-1] == steps[-1].total
    assert len(set(places)) > 10


def test_where_nobody_watches_there_is_no_bar(desk: Path) -> None:
    done = run(desk, "add", "docs", code=2)
    assert done.stderr.splitlines() == [
        "onrecord: docs/broken.txt: invalid UTF-8 at byte offset 3 (0xff); save it as UTF-8"
    ]


def test_events_tell_of_every_file_and_end_with_the_report(desk: Path) -> None:
    rows = parsed(run(desk, "add", "docs", "missing.txt", "--events", code=2).stdout)
    files = [row for row in rows if row["event"] == "file"]
    outcomes = {row["source"]: row["outcome"] for row in files}
    assert len(outcomes) == len(files) == DOCUMENTS + 2
    assert outcomes.pop("docs/broken.txt") == outcomes.pop("missing.txt") == "failed"
    assert set(outcomes.values()) == {"read"}
    assert all((row["reason"] is None) == (row["outcome"] != "failed") for row in files)
    places = [row["done"] for row in rows[:-1]]
    assert places[-1] == rows[-2]["total"] == sum(f.stat().st_size for f in desk.glob("docs/*"))
    assert rows[-1]["event"] == "done"
    assert len(rows[-1]["added"]) == DOCUMENTS
    again = parsed(run(desk, "add", "docs", "--events", code=2).stdout)
    assert {row["outcome"] for row in again if row["event"] == "file"} == {"skipped", "failed"}


def test_an_addition_whose_events_nobody_reads_any_more_goes_on(desk: Path) -> None:
    with subprocess.Popen([*main(), "add", "docs", "--events"], cwd=desk, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        assert process.wait(60) == 2
    assert len(IndexFolder(desk / ".onrecord").open().documents) == DOCUMENTS


def test_ctrl_c_keeps_what_was_read_and_the_same_command_goes_on(desk: Path) -> None:
    run(desk, "add", "docs/ferry-000.txt")
    folder = IndexFolder(desk / ".onrecord")
    before = folder.current()
    terminal = Terminal(desk, *ONE_BY_ONE, "add", "docs")
    terminal.until(lambda: batches(desk) > 2)
    terminal.press(b"\x03")
    assert terminal.end() == 128 + signal.SIGINT
    kept = re.search(r"stopped: what was read so far is kept \((\d+) documents\); run the same "
                     r"command to go on", "".join(terminal.lines[-2:]))  # fmt: skip
    assert kept, terminal.lines[-3:]
    assert "Traceback" not in terminal.seen
    assert folder.current() == before
    assert 2 < int(kept[1]) == folder.waiting() < DOCUMENTS
    assert damages(folder) == []
    said = run(desk, "check").stdout.splitlines()
    assert said[0].startswith("sound: 1 document,")
    assert said[1].startswith(f"waiting: {kept[1]} documents read by an addition that was stopped")
    again = run(desk, "add", "docs", code=2).stdout
    resumed = re.search(r"resumed   (\d+) documents read by an addition that was stopped", again)
    assert resumed
    assert int(kept[1]) - int(resumed[1]) in (0, 1)  # that a file is done is said with the next
    assert f"{DOCUMENTS - 1} added, 0 replaced, 1 skipped, 1 failed" in again
    assert folder.waiting() == 0


def test_a_first_addition_that_is_terminated_is_no_index_yet(desk: Path) -> None:
    command = [*ONE_BY_ONE, "add", "docs", "--events"]
    with subprocess.Popen(command, cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:  # fmt: skip
        assert process.stdout
        while not batches(desk):
            assert process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        told, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert errors.count("\n") == 1
    last = parsed(told)[-1]
    assert (last["event"], last["waiting"] > 0) == ("stopped", True)
    missing = run(desk, "check", code=2).stderr
    assert f"no index here yet; waiting: {last['waiting']} document" in missing
