"""The keys by which this node knows its hub again: the fingerprint that it saw first, as SSH does it.

They lie in a file beside the node's own key, not in the database: a node that has lost that still knows its hub.
"""

from __future__ import annotations

import json
from pathlib import Path

from nodes.key_files import write_private
from shared.errors import FileUnreadable, HubKeyDiffers, HubKeyUnknown

FILE = "known-hubs.json"


def known(folder: Path, hub: str) -> str:
    """The fingerprint (RFC 7638) of the key of the hub with that address; empty for none. Raises `FileUnreadable`."""
    return all_known(folder).get(hub, "")


def all_known(folder: Path) -> dict[str, str]:
    """The fingerprints of all hubs that this node has met, by their addresses. Raises `FileUnreadable`."""
    try:
        noted = json.loads((folder / FILE).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise FileUnreadable(name=FILE, cause=type(error).__name__) from error
    if not isinstance(noted, dict):
        raise FileUnreadable(name=FILE, cause="not an object")
    return noted


def check(folder: Path, hub: str, shown: str, *, given: str = "") -> None:
    """Compare the key that something shows with the one that is known, or with the one that a person has `given`.

    Raises `HubKeyUnknown` when there is neither, `HubKeyDiffers`.
    """
    expected = given.strip() or known(folder, hub)
    if not expected:
        raise HubKeyUnknown(hub=hub, theirs=shown)
    if expected != shown:
        raise HubKeyDiffers(hub=hub, theirs=shown, ours=expected)


def meet(folder: Path, hub: str, shown: str) -> None:
    """Note the key of a hub that is met for the first time, over a connection that vouches for it.

    Raises `HubKeyDiffers` when another one is known.
    """
    if known(folder, hub):
        check(folder, hub, shown)
    else:
        keep(folder, hub, shown)


def keep(folder: Path, hub: str, fingerprint: str) -> None:
    """Note a hub's key in place of what was noted before: a person or a check has said that it is right."""
    noted = all_known(folder)
    if noted.get(hub) != fingerprint:
        write_private(folder / FILE, json.dumps({**noted, hub: fingerprint}, indent=2).encode())
