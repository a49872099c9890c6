"""The portal: what the public sees of the hub."""

from __future__ import annotations

from federation.web.portal import about, finding, home, members, resources
from federation.web.portal.blueprint import portal

__all__ = ["about", "finding", "home", "members", "portal", "resources"]
