"""What node and hub say to each other when a person carries it: enrolment, a bundle's statement, and its receipt.

The messages inside are those of the network; here are only the envelopes.
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared import jws, speaking
from shared.answering import MAX_ANSWERS, AnswerMessage, AnswerOutcome
from shared.bags import Bag, Payload, begin_new
from shared.canonical import canonical, digest, parse
from shared.errors import BagAltered, BagUnexpected, CommonsError, FileUnwritable, SignatureInvalid
from shared.messages import (
    MAX_KEYS,
    PROTOCOL,
    ArkMessage,
    EnrolmentReply,
    Flag,
    ItemMessage,
    KeyLink,
    OneOf,
    PublicKeyMessage,
    PublishResult,
    VersionName,
    read,
)
from shared.petitioning import MAX_PETITIONS, PetitionMessage, PetitionOutcome
from shared.reconciliation import BUCKETS
from shared.record import SHA256, RecordId
from shared.signing import MAX_TOKEN, key_id, load_public_jwk, sign, verify
from shared.status_messages import StatusEvent
from shared.validation import Many, Part, Strict, Text, Whole
from shared.wording import system_fault

STATEMENT = "statement.jws"
"""The bundle's tag file in which the node says whose and for which hub it is."""
STATEMENT_TYPE = "metrology-commons-bundle+jws"
ENROLMENT_TYPE = "metrology-commons-enrolment+jws"
RECORDS_PATH = re.compile(r"data/records/[0-9]{4}\.jws")
WORDS_PATH = "data/words.json"
FILE_PATH = re.compile(r"data/files/sha256/([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})")
MAX_CARRIED_BYTES = 512 * 1024**2
"""Bytes of a receipt; a request, a statement and a reply are far smaller."""
MAX_STATEMENT_BYTES = 64 * 1024
MAX_REPLY_BYTES = 256 * 1024
"""Bytes of the reply to a request to join: it has all keys of the node, each with its endorsement."""
MAX_WORDS_BYTES = 16 * 1024**2
"""Bytes of what the institution says in a bundle."""
MAX_BUNDLE_RECORDS = 50_000
MAX_BUNDLE_FILES = 100_000
MAX_RECEIPT_EVENTS = 200_000
MAX_EVENT_BYTES = 64 * 1024**2
"""Bytes of the events of a receipt, the last page apart; the rest comes with the next receipt."""
MAX_GIVEN_BACK = 64 * 1024**2
"""Bytes of what a receipt gives back of the hub's holdings; the rest comes with the next receipt."""
MAX_BUCKET_GIVEN = 128 * 1024**2
"""Bytes of the first bucket of them: a bucket is given whole or not at all."""
MAX_REFUSAL_BYTES = 64 * 1024**2
"""Bytes of the answers to refused records of a bundle; beyond it they say no more than the code."""
MAX_GIVEN_VERSIONS = 200_000
FILE_OUTCOMES = ("stored", "present", "refused")


class BundleStatement(Strict):
    """Whose bundle this is, for which hub, and what is in it; signed by the node.

    `keys` are the links that lead to the key that signed, the oldest first, for a hub that does not know it yet.
    """

    protocol = Whole(1, 1000, required=True)
    bundle_id = RecordId(required=True)
    node_id = Text(36, required=True)
    hub = Text(2048, required=True)
    created = Text(40, required=True)
    language = OneOf(("zh", "en"), required=True)
    after = Whole(0, required=True)
    keys = Many(Part(KeyLink), MAX_KEYS, required=True)
    holdings = Many(Text(64, pattern=SHA256, fault="bad_digest"), BUCKETS, minimum=BUCKETS, required=True)
    manifest_sha256 = Text(64, pattern=SHA256, fault="bad_digest", required=True)


class RecordAnswer(PublishResult):
    """What became of one record of the bundle; `jws_sha256` says which signed record is meant."""

    jws_sha256 = Text(64, pattern=SHA256, fault="bad_digest", required=True)


class FileAnswer(Strict):
    """What became of one file of the bundle."""

    sha256 = Text(64, pattern=SHA256, fault="bad_digest", required=True)
    outcome = OneOf(FILE_OUTCOMES, required=True)
    code = Text(100)
    detail = Text(5000)


class BundleWords(Strict):
    """What the institution says to the alliance in a bundle: answers to questions, petitions, and known identifiers.

    `arks` are those of the resources in the bundle that were given one: a hub that was restored may have lost them.
    """

    answers = Many(Part(AnswerMessage), MAX_ANSWERS, load_default=list)
    petitions = Many(Part(PetitionMessage), MAX_PETITIONS, load_default=list)
    arks = Many(Part(ArkMessage), MAX_BUNDLE_RECORDS, load_default=list)


class WordsReply(Strict):
    """What became of each answer and petition of a bundle, in their order; how many identifiers are in use again."""

    answers = Many(Part(AnswerOutcome), MAX_ANSWERS, required=True)
    petitions = Many(Part(PetitionOutcome), MAX_PETITIONS, required=True)
    arks = Whole(0, required=True)


class HeldVersion(ItemMessage):
    """A version that the hub holds, with its signed record: a node that has lost it takes it back."""

    jws = Text(MAX_TOKEN, required=True)


class HeldBucket(Strict):
    """All that the hub holds of one bucket; `elsewhere` are those of the institution that another node speaks for."""

    bucket = Whole(0, BUCKETS - 1, required=True)
    versions = Many(Part(HeldVersion), MAX_GIVEN_VERSIONS, required=True)
    elsewhere = Many(Part(VersionName), MAX_GIVEN_VERSIONS, required=True)


class Holdings(Strict):
    """The buckets in which node and hub differ, as many as fit; `more` when there are further ones."""

    buckets = Many(Part(HeldBucket), BUCKETS, required=True)
    more = Flag(required=True)


class BundleReceipt(Strict):
    """The hub's answer to a bundle, what happened to the node's records after its cursor, and what it has lost."""

    protocol = Whole(1, 1000, required=True)
    bundle_id = RecordId(required=True)
    node_id = Text(36, required=True)
    hub = Text(2048, required=True)
    hub_key = Part(PublicKeyMessage, required=True)
    created = Text(40, required=True)
    records = Many(Part(RecordAnswer), MAX_BUNDLE_RECORDS, required=True)
    files = Many(Part(FileAnswer), MAX_BUNDLE_FILES, required=True)
    words = Part(WordsReply)
    holdings = Part(Holdings, required=True)
    after = Whole(0, required=True)
    events = Many(Part(StatusEvent), MAX_RECEIPT_EVENTS, required=True)
    last = Whole(0, required=True)
    more = Flag(required=True)


class CarriedEnrolmentRequest(Strict):
    """An `EnrolmentRequest` in which `proof` shows that the node knows the invitation, which does not travel."""

    protocol = Whole(1, 1000, required=True)
    node_name = Text(100, required=True)
    public_key = Part(PublicKeyMessage, required=True)
    node_id = RecordId()
    former_key = Text(43, minimum=43, pattern=r"[A-Za-z0-9_-]{43}", fault="bad_key_id")
    institution = Text(64)
    proof = Text(64, pattern=SHA256, fault="bad_digest", required=True)


class CarriedEnrolmentReply(Strict):
    """The answer to a carried request to join: for the node that has the key with this id."""

    key_id = Text(64, required=True)
    membership = Part(EnrolmentReply, required=True)


# -- joining ---------------------------------------------------------------------------------------------------


def enrolment_request(message: Mapping[str, Any], *, token: str, private_key: Ed25519PrivateKey) -> str:
    """A request to join without its token, as a compact JWS by the very key that it shows (proof of possession).

    The invitation `token` does not travel: whoever carries the request could spend it for a key of their own.
    """
    kid = key_id(private_key.public_key())
    said = {**message, "proof": invitation_proof(message, token_sha256=digest(token.encode("utf-8")))}
    return sign(canonical(said), private_key=private_key, kid=kid, kind=ENROLMENT_TYPE)


def invitation_proof(message: Mapping[str, Any], *, token_sha256: str) -> str:
    """What only one who knows the invitation can say of this request: an HMAC-SHA-256 (RFC 2104), hexadecimal.

    Its key is the SHA-256 of the token, since the hub keeps no more of it; it covers the key that is to be let in.
    """
    said = canonical({name: value for name, value in message.items() if name != "proof"})
    return hmac.new(bytes.fromhex(token_sha256), ENROLMENT_TYPE.encode("ascii") + b"\n" + said, "sha256").hexdigest()


def read_enrolment_request(token: str) -> tuple[dict[str, Any], str]:
    """The request (`CarriedEnrolmentRequest`), and the id of the key that signed it and that it shows.

    Raises `SignatureInvalid` when another key signed, `ProtocolUnknown`, or `InvalidRequest`.
    """
    try:
        shown = parse(jws.unverified_payload(token))
        key = load_public_jwk(shown["public_key"])
    except (TypeError, KeyError) as error:
        raise SignatureInvalid() from error

    def find(kid: str) -> Ed25519PublicKey:
        if kid != key_id(key):
            raise SignatureInvalid()
        return key

    signed = verify(token, find_key=find, kind=ENROLMENT_TYPE)
    speaking.check_node(signed.record)
    return read(CarriedEnrolmentRequest, signed.record), signed.key_id


# -- the bundle ------------------------------------------------------------------------------------------------


def records_path(number: int) -> str:
    """Where the bundle's batch with that number lies: a signed record a line."""
    return f"data/records/{number:04d}.jws"


def file_path(sha256: str) -> str:
    """Where the bytes with that digest lie in a bundle."""
    return f"data/files/sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def statement(values: Mapping[str, Any], *, manifest: bytes, moment: datetime, key: Ed25519PrivateKey) -> bytes:
    """The signed statement of a bundle whose list of contents is `manifest`."""
    said = {
        "protocol": PROTOCOL,
        **values,
        "created": moment.isoformat(timespec="seconds"),
        "manifest_sha256": digest(manifest),
    }
    token = sign(canonical(said), private_key=key, kid=key_id(key.public_key()), kind=STATEMENT_TYPE)
    return token.encode("ascii") + b"\n"


def shown_keys(data: bytes) -> list[dict[str, Any]]:
    """The links that a statement shows (`KeyLink`), before its signature is checked: none when it cannot be read."""
    try:
        token = data[:MAX_STATEMENT_BYTES].decode("utf-8", errors="replace").strip()
        return list(read(BundleStatement, parse(jws.unverified_payload(token)))["keys"])
    except CommonsError:
        return []


def read_statement(
    data: bytes, *, manifest: bytes, find_key: Callable[[str], Ed25519PublicKey]
) -> tuple[dict[str, Any], str]:
    """A bundle's statement, and the id of the key that signed it; `find_key` gives a key or raises its own error.

    Raises `SignatureInvalid`, `ProtocolUnknown`, `InvalidRequest`, or `BagAltered` when it was made for another list
    of contents.
    """
    token = data[:MAX_STATEMENT_BYTES].decode("utf-8", errors="replace").strip()
    signed = verify(token, find_key=find_key, kind=STATEMENT_TYPE)
    speaking.check_node(signed.record)
    said = read(BundleStatement, signed.record)
    if said["manifest_sha256"] != digest(manifest):
        raise BagAltered(path="manifest-sha256.txt")
    return said, signed.key_id


@dataclass
class Contents:
    """What is in a bundle: batches of signed records, files, and what the institution says, if anything."""

    batches: list[Payload] = field(default_factory=list)
    files: list[Payload] = field(default_factory=list)
    words: Payload | None = None


def contents(bag: Bag) -> Contents:
    """What is in a bundle. Raises `BagUnexpected` or `BagAltered`."""
    found = Contents()
    for part in bag.payload:
        file = FILE_PATH.fullmatch(part.path)
        if file is not None:
            if file[3] != part.sha256:
                raise BagAltered(path=part.path)
            found.files.append(part)
        elif RECORDS_PATH.fullmatch(part.path):
            found.batches.append(part)
        elif part.path == WORDS_PATH:
            found.words = part
        else:
            raise BagUnexpected(path=part.path)
    return found


def batch_bytes(tokens: Sequence[str]) -> bytes:
    """Signed records as they lie in a bundle."""
    return "".join(f"{token}\n" for token in tokens).encode("ascii")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file of which nobody ever sees a half, and through no link that lies there. Raises `FileUnwritable`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.part")
        try:
            with begin_new(draft) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError:
            with suppress(OSError):  # half a file would keep the room that there was
                draft.unlink()
            raise
    except (OSError, ValueError) as error:
        raise FileUnwritable(name=path.name or str(path), cause=system_fault(error)) from error
