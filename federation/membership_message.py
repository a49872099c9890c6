"""What a node is told when it joins, over the network or in a carried reply: who it is to this hub."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from federation import key_register
from federation.models.institutions import Node
from federation.settings import HubSettings
from federation.transparency.keys import log_keys
from shared import messages


def describe(session: Session, node: Node, settings: HubSettings) -> dict[str, Any]:
    """Who the node is to this hub (`EnrolmentReply`)."""
    keys = key_register.keys_of(session, node.id)[-messages.MAX_KEYS :]
    institution = node.institution
    return {
        "protocol": messages.PROTOCOL,
        "hub_key": log_keys(settings).jwk,
        "node_id": node.id,
        "institution": {
            "code": institution.code,
            "kind": institution.kind,
            "name": institution.names,
        },
        "hub_name": hub_name(settings),
        "origin": settings.origin,
        "keys": [{"public_key": key.jwk, "endorsement": key.endorsement} for key in keys],
        "limits": {
            "batch_records": messages.MAX_BATCH_RECORDS,
            "batch_bytes": messages.MAX_BATCH_BYTES,
            "file_bytes": settings.max_file_bytes,
        },
    }


def hub_name(settings: HubSettings) -> dict[str, str]:
    """What the hub is called."""
    return {"zh": settings.hub_name_zh, "en": settings.hub_name_en}
