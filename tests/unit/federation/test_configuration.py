"""Settings in the audit log: each change once, and no secret."""

from __future__ import annotations

import json
from dataclasses import replace

from sqlalchemy import select

from federation import configuration
from federation.database import unit_of_work
from federation.models.events import AuditEvent
from shared.canonical import digest


def note(hub, **changes):
    with unit_of_work(hub.app) as session:
        return configuration.note(session, replace(hub.settings, **changes))


def test_settings_are_remembered_when_they_change_and_not_again(hub):
    assert note(hub)
    assert not note(hub)
    assert not note(hub, port=9999, log_level="DEBUG")
    assert note(hub, max_withdrawn_percent=50)
    with unit_of_work(hub.app, read_only=True) as session:
        first, second = (
            json.loads(event.entry) for event in session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        )
    assert second["before"] == first["after"]
    assert second["detail"]["settings"]["max_withdrawn_percent"] == 50


def test_no_secret_and_no_address_within_stands_in_the_log(hub):
    settings = replace(hub.settings, clamd="tcp://10.0.0.7:3310")
    with unit_of_work(hub.app, read_only=True) as session:
        told = json.dumps(configuration.told(session, settings))
        before = configuration.told(session, hub.settings)
    for hidden in (
        settings.secret_key,
        settings.audit_key,
        settings.store_secret_key,
        settings.database_url,
        digest(settings.clamd.encode()),
        "10.0.0.7",
    ):
        assert hidden not in told
    assert json.loads(told)["clamd"] != before["clamd"]
