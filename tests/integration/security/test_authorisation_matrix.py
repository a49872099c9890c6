"""Who may do what: every route of the hub × every kind of caller, with real sessions and real signed requests.

The kinds of caller that exist:

- **nodes**, by their key: enrolled ones (of institution A and of B), one whose key is suspended, and a stranger with
  a key that nobody enrolled; whose things a node may touch is in `test_object_rights`;
- **people**, by their session, each of one role of `federation.roles`: `contributor` and `manager`, both of
  institution A; `reviewer`, `chief_reviewer`, `admin`, `auditor` (reads all, changes nothing). `staff of A` is a
  reviewer who belongs to A;
- everybody else (`anonymous`), and somebody whose account was closed while signed in.

A route that has no row here fails `test_every_route_has_a_row`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from federation import people
from federation.database import unit_of_work
from federation.models.auditing import AuditLeaf
from federation.models.events import AuditEvent
from federation.transparency import checkpoints
from federation.web.assets import load
from shared.endorsement import endorse
from shared.messages import PROTOCOL
from tests.support.callers import (
    AT_THE_DOOR,
    CALLERS,
    FORBIDDEN,
    MEMBERS,
    NOT_THERE,
    OK,
    ROLES,
    UNKNOWN,
    Stage,
    account,
    became,
)
from tests.support.desk import APPROVAL, DOOR
from tests.support.hub import ORIGIN, Hub
from tests.support.reviewing import PASSWORD

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Row:
    """What becomes of each caller at one route, and how to call it."""

    expected: dict[str, str]
    path: Callable[[Stage], str] | str = ""
    form: dict[str, Any] = field(default_factory=dict)
    message: Any = None

    def at(self, stage: Stage, rule: str) -> str:
        return self.path(stage) if callable(self.path) else self.path or rule

    def body(self, stage: Stage) -> bytes:
        message = self.message(stage) if callable(self.message) else self.message
        return b"" if message is None else json.dumps(message).encode()


def anybody() -> dict[str, str]:
    return dict.fromkeys(CALLERS, OK)


def nodes_only() -> dict[str, str]:
    enrolled = {"node of A": OK, "node of B": OK, "suspended node": FORBIDDEN}
    return {**dict.fromkeys(CALLERS, UNKNOWN), **enrolled}


def newcomers(known: str) -> dict[str, str]:
    """Whoever signs with the very key that is shown goes on to what `known` says; all others are somebody else."""
    return {**dict.fromkeys(CALLERS, UNKNOWN), "stranger's key": known}


def people_only(**refused: str) -> dict[str, str]:
    return {**dict.fromkeys(CALLERS, AT_THE_DOOR), **dict.fromkeys(ROLES, OK), **refused}


def only(*allowed: str) -> dict[str, str]:
    """Some of the people, and nobody else."""
    return people_only(**dict.fromkeys(set(ROLES) - set(allowed), FORBIDDEN))


def admins_only() -> dict[str, str]:
    return only("admin")


def admins_and_auditors() -> dict[str, str]:
    return only("admin", "auditor")


def readers_of_the_desk() -> dict[str, str]:
    return only(*set(ROLES) - set(MEMBERS))


def curators_and_readers() -> dict[str, str]:
    return only("manager", *set(ROLES) - set(MEMBERS))


def judges_or_staff() -> dict[str, str]:
    """What somebody may not judge is left out of a decision on several; who judges nothing is refused."""
    return only("staff of A", "reviewer", "chief_reviewer", "admin")


def no_such_draw() -> dict[str, str]:
    """There is no such draw or petition, for whoever may look at them."""
    return no_such_thing(readers_of_the_desk())


def no_such_thing(allowed: dict[str, str]) -> dict[str, str]:
    """What is asked for is not there, for whoever may ask."""
    return {caller: NOT_THERE if became == OK else became for caller, became in allowed.items()}


def asking_to_join(stage: Stage) -> dict[str, Any]:
    stranger = stage.nodes["stranger's key"]
    return {"protocol": PROTOCOL, "token": "0" * 40, "node_name": "x", "public_key": stranger.jwk}


def changing_a_key(stage: Stage) -> dict[str, Any]:
    """Another's key cannot endorse itself: the stranger signs the endorsement with the very key that is new."""
    stranger = stage.nodes["stranger's key"]
    said = endorse(stranger.public_key, origin=ORIGIN, by=stranger.private_key)
    return {"public_key": stranger.jwk, "endorsement": said}


def asset(_: Stage) -> str:
    found = load("portal.css")
    assert found is not None
    return f"/assets/{found.digest}/portal.css"


def published_file(stage: Stage) -> str:
    return f"/workbench/versions/{stage.version_of_ark()}/files/0"


def public_proof(stage: Stage) -> str:
    with unit_of_work(stage.hub.app, read_only=True) as session:
        published = select(AuditEvent.id).where(AuditEvent.action == "version.published")
        index = session.scalar(select(AuditLeaf.number).where(AuditLeaf.event_id.in_(published)))
    return f"/audit/proofs/{index}.tlog-proof"


def false_word(stage: Stage) -> dict[str, Any]:
    """A cosignature that nobody has made, of a checkpoint that is there."""
    with unit_of_work(stage.hub.app, read_only=True) as session:
        return {"size": checkpoints.latest(session).size, "cosignature": "x"}


def node_page(stage: Stage) -> str:
    return f"{ADMIN}/nodes/{stage.members['B'].node_id}"


def together(stage: Stage) -> str:
    return f"{TOGETHER}?version={stage.version().rpartition('/')[2]}"


TOGETHER = "/workbench/together/"
COLLECTIONS = "/workbench/collections"
POLICY, RULES = "/workbench/policy", "/workbench/rules"
NUMBER = "/workbench/versions/<int(max=2147483647):version_id>"
ADMIN = "/workbench/admin"
TEAM = "/workbench/own/people"
FEDERATION = "/api/v1/federation"
DECISIONS = only("reviewer", "chief_reviewer", "admin")
LEADING = only("chief_reviewer", "admin")
CURATORS = only("manager", "chief_reviewer", "admin")
"""Nobody judges what their own institution has sent, and an auditor judges nothing."""
ANY_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
NOTHING = "0" * 64
PETITION = {"petition_id": ANY_ID, "record_id": ANY_ID, "version": 1, "kind": "appeal", "text": "x"}
DIGESTS = {"count": 0, "cursor": 0, "buckets": [NOTHING] * 256}

MATRIX: dict[tuple[str, str], Row] = {
    ("GET", "/"): Row(anybody()),
    ("GET", "/about"): Row(anybody()),
    ("GET", "/api"): Row(anybody()),
    ("GET", "/ark:/<path:name>"): Row(anybody(), lambda stage: stage.ark.replace("ark:", "/ark:/")),
    ("GET", "/ark:<path:name>"): Row(anybody(), lambda stage: f"/{stage.ark}"),
    ("GET", "/assets/<digest>/<name>"): Row(anybody(), asset),
    ("GET", "/audit"): Row(anybody()),
    ("GET", "/audit/checkpoint"): Row(anybody()),
    ("GET", "/audit/proofs/<int:index>.tlog-proof"): Row(anybody(), public_proof),
    ("GET", "/audit/tile/<int:level>/<path:place>"): Row(anybody(), "/audit/tile/0/000.p/1"),
    ("GET", "/audit/witnesses"): Row(anybody()),
    ("GET", "/browse"): Row(anybody()),
    ("GET", "/timeline"): Row(anybody()),
    ("GET", "/timeline/<code>"): Row(anybody(), "/timeline/qin"),
    ("GET", "/map"): Row(anybody()),
    ("GET", "/map/<int(max=5):level>/<int(max=1799):row>/<int(max=3599):column>"): Row(anybody(), "/map/0/4/9"),
    ("GET", "/favicon.ico"): Row(anybody()),
    ("GET", "/healthz"): Row(anybody()),
    ("GET", "/oai"): Row(anybody(), "/oai?verb=Identify"),
    # Harvesters have no session and no token of a form; a POST changes nothing here.
    ("POST", "/oai"): Row(anybody(), form={"verb": "Identify"}),
    ("GET", "/oai/oai_dcterms.xsd"): Row(anybody()),
    ("GET", "/readyz"): Row(anybody()),
    ("GET", "/institutions"): Row(anybody()),
    ("GET", "/institutions/<code>"): Row(anybody(), "/institutions/a"),
    ("GET", "/resources/<path:ark>"): Row(anybody(), lambda stage: f"/resources/{stage.ark}"),
    ("GET", "/resources/<path:ark>/files/<name>"): Row(
        anybody(), lambda stage: f"/resources/{stage.ark}/files/all.txt"
    ),
    ("GET", "/resources/<path:ark>/captions/<name>"): Row(
        no_such_thing(anybody()), lambda stage: f"/resources/{stage.ark}/captions/all.txt"
    ),
    ("GET", "/resources/<path:ark>/frames/<name>"): Row(
        no_such_thing(anybody()), lambda stage: f"/resources/{stage.ark}/frames/all.txt"
    ),
    ("GET", "/resources/<path:ark>/pdf/<name>"): Row(
        no_such_thing(anybody()), lambda stage: f"/resources/{stage.ark}/pdf/all.txt"
    ),
    ("GET", "/resources/<path:ark>/pictures/<string(length=32):digest>/<string(maxlength=8):name>.webp"): Row(
        no_such_thing(anybody()), lambda stage: f"/resources/{stage.ark}/pictures/{'0' * 32}/w320.webp"
    ),
    ("GET", "/resources/<path:ark>/feedback"): Row(anybody(), lambda stage: f"/resources/{stage.ark}/feedback"),
    ("POST", "/resources/<path:ark>/feedback"): Row(
        anybody(), lambda stage: f"/resources/{stage.ark}/feedback", form={"kind": "question", "text": "谁拍的？"}
    ),
    ("GET", "/resources/<path:ark>/metadata.<any(jsonld,json,linkset,bib,xml):form>"): Row(
        anybody(), lambda stage: f"/resources/{stage.ark}/metadata.jsonld"
    ),
    ("GET", "/resources/<path:ark>/qr.svg"): Row(anybody(), lambda stage: f"/resources/{stage.ark}/qr.svg"),
    ("GET", "/resources/<path:ark>/<any('pack.zip','bag.zip'):form>"): Row(
        anybody(), lambda stage: f"/resources/{stage.ark}/pack.zip"
    ),
    ("GET", "/api/v1/changes"): Row(anybody()),
    ("GET", "/api/v1/collections"): Row(anybody()),
    ("GET", "/api/v1/collections/<slug>"): Row(dict.fromkeys(CALLERS, NOT_THERE), "/api/v1/collections/none"),
    ("GET", "/calendar"): Row(anybody()),
    ("GET", "/calendar.ics"): Row(anybody()),
    ("GET", "/calendar/<code>"): Row(anybody(), "/calendar/quality-month"),
    ("GET", "/collections"): Row(anybody()),
    # There is no such collection, for whoever asks.
    ("GET", "/collections/<slug>"): Row(dict.fromkeys(CALLERS, NOT_THERE), "/collections/none"),
    ("GET", "/collections/<slug>/feed.<any(atom,json):kind>"): Row(
        dict.fromkeys(CALLERS, NOT_THERE), "/collections/none/feed.atom"
    ),
    ("GET", "/collections/<slug>/<any('pack.zip','bag.zip'):form>"): Row(
        dict.fromkeys(CALLERS, NOT_THERE), "/collections/none/pack.zip"
    ),
    ("GET", "/embed/collections/<slug>"): Row(dict.fromkeys(CALLERS, NOT_THERE), "/embed/collections/none"),
    ("GET", "/sitemap-collections.xml"): Row(anybody()),
    ("GET", "/sitemap-pages.xml"): Row(anybody()),
    ("GET", COLLECTIONS + "/"): Row(curators_and_readers()),
    ("POST", COLLECTIONS + "/"): Row(CURATORS, form={"kind": "?"}),
    ("GET", COLLECTIONS + "/<collection_id>"): Row(no_such_thing(curators_and_readers()), f"{COLLECTIONS}/{ANY_ID}"),
    ("GET", COLLECTIONS + "/<collection_id>/preview"): Row(
        no_such_thing(curators_and_readers()), f"{COLLECTIONS}/{ANY_ID}/preview"
    ),
    ("POST", COLLECTIONS + "/<collection_id>"): Row(no_such_thing(CURATORS), f"{COLLECTIONS}/{ANY_ID}"),
    ("POST", COLLECTIONS + "/<collection_id>/standing"): Row(
        no_such_thing(CURATORS), f"{COLLECTIONS}/{ANY_ID}/standing", form={"step": "show"}
    ),
    ("GET", "/api/v1/dumps"): Row(anybody()),
    ("GET", "/dumps/<name>"): Row(dict.fromkeys(CALLERS, NOT_THERE), "/dumps/catalogue.zip"),
    ("GET", "/feed.<any(atom,json):kind>"): Row(anybody(), "/feed.atom"),
    ("GET", "/embed/<path:ark>"): Row(anybody(), lambda stage: f"/embed/{stage.ark}"),
    ("GET", "/oembed"): Row(dict.fromkeys(CALLERS, NOT_THERE)),
    ("GET", "/opensearch.xml"): Row(anybody()),
    ("GET", "/robots.txt"): Row(anybody()),
    ("GET", "/.well-known/resourcesync"): Row(anybody()),
    ("GET", "/capabilitylist.xml"): Row(anybody()),
    ("GET", "/changelist.xml"): Row(anybody()),
    ("GET", "/resourcelist.xml"): Row(anybody()),
    ("GET", "/<any(resourcelist,changelist):kind>-<int(max=2147483647):number>.xml"): Row(
        anybody(), "/changelist-1.xml"
    ),
    ("GET", "/resources/<path:ark>/record.json"): Row(anybody(), lambda stage: f"/resources/{stage.ark}/record.json"),
    ("GET", "/sitemap.xml"): Row(anybody()),
    ("GET", "/sitemap-<int(max=2147483647):number>.xml"): Row(anybody(), "/sitemap-1.xml"),
    ("GET", "/search"): Row(anybody()),
    ("GET", "/suggestions"): Row(anybody()),
    # Flask's own folder of static files is empty on purpose: assets have addresses with their digest.
    ("GET", "/static/<path:filename>"): Row(dict.fromkeys(CALLERS, NOT_THERE), "/static/none.css"),
    ("GET", "/api/v1/institutions"): Row(anybody()),
    ("GET", "/api/v1/openapi.json"): Row(anybody()),
    ("GET", "/api/v1/resources/<path:ark>"): Row(anybody(), lambda stage: f"/api/v1/resources/{stage.ark}"),
    ("GET", "/api/v1/search"): Row(anybody()),
    ("GET", "/api/v1/vocabularies"): Row(anybody()),
    ("GET", FEDERATION + "/"): Row(anybody()),
    # Whoever comes here shows a key and proves to hold it; there is no such invitation, and no key that endorses.
    ("POST", FEDERATION + "/enrolments"): Row(newcomers(FORBIDDEN), message=asking_to_join),
    ("POST", FEDERATION + "/keys"): Row(newcomers(UNKNOWN), message=changing_a_key),
    ("GET", FEDERATION + "/membership"): Row(nodes_only()),
    ("GET", FEDERATION + "/status"): Row(nodes_only()),
    ("GET", FEDERATION + "/log"): Row(nodes_only()),
    ("GET", FEDERATION + "/log/entries"): Row(nodes_only()),
    ("POST", FEDERATION + "/log/cosignatures"): Row(nodes_only(), message=false_word),
    ("POST", FEDERATION + "/answers"): Row(nodes_only(), message={"answers": [{"question_id": ANY_ID, "text": "x"}]}),
    ("POST", FEDERATION + "/petitions"): Row(nodes_only(), message={"petitions": [PETITION]}),
    ("POST", FEDERATION + "/records"): Row(nodes_only(), message={"records": ["x"]}),
    ("POST", FEDERATION + "/uses"): Row(nodes_only(), message={}),
    ("POST", FEDERATION + "/uploads"): Row(nodes_only(), message={"files": [{"sha256": NOTHING, "size": 1}]}),
    ("POST", FEDERATION + "/uploads/complete"): Row(nodes_only(), message={"upload_ids": ["0" * 36]}),
    ("POST", FEDERATION + "/reconciliation/arks"): Row(
        nodes_only(), message={"arks": [{"record_id": ANY_ID, "ark": "ark:99999/x1"}]}
    ),
    ("POST", FEDERATION + "/reconciliation/digests"): Row(nodes_only(), message=DIGESTS),
    ("POST", FEDERATION + "/reconciliation/items"): Row(nodes_only(), message={"bucket": 0}),
    ("POST", FEDERATION + "/reconciliation/records"): Row(
        nodes_only(), message={"records": [{"record_id": ANY_ID, "version": 1}]}
    ),
    ("GET", DOOR): Row(anybody()),
    ("POST", DOOR): Row(anybody(), form={"name": "reviewer", "password": PASSWORD}),
    ("POST", "/workbench/sign-out"): Row(anybody()),
    ("GET", "/workbench/"): Row(readers_of_the_desk()),
    ("GET", "/workbench/own/"): Row(only(*MEMBERS)),
    ("GET", "/workbench/own/versions/<int(max=2147483647):version_id>"): Row(
        only(*MEMBERS), lambda stage: f"/workbench/own/versions/{stage.version_of_ark()}"
    ),
    ("POST", "/workbench/own/versions/<int(max=2147483647):version_id>/petitions"): Row(
        only(*MEMBERS),
        lambda stage: f"/workbench/own/versions/{stage.version_of_ark()}/petitions",
        form={"kind": "?", "text": "x"},
    ),
    ("GET", "/workbench/account"): Row(people_only()),
    ("POST", "/workbench/account"): Row(people_only(), form={"old": "x", "new": "x", "again": "x"}),
    ("GET", TEAM): Row(only("manager")),
    ("POST", TEAM): Row(only("manager"), form={"display_name": ""}),
    ("POST", TEAM + "/invitations/<int(max=2147483647):link_id>"): Row(
        only("manager"), lambda stage: f"{TEAM}/invitations/{stage.invitation()}"
    ),
    ("POST", TEAM + "/<user_id>/deactivation"): Row(
        only("manager"), lambda stage: f"{TEAM}/{stage.somebody('contributor')}/deactivation", form={"reason": "x"}
    ),
    ("POST", TEAM + "/<user_id>/reactivation"): Row(
        only("manager"), lambda stage: f"{TEAM}/{stage.somebody('contributor')}/reactivation", form={"reason": "x"}
    ),
    # The token is what opens these, whoever comes with it; there is no such one.
    ("GET", "/workbench/links"): Row(dict.fromkeys(CALLERS, NOT_THERE)),
    ("POST", "/workbench/links"): Row(dict.fromkeys(CALLERS, NOT_THERE)),
    # Who has shown no password here is led to the door, who is in goes on: it is the same for all of these.
    ("GET", DOOR + "/code"): Row(anybody()),
    ("POST", DOOR + "/code"): Row(anybody(), form={"code": "000000"}),
    ("GET", DOOR + "/second-factor"): Row(anybody()),
    ("POST", DOOR + "/second-factor"): Row(anybody(), form={"code": "000000"}),
    ("GET", "/workbench/account/second-factor"): Row(people_only()),
    ("POST", "/workbench/account/second-factor"): Row(
        people_only(**dict.fromkeys(ROLES, UNKNOWN)), form={"code": "000000"}
    ),
    ("POST", "/workbench/account/recovery-codes"): Row(people_only(), form={"code": "000000"}),
    # There is no provider; who comes back without having been sent is told so, whoever it is.
    ("GET", DOOR + "/through/<int(max=2147483647):institution_id>"): Row(
        dict.fromkeys(CALLERS, NOT_THERE), DOOR + "/through/1"
    ),
    ("GET", DOOR + "/through/back"): Row(anybody()),
    ("POST", "/workbench/account/identity"): Row(people_only(**dict.fromkeys(ROLES, NOT_THERE))),
    ("POST", "/workbench/account/identity/unbound"): Row(people_only(**dict.fromkeys(ROLES, NOT_THERE))),
    ("POST", "/workbench/account/email"): Row(people_only(), form={"email": "no address"}),
    ("POST", "/workbench/account/reminders"): Row(people_only(), form={"reminded": "yes"}),
    ("POST", "/workbench/account/sessions"): Row(people_only(), form={"session": "others"}),
    ("GET", NUMBER): Row(readers_of_the_desk(), Stage.version),
    ("GET", NUMBER + "/next"): Row(readers_of_the_desk(), lambda stage: stage.version() + "/next"),
    ("POST", NUMBER + "/questions"): Row(
        DECISIONS, lambda stage: stage.version() + "/questions", form={"question": "谁拍的？"}
    ),
    ("POST", NUMBER + "/day"): Row(LEADING, lambda stage: f"/workbench/versions/{stage.version_of_ark()}/day"),
    ("POST", NUMBER + "/takedown"): Row(
        LEADING, lambda stage: f"/workbench/versions/{stage.version_of_ark()}/takedown"
    ),
    ("POST", NUMBER + "/claim"): Row(DECISIONS, lambda stage: stage.version() + "/claim"),
    ("GET", TOGETHER): Row(readers_of_the_desk(), together),
    # What somebody may not judge is left out of the decision; who judges nothing is refused.
    ("POST", TOGETHER): Row(judges_or_staff(), together, form=APPROVAL | {"seen": "1", "reason": "x"}),
    ("GET", POLICY + "/"): Row(readers_of_the_desk()),
    ("GET", POLICY + "/<int(max=2147483647):number>"): Row(readers_of_the_desk(), POLICY + "/1"),
    ("GET", POLICY + "/experts"): Row(readers_of_the_desk()),
    ("GET", "/workbench/petitions/"): Row(readers_of_the_desk()),
    ("POST", "/workbench/petitions/<petition_id>"): Row(
        no_such_draw(), f"/workbench/petitions/{ANY_ID}", form={"answer": "granted", "reason": "x"}
    ),
    ("GET", "/workbench/feedback/"): Row(readers_of_the_desk()),
    ("POST", "/workbench/feedback/<feedback_id>/hiding"): Row(
        no_such_thing(LEADING), f"/workbench/feedback/{ANY_ID}/hiding", form={"reason": "x"}
    ),
    ("POST", "/workbench/feedback/<feedback_id>/erasing"): Row(
        no_such_thing(LEADING), f"/workbench/feedback/{ANY_ID}/erasing", form={"reason": "x"}
    ),
    ("POST", "/workbench/feedback/<feedback_id>/showing"): Row(
        no_such_thing(LEADING), f"/workbench/feedback/{ANY_ID}/showing", form={"reason": "x"}
    ),
    ("GET", "/workbench/rereviews/"): Row(readers_of_the_desk()),
    # There is no such draw, for whoever is in the workbench.
    ("POST", "/workbench/rereviews/<int(max=2147483647):rereview_id>"): Row(no_such_draw(), "/workbench/rereviews/7"),
    ("GET", RULES + "/"): Row(LEADING),
    ("POST", RULES + "/"): Row(LEADING, form={"needed": "?"}),
    ("POST", RULES + "/experts/<user_id>"): Row(
        LEADING,
        lambda stage: f"{RULES}/experts/{stage.somebody()}",
        form={"disciplines": "taste"},
    ),
    ("POST", NUMBER): Row(DECISIONS, Stage.version, form=APPROVAL),
    ("GET", f"{NUMBER}/files/<int(max=2147483647):position>"): Row(readers_of_the_desk(), published_file),
    ("GET", ADMIN + "/"): Row(admins_and_auditors()),
    ("GET", ADMIN + "/log"): Row(admins_and_auditors()),
    ("GET", "/workbench/reports/"): Row(people_only()),
    ("GET", "/workbench/reports/report.xlsx"): Row(people_only()),
    ("GET", "/workbench/reports/<name>.csv"): Row(people_only(), "/workbench/reports/members.csv"),
    ("GET", "/workbench/reports/<name>.svg"): Row(people_only(), "/workbench/reports/trend.svg"),
    ("GET", ADMIN + "/institutions"): Row(admins_and_auditors()),
    ("POST", ADMIN + "/institutions"): Row(admins_only(), form={"code": "no good"}),
    ("GET", ADMIN + "/files"): Row(admins_and_auditors()),
    ("POST", ADMIN + "/institutions/<int(max=2147483647):institution_id>/quota"): Row(
        admins_only(), lambda stage: f"{ADMIN}/institutions/{stage.institution_id()}/quota", form={"quota": "?"}
    ),
    ("POST", ADMIN + "/institutions/<int(max=2147483647):institution_id>/withdrawals"): Row(
        admins_only(), lambda stage: f"{ADMIN}/institutions/{stage.institution_id()}/withdrawals"
    ),
    ("GET", ADMIN + "/nodes/<node_id>"): Row(admins_and_auditors(), node_page),
    ("POST", ADMIN + "/nodes/<node_id>/keys/<key_id>"): Row(
        admins_only(), lambda stage: f"{node_page(stage)}/keys/{stage.nodes['node of B'].key_id}", form={"state": "?"}
    ),
    ("GET", ADMIN + "/users"): Row(admins_and_auditors()),
    ("POST", ADMIN + "/users"): Row(admins_only(), form={"display_name": ""}),
    ("POST", ADMIN + "/users/invitations/<int(max=2147483647):link_id>"): Row(
        admins_only(), lambda stage: f"{ADMIN}/users/invitations/{stage.invitation()}"
    ),
    ("GET", ADMIN + "/users/<user_id>"): Row(
        admins_and_auditors(), lambda stage: f"{ADMIN}/users/{stage.somebody()}"
    ),
    ("POST", ADMIN + "/institutions/<int(max=2147483647):institution_id>/invitation"): Row(
        admins_only(), lambda stage: f"{ADMIN}/institutions/{stage.institution_id()}/invitation"
    ),
    ("POST", ADMIN + "/users/<user_id>/deactivation"): Row(
        admins_only(), lambda stage: f"{ADMIN}/users/{stage.somebody()}/deactivation"
    ),
    ("POST", ADMIN + "/users/<user_id>/appointment"): Row(
        admins_only(), lambda stage: f"{ADMIN}/users/{stage.somebody()}/appointment"
    ),
    ("POST", ADMIN + "/users/<user_id>/second-factor"): Row(
        admins_only(), lambda stage: f"{ADMIN}/users/{stage.somebody()}/second-factor"
    ),
    ("POST", ADMIN + "/users/<user_id>/sessions"): Row(
        admins_only(), lambda stage: f"{ADMIN}/users/{stage.somebody()}/sessions", form={"session": "all"}
    ),
    ("POST", ADMIN + "/users/<user_id>/reactivation"): Row(
        admins_only(), lambda stage: f"{ADMIN}/users/{stage.somebody()}/reactivation", form={"reason": "x"}
    ),
    ("POST", ADMIN + "/users/<user_id>/password"): Row(
        admins_only(), lambda stage: f"{ADMIN}/users/{stage.somebody()}/password"
    ),
}


# -- every route × every caller ------------------------------------------------------------------------------


def rules(hub: Hub) -> dict[str, set[str]]:
    """The methods of every address, without those that Flask adds."""
    found: dict[str, set[str]] = {}
    for rule in hub.app.url_map.iter_rules():
        found.setdefault(rule.rule, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    return found


def test_every_route_has_a_row(stage: Stage) -> None:
    there = {(method, rule) for rule, methods in rules(stage.hub).items() for method in methods}
    assert there - MATRIX.keys() == set(), "say here who may call these"
    assert MATRIX.keys() - there == set(), "these are gone"


def test_every_role_of_the_hub_is_among_the_callers() -> None:
    assert set(people.ROLES) <= set(ROLES)
    assert all(row.expected.keys() == set(CALLERS) for row in MATRIX.values())


@pytest.mark.parametrize(("method", "rule"), MATRIX, ids=lambda value: value)
def test_what_becomes_of_each_caller(stage: Stage, method: str, rule: str) -> None:
    row, found = MATRIX[method, rule], {}
    for caller in CALLERS:
        path, body = row.at(stage, rule), row.body(stage)
        before = stage.traces()
        answer = stage.call(caller, method, path, row.form, body)
        found[caller] = became(answer)
        if row.expected[caller] != OK:
            assert stage.traces() == before, f"{caller} was refused and has left something behind"
        if rule == "/workbench/sign-out" and caller in ROLES:
            assert stage.browsers[caller].enter(account(caller)).status_code == 303
    assert found == row.expected


@pytest.mark.parametrize("caller", CALLERS)
def test_a_method_that_a_route_does_not_take_is_refused_to_everybody(stage: Stage, caller: str) -> None:
    wrong = {}
    for rule, taken in rules(stage.hub).items():
        for method in set(METHODS) - taken:
            row = next(MATRIX[one, rule] for one in METHODS if (one, rule) in MATRIX)
            path = row.at(stage, rule)
            answer = stage.call(caller, method, path)
            if answer.status_code != 405 or taken - set(answer.headers["Allow"].split(", ")):
                wrong[method, path] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("caller", CALLERS)
def test_a_look_at_the_headers_is_behind_the_same_door_as_the_page(stage: Stage, caller: str) -> None:
    pages = {
        rule: row for (method, rule), row in MATRIX.items() if method == "GET" and set(row.expected.values()) != {OK}
    }
    found = {rule: became(stage.call(caller, "HEAD", row.at(stage, rule))) for rule, row in pages.items()}
    assert found == {rule: row.expected[caller] for rule, row in pages.items()}


@pytest.mark.parametrize(
    "path",
    [
        "/en/workbench/admin/users",
        "/en/en/workbench/admin/users",
        "//workbench/admin/users",
        "/workbench//admin/users",
        "/workbench/./admin/users",
        "/workbench/x/../admin/users",
        "/workbench/%61dmin/users",
        "/workbench/admin%2fusers",
        "/workbench/admin/users/",
        "/workbench/admin/users;x=1",
        "/WORKBENCH/admin/users",
        "/workbench/admin/users%00",
        "/api/../workbench/admin/users",
        "/static/../workbench/admin/users",
        "/assets/x/..%2f..%2fworkbench",
    ],
)
@pytest.mark.parametrize("caller", ["anonymous", "reviewer", "node of A"])
def test_no_other_spelling_of_an_address_gets_around_the_door(stage: Stage, caller: str, path: str) -> None:
    answer = stage.call(caller, "GET", path)
    assert answer.status_code in (303, 308, 403, 404), answer.status_code
    assert 'name="display_name"' not in answer.get_data(as_text=True)
