"""Valid records by default; a test changes what it is about."""

from __future__ import annotations

from typing import Any

import uuid6
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared import signing
from shared.canonical import canonical

NO_BYTES = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def make_record(**changes: Any) -> dict[str, Any]:
    """A good record with a link and no file; a change to None leaves the field out."""
    record: dict[str, Any] = {
        "id": str(uuid6.uuid7()),
        "version": 1,
        "title": {"zh": "游标卡尺怎么读", "en": "How to read a vernier caliper"},
        "summary": {"zh": "三步读准游标卡尺。"},
        "type": "article",
        "themes": ["knowledge"],
        "language": ["zh"],
        "license": "CC-BY-4.0",
        "links": [{"url": "https://example.org/vernier"}],
    }
    record.update(changes)
    return {name: value for name, value in record.items() if value is not None}


def make_file(**changes: Any) -> dict[str, Any]:
    """A good entry of `files`."""
    entry = {"name": "卡尺.pdf", "role": "main", "media_type": "application/pdf", "size": 0, "sha256": NO_BYTES}
    return {**entry, **changes}


class Signer:
    """An institution's key, with its id and what it signs."""

    def __init__(self, private_key: Ed25519PrivateKey | None = None) -> None:
        self.private_key = private_key or Ed25519PrivateKey.generate()
        self.public_key = self.private_key.public_key()
        self.key_id = signing.key_id(self.public_key)
        self.jwk = signing.public_jwk(self.public_key)

    def sign(self, record: dict[str, Any]) -> str:
        """The record as a compact JWS."""
        return signing.sign(canonical(record), private_key=self.private_key, kid=self.key_id)
