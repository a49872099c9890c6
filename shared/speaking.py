"""Whether node and hub speak the same version of the protocol: told before anything else that they say is read.

A later version may have fields that this one does not know; whoever guessed at them could do harm (docs/protocol.md,
版本).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.errors import ProtocolUnknown
from shared.messages import PROTOCOL


def check_node(said: Mapping[str, Any]) -> None:
    """Raise `ProtocolUnknown` for what a node of another version says. What says none is for others to judge."""
    if _is_another(theirs := said.get("protocol")):
        raise ProtocolUnknown(theirs=theirs, ours=PROTOCOL)


def check_hub(said: Mapping[str, Any]) -> None:
    """The same for what a hub says: then it is the node, too, that has to be another one."""
    if _is_another(theirs := said.get("protocol")):
        raise ProtocolUnknown(theirs=PROTOCOL, ours=theirs)


def _is_another(version: object) -> bool:
    return type(version) is int and version != PROTOCOL
