"""The chain of custody: intakes and the log that commits to them and tells nothing of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import disk
from index.errors import IndexDamaged
from index.intake import Intake, canonical, recipe_of, utc_now
from index.intake_log import (
    REBUILT,
    REPAIRED,
    Entry,
    Head,
    added,
    extended,
    faults,
    live,
    lost,
    read,
    removed,
    replaced,
    sound,
    unfinished,
)
from index.metadata import FIELDS
from index.reading import Options

TIME, TOOL = "2026-02-11T08:30:00Z", "onrecord 0.1.0"
BELL, ICE = (hashlib.sha256(name).hexdigest() for name in (b"bell", b"ice"))


def intake(source: str = "harbour/bell.eml", **fields: object) -> Intake:
    values = {
        "source": source,
        "sha256": BELL,
        "bytes": 4,
        "file": source,
        "file_sha256": BELL,
        "file_bytes": 4,
        "received": TIME,
        "tool": TOOL,
        "recipe": "0123456789abcdef",
        "given": {"title": "The bell of Ostrel"},
        "kept": True,
    }
    return Intake(**values | fields)


# Intakes

HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
INTAKES = st.builds(
    Intake,
    source=TEXT,
    sha256=HEX,
    bytes=st.integers(0),
    file=TEXT,
    file_sha256=HEX,
    file_bytes=st.integers(0),
    received=st.datetimes().map(lambda time: f"{time:%Y-%m-%dT%H:%M:%SZ}".zfill(20)),
    tool=TEXT,
    recipe=HEX.map(lambda digits: digits[:16]),
    given=st.dictionaries(st.sampled_from(FIELDS), TEXT),
    kept=st.booleans(),
    documents=st.integers(0),
)


@given(INTAKES)
def test_an_intake_is_read_back_from_its_json_and_its_digest_is_that_of_the_bytes(one):
    assert Intake.from_json(one.to_json()) == one
    assert one.digest() == hashlib.sha256(one.to_json()).hexdigest()


def test_two_intakes_of_the_same_file_have_nothing_in_common_that_the_log_shows():
    assert intake().digest() != intake().digest()
    assert len(intake().salt) == 32


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"bytes"', b'{ "bytes"'),
        (b'"bytes":4', b'"bytes":4.0'),
        (b'"bytes":4', b'"bytes":true'),
        (b'"bytes":4', b'"bytes":-4'),
        (b'"bytes":4', b'"bytes":4,"bytes":4'),
        (b'"bytes":4,', b""),
        (b'"bytes":4', b'"bytes":4,"mood":"calm"'),
        (b'"kept":true', b'"kept":1'),
        (b'"title"', b'"titel"'),
        (b'"The bell of Ostrel"', b"7"),
        (b'"The bell of Ostrel"', b'"\\ud800"'),
        (b"T08:30:00Z", b"T08:30:00"),
        (b"T08:30:00Z", b"T25:30:00Z"),
        (b'"0123456789abcdef"', b'"0123456789ABCDEF"'),
        (b'"harbour/bell.eml"', b'""'),
        (b"bell.eml", b"bell.\xff"),
        (b'{"bytes"', b"[" * 100_000 + b'{"bytes"'),
    ],
)
def test_what_is_not_an_intake_to_the_byte_is_refused(old, new):
    data = intake().to_json()
    assert old in data
    with pytest.raises(ValueError):  # noqa: PT011
        Intake.from_json(data.replace(old, new))


def test_a_recipe_changes_with_all_that_decides_what_becomes_of_a_file_and_nothing_else():
    def recipe(file=BELL, given=(("title", "Bell"),), options=Options(), tool=TOOL):  # noqa: B008
        return recipe_of(file, dict(given), options, tool)

    others = [
        recipe(file=ICE),
        recipe(given=()),
        recipe(given=(("title", "Ice"),)),
        recipe(given=(("author", "Bell"),)),
        recipe(options=Options(ocr="eng")),
        recipe(tool="onrecord 0.2.0"),
    ]
    assert len({recipe(), *others}) == 7
    assert recipe(options=Options(progress=lambda done, total: None)) == recipe()
    two = {"title": "Bell", "author": "Port"}
    assert recipe(given=two.items()) == recipe(given=reversed(two.items()))


# The log


def logged(*batches: list[Entry]) -> tuple[bytes, Head]:
    data, head = b"", Head()
    for entries in batches:
        more, head = extended(head, entries, TIME, TOOL)
        data += more
    return data, head


def test_the_first_rows_are_those_that_were_computed_by_hand(tmp_path):
    """With `printf %s '{...}' | sha256sum`, on the row without its hash."""
    first = "60f5b4c3313c0d64ebe327e36eb4591022674027cded01d9caf71b3b60a05223"
    second = "9d9ffab6c3c56aef041601228c86572b343c49453976041a64fb91f790d1ac6f"
    data, head = logged([Entry("added", "ab" * 32)], [REBUILT])
    assert data.decode().splitlines() == [
        f'{{"action":"added","digest":"{"ab" * 32}","hash":"{first}","previous":"{"0" * 64}",'
        f'"row":1,"time":"{TIME}","tool":"{TOOL}"}}',
        f'{{"action":"rebuilt","hash":"{second}","previous":"{first}",'
        f'"row":2,"time":"{TIME}","tool":"{TOOL}"}}',
    ]
    assert head == Head(2, len(data), second)


DIGEST = HEX
ENTRIES = st.lists(
    st.one_of(
        st.builds(Entry, st.just("added"), DIGEST),
        st.builds(Entry, st.just("replaced"), DIGEST, DIGEST),
        st.builds(Entry, st.just("removed"), DIGEST, sha256=HEX),
        st.sampled_from([REBUILT, REPAIRED]),
    ),
    max_size=6,
)


@given(batches=st.lists(ENTRIES, max_size=4), tail=st.binary(max_size=30))
def test_what_was_logged_is_read_back_whatever_stands_behind_it(tmp_path_factory, batches, tail):
    path = tmp_path_factory.mktemp("log") / "log"
    data, head = logged(*batches)
    path.write_bytes(data + tail)
    rows = read(path, head)
    entries = [entry for entries in batches for entry in entries]
    assert [Entry(r.action, r.digest, r.replaces, r.sha256) for r in rows] == entries
    assert [(row.row, row.time, row.tool) for row in rows] == [
        (number, TIME, TOOL) for number in range(1, len(entries) + 1)
    ]
    assert logged(entries) == (data, head)
    assert unfinished(path, head) == len(tail)
    disk.append(path, b"", head.bytes)
    assert path.read_bytes() == data


@pytest.fixture
def log(memory_path):
    intakes = [intake(f"harbour/{number}.txt") for number in range(4)]
    data, head = logged(
        [added(one) for one in intakes[:3]],
        [REBUILT, replaced(intakes[0], intakes[3])],
        [removed(intakes[1]), REPAIRED, added(intake("harbour/last.txt"))],
    )
    path = memory_path / "intake.jsonl"
    path.write_bytes(data)
    return path, head


def test_any_flipped_bit_is_found(log):
    path, head = log
    data = path.read_bytes()
    assert len(read(path, head)) == 8
    for position in Random(6).sample(range(8 * len(data)), 2_000):  # noqa: S311
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        path.write_bytes(flipped)
        with pytest.raises(IndexDamaged, match=r"intake\.jsonl: "):
            read(path, head)


def test_the_rows_before_a_damaged_one_are_sound_and_can_be_gone_on_from(log):
    path, head = log
    data, rows = path.read_bytes(), read(path, head)
    assert sound(path, head.bytes) == (rows, head)
    ends = [position + 1 for position, byte in enumerate(data) if byte == ord("\n")]
    for position in range(0, len(data), 7):
        path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        whole = sum(end <= position for end in ends)
        found, at = sound(path, head.bytes)
        assert (found, at.rows) == (rows[:whole], whole)
        more, longer = extended(at, [REPAIRED], TIME, TOOL)
        disk.append(path, more, at.bytes)
        assert [row.action for row in read(path, longer)][whole:] == ["repaired"]


def test_rows_that_are_left_out_moved_or_made_anew_are_found(log):
    path, head = log
    lines = path.read_bytes().splitlines(keepends=True)
    again, longer = extended(Head(), [REBUILT] * 9, TIME, TOOL)
    other = logged([added(intake("harbour/0.txt"))])[0]
    assert len(other) == len(lines[0])
    forged = [
        [other, *lines[1:]],
        lines[:-1],
        lines[1:],
        lines[:2] + lines[3:],
        [*lines[:2], lines[3], lines[2], *lines[4:]],
        [*lines[:3], lines[2], *lines[3:]],
        [again],
        [],
    ]
    for rows in forged:
        path.write_bytes(b"".join(rows))
        with pytest.raises(IndexDamaged):
            read(path, head)
    path.write_bytes(again)  # a chain that is whole in itself, but not the one that was committed
    assert len(read(path, longer)) == 9
    with pytest.raises(IndexDamaged, match="another hash"):
        read(path, replace(longer, hash=head.hash))
    with pytest.raises(IndexDamaged, match="after 9 of 8 rows"):
        read(path, replace(longer, rows=8))
    path.unlink()
    with pytest.raises(IndexDamaged, match="cannot be read"):
        read(path, head)
    assert read(path, Head()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"row":1', b'"row": 1'),
        (b'"row":1', b'"row":1,"row":1'),
        (b'"onrecord', b'"\\u006fnrecord'),
        (b"}\n", b"}\r\n"),
    ],
)
def test_the_same_row_in_other_bytes_is_found(tmp_path, old, new):
    data, head = logged([REBUILT])
    assert old in data
    altered = data.replace(old, new)
    (tmp_path / "log").write_bytes(altered)
    with pytest.raises(IndexDamaged, match="row 1: "):
        read(tmp_path / "log", replace(head, bytes=len(altered)))


@pytest.mark.parametrize(
    "values",
    [{"row": True}, {"row": 1.0}, {"row": "1"}, {"time": 5}, {"tool": None}, {"mood": "x"}],
)
def test_a_row_with_values_of_other_kinds_is_found_though_its_hash_is_right(tmp_path, values):
    row = json.loads(logged([REBUILT])[0]) | values
    del row["hash"]
    own = hashlib.sha256(canonical(row)).hexdigest()
    line = canonical(row | {"hash": own}) + b"\n"
    (tmp_path / "log").write_bytes(line)
    with pytest.raises(IndexDamaged, match="row 1: "):
        read(tmp_path / "log", Head(1, len(line), own))


@pytest.mark.parametrize(
    "line",
    [
        b"[1]\n",
        b"\n",
        b"\xff\n",
        b"[" * 60_000 + b"\n",
        b"x" * 1_000_000 + b"\n",
        b'{"action":["added"]}\n',
        b'{"action":"sold"}\n',
        b'{"row":' + b"9" * 5_000 + b"}\n",
    ],
)
def test_a_log_that_is_something_else_is_damage_and_no_crash(tmp_path, line):
    (tmp_path / "log").write_bytes(line)
    with pytest.raises(IndexDamaged, match="row 1: "):
        read(tmp_path / "log", Head(1, len(line), "0" * 64))


def test_the_log_tells_nothing_of_what_was_removed_but_the_hash_of_its_bytes(tmp_path):
    gone = intake(
        "Ostrel/secret-minutes.pdf",
        file="Ostrel/archive.zip",
        file_sha256=ICE,
        given={"title": "Minutes of the night session", "author": "Council of Ostrel"},
    )
    newer = replace(gone, sha256=ICE, salt="0" * 32)
    data, _ = logged([added(gone)], [replaced(gone, newer), removed(newer)])
    values = json.loads(gone.to_json())
    for told in (*values.pop("given").values(), *(v for v in values.values() if type(v) is str)):
        if told not in ("", TIME, TOOL, ICE):
            assert told.encode() not in data
    rows = [json.loads(line) for line in data.splitlines()]
    assert [row.get("sha256") for row in rows] == [None, None, ICE]
    common = {"row", "time", "tool", "action", "previous", "hash", "digest"}
    assert [row.keys() - common for row in rows] == [set(), {"replaces"}, {"sha256"}]
    # Whoever knows all of it but the salt cannot tell that it was this.
    assert replace(gone, salt="f" * 32).digest() not in data.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "sold"},
        {"action": "added"},
        {"action": "added", "digest": BELL, "sha256": BELL},
        {"action": "removed", "digest": BELL},
        {"action": "replaced", "digest": BELL},
        {"action": "rebuilt", "digest": BELL},
    ],
)
def test_an_entry_has_what_its_action_needs_and_no_more(wrong):
    with pytest.raises(ValueError, match="not an entry"):
        Entry(**wrong)


def test_a_time_that_is_none_is_not_logged():
    with pytest.raises(ValueError, match="not a time"):
        extended(Head(), [REBUILT], "yesterday", TOOL)
    extended(Head(), [REBUILT], utc_now(), TOOL)


# The log and the documents


def found(tmp_path, entries, *intakes):
    data, head = logged(entries)
    (tmp_path / "log").write_bytes(data)
    return faults(read(tmp_path / "log", head), intakes)


def test_the_log_and_the_documents_that_are_there_are_held_together(tmp_path):
    a, b, c, a2 = (intake(name) for name in ("a.txt", "b.txt", "c.txt", "a.txt"))
    whole = [added(a), added(b), added(c), replaced(a, a2), REBUILT, removed(b)]
    assert found(tmp_path, whole, c, a2) == []
    assert found(tmp_path, [*whole, added(b)], a2, b, c) == [
        "row 7 of the log: added what had come in before"
    ]
    assert found(tmp_path, whole, c) == ["row 4 of the log: what came in is not in the index"]
    assert found(tmp_path, whole, a2, c, b) == ["b.txt: row 6 of the log says that it went out"]
    assert found(tmp_path, whole, a2, c, a) == ["a.txt: row 4 of the log says that it went out"]
    altered = replace(c, received="2026-02-11T08:30:01Z")
    assert found(tmp_path, whole, a2, altered) == [
        "c.txt: no row of the log says how it came in",
        "row 3 of the log: what came in is not in the index",
    ]
    assert found(tmp_path, [added(a), removed(b)], a) == [
        "row 2 of the log: removed what was not in the index"
    ]
    assert found(tmp_path, [added(a)], a, a) == ["a.txt: no row of the log says how it came in"]
    assert found(tmp_path, [*whole, lost(c.digest())], a2) == []
    assert found(tmp_path, [*whole, lost(c.digest())], a2, c) == [
        "c.txt: row 7 of the log says that it went out"
    ]
    (tmp_path / "log").write_bytes(logged(whole)[0])
    assert live(read(tmp_path / "log", logged(whole)[1])) == {a2.digest(), c.digest()}
