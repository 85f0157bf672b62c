"""Invariants 4 and 5: removed means gone, and a kill at any instruction loses nothing.

Processes are killed for real: a child counts the operations of a change that alter files (Python
audit events) and sends itself SIGKILL at the n-th, for every n until the change runs through.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import HASHING

from index import disk, generation
from index.config import Config
from index.documents import sha256_hex
from index.errors import IndexDamaged, IndexLocked, IndexMismatch, IndexMissing, InputError
from index.indexing import add, open_encoder, rebuild, remove
from index.store import IndexFolder, damages
from rag.assistant import open_assistant

OLD, NEW = "The brindlewick gauge stood at nine.", "The thrummelby gauge stood at ten."


def texts(folder: IndexFolder) -> dict[str, str]:
    return {Path(d.source).name: d.text for d in folder.open().documents.values()}


def files_of(folder: IndexFolder) -> dict[str, bytes]:
    return {
        path.relative_to(folder.path).as_posix(): path.read_bytes()
        for path in sorted(folder.path.rglob("*"))
        if path.is_file()
    }


# Killed writers

HERE = """
from index import indexing, readers
from index.sandbox import Result

class Here:
    # Reads in this process: to start a worker for each child would take most of the time.
    def imap(self, jobs, ahead):
        return (Result(job, readers.parts(job.data, job.source, job.options)) for job in jobs)

indexing.shared = lambda *limits: Here()
"""

DYING = (
    HERE
    + """
import json, os, random, shutil, signal, sys, time
from pathlib import Path
from index.config import Config
from index.indexing import add, remove
from index.store import IndexFolder, damages
base = Path(sys.argv[1])
work = base / "work"

CONFIG = Config(encoder="hashing", passage_tokens=16)
ALTERING = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

def die(at, of_like):
    # What only reads leaves the disk as it was: to die before it is to die before what follows.
    count, in_a_row, last = 0, 0, ""
    def hook(event, args):
        nonlocal count, in_a_row, last
        writes = event == "open" and args[2] & WRITING and str(work) in str(args[0])
        if writes or event in ALTERING:
            in_a_row = in_a_row + 1 if event == last else 1
            last = event
            if in_a_row <= of_like:
                count += 1
                if count == at:
                    os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
"""
)
"""Dies before the at-th operation that alters files; of like ones in a row only some count."""

KILLED = (
    DYING
    + """
change, of_like = sys.argv[2], int(sys.argv[3])

def act(folder):
    if change == "remove":
        remove(folder, ["a.txt"])
    else:
        add(folder, [str(base / "new")], CONFIG)

def trial(die_at, after=None):
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(base / "index", work)
    folder = IndexFolder(work)
    child = os.fork()
    if not child:
        die(die_at, of_like)
        act(folder)
        os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    found = {"texts": {Path(d.source).name: d.text for d in folder.open().documents.values()},
             "damages": [x for x in damages(folder) if "left by a writer" not in x],
             "killed": os.WIFSIGNALED(status), "die_at": die_at, "waiting": folder.waiting()}
    with folder.writing("check"):
        found["left"] = sorted(p.name for p in (work / "generations").iterdir())
    found["damages"] += damages(folder)
    print(json.dumps(found), flush=True)
    return found["killed"]

warm = base / "warm"
shutil.copytree(base / "index", warm)
act(IndexFolder(warm))  # loads what a change loads, so that the children are quick
number = 1
while trial(number):
    number += 1
random.seed(2024)
for _ in range(12):
    trial(None, random.uniform(0, 0.1))
"""
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children")
@pytest.mark.parametrize("change", ["add", "remove"])
def test_a_writer_killed_at_any_file_operation_leaves_the_old_index_or_the_new(memory_path, change):
    (memory_path / "new").mkdir()
    source = memory_path / "new" / "a.txt"
    source.write_text(OLD)
    (memory_path / "b.txt").write_text("The bell rang.")
    old = IndexFolder(memory_path / "index")
    add(old, [str(source), str(memory_path / "b.txt")], SMALL)
    before = texts(old)
    source.write_text(NEW)
    (memory_path / "new" / "c.txt").write_text("A third text.")
    after = {"b.txt": "The bell rang."}
    if change == "add":
        after |= {"a.txt": NEW, "c.txt": "A third text."}
    # Of 80 files written in a row a few are enough; tests/durability.py stops at every one.
    trials = killed(memory_path, change, 4 if change == "add" else 1_000)
    assert len(trials) > 50
    assert any(trial["waiting"] for trial in trials) == (change == "add")
    assert_one_or_the_other(trials, before, after)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children")
def test_a_writer_killed_while_it_links_joins_and_rewrites_segments_does_no_more_harm(memory_path):
    """Of like operations in a row (files of one segment written, linked, deleted) two count."""
    (memory_path / "new").mkdir()
    source = memory_path / "new" / "a.txt"
    source.write_text(OLD)
    large, middle = ("\n\n".join(f"{x} gauge {n} stood." for n in range(k)) for x, k in LARGER)
    (memory_path / "large.txt").write_text(large)
    (memory_path / "middle.txt").write_text(middle)
    (memory_path / "small.txt").write_text("The bell rang.")
    old = IndexFolder(memory_path / "index")
    for names in (["large.txt"], ["middle.txt", "new/a.txt"], ["small.txt"]):
        add(old, [str(memory_path / name) for name in names], SMALL)
    before = texts(old)
    segments = [segment.name for segment in old.manifest().segments]
    source.write_text(NEW)
    trials = killed(memory_path, "replace", 2)
    assert_one_or_the_other(trials, before, before | {"a.txt": NEW})
    assert len(trials) > 30

    made = IndexFolder(memory_path / "warm").manifest().segments
    assert len(segments) == len(made) == 3
    assert made[0].name == segments[0]  # linked
    assert made[1].documents == 1  # rewritten
    assert made[2].documents == 2  # joined


SMALL = Config(encoder="hashing", passage_tokens=16)
LARGER = (("Oak", 30), ("Ash", 10))


def killed(base: Path, change: str, of_like: int) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(base), change, str(of_like)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def assert_one_or_the_other(
    trials: list[dict[str, Any]], before: dict[str, str], after: dict[str, str]
) -> None:
    counted = [trial for trial in trials if trial["die_at"]]
    assert [trial["killed"] for trial in counted] == [True] * (len(counted) - 1) + [False]
    for trial in trials:
        assert trial["texts"] in (before, after), trial
        assert trial["damages"] == [], trial
        assert len(trial["left"]) == 1, trial  # the next writer cleans up
    switched = [trial["texts"] == after for trial in counted]
    assert switched == sorted(switched)  # old up to one instruction, new from there on
    assert not switched[0]
    assert switched[-1]


FIRST = (
    DYING
    + """
def first(folder, name):
    report = add(folder, [str(base / name)], CONFIG)
    return [x.source for x in (*report.added, *report.skipped)]

first(IndexFolder(base / "warm"), "a.txt")
die_at, killed, committed = 0, True, []
while killed:
    die_at += 1
    shutil.rmtree(work, ignore_errors=True)
    folder = IndexFolder(work)
    child = os.fork()
    if not child:
        die(die_at, 1_000)
        first(folder, "a.txt")
        os._exit(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    committed.append(folder.exists())
    if folder.exists():
        assert len(folder.open().documents) == 1, die_at
    assert first(folder, "b.txt") == [str(base / "b.txt")], die_at
    assert len(folder.open().documents) == 1 + committed[-1], die_at
    assert damages(folder) == [], die_at
assert committed == sorted(committed) and {*committed} == {False, True}
assert committed.count(True) > 2, committed  # also between naming it and pointing at it
print(die_at)
"""
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children")
def test_a_first_add_killed_at_any_file_operation_does_not_stand_in_the_way(memory_path):
    for name in "ab":
        (memory_path / f"{name}.txt").write_text(f"The {name} bell rang.")
    done = subprocess.run(
        [sys.executable, "-c", FIRST, str(memory_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 30


FULL = (
    HERE
    + """
import os, resource, shutil, sys
from pathlib import Path
from index.config import Config
from index.errors import InputError
from index.indexing import add
from index.store import IndexFolder, damages
base = Path(sys.argv[1])
HASHING = Config(encoder="hashing")
warm = IndexFolder(base / "warm")
add(warm, [str(base / "more.md")], HASHING)
sizes = {p.stat().st_size for p in warm.current().rglob("*") if p.is_file()}
def in_force():
    beside = ("pending", "originals")  # what was read is kept, for when there is room
    found = (base / "index").rglob("*")
    return sorted(p for p in found if p.relative_to(base / "index").parts[0] not in beside)
before = in_force()
limits = {at for size in sizes for at in (1, size // 2, size - 500, size - 1) if at > 0}
for limit in sorted(limits):
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            add(IndexFolder(base / "index"), [str(base / "more.md")], HASHING)
            print(limit, "nothing was said")
        except InputError as error:
            print(limit, error)
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, limit
    if damages(IndexFolder(base / "index")) or before != in_force():
        sys.exit(f"{limit}: the index is not as it was")
"""
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits the file sizes of forked children")
@pytest.mark.parametrize(
    "text",
    ["\n\n".join(f"# {number}\n\nice" for number in range(100)), " ".join(["a b c d"] * 200)],
    ids=["FAISS's file is the largest", "numpy's file is the largest"],
)
def test_a_full_disk_is_said_in_one_line_and_leaves_the_index_as_it_was(memory_path, text):
    """At each limit another file is the first that cannot be written to its end."""
    (memory_path / "a.txt").write_text(OLD)
    folder = IndexFolder(memory_path / "index")
    add(folder, [str(memory_path / "a.txt")], HASHING)
    before = files_of(folder)
    (memory_path / "more.md").write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(memory_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    said = done.stdout.splitlines()
    assert len(said) > 15
    assert [line for line in said if ": could not write (" not in line or "None" in line] == []
    after = files_of(folder)
    assert {name: after[name] for name in before} == before
    assert len(add(folder, [str(memory_path / "more.md")], HASHING).added) == 1
    assert damages(folder) == []
    assert not (folder.path / "pending").exists()


# Locks

HOLDER = """
import sys
from index.store import IndexFolder
with IndexFolder(sys.argv[1]).writing("add"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_told_who_holds_the_lock_and_the_lock_dies_with_its_process(
    make_index, tmp_path
):
    folder = make_index({"a.txt": OLD})
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        for change in (
            lambda: add(folder, [str(tmp_path / "files")], HASHING),
            lambda: remove(folder, ["a.txt"]),
        ):
            with pytest.raises(
                IndexLocked, match=rf"locked by process {holder.pid} \(onrecord add"
            ):
                change()
        assert texts(folder) == {"a.txt": OLD}  # readers do not wait
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert [d.text for d in remove(folder, ["a.txt"])] == [OLD]


def test_a_reader_that_opened_before_a_removal_still_answers(make_index):
    folder = make_index({"a.txt": OLD, "b.txt": NEW})
    reader = open_assistant(folder.path)
    before = reader.ask("Where stood the brindlewick gauge?").to_json()
    assert "brindlewick" in before["text"]
    remove(folder, ["a.txt"])
    after = reader.ask("Where stood the brindlewick gauge?").to_json()
    assert before | {"seconds": 0} == after | {"seconds": 0}
    fresh = open_assistant(folder.path).ask("Where stood the brindlewick gauge?")
    assert "brindlewick" not in json.dumps(fresh.to_json()["hits"])


# Removed means gone


def test_removed_means_gone_from_every_byte_of_the_folder(make_index):
    text = (
        "---\ntitle: Quillfeather Papers\nauthor: Ossenbrook Desk\nurl: https://vexholm.example\n---\n"
        "# Zarvendel\n\nThe trombulant weighed 7719334 grains. منارة كبيرة هنا. Ĝrumblo falis.\n"
    )
    folder = make_index({"secret-drossel.md": text, "keep.txt": "The bell rang at noon."})
    snapshot = folder.open()
    row = next(i for i, p in enumerate(snapshot.passages) if "trombulant" in p.text)
    (segment,) = snapshot.segments
    tokens = segment.tokens
    document = snapshot.find("secret-drossel.md")
    words = [
        "quillfe",
        "ossenbr",
        "vexholm",
        "zarvend",
        "trombul",
        "7719334",
        "منارة",
        "ĝrumblo",
        "drossel",
    ]
    traces = {
        **{
            f"{word} in {code}": word.encode(code)
            for word in words
            for code in ("utf-8", "utf-16-le")
        },
        **{f"{word} escaped": json.dumps(word).strip('"').encode() for word in words},
        "id": document.id.encode(),
        "hash": bytes.fromhex(document.sha256),
        "salt": snapshot.intake_of(document).salt.encode(),
        "vector": segment.vectors.vectors()[row].astype(np.float16).tobytes(),
        "token vector": np.asarray(tokens.codes[tokens.rows(row)][3]).tobytes(),
        "pieces": np.asarray(tokens.pieces[tokens.rows(row)]).tobytes(),
    }

    def found() -> set[str]:
        held = b"".join(files_of(folder).values()).decode("latin-1").lower().encode("latin-1")
        exact = b"".join(files_of(folder).values())
        return {name for name, trace in traces.items() if trace in held or trace in exact}

    assert {f"{word} in utf-8" for word in words if word.isascii()} <= found()
    assert {"id", "hash", "salt", "vector", "token vector", "pieces"} <= found()
    remove(folder, ["secret-drossel.md"])
    assert found() == set()
    held = {name for name, data in files_of(folder).items() if document.sha256.encode() in data}
    assert held == {"intake.jsonl"}  # the fact that it was removed, and its hash
    assert damages(folder) == []
    remove(folder, ["keep.txt"])
    assert damages(folder) == []
    assert texts(folder) == {}
    assert b"noon" not in b"".join(files_of(folder).values())


def test_removing_takes_all_or_nothing(make_index):
    folder = make_index({"a.txt": OLD, "b.txt": NEW})
    before = files_of(folder)
    with pytest.raises(InputError, match=r"no document 'c\.txt' in the index; see: onrecord list"):
        remove(folder, ["a.txt", "c.txt"])
    assert files_of(folder) == before
    assert len(remove(folder, ["a.txt", "files/a.txt", "b.txt"])) == 2


def test_a_name_that_fits_two_documents_is_refused(make_index):
    folder = make_index({"one/a.txt": OLD, "two/a.txt": NEW})
    with pytest.raises(InputError, match="names 2 documents"):
        folder.open().find("a.txt")
    assert folder.open().find("two/a.txt").text == NEW


# Damage


def test_a_flipped_bit_in_any_file_is_found(library, tmp_path):
    names = [n for n in files_of(library) if not n.startswith("lock")]
    assert len(names) > 10
    folder = IndexFolder(tmp_path / "copy")
    shutil.copytree(library.path, folder.path)
    assert damages(folder) == []
    for name in names:
        path = folder.path / name
        whole = path.read_bytes()
        for at in {0, len(whole) // 3, len(whole) // 2, 2 * len(whole) // 3}:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            try:
                found = damages(folder)
            except (IndexMismatch, IndexMissing) as refused:
                found = [str(refused)]
            assert found, (name, at)
            assert "copy" in found[0]
        path.write_bytes(whole)
    assert damages(folder) == []


def test_every_bit_of_the_manifest_counts(library, memory_path):
    folder = IndexFolder(memory_path / "copy")
    shutil.copytree(library.path, folder.path)
    path = folder.current() / "manifest.json"
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises((IndexDamaged, IndexMismatch)):
            folder.manifest()


@pytest.mark.parametrize("how", ["truncated", "longer", "missing", "other"])
def test_a_file_that_is_not_as_it_was_written_refuses_to_open(library, tmp_path, how):
    folder = IndexFolder(tmp_path / "copy")
    shutil.copytree(library.path, folder.path)
    for path in sorted(folder.current().rglob("*.*")):
        if path.name == "manifest.copy.json":  # for a repair, and read by `check`
            continue
        whole = path.read_bytes()
        path.unlink()
        if how != "missing":
            path.write_bytes(
                {"truncated": whole[:-2], "longer": whole + b"\0", "other": b"\x80 x"}[how]
            )
        with pytest.raises(IndexDamaged, match=r"(?s)onrecord repair"):
            folder.open()
        assert damages(folder)
        path.write_bytes(whole)
    folder.open()


def test_a_stray_file_and_a_wrong_pointer_are_damage(library, tmp_path):
    folder = IndexFolder(tmp_path / "copy")
    shutil.copytree(library.path, folder.path)
    (folder.current() / "notes.txt").write_text("left here")
    assert damages(folder) == [f"{folder.current() / 'notes.txt'}: not part of the index"]
    for content in (b"../../elsewhere\n", b"\xff\n", b"", b"000099\n"):
        (folder.path / "CURRENT").write_bytes(content)
        with pytest.raises(IndexDamaged):
            folder.open()
        assert damages(folder)


@pytest.mark.parametrize("content", [None, b"000099\n"])
def test_a_lost_pointer_loses_nothing_and_the_error_says_how_to_write_it_back(
    make_index, tmp_path, content
):
    folder = make_index({"a.txt": OLD})
    add(folder, [str(tmp_path / "files")], HASHING, metadata={"title": "Gauges"})
    number = folder.current().name
    pointer = folder.path / "CURRENT"
    pointer.unlink()
    if content:
        pointer.write_bytes(content)
    assert folder.exists()
    assert damages(folder)
    (tmp_path / "other.txt").write_text(NEW)
    for change in (
        lambda: add(folder, [str(tmp_path / "other.txt")], HASHING),
        lambda: remove(folder, ["a.txt"]),
        lambda: rebuild(folder, HASHING),
    ):
        with pytest.raises(IndexDamaged, match=rf"echo {number} > \S*CURRENT") as caught:
            change()
        assert caught.value.exit_code == 3
    assert not (folder.path / "lock.json").exists()
    subprocess.run(["sh", "-c", str(caught.value).rpartition(": ")[2]], check=True)
    assert texts(folder) == {"a.txt": OLD}
    assert damages(folder) == []


def test_a_commit_that_fails_at_its_last_step_leaves_what_it_read_for_the_next(
    make_index, tmp_path, monkeypatch
):
    folder = make_index({"a.txt": OLD})
    before = files_of(folder)
    (tmp_path / "b.txt").write_text(NEW)
    targets = (folder, IndexFolder(tmp_path / "first"))

    def refuse(step: str, /, *paths: Path) -> None:
        if step == "rename" and paths[-1].name == "CURRENT":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "observe", refuse)
    for target in targets:
        with pytest.raises(InputError, match=r"could not write \(No space left on device\)"):
            add(target, [str(tmp_path / "b.txt")], HASHING)
    after = files_of(folder)
    fresh = {name for name in after.keys() - before.keys() if not name.startswith("pending/")}
    assert {name: after[name] for name in before} == before
    assert {Path(name).name for name in fresh} == {sha256_hex(NEW.encode())}
    assert not targets[1].exists()
    monkeypatch.undo()
    for target in targets:
        report = add(target, [str(tmp_path / "b.txt")], HASHING)
        assert (len(report.added), report.resumed) == (1, 1)
        assert texts(target)["b.txt"] == NEW
        assert damages(target) == []
        assert not (target.path / "pending").exists()


def test_altered_words_are_never_quoted(library, tmp_path):
    """Of the same length, so that only a hash tells: of a text when read, of places at once."""
    folder = IndexFolder(tmp_path / "copy")
    shutil.copytree(library.path, folder.path)
    (texts_,) = folder.current().glob("*/bodies.data.npy")
    whole = texts_.read_bytes()
    assert b"41 centimetres" in whole
    texts_.write_bytes(whole.replace(b"41 centimetres", b"14 centimetres"))
    with pytest.raises(IndexDamaged, match=r"was altered.*run onrecord check"):
        open_assistant(folder.path).ask("How thick was the ice in the harbour?")
    texts_.write_bytes(whole)
    for name in ("places", "sentences", "bodies.sums"):
        (path,) = folder.current().glob(f"*/{name}.npy")
        whole = path.read_bytes()
        path.write_bytes(whole[:-4] + bytes([whole[-4] ^ 1]) + whole[-3:])
        with pytest.raises(IndexDamaged, match=rf"{name}\.npy was altered"):
            folder.open()
        path.write_bytes(whole)
    assert "41" in open_assistant(folder.path).ask("How thick was the ice in the harbour?").text


def test_a_folder_that_cannot_be_read_is_said_and_is_not_a_missing_index(make_index, monkeypatch):
    folder = make_index({"a.txt": OLD})
    (folder.path / "CURRENT").unlink()
    (folder.path / "CURRENT").symlink_to("CURRENT")  # a loop: root may read all else
    with pytest.raises(IndexDamaged, match=r"CURRENT: cannot be read \(.+\); mend its perm"):
        folder.open()
    long = IndexFolder("n" * 300)
    with pytest.raises(IndexDamaged, match="cannot be read"):
        long.open()
    with pytest.raises(InputError, match="cannot write there"):
        add(long, ["a.txt"], HASHING)


def test_what_a_stopped_writer_left_is_damage_but_not_while_one_writes(make_index):
    folder = make_index({"a.txt": OLD})
    for name in ("000009.tmp", "000008"):
        shutil.copytree(folder.current(), folder.path / "generations" / name)
    found = damages(folder)
    assert [line.partition(": ")[0][-10:].strip("/") for line in found] == [
        "ons/000008",
        "000009.tmp",
    ]
    assert "left by a writer that was stopped" in found[0]
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdout.readline() == b"held\n"  # it has cleared the folder by now
        shutil.copytree(folder.current(), folder.path / "generations" / "000009.tmp")
        assert damages(folder) == []
        writer.kill()
    assert len(damages(folder)) == 1


def test_a_check_while_another_writes_starts_again(make_index, monkeypatch, tmp_path):
    folder = make_index({"a.txt": OLD})
    real = generation.faults
    calls = []

    def faults(root, manifest):
        calls.append(root.name)
        if len(calls) < 3:
            add(folder, [str(tmp_path / "files")], HASHING, metadata={"title": f"T{len(calls)}"})
        return real(root, manifest)

    monkeypatch.setattr(generation, "faults", faults)
    assert damages(folder) == []
    assert calls == ["000001", "000002", "000003"]


# What made it


def test_another_format_or_configuration_is_refused_with_the_command_that_mends_it(make_index):
    folder = make_index({"a.txt": OLD})
    for config in (Config(encoder="minilm"), Config(encoder="hashing", passage_tokens=64)):
        with pytest.raises(IndexMismatch, match="run onrecord rebuild"):
            open_assistant(folder.path, config)
    open_assistant(folder.path, Config())  # what is not said is the index's own
    manifest = folder.manifest()
    replace(manifest, encoder_sha256="0" * 64).save(folder.current())
    with pytest.raises(IndexMismatch, match="run onrecord rebuild"):
        open_encoder(folder.open())
    (segment,) = manifest.segments
    rings = (replace(segment, vector_store="ring"),)
    for key, value, change in (
        ("encoder", "elmo", {"encoder": "elmo"}),
        ("codec", "morse", {"codec": "morse"}),
        ("vector_store", "ring", {"segments": rings}),
    ):
        replace(manifest, **change).save(folder.current())
        for use in (folder.open, lambda: rebuild(folder, HASHING)):
            with pytest.raises(IndexMismatch, match=f"made with {key} '{value}' by onrecord"):
                use()
    replace(manifest, format=999).save(folder.current())
    with pytest.raises(IndexMismatch, match=r"index format 999.*onrecord add --index NEW_FOLDER"):
        folder.open()


def test_an_index_that_is_not_there_is_named_and_not_made(tmp_path):
    folder = IndexFolder(tmp_path / "none")
    for use in (
        folder.open,
        folder.manifest,
        lambda: remove(folder, ["a"]),
        lambda: rebuild(folder, HASHING),
    ):
        with pytest.raises(IndexMissing, match="no index here; make one: onrecord add"):
            use()
    assert not folder.path.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"cannot write there .*--index"):
        add(
            IndexFolder(tmp_path / "file"), [__file__.replace(".py", ".md"), str(tmp_path)], HASHING
        )


def test_rebuilding_keeps_the_texts_and_changes_the_rest(make_index):
    folder = make_index({"long.txt": " ".join(f"Gauge {n} stood at {n} feet." for n in range(60))})
    before, count = texts(folder), folder.manifest().passages
    manifest = rebuild(folder, Config(encoder="hashing", passage_tokens=32))
    assert texts(folder) == before
    assert manifest.passages > 3 * count
    assert manifest.passage_tokens == folder.manifest().passage_tokens == 32
    assert damages(folder) == []


def test_rebuilding_keeps_the_settings_that_nobody_changes(make_index):
    made = Config(encoder="hashing", passage_tokens=32, language="es")
    folder = make_index({"a.txt": OLD}, made)
    for config, tokens in ((Config(), 32), (Config(passage_tokens=64), 64)):
        manifest = rebuild(folder, config)
        assert (manifest.encoder, manifest.language) == ("hashing", "es")
        assert manifest.passage_tokens == tokens


def test_the_fingerprint_counts_what_is_known_of_a_document_and_the_version(
    make_index, tmp_path, monkeypatch
):
    folder = make_index({"a.txt": OLD})
    prints = [folder.manifest().fingerprint]
    for known in ({"title": "T"}, {"published": "2024"}, {"language": "es"}):
        add(folder, [str(tmp_path / "files")], HASHING, metadata=known)
        prints.append(folder.manifest().fingerprint)
    monkeypatch.setattr("index.manifest.__version__", "99")
    prints.append(rebuild(folder, Config()).fingerprint)
    assert len(set(prints)) == 5
    monkeypatch.undo()
    assert rebuild(folder, Config()).fingerprint == prints[3]


def test_the_fingerprint_is_of_documents_and_settings_not_of_time_or_order(tmp_path):
    prints = []
    for number, names in enumerate([("a.txt", "b.txt"), ("b.txt", "a.txt"), ("a.txt",)]):
        folder = IndexFolder(tmp_path / str(number))
        for name in names:
            (tmp_path / name).write_text(f"The text of {name}.")
            add(folder, [str(tmp_path / name)], HASHING)
        prints.append(folder.manifest().fingerprint)
    assert prints[0] == prints[1] != prints[2]


def test_a_first_generation_that_has_its_name_but_no_pointer_yet_is_in_force(make_index):
    folder = make_index({"a.txt": OLD})
    (folder.path / "CURRENT").rename(folder.path / "CURRENT.tmp")
    assert texts(folder) == {"a.txt": OLD}
    with folder.writing("add"):
        pass
    assert (folder.path / "CURRENT").read_text() == "000001\n"
    assert texts(folder) == {"a.txt": OLD}


@pytest.mark.parametrize("written", [b"", b"000", b"\0\0\0\0\0\0\0"])
def test_a_first_pointer_that_was_not_written_to_its_end_stands_in_nobodys_way(tmp_path, written):
    (tmp_path / "a.txt").write_text(OLD)
    folder = IndexFolder(tmp_path / "index")
    (folder.path / "generations").mkdir(parents=True)
    (folder.path / "CURRENT.tmp").write_bytes(written)
    assert not folder.exists()
    with pytest.raises(IndexMissing):
        folder.open()
    add(folder, [str(tmp_path / "a.txt")], HASHING)
    assert texts(folder) == {"a.txt": OLD}
    assert damages(folder) == []


def test_a_first_generation_that_a_full_disk_lets_nobody_take_back_is_in_force(
    tmp_path, monkeypatch
):
    (tmp_path / "a.txt").write_text(OLD)
    folder = IndexFolder(tmp_path / "index")
    full = False

    def observe(step: str, /, *paths: Path) -> None:
        nonlocal full
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        full = step == "rename" and paths[-1].name == "000001"

    monkeypatch.setattr(disk, "observe", observe)
    with pytest.raises(InputError, match="is in force"):
        add(folder, [str(tmp_path / "a.txt")], HASHING)
    assert texts(folder) == {"a.txt": OLD}
    monkeypatch.undo()
    (tmp_path / "b.txt").write_text(OLD + " Again.")
    add(folder, [str(tmp_path / "b.txt")], HASHING)
    assert sorted(texts(folder)) == ["a.txt", "b.txt"]
    assert damages(folder) == []
