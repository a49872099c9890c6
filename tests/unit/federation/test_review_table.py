"""Policy × state × role: what becomes of each decision, said once here in a table that knows nothing of the code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from federation import experts, lifecycle, policy_changes, review, roles
from federation.checklist import DEFAULT
from federation.models.people import User
from federation.models.resources import ResourceVersion
from shared.errors import CommonsError
from tests.support.reviewing import ALL, NAAN, Scene, add_person, scene_in

POLICIES: dict[str, dict[str, Any]] = {
    "one reviewer": {},
    "two reviewers": {"needed": 2},
    "two for what is sensitive": {"sensitive": {"themes": ["knowledge"], "types": [], "needed": 2}},
    "experts only": {"expert_disciplines": ["length"]},
}
JUDGES = {"reviewer", "chief reviewer", "admin", "expert"}
REFUSED = {
    "contributor": "forbidden",
    "manager": "forbidden",
    "auditor": "forbidden",
    "closed reviewer": "forbidden",
    "closed admin": "forbidden",
    "reviewer of the institution": "own_institution",
    "chief reviewer of the institution": "own_institution",
    "admin of the institution": "own_institution",
}
"""Whoever judges nothing, or nothing of that institution, whatever the policy and the state."""
NO_EXPERTS = {"experts only": {"reviewer"}}
"""Who may not judge under a policy that reserves the discipline."""
AFTER_ONE_APPROVAL = {
    "one reviewer": "published",
    "two reviewers": "in_review",
    "two for what is sensitive": "in_review",
    "experts only": "published",
}
TURNED_DOWN = {"request_changes": "changes_requested", "reject": "rejected"}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def everybody(scene: Scene) -> dict[str, User]:
    session, member = scene.session, scene.member
    found = {
        "contributor": add_person(session, "contributor", roles.CONTRIBUTOR, member=member),
        "manager": add_person(session, "manager", roles.MANAGER, member=member),
        "auditor": add_person(session, "auditor", roles.AUDITOR),
        "closed reviewer": add_person(session, "closed", roles.REVIEWER),
        "closed admin": add_person(session, "closed-admin", roles.ADMIN),
        "reviewer": scene.first,
        "chief reviewer": add_person(session, "chief", roles.CHIEF_REVIEWER),
        "admin": scene.second,
        "expert": add_person(session, "expert", roles.REVIEWER),
        "reviewer of the institution": scene.insider,
        "chief reviewer of the institution": add_person(session, "own-chief", roles.CHIEF_REVIEWER, member=member),
        "admin of the institution": add_person(session, "own-admin", roles.ADMIN, member=member),
    }
    found["closed reviewer"].active = found["closed admin"].active = False
    experts.set_disciplines(session, found["expert"], ["length"], by=scene.second)
    session.flush()
    return found


def expected(policy: str, state: str, who: str, verdict: str) -> str:
    if who in REFUSED:
        return REFUSED[who]
    if who in NO_EXPERTS.get(policy, set()):
        return "not_your_discipline"
    if state != "in_review":
        return "move_not_allowed"
    return AFTER_ONE_APPROVAL[policy] if verdict == "approve" else TURNED_DOWN[verdict]


def outcome(scene: Scene, version: ResourceVersion, person: User, verdict: str) -> str:
    """The state after the decision, or the code of the error; the database is as it was afterwards."""
    attempt = scene.session.begin_nested()
    try:
        review.decide(
            scene.session, version, reviewer=person, verdict=verdict, reason="理由", checklist=ALL, naan=NAAN
        )
        return version.state
    except CommonsError as error:
        return error.code
    finally:
        attempt.rollback()


@pytest.mark.parametrize("policy", list(POLICIES))
def test_every_decision_ends_as_the_table_says(scene: Scene, policy: str) -> None:
    people = everybody(scene)
    assert set(people) == JUDGES | set(REFUSED)
    if POLICIES[policy]:
        document = {**json.loads(DEFAULT.document), **POLICIES[policy]}
        policy_changes.change(scene.session, document, based_on=1, author=scene.second, reason="试")
    version = scene.member.submit(themes=["knowledge"], disciplines=["length"], type="article")
    found, said = {}, {}
    for state in lifecycle.MOVES:
        moved = update(ResourceVersion).where(ResourceVersion.id == version.id).values(state=state)
        scene.session.execute(moved)
        scene.session.refresh(version)
        for who, person in people.items():
            for verdict in ("approve", *TURNED_DOWN):
                found[state, who, verdict] = outcome(scene, version, person, verdict)
                said[state, who, verdict] = expected(policy, state, who, verdict)
    assert found == said
