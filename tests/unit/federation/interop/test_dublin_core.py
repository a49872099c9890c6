"""A record told in Dublin Core, plain and qualified; whatever a record holds, the document stays well-formed XML."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from federation.interop import dublin_core
from federation.interop.oai_pmh import formats, markup
from federation.interop.oai_pmh.selecting import Item
from shared.jws import to_base64url
from shared.vocabularies import vocabulary
from tests.support.harvesting import DC, TERMS, schema
from tests.support.records import make_file, make_record

ORIGIN = "https://cloud.example.org"
ARK = "ark:99999/b1qtjhkdg8g"
PUBLISHER = {"zh": "计量院", "en": "Institute"}
AT = datetime(2026, 5, 20, 8, 30, 0, 999_999, tzinfo=UTC)
TODAY = date(2026, 5, 20)
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
FULL = make_record(
    title={"zh": "秦权", "en": "A weight of Qin", "zh-Hant": "秦權"},
    description={"zh": "一件铁权。"},
    type="artefact",
    themes=["history", "traditional-culture"],
    disciplines=["mechanics"],
    audiences=["primary"],
    keywords=["秦", "度量衡"],
    language=["zh", "en"],
    creators=[{"name": "李四", "affiliation": "博物馆"}],
    contributors=[{"name": "王五"}],
    created="2021-03",
    coverage={
        "period": {"name": {"zh": "秦; 始皇"}, "from": -220, "until": -206},
        "place": {"name": {"zh": "咸阳", "en": "Xianyang"}, "latitude": 34.3, "longitude": 108.7},
    },
    rights_holder="计量博物馆",
    evidence=[{"source": "拓片", "method": "比对", "verified_by": "赵六"}],
    files=[make_file(name="秦权 1.jpg", media_type="image/jpeg", size=1000), make_file(name="说明.pdf", size=0)],
    identifiers=[
        {"scheme": "doi", "value": "10.1000/182"},
        {"scheme": "isbn", "value": "9787506600000"},
        {"scheme": "cstr", "value": "CSTR:16389.09.A08V-0001"},
        {"scheme": "uri", "value": "https://example.org/1"},
        {"scheme": "local", "value": "藏 17"},
    ],
)


def written(record: dict[str, Any] | str, prefix: str, *, today: date = TODAY) -> Any:
    """The element of the metadata; a string stands for a payload as it is."""
    payload = record if isinstance(record, str) else json.dumps(record, ensure_ascii=False)
    jws = f"x.{to_base64url(payload.encode('utf-8', 'surrogatepass'))}.x"
    item = Item(ARK, AT, ["theme:history"], jws, PUBLISHER, AT)
    form = formats.formats(f"{ORIGIN}/oai")[prefix]
    root = etree.fromstring(formats.written(item, form, origin=ORIGIN, today=today))
    schema().assertValid(root)
    return root


def said(root: Any, name: str, namespace: str = TERMS) -> list[str]:
    return [one.text for one in root.iter(namespace + name)]


def test_the_simple_form_has_the_fifteen_elements_with_an_address_first_and_rights_as_one():
    root = written(FULL, "oai_dc")
    assert said(root, "identifier", DC) == [
        f"{ORIGIN}/resources/{ARK}",
        ARK,
        "https://doi.org/10.1000/182",
        "urn:isbn:9787506600000",
        "CSTR:16389.09.A08V-0001",
        "https://example.org/1",
        "藏 17",
    ]
    assert said(root, "title", DC) == ["秦权", "秦權", "A weight of Qin"]
    assert said(root, "rights", DC) == ["https://creativecommons.org/licenses/by/4.0/"]
    assert said(root, "coverage", DC) == ["咸阳", "Xianyang", "秦; 始皇"]
    assert said(root, "date", DC) == ["2021-03"]
    assert said(root, "type", DC) == ["PhysicalObject", "实物", "Artefact"]
    assert said(root, "format", DC) == ["image/jpeg", "application/pdf"]
    assert said(root, "creator", DC) == ["李四"]


def test_titles_and_labels_say_their_language():
    root = written(FULL, "oai_dcterms")
    told = {(one.get(LANG), one.text) for one in root}
    assert {("zh", "秦权"), ("en", "A weight of Qin"), ("zh-Hant", "秦權")} <= told
    assert {("zh", "计量史"), ("en", "History of metrology"), ("zh", "力学")} <= told


def test_the_fuller_form_says_how_values_are_encoded():
    root = written(FULL, "oai_dcterms")
    encoded = {(one.get(XSI_TYPE).removeprefix("dcterms:"), one.text) for one in root if one.get(XSI_TYPE)}
    assert {
        ("URI", f"{ORIGIN}/resources/{ARK}"),
        ("URI", f"{ORIGIN}/resources/{ARK}/files/%E7%A7%A6%E6%9D%83%201.jpg"),
        ("URI", "https://creativecommons.org/licenses/by/4.0/"),
        ("IMT", "image/jpeg"),
        ("DCMIType", "PhysicalObject"),
        ("W3CDTF", "2021-03"),
        ("W3CDTF", "2026-05-20T08:30:00Z"),
        ("RFC4646", "en"),
        ("Point", "east=108.7; north=34.3; name=咸阳"),
        ("Period", "name=秦； 始皇; start=-220; end=-206"),
    } <= encoded
    assert said(root, "extent") == ["2 个文件，1000 字节", "2 files, 1000 bytes"]
    assert said(root, "rightsHolder") == ["计量博物馆"]
    assert said(root, "audience") == ["小学生", "Primary school"]


@pytest.mark.parametrize(
    ("today", "files"), [(date(2026, 5, 31), []), (date(2026, 6, 1), [f"{ORIGIN}/resources/{ARK}/files/a.pdf"])]
)
def test_files_are_linked_when_an_embargo_has_ended(today, files):
    record = make_record(files=[make_file(name="a.pdf")], links=None, embargo_until="2026-06-01")
    root = written(record, "oai_dcterms", today=today)
    assert said(root, "hasPart") == files
    assert said(root, "available") == ["2026-06-01"]


@pytest.mark.parametrize("created", ["1984~", "-0220", "0044?", "1984-06"])
def test_a_date_for_people_is_not_said_to_be_one_for_machines(created):
    [date_] = written(make_record(created=created), "oai_dcterms").iter(TERMS + "created")
    assert date_.text == created
    assert (date_.get(XSI_TYPE) is not None) == (created == "1984-06")


def test_every_type_has_a_word_of_dcmi_and_every_licence_an_address():
    assert {term.code for term in vocabulary("types")} == set(dublin_core.TYPES)
    for term in vocabulary("licenses"):
        [rights] = said(written(make_record(license=term.code), "oai_dc"), "rights", DC)
        assert rights.startswith(("https://", "http://"))


def test_a_term_that_a_vocabulary_no_longer_has_is_told_by_its_code():
    root = written(make_record(themes=["gone"], type="gone", license="LicenseRef-gone"), "oai_dcterms")
    assert said(root, "subject") == ["gone", "gone"]
    assert said(root, "license") == ["LicenseRef-gone"]


@pytest.mark.parametrize("prefix", ["oai_dc", "oai_dcterms"])
@pytest.mark.parametrize(
    "payload", ["", "no JSON", "[]", "{}", '{"title": 7, "summary": {}}', '{"title": {"zh": [1]}}']
)
def test_a_record_that_cannot_be_told_keeps_its_names(prefix, payload):
    root = written(payload, prefix)
    namespace = DC if prefix == "oai_dc" else TERMS
    assert said(root, "identifier", namespace) == [f"{ORIGIN}/resources/{ARK}", ARK]


HOSTILE = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30) | st.sampled_from(
    ["<script>", "]]>", "&amp;", "\x00", "\x0b", "\ufffe", "\ud800", "\U0010ffff", '" xmlns="x', "<!--", "\r\n", "  "]
)


@given(text=HOSTILE, prefix=st.sampled_from(["oai_dc", "oai_dcterms"]))
def test_hostile_texts_are_texts_and_nothing_more(text, prefix):
    record = {**FULL, "title": {"zh": text}, "keywords": [text], "creators": [{"name": text}], "rights_holder": text}
    record = {**record, "links": [{"url": text}], "license": text, "identifiers": [{"scheme": "doi", "value": text}]}
    root = written(record, prefix)
    assert len(list(root.iter("*"))) == len(root) + 1
    [title] = said(root, "title", DC if prefix == "oai_dc" else TERMS)
    assert title == markup.clean(text)
