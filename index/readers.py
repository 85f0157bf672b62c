"""Which reader a file gets: by the ending of its name, one line for each.

A reader decides `Document.text` once and for all (`index.formats`). A container is a file that
holds others: its files are documents of their own, called `CONTAINER!/NAME`; a message is both, a
document and a container of its attachments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from index.errors import InputError
from index.formats.archives import unpacked
from index.formats.docx import read_docx
from index.formats.epub import read_epub
from index.formats.html import read_html
from index.formats.magic import ADVICE, refuse_mistaken
from index.formats.mail import attachments, messages, read_mail
from index.formats.markdown import read_markdown
from index.formats.odt import read_odt
from index.formats.pdf import read_pdf
from index.formats.plain import read_text
from index.formats.tables import read_table
from index.reading import DEFAULTS, Options, Reader, Reading, Unpacker, Unreadable

READERS: dict[str, Reader] = {
    ".txt": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".epub": read_epub,
    ".docx": read_docx,
    ".odt": read_odt,
    ".pdf": read_pdf,
    ".csv": read_table,
    ".tsv": read_table,
    ".eml": read_mail,
}

CONTAINERS: dict[str, Unpacker] = {".eml": attachments, ".mbox": messages, ".zip": unpacked}

VERSION = 1
"""Raised when a reader makes something else of the same bytes: files are then read again."""

FORMATS = (*READERS, *(suffix for suffix in CONTAINERS if suffix not in READERS))
"""Endings of the files that can be added."""

NO_READER = "no reader for"

INSIDE = "!/"
"""Between the name of a container and that of a file in it, as Java has it for its archives."""

DEEPEST = 4
"""Containers within containers: a zip of mailboxes of messages with zips, and no more."""


@dataclass(frozen=True, slots=True)
class Part:
    """A document of a file: the file itself, or one inside it, which then has a `parent`."""

    source: str
    data: bytes
    reading: Reading
    parent: str | None = None


def suffix_of(source: str) -> str:
    return PurePosixPath(source).suffix.lower()


def read_file(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """Reads a file by the ending of its name; an ending without a reader is a named failure."""
    suffix = suffix_of(source)
    if suffix not in READERS:
        raise InputError(
            f"{source}: {NO_READER} {suffix or 'a file without an ending'}",
            ADVICE.get(suffix, f"formats read: {', '.join(FORMATS)}"),
        )
    return READERS[suffix](data, source, options)


def parts(data: bytes, source: str, options: Options) -> Iterator[Part | Unreadable]:
    """All documents of a file, one at a time; what cannot be read in it is named and passed over.

    Raises `InputError` when the file itself cannot be read.
    """
    yield from _parts(data, source, options, None, DEEPEST)


def _parts(
    data: bytes, source: str, options: Options, parent: str | None, deeper: int
) -> Iterator[Part | Unreadable]:
    suffix = suffix_of(source)
    if suffix in FORMATS:
        refuse_mistaken(data, source, suffix)
    if suffix in READERS or suffix not in CONTAINERS:
        yield Part(source, data, read_file(data, source, options), parent)
    if suffix not in CONTAINERS:
        return
    if not deeper:
        raise InputError(
            f"{source}: inside {DEEPEST} other containers, no deeper one is opened",
            "unpack it and add what it holds",
        )
    for child in CONTAINERS[suffix](data, source):
        name = f"{source}{INSIDE}{child.name}"
        if isinstance(child, Unreadable):
            yield Unreadable(name, child.reason)
            continue
        try:
            yield from _parts(child.data, name, options, source, deeper - 1)
        except InputError as error:
            yield Unreadable(name, str(error))
