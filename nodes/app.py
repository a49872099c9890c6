"""The node's local page as a WSGI application: the one place that knows all its parts."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, request
from flask_wtf import CSRFProtect
from sqlalchemy import select

from nodes import memory
from nodes.models import LocalFile
from nodes.settings import NodeSettings
from nodes.web import language, uploads
from nodes.web.assets import assets
from nodes.web.batches import tables
from nodes.web.batching import Batcher
from nodes.web.frame import init_frame
from nodes.web.guard import LoopbackOnly, init_headers
from nodes.web.mappings import mappings
from nodes.web.pages import pages
from nodes.web.problems import init_problems
from nodes.web.syncing import Syncer
from nodes.workplace import Workplace, initialise
from shared.canonical import digest

MAX_TEXT = 2 * 1024**2
"""Bytes of all texts in one form; files are not counted, they never stay in memory."""
MAX_PARTS = 2_000
"""Fields and files of one form: the largest record that there may be has 1,600."""


class NodeApp(Flask):
    """A Flask application whose requests write uploaded files straight to disk."""

    request_class = uploads.NodeRequest


def create_app(settings: NodeSettings) -> Flask:
    """The local page of the node in `settings`' folder, which is made when it is not there."""
    workplace = initialise(settings, kept_open=False)
    folder = workplace.folder / uploads.FOLDER
    app = NodeApp(__name__)
    app.config.update(
        WORKPLACE=workplace,
        SYNCER=Syncer(workplace, settings),
        BATCHER=Batcher(settings),
        UPLOADS=folder,
        # A form is good for as long as this process runs: nobody is signed in, so nothing else hangs on it.
        SECRET_KEY=secrets.token_bytes(32),
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=None,
        MAX_FORM_MEMORY_SIZE=MAX_TEXT,
        MAX_FORM_PARTS=MAX_PARTS,
        # Browsers send cookies to every port of a host: each node on this machine needs a name of its own.
        SESSION_COOKIE_NAME=f"commons-node-{digest(str(workplace.folder.resolve()).encode())[:12]}",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
    )
    language.init_texts(app)
    CSRFProtect(app)
    init_headers(app)
    init_problems(app)
    init_frame(app)
    app.register_blueprint(assets)
    app.register_blueprint(pages)
    app.register_blueprint(tables)
    app.register_blueprint(mappings)
    app.teardown_request(_tidy)
    uploads.sweep(folder, registered_paths(workplace))
    guarded: Any = LoopbackOnly(app.wsgi_app)
    app.wsgi_app = guarded  # type: ignore[method-assign]  # Flask's documented way to add middleware
    return app


def registered_paths(workplace: Workplace) -> frozenset[str]:
    """Where the registered files lie."""
    with workplace.database.unit_of_work(read_only=True) as session:
        return frozenset(session.scalars(select(LocalFile.path)))


def _tidy(_error: BaseException | None) -> None:
    uploads.drop_untaken(request)
    memory.give_back()
