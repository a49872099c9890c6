"""Texts that the database keeps and that are no use without the hub's secret key.

The key is derived from it for each purpose (HKDF with SHA-256, RFC 5869), so that what is sealed for one is nothing
for another; the form is Fernet: AES-128 in CBC mode with HMAC-SHA-256 and the time of sealing.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class CannotUnseal(Exception):
    """What was sealed was altered, or sealed with another key."""


def seal(text: str, *, secret_key: str, purpose: str) -> str:
    """`text` so that nobody reads or alters it without the hub's secret key."""
    return _box(secret_key, purpose).encrypt(text.encode("utf-8")).decode("ascii")


def unseal(sealed: str, *, secret_key: str, purpose: str, within: int | None = None) -> str:
    """The text again. Raises `CannotUnseal`, also for what was sealed longer than `within` seconds ago."""
    try:
        return _box(secret_key, purpose).decrypt(sealed.encode("utf-8"), ttl=within).decode("utf-8")
    except InvalidToken as error:
        raise CannotUnseal() from error


@lru_cache(maxsize=16)
def _box(secret_key: str, purpose: str) -> Fernet:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"metrology-commons {purpose}".encode())
    return Fernet(base64.urlsafe_b64encode(derive.derive(secret_key.encode("utf-8"))))
