"""Plain text: the file's own characters, decoded as UTF-8, with line ends and byte order mark where
they stand, so that a span in the document is the same span in the file. Nothing is guessed: bytes
that are not UTF-8 are an error with their offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.errors import InputError
from index.reading import DEFAULTS, Options, Reading

Paragraph = tuple[int, int]

WRAPPED_AT = (50, 100)
"""A block is one hard-wrapped paragraph when all its lines but the last are this long (characters).
Mail and text editors wrap at 65 to 80; lines outside the range are lines that someone meant."""

LINE = re.compile(r"[^\r\n]+")
_BULLET = re.compile(r"[ \t\xa0]*(?:[-*+•◦▪‣·–][ \t\xa0]+|\d{1,3}[.)][ \t\xa0]+)")


def decode_utf8(data: bytes, source: str) -> str:
    """Strict UTF-8; a byte order mark stays in the text as U+FEFF, as decoding the file has it."""
    for mark, name in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")):
        if data.startswith(mark):
            raise InputError(f"{source}: encoded as {name}", "save it as UTF-8")
    if b"\0" in data:
        raise InputError(
            f"{source}: not a text file (NUL byte at offset {data.index(0)})",
            "give it the ending of its real format, or leave it out",
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{source}: invalid UTF-8 at byte offset {error.start} (0x{data[error.start]:02x})",
            "save it as UTF-8",
        ) from error
    if not text.strip("\ufeff").strip():
        raise InputError(f"{source}: empty file", "leave it out")
    return text


def read_text(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """Plain text: a blank line ends a paragraph, and so does a line end that is not a mere wrap."""
    text = decode_utf8(data, source)
    return Reading(text, tuple(text_paragraphs(text)))


def after_mark(text: str) -> int:
    """Where the text begins behind its byte order mark."""
    return 1 if text.startswith("\ufeff") else 0


def blocks(text: str, start: int) -> Iterator[list[Paragraph]]:
    """Runs of non-blank lines, each line as a (start, end) pair without its line end."""
    block: list[Paragraph] = []
    previous = start
    for line in LINE.finditer(text, start):
        ends = text[previous : line.start()].replace("\r\n", "\n")
        blank = not line.group().strip("\ufeff").strip()
        if block and (len(ends) > 1 or blank):
            yield block
            block = []
        if not blank:
            block.append(line.span())
        previous = line.end()
    if block:
        yield block


def text_paragraphs(text: str) -> Iterator[Paragraph]:
    low, high = WRAPPED_AT
    for block in blocks(text, after_mark(text)):
        lengths = [end - start for start, end in block]
        wrapped = max(lengths) <= high and all(length >= low for length in lengths[:-1])
        lines = [(block[0][0], block[-1][1])] if wrapped else block
        for start, end in lines:
            yield _without_bullet(text, start, end)


def _without_bullet(text: str, start: int, end: int) -> Paragraph:
    bullet = _BULLET.match(text, start, end)
    return (bullet.end(), end) if bullet and bullet.end() < end else (start, end)
