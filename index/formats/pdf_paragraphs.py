"""Paragraphs from lines: where one ends, which are footnotes, which go on elsewhere.

A page has lines and no paragraphs. A new one is told by what a typesetter does: a larger distance,
an indent, another size, or a line that ends although the next word would have fitted into it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.formats.pdf_furniture import PageText
from index.formats.pdf_lines import Line, alone
from index.formats.pdf_order import Block

_DISTANCE = 1.25
"""Usual distances between lines from which a distance parts paragraphs: editors put 30 % of a line
or more between them, and lines with raised signs stand no more than 15 % apart."""

_INDENT = 0.8
"""Sizes of type from which a line is indented: printers set 1 to 2, and edges waver by 0.3."""

_SAME_SIZE = 1.12
"""Sizes of type within this ratio are of one text: 10 and 11 points are, 10 and 12 are not."""

_TALL = 2.0
"""Height of a word in sizes of its line's type from which it begins with an initial over several
lines; boxes of words are 1.0 to 1.5 high."""

_SPACE = 0.6
"""Sizes of type beyond a word's own width that it needs at the end of a line: a space, and as much
again, because lines end unevenly."""

_WRAPPED = 0.75
"""Share of lines that have no room for the next word, from which they are a text set narrower than
its surroundings. Only lines that end no sentence are asked."""

_PROSE = 16.0
"""Least width of such a text in sizes of type, some 35 letters; what is narrower is a list."""

_SET_IN = 2
"""Lines further in, fewer than half of all, from which a column sets in its paragraphs."""

_SMALL = 0.92
"""Of the usual size, below which text at the foot is a note: 9 of 10 points, 10 of 11."""

_ENDS = re.compile(r"[.!?:;…。！？：；؟۔।]['\"’”»)\]]*[\d*†‡]{0,3}$")
_BULLET = re.compile(r"[•◦▪■□●○‣⁃∙·–—*-]|[\uf0a7\uf0b7]")
_NUMBERED = re.compile(r"\(?(\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]")
_NOTE_MARK = re.compile(r"(\d{1,3}|[*†‡§¶]{1,3}|[a-z])[.)]?")
_HYPHENS = "-\u2010\u00ad"


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


def usual_size(lines: Iterable[Line]) -> float:
    """The size of type of most letters, in points; 0 without any."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += sum(len(token.text) for token in line.tokens)
    return max(sizes, key=lambda size: (sizes[size], size), default=0.0)


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
    leading = _leading(block.lines)
    columns = _columns(block, leading)
    part: list[Line] = []
    for line, column in zip(block.lines, columns, strict=True):
        if part and (
            headings.get(id(line)) != headings.get(id(part[-1]))
            or (id(line) not in headings and _parted(part, line, column, leading, body_size))
        ):
            yield _paragraph(page, part, block, headings)
            part = []
        part.append(line)
    if part:
        yield _paragraph(page, part, block, headings)


def _paragraph(page: int, part: list[Line], block: Block, headings: Mapping[int, int]) -> Paragraph:
    kind = "aside" if part[0].aside else "heading" if id(part[0]) in headings else "body"
    return Paragraph([(page, line) for line in part], block, kind)


def _leading(lines: Sequence[Line]) -> float:
    """The usual distance from line to line: the smaller of many, for blank lines are larger."""
    steps = sorted(
        b.baseline - a.baseline
        for a, b in pairwise(lines)
        if b.baseline > a.baseline and _same_size(a, b)
    )
    return steps[len(steps) // 3] if steps else 0.0


def _columns(block: Block, leading: float) -> list[Block]:
    """For each line the sides between which it is set: those of the block, or narrower ones.

    A quotation set in from both sides is told by its lines: they end where the next word did not
    fit, as measured by the longest of them, which lines of a list do not.
    """
    groups: list[list[Line]] = []
    for line in block.lines:
        last = groups[-1][-1] if groups else None
        if (
            last is None
            or not _same_size(last, line)
            or line.baseline - last.baseline > _DISTANCE * leading
        ):
            groups.append([])
        groups[-1].append(line)
    return [column for group in groups for column in [_column(group, block)] * len(group)]


def _column(group: Sequence[Line], block: Block) -> Block:
    left, right = min(line.left for line in group), max(line.right for line in group)
    own = Block((), left, right)
    ends = [(a, b) for a, b in pairwise(group) if not _ENDS.search(a.text)]
    wrapped = sum(not _is_short(a, b, own) for a, b in ends)
    wide = right - left >= _PROSE * group[0].size
    # Lines of prose seldom begin with a capital; items of a list, names and addresses do.
    prose = sum(not line.tokens[0].text[0].isupper() for _, line in ends) * 2 >= len(ends) > 0
    return own if wide and prose and wrapped >= _WRAPPED * len(ends) else block


def _same_size(a: Line, b: Line) -> bool:
    return max(a.size, b.size) <= _SAME_SIZE * max(min(a.size, b.size), 0.01)


def _parted(
    part: Sequence[Line], line: Line, block: Block, leading: float, body_size: float
) -> bool:
    """True when `line` begins a new paragraph after the lines of `part`."""
    last = part[-1]
    if not _same_size(last, line) or last.tabular or line.tabular or last.aside or line.aside:
        return True
    if last.hidden != line.hidden:
        return True  # what nobody sees is no part of a sentence that is seen
    if line.baseline - last.baseline > _DISTANCE * leading or line.baseline <= last.baseline:
        return True
    text = last.text
    ended = bool(_ENDS.search(text))
    first = line.tokens[0].text
    if _BULLET.fullmatch(first) and (ended or first not in "-–—*·"):
        return True
    short = _is_short(last, line, block)
    if _NUMBERED.fullmatch(first) and (ended or short):
        return True
    if text[-1] in _HYPHENS:
        return False
    if line.bold != last.bold and (ended or short):
        return True
    if last.size > _SAME_SIZE * body_size and not ended:
        return False  # lines of a headline are cut where they look well
    return short or _is_indented(part, line, ended)


def _is_short(last: Line, line: Line, block: Block) -> bool:
    """True when the first word of `line` would have fitted into `last`: its end was meant."""
    room = last.left - block.left if last.backwards else block.right - last.right
    if _centred(last, block) and _centred(line, block):
        room += last.left - block.left
    return room > _first_word(line) + _SPACE * line.size


def _centred(line: Line, block: Block) -> bool:
    left, right = line.left - block.left, block.right - line.right
    return left > line.size and abs(left - right) < line.size


def _first_word(line: Line) -> float:
    """Width of the first word; of two signs in scripts without spaces, as no line begins with a
    closing mark there."""
    width = 0.0
    for number, token in enumerate(line.tokens):
        if number and (token.gap or (alone(token.text) and number > 1)):
            break
        width += max(token.right - token.left, 0.0)
    return width


def _is_indented(part: Sequence[Line], line: Line, ended: bool) -> bool:
    """True for a first line set further in, or set out after lines that hang."""
    last = part[-1]
    step = last.right - line.right if line.backwards else line.left - last.left
    if abs((last.left + last.right) - (line.left + line.right)) < line.size / 2:
        return False  # both centred
    if step > _INDENT * line.size:
        return len(part) > 1 or ended
    initial = part[0].tokens[0]
    if initial.bottom - initial.top > _TALL * part[0].size:
        return False  # lines below a large initial go back to the margin
    return step < -_INDENT * line.size and len(part) > 1


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
    while at >= 0 and result[at].kind in ("note", "aside"):
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
    if not _same_size(last, line) or last.hidden != line.hidden:
        return False
    text, first = last.text, line.tokens[0].text
    if _BULLET.fullmatch(first) or (_NUMBERED.fullmatch(first) and len(line.tokens) > 1):
        return False
    if text[-1] in _HYPHENS and text[-2:-1].isalnum():
        return True
    if first[0].islower() and not _ENDS.search(text):
        return True
    if page == next_page and line.baseline > last.baseline:
        return False  # further down: the cell of a table, and no next column
    if len(head.lines) < 2 or _inwards(line, paragraph.block) or _is_short(last, line, head.block):
        return False
    return not _ENDS.search(text) or _sets_in_paragraphs(head.block)


def _inwards(line: Line, block: Block) -> bool:
    step = block.right - line.right if line.backwards else line.left - block.left
    return step > _INDENT * line.size


def _sets_in_paragraphs(block: Block) -> bool:
    """True where paragraphs begin further in, so that a line at the margin begins none."""
    inner = sum(_inwards(line, block) for line in block.lines)
    return inner >= _SET_IN and inner * 2 < len(block.lines)


def all_lines(pages: Iterable[PageText]) -> Iterator[Line]:
    """The lines that are read: those within the pages."""
    return (
        line for page in pages for block in page.blocks for line in block.lines if not line.aside
    )
