"""The hub's settings in the audit log: what counts for members and readers, whenever it has changed."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import auditlog, sequences
from federation.models.events import AuditEvent
from federation.settings import HubSettings
from shared.canonical import canonical, digest

CONFIGURED = "hub.configured"
OF_ONE_MACHINE = frozenset(
    {"var", "host", "port", "office", "search_path", "web_threads", "web_processes", "log_level", "log_format"}
)
"""Settings that differ from host to host and change nothing for anybody."""
ADDRESSES = frozenset({"clamd", "store_endpoint", "store_ca_bundle", "smtp_host", "smtp_user", "smtp_ca_bundle"})
"""Settings that say how the hub's own network is built: that they have changed is told, not to what."""


def note(session: Session, settings: HubSettings) -> bool:
    """Remember the settings if they are not those that were remembered last; whether they are not.

    No secret is told. Of several processes that start together one remembers them.
    """
    values = told(session, settings)
    after = digest(canonical(values))
    if _last(session) == after:
        return False
    sequences.hold(session, sequences.AUDIT)
    before = _last(session)
    if before == after:
        return False
    happening = auditlog.Happening(
        auditlog.OPERATOR, CONFIGURED, "hub:settings", before=before, after=after, detail={"settings": values}
    )
    auditlog.record(session, happening)
    return True


def told(session: Session, settings: HubSettings) -> dict[str, Any]:
    """The settings that are told, by name; an address within the hub's network so that nobody can guess it."""
    found = {}
    for field in dataclasses.fields(settings):
        if field.metadata["secret"] or field.name in OF_ONE_MACHINE:
            continue
        value = getattr(settings, field.name)
        plain = value if isinstance(value, int | str) else str(value)
        found[field.name] = auditlog.blinded(session, str(plain)) if field.name in ADDRESSES and plain else plain
    return found


def _last(session: Session) -> str:
    """The digest of the settings that were remembered last, empty before there were any."""
    found = select(AuditEvent.entry).where(AuditEvent.action == CONFIGURED).order_by(AuditEvent.id.desc()).limit(1)
    entry = session.scalar(found)
    return str(json.loads(entry)["after"]) if entry else ""
