"""Registering through the form: fields and files of one request become a new version, or faults to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from nodes import files as local_files
from nodes import form_drafts, registration
from nodes.arrivals import Arrivals
from nodes.file_names import folded, numbered
from nodes.files import FileSpec, PreparedFile
from nodes.models import LocalFile, Resource, Version
from nodes.registration import Registered, Standing
from nodes.web import uploads
from nodes.web.forms import LANGUAGES, FileChoice, Form, Purpose, read_files
from nodes.workplace import Workplace
from shared import record as records
from shared.errors import CommonsError, FieldError, FileChanged, FileUnreadable, InvalidRecord, NotFound


class Overtaken(Exception):
    """A form whose version somebody has made already, with other content: `latest` is what stands now."""

    def __init__(self, latest: Version) -> None:
        super().__init__(latest.resource_id)
        self.latest = latest


def chosen_files(form: Form, request: Request) -> list[FileChoice]:
    """The files that the form keeps, and after them those that it has just brought.

    Those of different folders may be called the same: each that comes later gets a number.
    """
    role, chosen = form.get("new-role", "main"), read_files(form)
    taken = {folded(choice.name) for choice in chosen}
    for path in uploads.take(request):
        name = numbered(path.name, taken)
        taken.add(folded(name))
        chosen.append(FileChoice(f"upload:{path.parent.name}", name, role))
    return chosen


def save(
    workplace: Workplace,
    fields: Mapping[str, Any],
    choices: Sequence[FileChoice],
    *,
    arrivals: Arrivals,
    standing: Mapping[str, Any],
    purpose: Purpose,
) -> Registered:
    """Register `fields` with the chosen files as what the form was opened to make: once, however often it is sent.

    Files are read before the transaction is begun; the draft of the form goes with it. Raises `InvalidRecord` with
    every fault, those of files too, or `Overtaken`.
    """
    prepared, faults = prepare(workplace, choices, arrivals, standing)
    if faults:
        raise InvalidRecord(faults)
    with workplace.database.unit_of_work() as session:
        done = _made_already(session, purpose, registration.content_of(fields, prepared))
        done = done or registration.register(
            session,
            fields,
            prepared,
            key=workplace.key,
            record_id=purpose.record_id if purpose.after else "",
            new_id=purpose.record_id,
        )
        form_drafts.forget(session, purpose.record_id)
        return done


def faults_of(
    workplace: Workplace,
    fields: Mapping[str, Any],
    choices: Sequence[FileChoice],
    *,
    arrivals: Arrivals,
    standing: Mapping[str, Any],
    purpose: Purpose,
) -> list[FieldError]:
    """All that is wrong, by the schema that the hub uses too; nothing is registered.

    `save` says that there is no content or evidence only when nothing else is wrong; here that is said at once.
    """
    prepared, faults = prepare(workplace, choices, arrivals, standing)
    content = registration.content_of(fields, prepared)
    record = {**content, "id": purpose.record_id, "version": purpose.after + 1}
    try:
        records.check(record)
    except InvalidRecord as error:
        faults += error.errors
    except CommonsError as error:
        faults.append(FieldError("", error.code, dict(error.data)))
    said = {fault.code for fault in faults}
    # Files that cannot be read are no reason to say besides that there are none.
    if not choices and records.lacks_content(record) and "content_missing" not in said:
        faults.append(FieldError("/files", "content_missing"))
    if records.lacks_evidence(record) and "evidence_missing" not in said:
        faults.append(FieldError("/evidence", "evidence_missing"))
    return [fault for fault in faults if not (choices and fault.code == "content_missing")]


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


def prepare(
    workplace: Workplace, choices: Sequence[FileChoice], arrivals: Arrivals, standing: Mapping[str, Any]
) -> tuple[list[PreparedFile], list[FieldError]]:
    """The chosen files with their digests, and the faults of those that cannot be read."""
    before = {f"sha256:{entry['sha256']}": entry for entry in standing.get("files", ())}
    names = [choice.key.partition(":")[2] for choice in choices]
    with workplace.database.unit_of_work(read_only=True) as session:
        uploads = arrivals.known(session, names)
        files = {file.sha256: file for file in session.scalars(select(LocalFile).where(LocalFile.sha256.in_(names)))}
    prepared: list[PreparedFile] = []
    faults = []
    for number, (choice, name) in enumerate(zip(choices, names, strict=True)):
        alt = alt_of(choice, before.get(choice.key, {}))
        try:
            if choice.key.startswith("upload:"):
                said: dict[str, Any] = {"name": choice.name, "role": choice.role, "alt": alt}
                prepared.append(arrivals.prepared(name, **said, known=uploads.get(name)))
            else:
                file = files.get(name) if choice.key.startswith("sha256:") else None
                prepared.append(_registered(file, choice, alt, before.get(choice.key)))
        except (FileUnreadable, FileChanged, NotFound) as error:
            cause = {"name": choice.name, "cause": error.data.get("cause") or error.as_cause()}
            faults.append(FieldError(f"/files/{number}", "file_unreadable", cause))
    return prepared, faults


def _registered(
    file: LocalFile | None, choice: FileChoice, alt: Mapping[str, str], before: Mapping[str, Any] | None
) -> PreparedFile:
    """A file that was registered before, read again only when it has changed; `before` is its entry, if it has one.

    Raises `FileUnreadable`, `FileChanged` or `NotFound`.
    """
    if file is None:
        raise NotFound()
    if before is None or not _stands(file):
        [read] = local_files.prepare([FileSpec(Path(file.path), choice.name, choice.role, alt)])
        return read
    entry = {**before, "name": choice.name or before["name"], "role": choice.role, "alt": dict(alt)}
    return PreparedFile(Path(file.path), file.mtime_ns, {name: value for name, value in entry.items() if value != {}})


def _stands(file: LocalFile) -> bool:
    """Whether a registered file looks as it did when it was read: then it need not be read again."""
    try:
        found = Path(file.path).stat()
    except (OSError, ValueError):
        return False
    return (found.st_size, found.st_mtime_ns) == (file.size, file.mtime_ns)


def alt_of(choice: FileChoice, before: Mapping[str, Any]) -> dict[str, str]:
    """What a file's picture shows: as the form says, and in other languages as it was."""
    standing = before.get("alt", {})
    if choice.alt is None:
        return dict(standing)
    others = {tag: text for tag, text in standing.items() if tag not in LANGUAGES}
    return {**choice.alt, **others}
