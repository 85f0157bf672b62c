"""The zip of an evidence pack: written in one way only, so that one byte more or less shows.

Members are stored, sorted by name, without times. So the same members are the same bytes on every
machine (what deflate makes depends on the library), nothing unfolds, and whoever reads one writes
its headers again and compares: there is no place in the file that nobody looks at. Layout: PKWARE,
APPNOTE.TXT 6.3.10, 4.3; sizes fit its 32 bits, so there is no ZIP64.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from index.errors import InputError
from index.formats.zipped import LARGEST_TOTAL, MOST_MEMBERS

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"

_VERSION = 10  # needed to extract: 1.0, for stored members without folders
_MADE_BY = 3 << 8 | _VERSION  # Unix, whose permissions follow
_READABLE = 0o100644 << 16
_DAY = 0x21  # 1 January 1980, the first day that the format has

_NAME = re.compile(r"[a-z0-9-]+(?:/[a-z0-9-]+)?\.[a-z]+|sources/[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Contents:
    """The members of a pack by name. `faults` say what is not as a pack is written, and where;
    after a fault of the structure there may be members that were not reached."""

    members: Mapping[str, bytes]
    faults: tuple[str, ...]


def zipped(members: Mapping[str, bytes]) -> bytes:
    """The members as a zip. Raises `InputError` for more than a pack may hold."""
    size = sum(map(len, members.values()))
    if size > LARGEST_TOTAL or len(members) > MOST_MEMBERS:
        raise InputError(
            f"the pack would hold {len(members):,} files of {size / 1e6:,.0f} MB, "
            f"more than {MOST_MEMBERS:,} or {LARGEST_TOTAL / 1e6:,.0f} MB",
            "leave the sources out: --hashes-only",
        )
    parts: list[bytes] = []
    listed: list[_Listed] = []
    at = 0
    for name in sorted(members):
        if not _NAME.fullmatch(name):
            raise ValueError(f"not the name of a member: {name!r}")
        row = _Listed(name, zlib.crc32(members[name]), len(members[name]), at)
        listed.append(row)
        parts += [row.local(), members[name]]
        at += len(parts[-2]) + row.size
    return b"".join([*parts, _directory(listed, at)])


def looks_zipped(data: bytes) -> bool:
    """True when something of a zip file is there: one that was damaged, say."""
    return _LOCAL_MARK in data[:4] or _END_MARK in data[-_END.size :]


def opened(data: bytes) -> Contents:
    """Reads a pack and holds every byte that is not content against what `zipped` would write."""
    members: dict[str, bytes] = {}
    listed: list[_Listed] = []
    faults: list[str] = []
    at = 0
    while data[at : at + 4] == _LOCAL_MARK:
        row = _listed(data, at)
        if row is None or (listed and row.name <= listed[-1].name) or len(listed) >= MOST_MEMBERS:
            return Contents(members, (*faults, f"byte {at:,}: not the header of a member"))
        begin = at + len(row.local())
        content = data[begin : begin + row.size]
        if len(content) < row.size:
            return Contents(members, (*faults, f"{row.name}: cut off"))
        if zlib.crc32(content) != row.crc:
            faults.append(f"{row.name}: altered, its checksum is another")
        if (different := _difference(data, at, row.local())) is not None:
            return Contents(members, (*faults, f"byte {different:,}: the header of {row.name}"))
        members[row.name] = content
        listed.append(row)
        at = begin + row.size
    directory = _directory(listed, at)
    different = _difference(data, at, directory)
    if different is None and len(data) > at + len(directory):
        different = at + len(directory)
    if different is not None:
        where = f"behind {listed[-1].name}" if listed else "at the beginning"
        faults.append(f"byte {different:,}: not what a pack has {where}")
    return Contents(members, tuple(faults))


@dataclass(frozen=True, slots=True)
class _Listed:
    """What the headers say of a member; `at` is the byte of its own one."""

    name: str
    crc: int
    size: int
    at: int

    def local(self) -> bytes:
        name = self.name.encode()
        sums = (self.crc, self.size, self.size)
        return _LOCAL.pack(_LOCAL_MARK, _VERSION, 0, 0, 0, _DAY, *sums, len(name), 0) + name

    def central(self) -> bytes:
        name = self.name.encode()
        return (
            _CENTRAL.pack(
                *(_CENTRAL_MARK, _MADE_BY, _VERSION, 0, 0, 0, _DAY),
                *(self.crc, self.size, self.size, len(name)),
                *(0, 0, 0, 0, _READABLE, self.at),
            )
            + name
        )


def _directory(listed: list[_Listed], at: int) -> bytes:
    rows = b"".join(row.central() for row in listed)
    return rows + _END.pack(_END_MARK, 0, 0, len(listed), len(listed), len(rows), at, 0)


def _listed(data: bytes, at: int) -> _Listed | None:
    """What the header at a byte says; None where it says nothing that a pack has."""
    head = data[at : at + _LOCAL.size]
    if len(head) < _LOCAL.size:
        return None
    fields = _LOCAL.unpack(head)
    crc, size, length = fields[6], fields[8], fields[9]
    name = data[at + _LOCAL.size : at + _LOCAL.size + length].decode("latin-1")
    return _Listed(name, crc, size, at) if _NAME.fullmatch(name) else None


def _difference(data: bytes, at: int, wanted: bytes) -> int | None:
    """The first byte of `data` from `at` on that is not as wanted; None when all are."""
    there = data[at : at + len(wanted)]
    if there == wanted:
        return None
    pairs = zip(there, wanted, strict=False)
    return at + next((n for n, (a, b) in enumerate(pairs) if a != b), len(there))
