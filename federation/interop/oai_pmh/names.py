"""Names by which harvesters know this hub and its records (guidelines "oai-identifier", §2.1 and §2.2).

An identifier is `oai:DOMAIN:NAAN/NAME`, from the hub's public address and the ARK of the resource: as permanent as
they are. The format wants a domain of two labels or more, each beginning with a letter.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from urllib.parse import urlsplit

from federation.catalogue import normal_ark

SCHEME, DELIMITER = "oai", ":"
NO_DOMAIN = "invalid"
"""RFC 2606 §2: never anybody's domain."""


@lru_cache(maxsize=4)
def domain(origin: str) -> str:
    """The domain of identifiers; a label that begins with a digit gets an `n`, a lone name `.invalid`."""
    host = (urlsplit(origin).hostname or "").replace("[", "").replace("]", "").replace(":", "-")
    labels = [_ascii(label) for label in host.split(".") if label]
    labels = [label if label[0].isalpha() else f"n{label}" for label in labels]
    return ".".join(labels if len(labels) > 1 else [*labels, NO_DOMAIN])


def identifier(origin: str, ark: str) -> str:
    """How harvesters name the resource with this ARK."""
    return DELIMITER.join((SCHEME, domain(origin), ark.removeprefix("ark:")))


def ark_of(origin: str, name: str) -> str | None:
    """The ARK of an identifier of this hub in exactly the form that it gives; None for any other name."""
    start = identifier(origin, "")
    ark = f"ark:{name.removeprefix(start)}"
    return ark if name.startswith(start) and normal_ark(ark) == ark else None


def _ascii(label: str) -> str:
    """A label of a domain as the network has it: Chinese ones in Punycode."""
    with suppress(UnicodeError):
        label = label.encode("idna").decode("ascii")
    return re.sub(r"[^A-Za-z0-9-]", "-", label)
