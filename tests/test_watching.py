"""An index in step with a folder: what comes, changes and goes, and what must not go."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import watchfiles
from conftest import HASHING
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import notifications, stamps, watching
from index.errors import InputError
from index.indexing import add
from index.notifications import hints
from index.store import IndexFolder
from index.watching import Kept, News, Synced, Watcher

COMMAND = (sys.executable, "-c", "from ui.cli import main; main()", "watch")


class Watched:
    """`onrecord watch docs --json` in a folder of its own, and what it says."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        self.docs = folder / "docs"
        self.index = IndexFolder(folder / ".onrecord")
        self._process = subprocess.Popen(
            [*COMMAND, "docs", "--json", *options],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        self._said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._said.put(json.loads(line))

    def says(self, event: str) -> dict[str, Any]:
        """The next thing it says, which must be this."""
        found = self._said.get(timeout=60)
        assert found["event"] == event, found
        return found

    def until(self, **expected: set[str]) -> list[dict[str, Any]]:
        """What it says until it has told of all these sources, by what was done with them."""
        told: list[dict[str, Any]] = []
        while any(expected.values()):
            told.append(self.says("synced"))
            for what, sources in expected.items():
                sources -= {row["source"] for row in told[-1][what]}
        return told

    def holds(self) -> set[str]:
        return {d.source for d in self.index.open().documents.values()}

    def end(self, number: int = signal.SIGINT) -> None:
        """It ends in order, and had nothing else to say."""
        self._process.send_signal(number)
        assert self._process.wait(60) == 0
        assert self._process.stderr
        assert self._process.stderr.read() == ""
        assert self._said.empty()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(60)


Watch = Callable[..., Watched]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with an empty folder of documents."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "onrecord.toml").write_text('encoder = "hashing"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def watch(desk: Path) -> Iterator[Watch]:
    started: list[Watched] = []

    def start(*options: str, **environment: str) -> Watched:
        started.append(Watched(desk, *options, **environment))
        return started[-1]

    yield start
    for watched in started:
        watched.stop()


def write(name: str, text: str) -> Path:
    path = Path("docs") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_what_comes_changes_and_goes_is_in_step(desk: Path, watch: Watch) -> None:
    write("old.txt", "The mill stood by the weir.")
    add(IndexFolder(".onrecord"), ["docs/old.txt"], HASHING)
    Path("docs/old.txt").unlink()
    write("bell.txt", "The bell rang twice.")
    watched = watch()
    assert watched.says("watching")["folders"] == ["docs"]
    watched.until(added={"docs/bell.txt"}, removed={"docs/old.txt"})
    for name in (".hidden.txt", "~$report.docx", "deep/.cache/x.txt"):
        write(name, "Not a document.")
    (desk / "moved" / "in").mkdir(parents=True)
    (desk / "moved" / "in" / "ferry.txt").write_text("The ferry left at noon.")
    (desk / "moved").rename(desk / "docs" / "moved")
    watched.until(added={"docs/moved/in/ferry.txt"})
    write("bell.txt", "The bell fell.")
    watched.until(replaced={"docs/bell.txt"})
    write("bell.txt.meta.yaml", "publisher: Quayside Press")
    watched.until(replaced={"docs/bell.txt"})
    Path("docs/moved/in/ferry.txt").rename("docs/ferry.txt")
    watched.until(added={"docs/ferry.txt"}, removed={"docs/moved/in/ferry.txt"})
    assert watched.holds() == {"docs/bell.txt", "docs/ferry.txt"}
    watched.end()


def test_a_folder_whose_disk_is_away_keeps_its_documents(desk: Path, watch: Watch) -> None:
    for name in ("a.txt", "b.txt"):
        write(name, f"What stands in {name}.")
    watched = watch()
    watched.says("watching")
    watched.until(added={"docs/a.txt", "docs/b.txt"})
    Path("docs").rename("elsewhere")
    kept = watched.says("kept")
    assert (kept["folder"], kept["documents"]) == ("docs", 2)
    Path("docs").mkdir()  # where a disk is mounted there is an empty folder when it is not
    time.sleep(notifications.UNNOTIFIED + 1)
    assert watched.holds() == {"docs/a.txt", "docs/b.txt"}
    Path("docs").rmdir()
    Path("elsewhere/a.txt").unlink()
    Path("elsewhere").rename("docs")
    watched.until(removed={"docs/a.txt"})
    assert watched.holds() == {"docs/b.txt"}
    watched.end(signal.SIGTERM)


def test_a_file_is_read_when_nobody_writes_it_any_more(desk: Path, watch: Watch) -> None:
    watched = watch()
    watched.says("watching")
    watched.says("synced")
    text = ""
    with Path("docs/long.txt").open("w") as file:
        for hour in range(8):
            text += f"At {hour} the tide stood at the third step.\n\n"
            file.write(text[file.tell() :])
            file.flush()
            time.sleep(0.3)
    write("other.txt", "The lock keeper slept.")
    told = watched.until(added={"docs/long.txt", "docs/other.txt"})
    assert [row["replaced"] for row in told] == [[]] * len(told)
    assert watched.index.open().find("docs/long.txt").text == text
    watched.end()


def test_an_index_that_another_writes_to_is_waited_for(desk: Path, watch: Watch) -> None:
    write("a.txt", "The lantern was lit.")
    index = IndexFolder(".onrecord")
    add(index, ["docs/a.txt"], HASHING)
    write("b.txt", "The lantern went out.")
    with FileLock(index.path / "lock"):
        watched = watch()
        watched.says("watching")
        assert "locked by" in watched.says("waiting")["reason"]
    watched.until(added={"docs/b.txt"})
    watched.end()


def once(code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*COMMAND, "docs", "--once"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code, done.stderr
    return done


def test_once_brings_in_step_and_ends(desk: Path) -> None:
    write("a.txt", "The lantern was lit.")
    write("bad.txt", "x").write_bytes(b"abc\xff")
    done = once(code=2)
    assert "  added     docs/a.txt (1 passage)\n" in done.stdout
    assert "  in step: 1 added, 0 replaced, 0 skipped, 0 removed, 1 failed\n" in done.stdout
    assert done.stderr.startswith("onrecord: docs/bad.txt: invalid UTF-8")
    Path("docs/bad.txt").unlink()
    assert once().stdout.endswith(
        "  in step: 0 added, 0 replaced, 1 skipped, 0 removed, 0 failed\n"
    )
    shutil.rmtree("docs")
    assert "  docs: missing or empty; kept until it is back: 1 document\n" in once(code=2).stdout
    assert len(IndexFolder(".onrecord").open().documents) == 1


class Told(list[News]):
    """What a watcher in this process says."""

    def failures(self) -> list[str]:
        return [f.source for news in self if isinstance(news, Synced) for f in news.report.failed]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files rest as soon as they are seen."""
    monkeypatch.setattr(stamps, "REST", 0.0)
    monkeypatch.setattr(watching, "REST", 0.0)


NAMES = st.sampled_from(["a.txt", "b.md", "sub/a.txt", "sub/deep/c.txt"])
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("write"), NAMES, st.text("abc ", min_size=1).map("The bell {}".format)),
        st.tuples(st.just("move"), NAMES, NAMES),
        st.tuples(st.just("delete"), NAMES, st.none()),
        st.tuples(st.just("sync"), st.none(), st.none()),
    ),
    max_size=12,
)


def change(what: str, name: str, other: str) -> None:
    path = Path("docs") / name
    if what == "write":
        write(name, other)
    elif path.exists() and what == "delete":
        path.unlink()
    elif path.exists():
        (Path("docs") / other).parent.mkdir(parents=True, exist_ok=True)
        path.rename(Path("docs") / other)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_whatever_happens_between_two_looks_the_index_has_what_the_folder_has(
    changes: list[Any], memory_path: Path, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(memory_path)
    for path in (Path("docs"), Path(".onrecord")):
        shutil.rmtree(path, ignore_errors=True)
    write("always.txt", "A folder without a file may be one that is not mounted.")
    folder = IndexFolder(".onrecord")
    watcher = Watcher(folder, ["docs"], HASHING, Told().append)
    for what, name, other in [*changes, ("sync", None, None)]:
        if what != "sync":
            change(what, name, other)
            continue
        watcher.sync()
        there = {str(p): p.read_text() for p in Path("docs").rglob("*") if p.is_file()}
        assert {d.source: d.text for d in folder.open().documents.values()} == there


def test_a_folder_is_known_under_any_spelling(desk: Path, hasty: None) -> None:
    """What was added by its full path is the same file, and nothing comes in twice."""
    path = write("a.txt", "The lantern was lit.").absolute()
    folder = IndexFolder("ix")
    add(folder, [str(path)], HASHING)
    write("b.txt", "The lantern went out.")
    Watcher(folder, ["docs", "./docs/"], HASHING, Told().append).sync()
    assert {d.source for d in folder.open().documents.values()} == {str(path), "docs/b.txt"}
    path.unlink()
    Watcher(folder, ["docs"], HASHING, Told().append).sync()
    assert {d.source for d in folder.open().documents.values()} == {"docs/b.txt"}


def test_only_what_the_system_says_is_not_there_is_gone(
    desk: Path, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.txt", "The lantern was lit.")
    write("far/b.txt", "The lantern went out.")
    folder = IndexFolder("ix")
    Watcher(folder, ["docs"], HASHING, Told().append).sync()
    Path("docs/far/b.txt").unlink()
    real = Path.lstat

    def lstat(path: Path) -> os.stat_result:
        if path.name == "b.txt":
            raise OSError(116, "Stale file handle")  # as a network disk that is away
        return real(path)

    with monkeypatch.context() as away:
        away.setattr(Path, "lstat", lstat)
        Watcher(folder, ["docs"], HASHING, Told().append).sync()
        assert len(folder.open().documents) == 2
    Watcher(folder, ["docs"], HASHING, Told().append).sync()
    assert [d.source for d in folder.open().documents.values()] == ["docs/a.txt"]


def test_a_failure_is_told_once_until_its_file_changes(desk: Path, hasty: None) -> None:
    path = write("bad.txt", "x")
    path.write_bytes(b"abc\xff")
    told = Told()
    watcher = Watcher(IndexFolder("ix"), ["docs"], HASHING, told.append)
    for _ in range(3):
        watcher.sync()
    assert told.failures() == ["docs/bad.txt"]
    path.write_bytes(b"abcd\xff")
    watcher.sync()
    assert told.failures() == ["docs/bad.txt"] * 2


def test_an_empty_folder_is_told_once_and_says_how_many_it_keeps(desk: Path, hasty: None) -> None:
    write("a.txt", "The lantern was lit.")
    told = Told()
    watcher = Watcher(IndexFolder("ix"), ["docs"], HASHING, told.append)
    watcher.sync()
    Path("docs/a.txt").unlink()
    watcher.sync()
    watcher.sync()
    assert [news for news in told if isinstance(news, Kept)] == [Kept("docs", 1)]
    assert len(IndexFolder("ix").open().documents) == 1
    with pytest.raises(InputError, match="none: no such folder; name a folder to watch"):
        Watcher(IndexFolder("ix"), ["none"], HASHING, told.append)


def test_where_the_system_notifies_of_nothing_it_looks_all_the_same(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*roots: str, **options: object) -> Iterator[object]:
        raise OSError("OS file watch limit reached.")
        yield

    monkeypatch.setattr(watchfiles, "watch", refused)
    monkeypatch.setattr(notifications, "UNNOTIFIED", 0.01)
    told: list[str] = []
    with closing(hints(["docs"], Path("ix"), told.append)) as looks:
        for _ in range(3):
            next(looks)
    assert told == ["OS file watch limit reached."]


def test_the_index_and_hidden_files_give_no_hint(desk: Path) -> None:
    """Else each change of the index would be a reason to look, for ever."""
    roots, own = ["docs"], str(Path("docs/ix").absolute())
    matters = [
        path
        for path in ("docs/a.txt", "docs/ix/CURRENT", "docs/.git/index", "docs/sub/b.txt", "docs")
        if notifications._matters(path, roots, own)
    ]
    assert matters == ["docs/a.txt", "docs/sub/b.txt", "docs"]
