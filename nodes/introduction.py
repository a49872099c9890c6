"""Before a node joins: does a hub answer at the address that was typed, and is that the address it goes by?"""

from __future__ import annotations

from typing import Any

from nodes import joining
from nodes import membership as memberships
from nodes.hub_client import HubClient, RefusedByHub
from nodes.workplace import Workplace
from shared import speaking
from shared.errors import HubAway, HubNotFound, InvalidHubAddress, NotAHub, OtherOrigin
from shared.wording import Words

NO_INTRODUCTION = Words("it says nothing of an alliance", "它没有介绍自己是哪个联盟的平台")


def confirm(workplace: Workplace, client: HubClient) -> None:
    """Ask who answers, unless this node is a member already, which `joining.join` says.

    A hub takes only what is signed for its own address, and an invitation must not go to anybody else. Raises
    `HubNotFound`, `NotAHub`, `ProtocolUnknown` or `OtherOrigin`.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        if memberships.find(session) is not None:
            return
    own = _own_address(client)
    if own != client.origin:
        raise OtherOrigin(hub=client.origin, origin=own)


def _own_address(client: HubClient) -> str:
    try:
        said: dict[str, Any] = client.describe()
    except RefusedByHub as error:
        raise NotAHub(hub=client.origin, cause=error.data["detail"].rstrip("。.")) from error
    except HubAway as error:
        raise HubNotFound(hub=client.origin, cause=error.data["cause"]) from error
    try:
        own = joining.hub_origin(str(said.get("origin", "")) if "protocol" in said else "")
    except InvalidHubAddress as error:
        raise NotAHub(hub=client.origin, cause=NO_INTRODUCTION) from error
    speaking.check_hub(said)
    return own
