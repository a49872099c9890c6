"""Public things as the open interface says them; the schemas are in `federation.api.schemas`."""

from __future__ import annotations

from typing import Any

from federation.catalogue import Page, PublicFile
from federation.models.institutions import Institution
from federation.web.addresses import absolute


def institution_reply(institution: Institution) -> dict[str, Any]:
    """An institution as `schemas.InstitutionReply` says."""
    return {
        "code": institution.code,
        "kind": institution.kind,
        "name": institution.names,
        "url": absolute("portal.institution", code=institution.code),
    }


def resource_reply(page: Page, key: dict[str, Any] | None) -> dict[str, Any]:
    """A resource as `schemas.ResourceReply` says."""
    entry = page.entry
    return {
        "ark": entry.ark,
        "url": absolute("portal.resource", ark=entry.ark),
        "version": page.version,
        "published_at": entry.at.isoformat(),
        "institution": institution_reply(entry.institution),
        "record": page.record,
        "files": [_file(entry.ark, file) for file in page.files],
        "relations": [
            {
                "type": one.type,
                "ark": one.entry.ark,
                "url": absolute("portal.resource", ark=one.entry.ark),
                "title": one.entry.record["title"],
            }
            for one in page.relations
        ],
        "versions": [
            {"version": one.version, "published_at": one.at.isoformat(), "sha256": one.sha256} for one in page.history
        ],
        "signature": {"jws": page.jws, "key_id": page.key_id, "key": key},
    }


def _file(ark: str, file: PublicFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "role": file.role,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "download": absolute("portal.download", ark=ark, name=file.name) if file.open else None,
    }
