"""Where one paragraph ends and the next begins.

A page has lines and no paragraphs. A new one is told by what a typesetter does: a larger distance,
an indent, another size, or a line that ends although the next word would have fitted into it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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

ENDS = re.compile(r"[.!?:;…。！？：；؟۔।]['\"’”»)\]]*[\d*†‡]{0,3}$")

BULLET = re.compile(r"[•◦▪■□●○‣⁃∙·–—*-]|[\uf0a7\uf0b7]")

NUMBERED = re.compile(r"\(?(\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]")

HYPHENS = "-\u2010\u00ad"


@dataclass(frozen=True, slots=True)
class Setting:
    """How a line is set: between which sides, at which usual distance and size, and whether the
    column sets in the first lines of its paragraphs."""

    column: Block
    leading: float
    body_size: float
    inwards: bool


def leading_of(lines: Sequence[Line]) -> float:
    """The usual distance from line to line: the smaller of many, for blank lines are larger."""
    steps = sorted(
        b.baseline - a.baseline
        for a, b in pairwise(lines)
        if b.baseline > a.baseline and is_same_size(a, b)
    )
    return steps[len(steps) // 3] if steps else 0.0


def columns_of(block: Block, leading: float) -> list[Block]:
    """For each line the sides between which it is set: those of the block, or narrower ones.

    A quotation set in from both sides is told by its lines: they end where the next word did not
    fit, as measured by the longest of them, which lines of a list do not.
    """
    groups: list[list[Line]] = []
    for line in block.lines:
        last = groups[-1][-1] if groups else None
        if (
            last is None
            or not is_same_size(last, line)
            or line.baseline - last.baseline > _DISTANCE * leading
        ):
            groups.append([])
        groups[-1].append(line)
    return [column for group in groups for column in [_column(group, block)] * len(group)]


def _column(group: Sequence[Line], block: Block) -> Block:
    left, right = min(line.left for line in group), max(line.right for line in group)
    own = Block((), left, right)
    ends = [(a, b) for a, b in pairwise(group) if not ENDS.search(a.text)]
    wrapped = sum(not is_short(a, b, own) for a, b in ends)
    wide = right - left >= _PROSE * group[0].size
    # Lines of prose seldom begin with a capital; items of a list, names and addresses do.
    prose = sum(not line.tokens[0].text[0].isupper() for _, line in ends) * 2 >= len(ends) > 0
    return own if wide and prose and wrapped >= _WRAPPED * len(ends) else block


def is_same_size(a: Line, b: Line) -> bool:
    return max(a.size, b.size) <= _SAME_SIZE * max(min(a.size, b.size), 0.01)


def is_parted(part: Sequence[Line], line: Line, setting: Setting) -> bool:
    """True when `line` begins a new paragraph after the lines of `part`."""
    last = part[-1]
    if not is_same_size(last, line) or last.tabular or line.tabular or last.aside or line.aside:
        return True
    if last.hidden != line.hidden:
        return True  # what nobody sees is no part of a sentence that is seen
    if (
        line.baseline - last.baseline > _DISTANCE * setting.leading
        or line.baseline <= last.baseline
    ):
        return True
    text = last.text
    ended = bool(ENDS.search(text))
    first = line.tokens[0].text
    if BULLET.fullmatch(first) and (ended or first not in "-–—*·"):
        return True
    short = is_short(last, line, setting.column)
    if NUMBERED.fullmatch(first) and (ended or short):
        return True
    if text[-1] in HYPHENS:
        return False
    if line.bold != last.bold and (ended or short):
        return True
    if last.size > _SAME_SIZE * setting.body_size and not ended:
        return False  # lines of a headline are cut where they look well
    return short or _is_indented(part, line, ended, setting)


def is_short(last: Line, line: Line, block: Block) -> bool:
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


def _is_indented(part: Sequence[Line], line: Line, ended: bool, setting: Setting) -> bool:
    """True for a first line set further in, or set out after lines that hang."""
    last = part[-1]
    step = last.right - line.right if line.backwards else line.left - last.left
    off_centre = abs((last.left + last.right) - (line.left + line.right))
    if off_centre < line.size / 2 and _centred(line if step > 0 else last, setting.column):
        return False  # both centred, and not by the chance of their lengths
    if step > _INDENT * line.size:
        return len(part) > 1 or ended
    if setting.inwards and ended and len(part) == 1 and is_set_in(line, setting.column):
        return True  # two paragraphs of one line each
    initial = part[0].tokens[0]
    if initial.bottom - initial.top > _TALL * part[0].size:
        return False  # lines below a large initial go back to the margin
    return step < -_INDENT * line.size and len(part) > 1


def is_set_in(line: Line, block: Block) -> bool:
    step = block.right - line.right if line.backwards else line.left - block.left
    return step > _INDENT * line.size


def sets_in_paragraphs(block: Block) -> bool:
    """True where paragraphs begin further in, so that a line at the margin begins none."""
    inner = sum(is_set_in(line, block) for line in block.lines)
    return inner >= _SET_IN and inner * 2 < len(block.lines)
