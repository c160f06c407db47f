"""The reader takes well-formed rows as they are and names file and line of everything else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune._exceptions import DataError
from steadytune.tasks.rated_text import RatedText, read_rated_texts

NAME = "tweets.txt"


def refused(content: bytes) -> str:
    with pytest.raises(DataError) as caught:
        read_rated_texts(content, NAME)
    text = str(caught.value)
    assert "\n" not in text and NAME in text and "expected" in text
    return text


def test_rows_are_read_as_they_stand() -> None:
    content = "1_1\t-0.9\tno picture.\r\n1_2\t3\tYum — crème brûlée!\r\n".encode()
    assert read_rated_texts(content, NAME) == [
        RatedText(1, "1_1", -0.9, "no picture."),
        RatedText(2, "1_2", 3.0, "Yum — crème brûlée!"),
    ]


def test_a_byte_order_mark_and_a_missing_last_line_feed_do_not_matter() -> None:
    plain = b"1\t1.5\tgood\n2\t-1.5\tbad\n"
    assert read_rated_texts(b"\xef\xbb\xbf" + plain[:-1], NAME) == read_rated_texts(plain, NAME)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("fish &amp; chips", "fish & chips"),
        ("AT&amp;amp;T", "AT&T"),
        ("&lt;3  you ", "<3 you"),
        ("one\u2028line, \x0b still", "one line, still"),
    ],
)
def test_entities_and_spacing_are_cleaned(written: str, read: str) -> None:
    assert read_rated_texts(f"1\t1\t{written}\n".encode(), NAME)[0].text == read


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"2\t1.0\tcaf\xe9", "0xe9"),
        (b"2\t1.0\ta\0b", "NUL"),
        (b"2\t1.0", "2 tab-separated fields"),
        (b"2\t1.0\ta\tb", "4 tab-separated fields"),
        (b"", "1 tab-separated fields"),
        (b"2\tgood\ttext", "'good'"),
        (b"2\tnan\ttext", "'nan'"),
        (b"2\tinf\ttext", "'inf'"),
        (b"2\t1_0\ttext", "'1_0'"),
        (b"2\t4.01\ttext", "'4.01'"),
        (b"2\t-5\ttext", "'-5'"),
        (b"2\t\ttext", "rating ''"),
        (b"2\t1.0\t ", "no text"),
        (b"2\t1.0\t&nbsp;", "no text"),
        (b"\t1.0\ttext", "no identifier"),
        (b"1\t1.0\ttext", "repeats the identifier '1' of line 1"),
    ],
)
def test_a_bad_row_is_named(line: bytes, complaint: str) -> None:
    message = refused(b"1\t1.0\tfine\r\n" + line + b"\r\n3\t1.0\tfine\r\n")
    assert f"{NAME}, line 2 " in message
    assert complaint in message


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert "is empty" in refused(content)


@given(st.binary(max_size=200))
def test_any_bytes_give_rows_or_one_clear_line(content: bytes) -> None:
    try:
        rows = read_rated_texts(content, NAME)
    except DataError as error:
        assert "\n" not in str(error) and str(error).startswith(NAME)
    else:
        assert rows and all(row.text and abs(row.rating) <= 4 for row in rows)


words = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="&"), min_size=1)


@given(
    st.lists(
        st.tuples(st.floats(-4, 4), st.lists(words, min_size=1, max_size=3).map(" ".join)),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_written_is_read(rated: list[tuple[float, str]]) -> None:
    lines = [f"{i}\t{rating!r}\t{text}" for i, (rating, text) in enumerate(rated)]
    read = read_rated_texts("\r\n".join(lines).encode(), NAME)
    assert [(row.rating, row.text) for row in read] == rated


@given(st.integers(0, 9), st.sampled_from([b"\0", b"\xff", b"\t", b"\n"]))
def test_one_bad_byte_is_found_on_its_line(line: int, byte: bytes) -> None:
    lines = [f"{i}\t1.5\tword".encode() for i in range(10)]
    lines[line] += byte + b"x"
    where = int(re.findall(r"line (\d+) ", refused(b"\n".join(lines)))[0])
    # A line feed moves the complaint to the fragment behind it.
    assert where == line + 1 + (byte == b"\n")
