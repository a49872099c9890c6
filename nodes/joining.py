"""Joining a hub: its address as it was typed, and the invitation."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from nodes import membership as memberships
from nodes.hub_client import HubClient
from nodes.models import Membership
from nodes.workplace import Workplace
from shared.errors import AlreadyJoined, HubAway, HubNotFound, InvalidHubAddress
from shared.messages import PROTOCOL, EnrolmentReply
from shared.wording import Words

NO_SCHEME = Words("it must begin with http:// or https://", "须以 http:// 或 https:// 开头")
NO_HOST = Words("it has no host", "没有主机名")
BAD_HOST = Words("its host or port is not right", "主机名或端口不对")
NOT_PLAIN = Words(
    "it may have no blank, user name, query or fragment", "不能有空格、用户名，也不能有 ? 或 # 后面的部分"
)


def hub_origin(text: str) -> str:
    """A hub's address as it was typed, with a name in Chinese in the form that the network knows (IDNA).

    The address of the portal in English (`/en`) is the hub's, too. Raises `InvalidHubAddress`.
    """
    typed = text.strip()
    try:
        parts = urlsplit(typed)
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except (ValueError, UnicodeError) as error:
        raise InvalidHubAddress(hub=typed[:200], cause=BAD_HOST) from error
    if parts.scheme not in ("http", "https") or "://" not in typed:
        raise InvalidHubAddress(hub=typed[:200], cause=NO_SCHEME)
    if not host:
        raise InvalidHubAddress(hub=typed[:200], cause=NO_HOST)
    if "@" in parts.netloc or parts.query or parts.fragment or any(map(str.isspace, typed)):
        raise InvalidHubAddress(hub=typed[:200], cause=NOT_PLAIN)
    place = f"[{host}]" if ":" in host else host
    path = parts.path.rstrip("/").removesuffix("/en")
    return f"{parts.scheme}://{place}{f':{port}' if port is not None else ''}{path}"


def join(workplace: Workplace, client: HubClient, *, token: str, node_name: str) -> Membership:
    """Enrol with a one-time invitation; repeating it with the same hub and token does no harm.

    Without a token the hub is asked whether it knows our key already: so a node that has lost its database comes
    back. Raises `AlreadyJoined`, `HubNotFound`, or the hub's refusal.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        standing = memberships.find(session)
    if standing is not None:
        raise AlreadyJoined(hub=standing.origin)
    try:
        reply = _ask(workplace, client, token=token, node_name=node_name)
    except HubAway as error:
        raise HubNotFound(hub=client.origin, cause=error.data["cause"]) from error
    return memberships.keep(workplace, reply)


def _ask(workplace: Workplace, client: HubClient, *, token: str, node_name: str) -> dict[str, Any]:
    if not token:
        return client.get("/membership", EnrolmentReply)
    return client.ask("/enrolments", request(workplace, token=token, node_name=node_name), EnrolmentReply)


def request(workplace: Workplace, *, token: str, node_name: str) -> dict[str, Any]:
    """What a node says when it asks to join (`EnrolmentRequest`)."""
    return {
        "protocol": PROTOCOL,
        "token": token.strip(),
        "node_name": node_name,
        "public_key": workplace.key.jwk,
    }
