"""A node harvests a hub of ours by OAI-PMH: what it says in its own terms comes in nearly whole."""

from __future__ import annotations

import pytest

from federation.interop.oai_pmh import records as provider
from nodes.settings import NodeSettings
from nodes.sources import PAGE
from nodes.workplace import initialise
from tests.support.brought import harvested, standing
from tests.support.publishing import publish_all, withdraw
from tests.support.records import make_record
from tests.support.serving import served
from tests.support.stores import free_port

FULL = make_record(
    title={"zh": "商鞅方升", "en": "The square sheng of Shang Yang"},
    summary={"zh": "战国标准量器。", "en": "A standard measure."},
    description={"zh": "前 344 年制。"},
    themes=["traditional-culture", "knowledge"],
    disciplines=["mechanics"],
    audiences=["everyone"],
    keywords=["度量衡", "R&D <量器>"],
    creators=[{"name": "张三", "role": "author"}],
    created="-0343",
    rights_holder="某博物馆",
    coverage={
        "place": {"name": {"zh": "咸阳", "en": "Xianyang"}, "latitude": 34.33, "longitude": 108.71},
        "period": {"name": {"zh": "战国", "en": "Warring States"}, "from": -474, "until": -220},
    },
    identifiers=[{"scheme": "doi", "value": "10.1234/sheng"}],
)
SAME = ("title", "summary", "description", "type", "themes", "disciplines", "audiences", "keywords", "language")
ON_A_PAGE = ("title", "summary", "type", "themes", "disciplines", "keywords", "language", "created", "license")
ALSO_SAME = ("creators", "created", "license", "rights_holder", "coverage")


@pytest.fixture
def workplace(tmp_path):
    return initialise(NodeSettings(data=str(tmp_path / "node"), attempts=2))


def test_a_hub_is_harvested_in_its_own_terms_part_by_part_and_a_page_of_it_and_its_withdrawals_follow(
    hub, workplace, monkeypatch
):
    monkeypatch.setattr(provider, "PART", 2)
    port = free_port()
    with served(hub, port):
        simple = [make_record(title={"zh": f"第 {number} 件"}) for number in range(4)]
        arks = publish_all(hub, hub.member("institute-a"), [(record, {}) for record in (FULL, *simple)])
        address = f"http://127.0.0.1:{port}/oai"
        assert harvested(workplace, address, prefix="oai_dcterms", constants={}).as_dict()["created"] == 5
        found = {content["title"]["zh"]: content for content in standing(workplace).values()}
        came = found["商鞅方升"]
        assert {name: came.get(name) for name in SAME} == {name: FULL[name] for name in SAME}
        assert {name: came.get(name) for name in ALSO_SAME} == {name: FULL[name] for name in ALSO_SAME}
        assert came["links"][0]["url"].endswith(arks[0])
        assert {"scheme": "doi", "value": "10.1234/sheng"} in came["identifiers"]
        page = f"http://127.0.0.1:{port}/resources/{arks[0]}"
        assert harvested(workplace, page, PAGE, constants={}).as_dict()["created"] == 1
        said = next(iter(standing(workplace, page).values()))
        assert {name: said.get(name) for name in ON_A_PAGE} == {name: FULL[name] for name in ON_A_PAGE}
        withdraw(hub, simple[0], "不要了")
        again = harvested(workplace, address, prefix="oai_dcterms", constants={})
        assert (again.created, again.updated, again.withdrawn) == (0, 0, 1)
