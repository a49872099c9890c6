"""The portal: what the public sees of the hub."""

from __future__ import annotations

from federation.web.portal import (
    about,
    auditing,
    descriptions,
    discovery,
    dumping,
    embedding,
    finding,
    following,
    home,
    members,
    mirroring,
    resources,
    taking,
    voices,
)
from federation.web.portal.blueprint import portal

__all__ = [
    "about",
    "auditing",
    "descriptions",
    "discovery",
    "dumping",
    "embedding",
    "finding",
    "following",
    "home",
    "members",
    "mirroring",
    "portal",
    "resources",
    "taking",
    "voices",
]
