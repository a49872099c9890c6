"""The local page as a server: waitress, on this machine only, with the rounds that the node goes by itself."""

from __future__ import annotations

import os
from dataclasses import replace

import click
import waitress

from nodes import memory
from nodes.app import create_app
from nodes.settings import NodeSettings
from nodes.texts import _
from nodes.web.schedule import Schedule
from nodes.web.syncing import Syncer
from shared.errors import PortTaken
from shared.starting import loaded
from shared.supervised import SUPERVISED, die_with_parent

THREADS = 4
MAX_BODY = 1 << 50
"""Bytes of one request. Files go straight to disk and have limits of their own; waitress would stop at 1 GiB."""


def run(settings: NodeSettings, *, port: int) -> None:
    """Serve the node's page until Ctrl-C or SIGTERM. Raises `PortTaken`."""
    die_with_parent()
    memory.one_arena()
    app = create_app(replace(settings, port=port))
    try:
        server = waitress.create_server(
            app,
            host=settings.host,
            port=port,
            threads=THREADS,
            max_request_body_size=MAX_BODY,
            ident=None,
        )
    except OSError as error:
        raise PortTaken(address=f"{settings.host}:{port}") from error
    if SUPERVISED not in os.environ:
        # Whoever started it has more to say than that, and says it in order.
        click.echo(_("本机网页：") + f"http://{settings.host}:{port}/" + _("（Ctrl-C 停止）"))
    syncer: Syncer = app.config["SYNCER"]
    if settings.sync_minutes:
        Schedule(app.config["WORKPLACE"], syncer, minutes=settings.sync_minutes).start()
    loaded()
    try:
        server.run()
    finally:
        syncer.stop()
        app.config["BATCHER"].stop()
