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
    looking,
    members,
    mirroring,
    pictures,
    resources,
    suggestions,
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
    "looking",
    "members",
    "mirroring",
    "pictures",
    "portal",
    "resources",
    "suggestions",
    "taking",
    "voices",
]
