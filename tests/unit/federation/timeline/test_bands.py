"""The bands of the timeline: which years belong to which dynasty, century and decade."""

from __future__ import annotations

import pytest

from federation.timeline import bands

QIN, WESTERN_HAN = (-220, -205), (-205, 25)


def holding(since: int, until: int) -> list[str]:
    return [one.code for one in bands.dynasties() if one.holds(since, until)]


@pytest.mark.parametrize(
    ("since", "until", "codes"),
    [
        (*QIN, ["qin"]),
        (-220, -220, ["qin"]),
        (*WESTERN_HAN, ["western-han", "xin"]),
        (9, 23, ["western-han", "xin"]),
        (25, 25, ["eastern-han"]),
        (-343, -343, ["warring-states"]),
        (1911, 1911, ["qing"]),
        (1912, 1912, ["republic"]),
        (1949, 1949, ["people-s-republic"]),
        (1949, 2026, ["people-s-republic"]),
        (1276, 1276, ["southern-song", "yuan"]),
        (-4000, -3000, ["prehistory"]),
        (9999, 9999, ["people-s-republic"]),
    ],
)
def test_a_year_of_change_belongs_to_the_new_dynasty_and_a_span_that_ends_in_it_to_the_old(
    since: int, until: int, codes: list[str]
) -> None:
    assert holding(since, until) == codes


def test_what_spans_all_times_belongs_to_all_of_them() -> None:
    assert holding(-9999, 9999) == [one.code for one in bands.dynasties()]


def test_every_year_belongs_to_a_dynasty() -> None:
    assert [year for year in range(-9999, 10000) if not holding(year, year)] == []


def test_dynasties_stand_in_the_order_in_which_they_begin() -> None:
    assert [one.first for one in bands.dynasties()] == sorted(one.first for one in bands.dynasties())


@pytest.mark.parametrize(
    ("code", "zh", "first", "last"),
    [
        ("1st-century", "1 世纪", 1, 100),
        ("19th-century", "19 世纪", 1801, 1900),
        ("11th-century", "11 世纪", 1001, 1100),
        ("1st-century-bc", "公元前 1 世纪", -99, 0),
        ("3rd-century-bc", "公元前 3 世纪", -299, -200),
        ("1950s", "1950 年代", 1950, 1959),
    ],
)
def test_centuries_and_decades_are_found_by_their_codes(code: str, zh: str, first: int, last: int) -> None:
    band = bands.find(code)
    assert band is not None
    assert (band.code, band.zh, band.first, band.last) == (code, zh, first, last)
    if band.kind == bands.CENTURY:
        assert bands.century(bands.century_of(first)) == bands.century(bands.century_of(last)) == band


@pytest.mark.parametrize("code", ["", "Qin", "19st-century", "0th-century", "1955s", "1490s", "100th-century", "秦"])
def test_other_codes_are_none(code: str) -> None:
    assert bands.find(code) is None


def test_a_century_has_the_decades_that_people_count_in_it() -> None:
    assert [one.code for one in bands.decades(bands.century(20))][::9] == ["1900s", "1990s"]
    assert bands.decades(bands.century(5)) == []
