"""CSV and TSV: what is written is read again, with the line of each row."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steadytune import DataError
from steadytune.tasks.files._table import Reading
from steadytune.tasks.files.delimited import read_csv, read_tsv

from .fuzz import rows_or_one_line, table_of

# Surrogates cannot be written as UTF-8; NUL is refused; a row of blanks alone is a blank line.
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
ROWS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6).filter(
    lambda rows: all(any(cell.strip() for cell in row) for row in rows)
)


def written(rows: list[tuple[str, str]], delimiter: str = ",") -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows([("text", "label"), *rows])
    return file.getvalue().encode()


@given(ROWS)
def test_what_is_written_is_read(rows: list[tuple[str, str]]) -> None:
    table = table_of(read_csv, written(rows))
    assert list(zip(*table.columns.values(), strict=True)) == rows
    assert list(table.columns) == ["text", "label"]


@given(ROWS)
def test_quoted_tabs_are_read(rows: list[tuple[str, str]]) -> None:
    table = table_of(read_tsv, written(rows, "\t"))
    assert list(zip(*table.columns.values(), strict=True)) == rows


@given(st.binary(max_size=60))
@example(b'a,b\n"x')
@example(b"\xef\xbb\xbf")
@example(b"a\r,b\n1,2\n")
def test_any_bytes(content: bytes) -> None:
    rows_or_one_line(read_csv, content)
    rows_or_one_line(read_tsv, content)


@given(st.text('ab,;\t"\n\r ', max_size=40))
def test_any_marks(content: str) -> None:
    rows_or_one_line(read_csv, content.encode())
    rows_or_one_line(read_tsv, content.encode())


def test_a_row_has_the_line_where_it_starts() -> None:
    table = table_of(read_csv, b'text,label\n"a\nb",1\n\nc,2\n')
    assert table.columns == {"text": ["a\nb", "c"], "label": ["1", "2"]}
    assert [table.place(row) for row in range(2)] == ["rows, line 2", "rows, line 5"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbftext,label\na,1\n",
        b"text,label\r\na,1\r\n",
        b" text ,label\na,1",
        b"text;label\na;1\n",
    ],
)
def test_what_programs_write_is_read(content: bytes) -> None:
    assert table_of(read_csv, content).columns == {"text": ["a"], "label": ["1"]}


def test_other_marks_between_fields_are_noted() -> None:
    assert table_of(read_csv, b"text;label\na;1\n").remarks == ("fields separated by semicolons",)
    assert table_of(read_csv, b"text\tlabel\na\t1\n").remarks == ("fields separated by tabs",)
    assert table_of(read_csv, b"text,label\na,1\n").remarks == ()


def test_quotation_marks_are_text_where_the_file_does_not_quote() -> None:
    table = table_of(read_tsv, b'text\tlabel\n"A" grade\t1\n"open\t2\n')
    assert table.columns["text"] == ['"A" grade', '"open']
    assert table.remarks == ("quotation marks are text",)


def test_quotations_that_begin_and_end_in_rows_of_their_own_join_no_rows() -> None:
    content = b'text\tlabel\n"Well, he said\t1\nfine\t0\nthat was it"\t0\nsaid "no"\t1\n'
    table = table_of(read_tsv, content)
    assert table.columns["text"] == ['"Well, he said', "fine", 'that was it"', 'said "no"']
    assert table.remarks == ("quotation marks are text",)


def test_quoted_line_breaks_are_read() -> None:
    table = table_of(read_tsv, b'text\tlabel\n"two\nlines"\t1\n"a tab\there"\t0\n')
    assert table.columns["text"] == ["two\nlines", "a tab\there"]
    assert table_of(read_tsv, b'text\n"two\nlines"\n').columns == {"text": ["two\nlines"]}


def test_a_text_can_be_longer_than_the_csv_modules_own_limit() -> None:
    before = csv.field_size_limit()
    table = table_of(read_csv, b"text,label\n" + b"x" * (before + 1) + b",1\n")
    assert len(table.columns["text"][0]) == before + 1
    assert csv.field_size_limit() == before


def test_a_quotation_over_many_lines_cannot_swallow_a_large_file() -> None:
    line = b"x" * 1_000_000 + b"\n"
    with pytest.raises(DataError, match="line 2 is not a record"):
        table_of(read_csv, b'text,label\n"' + line * 11)


SKIP = Reading(skip_bad=True)


def test_one_bad_row_leaves_quotations_as_they_are() -> None:
    content = b'text\tlabel\n"a ""b""\tc"\tyes\n"x"\n"d\ne"\tno\n'
    found = read_tsv(io.BytesIO(content), "x.tsv", SKIP)
    assert found.columns == {"text": ['a "b"\tc', "d\ne"], "label": ["yes", "no"]}
    (warning,) = found.warnings
    assert warning == "x.tsv: 1 bad row left out: line 3 has 1 field"


def test_pieces_of_quoted_texts_are_no_bad_rows() -> None:
    content = b'text\tlabel\n"a\nb\t1\nc\t2\nd"\tyes\n"e"\tno\nx\n'
    found = read_tsv(io.BytesIO(content), "x.tsv", SKIP)
    assert found.columns["text"] == ["a\nb\t1\nc\t2\nd", "e"]


def test_a_bad_row_among_texts_that_are_not_quoted() -> None:
    content = b'text\tlabel\n"Yes\t1\nno\t0\nso"\t1\nbad\n'
    found = read_tsv(io.BytesIO(content), "x.tsv", SKIP)
    assert found.columns["text"] == ['"Yes', "no", 'so"']


@pytest.mark.parametrize("gap", ["\n", '""\n', "   \n", " , \n"])
def test_blank_rows_that_later_rows_move_up_by_are_counted(gap: str) -> None:
    head = "id,text\n1,a\n" if "," in gap else "text\na\n"
    last = "2,b\n" if "," in gap else "b\n"
    found = read_csv(io.BytesIO(f"{head}{gap}{gap}{last}".encode()), "x.csv")
    (warning,) = found.warnings
    assert (found.columns["text"], found.numbers) == (["a", "b"], [2, 5])
    assert warning == (
        "x.csv: 2 blank rows left out, so that later rows move up; the first is line 3"
    )
    assert read_csv(io.BytesIO(f"{gap}{head}{last}{gap}".encode()), "x.csv").warnings == ()
