"""Registering through the form: fields and files of one request become a new version, or faults to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from nodes import files as local_files
from nodes import registration
from nodes.files import FileSpec, PreparedFile
from nodes.models import LocalFile, Resource, Version
from nodes.registration import Registered, Standing
from nodes.web import uploads
from nodes.web.forms import FileChoice, Form, Purpose, read_files
from nodes.workplace import Workplace
from shared.errors import FieldError, FileChanged, FileUnreadable, InvalidRecord, NotFound


class Overtaken(Exception):
    """A form whose version somebody has made already, with other content: `latest` is what stands now."""

    def __init__(self, latest: Version) -> None:
        super().__init__(latest.resource_id)
        self.latest = latest


def chosen_files(form: Form, request: Request) -> list[FileChoice]:
    """The files that the form keeps, and after them those that it has just brought."""
    role = form.get("new-role", "main")
    return read_files(form) + [
        FileChoice(f"upload:{path.parent.name}", path.name, role) for path in uploads.take(request)
    ]


def save(
    workplace: Workplace,
    fields: Mapping[str, Any],
    choices: Sequence[FileChoice],
    *,
    folder: Path,
    standing: Mapping[str, Any],
    purpose: Purpose,
) -> Registered:
    """Register `fields` with the chosen files as what the form was opened to make: once, however often it is sent.

    Files are read before the transaction is begun. Raises `InvalidRecord` with every fault, those of files too, or
    `Overtaken`.
    """
    prepared = _prepare(workplace, choices, folder, standing)
    with workplace.database.unit_of_work() as session:
        done = _made_already(session, purpose, registration.content_of(fields, prepared))
        return done or registration.register(
            session,
            fields,
            prepared,
            key=workplace.key,
            record_id=purpose.record_id if purpose.after else "",
            new_id=purpose.record_id,
        )


def _made_already(session: Session, purpose: Purpose, content: Mapping[str, Any]) -> Registered | None:
    """What an earlier sending of the same form has made, or None while nobody has. Raises `Overtaken`."""
    resource = session.get(Resource, purpose.record_id)
    if resource is None or resource.latest_version == purpose.after:
        return None
    since = session.scalars(
        select(Version)
        .where(Version.resource_id == resource.id, Version.number > purpose.after)
        .order_by(Version.number)
    ).all()
    for version in since:
        if Standing(resource, version).is_as(content):
            return Registered(resource.id, version.number, created=False, unchanged=True)
    raise Overtaken(since[-1])


def _prepare(
    workplace: Workplace, choices: Sequence[FileChoice], folder: Path, standing: Mapping[str, Any]
) -> list[PreparedFile]:
    alts = {f"sha256:{entry['sha256']}": entry.get("alt", {}) for entry in standing.get("files", ())}
    prepared: list[PreparedFile] = []
    faults = []
    for number, choice in enumerate(choices):
        try:
            with workplace.database.unit_of_work(read_only=True) as session:
                spec = FileSpec(
                    _path(session, choice.key, folder), choice.name, choice.role, alts.get(choice.key, {})
                )
                prepared += local_files.prepare([spec], known=_known(session))
        except (FileUnreadable, FileChanged, NotFound) as error:
            cause = {"name": choice.name, "cause": error.data.get("cause") or error.as_cause()}
            faults.append(FieldError(f"/files/{number}", "file_unreadable", cause))
    if faults:
        raise InvalidRecord(faults)
    return prepared


def _known(session: Session) -> local_files.Known:
    """Knows what has come through the form, digested as it was written, and what is registered already."""
    before = local_files.registered(session)
    return lambda path, found: uploads.known(path, found) or before(path, found)


def _path(session: Session, key: str, folder: Path) -> Path:
    """Where the bytes lie: of a registered file by its digest, of an upload by its key. Raises `NotFound`."""
    kind, _, name = key.partition(":")
    if kind == "upload":
        return uploads.path_of(folder, name)
    found = session.get(LocalFile, name) if kind == "sha256" else None
    if found is None:
        raise NotFound()
    return Path(found.path)
