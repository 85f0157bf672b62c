"""Markdown: the file's own text, its headings and paragraphs, YAML front matter as metadata.

What is not prose (front matter, blank lines, HTML comments and scripts) is left out of the
paragraphs, not out of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.documents import Section
from index.formats import raw_html
from index.formats.plain import Paragraph, after_mark, blocks, decode_utf8
from index.metadata import front_matter
from index.reading import DEFAULTS, Options, Reading

_HEADING = re.compile(r"#{1,6}[ \t]+")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_FENCE = re.compile(r"(?:\ufeff)?---[ \t]*(?:\r\n|\r|\n)")
_FENCE_END = re.compile(r"(?:(?<=\n)|(?<=\r))(?:---|\.\.\.)[ \t]*(?=[\r\n]|\Z)")


def read_markdown(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """Markdown: blank lines, list items and headings part it; YAML front matter is metadata."""
    text = decode_utf8(data, source)
    body, metadata = _front_matter(text, source)
    body = body or after_mark(text)
    paragraphs: list[Paragraph] = []
    sections: list[Section] = []
    markup = raw_html.scan(text, body)
    seen = (part for block in blocks(text, body) for part in markup.visible(block, text))
    for block in seen:
        for start, end in _split_markdown(text, block, markup.code):
            heading = _HEADING.match(text, start, end)
            if heading and start not in markup.code:
                title = _heading_title(text[heading.end() : end])
                if title:
                    sections.append(Section(title, start, end))
                    paragraphs.append((heading.end(), heading.end() + len(title)))
            else:
                paragraphs.append((start, end))
    hidden = markup.hidden_in(paragraphs)
    notes = tuple(markup.notes(hidden))
    return Reading(text, tuple(paragraphs), tuple(sections), metadata, hidden=hidden, notes=notes)


def _heading_title(line: str) -> str:
    """A heading's words without the `#` signs that may close it."""
    title = line.rstrip(" \t")
    closed = title.rstrip("#")
    return closed.rstrip(" \t") if not closed or closed[-1] in " \t" else title


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
        if item and item.end() == line_end:
            continue  # an item of no words, to which the next line may give some
        if start is None:
            start = item.end() if item else line_start
        end = line_end
    if start is not None:
        yield (start, end)


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
