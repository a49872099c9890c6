"""Signed notes, and the checkpoints that they carry (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

A note is text, a blank line, and a line for each signature. A checkpoint is a note that names a log, its size and its
root; the log signs it, and each witness that found it consistent with all it saw before adds a cosignature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.merkle import HASH_BYTES

ED25519, COSIGNATURE = 0x01, 0x04
"""Kinds of signature: of the log itself, and of a witness with the time at which it looked."""
MAX_NOTE = 64 * 1024
MAX_SIGNATURES = 200
MAX_SIZE = 2**53 - 1
_LINE = re.compile(r"— ([^\s+]{1,255}) ([A-Za-z0-9+/]+={0,2})")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True)
class Verifier:
    """Who signs notes: a name without blanks and plus signs, the kind of signature, and the public key."""

    name: str
    kind: int
    key: Ed25519PublicKey

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names the key (signed-note, Signatures)."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._material).digest()[:4]

    @property
    def _material(self) -> bytes:
        return bytes([self.kind]) + self.key.public_bytes_raw()

    def __str__(self) -> str:
        """The verifier key as text (signed-note, Verifier keys)."""
        return f"{self.name}+{self.key_id.hex()}+{_to_base64(self._material)}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """From its text. Raises `ValueError`."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        material = _from_base64(encoded)
        if len(material) != 33 or material[0] not in (ED25519, COSIGNATURE):
            raise ValueError("not an Ed25519 verifier key")
        found = cls(name, material[0], Ed25519PublicKey.from_public_bytes(material[1:]))
        if not name or found.key_id.hex() != key_id:
            raise ValueError("the verifier key's id is not that of its key")
        return found


@dataclass(frozen=True)
class Signature:
    """One signature line: the signer's name, the four bytes of its key, and what it signed with."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"— {self.name} {_to_base64(self.key_id + self.value)}"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """From its line. Raises `ValueError`."""
        found = _LINE.fullmatch(line)
        blob = _from_base64(found[2]) if found else b""
        if found is None or len(blob) < 5:
            raise ValueError("not a signature line")
        return cls(found[1], blob[:4], blob[4:])

    @property
    def time(self) -> int:
        """When a witness says that it looked, in seconds since 1970. Raises `ValueError` for another kind."""
        if len(self.value) != 72:
            raise ValueError("not a cosignature")
        return int.from_bytes(self.value[:8], "big")


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself at one moment, with who vouches for it."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...] = ()

    @property
    def body(self) -> str:
        """The text that is signed (tlog-checkpoint, Note text)."""
        return f"{self.origin}\n{self.size}\n{_to_base64(self.root)}\n"

    def __str__(self) -> str:
        """The whole note."""
        return self.body + "\n" + "".join(f"{signature}\n" for signature in self.signatures)

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """From a note. Extension lines are refused: our log writes none. Raises `ValueError`."""
        if len(text) > MAX_NOTE:
            raise ValueError("the note is too long")
        body, blank, signed = text.partition("\n\n")
        lines = body.split("\n")
        if not blank or len(lines) != 3 or not lines[0] or not _NUMBER.fullmatch(lines[1]):
            raise ValueError("not a checkpoint: origin, size and root are needed, and a signature")
        root, below = _from_base64(lines[2]), signed.split("\n")
        if len(root) != HASH_BYTES or int(lines[1]) > MAX_SIZE or len(below) < 2 or below.pop() != "":
            raise ValueError("not a checkpoint: its root, its size or its end is not right")
        if len(below) > MAX_SIGNATURES:
            raise ValueError("the note has too many signatures")
        found = cls(lines[0], int(lines[1]), root, tuple(Signature.parse(line) for line in below))
        if found.body + "\n" + signed != text:
            raise ValueError("not a checkpoint in its one form")
        return found

    def signed(self, key: Ed25519PrivateKey) -> Checkpoint:
        """With the log's own signature, whose name is the origin."""
        signer = Verifier(self.origin, ED25519, key.public_key())
        return self.having([Signature(signer.name, signer.key_id, key.sign(self.body.encode()))])

    def cosigned(self, key: Ed25519PrivateKey, *, name: str, time: int) -> Signature:
        """The cosignature of the witness `name` that saw it at `time`, in seconds since 1970."""
        witness = Verifier(name, COSIGNATURE, key.public_key())
        value = time.to_bytes(8, "big") + key.sign(_cosigned(self.body, time))
        return Signature(name, witness.key_id, value)

    def having(self, signatures: Iterable[Signature]) -> Checkpoint:
        """With further signatures."""
        return replace(self, signatures=(*self.signatures, *signatures))

    def is_signed_by(self, signer: Verifier) -> bool:
        """Whether the note bears the signature of `signer`, and no false one under its name and key."""
        mine = [s for s in self.signatures if (s.name, s.key_id) == (signer.name, signer.key_id)]
        return bool(mine) and all(self._holds(signature, signer) for signature in mine)

    def _holds(self, signature: Signature, signer: Verifier) -> bool:
        try:
            if signer.kind == COSIGNATURE:
                signer.key.verify(signature.value[8:], _cosigned(self.body, signature.time))
            else:
                signer.key.verify(signature.value, self.body.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


def _cosigned(body: str, time: int) -> bytes:
    """What a witness signs (tlog-cosignature, Ed25519 signed message)."""
    return f"cosignature/v1\ntime {time}\n{body}".encode()


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if _to_base64(data) != text:
        raise ValueError("not base64 in its one form")
    return data
