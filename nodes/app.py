"""The node's local page as a WSGI application: the one place that knows all its parts."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import Flask, request
from flask_wtf import CSRFProtect
from sqlalchemy import select

from nodes import form_drafts, memory, served
from nodes.arrivals import FOLDER, Arrivals
from nodes.guessing import Guesses
from nodes.models import LocalFile
from nodes.settings import NodeSettings
from nodes.web import language, sources, uploads
from nodes.web.accounts import people
from nodes.web.alive import alive
from nodes.web.arriving import arriving
from nodes.web.assets import assets
from nodes.web.backups import Backups
from nodes.web.batches import tables
from nodes.web.batching import Batcher
from nodes.web.checkup import Examiner, checkup
from nodes.web.comparing import comparing
from nodes.web.conversation import conversation
from nodes.web.drafting import drafting
from nodes.web.frame import init_frame
from nodes.web.guard import Guard, init_headers
from nodes.web.harvester import Harvester
from nodes.web.identity import init_identity
from nodes.web.joining import joining
from nodes.web.listing import resources
from nodes.web.live import live
from nodes.web.mappings import mappings
from nodes.web.pages import pages
from nodes.web.previewing import previewing
from nodes.web.problems import init_problems
from nodes.web.sending_limits import sending_limits
from nodes.web.syncing import Syncer
from nodes.web.transfers import transfers
from nodes.workplace import Workplace, initialise

MAX_TEXT = 2 * 1024**2
"""Bytes of all texts in one form; files are not counted, they never stay in memory."""
MAX_PARTS = 5_000
"""Fields and files of one form: the largest record that there may be has 3,400."""
SESSION_LIFETIME = timedelta(hours=12)
"""How long a session lasts after its last request."""
BLUEPRINTS = (
    *(alive, assets, people, joining),
    *(pages, arriving, drafting, live, previewing),
    *(tables, mappings),
    *(resources, conversation, comparing),
    *(sources.pages, transfers, sending_limits, checkup),
)


class NodeApp(Flask):
    """A Flask application whose requests write uploaded files straight to disk."""

    request_class = uploads.NodeRequest


def create_app(settings: NodeSettings) -> Flask:
    """The local page of the node in `settings`' folder, which is made when it is not there."""
    workplace = initialise(settings, kept_open=False)
    arrivals = Arrivals(workplace.database, workplace.folder / FOLDER)
    app = NodeApp(__name__)
    app.config.update(
        WORKPLACE=workplace,
        SYNCER=Syncer(workplace, settings),
        EXAMINER=Examiner(settings),
        BACKUPS=Backups(settings),
        BATCHER=Batcher(settings),
        HARVESTER=Harvester(workplace, settings),
        ARRIVALS=arrivals,
        UPLOADS=arrivals.folder,
        OPEN=settings.open,
        GUESSES=Guesses(),
        # Sessions that were signed out of; those of an earlier process are good no more.
        ENDED=set(),
        # Forms and sessions are good for as long as this process runs: no file that gives them away lies about.
        SECRET_KEY=secrets.token_bytes(32),
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        WTF_CSRF_TIME_LIMIT=None,
        # The guard has looked at Origin and Sec-Fetch-Site before; a Referer some networks take away.
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=None,
        MAX_FORM_MEMORY_SIZE=MAX_TEXT,
        MAX_FORM_PARTS=MAX_PARTS,
        # Browsers send cookies to every port of a host: each node on this machine needs a name of its own.
        SESSION_COOKIE_NAME=f"commons-node-{served.name_of(workplace.folder)}",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=settings.open and not settings.plain_http,
    )
    language.init_texts(app)
    init_identity(app)
    CSRFProtect(app)
    init_headers(app)
    init_problems(app)
    init_frame(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.teardown_request(_tidy)
    arrivals.sweep(registered=registered_paths(workplace), wanted=wanted_uploads(workplace))
    guarded: Any = Guard(app.wsgi_app, settings)
    app.wsgi_app = guarded  # type: ignore[method-assign]  # Flask's documented way to add middleware
    return app


def registered_paths(workplace: Workplace) -> frozenset[str]:
    """Where the registered files lie."""
    with workplace.database.unit_of_work(read_only=True) as session:
        return frozenset(session.scalars(select(LocalFile.path)))


def wanted_uploads(workplace: Workplace) -> set[str]:
    """The keys of the files that drafts want."""
    with workplace.database.unit_of_work(read_only=True) as session:
        return form_drafts.upload_keys(session)


def _tidy(_error: BaseException | None) -> None:
    uploads.drop_untaken(request)
    memory.give_back()
