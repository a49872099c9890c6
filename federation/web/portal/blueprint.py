"""The portal's blueprint, which the views of the portal add themselves to."""

from __future__ import annotations

from flask import Blueprint

from federation.audience import PUBLIC, guard

portal = guard(Blueprint("portal", __name__), PUBLIC)
