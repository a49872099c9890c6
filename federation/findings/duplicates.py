"""Duplicates of what the hub has: the same bytes, or nearly the same words."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation.findings import likeness
from federation.findings.finding import DOUBT, NOTE, SERIOUS, Finding
from federation.models.resources import ResourceVersion, VersionFile

HERE = ("published", "in_review", "approved")
"""States of versions whose files count: public, or on the way there."""
MOST_SAID = 5
"""Of one file: one that twenty resources share is a logo."""
NEARLY_ALL = 0.9


def same_bytes(session: Session, versions: Mapping[int, ResourceVersion]) -> dict[int, list[Finding]]:
    """For each version (by id): its files that another resource has too. Two queries, for one version or many."""
    mine: dict[str, list[tuple[int, int, str]]] = {}
    query = select(VersionFile).where(VersionFile.version_id.in_(versions))
    for file in session.scalars(query.order_by(VersionFile.version_id, VersionFile.position)):
        mine.setdefault(file.sha256, []).append((file.version_id, file.position, file.name))
    others = (
        select(VersionFile.sha256, ResourceVersion)
        .join(ResourceVersion, ResourceVersion.id == VersionFile.version_id)
        .where(VersionFile.sha256.in_(mine), ResourceVersion.state.in_(HERE))
        .order_by(ResourceVersion.id)
    )
    found: dict[int, list[Finding]] = {number: [] for number in versions}
    said: dict[tuple[int, int], int] = {}
    for sha256, other in session.execute(others):
        for number, position, name in mine[sha256]:
            count = said.get((number, position), 0)
            if other.resource_id != versions[number].resource_id and count < MOST_SAID:
                said[number, position] = count + 1
                found[number].append(_same(position, name, other))
    return found


def same_words(session: Session, versions: Mapping[int, ResourceVersion]) -> dict[int, list[Finding]]:
    """For each version (by id): the public resources whose texts are nearly the same."""
    asked = {number: (version.resource_id, version.record) for number, version in versions.items()}
    return {number: [_near(like) for like in near] for number, near in likeness.alike(session, asked).items()}


def _same(position: int, name: str, other: ResourceVersion) -> Finding:
    public = other.state == "published"
    state = ("已发布", "published") if public else ("待审核", "waiting")
    return Finding(
        "same_file",
        DOUBT if public else NOTE,
        f"文件“{name}”与《{other.title('zh')}》（{state[0]}）的一个文件逐字节相同。",
        f"The file “{name}” is byte for byte one of “{other.title('en')}” ({state[1]}).",
        f"/files/{position}",
        other.id,
    )


def _near(like: likeness.Like) -> Finding:
    title, percent = like.version.title, round(100 * like.share)
    return Finding(
        "near_duplicate",
        SERIOUS if like.share >= NEARLY_ALL else DOUBT,
        f"文字与已发布的《{title('zh')}》有 {percent}% 相同，可能重复。",
        f"{percent} % of the text is that of “{title('en')}”, which is published: perhaps the same resource.",
        "",
        like.version.id,
    )
