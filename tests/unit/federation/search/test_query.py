"""Hits are put in order and narrowed by what the reader says, and the counts of facets go with it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from federation.search.query import SORTS, SearchRequest, Spans, count, search
from tests.support.searching import make_document, make_index

DAYS = {name: datetime(2026, 5, day, tzinfo=UTC) for day, name in enumerate(("qin", "han", "plain", "modern"), 1)}
MADE = {
    "qin": {
        "period_from": -220,
        "period_until": -206,
        "created_year": -220,
        "uses": 5,
        "occasions": ("quality-month",),
    },
    "han": {"period_from": -205, "period_until": 220, "uses": 9},
    "plain": {"created_year": 0},
    "modern": {"period_from": 1949, "period_until": 9999, "created_year": 1959, "uses": 1},
}
TITLES = {"qin": "秦权", "han": "汉代铜尺", "plain": "漏刻", "modern": "国家标准"}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    documents = [make_document(name, TITLES[name], published_at=DAYS[name], **made) for name, made in MADE.items()]
    return make_index(tmp_path_factory.mktemp("index"), documents)


def names(index, **asked):
    return [hit.ark for hit in search(index, SearchRequest(**asked)).hits]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("relevance", ["modern", "plain", "han", "qin"]),
        ("newest", ["modern", "plain", "han", "qin"]),
        ("oldest", ["qin", "han", "plain", "modern"]),
        ("used", ["han", "qin", "modern", "plain"]),
        ("title", ["modern", "han", "plain", "qin"]),
    ],
)
def test_every_order_is_kept(index, sort, order):
    assert names(index, sort=sort) == order
    assert sort in SORTS


@pytest.mark.parametrize(
    ("first", "last", "fitting"),
    [
        (None, -206, {"qin"}),
        (-206, -205, {"qin", "han"}),
        (200, None, {"han", "modern"}),
        (2026, 2026, {"modern"}),
        (221, 1948, set()),
    ],
)
def test_a_period_fits_when_it_overlaps(index, first, last, fitting):
    assert set(names(index, spans=Spans(period=(first, last)))) == fitting


def test_the_year_1_bc_is_a_year_like_others(index):
    assert names(index, spans=Spans(created=(0, 0))) == ["plain"]
    assert set(names(index, spans=Spans(created=(None, 0)))) == {"qin", "plain"}


def test_days_of_publication_are_held_to_with_both_ends(index):
    first, last = (int(DAYS[name].timestamp()) for name in ("han", "plain"))
    assert set(names(index, spans=Spans(published=(first, last)))) == {"han", "plain"}


def test_spans_facets_and_words_narrow_each_other_and_the_counts_with_them(index):
    request = SearchRequest(
        text="秦权", spans=Spans(period=(-300, 300)), filters={"occasions": ("quality-month", "none-such")}
    )
    result = search(index, request)
    assert [hit.ark for hit in result.hits] == ["qin"]
    assert result.facets["occasions"] == [("quality-month", 1)]
    assert count(index, request) == (result.total, ["qin"]) == (1, ["qin"])
