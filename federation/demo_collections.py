"""The collections of the demonstration: curated and shown for the alliance, as its people would."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation.collections import content, curating, showing
from federation.models.collections import Collection
from federation.models.people import User
from federation.models.resources import ResourceVersion

FILE = "collections.toml"


def add(session: Session, folder: Path, *, by: User) -> None:
    """Make and show those that are not there yet, of the resources that are public; one without any is left out."""
    standing = set(session.scalars(select(Collection.slug)))
    for said in tomllib.loads((folder / FILE).read_text(encoding="utf-8"))["collections"]:
        if said["slug"] not in standing:
            _add(session, folder, said, by)


def _add(session: Session, folder: Path, said: Mapping[str, Any], by: User) -> None:
    ids = {item["resource"]: _resource(session, folder / f"{_path(item)}.toml") for item in said["items"]}
    items = [
        {"resource": ids[item["resource"]], **({"note": note} if note else {})}
        for item in said["items"]
        for note in [{tag: item[tag] for tag in ("zh", "en") if tag in item}]
        if ids[item["resource"]]
    ]
    if not items:
        return
    document = {
        "title": said["title"],
        "introduction": {tag: text.strip() for tag, text in said["introduction"].items()},
        "items": items,
        **{name: said[name] for name in ("occasion", "begins_on", "ends_on") if name in said},
        **({"cover": ids[said["cover"]]} if ids.get(said["cover"]) else {}),
    }
    made = curating.create(session, by=by, kind=said["kind"], slug=said["slug"], title=said["title"]["zh"])
    curating.revise(session, made, content.read(document), based_on=made.revision, by=by)
    showing.show(session, made, by=by, based_on=made.revision)


def _path(item: Mapping[str, str]) -> str:
    place, slug = item["resource"].split("/")
    return f"{place}/resources/{slug}"


def _resource(session: Session, described: Path) -> str:
    """The id of the public resource with the title of that description; empty when it is not public."""
    title = tomllib.loads(described.read_text(encoding="utf-8"))["title"]["zh"]
    named = select(ResourceVersion.resource_id).where(
        ResourceVersion.title_zh == title, ResourceVersion.state == "published"
    )
    return session.scalar(named.limit(1)) or ""
