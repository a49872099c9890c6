"""Registering through the form: fields and files of one request become a new version, or faults to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Request
from sqlalchemy.orm import Session

from nodes import files as local_files
from nodes import registration
from nodes.files import FileSpec, PreparedFile
from nodes.models import LocalFile
from nodes.registration import Registered
from nodes.web import uploads
from nodes.web.forms import FileChoice, Form, read_files
from nodes.workplace import Workplace
from shared.errors import FieldError, FileChanged, FileUnreadable, InvalidRecord, NotFound


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
) -> Registered:
    """Register `fields` with the chosen files as a new resource, or as the next version of `standing`.

    Files are read before the transaction is begun. Raises `InvalidRecord` with every fault, those of files too.
    """
    prepared = _prepare(workplace, choices, folder, standing)
    with workplace.database.unit_of_work() as session:
        return registration.register(
            session, fields, prepared, key=workplace.key, record_id=str(standing.get("id", ""))
        )


def _prepare(
    workplace: Workplace, choices: Sequence[FileChoice], folder: Path, standing: Mapping[str, Any]
) -> list[PreparedFile]:
    alts = {f"sha256:{entry['sha256']}": entry.get("alt", {}) for entry in standing.get("files", ())}
    prepared: list[PreparedFile] = []
    faults = []
    for number, choice in enumerate(choices):
        try:
            with workplace.database.unit_of_work(read_only=True) as session:
                path = _path(session, choice.key, folder)
            prepared += local_files.prepare([FileSpec(path, choice.name, choice.role, alts.get(choice.key, {}))])
        except (FileUnreadable, FileChanged, NotFound) as error:
            cause = {"name": choice.name, "cause": error.data.get("cause") or error.as_cause()}
            faults.append(FieldError(f"/files/{number}", "file_unreadable", cause))
    if faults:
        raise InvalidRecord(faults)
    return prepared


def _path(session: Session, key: str, folder: Path) -> Path:
    """Where the bytes lie: of a registered file by its digest, of an upload by its key. Raises `NotFound`."""
    kind, _, name = key.partition(":")
    if kind == "upload":
        return uploads.path_of(folder, name)
    found = session.get(LocalFile, name) if kind == "sha256" else None
    if found is None:
        raise NotFound()
    return Path(found.path)
