"""What a worker process and its parent say to each other: frames on a pipe, decoded strictly.

A frame is a mark, two lengths, a header in JSON and raw bytes. Nothing is unpickled: a worker has
read a hostile file, so that what it says is as untrusted as the file. A header must be one of the
records below, type by type, and a reading must be one that the rest of the system can rely on.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from index.errors import InputError
from index.metadata import FIELDS, checked
from index.reading import Reading, Spans

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_FRAME = struct.Struct("!4sIQ")
_MARK = b"ONR1"

LONGEST_NOTE = 2_000
"""Code points of a note: some sentences for people; more is a text in the wrong place."""

WORD_BYTES = 28
"""Size of a row of `index.layout`: three whole numbers and four lengths of 4 bytes each."""


class WireError(ValueError):
    """Bytes that are no frame of ours, or a reading whose parts do not fit its text."""


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
    """A document. Its text, layout and, for one inside a container, its bytes follow."""

    source: str
    parent: str | None
    reading: Reading
    sizes: tuple[int, int, int]
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
    if head + body > limit:
        raise WireError(f"a frame of {head + body} bytes, the limit is {limit}")
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
    text, layout, data = _cut(body, said.sizes)
    try:
        reading = replace(said.reading, text=text.decode(), layout=layout)
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
    Raises `WireError` for a reading that is none.
    """
    try:
        metadata = checked(reading.metadata, "metadata")
    except InputError as error:
        raise WireError(error.what) from error
    notes = (" ".join(note.split())[:LONGEST_NOTE].rstrip() for note in reading.notes)
    reading = replace(reading, metadata=metadata, notes=tuple(note for note in notes if note))
    check(reading)
    try:
        body = (reading.text.encode(), reading.layout, b"" if parent is None else data)
    except UnicodeEncodeError as error:
        raise WireError("its text holds half a surrogate pair") from error
    bare = replace(reading, text="", layout=b"")
    return Found(source, parent, bare, (len(body[0]), len(body[1]), len(body[2]))), body


def _fields(record: object) -> dict[str, Any]:
    """A record for JSON; its bytes travel behind the header."""
    if not is_dataclass(record):
        raise TypeError(f"no record: {type(record).__name__}")
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: value for name, value in values.items() if not isinstance(value, bytes)}


def _cut(body: bytes, sizes: tuple[int, int, int]) -> tuple[bytes, bytes, bytes]:
    text, layout, data = sizes
    if min(sizes) < 0 or text + layout + data != len(body):
        raise WireError("sizes that are not those of the bytes")
    return body[:text], body[text : text + layout], body[text + layout :]


def check(reading: Reading) -> None:
    """Raises `WireError`, which names the fault, for parts that do not fit the text.

    Types are as declared: mypy holds the readers to them and `message` what is on the pipe.
    """
    length = len(reading.text)
    _check_spans("paragraphs", reading.paragraphs, length)
    _check_spans("hidden spans", reading.hidden, length)
    _check_starts("sections", (section.start for section in reading.sections), length)
    if any(not section.start <= section.end <= length for section in reading.sections):
        raise WireError("a section that ends outside the text")
    _check_starts("pages", (page.start for page in reading.pages), length)
    for page in reading.pages:
        if page.index is not None and page.index < 0:
            raise WireError(f"a page with the index {page.index}")
        if page.confidence is not None and not 0 <= page.confidence <= 1:
            raise WireError(f"a page with the confidence {page.confidence}")
    _check_starts("anchors", (anchor.start for anchor in reading.anchors), length)
    _check_words(reading)
    _check_layout(reading.layout, length)


def _check_spans(name: str, spans: Spans, length: int) -> None:
    before = 0
    for start, end in spans:
        if not before <= start < end <= length:
            raise WireError(f"{name} empty, out of order or outside the text: {start}..{end}")
        before = end


def _check_starts(name: str, starts: Iterable[int], length: int) -> None:
    before = 0
    for start in starts:
        if not before <= start <= length:
            raise WireError(f"{name} out of order or outside the text, at {start}")
        before = start


def _check_words(reading: Reading) -> None:
    """Metadata, notes, and the names of places."""
    try:
        if checked(reading.metadata, "metadata") != reading.metadata:
            raise WireError("metadata with an empty value, line ends or spaces in a row")
    except InputError as error:
        raise WireError(error.what) from error
    if not set(reading.uncertain) <= set(FIELDS):
        raise WireError(f"uncertain fields that are none: {reading.uncertain}")
    for note in reading.notes:
        if not 0 < len(note) <= LONGEST_NOTE or "\n" in note:
            raise WireError(f"a note that is empty, too long or not one line: {note[:100]!r}")


def _check_layout(layout: bytes, length: int) -> None:
    """At most one box for each code point, so that it cannot unfold without bound either."""
    if not layout:
        return
    unpacker = zlib.decompressobj()
    most = WORD_BYTES * length
    try:
        rows = unpacker.decompress(layout, most + 1)
    except zlib.error as error:
        raise WireError(f"a layout that does not unpack ({error})") from error
    if len(rows) > most or len(rows) % WORD_BYTES or not unpacker.eof or unpacker.unused_data:
        raise WireError("a layout that is too long, cut short or not made of whole rows")
    before = 0
    for start, end, _page, left, top, right, bottom in struct.iter_unpack("<3I4f", rows):
        if not before <= start < end <= length:
            raise WireError(
                f"a word of the layout out of order or outside the text: {start}..{end}"
            )
        if not (left <= right and top <= bottom and math.isfinite(left + top + right + bottom)):
            raise WireError(f"a word of the layout without a box, at {start}")
        before = start
