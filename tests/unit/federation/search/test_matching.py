"""Several words narrow a search, words that stand together come first, and a search rarely ends with nothing."""

from __future__ import annotations

import pytest

from federation.search.marking import highlights
from federation.search.query import SearchRequest, search
from tests.support.searching import found, make_document, make_index

TITLES = {
    "scattered": "A water clock: how the world told the hours of the day before metrology",
    "together": "World Water Clock",
    "clock": "The clock of the town hall",
    "chinese": "水钟：world water clock 的中国故事",
    "steelyard": "杆秤与砝码",
    "weights": "砝码的检定",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return make_index(tmp_path_factory.mktemp("index"), [make_document(*item) for item in TITLES.items()])


def alone(index, text):
    """What is found in another order than that of fitness: nothing comes with it that has some of the words only."""
    return [hit.ark for hit in search(index, SearchRequest(text=text, sort="newest")).hits]


def test_words_that_stand_together_as_typed_come_first(index):
    assert found(index, "world water clock")[0] == "together"
    assert set(found(index, "world water clock")) == {"together", "scattered", "chinese"}


def test_of_two_words_both_are_needed(index):
    assert alone(index, "杆秤 砝码") == ["steelyard"]


def test_where_hardly_any_has_both_words_those_with_one_come_behind(index):
    result = search(index, SearchRequest(text="杆秤 砝码"))
    assert ([hit.ark for hit in result.hits], result.whole) == (["steelyard", "weights"], 1)
    assert search(index, SearchRequest(text='"杆秤" 砝码')).total == 1, "who says it exactly gets that alone"
    assert found(index, "杆秤 没有的词") == ["steelyard"]
    assert alone(index, "town clock") == ["clock"]


def test_where_no_resource_has_both_one_will_do(index):
    assert set(found(index, "砝码 玻璃")) == {"weights", "steelyard"}


def test_small_words_are_not_counted(index):
    assert alone(index, "the clock of the town") == ["clock"]
    assert found(index, "the")


def test_one_wrong_letter_is_forgiven_only_in_a_word_that_nobody_uses(tmp_path):
    index = make_index(tmp_path, [make_document("a", "Weights"), make_document("b", "Heights")])
    assert found(index, "weights") == ["a"]
    assert set(found(index, "eeights")) == {"a", "b"}


def test_a_minus_takes_away(index):
    assert found(index, "砝码 -杆秤") == ["weights"]


@pytest.mark.parametrize("text", ["-杆秤", '-"杆秤"', "-杆秤 -*"])
def test_a_minus_alone_takes_away_from_everything(index, text):
    assert set(found(index, text)) == TITLES.keys() - {"steelyard"}


@pytest.mark.parametrize("text", ["", "  ", "\u3000\n"])
def test_nothing_asked_is_everything(index, text):
    assert set(found(index, text)) == TITLES.keys()


SYMBOLS = ("👨", "👨‍👩‍👧 🎉", "*", "?!", "-", "- -", "-*", '""', '"', "“…”", "。，", "_", "👨 -杆秤")


@pytest.mark.parametrize("text", SYMBOLS)
def test_symbols_alone_find_nothing(index, text):
    result = search(index, SearchRequest(text=text, filters={"type": ("article",)}))
    assert (result.total, result.hits, set(map(bool, result.facets["themes"]))) == (0, [], set())


@pytest.mark.parametrize("text", ["杆秤 👨", "* 杆秤", "《杆秤》", '"杆秤" !', "杆秤 -*"])
def test_symbols_beside_words_make_no_difference(index, text):
    assert found(index, text) == ["steelyard"]


@pytest.mark.parametrize(
    ("text", "asked", "marked"),
    [
        ("世界计量日主题展", "计量", ["计量"]),
        ("千克与 kg", "公斤", ["千克", "kg"]),
        ("a kilogram, not a backgammon", "kg", ["kilogram"]),
        ("Two Kilograms", "公斤", ["Kilograms"]),
        ("a metre in a kilometre", "Metre", ["metre"]),
        ("毫米", "公尺", []),
        ("游标卡尺怎么读", "卡尺", ["卡尺"]),
        ("the weight of the world", "the weights", ["weight"]),
        ("the", "the", ["the"]),
        ("计量学和计量法", "计量法学", ["计量", "计量法"]),
        ("砝码和杆秤", "砝码 -杆秤", ["砝码"]),
        ("", "a", []),
    ],
)
def test_what_was_asked_and_other_words_for_it_are_marked(text, asked, marked):
    pieces = highlights(text, asked)
    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, found in pieces if found] == marked
