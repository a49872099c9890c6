"""Joining a hub in one step, for the command, the page and programs: who answers there, and then the invitation."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from nodes import hub_keys, introduction, joining, rounds
from nodes.hub_client import HubClient
from nodes.models import Membership
from nodes.workplace import Workplace
from shared.errors import OtherOrigin


def enter(workplace: Workplace, *, hub: str, token: str, node_name: str = "", hub_key: str = "") -> Membership:
    """Join the hub at `hub` with a one-time `token`; `node_name` is the machine's own name when it is empty.

    A hub that was written with http and goes by https under the same name is joined by https. `hub_key` is its key's
    fingerprint if a person has learnt it. Raises `InvalidHubAddress`, `HubNotFound`, `NotAHub`, `OtherOrigin`,
    `AlreadyJoined`, `RoundUnderWay`, or the hub's refusal.
    """
    client = HubClient(joining.hub_origin(hub), workplace.key, workplace.settings)
    try:
        introduction.confirm(workplace, client)
    except OtherOrigin as error:
        own = str(error.data["origin"])
        if not _same_but_safer(client.origin, own):
            raise
        client = HubClient(own, workplace.key, workplace.settings)
        introduction.confirm(workplace, client)
    with rounds.alone(workplace):
        if hub_key:
            hub_keys.keep(workplace.folder, client.origin, hub_key.strip())
        return joining.join(workplace, client, token=token, node_name=node_name or socket.gethostname())


def _same_but_safer(written: str, own: str) -> bool:
    """Whether the hub's own address is what was written, by https: the invitation goes to nobody else."""
    before, after = urlsplit(written), urlsplit(own)
    return (before.scheme, after.scheme) == ("http", "https") and before.hostname == after.hostname
