"""Reading the timeline: the database finds what the bands say, and counts it once for each."""

from __future__ import annotations

from pathlib import Path

from federation.timeline import bands, reading
from tests.support.reviewing import add_member, database, public

SPANS = [
    (-474, -220),
    (-220, -205),
    (-205, 25),
    (9, 23),
    (25, 25),
    (1900, 1911),
    (1911, 1911),
    (-9000, 9000),
    (1955, 1960),
]


def test_each_band_has_what_belongs_to_it_the_narrowest_first(tmp_path: Path) -> None:
    with database(tmp_path) as session:
        member = add_member(session, "nim")
        made = {}
        for since, until in SPANS:
            period = {"name": {"zh": "某时"}, "from": since, "until": until}
            made[public(session, member, coverage={"period": period}).resource_id] = (since, until)
        public(session, member)
        spans = reading.spans(session, now=2026)
        assert spans.total == len(SPANS)
        for band in (*bands.dynasties(), *map(bands.century, range(-5, 22)), bands.decade(1950), bands.decade(1960)):
            found = [made[one] for one in reading.within(session, band, now=2026, limit=20, offset=0)]
            assert set(found) == {span for span in SPANS if band.holds(*span)}
            assert len(found) == reading.count(spans, band)
            assert found == sorted(found, key=lambda span: (span[1] - span[0], span[0]))
        everything = bands.dynasties()[-1]
        both = [reading.within(session, everything, now=2026, limit=1, offset=offset) for offset in (0, 1)]
        assert both[0] != both[1]


def test_what_has_no_end_goes_on_until_today_and_what_has_no_beginning_was_always_there(tmp_path: Path) -> None:
    with database(tmp_path) as session:
        member = add_member(session, "nim")
        periods = [{"from": 1949}, {"until": -221}, {"from": 1990}, {"from": 2050}]
        since_1949, until_qin, since_1990, to_come = (
            public(session, member, coverage={"period": {"name": {"zh": "某时"}, **one}}).resource_id
            for one in periods
        )
        expected = {
            "prehistory": [until_qin],
            "warring-states": [until_qin],
            "qin": [],
            "republic": [],
            "people-s-republic": [to_come, since_1990, since_1949],
            "1940s": [since_1949],
            "1980s": [since_1949],
            "2020s": [since_1990, since_1949],
            "2030s": [],
            "2050s": [to_come],
            "21st-century": [to_come, since_1990, since_1949],
        }
        spans, found = reading.spans(session, now=2026), {}
        for code in expected:
            band = bands.find(code)
            assert band is not None
            found[code] = list(reading.within(session, band, now=2026, limit=9, offset=0))
            assert reading.count(spans, band) == len(found[code]), code
        assert found == expected
