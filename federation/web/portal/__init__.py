"""The portal: what the public sees of the hub."""

from __future__ import annotations

from federation.web.portal import (
    about,
    auditing,
    calendar,
    collecting,
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
    taking_whole,
    voices,
)
from federation.web.portal.blueprint import portal

__all__ = [
    "about",
    "auditing",
    "calendar",
    "collecting",
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
    "taking_whole",
    "voices",
]
