"""The page as a server: waitress, unless told otherwise for this machine only, with what the node does by itself."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
import waitress

from nodes import accounts, memory, served
from nodes.app import create_app
from nodes.settings import NodeSettings
from nodes.texts import _
from nodes.web.harvester import Harvester, HarvestSchedule
from nodes.web.schedule import Schedule
from nodes.web.syncing import Syncer
from nodes.workplace import Workplace
from shared.errors import AccountsNeeded, PortTaken
from shared.starting import loaded
from shared.supervised import SUPERVISED, die_with_parent

THREADS = 4
MAX_BODY = 1 << 50
"""Bytes of one request. Files go straight to disk and have limits of their own; waitress would stop at 1 GiB."""


def run(settings: NodeSettings, *, port: int, ready: Callable[[str], object] | None = None) -> None:
    """Serve the node's page until Ctrl-C or SIGTERM; what is missing of the node is made first.

    `ready` is told the address once it can be opened. Raises `PortTaken`, or `AccountsNeeded` when others are to
    reach it.
    """
    die_with_parent()
    memory.one_arena()
    # A browser asks for more than the threads do at once; that is no trouble of whoever reads the terminal.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = create_app(replace(settings, port=port))
    _check_accounts(app.config["WORKPLACE"], settings)
    try:
        server = waitress.create_server(
            app,
            host=settings.host,
            port=port,
            threads=THREADS,
            max_request_body_size=MAX_BODY,
            ident=None,
            clear_untrusted_proxy_headers=True,
            **_trusting(settings.trusted_proxy),
        )
    except OSError as error:
        raise PortTaken(address=f"{settings.host}:{port}") from error
    address = served.address(settings.host, port)
    served.note(settings.folder, settings.host, port)
    if SUPERVISED not in os.environ:
        # Whoever started it has more to say than that, and says it in order.
        click.echo(_("本机网页：") + address + _("（Ctrl-C 停止）"))
    syncer: Syncer = app.config["SYNCER"]
    if settings.sync_minutes:
        Schedule(app.config["WORKPLACE"], syncer, minutes=settings.sync_minutes).start()
    if settings.backup_folder:
        app.config["BACKUPS"].start()
    harvester: Harvester = app.config["HARVESTER"]
    HarvestSchedule(app.config["WORKPLACE"], harvester).start()
    loaded()
    if ready is not None:
        ready(address)
    try:
        server.run()
    finally:
        syncer.stop()
        app.config["BATCHER"].stop()
        app.config["BACKUPS"].stop()
        app.config["EXAMINER"].stop()
        harvester.stop()
        served.forget(settings.folder)


def _check_accounts(workplace: Workplace, settings: NodeSettings) -> None:
    """A page that others reach and on which nobody can sign in is refused, whichever way it was meant."""
    with workplace.database.unit_of_work(read_only=True) as session:
        if settings.open and not accounts.any_there(session):
            raise AccountsNeeded(where=settings.public_hosts or settings.host)


def _trusting(proxy: str) -> dict[str, Any]:
    """Whose word about the visitor's address and protocol is taken (waitress's arguments)."""
    if not proxy:
        return {}
    return {"trusted_proxy": proxy, "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"}}
