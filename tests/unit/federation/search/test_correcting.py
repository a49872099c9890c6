"""Words that no resource has are put right by words that some have; what is meant as it stands is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.search.correcting import corrected, distance
from tests.support.searching import make_document, make_index

TITLES = ("度量衡小史", "History of metrology", "杆秤与砝码", "新莽嘉量", "重量与质量", "The kilogram")
LETTERS = st.text("abc", max_size=5)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    documents = [make_document(title, title, keywords=("calibration",)) for title in TITLES]
    return make_index(tmp_path_factory.mktemp("index"), documents)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("metrolgy", "metrology"),
        ("Mertology", "metrology"),
        ("netrology", "metrology"),
        ("metrologgy", "metrology"),
        ("calbiration", "calibration"),
        ("klogram", "kilogram"),
        ("度量横", "度量衡"),
        ("度量横的历史", "度量衡的历史"),
        ("新莽家量", "新莽嘉量"),
        ("杆称", "杆秤"),
        ("種量", "重量"),
        ("hsitory 杆称 -法码", "history 杆秤 -法码"),
    ],
)
def test_what_was_meant_is_told(index, typed, meant):
    assert corrected(index, typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["度量衡", "metrology", "histories", "kg", "公斤", '"度量横"', "-度量横", "xqzzkjw", "abc", "犇羴鱻", "", "*"],
)
def test_what_is_right_or_meant_or_like_nothing_stays(index, typed):
    assert corrected(index, typed) == ""


@given(LETTERS, LETTERS)
def test_a_distance_is_the_same_both_ways_and_none_to_oneself(one, other):
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)


def test_two_letters_that_changed_places_are_one_fault():
    assert distance("mertology", "metrology") == 1
    assert distance("metrolgy", "metrology") == 1
    assert distance("abc", "") == 3
