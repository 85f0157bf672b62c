"""CSV and TSV: a row is a paragraph and a part of its own, numbered as a spreadsheet shows it."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document
from index.errors import InputError
from index.formats import tables
from index.formats.tables import read_table
from index.splitting import Budget, split


def read(text, name="a.csv"):
    return read_table(text.encode(), name)


def rows(reading):
    texts = [reading.text[start:end] for start, end in reading.paragraphs]
    assert reading.text == "\n\n".join(texts)
    assert [s.start for s in reading.sections] == [start for start, _ in reading.paragraphs]
    assert all(section.start == section.end for section in reading.sections)
    return dict(zip([section.title for section in reading.sections], texts, strict=True))


NAMED = "row 1 is read as the names of {} columns"
UNNAMED = "no row with names of columns was found"
CASES = [
    ("town,ice\nOstrel,41\nVarn,\n", {"row 2": "town: Ostrel; ice: 41", "row 3": "town: Varn"},
     (NAMED.format(2),), "the first row names the columns, empty cells are left out"),
    ("\ufefftown;price\r\nOstrel;4,1\r\nVarn;1,2\r\n",
     {"row 2": "town: Ostrel; price: 4,1", "row 3": "town: Varn; price: 1,2"},
     (NAMED.format(2),), "semicolons part, commas are in the numbers"),
    ("town|ice\nOstrel|41\n", {"row 2": "town: Ostrel; ice: 41"}, (NAMED.format(2),), "pipes"),
    ("town\tice\nOstrel, N\t41\n", {"row 2": "town: Ostrel, N; ice: 41"}, (NAMED.format(2),),
     "tabs"),
    ('town,said\n\nOstrel,"It ""froze"",\n\ntwice"\nVarn,=1+1\n',
     {"row 3": 'town: Ostrel; said: It "froze", twice', "row 4": "town: Varn; said: =1+1"},
     (NAMED.format(2),), "quotes, line ends in cells and blank rows as a spreadsheet counts them"),
    (",2019,2020\nOstrel,41,38\n", {"row 2": "Ostrel; 2019: 41; 2020: 38"}, (NAMED.format(3),),
     "years may name columns, the corner may be empty"),
    ("Ostrel,2019\nVarn,2020\n", {"row 1": "Ostrel; 2019", "row 2": "Varn; 2020"}, (UNNAMED,),
     "years above years are values"),
    ("It froze twice in a winter.\nIt thawed.\n",
     {"row 1": "It froze twice in a winter.", "row 2": "It thawed."}, (UNNAMED,), "prose"),
    ("name\nAnn\n", {"row 2": "name: Ann"}, ("row 1 is read as the names of 1 column",),
     "one column"),
    ("a,b\n1\n1,2,3\n1,2\n", {"row 2": "a: 1", "row 3": "a: 1; b: 2; 3", "row 4": "a: 1; b: 2"},
     (NAMED.format(2), "rows 2, 3: not as many cells as row 1, 2"), "ragged rows are named"),
    ("sep=|\na|b,c\n1|2\n", {"row 2": "a: 1; b,c: 2"}, (NAMED.format(2),), "Excel's own line"),
    ("a,b\n", {"row 1": "a; b"}, (UNNAMED,), "names without rows are a row"),
    ("a,a\n1,2\n", {"row 1": "a; a", "row 2": "1; 2"}, (UNNAMED,), "a name twice is none"),
    ('a,b\n"1,2\n3,4\n', {"row 2": "a: 1,2 3,4"},
     (NAMED.format(2), "an odd number of quotation marks: a cell may have swallowed rows",
      "row 2: not as many cells as row 1, 2"), "a quotation mark that is never closed"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "notes", "why"), CASES, ids=[c[3] for c in CASES])
def test_rows_are_paragraphs_with_the_names_of_their_columns(text, expected, notes, why):
    reading = read(text)
    assert rows(reading) == expected
    assert reading.notes == notes


def test_tabs_part_a_tsv_whatever_else_is_in_it():
    assert rows(read("a,b\tc\n1,2\t3\n", "A.TSV")) == {"row 2": "a,b: 1,2; c: 3"}


REFUSED = [
    ("a,b\n1\0,2\n", "NUL byte at offset 5"),
    (",,\n , \n", "no values"),
    ('sep="\na\n', "delimiter"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=[reason for _, reason in REFUSED])
def test_what_is_no_table_is_refused(text, reason):
    with pytest.raises(InputError, match=rf"^in/a\.csv: .*{reason}"):
        read(text, "in/a.csv")


def test_a_table_beyond_the_limits_is_refused(monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    assert rows(read("a\n1\n2\n"))
    with pytest.raises(InputError, match="more than 3 rows; split it"):
        read("a\n1\n2\n3\n")
    monkeypatch.setattr(tables, "LONGEST_TEXT", 50)
    with pytest.raises(InputError, match="too large to write out"):
        read("a long name of a column,b\n1,2\n1,2\n")


def test_a_cell_may_be_as_long_as_its_file_and_other_users_of_csv_keep_their_limit():
    limit = csv.field_size_limit()
    reading = read(f'a,b\n1,"{"word " * 100_000}"\n')
    assert len(reading.text) == 500_008
    assert csv.field_size_limit() == limit


CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12
)


@given(st.lists(CELLS, min_size=1, max_size=6), st.sampled_from(",;\t|:"))
def test_every_value_stands_in_its_row_as_it_is(cells, delimiter):
    stream = io.StringIO()
    table = [["nr", "text"], *([n, cell] for n, cell in enumerate(cells, 2))]
    csv.writer(stream, delimiter=delimiter).writerows(table)
    expected = {}
    for number, cell in enumerate(cells, 2):
        text = re.sub("[ \t\r\n\f\v]+", " ", cell).strip(" ")
        expected[f"row {number}"] = f"nr: {number}" + (f"; text: {text}" if text else "")
    assert rows(read(f"sep={delimiter}\n" + stream.getvalue())) == expected


def test_passages_never_join_rows():
    reading = read("nr,text\n" + "".join(f"{n},It froze.\n" for n in range(1, 30)))
    document = Document("d", "a.csv", "", reading.text, sections=reading.sections,
                        paragraphs=reading.paragraphs)  # fmt: skip
    passages = split(document, Budget(1000, 1000, len))
    assert [passage.section for passage in passages] == [f"row {n}" for n in range(2, 31)]
    assert passages[4].text == "nr: 5; text: It froze."
    assert not any(document.in_heading(passage.span.start) for passage in passages)


@pytest.mark.parametrize(
    "text",
    ["a," * 200_000 + "\n1,2", '"' * 300_000, "a,b\n" * 60_000, "a\n" + ",\n" * 100_000 + "1",
     "-" * 400_000, ("1" * 59 + " ") * 9_000],
    ids=["wide", "quotes", "long", "blank", "one cell", "digits"],
)  # fmt: skip
def test_tables_made_to_be_slow_are_read_in_linear_time(text):
    started = time.perf_counter()
    with contextlib.suppress(InputError):
        read(text)
    assert time.perf_counter() - started < 5
