"""Running heads, feet and page numbers: what is repeated at one place on many pages.

They are no sentences of the document, and one in the middle of a sentence that goes on over the
page would break a quote. What is left out is told in notes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.formats.pdf_lines import Line
from index.formats.pdf_order import Block

_ZONE = 0.15
"""Share of a page's height, at its top and its foot, in which a running head may stand: the
margins of books (Tschichold: a ninth and two ninths) or of office paper (2.5 of 29.7 cm)."""

_MOST_LINES = 4
"""Lines of a running head or foot."""

_OFF, _OTHER_SIZE = 0.5, 1.12
"""Free sizes of type between two lines, and ratio of their sizes, from which one is set off from
the other: lines of a text leave none to 0.3, and running heads are a line or more away."""

_SAME_PLACE = 4.0
"""Points by which the place of a running line may differ between pages."""

_ENOUGH = 3
"""Pages from which a line is a running one. Two will do for a page number that counts, and where
there are but two pages."""

_NAMED = 4
"""Running lines that the notes quote; a book has as many as it has chapters."""

_ROMAN = re.compile(r"(?=[ivxlc])(x[cl]|l?x{0,3})(i[xv]|v?i{0,3})", re.IGNORECASE)
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_NUMBER = re.compile(r"\d{1,6}")
_LONGEST_BARE = 40
"""Signs of a line that says nothing but which page it is: "- Page # of # -"."""

_BARE = re.compile(
    r"[\W_]*((page|pg|p|seite|página|pagina|folio)\W*)?#(\W*(of|von|de|di|/)?\W*#)?\W*"
)


@dataclass(frozen=True, slots=True)
class PageText:
    """The blocks of a page, its number from 0, its height, and how sure OCR was of it if it
    read the page (0 to 1)."""

    index: int
    height: float
    blocks: tuple[Block, ...]
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """A line that may be a running one: where it is, its place from its edge, its numbers."""

    page: int
    line: Line
    place: float
    numbers: tuple[int, ...]


_Place = tuple[float, float, Line]  # top and bottom on the page, as it is shown


def without_furniture(pages: Sequence[PageText]) -> tuple[list[PageText], list[str]]:
    """The pages without their running lines, and notes on these.

    Where most pages would be left without a word, what they repeat is their text, as of a form that
    was filled in twice; then only lines of nothing but a number are running ones.
    """
    full = sum(bool(page.blocks) for page in pages)
    for numbers_only in (False, True):
        kept, notes = _without_furniture(pages, numbers_only)
        if 2 * sum(bool(page.blocks) for page in kept) >= full:
            return kept, notes
    return list(pages), []


def _without_furniture(
    pages: Sequence[PageText], numbers_only: bool
) -> tuple[list[PageText], list[str]]:
    groups: dict[tuple[str, str], list[_Found]] = defaultdict(list)
    for page in pages:
        for edge, key, found in _candidates(page):
            if not numbers_only or _is_bare(key):
                groups[edge, key].append(found)
    running: dict[int, set[int]] = defaultdict(set)
    told: list[tuple[list[int], str]] = []
    places: set[tuple[str, int]] = set()
    left: list[tuple[str, list[_Found]]] = []
    for (edge, key), group in groups.items():
        for same in _at_one_place(group):
            kept = _repeated(same, key, edge, len(pages))
            _leave_out(kept, running, told)
            places.update((edge, round(found.place)) for found in kept)
            left.append((edge, [] if kept else same))
    # Where other pages have a running line, one that is there twice is one: a short chapter's.
    for edge, same in left:
        if len({f.page for f in same if (edge, round(f.place)) in places}) > 1:
            _leave_out(same, running, told)
    return [_without(page, running[page.index]) for page in pages], _notes(told)


def _leave_out(
    found: list[_Found], running: dict[int, set[int]], told: list[tuple[list[int], str]]
) -> None:
    for one in found:
        running[one.page].add(id(one.line))
    if found:
        told.append((sorted({one.page for one in found}), found[0].line.text))


def page_ranges(pages: Sequence[int]) -> str:
    """Numbers of pages from 0 as people write them, from 1: "page 3", "pages 1-4, 6"."""
    parts: list[list[int]] = []
    for page in sorted(set(pages)):
        if parts and page == parts[-1][1] + 1:
            parts[-1][1] = page
        else:
            parts.append([page, page])
    shown = [f"{a + 1}" if a == b else f"{a + 1}-{b + 1}" for a, b in parts]
    more = f" and {len(shown) - 10} more ranges" if len(shown) > 10 else ""
    return f"page{'' if len(set(pages)) == 1 else 's'} {', '.join(shown[:10])}{more}"


def _candidates(page: PageText) -> Iterator[tuple[str, str, _Found]]:
    lines = [line for block in page.blocks for line in block.lines]
    placed = [(min(t.top for t in li.tokens), max(t.bottom for t in li.tokens), li) for li in lines]
    upright = [item for item in placed if not item[2].aside]
    downwards = sorted(upright, key=lambda item: (item[0], item[2].left))
    for top, _, line in _apart(downwards):
        if top <= _ZONE * page.height:
            yield _candidate("head", top, page, line)
    upwards = sorted(upright, key=lambda item: (-item[1], item[2].left))
    for _, bottom, line in _apart(upwards):
        if bottom >= (1 - _ZONE) * page.height:
            yield _candidate("foot", page.height - bottom, page, line)
    for top, _, line in placed:
        if line.aside:
            yield _candidate("across", top, page, line)


def _apart(lines: list[_Place]) -> list[_Place]:
    """The outermost lines up to the last one that a distance or another size of type sets off from
    what comes next: pages that begin with the same sentences have no running head for that."""
    last = 0
    for number, (top, bottom, line) in enumerate(lines[:_MOST_LINES], 1):
        if number == len(lines):
            last = number
            continue
        next_top, next_bottom, following = lines[number]
        size = max(line.size, following.size)
        between = max(next_top - bottom, top - next_bottom)
        if between > _OFF * size or size > _OTHER_SIZE * min(line.size, following.size):
            last = number
    return lines[:last]


def _candidate(edge: str, place: float, page: PageText, line: Line) -> tuple[str, str, _Found]:
    words = [_arabic(word) for word in line.text.split()]
    text = " ".join(words)
    numbers = tuple(int(number) for number in _NUMBER.findall(text))
    key = _NUMBER.sub("#", text).casefold()
    return edge, key, _Found(page.index, line, place, numbers)


def _arabic(word: str) -> str:
    """A Roman numeral up to 99 as a number: page "xiv" follows "xiii"."""
    if not _ROMAN.fullmatch(word):
        return word
    values = [_VALUES[letter] for letter in word.lower()]
    return str(
        sum(
            -value if number + 1 < len(values) and values[number + 1] > value else value
            for number, value in enumerate(values)
        )
    )


def _at_one_place(group: list[_Found]) -> Iterator[list[_Found]]:
    group = sorted(group, key=lambda found: found.place)
    first = 0
    for number in range(1, len(group) + 1):
        if number == len(group) or group[number].place - group[number - 1].place > _SAME_PLACE:
            yield sorted(group[first:number], key=lambda found: found.page)
            first = number


def _repeated(same: list[_Found], key: str, edge: str, pages: int) -> list[_Found]:
    """Those that are running lines: repeated as they are, or with numbers that count the pages."""
    bare = _is_bare(key)
    enough = 2 if (pages == 2 and edge != "across") or bare else _ENOUGH
    if "#" not in key:
        return same if len({found.page for found in same}) >= enough else []
    groups: dict[tuple[object, ...], list[_Found]] = defaultdict(list)
    for found in same:
        if not bare:
            groups["as it is", found.line.text].append(found)
        for place, value in enumerate(found.numbers):
            groups["counts", place, value - found.page].append(found)
    kept: dict[int, _Found] = {}
    for members in groups.values():
        if len({found.page for found in members}) >= enough:
            kept.update((id(found.line), found) for found in members)
    return sorted(kept.values(), key=lambda found: found.page)


def _is_bare(key: str) -> bool:
    return len(key) <= _LONGEST_BARE and _BARE.fullmatch(key) is not None


def _without(page: PageText, running: set[int]) -> PageText:
    if not running:
        return page
    blocks = []
    for block in page.blocks:
        lines = tuple(line for line in block.lines if id(line) not in running)
        if lines:  # a page number wider than its column must not make the column wider
            left, right = min(line.left for line in lines), max(line.right for line in lines)
            blocks.append(replace(block, lines=lines, left=left, right=right))
    return replace(page, blocks=tuple(blocks))


def _notes(told: list[tuple[list[int], str]]) -> list[str]:
    told.sort(key=lambda item: (-len(item[0]), item[0], item[1]))
    notes = [
        f"{page_ranges(pages)}: running line left out: {_short(text)}"
        for pages, text in told[:_NAMED]
    ]
    if len(told) > _NAMED:
        rest = [page for pages, _ in told[_NAMED:] for page in pages]
        notes.append(f"{page_ranges(rest)}: {len(told) - _NAMED} more running lines left out")
    return notes


def _short(text: str) -> str:
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}..."'
