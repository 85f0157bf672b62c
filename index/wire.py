"""What a worker process and its parent say to each other: frames on a pipe, decoded strictly.

A frame is a mark, two lengths, a header in JSON and raw bytes. Nothing is unpickled: a worker has
read a hostile file, so that what it says is as untrusted as the file. A header must be one of the
records below, type by type, and a reading must be one that the rest of the system can rely on.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from index.errors import InputError
from index.metadata import checked
from index.reading import Reading
from index.wire_checks import LONGEST_NOTE, WireError, check
from index.wire_places import MOST_PLACES, packed, too_many, unpacked

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_FRAME = struct.Struct("!4sIQ")
_MARK = b"ONR1"

LONGEST_HEADER = 1 << 25
"""Bytes. 100,000 pages with their labels take some 8 million, and several times that once read."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file inside a container that no worker survived, by its number; why, for people."""

    number: int
    what: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Ask:
    """To the worker: read the file whose bytes follow. What comes before `skip` is known."""

    source: str
    ocr: str = ""
    skip: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """The worker begins to read a file, the `number`th from 0 of those in the file asked for."""

    number: int
    name: str
    kind: Literal["begun"] = "begun"


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    total: int
    kind: Literal["progress"] = "progress"


@dataclass(frozen=True, slots=True)
class Found:
    """A document. Its text, layout, places (`index.wire_places`) and, for one inside a container,
    its bytes follow."""

    source: str
    parent: str | None
    reading: Reading
    sizes: tuple[int, int, int, int]
    kind: Literal["found"] = "found"


@dataclass(frozen=True, slots=True)
class Missed:
    """An `Unreadable`."""

    name: str
    reason: str
    kind: Literal["missed"] = "missed"


Fault = Literal["refused", "memory", "nesting", "fault"]


@dataclass(frozen=True, slots=True)
class Failed:
    """The file cannot be read, or its reader could not."""

    fault: Fault
    what: str
    next_step: str
    kind: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Finished:
    """The file is read. `memory` is what the worker now holds, in MiB (0: not known)."""

    memory: int
    kind: Literal["finished"] = "finished"


Message = Begun | Progress | Found | Missed | Failed | Finished


def write_frame(stream: BinaryIO, header: object, *body: bytes) -> None:
    """Writes all of it, also to a raw stream that takes a part at a time. Raises `WireError` for
    text with half a surrogate pair, which UTF-8 cannot hold.
    """
    try:
        head = json.dumps(header, ensure_ascii=False, default=_fields, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise WireError(f"not to be written as JSON ({error})") from error
    frame = _FRAME.pack(_MARK, len(head), sum(map(len, body)))
    for part in (frame + head, *body):
        rest = memoryview(part)
        while rest:
            rest = rest[stream.write(rest) :]
    stream.flush()


def read_frame(stream: BinaryIO, limit: int) -> tuple[bytes, bytes] | None:
    """Header and body, None at the end of the stream; `limit` is for their bytes together."""
    start = stream.read(_FRAME.size)
    if not start:
        return None
    if len(start) < _FRAME.size:
        raise WireError("a frame that ends early")
    mark, head, body = _FRAME.unpack(start)
    if mark != _MARK:
        raise WireError("bytes that are no frame")
    if head + body > limit or head > LONGEST_HEADER:
        raise WireError(f"a frame of {head} and {body} bytes, the limit is {limit}")
    parts = stream.read(head), stream.read(body)
    if (len(parts[0]), len(parts[1])) != (head, body):
        raise WireError("a frame that ends early")
    return parts


def asked(header: bytes) -> Ask:
    """What the parent asks for; it is trusted."""
    values = json.loads(header)
    skip = tuple(Skipped(**skipped) for skipped in values.pop("skip"))
    return Ask(**values, skip=skip)


def message(header: bytes, body: bytes) -> tuple[Message, bytes]:
    """What a worker says, and the bytes of a file inside a container. Raises `WireError`."""
    from pydantic import ValidationError

    try:
        said = _messages().validate_json(header, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise WireError(f"{first['msg']} ({'.'.join(map(str, first['loc']))})") from error
    if not isinstance(said, Found):
        if body:
            raise WireError("bytes behind a message that has none")
        return said, b""
    text, layout, places, data = _cut(body, said.sizes)
    try:
        known = unpacked(places)
        reading = replace(
            said.reading,
            text=text.decode(),
            layout=layout,
            paragraphs=known.paragraphs,
            hidden=known.hidden,
            sections=known.sections,
            anchors=known.anchors,
        )
    except UnicodeDecodeError as error:
        raise WireError("a text that is not UTF-8") from error
    check(reading)
    return replace(said, reading=reading), data


@cache
def _messages() -> TypeAdapter[Message]:
    from typing import Annotated

    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[Message, Field(discriminator="kind")])


def found(
    source: str, parent: str | None, reading: Reading, data: bytes
) -> tuple[Found, tuple[bytes, ...]]:
    """A document as header and body. The parent has the bytes of the file itself already, and
    believes no other. Notes and metadata become one line each: no document is lost for a line end.
    Raises `WireError` for a reading that is none, `InputError` for one of too many places.
    """
    if kind := too_many(reading):
        raise InputError(f"{source}: more than {MOST_PLACES:,} {kind}", "split it")
    try:
        metadata = checked(reading.metadata, "metadata")
    except InputError as error:
        raise WireError(error.what) from error
    notes = (" ".join(note.split())[:LONGEST_NOTE].rstrip() for note in reading.notes)
    reading = replace(reading, metadata=metadata, notes=tuple(note for note in notes if note))
    check(reading)
    try:
        own = b"" if parent is None else data
        body = reading.text.encode(), reading.layout, packed(reading), own
    except UnicodeEncodeError as error:
        raise WireError("its text holds half a surrogate pair") from error
    bare = replace(reading, text="", layout=b"", paragraphs=(), hidden=(), sections=(), anchors=())
    text, layout, places, rest = map(len, body)
    return Found(source, parent, bare, (text, layout, places, rest)), body


def _fields(record: object) -> dict[str, Any]:
    """A record for JSON; its bytes travel behind the header."""
    if not is_dataclass(record):
        raise TypeError(f"no record: {type(record).__name__}")
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: value for name, value in values.items() if not isinstance(value, bytes)}


def _cut(body: bytes, sizes: tuple[int, int, int, int]) -> list[bytes]:
    if min(sizes) < 0 or sum(sizes) != len(body):
        raise WireError("sizes that are not those of the bytes")
    ends = list(accumulate(sizes, initial=0))
    return [body[start:end] for start, end in pairwise(ends)]
