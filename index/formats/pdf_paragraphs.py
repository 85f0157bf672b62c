"""Paragraphs from the lines of all pages: which are footnotes, and which go on elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.formats.pdf_breaks import (
    BULLET,
    ENDS,
    HYPHENS,
    NUMBERED,
    Setting,
    columns_of,
    is_parted,
    is_same_size,
    is_set_in,
    is_short,
    leading_of,
    sets_in_paragraphs,
)
from index.formats.pdf_furniture import PageText
from index.formats.pdf_lines import Line, usual_size
from index.formats.pdf_order import Block

_SMALL = 0.92
"""Of the usual size, below which text at the foot is a note: 9 of 10 points, 10 of 11."""

_MOST_NOTES = 100
"""Footnotes of a page behind which a paragraph is looked for that goes on."""

_NOTE_MARK = re.compile(r"(\d{1,3}|[*†‡§¶]{1,3}|[a-z])[.)]?")


@dataclass(slots=True)
class Paragraph:
    """Lines that read on, each with the number of its page. `kind`: body, note, heading, aside."""

    lines: list[tuple[int, Line]]
    block: Block
    kind: str = "body"

    @property
    def size(self) -> float:
        return usual_size(line for _, line in self.lines)

    @property
    def length(self) -> int:
        return sum(len(token.text) for _, line in self.lines for token in line.tokens)


def paragraphs_of(
    pages: Sequence[PageText], headings: Mapping[int, int], body_size: float
) -> list[Paragraph]:
    """All paragraphs in the order of reading, those that a page or column cuts put together.

    `headings` has, by `id`, the lines that the outline names and the number of the entry.
    """
    result: list[Paragraph] = []
    for page in pages:
        for block in page.blocks:
            found = list(_split(page.index, block, headings, body_size))
            _mark_notes(found, page, body_size)
            for paragraph in found:
                _add(result, paragraph)
    return result


def _split(
    page: int, block: Block, headings: Mapping[int, int], body_size: float
) -> Iterator[Paragraph]:
    leading = leading_of(block.lines)
    columns = columns_of(block, leading)
    inwards = sets_in_paragraphs(block)
    part: list[Line] = []
    for line, column in zip(block.lines, columns, strict=True):
        if part and (
            headings.get(id(line)) != headings.get(id(part[-1]))
            or (
                id(line) not in headings
                and is_parted(part, line, Setting(column, leading, body_size, inwards))
            )
        ):
            yield _paragraph(page, part, block, headings)
            part = []
        part.append(line)
    if part:
        yield _paragraph(page, part, block, headings)


def _paragraph(page: int, part: list[Line], block: Block, headings: Mapping[int, int]) -> Paragraph:
    kind = "aside" if part[0].aside else "heading" if id(part[0]) in headings else "body"
    return Paragraph([(page, line) for line in part], block, kind)


def _mark_notes(paragraphs: Sequence[Paragraph], page: PageText, body_size: float) -> None:
    """Small print at the end of a column, from its first mark on, is footnotes."""
    small: list[Paragraph] = []
    for paragraph in reversed(paragraphs):
        first = paragraph.lines[0][1]
        if paragraph.kind != "body" or paragraph.size > _SMALL * body_size:
            break
        if max(token.bottom for token in first.tokens) < page.height / 2:
            break
        small.append(paragraph)
    small.reverse()
    marks = [n for n, p in enumerate(small) if _NOTE_MARK.match(p.lines[0][1].tokens[0].text)]
    for paragraph in small[marks[0] :] if marks else ():
        paragraph.kind = "note"


def _add(result: list[Paragraph], paragraph: Paragraph) -> None:
    """Puts a paragraph behind the others, or its lines to the one that it continues.

    Footnotes between the two are put before it, so that it can be read on; their page must be that
    on which it begins, else places in the text would no longer follow the pages.
    """
    at = len(result) - 1
    least = max(at - _MOST_NOTES, -1) if paragraph.kind == "body" else at
    while at > least and result[at].kind in ("note", "aside"):
        at -= 1
    if at >= 0 and paragraph.kind == "body" and _continues(result[at], paragraph):
        between = result[at + 1 :]
        begun = result[at].lines[0][0]
        if all(page == begun for note in between for page, _ in note.lines):
            head = result.pop(at)
            head.lines.extend(paragraph.lines)
            head.block = paragraph.block
            result.append(head)
            return
    result.append(paragraph)


def _continues(head: Paragraph, paragraph: Paragraph) -> bool:
    """True when a paragraph reads on in another column or on the next page."""
    if head.block is paragraph.block or head.kind != "body":
        return False
    (page, last), (next_page, line) = head.lines[-1], paragraph.lines[0]
    if next_page - page > 1 or last.tabular or line.tabular or last.bold != line.bold:
        return False
    if not is_same_size(last, line) or last.hidden != line.hidden:
        return False
    text, first = last.text, line.tokens[0].text
    if BULLET.fullmatch(first) or (NUMBERED.fullmatch(first) and len(line.tokens) > 1):
        return False
    if text[-1] in HYPHENS and text[-2:-1].isalnum():
        return True
    if first[0].islower() and not ENDS.search(text):
        return True
    if page == next_page and line.baseline > last.baseline:
        return False  # further down: the cell of a table, and no next column
    if len(head.lines) < 2 or is_set_in(line, paragraph.block) or is_short(last, line, head.block):
        return False
    return not ENDS.search(text) or sets_in_paragraphs(head.block)


def all_lines(pages: Iterable[PageText]) -> Iterator[Line]:
    """The lines that are read: those within the pages."""
    return (
        line for page in pages for block in page.blocks for line in block.lines if not line.aside
    )
