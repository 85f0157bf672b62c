"""The order in which the runs of a page are read: across it, or down one column after another.

A recursive cut (Nagy and Seth 1984, "XY-cut"), with one change: what a page is cut by first is a
gutter that several rows share, so that a headline across two columns stays before both of them and
a table, whose cells stand in rows, is read row by row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from index.formats.pdf_glyphs import Frame, Run, with_initials
from index.formats.pdf_lines import Line, line_of

_GUTTER = 0.8
"""Least width of a gutter in sizes of type: narrower ones are spaces that happen to stand below
each other. Printers set 1 to 2."""

_ROWS = 3
"""Least number of rows in which a column has text: two may be a headline in two parts."""

_WIDE = 8.0
"""Width in sizes of type from which the lines of a column are prose and not cells (some 16
letters); asked only where the file's own order goes along rows."""

_PITCH = 2.0
"""Rows of one text are at most this far apart, in sizes of type: 1.2 is usual, 1.5 is wide."""

_MOST_GAPS = 8
"""Gaps of a row that are looked at, the widest: no page has nine columns of prose."""

_DEEPEST = 4
"""Columns within columns within columns."""

Gap = tuple[float, float]
Gaps = list[Gap]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines below each other in one column, and the column's sides."""

    lines: tuple[Line, ...]
    left: float
    right: float


def blocks_of(runs: Sequence[Run], frame: Frame) -> list[Block]:
    """The text of a page, block after block; what stands askew or outside the page comes last."""
    upright: dict[int, list[Run]] = {}
    aside: list[Run] = []
    for run in runs:
        turn = run.turn
        if turn is None or _outside(run, frame, turn):
            aside.append(run)
        else:
            upright.setdefault(turn, []).append(run)
    turns = sorted(upright, key=lambda turn: (-sum(len(r.glyphs) for r in upright[turn]), turn))
    found = []
    for turn in turns:
        found.extend(_cut(with_initials(upright[turn]), frame, _DEEPEST))
    for run in aside:
        line = line_of([run], frame, aside=True)
        found.append(Block((line,), line.left, line.right))
    return found


def _outside(run: Run, frame: Frame, turn: int) -> bool:
    width, height = (frame.width, frame.height)[:: -1 if turn % 2 else 1]
    return run.right <= 0 or run.bottom <= 0 or run.left >= width or run.top >= height


def _cut(runs: Sequence[Run], frame: Frame, deeper: int) -> list[Block]:
    """Bands of columns and of whole lines, from the top."""
    found: list[Block] = []
    plain: list[list[Run]] = []

    def put() -> None:
        if plain:
            lines = tuple(line_of(row, frame) for row in plain)
            found.append(
                Block(lines, min(line.left for line in lines), max(line.right for line in lines))
            )
            plain.clear()

    for rows, gutter in _bands(_rows(runs)):
        if not gutter or not deeper:
            plain.extend(rows)
            continue
        put()
        for side in _sides(rows, gutter):
            found.extend(_cut([run for row in side for run in row], frame, deeper - 1))
    put()
    return found


def _rows(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs by rows. A run's lower half, without what hangs below the line, decides: the halves of
    two lines never meet, even in tight setting; those of a line and its raised signs do."""
    rows: list[list[Run]] = []
    bottom = -math.inf
    for run in sorted(runs, key=lambda run: (run.baseline - run.size / 2, run.left, run.number)):
        if run.baseline - run.size / 2 >= bottom:
            rows.append([])
            bottom = -math.inf
        rows[-1].append(run)
        bottom = max(bottom, run.baseline)
    return rows


def _gaps(row: Sequence[Run], least: float) -> Gaps:
    """Where a row leaves the page free from top to bottom, the margins on both sides included."""
    gaps: Gaps = []
    right = -math.inf
    for run in sorted(row, key=lambda run: run.left):
        if run.left - right >= least:
            gaps.append((right, run.left))
        right = max(right, run.right)
    gaps.append((right, math.inf))
    return sorted(sorted(gaps, key=lambda gap: gap[0] - gap[1])[:_MOST_GAPS])


def _common(one: Gaps, other: Gaps, least: float) -> Gaps:
    pairs = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return [(left, right) for left, right in pairs if right - left >= least]


def _inner(gaps: Gaps, left: float, right: float) -> Gaps:
    """Gaps with text on both sides."""
    return [gap for gap in gaps if gap[0] > left and gap[1] < right]


def _bands(rows: list[list[Run]]) -> list[tuple[list[list[Run]], Gap | None]]:
    """The rows of a page from the top: columns with their gutter, and single rows without one."""
    bands: list[tuple[list[list[Run]], Gap | None]] = []
    for band, gutters in _stretches(rows):
        best = max(gutters, key=lambda gutter: _worth(band, gutter), default=None)
        for part, gutter in _split(band, best) if best else (([row], None) for row in band):
            if gutter:
                part[:0] = _begun_above(bands, part, gutter)
            bands.append((part, gutter))
    return bands


def _worth(rows: list[list[Run]], gutter: Gap) -> tuple[int, float]:
    return min(map(len, _sides(rows, gutter))), gutter[1] - gutter[0]


def _stretches(rows: list[list[Run]]) -> Iterator[tuple[list[list[Run]], Gaps]]:
    """Longest stretches of rows that share gutters, with these; other rows alone."""
    band: list[list[Run]] = []
    free: Gaps = []
    left = right = 0.0
    for row in rows:
        least = _GUTTER * min(run.size for run in row)
        gaps = _gaps(row, least)
        start, end = min(run.left for run in row), max(run.right for run in row)
        shared = _common(free, gaps, least)
        if band and _inner(shared, min(left, start), max(right, end)):
            band.append(row)
            free, left, right = shared, min(left, start), max(right, end)
            continue
        if band:
            yield band, _inner(free, left, right)
        band, free, left, right = [row], gaps, start, end
    if band:
        yield band, _inner(free, left, right)


def _split(rows: list[list[Run]], gutter: Gap) -> Iterator[tuple[list[list[Run]], Gap | None]]:
    """A band as columns, as far as it is columns, and single rows with None for their gutter.

    The file's own order tells best: it is by columns for as long as all that stands on the left
    precedes all on the right, so a headline or a foot that shares the gutter ends them. Where it
    goes along rows, a band of wide lines without a larger distance is columns, else it is a table.
    """
    at = tried = 0
    while at < len(rows):
        kept = _columnar(rows, at, gutter)
        if _is_columns(rows[at : at + kept], gutter):
            yield rows[at : at + kept], gutter
            at += kept
            continue
        near = _near(rows, at) if at >= tried else 0
        tried = max(tried, at + near)
        band = rows[at : at + near]
        if _is_columns(band, gutter) and _is_prose(band, gutter):
            yield from ((cells, gutter) for cells in _cells(band, gutter))
            at += near
        else:
            yield from (([row], None) for row in rows[at : at + kept])
            at += kept


def _cells(rows: list[list[Run]], gutter: Gap) -> list[list[list[Run]]]:
    """The rows of a table whose cells have several lines each, as the file's order shows them; one
    part for columns that are painted line by line."""
    parts: list[list[list[Run]]] = []
    at = 0
    while at < len(rows):
        kept = _columnar(rows, at, gutter)
        parts.append(rows[at : at + kept])
        at += kept
    return parts if len(parts) * 2 <= len(rows) else [rows]


def _columnar(rows: list[list[Run]], at: int, gutter: Gap) -> int:
    """Number of rows from `at` for which the file has all of the left side before the right."""
    last_left, first_right = -1.0, math.inf
    for number in range(at, len(rows)):
        for run in rows[number]:
            if run.right <= gutter[0]:
                last_left = max(last_left, run.number)
            else:
                first_right = min(first_right, run.number)
        if last_left > first_right:
            return max(number - at, 1)
    return len(rows) - at


def _near(rows: list[list[Run]], at: int) -> int:
    """Number of rows from `at` to the first large distance between two."""
    for number in range(at + 1, len(rows)):
        above, row = rows[number - 1][0], rows[number][0]
        if row.baseline - above.baseline > _PITCH * max(row.size, above.size):
            return number - at
    return len(rows) - at


def _sides(rows: Sequence[list[Run]], gutter: Gap) -> tuple[list[list[Run]], list[list[Run]]]:
    """The parts of rows on the left and on the right."""
    left = [[run for run in row if run.right <= gutter[0]] for row in rows]
    right = [[run for run in row if run.right > gutter[0]] for row in rows]
    return [row for row in left if row], [row for row in right if row]


def _is_columns(rows: Sequence[list[Run]], gutter: Gap) -> bool:
    return min(map(len, _sides(rows, gutter))) >= _ROWS


def _is_prose(rows: Sequence[list[Run]], gutter: Gap) -> bool:
    """True when the usual line is wide on both sides."""
    return all(
        median(_width(row) / max(row[0].size, 1) for row in side) >= _WIDE
        for side in _sides(rows, gutter)
    )


def _width(row: Sequence[Run]) -> float:
    return max(run.right for run in row) - min(run.left for run in row)


def _begun_above(
    bands: list[tuple[list[list[Run]], Gap | None]], rows: list[list[Run]], gutter: Gap
) -> list[list[Run]]:
    """Takes the rows above columns that the file has after all of the left one: the right column
    begins higher, beside a picture."""
    left, _ = _sides(rows, gutter)
    before = max((run.number for part in left for run in part), default=math.inf)
    taken: list[list[Run]] = []
    while bands and not bands[-1][1]:
        row = bands[-1][0][0]
        if any(run.left < gutter[1] or run.number < before for run in row):
            break
        taken.append(row)
        bands.pop()
    return taken[::-1]
