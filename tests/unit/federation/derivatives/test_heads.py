"""The beginnings of texts and tables: every usual encoding, and tables as people write them."""

from __future__ import annotations

import codecs

import pytest

from federation.derivatives import heads
from federation.derivatives.heads import Head, as_table

TEXT = "名称,数值\n千克,1\n米,2\n"


def table(text, *, whole=True):
    return as_table(Head(text, "utf-8", whole))


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),
        (TEXT.encode("gbk"), "gb18030"),
        ((TEXT + "𠮷").encode("gb18030"), "gb18030"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16le"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16be"),
    ],
)
def test_a_text_is_read_in_whichever_encoding_it_has(data, charset):
    found = heads.read(data, size=len(data))
    assert found.text.startswith(TEXT)
    assert (found.charset, found.whole) == (charset, True)


def test_a_character_that_is_cut_in_two_where_reading_stopped_does_no_harm():
    data = "计量".encode()
    assert heads.read(data[:-1], size=100) == Head("计", "utf-8", False)
    assert heads.read(("计" * 5).encode("gbk")[:-1], size=100).charset == "gb18030"


@pytest.mark.parametrize("data", [b"\x00\x01\x02", b"a\x00b", b"\xff\xff\xff", b"PK\x03\x04"])
def test_what_is_no_text_has_no_head(data):
    assert heads.read(data, size=len(data)) is None


def test_of_a_long_text_only_the_beginning_is_kept():
    found = heads.read(b"a" * heads.HEAD_BYTES, size=10**12)
    assert (len(found.text), found.whole) == (heads.MOST_CHARACTERS, False)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_whichever_sign_parts_its_cells(delimiter):
    found = table(TEXT.replace(",", delimiter))
    assert (found.header, found.rows, found.whole) == (["名称", "数值"], [["千克", "1"], ["米", "2"]], True)


def test_rows_that_are_ragged_are_filled_up_and_quotes_hold_commas_and_lines():
    found = table('a,b,c\n1\n"2,5","x\ny",3,\n\n')
    assert found.rows == [["1", "", "", ""], ["2,5", "x\ny", "3", ""]]
    assert found.header == ["a", "b", "c", ""]


def test_only_ends_of_lines_end_rows():
    assert table("a,b\r一\u2028行,x\x0cy\r\n").rows == [["一\u2028行", "x\x0cy"]]


def test_a_table_without_end_is_cut_and_says_so():
    rows = "".join(f"{number},{'x' * 500}\n" for number in range(100))
    found = table("n,text\n" + rows)
    assert (len(found.rows), found.whole) == (heads.MOST_ROWS, False)
    assert len(found.rows[0][1]) == heads.MOST_CELL + 1
    wide = table(",".join("abcdefghijklmnopqrstuvwxyz") + "\n1,2\n")
    assert (len(wide.header), wide.whole) == (heads.MOST_COLUMNS, False)


def test_a_row_that_was_cut_where_reading_stopped_is_left_out():
    assert table("a,b\n1,2\n3,4", whole=False).rows == [["1", "2"]]


@pytest.mark.parametrize("text", ["", "\n\n", "one\ntwo\n", '"'])
def test_what_has_no_columns_is_no_table(text):
    assert table(text) is None
