"""Which blocks of a page are its main text, and why each of the others is not.

trafilatura (Barbaresi 2021) finds the main text; it alters words and order, so its lines only vote:
a block of ours that they cover is main text. Blocks that it leaves out between two of these, or
beside them in the same element, are kept too, unless they are frame or little but links.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from index.formats.blocks import Block

if TYPE_CHECKING:
    from lxml.etree import _Element

FRAME = "navigation and page frame"
NOTICES = "notices, sharing, advertisements and related links"
LINKS = "lists of links"
OTHER = "other text outside the article"
COMMENTS = "comments"
UNSEEN = "hidden text outside the article"

MOST_LINKED = 0.5
"""Share of a block's characters in links, above which it leads elsewhere."""
_WORDS = 4
"""Words in a row that a line of trafilatura must share with a block: fewer stand anywhere."""
_COVERED = 0.6
"""Share of a block's rows of words that must be there: trafilatura drops links and notes in it."""
_HOME = 0.25
"""Share of the main text directly inside an element whose other blocks belong to it too."""
_TOO_LITTLE = 1 / 3
"""When less than this of what is neither frame nor links was found, all of that is kept: a page
that is no article, such as a table of laws, loses more by a cut than it gains."""

_INLINE = ("hi", "ref", "del", "code", "graphic")
_WORD = re.compile(r"\w+")


def main_lines(tree: _Element) -> list[str] | None:
    """The lines of the main text as trafilatura has it; None when it finds none or cannot."""
    from lxml.etree import LxmlError
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").addHandler(logging.NullHandler())
    failures = (ArithmeticError, AssertionError, AttributeError, LookupError, LxmlError)
    try:
        found = bare_extraction(tree, include_comments=False, include_tables=True)
    except (*failures, RecursionError, TypeError, ValueError):
        return None  # the whole page is kept then, and `read_html` says so
    lines = [] if found is None or isinstance(found, dict) else list(_lines(found.body))
    return lines or None


def _lines(body: _Element) -> Iterator[str]:
    """Text between the tags of blocks, as trafilatura names them."""
    from lxml.etree import iterwalk

    line: list[str] = []
    for event, element in iterwalk(body, events=("start", "end")):
        if element.tag not in _INLINE:
            yield "".join(line)
            line = []
        line.append((element.text if event == "start" else element.tail) or "")
    yield "".join(line)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


class _Votes:
    """What trafilatura's lines cover, by rows of words and, for short lines, by all their words."""

    def __init__(self, lines: Sequence[str]) -> None:
        words = [_words(line) for line in lines]
        self._rows = {row for line in words for row in _rows(line)}
        self._short = {tuple(line) for line in words if 0 < len(line) < _WORDS}

    def cover(self, block: Block) -> bool:
        words = _words(block.text)
        if len(words) < _WORDS:
            return tuple(words) in self._short
        rows = list(_rows(words))
        return sum(row in self._rows for row in rows) >= _COVERED * len(rows)


def _rows(words: list[str]) -> Iterator[int]:
    """Hashes of each `_WORDS` words that follow one another, in little space."""
    return (hash(tuple(words[at : at + _WORDS])) for at in range(len(words) - _WORDS + 1))


def reasons(
    blocks: Sequence[Block], parents: Sequence[int], lines: Sequence[str] | None, title: str
) -> list[str]:
    """For each block the reason why it is left out of the text, empty for those that are kept.

    `lines` are those of trafilatura, `parents` the numbers of `markup.Walk`; `title` tells the
    page's heading from a site's.
    """
    candidate = [not block.region and not _leads_away(block) for block in blocks]
    votes = _Votes(lines or ())
    main = [_can_be_main(block) and votes.cover(block) for block in blocks]
    places = [number for number, is_main in enumerate(main) if is_main]
    fitting = (block for block, fits in zip(blocks, candidate, strict=True) if fits)
    size = sum(len(block.text) for block in fitting if not block.hidden)
    found = sum(len(blocks[place].text) for place in places)
    if not places:
        kept = [not block.region for block in blocks]
    elif found < _TOO_LITTLE * size:
        kept = [m or c for m, c in zip(main, candidate, strict=True)]
    else:
        first = _heading_before(blocks, places[0], title)
        near = _near(blocks, parents, places)
        for number in range(first, places[-1]):
            near[number] = True
        kept = [m or (c and n) for m, c, n in zip(main, candidate, near, strict=True)]
        kept[first] = True
        _drop_bare_headings(blocks, kept, main)
    return ["" if keep else _reason(block) for block, keep in zip(blocks, kept, strict=True)]


def apart(region: str) -> bool:
    """True for what is never main text: the page's frame, and readers' comments of all numbers."""
    return region == FRAME or region.startswith(COMMENTS)


def _can_be_main(block: Block) -> bool:
    return not block.hidden and not apart(block.region)


def _reason(block: Block) -> str:
    if block.region:
        return block.region
    if block.hidden:
        return UNSEEN
    return LINKS if _leads_away(block) else OTHER


def _leads_away(block: Block) -> bool:
    return block.linked > MOST_LINKED * len(block.text)


def _heading_before(blocks: Sequence[Block], first: int, title: str) -> int:
    """The place of the page's heading before its main text, else that of the main text."""
    words = _words(title)
    for number in range(first, -1, -1):
        block = blocks[number]
        own = _words(block.text)
        is_title = bool(own) and " ".join(own) in " ".join(words)
        if block.level == 1 and not block.hidden and (is_title or not block.region):
            return number
    return first


def _near(blocks: Sequence[Block], parents: Sequence[int], places: Sequence[int]) -> list[bool]:
    """True for the blocks inside the elements that directly hold much of the main text."""
    alone = Counter(block.home for block in blocks)
    sizes: Counter[int] = Counter()
    for place in places:
        block = blocks[place]
        home = block.home if alone[block.home] > 1 else parents[block.home]
        sizes[home] += len(block.text)
    least = _HOME * sum(sizes.values())
    homes = {home for home, size in sizes.items() if size >= least}
    inside = [False] * len(parents)
    for number, parent in enumerate(parents):  # a parent has a smaller number
        inside[number] = number in homes or inside[parent]
    return [inside[block.home] for block in blocks]


def _drop_bare_headings(blocks: Sequence[Block], kept: list[bool], main: Sequence[bool]) -> None:
    """A heading that only stands near the main text goes with what it is the heading of."""
    goes_on = False
    for number in range(len(blocks) - 1, -1, -1):
        if blocks[number].level and not main[number] and not goes_on:
            kept[number] = kept[number] and blocks[number].level == 1
        goes_on = kept[number]
