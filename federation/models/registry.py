"""All tables of the hub, loaded: what migrations and the tests' schema checks look at."""

from __future__ import annotations

from federation.models import (
    auditing,
    backups,
    bearings,
    collections,
    derivatives,
    dumps,
    events,
    findings,
    identities,
    institutions,
    links,
    mail,
    objects,
    people,
    petitions,
    policies,
    questions,
    reconciliations,
    reminders,
    renditions,
    resources,
    reviews,
    usage,
    withdrawals,
)
from federation.models.base import Base

metadata = Base.metadata
modules = (
    auditing,
    backups,
    bearings,
    collections,
    derivatives,
    dumps,
    events,
    findings,
    identities,
    institutions,
    links,
    mail,
    objects,
    people,
    petitions,
    policies,
    questions,
    reconciliations,
    reminders,
    renditions,
    resources,
    reviews,
    usage,
    withdrawals,
)
