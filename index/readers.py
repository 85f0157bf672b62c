"""Files in, text out: one function per format, plus a line in `READERS`.

A reader decides `Document.text` once and for all. For plain text and Markdown that is the file's
own text, decoded as UTF-8 with its byte order mark, line ends and front matter where they stand, so
a span in the document is the same span in the file. What is not prose (front matter, blank lines)
is left out of the paragraphs, not out of the text. Nothing is guessed: bytes that are not UTF-8 are
an error with their offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from index.documents import Section
from index.errors import InputError
from index.metadata import front_matter

Paragraph = tuple[int, int]

WRAPPED_AT = (50, 100)
"""A block is one hard-wrapped paragraph when all its lines but the last are this long (characters).
Mail and text editors wrap at 65 to 80; lines outside the range are lines that someone meant."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of a file: the text, where its paragraphs and headings are, metadata."""

    text: str
    paragraphs: tuple[Paragraph, ...]
    sections: tuple[Section, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)


Reader = Callable[[bytes, str], Reading]


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


def read_text(data: bytes, source: str) -> Reading:
    """Plain text: a blank line ends a paragraph, and so does a line end that is not a mere wrap."""
    text = decode_utf8(data, source)
    return Reading(text, tuple(_text_paragraphs(text)))


def read_markdown(data: bytes, source: str) -> Reading:
    """Markdown: blank lines, list items and headings part it; YAML front matter is metadata."""
    text = decode_utf8(data, source)
    body, metadata = _front_matter(text, source)
    body = body or _after_mark(text)
    paragraphs: list[Paragraph] = []
    sections: list[Section] = []
    code = _code_lines(text, body)
    for block in _blocks(text, body):
        for start, end in _split_markdown(text, block, code):
            heading = _HEADING.match(text, start, end)
            if heading and start not in code:
                title = _heading_title(text[heading.end() : end])
                if title:
                    sections.append(Section(title, start, end))
                    paragraphs.append((heading.end(), heading.end() + len(title)))
            else:
                paragraphs.append((start, end))
    return Reading(text, tuple(paragraphs), tuple(sections), metadata)


READERS: dict[str, Reader] = {".txt": read_text, ".md": read_markdown, ".markdown": read_markdown}


def read_file(data: bytes, source: str) -> Reading:
    """Reads a file by the ending of its name; an ending without a reader is a named failure."""
    suffix = Path(source).suffix.lower()
    if suffix not in READERS:
        raise InputError(
            f"{source}: no reader for {suffix or 'a file without an ending'}",
            f"formats read: {', '.join(READERS)}",
        )
    return READERS[suffix](data, source)


_LINE = re.compile(r"[^\r\n]+")
_HEADING = re.compile(r"#{1,6}[ \t]+")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_BULLET = re.compile(r"[ \t\xa0]*(?:[-*+•◦▪‣·–][ \t\xa0]+|\d{1,3}[.)][ \t\xa0]+)")
_CODE_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_FENCE = re.compile(r"(?:\ufeff)?---[ \t]*(?:\r\n|\r|\n)")
_FENCE_END = re.compile(r"(?:(?<=\n)|(?<=\r))(?:---|\.\.\.)[ \t]*(?=[\r\n]|\Z)")


def _after_mark(text: str) -> int:
    """Where the text begins behind its byte order mark."""
    return 1 if text.startswith("\ufeff") else 0


def _blocks(text: str, start: int) -> Iterator[list[Paragraph]]:
    """Runs of non-blank lines, each line as a (start, end) pair without its line end."""
    block: list[Paragraph] = []
    previous = start
    for line in _LINE.finditer(text, start):
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


def _text_paragraphs(text: str) -> Iterator[Paragraph]:
    low, high = WRAPPED_AT
    for block in _blocks(text, _after_mark(text)):
        lengths = [end - start for start, end in block]
        wrapped = max(lengths) <= high and all(length >= low for length in lengths[:-1])
        lines = [(block[0][0], block[-1][1])] if wrapped else block
        for start, end in lines:
            yield _without_bullet(text, start, end)


def _heading_title(line: str) -> str:
    """A heading's words without the `#` signs that may close it."""
    title = line.rstrip(" \t")
    closed = title.rstrip("#")
    return closed.rstrip(" \t") if not closed or closed[-1] in " \t" else title


def _code_lines(text: str, body: int) -> set[int]:
    """Starts of the lines inside ``` or ~~~ fences, where `#` is no heading (CommonMark 4.5)."""
    lines: set[int] = set()
    fence = ""
    for line in _LINE.finditer(text, body):
        mark = _CODE_FENCE.match(text, *line.span())
        rest = text[mark.end() : line.end()] if mark else ""
        if fence:
            lines.add(line.start())
            if mark and mark[1].startswith(fence) and not rest.strip():
                fence = ""
        elif mark and not (mark[1][0] == "`" and "`" in rest):
            fence = mark[1]
    return lines


def _split_markdown(text: str, block: list[Paragraph], code: set[int]) -> Iterator[Paragraph]:
    """Parts of a block of lines: headings stand alone, a list item begins a new part."""
    start: int | None = None
    end = 0
    for line_start, line_end in block:
        heading = line_start not in code and _HEADING.match(text, line_start, line_end)
        item = _LIST_ITEM.match(text, line_start, line_end)
        if (heading or item) and start is not None:
            yield (start, end)
            start = None
        if heading:
            yield (line_start, line_end)
            continue
        if start is None:
            start = item.end() if item else line_start
        end = line_end
    if start is not None:
        yield (start, end)


def _without_bullet(text: str, start: int, end: int) -> Paragraph:
    bullet = _BULLET.match(text, start, end)
    return (bullet.end(), end) if bullet and bullet.end() < end else (start, end)


def _front_matter(text: str, source: str) -> tuple[int, dict[str, str]]:
    """Where the body begins, and the metadata between the `---` lines at the top, if any."""
    opening = _FENCE.match(text)
    if not opening:
        return 0, {}
    closing = _FENCE_END.search(text, opening.end())
    if not closing:
        return 0, {}  # a thematic break, not front matter
    metadata = front_matter(text[opening.end() : closing.start()], f"{source} (front matter)")
    return (0, {}) if metadata is None else (closing.end(), metadata)
