"""What is found by reading a record alone: descriptions, rights, plain words, personal data, links."""

from __future__ import annotations

from typing import Any

import pytest

from federation.findings import accessibility, links, personal_data, plain_language, rights
from federation.findings.finding import SEVERITIES, Finding, by_severity
from tests.support.records import make_file, make_record

IDENTITY = "11010519491231002X"
"""The example of GB 11643—1999."""
CARD = "6222021234567890128"
PLAIN = "一米有多长？两百年里，米的定义换过四次。看一张图，弄清每次换掉了什么。"
DENSE = "依据检定规程评定示值误差的扩展不确定度，包含因子取二。溯源链经工作基准至计量基准。"


def codes(found: Any) -> list[str]:
    return [one.code for one in found]


def picture(**changes: Any) -> dict[str, Any]:
    return make_file(name="尺.png", media_type="image/png", **changes)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (picture(), ["alt_missing"]),
        (picture(alt={"zh": "  "}), ["alt_missing"]),
        (picture(alt={"zh": "尺.PNG"}), ["alt_poor"]),
        (picture(alt={"zh": "图一"}), ["alt_poor"]),
        (picture(alt={"zh": "一把刻到毫米的钢直尺"}), []),
        (picture(alt={"en": "A steel rule with millimetres", "zh": "尺"}), []),
        (picture(role="source"), []),
        (make_file(), []),
    ],
)
def test_a_picture_needs_a_description_that_says_something(entry: dict[str, Any], expected: list[str]) -> None:
    found = list(accessibility.alternatives(make_record(files=[entry])))
    assert codes(found) == expected
    assert all(one.pointer == "/files/0/alt" for one in found)


@pytest.mark.parametrize(
    ("kind", "role", "expected"),
    [
        ("video/mp4", "supplement", ["captions_missing"]),
        ("video/mp4", "caption", []),
        ("video/mp4", "transcript", []),
        ("audio/mpeg", "caption", ["transcript_missing"]),
        ("audio/mpeg", "transcript", []),
        ("application/pdf", "supplement", []),
    ],
)
def test_film_needs_captions_and_sound_a_transcript(kind: str, role: str, expected: list[str]) -> None:
    files = [make_file(name="a", media_type=kind), make_file(name="b", role=role, media_type="text/vtt")]
    assert codes(accessibility.captions(make_record(files=files))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"license": "CC-BY-4.0", "rights_holder": "甲院"}, []),
        ({"license": "CC-BY-4.0"}, ["rights_holder_missing"]),
        ({"license": "CC0-1.0"}, []),
        ({"license": rights.NOT_EVALUATED, "rights_holder": "甲院"}, ["licence_open"]),
        ({"license": rights.NOTHING_KNOWN}, ["licence_doubtful"]),
    ],
)
def test_a_licence_that_leaves_questions_open_is_pointed_out(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(rights.licence(make_record(**changes))) == expected


def test_a_missing_rights_holder_weighs_less_when_creators_are_named() -> None:
    [nobody] = rights.licence(make_record())
    [somebody] = rights.licence(make_record(creators=[{"name": "张三"}]))
    assert (nobody.severity, somebody.severity) == ("doubt", "note")


def test_plain_words_pass_and_a_text_full_of_terms_is_said_with_the_terms() -> None:
    assert list(plain_language.plain_language(make_record(summary={"zh": PLAIN}))) == []
    [jargon] = plain_language.plain_language(make_record(summary={"zh": DENSE}))
    assert (jargon.code, jargon.pointer) == ("jargon", "/summary/zh")
    for term in ("检定规程", "扩展不确定度", "溯源链"):
        assert term in jargon.zh


def test_what_is_for_specialists_alone_may_use_their_words() -> None:
    for audiences, expected in ((["professionals"], []), (["professionals", "secondary"], ["jargon"])):
        record = make_record(summary={"zh": DENSE}, audiences=audiences)
        assert codes(plain_language.plain_language(record)) == expected


@pytest.mark.parametrize(
    "text",
    ["不确定度（测得的值有多可信）", "不确定度，即可信的程度", "“不确定度”是指可信的程度", "不确定度就是可信的程度"],
)
def test_a_term_that_is_explained_where_it_stands_does_not_count(text: str) -> None:
    assert plain_language.read(text).terms == ()
    assert plain_language.read("先说不确定度。" + text).terms == ()


def test_a_term_counts_once_and_whole() -> None:
    reading = plain_language.read("扩展不确定度与扩展不确定度。")
    assert reading.terms == ("扩展不确定度",)
    assert reading.density == pytest.approx(100 / 14)


def test_long_sentences_are_said_with_their_length() -> None:
    [found] = plain_language.plain_language(make_record(summary={"zh": "看" * 90 + "。" + "看" * 8 + "！"}))
    assert found.code == "long_sentences"
    assert "50 字" in found.zh


def test_the_specialist_terms_are_each_there_once_and_none_is_empty() -> None:
    lines = plain_language.TERMS.read_text(encoding="utf-8").splitlines()
    terms = [line for line in lines if not line.startswith("#")]
    assert len(terms) == len(set(terms)) == len(plain_language.specialist_terms()) > 150
    assert all(term == term.strip() and len(term) > 1 for term in terms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"联系人身份证 {IDENTITY}。", ["identity_number"]),
        (f"{IDENTITY.lower()}", ["identity_number"]),
        ("１１０１０５１９４９１２３１００２Ｘ", ["identity_number"]),
        ("110105 1949 1231 002X", ["identity_number"]),
        ("110105-19491231-002X", ["identity_number"]),
        ("110105194912310021", []),
        ("11010519491331002X", []),
        (f"编号A{IDENTITY}", []),
        (f"卡号 {CARD}", ["bank_card"]),
        ("6222 0212 3456 7890 128", ["bank_card"]),
        ("4111-1111-1111-1111", ["bank_card"]),
        ("6222021234567890127", []),
        ("1234567890123452", []),
        ("电话：13912345678", ["mobile_phone"]),
        ("+86 139-1234-5678", ["mobile_phone"]),
        ("8613912345678", ["mobile_phone"]),
        ("12912345678", []),
        ("139123456789", []),
        ("0.13912345678", []),
        ("写信到 zhang.san@example.cn。", ["email"]),
        ("@某人", []),
        ("299 792 458 m/s，1 889 年，6.626 070 15", []),
    ],
)
def test_personal_data_are_found_by_their_form_and_check_digits(text: str, expected: list[str]) -> None:
    found = list(personal_data.personal_data(make_record(description={"zh": text})))
    assert codes(found) == expected
    assert all(one.pointer == "/description/zh" for one in found)


def test_personal_data_are_found_in_every_text_but_not_in_what_machines_write() -> None:
    number = "13912345678"
    record = make_record(
        creators=[{"name": f"张三 {number}"}],
        files=[make_file(name=f"{number}.pdf", sha256=number.ljust(64, "0"))],
        links=[{"url": f"https://example.org/{number}", "label": "a"}],
        identifiers=[{"scheme": "doi", "value": f"10.1/{number}"}],
    )
    found = list(personal_data.personal_data(record))
    assert [one.pointer for one in found] == ["/creators/0/name", "/files/0/name"]


def test_what_is_found_of_a_person_is_shown_with_its_middle_hidden() -> None:
    text = f"{IDENTITY} {CARD} 13912345678 zhang@example.cn"
    said = " ".join(one.zh + one.en for one in personal_data.personal_data(make_record(title={"zh": text})))
    for secret in (IDENTITY, CARD, "13912345678", "zhang"):
        assert secret not in said
    assert "139******78" in said


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://192.168.1.5/a", True),
        ("http://10.0.0.1:8080/", True),
        ("http://[::1]/", True),
        ("http://oa/file", True),
        ("https://files.jlkx.local/", True),
        ("https://www.nim.ac.cn/", False),
        ("https://8.8.8.8/", False),
        ("https://计量.中国/", False),
    ],
)
def test_a_link_into_the_institution_s_own_network_is_found(url: str, inside: bool) -> None:
    found = [one.code for one in links.inside(make_record(links=[{"url": url, "label": "a"}]))]
    assert found == (["link_inside"] if inside else [])


def test_links_are_said_to_be_unchecked_until_they_were_opened() -> None:
    [found] = links.opened(make_record(), {})
    assert (found.code, found.severity) == ("links_unchecked", "note")
    assert list(links.opened(make_record(links=None), {})) == []


def test_what_is_most_serious_stands_in_front() -> None:
    found = [Finding(severity, severity, "", "") for severity in reversed(SEVERITIES)]
    assert [one.severity for one in by_severity(found)] == list(SEVERITIES)
