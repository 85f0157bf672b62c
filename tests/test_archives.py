"""ZIP archives: what is in them comes out by name, and what must not is named."""

from __future__ import annotations

import io
import stat
import struct
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import InputError
from index.formats import archives, zipped
from index.formats.archives import unpacked
from index.readers import Part, parts
from index.reading import DEFAULTS, Child, Unreadable


def archive(*members, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as made:
        for member, content in members:
            made.writestr(member, content)
    return stream.getvalue()


def unpack(data):
    return list(unpacked(data, "a.zip"))


def entry(name, mode=stat.S_IFREG | 0o644, flags=0):
    info = zipfile.ZipInfo(name)
    info.external_attr, info.create_system = mode << 16, 3
    info.flag_bits |= flags
    return info


def test_files_come_out_in_the_order_of_their_names_and_junk_is_passed_over():
    data = archive(
        ("b/ö.txt", "Two."), ("a.md", "# One"), ("b/", ""), (".c/x.txt", "no"), ("b/.x.txt", "no"),
        ("__MACOSX/a.md", "no"), ("./c//d.txt", "Three."), ("tune.mp3", "la"), ("README", "la"),
    )  # fmt: skip
    assert unpack(data) == [
        Unreadable("README", "no reader for a file without an ending"),
        Child("a.md", b"# One"),
        Child("b/ö.txt", b"Two."),
        Child("c/d.txt", b"Three."),
        Unreadable("tune.mp3", "no reader for .mp3"),
    ]
    assert unpack(data) == unpack(data)


def test_archives_in_archives_are_opened_to_a_depth():
    data = archive(("deep.txt", "Rain."))
    for level in range(5):
        data = archive((f"{level}.zip", data), ("x.txt", f"Level {level}."))
    found = list(parts(data, "a.zip", DEFAULTS))
    sources = [part.source for part in found if isinstance(part, Part)]
    assert sources[-1] == "a.zip!/x.txt"
    assert "a.zip!/4.zip!/3.zip!/2.zip!/x.txt" in sources
    (failed,) = [part for part in found if isinstance(part, Unreadable)]
    assert "inside 4 other containers" in failed.reason


BAD = [
    (entry("../out.txt"), "a path that leads out of the archive"),
    (entry("a/../../out.txt"), "a path that leads out of the archive"),
    (entry("/etc/out.txt"), "an absolute path"),
    (entry("\\\\host\\out.txt"), "an absolute path"),
    (entry("C:\\out.txt"), "an absolute path"),
    (entry("a\nb.txt"), "control characters in its name"),
    (entry("link.txt", stat.S_IFLNK | 0o777), "a symbolic link"),
    (entry("pipe.txt", stat.S_IFIFO | 0o644), "not a regular file"),
]


@pytest.mark.parametrize(("member", "reason"), BAD, ids=[repr(m.filename) for m, _ in BAD])
def test_a_member_that_could_do_harm_is_named_and_the_rest_goes_on(member, reason):
    found = unpack(archive((member, "x"), ("z.txt", "Rain.")))
    assert found[-1] == Child("z.txt", b"Rain.")
    assert [item.reason for item in found[:-1]] == [reason]
    assert found[0].name.isprintable()


def test_two_files_of_one_name_are_one_and_a_failure():
    with pytest.warns(UserWarning, match="Duplicate"):
        data = archive(("a.txt", "One."), ("a.txt", "Two."), (entry(".\\a.txt"), "Three."))
    assert unpack(data) == [
        Child("a.txt", b"One."),
        Unreadable("a.txt (entry 2)", "a second file of this name"),
        Unreadable("a.txt (entry 3)", "a second file of this name"),
    ]


def test_names_in_utf8_without_the_mark_are_read():
    data = archive(("xxxx.txt", "Rain."))
    assert unpack(data.replace(b"xxxx", "öß".encode()))[0].name == "öß.txt"
    assert unpack(data.replace(b"xxxx", b"\x84\x94ab"))[0].name == "äöab.txt"  # code page 437


def changed(data, header, offset, form, value):
    """The directory entry of the first member with one field set to something else."""
    at = data.index(header) + offset
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form) :]


CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"


def test_members_that_cannot_be_read_are_named():
    good = archive(("a.txt", "Rain fell on the harbour. " * 9))
    for data, reason in (
        (changed(good, CENTRAL, 8, "<H", 1), "encrypted"),
        (changed(good, CENTRAL, 16, "<I", 7), "damaged .Bad CRC-32"),
        (changed(good, LOCAL, 26, "<H", 3), "damaged"),
        (changed(good, CENTRAL, 10, "<H", 99), "packed by a method that is not read"),
        (archive(("a.txt", "x"), compression=zipfile.ZIP_LZMA), "packed by a method"),
        (changed(good, CENTRAL, 42, "<I", 5), "damaged"),
        (good.replace(good[40:60], b"\xff" * 20), "damaged"),
    ):
        (item,) = unpack(data)
        assert isinstance(item, Unreadable), reason
        assert item.reason.startswith(reason.partition(" .")[0])


def test_a_size_that_lies_buys_nothing():
    data = archive(("a.txt", b"0" * 3_000_000))
    (item,) = unpack(changed(data, CENTRAL, 24, "<I", 10))
    assert item.reason.startswith("damaged")  # no more than ten bytes were unpacked


def test_bombs_are_named(monkeypatch):
    (item,) = unpack(archive(("a.txt", b"0" * (zipped.UNSUSPECTED + 70_000))))
    assert item == Unreadable("a.txt", "unfolds to more than 200 times its size (a bomb?)")
    (item,) = unpack(archive(("a.txt", b"0" * (zipped.UNSUSPECTED - 70_000))))
    assert isinstance(item, Child)
    monkeypatch.setattr(archives, "LARGEST_MEMBER", 2**20)
    noise = bytes(range(256)) * 5000
    (item,) = unpack(archive(("a.txt", noise), compression=zipfile.ZIP_STORED))
    assert item.reason.startswith("larger than 1 MiB")
    monkeypatch.setattr(archives, "LARGEST_TOTAL", 10)
    found = unpack(archive(*((f"{n}.txt", "Rain.") for n in range(5))))
    assert [type(item) for item in found] == [Child, Child, Unreadable]
    assert found[2].reason.startswith("from here on: the archive holds more")


def test_overlapping_members_cost_what_they_hold(monkeypatch):
    """Many directory entries that point at the same packed bytes (Fifield's bomb)."""
    one = archive(("a.txt", bytes(range(256)) * 400))
    end = one.rindex(b"PK\x05\x06")
    start = one.index(CENTRAL)
    directory = b"".join(one[start:end].replace(b"a.txt", b"%05d" % n) for n in range(1000))
    record = bytearray(one[end:])
    struct.pack_into("<HHII", record, 8, 1000, 1000, len(directory), start)
    found = unpack(one[:start] + directory + bytes(record))
    assert {type(item) for item in found} == {Unreadable}  # the names differ from those inside


def test_an_archive_of_too_many_files_is_refused_before_any_is_looked_at():
    data = archive(("a.txt", ""))
    start, end = data.index(CENTRAL), data.rindex(b"PK\x05\x06")
    record = bytearray(data[end:])
    directory = data[start:end] * 1_000_000
    struct.pack_into("<I", record, 12, len(directory))
    started = time.perf_counter()
    with pytest.raises(
        InputError, match=r"^a\.zip: holds 1,000,000 files, more than 10,000; unpack"
    ):
        unpack(data[:start] + directory + bytes(record))
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x05\x06", b"Rain.", archive(("a.txt", "x"))[:-5], b"PK\x05\x06" + b"\xff" * 30],
)
def test_what_is_no_archive_is_refused_by_name(data):
    with pytest.raises(InputError, match=r"^a\.zip: not a ZIP file, or a damaged one"):
        unpack(data)


GOOD = archive(
    ("a.txt", "Rain. " * 50), ("b.zip", archive(("c.md", "# Sun"))), ("d.csv", "a,b\n1,2")
)


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=8))
@settings(max_examples=150)
def test_damage_is_named_and_never_more(flips):
    data = bytearray(GOOD)
    for at, value in flips:
        data[at] = value
    try:
        items = list(parts(bytes(data), "a.zip", DEFAULTS))
    except InputError as refused:
        items = [Unreadable("a.zip!/", str(refused))]
        assert refused.what.startswith("a.zip: ")  # noqa: PT017 - or it is read
    assert all(getattr(i, "source", getattr(i, "name", "")).startswith("a.zip!/") for i in items)
