"""ZIP archives: the files in them, in the order of their names, within limits (`zipped`)."""

from __future__ import annotations

import contextlib
import re
import stat
import zipfile
from collections.abc import Iterator

from index.formats.zipped import (
    LARGEST_MEMBER,
    LARGEST_TOTAL,
    Refused,
    opened,
    read_member,
)
from index.reading import Child, Unreadable

_UTF8_NAME = 0x800
"""Flag of a name that is UTF-8 (APPNOTE 4.4.4, bit 11)."""
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROLS = re.compile(r"[\0-\x1f\x7f-\x9f\u2028\u2029]")
_JUNK = "__MACOSX"


def no_reader(name: str) -> str:
    """Why a file in a container is passed over by its ending; empty for one that can be read."""
    from index import readers

    suffix = readers.suffix_of(name)
    if suffix in readers.READERS or suffix in readers.CONTAINERS:
        return ""
    return f"{readers.NO_READER} {suffix or 'a file without an ending'}"


def unpacked(data: bytes, source: str) -> Iterator[Child | Unreadable]:
    """The files of an archive. Folders, hidden files and what macOS adds are passed over."""
    archive = opened(data, source)
    taken: set[str] = set()
    total = 0
    for name, number, member in sorted(_members(archive)):
        if name in taken:
            yield Unreadable(f"{name} (entry {number})", "a second file of this name")
            continue
        taken.add(name)
        if reason := _fault(name, member) or no_reader(name):
            yield Unreadable(printable(name), reason)
            continue
        try:
            content = read_member(archive, member, LARGEST_MEMBER)
        except Refused as refused:
            yield Unreadable(name, str(refused))
            continue
        total += len(content)
        if total > LARGEST_TOTAL:
            yield Unreadable(name, "from here on: the archive holds more than 1 GiB unpacked")
            return
        yield Child(name, content)


def _members(archive: zipfile.ZipFile) -> Iterator[tuple[str, int, zipfile.ZipInfo]]:
    """Name, number in the archive, which tells two of one name apart, and the entry."""
    for number, member in enumerate(archive.infolist(), 1):
        name = _name(member)
        parts = [part for part in name.split("/") if part != ".."]
        if not name.endswith("/") and not any(p.startswith(".") or p == _JUNK for p in parts):
            yield name, number, member


def _name(member: zipfile.ZipInfo) -> str:
    """The path in the archive with `/`, without empty steps.

    Names without the mark of UTF-8 are IBM's code page 437 by the specification; macOS and Linux
    write UTF-8 without the mark, and text in that code page is hardly ever valid UTF-8 by chance.
    """
    name = member.filename
    if not member.flag_bits & _UTF8_NAME:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    name = name.replace("\\", "/")
    steps = [step for step in name.split("/") if step not in ("", ".")]
    return "/" * name.startswith("/") + "/".join(steps) + "/" * name.endswith("/")


def _fault(name: str, member: zipfile.ZipInfo) -> str:
    """Why a member is not looked at, whatever it holds; empty when nothing is wrong."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if name.startswith("/") or _DRIVE.match(name):
        return "an absolute path"
    if ".." in name.split("/"):
        return "a path that leads out of the archive"
    if printable(name) != name:
        return "control characters in its name"
    if kind == stat.S_IFLNK:
        return "a symbolic link"
    return "" if kind in (0, stat.S_IFREG) else "not a regular file"


def printable(name: str) -> str:
    """A name with its control characters as escapes: it must not end a line or move a cursor."""
    return _CONTROLS.sub(lambda match: f"\\x{ord(match[0]):02x}", name)
