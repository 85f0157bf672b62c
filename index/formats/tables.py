"""Tables as text (CSV, TSV; RFC 4180): each row is a paragraph, "Column: value; Column: value".

A row is a part of its own, so no passage joins two of them, and `row 12` is its number as a
spreadsheet shows it: the row of names is row 1, and blank rows count. A value stays text, whatever
a spreadsheet would make of it.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from index.errors import InputError
from index.formats.composing import Composer, Piece, count, flat
from index.formats.plain import after_mark, decode_utf8
from index.reading import DEFAULTS, Options, Reading

Row = tuple[int, list[str]]
"""Its number, and its cells without the white space around them."""

DELIMITERS = ",;\t|"
SAMPLE_ROWS = 100
SAMPLE_CHARACTERS = 2**16
"""Of the start of the file, to find the delimiter; a table that changes it later is none."""

MOST_ROWS = 1_048_576
"""As many as a sheet of Excel or LibreOffice holds."""

LONGEST_TEXT = 2**28
"""Code points of the text that is made. The names of columns are repeated in each row, so a file of
one-letter values can grow to many times its size."""

LONGEST_NAME = 60
"""Characters. A longer cell in the first row is a value: names of columns have to fit above one."""

NAMED_ROWS = 3
"""Rows that a note names; the others are counted."""

_VALUE = re.compile(
    r"[-+(]?[$€£¥]?\s?\d[\d.,'\s%)/:-]*[$€£¥]?|\d{4}-\d\d-\d\d\D.*|(?:\S+\s+){3}.*[.!?]|.*@.*\..*|https?:.*"
)
"""What names no column: numbers, dates, times, sentences, addresses."""
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_SEPARATOR_LINE = re.compile(r"sep=([^\r\n])(?:\r\n|\r|\n)", re.IGNORECASE)


def read_table(data: bytes, source: str, options: Options = DEFAULTS, /) -> Reading:
    """A CSV or TSV file; the delimiter is found by which one makes the rows equally long."""
    text = decode_utf8(data, source)
    start = after_mark(text)
    if told := _SEPARATOR_LINE.match(text, start):  # Excel's own line, which it does not show
        start, delimiter = told.end(), told[1]
    else:
        delimiter = "\t" if source.lower().endswith(".tsv") else _delimiter(text[start:])
    if delimiter in '"\r\n':
        raise InputError(f"{source}: a delimiter that is none ({delimiter!r})", "mend line 1")
    with _fields_up_to(len(text)):
        rows = _rows(io.StringIO(text[start:], newline=""), delimiter, source)
        return _reading(rows, source, text.count('"'))


def _reading(rows: Iterator[Row], source: str, quotes: int) -> Reading:
    """The rows as paragraphs. What the first two are tells whether the first names the columns."""
    first = list(itertools.islice(rows, 2))
    named = len(first) == 2 and _names_columns(first[0][1], first[1][1])
    names = first[0][1] if named else []
    composer = Composer()
    ragged: list[int] = []
    for number, cells in itertools.chain(first[1:] if named else first, rows):
        if len(cells) != len(first[0][1]):
            ragged.append(number)
        composer.paragraph([Piece(_row_text(names, cells))], part=f"row {number}")
        if composer.length > LONGEST_TEXT:
            raise InputError(f"{source}: a table too large to write out", "split it")
    if not composer.length:
        raise InputError(f"{source}: no values in this table", "leave it out")
    return composer.reading({}, _notes(first[0], named, ragged, quotes))


def _row_text(names: Sequence[str], cells: Sequence[str]) -> str:
    """The cells that hold something, each behind the name of its column."""
    named = itertools.zip_longest(names, cells[: len(names)], fillvalue="")
    parts = [f"{name}: {cell}" if name else cell for name, cell in named if cell]
    return "; ".join(parts + [cell for cell in cells[len(names) :] if cell])


def _notes(first: Row, named: bool, ragged: Sequence[int], quotes: int) -> Iterator[str]:
    number, cells = first
    if named:
        yield f"row {number} is read as the names of {count(len(cells), 'column')}"
    else:
        yield "no row with names of columns was found"
    if quotes % 2:
        yield "an odd number of quotation marks: a cell may have swallowed rows"
    if ragged:
        shown = ", ".join(map(str, ragged[:NAMED_ROWS]))
        more = f" and {len(ragged) - NAMED_ROWS:,} more" if len(ragged) > NAMED_ROWS else ""
        what = "row" if len(ragged) == 1 else "rows"
        yield f"{what} {shown}{more}: not as many cells as row {number}, {len(cells)}"


def _names_columns(first: Sequence[str], second: Sequence[str]) -> bool:
    """True unless something speaks against it: an empty or repeated cell, a value, a long text.

    Almost all tables have such a row, and one of names and a town may look like any other row. The
    cell in the corner may be empty, and so may one behind a last delimiter; a year may name a
    column of figures.
    """
    names = [cell for cell in first if cell]
    if not names or len(set(names)) < len(names) or len(second) > len(first):
        return False
    if not all(first[1:-1]) or (first[0] and all(map(_VALUE.fullmatch, names))):
        return False
    return all(
        len(cell) <= LONGEST_NAME
        and (not _VALUE.fullmatch(cell) or bool(_YEAR.fullmatch(cell) and not _YEAR.match(below)))
        for cell, below in itertools.zip_longest(first, second, fillvalue="")
    )


def _rows(lines: io.StringIO, delimiter: str, source: str) -> Iterator[Row]:
    """Rows that hold something, with their numbers in the file."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for number, row in enumerate(reader, 1):
            if number > MOST_ROWS:
                raise InputError(f"{source}: more than {MOST_ROWS:,} rows", "split it")
            cells = [flat(cell) for cell in row]
            if any(cells):
                yield number, cells
    except csv.Error as error:
        raise InputError(f"{source}: line {reader.line_num}: {error}", "mend it") from error


def _delimiter(text: str) -> str:
    """The one that gives most rows the same number of cells; of equals, the one with more cells."""
    sample = text[:SAMPLE_CHARACTERS]
    return max(DELIMITERS, key=lambda delimiter: _regularity(sample, delimiter))


def _regularity(sample: str, delimiter: str) -> tuple[float, int]:
    """Share of the rows that have the commonest number of cells, which must be more than one."""
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    lengths = Counter(len(row) for row in itertools.islice(rows, SAMPLE_ROWS) if row)
    if not lengths:
        return (0.0, 0)
    (cells, often) = max(lengths.items(), key=lambda item: (item[1], item[0]))
    return (often / lengths.total(), cells) if cells > 1 else (0.0, 0)


@contextmanager
def _fields_up_to(length: int) -> Iterator[None]:
    """The csv module refuses fields beyond 128 kB unless told; no field is longer than its file."""
    before = csv.field_size_limit(max(length, 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)
