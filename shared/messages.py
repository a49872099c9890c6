"""Every request and reply of the federation protocol (docs/protocol.md), as marshmallow schemas.

Both sides check what they receive with the same schema; unknown fields are refused on either side.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from marshmallow import ValidationError

from shared.canonical import parse
from shared.errors import InvalidRequest
from shared.reconciliation import BUCKETS
from shared.record import MAX_FILE_BYTES, ONE_DAY, SHA256, Day, RecordId
from shared.validation import (
    MAX_FAULTS,
    Checked,
    Fault,
    LanguageMap,
    Many,
    Part,
    Said,
    Strict,
    Text,
    Whole,
    field_errors,
    refuse,
)

PREFIX = "/api/v1/federation"
PROTOCOL = 1
MAX_BATCH_RECORDS = 500
MAX_BATCH_BYTES = 4 * 1024**2
MAX_UPLOADS_ASKED = 100
MAX_PARTS_GRANTED = 100
MAX_ITEMS = 2000
MAX_FINDINGS = 100
MAX_KEYS = 20
"""How many of a node's keys one message tells of, or leads through; the last ones."""

PUBLISH_OUTCOMES = ("accepted", "duplicate", "superseded", "conflict", "rejected")
UPLOAD_OUTCOMES = ("present", "granted", "verifying", "refused")
COMPLETE_OUTCOMES = ("verifying", "incomplete", "refused")
FINDINGS = (
    "absent_at_hub",
    "absent_at_node",
    "content_differs",
    "state_differs",
    "elsewhere",
    "unverified",
    "refused",
    "held",
)


class OneOf(Checked):
    """One of a few fixed words."""

    def __init__(self, words: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words

    def check(self, value: Any) -> None:
        """Raise for any other word."""
        if value not in self.words:
            refuse("unknown_term", value=str(value)[:40], vocabulary="protocol", allowed=", ".join(self.words))


class Flag(Checked):
    """True or false."""

    def check(self, value: Any) -> None:
        """Raise for anything but a boolean."""
        if not isinstance(value, bool):
            refuse("wrong_type", expected="true or false")


class Anything(Checked):
    """A JSON value that only people and logs read."""


class PublicKeyMessage(Strict):
    """An Ed25519 public key as a JWK (RFC 8037)."""

    kty = OneOf(("OKP",), required=True)
    crv = OneOf(("Ed25519",), required=True)
    x = Text(43, minimum=43, pattern=r"[A-Za-z0-9_-]{43}", fault="bad_token", required=True)


class EnrolmentRequest(Strict):
    """A node asks to join: the request is signed with the very key that it shows (proof of possession)."""

    protocol = Whole(1, 1000, required=True)
    token = Text(100, pattern=r"[A-Za-z0-9_-]{20,100}", fault="bad_token", required=True)
    node_name = Text(100, required=True)
    public_key = Part(PublicKeyMessage, required=True)
    node_id = RecordId()
    """The node whose place it takes: itself, when its key is out of use or unknown to a hub that was restored."""
    former_key = Text(43, minimum=43, pattern=r"[A-Za-z0-9_-]{43}", fault="bad_key_id")
    """The same by a key that it had, for one that has lost its database and does not know who it is."""
    institution = Text(64)
    """The code of the institution that it was of, in case another one has its place at a hub that was restored."""


class InstitutionMessage(Strict):
    """An institution as the hub knows it."""

    code = Text(64, required=True)
    kind = Text(40, required=True)
    name = LanguageMap(200, required=True)


class LimitsMessage(Strict):
    """What the hub takes at a time."""

    batch_records = Whole(1, required=True)
    batch_bytes = Whole(1, required=True)
    file_bytes = Whole(1, required=True)


class KnownKey(Strict):
    """A key of the node in the hub's register; its endorsement is empty when it came with an invitation."""

    public_key = Part(PublicKeyMessage, required=True)
    endorsement = Text(2000, minimum=0, required=True)


class EnrolmentReply(Strict):
    """The node is a member's from now on; `hub_key` is what the hub signs its log and carried answers with."""

    protocol = Whole(1, required=True)
    hub_key = Part(PublicKeyMessage, required=True)
    node_id = Text(36, required=True)
    institution = Part(InstitutionMessage, required=True)
    hub_name = LanguageMap(200, required=True)
    origin = Text(2048, required=True)
    limits = Part(LimitsMessage, required=True)
    keys = Many(Part(KnownKey), MAX_KEYS, required=True)


class KeyLink(Strict):
    """A key and the statement of the key before it that it follows."""

    public_key = Part(PublicKeyMessage, required=True)
    endorsement = Text(2000, required=True)


class KeyRequest(Strict):
    """A node's next key, endorsed by the one that it follows; the request is signed with the new key.

    `chain` has the keys between one that the hub knows and the new one, the oldest first: a hub that was restored
    from a backup has lost the last ones.
    """

    public_key = Part(PublicKeyMessage, required=True)
    endorsement = Text(2000, required=True)
    chain = Many(Part(KeyLink), MAX_KEYS)


class KeyReply(Strict):
    """The key that is in use from now on; the one that endorsed it signs nothing any more."""

    key_id = Text(64, required=True)


class SignedToken(Checked):
    """A signed record; what is none is answered in its place of the batch, so that it blocks no other."""


class PublishRequest(Strict):
    """A batch of signed records (compact JWS)."""

    records = Many(SignedToken(allow_none=True), MAX_BATCH_RECORDS, minimum=1, required=True)


class FieldErrorMessage(Strict):
    """One fault in one field."""

    pointer = Text(1000, minimum=0, required=True)
    code = Text(100, required=True)
    params = Anything()
    detail = Said(5000, minimum=0)


class PublishResult(Strict):
    """What became of one record of the batch; `index` is its place in the batch."""

    index = Whole(0, required=True)
    outcome = OneOf(PUBLISH_OUTCOMES, required=True)
    id = Text(36, allow_none=True)
    version = Whole(0, allow_none=True)
    state = Text(40)
    code = Text(100)
    detail = Said(5000)
    errors = Many(Part(FieldErrorMessage), 10_000)


class PublishReply(Strict):
    """An answer for each record, in the order of the batch."""

    results = Many(Part(PublishResult), MAX_BATCH_RECORDS, required=True)


class WantedFile(Strict):
    """A file that the node offers to send."""

    sha256 = Text(64, pattern=SHA256, fault="bad_digest", required=True)
    size = Whole(0, MAX_FILE_BYTES, required=True)


class UploadsRequest(Strict):
    """Which of these files does the hub need? Asked again, it also says what is still missing of each."""

    files = Many(Part(WantedFile), MAX_UPLOADS_ASKED, minimum=1, required=True)


class PartMessage(Strict):
    """Send bytes [offset, offset+size) of the file with PUT to `url`."""

    number = Whole(1, 10_000, required=True)
    offset = Whole(0, required=True)
    size = Whole(0, required=True)
    url = Text(8192, required=True)


class UploadAnswer(Strict):
    """`present`: nothing to send. `granted`: send these parts, then complete (or ask again when `more`).

    `verifying`: it is all there and is being read. `refused`: see code and detail.
    """

    sha256 = Text(64, required=True)
    outcome = OneOf(UPLOAD_OUTCOMES, required=True)
    upload_id = Text(36)
    parts = Many(Part(PartMessage), MAX_PARTS_GRANTED)
    more = Flag()
    bytes_present = Whole(0)
    code = Text(100)
    detail = Said(5000)


class UploadsReply(Strict):
    """An answer for each file, in the order of the request."""

    uploads = Many(Part(UploadAnswer), MAX_UPLOADS_ASKED, required=True)


class CompleteRequest(Strict):
    """All parts of these uploads were sent."""

    upload_ids = Many(Text(36), MAX_UPLOADS_ASKED, minimum=1, unique=True, required=True)


class CompleteAnswer(Strict):
    """What the hub found of one upload."""

    upload_id = Text(36, required=True)
    outcome = OneOf(COMPLETE_OUTCOMES, required=True)
    missing = Many(Whole(1), 10_000)
    code = Text(100)
    detail = Said(5000)


class CompleteReply(Strict):
    """An answer for each upload, in the order of the request."""

    uploads = Many(Part(CompleteAnswer), MAX_UPLOADS_ASKED, required=True)


class FindingMessage(Strict):
    """One version on which the two sides did not agree, and in what."""

    record_id = RecordId(required=True)
    version = Whole(1, required=True)
    kind = OneOf(FINDINGS, required=True)


class DigestsRequest(Strict):
    """What the node holds, as 256 digests; `found` says what it mended since it last asked."""

    buckets = Many(Text(64, pattern=SHA256, fault="bad_digest"), BUCKETS, minimum=BUCKETS, required=True)
    count = Whole(0, required=True)
    cursor = Whole(0, required=True)
    found = Many(Part(FindingMessage), MAX_FINDINGS)


class DigestsReply(Strict):
    """What the hub holds of this node, and in which buckets the two differ: none proves that they are equal."""

    count = Whole(0, required=True)
    digest = Text(64, pattern=SHA256, fault="bad_digest", required=True)
    differing = Many(Whole(0, BUCKETS - 1), BUCKETS, unique=True, required=True)
    last_event = Whole(0, required=True)


class ItemsRequest(Strict):
    """The versions in one bucket, those after the version named by `after` and `after_version`."""

    bucket = Whole(0, BUCKETS - 1, required=True)
    after = Text(36, minimum=0)
    after_version = Whole(0)


class ItemMessage(Strict):
    """One version as the hub knows it."""

    record_id = RecordId(required=True)
    version = Whole(1, required=True)
    sha256 = Text(64, pattern=SHA256, fault="bad_digest", required=True)
    state = Text(40, required=True)
    reason = Said(5000, minimum=0, required=True)
    ark = Text(100, minimum=0, required=True)
    effective_on = Day(10, pattern=ONE_DAY)


class ItemsReply(Strict):
    """Versions of a bucket in order of record and version; `more` when there are further ones."""

    items = Many(Part(ItemMessage), MAX_ITEMS, required=True)
    more = Flag(required=True)


class VersionName(Strict):
    """A version by its record and number."""

    record_id = RecordId(required=True)
    version = Whole(1, required=True)


class RecordsRequest(Strict):
    """Give back these signed records of this node's institution."""

    records = Many(Part(VersionName), MAX_BATCH_RECORDS, minimum=1, required=True)


class RecordsReply(Strict):
    """The signed records that fit into one answer, in the order asked; ask again for those that are not here.

    `missing` are those that the hub does not have.
    """

    records = Many(Text(400_000), MAX_BATCH_RECORDS, required=True)
    missing = Many(Part(VersionName), MAX_BATCH_RECORDS, required=True)


class ArkMessage(Strict):
    """The permanent identifier that a resource was given once."""

    record_id = RecordId(required=True)
    ark = Text(100, required=True)


class ArksRequest(Strict):
    """A hub that was restored from a backup is told which identifiers it gave since."""

    arks = Many(Part(ArkMessage), MAX_BATCH_RECORDS, minimum=1, required=True)


class ArksReply(Strict):
    """How many identifiers the hub has taken back into use."""

    restored = Whole(0, required=True)


def read(schema: type[Strict], data: bytes | Mapping[str, Any]) -> dict[str, Any]:
    """A checked message from bytes or parsed JSON.

    Raises `InvalidRequest` with each fault, or what `shared.canonical.parse` raises.
    """
    value = parse(data) if isinstance(data, bytes) else data
    if not isinstance(value, Mapping):
        raise InvalidRequest(errors=list(field_errors([Fault("wrong_type", {"expected": "object"})])))
    try:
        return dict(schema().load(value))
    except ValidationError as error:
        raise InvalidRequest(errors=list(islice(field_errors(error.messages), MAX_FAULTS))) from error
