"""The record's schema: what is good passes unchanged, every fault is named where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidRecord, RecordTooLarge
from shared.field_messages import FIELD_MESSAGES
from shared.record import MAX_FILES, RecordSchema, check, faults, is_tombstone
from tests.support.records import make_file, make_record

FULL = make_record(
    description={"zh": "更长的说明。\n\n第二段。", "en-GB": "Longer."},
    disciplines=["length"],
    audiences=["primary", "everyone"],
    occasions=["world-metrology-day"],
    stage="development",
    keywords=["卡尺"],
    creators=[{"name": "张三", "role": "author", "affiliation": "某院"}],
    contributors=[{"name": "李四"}],
    created="-0343~",
    coverage={
        "period": {"name": {"zh": "秦"}, "from": -220, "until": -206},
        "place": {"name": {"zh": "咸阳"}, "latitude": 34.33, "longitude": 108.71},
    },
    rights_holder="某院",
    evidence=[{"source": "档案", "method": "核对原件", "verified_by": "王五"}],
    files=[make_file(alt={"zh": "一把卡尺"})],
    relations=[{"type": "is-related-to", "target": make_record()["id"]}],
    identifiers=[{"scheme": "doi", "value": "10.59161/x"}],
    embargo_until="2026-12-01",
    withdrawn={"reason": "重复"},
)


def found(record):
    return {(fault.pointer, fault.code) for fault in faults(record)}


def test_a_full_record_passes_and_has_every_field_of_the_schema():
    assert faults(FULL) == []
    assert set(FULL) == set(RecordSchema().fields)
    assert is_tombstone(FULL)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"id": None}, ("/id", "required")),
        ({"id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, ("/id", "bad_id")),
        ({"version": 0}, ("/version", "out_of_range")),
        ({"version": True}, ("/version", "wrong_type")),
        ({"version": 10**400}, ("/version", "out_of_range")),
        ({"titel": {}}, ("/titel", "unknown_field")),
        ({"title": {"fr": "a"}}, ("/title", "language_missing")),
        ({"title": {"zh": "长" * 301}}, ("/title/zh", "too_long")),
        ({"title": {"zh": " "}}, ("/title/zh", "too_short")),
        ({"title": {"zh": "a", "ZH_cn": "b"}}, ("/title/ZH_cn", "bad_language")),
        ({"title": {"zh": "a\u202eb"}}, ("/title/zh", "control_characters")),
        ({"title": {"zh": "a\x00b"}}, ("/title/zh", "control_characters")),
        ({"title": {"zh": "\u200b"}}, ("/title/zh", "control_characters")),
        ({"title": {"zh": "\u3164"}}, ("/title/zh", "control_characters")),
        ({"title": {"zh": "\u2800\ufe0f\u3000"}}, ("/title/zh", "too_short")),
        ({"title": "计量"}, ("/title", "wrong_type")),
        ({"summary": {"zh": "长" * 2001}}, ("/summary/zh", "too_long")),
        ({"type": "poem"}, ("/type", "unknown_term")),
        ({"type": ["article"]}, ("/type", "wrong_type")),
        ({"themes": []}, ("/themes", "too_few")),
        ({"themes": ["knowledge", "knowledge"]}, ("/themes", "duplicate")),
        ({"themes": ["magic"]}, ("/themes/0", "unknown_term")),
        ({"themes": "knowledge"}, ("/themes", "wrong_type")),
        ({"keywords": ["a"] * 51}, ("/keywords", "too_many")),
        ({"language": ["chinese!"]}, ("/language/0", "bad_language")),
        ({"created": "20 May 2026"}, ("/created", "bad_date")),
        ({"created": "2026-13"}, ("/created", "bad_date")),
        ({"created": "2026-02-31"}, ("/created", "bad_date")),
        ({"created": "2025-02-29~"}, ("/created", "bad_date")),
        ({"created": "-0343-04-31"}, ("/created", "bad_date")),
        ({"created": "1900-02-29"}, ("/created", "bad_date")),
        ({"created": "٢٠٢٦"}, ("/created", "bad_date")),
        ({"embargo_until": "2026-02-31"}, ("/embargo_until", "bad_date")),
        ({"embargo_until": "2026-02"}, ("/embargo_until", "bad_date")),
        ({"license": "免费"}, ("/license", "unknown_term")),
        ({"links": [{"url": "javascript:alert(1)"}]}, ("/links/0/url", "bad_url")),
        ({"links": [{"url": "https://a.example@evil.example/"}]}, ("/links/0/url", "bad_url")),
        ({"links": [{"url": "http://[::1"}]}, ("/links/0/url", "bad_url")),
        ({"links": None}, ("/files", "content_missing")),
        ({"files": [make_file()] * 2}, ("/files/1/name", "duplicate")),
        ({"files": [make_file(name="卡尺.PDF"), make_file()]}, ("/files/1/name", "duplicate")),
        ({"files": [make_file(name="\u00e9"), make_file(name="E\u0301")]}, ("/files/1/name", "duplicate")),
        ({"files": [make_file(name="../etc/passwd")]}, ("/files/0/name", "bad_file_name")),
        ({"files": [make_file(name="..")]}, ("/files/0/name", "bad_file_name")),
        ({"files": [make_file(name="a\nb")]}, ("/files/0/name", "bad_file_name")),
        ({"files": [make_file(sha256="ABC")]}, ("/files/0/sha256", "bad_digest")),
        ({"files": [make_file(), make_file(name="二.pdf", size=1)]}, ("/files/1/size", "sizes_disagree")),
        ({"files": [make_file(size=-1)]}, ("/files/0/size", "out_of_range")),
        ({"files": [make_file(size=1.5)]}, ("/files/0/size", "wrong_type")),
        ({"files": [make_file(media_type="pdf")]}, ("/files/0/media_type", "bad_media_type")),
        ({"files": [make_file(name=f"{n}") for n in range(MAX_FILES + 1)]}, ("/files", "too_many")),
        (
            {"coverage": {"period": {"name": {"zh": "a"}, "from": 2, "until": 1}}},
            ("/coverage/period/until", "period_backwards"),
        ),
        (
            {"coverage": {"place": {"name": {"zh": "a"}, "latitude": 1}}},
            ("/coverage/place", "incomplete_coordinates"),
        ),
        (
            {"coverage": {"place": {"name": {"zh": "a"}, "latitude": 91, "longitude": 0}}},
            ("/coverage/place/latitude", "out_of_range"),
        ),
        (
            {"coverage": {"place": {"name": {"zh": "a"}, "latitude": float("nan"), "longitude": 0}}},
            ("/coverage/place/latitude", "bad_number"),
        ),
        ({"relations": [{"type": "has-part", "target": "03-slug"}]}, ("/relations/0/target", "bad_id")),
        ({"withdrawn": {}}, ("/withdrawn/reason", "required")),
        ({"creators": [{"role": "author"}]}, ("/creators/0/name", "required")),
        ({"a/b~c": 1}, ("/a~1b~0c", "unknown_field")),
    ],
)
def test_each_fault_is_named_where_it_stands(changes, fault):
    assert found(make_record(**changes)) == {fault}


@pytest.mark.parametrize(
    "date", ["2024-02-29", "2000-02-29?", "-0344-02-29", "0000-02-29", "2026-12-31", "2026-05~", "-0343"]
)
def test_days_that_the_calendar_has_are_dates(date):
    assert found(make_record(created=date)) == set()


def test_the_same_content_may_stand_under_two_names():
    assert found(make_record(files=[make_file(), make_file(name="二.pdf")])) == set()


@pytest.mark.parametrize("kind", ["document", "photo", "artefact"])
@pytest.mark.parametrize("theme", ["red-metrology", "history"])
def test_documents_photographs_and_artefacts_of_sensitive_themes_need_evidence(kind, theme):
    record = make_record(type=kind, themes=[theme, "knowledge"])
    assert found(record) == {("/evidence", "evidence_missing")}
    assert faults({**record, "evidence": FULL["evidence"]}) == []


def test_several_faults_come_together():
    assert found({"id": 1}) >= {("/id", "bad_id"), ("/title", "required"), ("/themes", "required")}


def test_a_record_over_the_byte_limit_is_refused_though_each_field_is_good():
    texts = dict.fromkeys(("zh", "en"), "量" * 50000)
    with pytest.raises(RecordTooLarge):
        check(make_record(description=texts))


def test_a_faulty_record_raises_with_all_its_faults():
    with pytest.raises(InvalidRecord) as raised:
        check(make_record(type="poem", themes=[]))
    assert {fault.pointer for fault in raised.value.errors} == {"/type", "/themes"}


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_not_an_object_is_no_record(value):
    assert [(fault.pointer, fault.code) for fault in faults(value)] == [("", "wrong_type")]


@pytest.mark.parametrize("code", FIELD_MESSAGES)
def test_every_field_fault_has_words_in_both_languages(code):
    chinese, english = FIELD_MESSAGES[code]
    assert chinese.endswith("。")
    assert english.endswith(".")


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(FULL)), json_like))
def test_no_input_makes_the_schema_fall_over_and_every_fault_can_be_said(changes):
    for fault in faults({**FULL, **changes}):
        assert fault.code in FIELD_MESSAGES
        assert "{" not in fault.message("zh").replace(str(fault.params), "") or fault.params
