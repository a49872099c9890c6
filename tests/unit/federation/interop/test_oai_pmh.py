"""OAI-PMH 2.0: what the official validator asks, every error, sets, dates, deletions, tokens; checked by schema."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import cryptography.fernet
import pytest
from lxml import etree
from sqlalchemy import select, update

from federation import publication
from federation.database import unit_of_work
from federation.feed_sets import Stretch
from federation.interop.oai_pmh import names, records, tokens
from federation.models.events import FeedEntry, FeedSet
from federation.models.resources import ResourceVersion
from tests.support.harvesting import TERMS, Harvester
from tests.support.hub import ORIGIN, Hub, running_hub
from tests.support.publishing import counted_queries, publish, publish_all, withdraw
from tests.support.records import make_record
from tests.support.stores import RunningStore

YEAR = timedelta(days=365)
OLD = [datetime(2020, 2, day, 5, 30, 0, 500_000, tzinfo=UTC) for day in range(1, 8)]


@dataclass
class Library:
    """A hub with two institutions, seven records on seven days, the sixth of which was withdrawn on the seventh."""

    hub: Hub
    arks: list[str]

    @property
    def oai(self) -> Harvester:
        return Harvester(self.hub)

    @property
    def names(self) -> list[str]:
        return [names.identifier(ORIGIN, ark) for ark in self.arks]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Library]:
    with running_hub(tmp_path_factory.mktemp("library"), store) as hub:
        first, second = hub.member("institute-a"), hub.member("institute-b")
        made = [make_record(title={"zh": f"第{number}件"}) for number in range(6)]
        made[1]["themes"] = ["history", "knowledge"]
        made[2]["type"] = "video"
        arks = publish_all(hub, first, [(record, {}) for record in made[:3]], indexed=False)
        arks += publish_all(hub, second, [(record, {}) for record in made[3:]], indexed=False)
        withdraw(hub, made[5], "重复")
        with unit_of_work(hub.app) as session:
            for seq, at in enumerate(OLD, start=1):
                session.execute(update(FeedEntry).where(FeedEntry.seq == seq).values(at=at))
        yield Library(hub, arks)


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of three records."""
    monkeypatch.setattr(records, "PART", 3)


# -- what the official validator asks ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("", ["badVerb"]),
        ("junk", ["badVerb"]),
        ("verb=junk", ["badVerb"]),
        ("verb=identify", ["badVerb"]),
        ("verb=Identify&verb=Identify", ["badVerb"]),
        ("verb=Identify&junk=1", ["badArgument"]),
        ("verb=Identify&metadataPrefix=oai_dc", ["badArgument"]),
        ("verb=GetRecord", ["badArgument", "badArgument"]),
        ("verb=GetRecord&metadataPrefix=oai_dc", ["badArgument"]),
        ("verb=GetRecord&identifier=oai:hub.test:99999/x", ["badArgument"]),
        ("verb=GetRecord&identifier=invalid%22id&metadataPrefix=oai_dc", ["badArgument"]),
        ("verb=GetRecord&identifier=oai:hub.test:99999/x&metadataPrefix=oai_dc", ["idDoesNotExist"]),
        ("verb=GetRecord&identifier=oai:hub.test:99999/x&metadataPrefix=marc", ["cannotDisseminateFormat"]),
        ("verb=GetRecord&identifier=&metadataPrefix=", ["badArgument", "badArgument"]),
        ("verb=ListMetadataFormats&identifier=oai:hub.test:99999/x", ["idDoesNotExist"]),
        ("verb=ListMetadataFormats&identifier=%E8%AE%A1%E9%87%8F", ["badArgument"]),
        ("verb=ListRecords", ["badArgument"]),
        ("verb=ListIdentifiers", ["badArgument"]),
        ("verb=ListRecords&metadataPrefix=marc", ["cannotDisseminateFormat"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", ["badArgument"]),
        ("verb=ListRecords&from=junk", ["badArgument", "badArgument"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=junk", ["badArgument"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&until=junk", ["badArgument"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=junk&until=2020", ["badArgument", "badArgument"]),
        ("verb=ListRecords&metadataPrefix=marc&from=junk", ["badArgument", "cannotDisseminateFormat"]),
        ("verb=ListIdentifiers&metadataPrefix=oai_dc&from=2020-02-30", ["badArgument"]),
        ("verb=ListIdentifiers&metadataPrefix=oai_dc&from=0000-01-01", ["badArgument"]),
        ("verb=ListIdentifiers&metadataPrefix=oai_dc&from=2020-02-01T05:30Z", ["badArgument"]),
        ("verb=ListIdentifiers&metadataPrefix=oai_dc&from=2020-02-01T05:30:00", ["badArgument"]),
        ("verb=ListIdentifiers&metadataPrefix=oai_dc&from=2020-02-01T05:30:00.5Z", ["badArgument"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2002-02-05&until=2002-02-06T05:35:00Z", ["badArgument"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020-02-05&until=2020-02-04", ["badArgument"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&until=2019-02-01T05:30:00Z", ["noRecordsMatch"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=9999-12-31&until=9999-12-31", ["noRecordsMatch"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=theme:law", ["noRecordsMatch"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=none", ["noRecordsMatch"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=theme:", ["badArgument"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=", ["badArgument"]),
        ("verb=ListRecords&resumptionToken=junk", ["badResumptionToken"]),
        ("verb=ListIdentifiers&resumptionToken=junk", ["badResumptionToken"]),
        ("verb=ListIdentifiers&resumptionToken=", ["badResumptionToken"]),
        ("verb=ListIdentifiers&resumptionToken=%EF%BF%BF%20%3C", ["badResumptionToken"]),
        (f"verb=ListIdentifiers&resumptionToken={'A' * 9000}", ["badResumptionToken"]),
        ("verb=ListSets&resumptionToken=junk", ["badResumptionToken"]),
        ("verb=ListRecords&resumptionToken=junk&until=2020-01-01", ["badArgument"]),
        ("verb=ListRecords&resumptionToken=junk&metadataPrefix=oai_dc", ["badArgument"]),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=%00", ["badArgument"]),
        ("verb=%01&junk=%EF%BF%BF", ["badVerb"]),
        ("verb=Identify&%01%EF%BF%BF=x", ["badArgument"]),
    ],
)
def test_what_is_wrong_with_a_request_is_said_in_the_protocols_own_words(library, query, codes):
    answer = library.oai.raw(query)
    assert answer.codes == codes
    [repeated] = answer.root.iter("{http://www.openarchives.org/OAI/2.0/}request")
    assert repeated.text == f"{ORIGIN}/oai"
    if {"badVerb", "badArgument"} & set(codes):
        assert dict(repeated.attrib) == {}


def test_the_hub_says_who_it_is(library):
    answer = library.oai.ask("Identify")
    assert answer.text("baseURL") == f"{ORIGIN}/oai"
    assert answer.text("repositoryName") == "计量资源云 Metrology Commons"
    assert (answer.text("protocolVersion"), answer.text("deletedRecord")) == ("2.0", "persistent")
    assert answer.text("granularity") == "YYYY-MM-DDThh:mm:ssZ"
    assert answer.text("adminEmail") == "webmaster@hub.test"
    assert re.fullmatch(r"\w[\w\-.]+@[\w\-]+(\.[\w\-]+)+", answer.text("adminEmail"))
    assert len(list(answer.root.iter("{http://www.openarchives.org/OAI/2.0/oai-identifier}oai-identifier"))) == 1


def test_the_earliest_date_is_that_of_the_first_entry_also_when_its_record_was_deleted(hub, member):
    oai = Harvester(hub)
    before = oai.ask("Identify").text("earliestDatestamp")
    gone, kept = make_record(), make_record()
    publish(hub, member, gone, indexed=False)
    withdraw(hub, gone, "不要了")
    publish(hub, member, kept, indexed=False)
    with unit_of_work(hub.app) as session:
        session.execute(update(FeedEntry).where(FeedEntry.seq == 1).values(at=OLD[0]))
    assert oai.ask("Identify").text("earliestDatestamp") == "2020-02-01T05:30:00Z"
    assert before <= oai.ask("Identify").date


def test_the_address_for_questions_is_the_one_that_is_set(tmp_path, store):
    with running_hub(tmp_path, store, admin_email="cloud@example.org") as hub:
        assert Harvester(hub).ask("Identify").text("adminEmail") == "cloud@example.org"


def test_a_posted_form_is_answered_like_an_address_and_needs_no_token_of_a_session(library):
    for query in (
        "verb=Identify",
        urlencode({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": library.names[0]}),
        "verb=ListRecords&metadataPrefix=oai_dc",
        "verb=junk",
        "",
    ):
        asked, posted = library.oai.raw(query), library.oai.raw(form=query)
        assert asked.codes == posted.codes
        assert [one.identifier for one in asked.records] == [one.identifier for one in posted.records]


def test_the_same_argument_in_address_and_form_is_given_twice(library):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = library.hub.open("POST", "/oai?verb=Identify", b"verb=Identify", headers)
    assert b"badVerb" in answer.data


def test_a_form_in_another_coding_has_no_verb(library):
    answer = library.hub.open("POST", "/oai", b'{"verb": "Identify"}', {"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert b"badVerb" in answer.data


def test_the_formats_are_told_with_their_schemas_and_the_hub_has_its_own(library):
    every = library.oai.ask("ListMetadataFormats")
    assert every.texts("metadataPrefix") == ["oai_dc", "oai_dcterms"]
    for name in library.names:
        assert library.oai.ask("ListMetadataFormats", identifier=name).texts("metadataPrefix") == every.texts(
            "metadataPrefix"
        )
    address = every.texts("schema")[1]
    assert address == f"{ORIGIN}/oai/oai_dcterms.xsd"
    served = library.hub.open("GET", address.removeprefix(ORIGIN))
    assert served.headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert b'targetNamespace="urn:x-metrology-commons:oai_dcterms:1"' in served.data


def test_english_pages_have_the_same_repository(library):
    answer = library.hub.open("GET", "/en/oai?verb=Identify")
    assert f"<baseURL>{ORIGIN}/oai</baseURL>".encode() in answer.data


# -- records -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["oai_dc", "oai_dcterms"])
def test_a_record_is_the_same_alone_and_in_a_list(library, prefix):
    for listed in library.oai.harvest(prefix=prefix):
        [alone] = library.oai.ask("GetRecord", prefix, identifier=listed.identifier).records
        assert (alone.identifier, alone.datestamp, alone.sets, alone.deleted) == (
            *(listed.identifier, listed.datestamp),
            *(listed.sets, listed.deleted),
        )
        assert (alone.metadata is None) == (listed.metadata is None) == listed.deleted


def test_identifiers_are_those_of_the_records_and_in_their_order(library):
    listed = library.oai.harvest("ListIdentifiers")
    assert [one.identifier for one in listed] == library.names
    assert [one.datestamp for one in listed] == [one.datestamp for one in library.oai.harvest()]
    assert all(one.metadata is None for one in listed)


@pytest.mark.parametrize(
    "name",
    [
        "oai:hub.test:ark:99999/{0}",
        "oai:hub.test:ark:/99999/{0}",
        "oai:other.test:99999/{0}",
        "OAI:hub.test:99999/{0}",
        "oai:hub.test:99999/{0}/",
        "oai:hub.test:99999-/{0}",
        "http://hub.test/resources/ark:99999/{0}",
        "oai:hub.test:99999/{0}%00",
    ],
)
def test_a_record_has_one_identifier_and_no_other_spelling_of_it(library, name):
    asked = name.format(library.arks[0].rpartition("/")[2])
    answer = library.oai.raw(f"verb=GetRecord&metadataPrefix=oai_dc&identifier={quote(asked)}")
    assert answer.codes == ["idDoesNotExist"]


def test_what_a_record_holds_can_be_cut_out_of_the_answer(library):
    for prefix in ("oai_dc", "oai_dcterms"):
        body = library.oai.ask("GetRecord", prefix, identifier=library.names[0]).body
        cut = body.partition(b"<metadata>")[2].partition(b"</metadata>")[0]
        assert len(etree.fromstring(cut)) > 5


def test_what_waits_for_review_is_in_no_list(hub, member):
    member.publish(make_record())
    assert Harvester(hub).ask("ListRecords").codes == ["noRecordsMatch"]


@pytest.mark.parametrize("prefix", ["oai_dc", "oai_dcterms"])
def test_a_withdrawn_record_is_deleted_for_ever_with_its_sets_and_without_content(library, prefix):
    [alone] = library.oai.ask("GetRecord", prefix, identifier=library.names[5]).records
    listed = library.oai.harvest(prefix=prefix)[5]
    for got in (alone, listed):
        assert got.deleted
        assert got.metadata is None
        assert got.datestamp == "2020-02-07T05:30:00Z"
        assert got.sets == ["institution:institute-b", "theme:knowledge", "type:article"]
    assert "第5件".encode() not in library.oai.ask("ListRecords", prefix).body


def test_what_is_taken_down_is_deleted_until_it_is_public_again(hub, member):
    record = make_record()
    publish(hub, member, record, indexed=False)
    oai, found = Harvester(hub), []
    found += oai.harvest()
    with unit_of_work(hub.app) as session:
        publication.remove(session, [version_of(session, record)], to="taken_down", actor="test", reason="查证")
    found += oai.harvest()
    with unit_of_work(hub.app) as session:
        publication.put_back(session, [version_of(session, record)], actor="test", reason="属实")
    found += oai.harvest()
    assert [one.deleted for one in found] == [False, True, False]
    assert len({one.identifier for one in found}) == 1


def version_of(session, record):
    return session.scalars(select(ResourceVersion).where(ResourceVersion.resource_id == record["id"])).one()


def test_a_new_version_takes_the_place_of_the_old_and_has_its_own_sets(hub, member):
    record = make_record()
    publish(hub, member, record, indexed=False)
    publish(hub, member, {**record, "version": 2, "themes": ["law"], "title": {"zh": "新"}}, indexed=False)
    [found] = Harvester(hub).harvest()
    assert found.texts("title") == ["新"]
    assert found.sets == ["institution:institute-a", "theme:law", "type:article"]
    assert Harvester(hub).ask("ListRecords", set="theme:knowledge").codes == ["noRecordsMatch"]


# -- sets --------------------------------------------------------------------------------------------------


def test_all_sets_are_told_in_both_languages_and_came_whole(library):
    answer = library.oai.ask("ListSets")
    named = dict(zip(answer.texts("setSpec"), answer.texts("setName"), strict=True))
    assert named["institution:institute-a"] == "institute-a院 / institute-a"
    assert named["theme:history"] == "计量史 / History of metrology"
    assert named["type:video"] == "视频 / Video"
    assert {"institution", "theme", "type"} <= set(named)
    assert answer.token is None


def test_every_set_of_a_record_is_one_that_is_told(library):
    told = set(library.oai.ask("ListSets").texts("setSpec"))
    assert {one for record in library.oai.harvest() for one in record.sets} <= told


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("institution:institute-a", [0, 1, 2]),
        ("institution:institute-b", [3, 4, 5]),
        ("theme:history", [1]),
        ("theme:knowledge", [0, 1, 2, 3, 4, 5]),
        ("type:video", [2]),
        ("type:article", [0, 1, 3, 4, 5]),
        ("institution", [0, 1, 2, 3, 4, 5]),
        ("theme", [0, 1, 2, 3, 4, 5]),
        ("type", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_a_set_has_its_records_and_those_of_the_sets_in_it(library, asked, expected):
    found = library.oai.harvest(set=asked)
    assert [library.names.index(one.identifier) for one in found] == expected
    assert all(asked in one.sets or any(spec.startswith(f"{asked}:") for spec in one.sets) for one in found)


def test_a_code_that_cannot_name_a_set_is_not_told_and_harms_nothing(hub, member):
    publish(hub, member, make_record(), indexed=False)
    with unit_of_work(hub.app) as session:
        session.execute(update(FeedSet).where(FeedSet.set_spec == "theme:knowledge").values(set_spec="theme:科 普"))
    [found] = Harvester(hub).harvest()
    assert found.sets == ["institution:institute-a", "type:article"]


# -- dates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"from_": "2020-02-01"}, [0, 1, 2, 3, 4, 5]),
        ({"from_": "2020-02-03"}, [2, 3, 4, 5]),
        ({"from_": "2020-02-03", "until": "2020-02-03"}, [2]),
        ({"from_": "2020-02-03T05:30:00Z", "until": "2020-02-03T05:30:00Z"}, [2]),
        ({"from_": "2020-02-03T05:30:01Z", "until": "2020-02-04T05:29:59Z"}, []),
        ({"until": "2020-02-02T05:30:00Z"}, [0, 1]),
        ({"until": "2020-02-02T05:29:59Z"}, [0]),
        ({"until": "2020-02-06"}, [0, 1, 2, 3, 4]),
        ({"from_": "2020-02-07"}, [5]),
        ({"from_": "0001-01-01", "until": "9999-12-31"}, [0, 1, 2, 3, 4, 5]),
        ({"from_": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}, [0, 1, 2, 3, 4, 5]),
        ({"from_": "2020-02-02", "until": "2020-02-05", "set": "institution:institute-a"}, [1, 2]),
        ({"from_": "2020-02-08"}, []),
    ],
)
def test_both_ends_belong_to_what_is_asked_for(library, dates, expected):
    found = library.oai.harvest("ListIdentifiers", **dates)
    assert [library.names.index(one.identifier) for one in found] == expected


def test_a_year_before_the_earliest_date_there_is_nothing(library):
    earliest = datetime.fromisoformat(library.oai.ask("Identify").text("earliestDatestamp"))
    asked = (earliest - YEAR).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert library.oai.ask("ListRecords", until=asked).codes == ["noRecordsMatch"]


# -- resumption tokens -------------------------------------------------------------------------------------


def test_a_list_that_came_whole_has_no_token(library):
    assert library.oai.ask("ListRecords").token is None


def test_a_longer_list_comes_in_parts_each_of_which_says_where_it_is(library, three):
    first, second = library.oai.parts()
    assert first.token
    assert second.token == ""
    assert [one.counts["cursor"] for one in (first, second)] == ["0", "3"]
    assert [one.counts["completeListSize"] for one in (first, second)] == ["6", "6"]
    lasts = datetime.fromisoformat(first.counts["expirationDate"]) - datetime.fromisoformat(first.date)
    assert lasts >= timedelta(hours=24)
    assert "expirationDate" not in second.counts
    assert [one.identifier for part in (first, second) for one in part.records] == library.names


def test_a_list_of_just_one_part_has_no_token(library, monkeypatch):
    monkeypatch.setattr(records, "PART", 6)
    assert library.oai.ask("ListRecords").token is None


def test_a_token_keeps_set_dates_and_format(library, monkeypatch):
    monkeypatch.setattr(records, "PART", 1)
    asked = {"set": "type:article", "from_": "2020-02-01", "until": "2020-02-04"}
    found = library.oai.harvest(prefix="oai_dcterms", **asked)
    assert [library.names.index(one.identifier) for one in found] == [0, 1, 3]
    assert all(one.texts("title", TERMS) for one in found)


def test_the_same_token_gives_the_same_part_again_and_again(library, three):
    token = library.oai.ask("ListRecords").token
    parts = [library.oai.ask("ListRecords", resumptionToken=token) for _ in range(3)]
    found = [[one.identifier for one in part.records] for part in parts]
    assert found == [library.names[3:]] * 3


def test_a_token_is_good_for_the_verb_that_gave_it_only(library, three):
    token = library.oai.ask("ListRecords").token
    assert library.oai.ask("ListIdentifiers", resumptionToken=token).codes == ["badResumptionToken"]
    assert library.oai.ask("ListSets", resumptionToken=token).codes == ["badResumptionToken"]


def test_an_altered_token_is_refused(library, three):
    token = library.oai.ask("ListRecords").token
    for altered in (token[:-1], token + "A", token[:40] + "AAAA" + token[44:], token.swapcase(), "gAAAAA==", "计量"):
        assert library.oai.ask("ListRecords", resumptionToken=altered).codes == ["badResumptionToken"]


def test_a_token_of_another_hub_is_refused(library, three, hub, member):
    publish_all(hub, member, [(make_record(), {}) for _ in range(4)], indexed=False)
    token = Harvester(hub).ask("ListRecords").token
    assert library.oai.ask("ListRecords", resumptionToken=token).codes == ["badResumptionToken"]


def test_a_token_from_before_a_backup_was_restored_is_refused(library, three):
    key = library.hub.settings.secret_key
    place = tokens.Place("ListRecords", "oai_dc", Stretch("", 4, 20, snapshot=20), cursor=3, size=20)
    answer = library.oai.ask("ListRecords", resumptionToken=tokens.seal(place, secret_key=key))
    assert answer.codes == ["badResumptionToken"]


@pytest.mark.parametrize(("hours", "codes"), [(25, []), (47, []), (49, ["badResumptionToken"])])
def test_a_token_lasts_more_than_a_day(library, three, monkeypatch, hours, codes):
    token = library.oai.ask("ListRecords").token
    later = time.time() + hours * 3600
    monkeypatch.setattr(cryptography.fernet.time, "time", lambda: later)
    assert library.oai.ask("ListRecords", resumptionToken=token).codes == codes


# -- what it costs -----------------------------------------------------------------------------------------


def test_every_part_asks_the_database_as_often_as_any_other(library, monkeypatch):
    counts = {}
    for size in (1, 2):
        monkeypatch.setattr(records, "PART", size)
        for asked in ("", "type:article"):
            token = library.oai.ask("ListRecords", **({"set": asked} if asked else {})).token
            while token:
                with counted_queries(library.hub) as seen:
                    token = library.oai.ask("ListRecords", resumptionToken=token).token
                counts[size, asked, token] = len(seen)
    assert set(counts.values()) == {4}


def test_a_first_part_costs_the_look_at_the_feed_and_the_count_more(library, three):
    with counted_queries(library.hub) as seen:
        library.oai.ask("ListRecords", from_="2020-02-01", until="2020-02-07")
    assert len(seen) in (8, 9)  # PostgreSQL is asked for the time too
