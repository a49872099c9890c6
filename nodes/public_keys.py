"""The public halves of the keys that a node has had: what they signed can still be checked.

Each is kept with the statement by which the key before it endorsed it (`shared.endorsement`). So the chain can be
shown to a hub that was restored from a backup and has lost its last links, and a node that was restored itself
believes the hub what keys it has had since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from nodes.key_files import PUBLIC, write_private
from shared.endorsement import endorser
from shared.errors import CommonsError, FileUnreadable, KeyUnknown
from shared.signing import key_id, load_public_jwk


@dataclass(frozen=True)
class PublicKey:
    """One public half; `endorsement` is empty for a key that came with an invitation."""

    jwk: dict[str, str]
    endorsement: str = ""

    @property
    def key(self) -> Ed25519PublicKey:
        """The key itself."""
        return load_public_jwk(self.jwk)

    @property
    def id(self) -> str:
        """Its thumbprint."""
        return key_id(self.key)

    def as_message(self) -> dict[str, Any]:
        """A `KeyLink`."""
        return {"public_key": self.jwk, "endorsement": self.endorsement}


def load(folder: Path) -> dict[str, PublicKey]:
    """The keys by their ids, the first the first. Raises `FileUnreadable`."""
    try:
        listed = [PublicKey(**one) for one in json.loads((folder / PUBLIC).read_bytes())]
        return {one.id: one for one in listed}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, CommonsError) as error:
        raise FileUnreadable(name=PUBLIC, cause=type(error).__name__) from error


def add(folder: Path, *keys: PublicKey) -> None:
    """Remember keys; what is known of one already stays."""
    known = load(folder)
    fresh = {one.id: one for one in keys if one.id not in known}
    if fresh:
        listed = [{"jwk": one.jwk, "endorsement": one.endorsement} for one in (known | fresh).values()]
        write_private(folder / PUBLIC, json.dumps(listed, indent=2).encode())


def learn(folder: Path, told: Sequence[Mapping[str, Any]], *, own: PublicKey, origin: str) -> None:
    """Believe the hub that this node has had further keys (`KnownKey`), as far as they follow from those it knows.

    A node that was restored from a backup has forgotten the keys that came after it; what it published under them
    bears their signatures. A key that none of ours has endorsed could be anybody's.
    """
    known = {**load(folder), own.id: own}

    def find(kid: str) -> Ed25519PublicKey:
        if kid not in known:
            raise KeyUnknown()
        return known[kid].key

    fresh = []
    for message in told:
        one = PublicKey(message["public_key"], message["endorsement"])
        try:
            if one.id not in known:
                endorser(one.endorsement, new_key=one.id, origin=origin, find_key=find)
        except CommonsError:
            continue
        known[one.id] = one
        fresh.append(one)
    add(folder, *fresh, own)


def chain(folder: Path, kid: str) -> list[PublicKey]:
    """The links that lead to the key `kid`, the oldest first; none when nobody endorsed it."""
    linked = [one for one in load(folder).values() if one.endorsement]
    ids = [one.id for one in linked]
    return linked[: ids.index(kid) + 1] if kid in ids else []
