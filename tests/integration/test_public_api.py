"""The open interface: what programs get, and what they are told when they ask badly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from federation.api import schemas
from federation.web.portal import finding
from shared import messages
from shared.signing import load_public_jwk, verify
from tests.support.exhibition import Exhibition, exhibition
from tests.support.hub import ORIGIN
from tests.support.publishing import counted_queries
from tests.support.stores import RunningStore

BAD = {
    "page=-1": "/page",
    "page=0": "/page",
    "page=999999999999999999999": "/page",
    "page=١": "/page",
    "type=nonsense": "/type/0",
    "type=article&type=%00": "/type",
    "license=MIT&license=no": "/license/1",
    "sort=; DROP TABLE": "/sort",
    "unknown=1": "/unknown",
    "q=" + "长" * 10_000: "/q",
    "q=%00": "/q",
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Exhibition]:
    with exhibition(tmp_path_factory.mktemp("api"), store) as found:
        yield found


@pytest.fixture(scope="module")
def description(shown: Exhibition) -> dict[str, Any]:
    found: dict[str, Any] = shown.get("/api/v1/openapi.json").get_json()
    return found


def test_search_gives_what_its_schema_says(shown: Exhibition) -> None:
    answer = shown.get("/api/v1/search?q=卡尺&audience=secondary").get_json()
    assert schemas.SearchReply().validate(answer) == {}
    assert [one["ark"] for one in answer["results"]] == [shown.arks["caliper"]]
    [chosen] = [one for one in answer["facets"]["audience"] if one["chosen"]]
    assert (chosen["code"], chosen["label"]["en"]) == ("secondary", "Secondary school")
    assert shown.get(answer["results"][0]["url"].removeprefix(ORIGIN)).status_code == 200


def test_pages_of_a_search_follow_each_other_to_the_end(shown: Exhibition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "PAGE_SIZE", 2)
    path: str | None = "/api/v1/search"
    found = []
    while path:
        answer = shown.get(path).get_json()
        found += [one["ark"] for one in answer["results"]]
        path = answer["next"].removeprefix(ORIGIN) if answer["next"] else None
    assert len(found) == len(set(found)) == answer["total"] == 5
    assert answer["page"] == answer["pages"] == 3


@pytest.mark.parametrize("query", BAD)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_bad_parameter_is_named_in_the_callers_language(shown: Exhibition, query: str, language: str) -> None:
    answer = shown.get(f"/api/v1/search?{query}", Accept_Language=language)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    problem = answer.get_json()
    assert problem["type"] == "urn:metrology-commons:problem:invalid_request"
    [fault] = problem["errors"]
    assert fault["pointer"] == BAD[query]
    assert bool(re.search(r"[\u4e00-\u9fff]", fault["detail"])) is (language == "zh")


@pytest.mark.parametrize(
    "query", ["q=%ff%fe", "q=%ED%A0%80", "q=%22%22", "q=%E2%80%AE", "q=%E2%80%8B", "%ff=1", "q=a&q=b", "page=500"]
)
def test_no_query_breaks_the_search(shown: Exhibition, query: str) -> None:
    assert shown.get(f"/api/v1/search?{query}").status_code in (200, 422)


def test_a_search_asks_the_database_once(shown: Exhibition) -> None:
    with counted_queries(shown.hub) as seen:
        shown.get("/api/v1/search?q=卡尺")
    assert len(seen) <= 2


@pytest.mark.parametrize("name", ["caliper", "course", "hostile"])
def test_a_resource_gives_what_its_schema_says(shown: Exhibition, name: str) -> None:
    answer = shown.get(f"/api/v1/resources/{shown.arks[name]}").get_json()
    assert schemas.ResourceReply().validate(answer) == {}
    assert answer["record"] == shown.records[name]


def test_anybody_can_check_who_signed_a_resource(shown: Exhibition) -> None:
    answer = shown.get(f"/api/v1/resources/{shown.arks['caliper']}").get_json()
    signature = answer["signature"]
    signed = verify(signature["jws"], find_key=lambda _: load_public_jwk(signature["key"]))
    assert signed.record == answer["record"]
    assert signed.sha256 == answer["versions"][0]["sha256"]


def test_files_lead_to_their_download(shown: Exhibition) -> None:
    [file] = shown.get(f"/api/v1/resources/{shown.arks['caliper']}").get_json()["files"]
    assert shown.get(file["download"].removeprefix(ORIGIN)).status_code == 302


def test_a_withdrawn_resource_keeps_its_metadata(shown: Exhibition) -> None:
    answer = shown.get(f"/api/v1/resources/{shown.arks['gone']}")
    assert (answer.status_code, answer.content_type) == (410, "application/problem+json")
    problem = answer.get_json()
    assert problem["resource"]["title"] == shown.records["gone"]["title"]
    assert "已被取代" in problem["detail"]


@pytest.mark.parametrize("path", ["resources/ark:99999/b1nothing0", "resources/x", "resources/%ff%00", "nothing"])
def test_what_is_not_there_is_a_problem(shown: Exhibition, path: str) -> None:
    answer = shown.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_institutions_and_vocabularies_give_what_their_schemas_say(shown: Exhibition) -> None:
    institutions = shown.get("/api/v1/institutions").get_json()
    assert schemas.InstitutionsReply().validate(institutions) == {}
    assert [(one["code"], one["resources"]) for one in institutions["institutions"]] == [("institute-a", 5)]
    vocabularies = shown.get("/api/v1/vocabularies").get_json()
    assert schemas.VocabulariesReply().validate(vocabularies) == {}
    assert {"types", "licenses"} <= {one["name"] for one in vocabularies["vocabularies"]}


def test_pages_of_other_sites_may_ask(shown: Exhibition) -> None:
    assert shown.get("/api/v1/search").headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in shown.get(f"{messages.PREFIX}/").headers


def test_the_description_names_every_address_of_the_interfaces(
    shown: Exhibition, description: dict[str, Any]
) -> None:
    assert description["openapi"] == "3.1.0"
    served = {
        re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for rule in shown.hub.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
    }
    assert served == set(description["paths"])


def test_the_description_names_every_error_and_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    search = description["paths"]["/api/v1/search"]["get"]
    assert {one["name"] for one in search["parameters"]} >= {"q", "type", "theme", "institution", "page", "sort"}
    assert "application/problem+json" in search["responses"]["422"]["content"]
    publish = description["paths"][f"{messages.PREFIX}/records"]["post"]
    assert {"200", "400", "401", "403", "413", "415", "422", "503"} <= set(publish["responses"])
    assert publish["security"] == [{"httpMessageSignature": []}]
    for reference in re.findall(r"'\$ref': '([^']+)'", str(description)):
        found: Any = description
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_the_description_says_the_limits_that_are_checked(description: dict[str, Any]) -> None:
    record = description["components"]["schemas"]["Record"]["properties"]
    assert record["files"]["maxItems"] == 200
    assert "article" in record["type"]["enum"]
    assert record["title"]["additionalProperties"]["maxLength"] == 300
