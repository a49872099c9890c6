"""XML as repositories really send it: mended as far as its meaning is not in doubt."""

from __future__ import annotations

import pytest

from nodes.harvesting.oai.envelope import read
from nodes.harvesting.oai.repair import decoded, mended

OPEN = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
TITLE = "量块比较仪的研制与度量衡的统一"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
@pytest.mark.parametrize("declared", ["UTF-8", "ISO-8859-1"])
def test_chinese_is_read_in_whatever_it_was_written(encoding, declared):
    text = f'<?xml version="1.0" encoding="{declared}"?>{OPEN}{TITLE}</OAI-PMH>'
    assert TITLE in decoded(text.encode(encoding))


def test_french_in_latin_1_is_not_taken_for_chinese():
    text = f'<?xml version="1.0" encoding="UTF-8"?>{OPEN}métrologie légale à Sèvres, poids étalonnés</OAI-PMH>'
    assert "métrologie légale à Sèvres" in decoded(text.encode("latin-1"))


def test_a_declaration_that_is_nobodys_default_is_believed():
    text = f'<?xml version="1.0" encoding="windows-1251"?>{OPEN}Метрология и поверка</OAI-PMH>'
    assert "Метрология и поверка" in decoded(text.encode("windows-1251"))


def test_the_encoding_that_the_server_tells_counts_where_the_document_is_silent():
    assert decoded(f"{OPEN}étalon</OAI-PMH>".encode("latin-1"), "iso-8859-1").count("étalon") == 1


def test_a_single_broken_character_does_not_make_utf_8_another_encoding():
    data = f"{OPEN}{TITLE * 5}".encode() + b"\xe9" + b"</OAI-PMH>"
    assert TITLE in decoded(data)


@pytest.mark.parametrize(
    ("broken", "sound"),
    [
        ("R&D", "R&amp;D"),
        ("a&b;c", "a&amp;b;c"),
        ("&eacute;&nbsp;", "é\xa0"),
        ("&lt;b&gt; &amp; &#233; &#xE9;", "&lt;b&gt; &amp; &#233; &#xE9;"),
        ("x\x00\x0b\x1fy", "xy"),
        ("x&#x0B;&#0;&#55296;y", "xy"),
        ("<![CDATA[a & b &nbsp; \x0b]]>", "<![CDATA[a & b &nbsp; ]]>"),
        ("?a=1&copy=2", "?a=1&amp;copy=2"),
    ],
)
def test_what_xml_does_not_allow_is_mended_and_all_else_left(broken, sound):
    assert mended(f"{OPEN}{broken}</OAI-PMH>") == f"{OPEN}{sound}</OAI-PMH>"


def test_notices_around_the_document_are_left_out():
    assert mended(f"<br />Warning: x{OPEN}<a/></OAI-PMH>Notice: y") == f"{OPEN}<a/></OAI-PMH>"


def test_what_holds_no_document_is_nothing():
    assert mended("<html>maintenance</html>") == ""
    assert read(b"<html/>") is None
    assert read(b"") is None


def test_entities_are_refused_and_the_records_read_without_them():
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    record = "<record><header><identifier>x</identifier><datestamp>2024</datestamp></header></record>"
    response = read(f"{bomb}{OPEN}<ListRecords>{record}&b;</ListRecords></OAI-PMH>".encode())
    assert response is not None
    assert [one.identifier for one in response.records] == ["x"]


def test_a_token_keeps_the_signs_that_it_has():
    token = "oai_dc/2022//hdl&amp;1=="
    response = read(
        f"{OPEN}<ListRecords><resumptionToken>\n {token} </resumptionToken></ListRecords></OAI-PMH>".encode()
    )
    assert response is not None
    assert response.token == "oai_dc/2022//hdl&1=="


@pytest.mark.parametrize(
    "opened", ["<record>", "<resumptionToken ", "<resumptionToken>", "<![CDATA[", "<OAI-PMH ", "<responseDate>  "]
)
def test_an_answer_that_never_closes_what_it_opens_is_read_to_its_end(opened):
    # Looked for from each beginning anew, their ends would be looked for all day.
    found = read(f"{OPEN}<responseDate>2026-01-01</responseDate><ListRecords>{opened * 60_000}".encode())
    assert found is not None
    assert (found.at, found.records, found.cut) == ("2026-01-01", [], True)


def test_records_that_are_whole_are_taken_from_around_one_that_is_not_xml():
    records = "".join(
        f"<record><header><identifier>{name}</identifier>{broken}</header></record>"
        for name, broken in (("a", ""), ("b", "<c"), ("d", ""))
    )
    found = read(f"{OPEN}<ListRecords>{records}<record><header>".encode())
    assert found is not None
    assert ([one.identifier for one in found.records], found.unreadable, found.cut) == (["a", "d"], ["b"], True)


@pytest.mark.parametrize("name", ["undefined", "idna", "no-such", "hex", "a\x00b"])
def test_a_declaration_of_an_encoding_that_is_none_is_passed_over(name):
    assert "你" in decoded(f"<?xml version='1.0' encoding='{name}'?>你".encode("gbk"), name)


def test_a_number_of_records_that_nobody_can_read_is_none():
    token = f'<resumptionToken completeListSize="{"9" * 5000}">next</resumptionToken>'
    found = read(f"{OPEN}<ListRecords>{token}</ListRecords></OAI-PMH>".encode())
    assert found is not None
    assert (found.token, found.size) == ("next", 0)
