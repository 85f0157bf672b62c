"""Worker processes: whatever a file does to its reader, it is named and the others are read."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hostile_readers import MISFITS
from hypothesis import given
from hypothesis import strategies as st

from index import sandbox, sandbox_process, wire
from index.documents import Anchor, Page, Section
from index.errors import InputError
from index.layout import Box, Word, pack
from index.readers import Part, parts
from index.reading import DEFAULTS, Options, Reading, Unreadable
from index.sandbox import Job, Sandbox
from index.sandbox_jobs import BUFFERED
from index.sandbox_process import MemoryLimit, ReaderFault, TimeLimit, WorkerCrash
from index.sandbox_worker import refuse
from index.wire_checks import LONGEST_NOTE, WireError, check

COMMAND = (sys.executable, str(Path(__file__).with_name("hostile_readers.py")))
SECONDS = 0.5
MEGABYTES = 256


@pytest.fixture(scope="module")
def hostile():
    with Sandbox(SECONDS, MEGABYTES, workers=2, command=COMMAND) as box:
        yield box


def take(box, source, content="", options=DEFAULTS):
    data = content if isinstance(content, bytes) else str(content).encode()
    return list(box.parts(data, source, options))


def text(box, source, content=""):
    (part,) = take(box, source, content)
    return part.reading.text


def gone(number, seconds=10.0):
    """True when a process ends within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


FILES = {
    "a.md": b"---\ntitle: Ice\n---\n# The freeze\n\nThe harbour froze.\n\n- twice\n",
    "b.txt": "\ufeffOne.\r\n\r\nمرحبا \u200b end".encode(),
    "empty.txt": b"",
    "latin.txt": b"caf\xe9",
    "what.xyz": b"?",
}


@pytest.mark.parametrize("source", FILES)
def test_a_worker_reads_what_the_readers_read(source):
    def outcome(read):
        try:
            return list(read(FILES[source], source, DEFAULTS))
        except InputError as error:
            return type(error), error.what, error.next_step

    assert outcome(sandbox.shared().parts) == outcome(parts)


HOSTILE = [
    ("a.hang", "", TimeLimit, "reading it took longer than 0.5 s;"),
    ("a.regex", "", TimeLimit, "reading it took longer than 0.5 s;"),
    ("a.progress", [1] * 9, TimeLimit, "reading it took longer than 0.5 s;"),
    ("a.eat", "", MemoryLimit, "reading it takes more than 256 MiB of memory"),
    ("a.echo", bytes(2 * MEGABYTES << 20), MemoryLimit, "larger than the memory for a file"),
    ("a.nest", "", InputError, "nested too deeply"),
    ("a.segfault", "", WorkerCrash, r"its reader crashed \(SIGSEGV\)"),
    ("a.die", "", WorkerCrash, r"its reader crashed \(exit code 3: a library says why\)"),
    ("a.leave", "", ReaderFault, r"its reader failed \(SystemExit: 0\)"),
    ("a.key", "", ReaderFault, r"its reader failed \(KeyError: 'key'\)"),
    ("a.junk", "x" * 99, WorkerCrash, "what its reader sent is no reading .*no frame"),
    (
        "a.junk",
        b"ONR1" + b"\xff" * 12,
        WorkerCrash,
        "a frame of .* bytes, the limit is",
    ),
    ("a.forge", "b.forge", WorkerCrash, "its reader spoke of another file"),
    ("a.start", "unused", ReaderFault, "PermissionError: a reader asked for subprocess.Popen"),
    *(("a.misfit", name, ReaderFault, "its reader failed") for name in MISFITS),
]


@pytest.mark.parametrize(("source", "content", "kind", "reason"), HOSTILE)
def test_a_hostile_file_is_named_with_what_it_did_and_the_next_one_is_read(
    hostile, source, content, kind, reason
):
    began = time.monotonic()
    with pytest.raises(InputError, match=rf"^{source}: .*{reason}") as error:
        take(hostile, source, content)
    assert error.type is kind
    assert time.monotonic() - began < sandbox_process.STARTING
    assert text(hostile, "next.echo", "The bell rang.") == "The bell rang."


def test_a_reader_has_no_network_and_changes_no_file(hostile, tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text("kept")
    with socket.create_server(("127.0.0.1", 0)) as server:
        cases = [("connect", server.getsockname()[1]), ("write", kept), ("delete", kept)]
        for ending, content in cases:
            with pytest.raises(ReaderFault, match="PermissionError: a reader asked for"):
                take(hostile, f"a.{ending}", content)
    assert kept.read_text() == "kept"


def test_tesseract_is_the_one_program_that_a_reader_may_start():
    refuse("subprocess.Popen", ("/usr/bin/tesseract", ["tesseract", "-"], None, None))
    refuse("open", (os.devnull, None, os.O_RDWR))
    refuse("os.kill", (1, signal.SIGTERM))  # a page that takes too long
    for executable in ("sh", "/tmp/tesseract/sh", "tesseract-helper"):  # noqa: S108
        with pytest.raises(PermissionError):
            refuse("subprocess.Popen", (executable, [executable], None, None))


def test_what_a_library_prints_is_no_answer_and_stdin_is_empty(hostile):
    assert [text(hostile, "a.chat") for _ in range(3)] == ["stdin: 0"] * 3


def test_progress_gives_time_up_to_a_limit_for_the_whole(hostile, monkeypatch):
    seen = []
    options = Options(progress=lambda done, total: seen.append((done, total)))
    (part,) = take(hostile, "a.progress", [1, 2, 3, 4], options)
    assert (part.reading.text, seen) == ("all told", [(number, 10) for number in (1, 2, 3, 4)])
    monkeypatch.setattr(sandbox_process, "TIMES", 2)
    monkeypatch.setattr(sandbox_process, "STARTING", 0)
    with pytest.raises(TimeLimit, match=r"longer than 1 s;"):
        take(hostile, "a.progress", list(range(9)))


def test_what_a_reader_started_ends_with_it(hostile, tmp_path):
    program = tmp_path / "tesseract"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    program.chmod(0o755)
    with pytest.raises(TimeLimit):
        take(hostile, "a.program", program)
    assert gone(int((tmp_path / "pid").read_text()))


def box(*members):
    return json.dumps(members)


def names(items):
    return [item.name if isinstance(item, Unreadable) else item.source for item in items]


def test_in_a_container_a_hostile_file_costs_only_itself(hostile):
    inner = box(("h.hang", ""), ("i.echo", "i"))
    content = box(
        *(("a.echo", "a"), ("b.key", ""), ("c.segfault", ""), ("d.echo", "d"), ("e.txt",)),
        *(("f.both", inner), ("g.eat", ""), ("j.both", box(("k.echo", "k")))),
    )
    found = take(hostile, "x.box", content)
    documents = {p.source: (p.data, p.parent) for p in found if isinstance(p, Part)}
    assert documents == {
        "x.box!/a.echo": (b"a", "x.box"),
        "x.box!/d.echo": (b"d", "x.box"),
        "x.box!/f.both": (inner.encode(), "x.box"),
        "x.box!/f.both!/i.echo": (b"i", "x.box!/f.both"),
        "x.box!/j.both": (box(("k.echo", "k")).encode(), "x.box"),
        "x.box!/j.both!/k.echo": (b"k", "x.box!/j.both"),
    }
    missed = {p.name: p.reason for p in found if isinstance(p, Unreadable)}
    assert list(missed) == [
        *("x.box!/b.key", "x.box!/c.segfault", "x.box!/e.txt"),
        *("x.box!/f.both!/h.hang", "x.box!/g.eat"),
    ]
    assert "x.box!/c.segfault: its reader crashed (SIGSEGV)" in missed["x.box!/c.segfault"]
    assert "x.box!/f.both!/h.hang: reading it took longer" in missed["x.box!/f.both!/h.hang"]


def test_a_container_that_kills_worker_after_worker_is_given_up_with_what_was_found(hostile):
    members = [(f"{number}.die", "") for number in range(sandbox.RETRIES + 1)]
    found = []
    coming = hostile.parts(box(("a.echo", "a"), *members).encode(), "x.box", DEFAULTS)
    with pytest.raises(WorkerCrash, match=r"^x\.box: its reader crashed"):
        found.extend(coming)
    assert names(found) == ["x.box!/a.echo", *(f"x.box!/{name}" for name, _ in members[:-1])]


def test_results_come_in_order_and_no_more_files_are_taken_than_asked_for(hostile):
    taken = []

    def jobs():
        for number in range(20):
            taken.append(number)
            ending = {3: "segfault", 5: "hang"}.get(number, "echo")
            yield Job(str(number).encode(), f"{number}.{ending}")

    said = []
    for result in hostile.imap(jobs(), ahead=3):
        assert len(taken) <= len(said) + 1 + 3
        try:
            said.append([part.reading.text for part in result.parts])
        except InputError as error:
            said.append(type(error))
    expected = [[str(number)] for number in range(20)]
    expected[3], expected[5] = WorkerCrash, TimeLimit
    assert said == expected


def test_a_container_without_end_waits_until_somebody_takes_what_it_holds(hostile):
    tracemalloc.start()
    results = hostile.imap([Job(b"", "x.endless"), Job(b"y", "y.echo")], ahead=2)
    first = next(results).parts
    assert next(first).source == "x.endless!/0.echo"
    time.sleep(2 * SECONDS)  # it is not stopped either: nobody waits for it
    assert next(first).source == "x.endless!/1.echo"
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert BUFFERED / 2 < held < 4 * BUFFERED
    assert [part.reading.text for part in next(results).parts] == ["y"]  # the rest is given up
    assert next(results, None) is None


def test_a_worker_is_kept_until_it_read_many_files_or_holds_much_memory(monkeypatch):
    with Sandbox(SECONDS, MEGABYTES, workers=1, command=COMMAND) as alone:
        first = text(alone, "a.pid")
        assert text(alone, "a.pid") == first
        monkeypatch.setattr(sandbox, "FILES", 3)
        assert text(alone, "a.pid") == first
        second = text(alone, "a.pid")
        assert second != first
        monkeypatch.setattr(sandbox, "GROWN", 100)
        assert text(alone, "a.leak", 120) == second
        third = text(alone, "a.pid")
        assert third != second
        os.kill(int(third), signal.SIGKILL)  # while nobody asks it: as the system may
        assert gone(int(third))
        fourth = text(alone, "a.pid")
    assert all(gone(int(number)) for number in (first, second, third, fourth))


def test_modules_in_the_working_folder_are_not_imported(tmp_path, monkeypatch):
    for name in ("json.py", "yaml.py", "zlib.py", "index.py"):
        (tmp_path / name).write_text("raise SystemExit('taken over')")
    monkeypatch.chdir(tmp_path)
    with Sandbox() as fresh:
        assert text(fresh, "a.txt", "One.") == "One."


UNSTARTED = [
    (("no-such-program",), InputError, "no process to read it could be started"),
    ((sys.executable, "-c", "raise SystemExit('no index')"), WorkerCrash, "exit code 1: no index"),
]


@pytest.mark.parametrize(("command", "kind", "reason"), UNSTARTED)
def test_a_worker_that_does_not_start_is_named(command, kind, reason):
    with Sandbox(command=command) as broken, pytest.raises(kind, match=rf"^a\.txt: .*{reason}"):
        take(broken, "a.txt", "One.")


# Parents that end, are interrupted, or fork

PARENT = f"""
import os, sys, time
from index.reading import DEFAULTS
from index.sandbox import Job, Sandbox

box = Sandbox(0.5, 256, workers=2, command={COMMAND!r})

def pid():
    return list(box.parts(b"", "a.pid", DEFAULTS))[0].reading.text

"""


def run_parent(code):
    return subprocess.Popen(
        [sys.executable, "-c", PARENT + code], stdout=subprocess.PIPE, text=True, bufsize=1
    )


BUSY = """
results = box.imap([Job(b"", "a.pid"), Job(b"", "b.regex"), Job(b"", "c.pid")], 2)
for result in results:
    for part in result.parts:
        print(part.reading.text, flush=True)
        print(*(worker._process.pid for worker in box._all), flush=True)
    if result.job.source == "a.pid":
        list(box.parts(b"", "x.hang", DEFAULTS))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals and processes as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_workers_end_with_their_parent_idle_or_busy(number):
    parent = run_parent(BUSY)
    parent.stdout.readline()
    workers = [int(word) for word in parent.stdout.readline().split()]
    assert workers
    parent.send_signal(number)
    parent.communicate(timeout=20)
    assert all(map(gone, workers))


MEMORY = """
for data in (b"1", b"250"):
    try:
        list(box.parts(data, "a.abort", DEFAULTS))
    except Exception as error:
        print(type(error).__name__, error.what)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of memory")
def test_a_library_that_aborts_for_want_of_memory_is_told_from_one_that_just_aborts():
    """From a parent that is small itself: see `sandbox_process._peak`."""
    said, _ = run_parent(MEMORY).communicate(timeout=30)
    crash = "WorkerCrash a.abort: its reader crashed (SIGABRT, perhaps for want of memory)"
    limit = "MemoryLimit a.abort: reading it takes more than 256 MiB of memory"
    first, second = said.splitlines()
    assert first == crash
    # A process's peak is handed down to those it starts: beside many tests nobody can tell.
    large = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 200 * 1024
    assert second == limit or (large and second == crash)


FORK = """
mine = pid()
child = os.fork()
if child == 0:
    theirs = pid()
    sys.exit(0 if theirs != mine and pid() == theirs else 1)
assert os.waitpid(child, 0)[1] == 0
assert pid() == mine
print(mine)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_process_has_workers_of_its_own():
    parent = run_parent(FORK)
    said, _ = parent.communicate(timeout=30)
    assert parent.returncode == 0
    assert gone(int(said))


# Frames

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LINES = (
    st.text("abc é漢\u202e", min_size=1, max_size=9)
    .map(lambda line: " ".join(line.split()))
    .filter(bool)
)


@st.composite
def readings(draw):
    text = draw(WORDS)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    spans = tuple(zip(places[::2], places[1::2], strict=False))
    pages = tuple(Page(draw(LINES), a, draw(st.none() | st.integers(0, 9)), 0.5) for a in places)
    return Reading(
        text,
        spans,
        tuple(Section(draw(LINES), *span) for span in spans),
        draw(st.dictionaries(st.sampled_from(["title", "author"]), st.just("Quay Press"))),
        pages,
        tuple(Anchor(draw(LINES), a) for a in places),
        spans[1:],
        pack(Word(a, b, Box(0, 1.5, 2, 3, 4)) for a, b in spans),
        tuple(draw(st.lists(LINES, max_size=2))),
        ("title",),
    )


def framed(reading, parent=None, data=b""):
    stream = io.BytesIO()
    header, body = wire.found("a.zip", parent, reading, data)
    wire.write_frame(stream, header, *body)
    return stream.getvalue()


@given(readings(), st.binary(max_size=5))
def test_a_document_comes_back_as_it_was_sent(reading, data):
    said, body = wire.message(*wire.read_frame(io.BytesIO(framed(reading, "z", data)), 10_000))
    assert (said.source, said.parent, said.reading, body) == ("a.zip", "z", reading, data)


FRAME = framed(
    Reading(
        "Ice.",
        ((0, 4),),
        (Section("Ice", 0, 4),),
        anchors=(Anchor("top", 0),),
        hidden=((1, 2),),
        layout=pack([Word(0, 4, Box(0, 1, 2, 3, 4))]),
    )
)


@given(st.integers(0, len(FRAME) - 1), st.integers(1, 255), st.integers(0, len(FRAME)))
def test_an_altered_frame_is_refused_or_is_a_reading_that_holds_together(place, change, end):
    altered = bytearray(FRAME)
    altered[place] ^= change
    for data in (altered, FRAME[:end]):
        try:
            frame = wire.read_frame(io.BytesIO(bytes(data)), 10_000)
            if frame is None:
                assert end == 0
                continue
            said, _ = wire.message(*frame)
        except WireError:
            continue
        assert not isinstance(said, wire.Found) or check(said.reading) is None


@pytest.mark.parametrize("name", MISFITS)
def test_a_reading_whose_parts_do_not_fit_is_not_sent(name):
    with pytest.raises(WireError):
        framed(MISFITS[name])


def test_places_are_no_part_of_the_header_and_there_is_a_most_of_each_kind(hostile):
    def header(rows):
        sections = tuple(Section(f"row {row}", row, row) for row in range(rows))
        reading = Reading("a" * rows, tuple((row, row + 1) for row in range(rows)), sections)
        return wire.read_frame(io.BytesIO(framed(reading)), 10**6)[0]

    assert len(header(9)) + 20 > len(header(9_999))
    with pytest.raises(
        InputError, match=r"^a\.crowd: more than 1,048,576 anchors; split it"
    ) as error:
        take(hostile, "a.crowd")
    assert error.type is InputError
    assert take(hostile, "a.box", json.dumps([["b.crowd", ""], ["c.echo", "Ice."]]))[0] == (
        Unreadable("a.box!/b.crowd", "a.box!/b.crowd: more than 1,048,576 anchors; split it")
    )


def test_a_name_with_control_characters_is_refused_and_shown_without(hostile):
    with pytest.raises(InputError, match=r"^a\\x0aonrecord: b\.echo: control characters"):
        take(hostile, "a\nonrecord: b.echo", "Ice.")
    assert text(hostile, "\u202eb.echo", "Ice.") == "Ice."


def test_notes_and_metadata_are_one_line_each_and_a_parent_insists_on_it():
    untidy = Reading(
        "Ice.", (), metadata={"title": " The\nice "}, notes=("left\nout", " ", "x" * 9999)
    )
    header, body = wire.found("a.txt", None, untidy, b"")
    assert header.reading.metadata == {"title": "The ice"}
    assert header.reading.notes == ("left out", "x" * LONGEST_NOTE)
    for bad in ({"metadata": untidy.metadata}, {"notes": ("left\nout",)}, {"notes": ("",)}):
        stream = io.BytesIO()
        wire.write_frame(stream, replace(header, reading=replace(header.reading, **bad)), *body)
        stream.seek(0)
        with pytest.raises(WireError, match=r"metadata|note"):
            wire.message(*wire.read_frame(stream, 20_000))


def test_a_layout_cannot_unfold_without_bound():
    bomb = pack([Word(0, 1, Box(0, 0, 0, 0, 0))] * 1_000_000)
    with pytest.raises(WireError, match="too long"):
        check(Reading("Ice.", (), layout=bomb))
