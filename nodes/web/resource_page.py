"""The page of one resource, which views of several modules show: also with what was wrong in one of its forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import cast

from flask import render_template

from nodes import petitions, queries, questions, uses
from nodes.models import LocalFile
from nodes.web.frame import workplace
from shared.errors import CommonsError, FieldError
from shared.record import is_tombstone


def resource_page(
    record_id: str,
    reason_faults: Sequence[CommonsError | FieldError] = (),
    answer_faults: Mapping[str, Sequence[CommonsError | FieldError]] = MappingProxyType({}),
    petition_faults: Mapping[str, Sequence[CommonsError | FieldError]] = MappingProxyType({}),
) -> str:
    """The page of a resource; with faults, what was filled in stays. Raises `NotFound`."""
    with workplace().database.unit_of_work(read_only=True) as session:
        versions = queries.versions(session, record_id)
        latest = versions[0]
        record = latest.content
        local = {
            entry["sha256"]: cast("LocalFile | None", session.get(LocalFile, entry["sha256"]))
            for entry in record.get("files", ())
        }
        faults = [FieldError(e.get("pointer", ""), e.get("code", ""), e.get("params", {})) for e in latest.errors]
        return render_template(
            "resource.html",
            latest=latest,
            versions=versions,
            record=record,
            local=local,
            faults=faults,
            ark=latest.resource.ark,
            withdrawn=is_tombstone(record),
            reason_faults=reason_faults,
            asked=questions.of_resource(session, record_id),
            answer_faults=answer_faults,
            petitions=petitions.of_resource(session, record_id),
            used=uses.of_resource(session, record_id),
            open_kinds=petitions.open_kinds(latest),
            petition_faults=petition_faults,
        )
