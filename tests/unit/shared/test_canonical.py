"""Canonical JSON: one byte form for one value, and nothing that is not JSON gets in."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.canonical import MAX_DEPTH, best_text, canonical, depth, digest, parse
from shared.errors import InvalidEncoding, InvalidJson, TooDeep

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text() | st.floats(-(2.0**52), 2.0**52),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=6), below, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_the_quick_writer_and_the_library_give_the_same_bytes(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(json_values)
def test_what_was_written_reads_back_to_the_same_bytes(value):
    written = canonical(value)
    if depth(value) <= MAX_DEPTH:
        assert canonical(parse(written)) == written


def test_the_published_example_of_rfc_8785_sorts_keys_by_utf_16_units():
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert canonical(value).decode() == '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'


@pytest.mark.parametrize("value", [2**53, -(2**60), "\ud800", float("nan"), {"a": float("inf")}])
def test_a_value_without_a_canonical_form_is_refused(value):
    with pytest.raises(InvalidJson):
        canonical(value)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"\xff{}", InvalidEncoding),
        ("计量".encode("gbk"), InvalidEncoding),
        (b"{", InvalidJson),
        (b"\xef\xbb\xbf{}", InvalidJson),
        (b'{"a":1,"a":2}', InvalidJson),
        (b'{"a":NaN}', InvalidJson),
        (b'["\\ud800"]', InvalidJson),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), TooDeep),
        (b"[" * 200_000 + b"]" * 200_000, TooDeep),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, TooDeep),
        (b"1" * 10_000, InvalidJson),
    ],
)
def test_what_is_not_strict_json_is_named(data, error):
    with pytest.raises(error):
        parse(data)


def test_depth_counts_levels_of_containers():
    assert (depth(1), depth([]), depth([[]]), depth({"a": {"b": [1]}})) == (0, 1, 2, 3)


def test_the_digest_is_what_sha256sum_prints():
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_reader_gets_the_own_language_else_chinese_else_english_else_any():
    assert best_text({"zh": "甲", "en": "A"}, "en") == "A"
    assert best_text({"zh": "甲", "fr": "a"}, "en") == "甲"
    assert best_text({"en": "A", "fr": "a"}, "zh-Hans-CN") == "A"
    assert best_text({"fr": "a"}, "zh") == "a"
    assert best_text({}, "zh") == ""
