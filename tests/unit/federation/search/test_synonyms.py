"""Whoever asks with one word for a thing finds what has another word for it, after what has the very word."""

from __future__ import annotations

import pytest

from federation.search import synonyms
from federation.search.text import IS_HAN, SINGLE, fold, is_symbol
from tests.benchmarks.texts import DATA
from tests.support import quantity_names
from tests.support.searching import found, make_document, make_index

GROUPS = synonyms.groups()
TITLES = {
    "kilogram": "千克的故事",
    "metre": "米的定义",
    "millimetre": "毫米刻度的游标卡尺",
    "rice": "玉米种植",
    "temperature": "摄氏温标：水在 100 ℃ 沸腾",
    "c": "C 语言入门",
    "day": "世界计量日主题展",
    "ampere": "安培力的演示",
    "english": "A history of a kilogramme",
    "uncertainty": "测量不确定度入门",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return make_index(tmp_path_factory.mktemp("index"), [make_document(*item) for item in TITLES.items()])


@pytest.mark.parametrize("asked", ["公斤", "kg", "KG", "㎏", "kilogram", "kilograms", "公斤 故事", "公斤的故事"])
def test_the_kilogram_is_found_by_any_of_its_names(index, asked):
    assert "kilogram" in found(index, asked)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("公尺", "metre"),
        ("metre", "metre"),
        ("meters", "metre"),
        ("520", "day"),
        ("5·20", "day"),
        ("5月20日", "day"),
        ("World Metrology Day", "day"),
        ("world metrology day 主题展", "day"),
        ("uncertainty", "uncertainty"),
        ("Uncertainty of Measurement", "uncertainty"),
        ("摄氏度", "temperature"),
        ("A", "ampere"),
    ],
)
def test_a_term_leads_to_what_has_another_word_for_it(index, asked, name):
    assert found(index, asked)[0] == name


def test_a_unit_of_one_character_is_sought_as_a_word_of_its_own(index):
    assert found(index, "公尺") == ["metre"]


@pytest.mark.parametrize("asked", ["°C", "℃", "ºC", "°c"])
def test_degrees_celsius_are_not_the_letter_c(index, asked):
    assert found(index, asked) == ["temperature"]
    assert found(index, "C") == ["c"]


@pytest.mark.parametrize("asked", ["a", "k", "A4", "Am", "公斤力矩扳手xyz"])
def test_a_symbol_is_only_meant_where_it_stands_alone_and_in_its_own_case(index, asked):
    assert "ampere" not in found(index, asked)


def test_quotation_marks_ask_for_the_very_words(index):
    assert found(index, '"公斤"') == []


def test_the_very_term_stands_before_any_synonym_however_often_that_is_said(tmp_path):
    long = "其他内容，" * 300
    documents = [
        make_document(f"other-{n}", "千克，千克，千克", keywords=("千克", "kilogram"), summaries=("千克 " * 20,))
        for n in range(5)
    ]
    index = make_index(
        tmp_path, [*documents, make_document("exact", "一份记录", descriptions={"zh": long + "公斤" + long})]
    )
    assert found(index, "公斤")[0] == "exact"
    assert len(found(index, "公斤")) == 6


# -- the file ----------------------------------------------------------------------------------------------


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not here")
def test_the_names_of_quantities_are_those_of_their_source():
    assert synonyms.MADE.read_text(encoding="utf-8") == quantity_names.content()


@pytest.fixture
def own(tmp_path):
    yield tmp_path / "own.txt"
    synonyms.forget()


def test_an_operators_own_list_is_used_beside_the_others(index, own):
    assert found(index, "的斤公") == []
    own.write_text("\ufeff# 我们的\n\n的斤公 | 千克\n", encoding="utf-8")
    synonyms.use(own)
    assert found(index, "的斤公") == ["kilogram"]
    assert "kilogram" in found(index, "公斤")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a | b\nalone\n", "第 2 行"),
        (b"< b | c\n", "第 1 行"),
        (b"\xb0\xa1 | b\n", "UTF-8"),
        (b"|".join([b"a"] * 60), "第 1 行"),
    ],
)
def test_a_list_that_is_none_is_refused_with_its_line(own, content, said):
    own.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        synonyms.use(own)


def test_there_are_many_groups_and_each_says_something():
    assert len(GROUPS) >= 60
    assert [group for group in GROUPS if not group.sought or len(group.sought) + len(group.asked) < 2] == []


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.sought[0])
def test_no_term_stands_twice_in_a_group_and_each_leads_to_the_others(group):
    terms = [*group.sought, *group.asked]
    keys = [synonyms.term_key(term) for term in terms]
    assert all(keys)
    assert len(set(keys)) == len(keys)
    for term in terms:
        assert set(group.sought) - {term} <= set(synonyms.others(term))


def test_nothing_is_sought_that_stands_in_every_text():
    sought = [term for group in GROUPS for term in group.sought]
    assert [term for term in sought if is_symbol(term) or term.isdigit()] == []
    single = {fold(term) for term in sought if len(term) == 1 and IS_HAN.match(term)}
    assert single == SINGLE
