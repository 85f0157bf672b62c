"""Headings: the lines that a file's outline names, or else those that are set larger."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.formats.pdf_file import Bookmark
from index.formats.pdf_furniture import PageText
from index.formats.pdf_lines import Line
from index.formats.pdf_paragraphs import Paragraph

_HEADING = 1.15
"""Of the usual size, from which a line is a heading: LaTeX sets 1.2 and more, Word 1.18."""

_LONGEST_HEADING = 160
"""Letters; a heading of two lines has as many."""

_SPOKEN = re.compile(r"^['\"“”„«‘]|[.,;'\"”’»]$")

_TITLE_LINES = 3
_NUMBER_BEFORE = re.compile(r"^(chapter |part |section |§ ?)?[\dIVXLC.]+[.:)]?\s+", re.IGNORECASE)
"""Of a title that is looked for, and what may be printed before it."""


def headings_by_outline(pages: Sequence[PageText], outline: Sequence[Bookmark]) -> dict[int, int]:
    """The lines, by `id`, that are the title of a bookmark of their page, with its number.

    A title may take several lines, and be printed with a number that the outline leaves out.
    """
    wanted: dict[int, list[tuple[int, str]]] = {}
    for number, bookmark in enumerate(outline):
        wanted.setdefault(bookmark.page, []).append((number, _letters(bookmark.title)))
    found: dict[int, int] = {}
    for page in pages:
        if page.index not in wanted:
            continue
        places: dict[str, list[Line]] = {}
        for block in page.blocks:
            for first in range(len(block.lines)):
                for last in range(first + 1, min(first + _TITLE_LINES, len(block.lines)) + 1):
                    lines = list(block.lines[first:last])
                    words = " ".join(line.text for line in lines)
                    for form in (words, _NUMBER_BEFORE.sub("", words)):
                        places.setdefault(_letters(form), lines)
        for number, title in wanted[page.index]:
            for line in places.get(title, ()) if title else ():
                found.setdefault(id(line), number)
    return found


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def headings_by_size(paragraphs: Sequence[Paragraph], body_size: float) -> None:
    """Marks as headings what is set larger than the text, short, and followed by text.

    Only for files without an outline. Sentences and quotations set large are left what they are.
    """
    for number, paragraph in enumerate(paragraphs[:-1]):
        if paragraph.kind != "body" or paragraph.length > _LONGEST_HEADING:
            continue
        text = " ".join(line.text for _, line in paragraph.lines)
        larger = min(line.size for _, line in paragraph.lines) >= _HEADING * body_size
        followed = any(
            p.kind == "body" and p.size < _HEADING * body_size and p.length > len(text)
            for p in paragraphs[number + 1 : number + 3]
        )
        if larger and followed and not _SPOKEN.search(text) and any(map(str.isalpha, text)):
            paragraph.kind = "heading"
