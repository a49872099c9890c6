"""The hub's pages: portal for the public, workbench for reviewers."""

from __future__ import annotations

from flask import Flask

from federation import usage
from federation.api.collections import public_collections
from federation.api.openapi import init_api
from federation.api.public import public_api
from federation.web import frame
from federation.web.assets import assets
from federation.web.headers import init_headers
from federation.web.portal import portal
from federation.web.portal.memory import init_memory
from federation.web.workbench import workbench


def register_pages(app: Flask) -> None:
    """Add all pages, the public API and what they share to the application."""
    usage.init_usage(app)
    init_memory(app)
    init_headers(app)
    frame.init_frame(app)
    app.register_blueprint(assets)
    app.register_blueprint(portal)
    app.register_blueprint(workbench)
    init_api(app, public_api, public_collections)
