"""Whoever types a beginning, in characters, pinyin or letters, is offered what can be asked."""

from __future__ import annotations

import pytest

from federation.search.query import SearchRequest, search
from federation.search.suggesting import suggest
from tests.support.searching import make_document, make_index

DOCUMENTS = (
    ("history", "度量衡小史：从手到常数", ("度量衡", "计量史")),
    ("museum", "馆藏度量衡器", ("度量衡", "馆藏")),
    ("steelyard", "杆秤与砝码", ("砝码", "杆秤")),
    ("kilogram", "The kilogram and its prototype", ("International prototype",)),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    made = [
        make_document(name, title, keywords=keywords, terms=("世界计量日",) if name == "history" else ())
        for name, title, keywords in DOCUMENTS
    ]
    return make_index(tmp_path_factory.mktemp("index"), made)


def texts(index, typed):
    return [one.text for one in suggest(index, typed)]


@pytest.mark.parametrize("typed", ["度", "度量", "度量衡", "dlh", "DLH", "duli", "duliangheng"])
def test_the_term_that_most_resources_have_comes_first_with_their_number(index, typed):
    [first, *_] = suggest(index, typed)
    assert (first.text, first.count) == ("度量衡", 2)


@pytest.mark.parametrize(
    ("typed", "term"),
    [
        ("計量史", "计量史"),
        ("量日", ""),
        ("计量日", "世界计量日"),
        ("sjjlr", "世界计量日"),
        ("proto", "International prototype"),
        ("kilo", "The kilogram and its prototype"),
        ("fama", "砝码"),
        ("小史", "度量衡小史：从手到常数"),
        ("杆秤与砝", "杆秤与砝码"),
    ],
)
def test_words_within_terms_and_titles_are_offered_too(index, typed, term):
    assert texts(index, typed)[:1] == ([term] if term else [])


def test_of_several_words_the_last_is_completed_beside_those_before_it(index):
    assert texts(index, "杆秤 fam") == ["杆秤 砝码"]


def test_whatever_is_offered_finds_something(index):
    for typed in ("度", "k", "in", "sj", "杆", "杆秤 fa"):
        offered = suggest(index, typed)
        for one in offered:
            assert search(index, SearchRequest(text=one.text)).total >= max(1, one.count), one
        assert offered


@pytest.mark.parametrize("typed", ["", "  ", "*", '"度量', "zzzz", "\t", "👨", "度" * 200])
def test_what_cannot_be_completed_is_offered_nothing(index, typed):
    assert texts(index, typed) == []


def test_what_only_withdrawn_resources_say_is_offered_no_longer_and_numbers_count_what_is_left(tmp_path):
    kept, gone = (make_document(name, "标题", keywords=("砝码", f"砝码{name}")) for name in ("kept", "gone"))
    index = make_index(tmp_path, [kept, gone])
    index.apply([], ["gone"], 2)
    index.close()

    assert [(one.text, one.count) for one in suggest(index, "砝码")] == [("砝码", 1), ("砝码kept", 1)]
    assert texts(index, "fmg") == []
