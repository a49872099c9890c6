"""Real repositories, as they were recorded: their records harvested whole, their answers understood as they are."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from nodes.harvesting import looking
from nodes.settings import NodeSettings
from nodes.sources import OAI, Options
from nodes.workplace import Workplace, initialise
from shared import record as records
from shared.errors import SourceAway
from tests.integration.test_real_imports import DATA
from tests.support.brought import CONSTANTS, harvested, standing
from tests.support.repository import PlayedRepository, Sent, played_repository, recorded

pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not here"),
    pytest.mark.only_on("sqlite"),  # no hub is asked
]
MIT, SICKLE = DATA / "oai-pmh-mit", DATA / "oai-pmh"


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Workplace:
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")
    return initialise(NodeSettings(data=str(tmp_path / "node"), attempts=2))


@pytest.fixture
def mit() -> Iterator[PlayedRepository]:
    """Answers the requests that were recorded with what was answered then."""
    with (MIT / "index.tsv").open(encoding="utf-8") as index:
        rows = list(csv.DictReader(index, delimiter="\t"))
    answers = {
        tuple(sorted(parse_qsl(urlsplit(row["request_uri"]).query))): Sent(
            (MIT / "responses" / row["file"]).read_bytes(),
            int(row["http_status"]),
            {"Content-Type": row["content_type"]},
        )
        for row in rows
    }
    with played_repository([]) as played:
        ours = played.answer
        played.answer = lambda query: answers.get(tuple(sorted(query.items()))) or ours(query)
        yield played


@pytest.mark.parametrize(("folder", "alive", "deleted"), [(MIT, 136, 1), (SICKLE, 2, 1)], ids=["mit", "sickle"])
def test_every_recorded_record_becomes_a_good_resource_in_parts_of_any_size(workplace, folder, alive, deleted):
    found = recorded(folder)
    with played_repository(found, part=40) as repository:
        done = harvested(workplace, repository.address)
        assert (done.created, done.failed, len(found) - done.created) == (alive, 0, deleted)
        for content in standing(workplace).values():
            records.check({**content, "id": "0190f3c2-7a51-7c3e-8f0a-6f6d5b1c2d3e", "version": 1})
        assert harvested(workplace, repository.address).updated == 0


def test_a_set_is_harvested_from_the_very_answer_that_was_recorded(workplace, mit):
    done = harvested(workplace, mit.address, chosen_set="com_1721.1_140587")
    assert (done.created, done.withdrawn, done.failed, done.mended) == (58, 0, 0, 0)


def test_a_set_without_records_is_no_fault(workplace, mit):
    assert harvested(workplace, mit.address, chosen_set="com_1721.1_100263").as_dict()["created"] == 0


def test_what_a_record_says_of_its_licence_wins_over_what_the_source_was_given(workplace):
    with played_repository(recorded(MIT)) as repository:
        harvested(workplace, repository.address)
    licences = Counter(content["license"] for content in standing(workplace).values())
    assert (licences["CC-BY-4.0"], licences["CC-BY-NC-SA-4.0"], licences["CC0-1.0"]) == (96, 30, 8)


def test_a_thousand_sets_in_ten_parts_are_read_for_the_first_look(workplace, mit):
    options = Options(chosen_set="com_1721.1_140587", constants=CONSTANTS)
    seen = looking.look(workplace, kind=OAI, address=mit.address, options=options, pause=0)
    assert len(seen["sets"]) > 900
    assert [len(seen["sample"]), seen["lacking"]] == [5, []]
    assert not any(one["faults"] for one in seen["sample"])


def test_a_chain_that_repeats_its_records_under_new_tokens_comes_to_its_end(workplace):
    def answer(query):
        if query["verb"] == "Identify":
            return Sent((SICKLE / "Identify.xml").read_bytes())
        return Sent((SICKLE / query.get("resumptionToken", "ListRecords.xml")).read_bytes())

    with played_repository([]) as repository:
        repository.answer = answer
        done = harvested(workplace, repository.address)
        assert (done.created, done.unchanged) == (1, 3)
        # Of the last part's two, one has neither an identifier nor a date.
        assert [fault["identifier"] for fault in done.faults] == [""]


def test_an_empty_answer_with_status_500_is_somebody_who_is_away(workplace, mit):
    empty = Sent((MIT / "responses" / "0022.xml").read_bytes(), 500, {"Content-Type": "text/xml"})
    mit.answer = lambda query: empty
    with pytest.raises(SourceAway):
        harvested(workplace, mit.address)
