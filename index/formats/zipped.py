"""ZIP files from anybody: opened and read within limits, whatever their headers claim.

Archives, DOCX and ODT are read through this. A member is unpacked piece by piece, so that neither a
size that lies nor a member that unfolds to gigabytes costs more than its limit. Nothing is ever
written to disk.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from index.errors import InputError

if TYPE_CHECKING:
    from lxml import etree

MOST_MEMBERS = 10_000
"""A directory entry is a Python object of about 600 bytes: this is 6 MB."""

LARGEST_MEMBER = 64 * 2**20
"""Bytes, unpacked. A book of a million words is 6 MB of text."""

LARGEST_XML = 32 * 2**20
"""Bytes of a part of a document, unpacked. lxml's tree takes 17 times as much when every run is one
letter and 34 times when all elements are empty (measured): 1 GiB at worst. Word's own XML of 1,000
pages is about 10 MB."""

LARGEST_TOTAL = 2**30
"""Bytes, all members of an archive unpacked."""

HIGHEST_RATIO = 200
"""Unpacked to packed. Text packs to a third or a tenth; deflate ends at 1,032."""

UNSUSPECTED = 2**20
UNSUSPECTED_XML = 2**23
"""Bytes below which the ratio is not looked at: a small table of zeros may pack that well, and so
may a long form in XML, where each row is the same but for its number."""

_ENTRY = b"PK\x01\x02"
_END = b"PK\x05\x06"
_CHUNK = 2**16
_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Python's decoders of bzip2 and LZMA give no limit to what one read unfolds to."""

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,  # a version or a method that zipfile does not know
    ValueError,  # also UnicodeDecodeError: a name that is not UTF-8 and says it is
    OverflowError,
    OSError,  # seeking to where a header points
)


class Refused(Exception):
    """A member that is not read, and why."""


def opened(data: bytes, source: str) -> zipfile.ZipFile:
    """The archive; `InputError` when it is none or holds too many members."""
    entries = _entries(data)
    if entries > MOST_MEMBERS:
        raise InputError(
            f"{source}: holds {entries:,} files, more than {MOST_MEMBERS:,}",
            "unpack it and add the folder",
        )
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGE as error:
        raise InputError(
            f"{source}: not a ZIP file, or a damaged one ({_reason(error)})",
            "get a whole copy of it",
        ) from error


def _entries(data: bytes) -> int:
    """Members that the directory at the end lists, counted before any object is made of them.

    The number that the archive states may lie; where the directory starts may lie too, and then
    marks are counted that stand in stored members, which errs to the safe side.
    """
    end = data.rfind(_END)
    if end < 0 or end + 16 > len(data):
        return 0
    size: int = struct.unpack_from("<I", data, end + 12)[0]
    return data.count(_ENTRY, max(0, end - size) if size else 0, end)


def read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int, unsuspected: int = UNSUSPECTED
) -> bytes:
    """The bytes of a member, its checksum verified; `Refused` says why there are none."""
    if member.flag_bits & 0x1:
        raise Refused("encrypted; unpack it with its password and add what it holds")
    if member.compress_type not in _READ:
        raise Refused("packed by a method that is not read; pack it again as a plain ZIP")
    parts: list[bytes] = []
    size = 0
    try:
        with archive.open(member) as stream:
            while part := stream.read(_CHUNK):
                size += len(part)
                if size > most:
                    raise Refused(f"larger than {most // 2**20} MiB unpacked; unpack it by hand")
                if size > unsuspected and size > HIGHEST_RATIO * member.compress_size:
                    raise Refused(f"unfolds to more than {HIGHEST_RATIO} times its size (a bomb?)")
                parts.append(part)
    except _DAMAGE as error:
        raise Refused(f"damaged ({_reason(error)})") from error
    return b"".join(parts)


def _reason(error: Exception) -> str:
    """The message of a library, as one short line."""
    return " ".join(str(error).split())[:120] or type(error).__name__


class Package:
    """The parts of a document that is a ZIP of XML files."""

    def __init__(self, data: bytes, source: str) -> None:
        self.source = source
        self._archive = opened(data, source)
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in self._archive.infolist():
            self._members.setdefault(member.filename.lstrip("/"), member)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._members)

    def read(self, name: str) -> bytes | None:
        """A part's bytes, None when there is no such part."""
        member = self._members.get(name)
        if member is None:
            return None
        try:
            return read_member(self._archive, member, LARGEST_XML, UNSUSPECTED_XML)
        except Refused as refused:
            raise InputError(
                f"{self.source}: {name}: {refused}", "save the document anew and add that"
            ) from refused

    def xml(self, name: str) -> etree._Element | None:
        """The root of a part that is XML, None when there is no such part."""
        data = self.read(name)
        return None if data is None else parsed(data, f"{self.source}: {name}")


def parsed(data: bytes, where: str) -> etree._Element:
    """The root of an XML text without comments; `InputError` for any other.

    One that defines entities is refused: no office program does, and they unfold or read files.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(
            f"{where}: not valid XML ({_reason(error)})", "get a whole copy"
        ) from error
    types = root.getroottree().docinfo.internalDTD
    if types is not None and any(True for _ in types.iterentities()):
        raise InputError(f"{where}: defines entities", "save the document anew and add that")
    return root
