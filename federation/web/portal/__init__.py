"""The portal: what the public sees of the hub."""

from __future__ import annotations

from federation.web.portal import (
    about,
    atlas,
    auditing,
    browsing,
    descriptions,
    discovery,
    dumping,
    embedding,
    finding,
    following,
    home,
    members,
    resources,
    taking,
    timeline,
    voices,
)
from federation.web.portal.blueprint import portal

__all__ = [
    "about",
    "atlas",
    "auditing",
    "browsing",
    "descriptions",
    "discovery",
    "dumping",
    "embedding",
    "finding",
    "following",
    "home",
    "members",
    "portal",
    "resources",
    "taking",
    "timeline",
    "voices",
]
