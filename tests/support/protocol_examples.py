"""The golden examples of docs/protocol.md, made by the code itself.

`python -m tests.support.protocol_examples` writes them. Everything is fixed (key, clock, nonce), and Ed25519 is
deterministic, so each run gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared import carrying, http_signatures, hub_answers, messages, signing
from shared.answering import outcome_of
from shared.bags import Payload, manifest, tag_files
from shared.canonical import canonical, digest
from shared.endorsement import endorse
from shared.errors import (
    FieldError,
    FileAltered,
    FileNotDeclared,
    InvalidRecord,
    PetitionNotOpen,
    Throttled,
    UploadClosed,
    UploadIncomplete,
)
from shared.merkle import Growing, Tree, leaf_hash
from shared.notes import ED25519, Checkpoint, Verifier
from shared.petitioning import RENEWED_BEFORE
from shared.reconciliation import Item, bucket_digests, content_digests, differing, overall_digest

FOLDER = Path(__file__).parents[2] / "docs" / "protocol" / "examples"
ORIGIN = "https://cloud.example.org"
MOMENT = datetime(2026, 5, 20, 1, 30, tzinfo=UTC)
NONCE = "Zml4ZWQtZm9yLWRvY3M"
SECRET = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
"""The private key that RFC 8037 (appendix A.1) publishes: anybody has it, so it is good for examples only."""
KEY = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(SECRET + "="))
KEY_ID = signing.key_id(KEY.public_key())
LOG_KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"the key of a log in examples").digest())
FORMER = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"a key that was lost, for examples only").digest())
RECORD_ID = "019712a0-7c00-7000-8000-000000000001"
OTHER_ID = "019712a0-7c00-7000-8000-000000000002"
PETITION_ID = "019712a0-7c00-7000-8000-0000000000e1"
QUESTION_ID = "019712a0-7c00-7000-8000-0000000000d1"
FEEDBACK_ID = "019712a0-7c00-7000-8000-0000000000d2"
UPLOAD_ID = "019712a0-7c00-7000-8000-0000000000a1"
BUNDLE_ID = "019712a0-7c00-7000-8000-0000000000c1"
NODE_ID = "019712a0-7c00-7000-8000-0000000000b1"
LEAFLET = "商鞅方升：两千三百多年前的一升。\n".encode()
LARGE = 20_000_000
LARGE_SHA256 = digest(b"a film of 20000000 bytes, in place of its bytes")
CHINESE = "zh"


def record() -> dict[str, Any]:
    """A record that uses every field but `withdrawn`."""
    return {
        "id": RECORD_ID,
        "version": 2,
        "title": {"zh": "商鞅方升", "en": "The Shang Yang square sheng"},
        "summary": {
            "zh": "公元前 344 年，秦国颁发了这件标准量器；此后统一度量衡，仍以它为准。",
            "en": "A standard measure that the state of Qin issued in 344 BC.",
        },
        "description": {"zh": "器壁铭文记下了它的尺寸算法：以十六又五分之一立方寸为一升。"},
        "type": "artefact",
        "themes": ["traditional-culture", "history"],
        "disciplines": ["length"],
        "audiences": ["secondary", "teachers"],
        "occasions": ["world-metrology-day"],
        "stage": "digitisation",
        "keywords": ["商鞅", "度量衡", "容积"],
        "language": ["zh"],
        "creators": [{"name": "商鞅", "role": "author"}],
        "contributors": [{"name": "示例计量院", "role": "photographer", "affiliation": "文化科普部"}],
        "created": "-0343",
        "coverage": {
            "period": {"name": {"zh": "战国·秦", "en": "Warring States, Qin"}, "from": -343, "until": -220},
            "place": {"name": {"zh": "秦国重泉（今陕西蒲城）"}, "latitude": 34.95, "longitude": 109.6},
        },
        "license": "CC-BY-4.0",
        "rights_holder": "示例计量院",
        "evidence": [
            {
                "source": "器壁和底部铭文",
                "method": "释读铭文，并与尺寸实测值核对",
                "verified_by": "示例计量院计量史组",
            }
        ],
        "files": [
            {
                "name": "说明.txt",
                "role": "main",
                "media_type": "text/plain",
                "size": len(LEAFLET),
                "sha256": digest(LEAFLET),
            },
            {
                "name": "方升.mp4",
                "role": "supplement",
                "media_type": "video/mp4",
                "size": LARGE,
                "sha256": LARGE_SHA256,
                "alt": {"zh": "转台上的方升，依次露出四面铭文"},
            },
        ],
        "links": [{"url": "https://museum.example.org/fangsheng", "label": "馆藏页面"}],
        "relations": [{"type": "is-related-to", "target": OTHER_ID}],
        "identifiers": [{"scheme": "local", "value": "藏-0001"}],
        "embargo_until": "2026-05-20",
    }


def tombstone() -> dict[str, Any]:
    """The version that takes the resource back."""
    return {**record(), "version": 3, "withdrawn": {"reason": "图片权利人要求撤下。"}}


def jws(content: dict[str, Any]) -> str:
    """The signed form of a record."""
    return signing.sign(canonical(content), private_key=KEY, kid=KEY_ID)


def signed_record() -> dict[str, Any]:
    """Each step from the record to its signature."""
    header, payload, signature = jws(record()).split(".")
    return {
        "private_key": SECRET,
        "public_key": signing.public_jwk(KEY.public_key()),
        "key_id": KEY_ID,
        "canonical": canonical(record()).decode(),
        "sha256": digest(canonical(record())),
        "protected_header": json.loads(base64.urlsafe_b64decode(header + "==")),
        "jws": {"header": header, "payload": payload, "signature": signature},
    }


def request_signature() -> dict[str, Any]:
    """One signed request, with the very text that was signed."""
    body = canonical({"upload_ids": [UPLOAD_ID]})
    request = http_signatures.Request("POST", f"{ORIGIN}{messages.PREFIX}/uploads/complete")
    clock = mock.patch.object(http_signatures, "datetime", mock.Mock(now=mock.Mock(return_value=MOMENT)))
    chance = mock.patch.object(http_signatures.secrets, "token_urlsafe", return_value=NONCE)
    with clock, chance:
        http_signatures.sign_request(request, body, private_key=KEY, kid=KEY_ID)
    return {
        "now": MOMENT.isoformat(),
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": body.decode(),
        "signature_base": signature_base(request, body),
    }


def signature_base(request: http_signatures.Request, body: bytes) -> str:
    """What RFC 9421 §2.5 signs, put together here by hand so that the library is held to the text of the standard."""
    parameters = request.headers["Signature-Input"].removeprefix("sig=")
    content_digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    return "\n".join(
        (
            f'"@method": {request.method}',
            f'"@target-uri": {request.url}',
            f'"content-type": {request.headers["Content-Type"]}',
            f'"content-digest": {content_digest}',
            f'"@signature-params": {parameters}',
        )
    )


def enrolment() -> dict[str, Any]:
    """Joining: what the node asks and what it is told."""
    return {
        "enrolment-request": {
            "protocol": messages.PROTOCOL,
            "token": "bm90LWEtcmVhbC1pbnZpdGF0aW9uLTAx",
            "node_name": "示例计量院节点",
            "public_key": signing.public_jwk(KEY.public_key()),
            "node_id": NODE_ID,
            "former_key": signing.key_id(FORMER.public_key()),
            "institution": "example-institute",
        },
        "enrolment-reply": {
            "protocol": messages.PROTOCOL,
            "hub_key": signing.public_jwk(LOG_KEY.public_key()),
            "node_id": NODE_ID,
            "institution": {
                "code": "example-institute",
                "kind": "institute",
                "name": {"zh": "示例计量院", "en": "Example Institute of Metrology"},
            },
            "hub_name": {"zh": "计量资源云", "en": "Metrology Commons"},
            "origin": ORIGIN,
            "limits": {
                "batch_records": messages.MAX_BATCH_RECORDS,
                "batch_bytes": messages.MAX_BATCH_BYTES,
                "file_bytes": 50 * 1024**3,
            },
            "keys": [{"public_key": signing.public_jwk(KEY.public_key()), "endorsement": ""}],
        },
    }


def rotating() -> dict[str, Any]:
    """The key after the next: the one between them is shown, too. Each is made of a seed that anybody has."""
    between, new = (
        Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed).digest())
        for seed in (b"the next key, for examples only", b"the key after it, for examples only")
    )
    links = [
        {
            "public_key": signing.public_jwk(key.public_key()),
            "endorsement": endorse(key.public_key(), origin=ORIGIN, by=by),
        }
        for key, by in ((between, KEY), (new, between))
    ]
    return {
        "key-request": {**links[1], "chain": links[:1]},
        "key-reply": {"key_id": signing.key_id(new.public_key())},
    }


def publishing() -> dict[str, Any]:
    """A batch of two records, one of them with a fault, and the answer."""
    faulty = {**record(), "id": OTHER_ID, "version": 1, "title": {"fr": "Boisseau"}}
    error = InvalidRecord([FieldError("/title", "language_missing")])
    return {
        "publish-request": {"records": [jws(record()), jws(faulty)]},
        "publish-reply": {
            "results": [
                {"index": 0, "outcome": "accepted", "id": RECORD_ID, "version": 2, "state": "awaiting_files"},
                {
                    "index": 1,
                    "outcome": "rejected",
                    "id": OTHER_ID,
                    "version": 1,
                    "code": error.code,
                    "detail": error.message(CHINESE),
                    "errors": [fault.as_dict(CHINESE) for fault in error.errors],
                },
            ]
        },
    }


def uploading() -> dict[str, Any]:
    """Three files: one is there, one is to be sent in two parts, one nobody awaits; then the completion."""
    unknown = digest(b"of nobody")
    part = 16 * 1024**2
    query = "partNumber=2&uploadId=example&X-Amz-Expires=3600&X-Amz-Signature=example"
    where = f"https://files.example.org/incoming/uploads/{UPLOAD_ID}?{query}"
    not_declared, incomplete = FileNotDeclared(sha256=unknown), UploadIncomplete(missing=[2])
    closed = UploadClosed(state="verified")
    return {
        "uploads-request": {
            "files": [
                {"sha256": digest(LEAFLET), "size": len(LEAFLET)},
                {"sha256": LARGE_SHA256, "size": LARGE},
                {"sha256": unknown, "size": 9},
            ]
        },
        "uploads-reply": {
            "uploads": [
                {"sha256": digest(LEAFLET), "outcome": "present"},
                {
                    "sha256": LARGE_SHA256,
                    "outcome": "granted",
                    "upload_id": UPLOAD_ID,
                    "parts": [
                        {
                            "number": 2,
                            "offset": part,
                            "size": LARGE - part,
                            "url": where,
                        }
                    ],
                    "more": False,
                    "bytes_present": part,
                },
                {
                    "sha256": unknown,
                    "outcome": "refused",
                    "code": not_declared.code,
                    "detail": not_declared.message(CHINESE),
                },
            ]
        },
        "complete-request": {"upload_ids": [UPLOAD_ID, UPLOAD_ID[:-1] + "2", UPLOAD_ID[:-1] + "3"]},
        "complete-reply": {
            "uploads": [
                {"upload_id": UPLOAD_ID, "outcome": "verifying"},
                {
                    "upload_id": UPLOAD_ID[:-1] + "2",
                    "outcome": "incomplete",
                    "missing": [2],
                    "code": incomplete.code,
                },
                {
                    "upload_id": UPLOAD_ID[:-1] + "3",
                    "outcome": "refused",
                    "code": closed.code,
                    "detail": closed.message(CHINESE),
                },
            ]
        },
    }


def status() -> dict[str, Any]:
    """What happened to two versions, in six events; the last two ask for a file and a word, and change no state."""
    steps: list[dict[str, Any]] = [
        {"version": 1, "state": "published", "ark": "ark:99999/b1fk4mz8xq5"},
        {"version": 2, "state": "awaiting_files"},
        {
            "version": 2,
            "state": "awaiting_files",
            "reason": "文件内容与登记的摘要不符，请重新上传。",
            "sha256": LARGE_SHA256,
        },
        {"version": 2, "state": "in_review"},
        {
            "version": 1,
            "state": "published",
            "ark": "ark:99999/b1fk4mz8xq5",
            "reason": "平台保存的文件内容有改变，请重新上传。",
            "sha256": LARGE_SHA256,
        },
        {"version": 2, "state": "in_review", "reason": "铭文的拓片是谁拍的？", "question_id": QUESTION_ID},
        {
            "version": 1,
            "state": "published",
            "reason": "哪里能看到实物？",
            "question_id": FEEDBACK_ID,
            "feedback": "question",
        },
        {"version": 2, "state": "approved", "reason": "史料扎实。", "effective_on": "2026-05-20"},
        {
            "version": 1,
            "state": "rejected",
            "reason": "出处仍查不到。",
            "petition_id": PETITION_ID,
            "petition": "dismissed",
        },
    ]
    return {
        "status-reply": {
            "events": [
                {
                    "seq": number,
                    "at": (MOMENT + timedelta(minutes=number)).isoformat(),
                    "record_id": RECORD_ID,
                    "reason": "",
                    **step,
                }
                for number, step in enumerate(steps, start=41)
            ],
            "last": 46,
            "more": False,
        }
    }


def answering() -> dict[str, Any]:
    """An institution answers a reviewer, and tells the alliance alone why it does not answer a reader."""
    said = [
        {"question_id": QUESTION_ID, "text": "本院文化科普部，2026 年 3 月。"},
        {"question_id": FEEDBACK_ID, "text": "广告，不公开。", "private": True},
    ]
    return {
        "answers-request": {"answers": said},
        "answers-reply": {"answers": [outcome_of(one, "accepted") for one in said]},
    }


def petitioning() -> dict[str, Any]:
    """An institution appeals against a decision."""
    asked = {
        "petition_id": PETITION_ID,
        "record_id": RECORD_ID,
        "version": 1,
        "kind": "appeal",
        "text": "出处见档案馆目录第 12 卷第 3 页，请再核对。",
    }
    refused = {**asked, "petition_id": QUESTION_ID, "version": 2, "kind": "renewal", "text": "明年的活动还要用。"}
    why = PetitionNotOpen(days=RENEWED_BEFORE.days)
    return {
        "petitions-request": {"petitions": [asked, refused]},
        "petitions-reply": {
            "petitions": [
                {"petition_id": PETITION_ID, "outcome": "accepted"},
                {"petition_id": QUESTION_ID, "outcome": "refused", "code": why.code, "detail": why.message("zh")},
            ]
        },
    }


def reconciling() -> dict[str, Any]:
    """A node that lacks a version and one whose state changed: what both sides say to each other."""
    held = [Item(RECORD_ID, 2, digest(canonical(record())), "in_review")]
    here = {"record_id": RECORD_ID, "version": 2, "sha256": held[0].sha256, "state": "published", "reason": ""}
    lost = {"record_id": RECORD_ID, "version": 3}
    buckets = bucket_digests(held)
    hub = [held[0]._replace(state="published"), Item(RECORD_ID, 3, digest(canonical(tombstone())), "withdrawn")]
    ark = "ark:99999/b1fk4mz8xq5"
    return {
        "digests-request": {
            "buckets": buckets,
            "count": 1,
            "cursor": 44,
            "found": [{"record_id": OTHER_ID, "version": 1, "kind": "absent_at_hub"}],
        },
        "digests-reply": {
            "count": 2,
            "digest": overall_digest(bucket_digests(hub)),
            "differing": differing(buckets, bucket_digests(hub)),
            "last_event": 46,
        },
        "items-request": {"bucket": 1, "after": OTHER_ID, "after_version": 1},
        "items-reply": {
            "items": [
                {**here, "ark": ark, "effective_on": "2026-11-20"},
                {**lost, "sha256": hub[1].sha256, "state": "withdrawn", "reason": "图片权利人要求撤下。", "ark": ark},
            ],
            "more": False,
        },
        "records-request": {"records": [lost, {"record_id": OTHER_ID, "version": 9}]},
        "records-reply": {"records": [jws(tombstone())], "missing": [{"record_id": OTHER_ID, "version": 9}]},
        "arks-request": {"arks": [{"record_id": RECORD_ID, "ark": ark}]},
        "arks-reply": {"restored": 1},
    }


def using() -> dict[str, Any]:
    """How often the public used what an institution has published."""
    count = {"record_id": RECORD_ID, "views": 1200, "downloads": 310}
    return {
        "uses-request": {"after": OTHER_ID},
        "uses-reply": {"uses": [count], "counted_at": MOMENT.isoformat(timespec="seconds"), "more": False},
    }


def bundle_statement(listed: bytes) -> tuple[dict[str, Any], bytes]:
    """What a bundle says of itself, and the same as it is signed."""
    follows = endorse(KEY.public_key(), origin=ORIGIN, by=FORMER)
    said = {
        "bundle_id": BUNDLE_ID,
        "node_id": NODE_ID,
        "hub": ORIGIN,
        "language": CHINESE,
        "after": 40,
        "keys": [{"public_key": signing.public_jwk(KEY.public_key()), "endorsement": follows}],
        "holdings": content_digests([]),
    }
    signed = carrying.statement(said, manifest=listed, moment=MOMENT, key=KEY)
    read, _ = carrying.read_statement(signed, manifest=listed, find_key=lambda _: KEY.public_key())
    return read, signed


def words() -> dict[str, Any]:
    """What an institution says to the alliance in a bundle."""
    return {
        "answers": answering()["answers-request"]["answers"],
        "petitions": petitioning()["petitions-request"]["petitions"],
        "arks": reconciling()["arks-request"]["arks"],
    }


def bundle() -> dict[str, str]:
    """Each text file of a bundle with one record, one of its files, and some words."""
    records, said = carrying.batch_bytes([jws(record())]), canonical(words())
    payload = [
        Payload(carrying.file_path(digest(LEAFLET)), digest(LEAFLET), len(LEAFLET)),
        Payload(carrying.records_path(1), digest(records), len(records)),
        Payload(carrying.WORDS_PATH, digest(said), len(said)),
    ]
    _, signed = bundle_statement(manifest(payload))
    info = {"Source-Organization": "示例计量院", "External-Identifier": f"urn:uuid:{BUNDLE_ID}"}
    files = tag_files(payload, info=info, extra={carrying.STATEMENT: signed}, moment=MOMENT)
    return {
        **{name: data.decode() for name, data in sorted(files.items())},
        carrying.records_path(1): records.decode(),
        carrying.file_path(digest(LEAFLET)): LEAFLET.decode(),
        carrying.WORDS_PATH: said.decode(),
    }


def carried() -> dict[str, Any]:
    """What is carried by hand: joining, a bundle with its statement, and the receipt."""
    joining = enrolment()
    asked = dict(joining["enrolment-request"])
    token = asked.pop("token").encode()
    joined = {"key_id": KEY_ID, "membership": joining["enrolment-reply"]}
    altered = FileAltered(sha256=LARGE_SHA256)
    [accepted, rejected] = publishing()["publish-reply"]["results"]
    faulty = {**record(), "id": OTHER_ID, "version": 1, "title": {"fr": "Boisseau"}}
    answers = ((accepted, record()), (rejected, faulty))
    files, said = bundle(), words()
    return {
        "carried-enrolment-request": asked | {"proof": carrying.invitation_proof(asked, token_sha256=digest(token))},
        "carried-enrolment-request-signed": {
            "jws": carrying.enrolment_request(asked, token=token.decode(), private_key=KEY)
        },
        "carried-enrolment-reply": joined,
        "carried-enrolment-reply-signed": {"jws": hub_answers.sign_reply(joined, key=LOG_KEY).decode().strip()},
        "bundle": files,
        "bundle-words": said,
        "bundle-statement": bundle_statement(files["manifest-sha256.txt"].encode())[0],
        "bundle-receipt": {
            "protocol": messages.PROTOCOL,
            "bundle_id": BUNDLE_ID,
            "node_id": NODE_ID,
            "hub": ORIGIN,
            "hub_key": signing.public_jwk(LOG_KEY.public_key()),
            "created": MOMENT.isoformat(timespec="seconds"),
            "records": [{**said, "jws_sha256": digest(jws(content).encode())} for said, content in answers],
            "files": [
                {"sha256": digest(LEAFLET), "outcome": "stored"},
                {
                    "sha256": LARGE_SHA256,
                    "outcome": "refused",
                    "code": altered.code,
                    "detail": altered.message(CHINESE),
                },
            ],
            "words": {
                "answers": answering()["answers-reply"]["answers"],
                "petitions": petitioning()["petitions-reply"]["petitions"],
                "arks": 1,
            },
            "holdings": given_back(),
            "after": 40,
            **status()["status-reply"],
        },
    }


def given_back() -> dict[str, Any]:
    """What the hub holds of a bucket in which the node holds nothing."""
    [here, lost] = reconciling()["items-reply"]["items"]
    other = {"record_id": RECORD_ID[:-3] + "101", "version": 1}
    versions = [{**here, "jws": jws(record())}, {**lost, "jws": jws(tombstone())}]
    bucket = {"bucket": 1, "versions": versions, "elsewhere": [other]}
    return {"buckets": [bucket], "more": False}


def witnessing() -> dict[str, Any]:
    """The audit log's last checkpoint with the way to it, some entries, and a node's word for it."""
    origin, key = "cloud.example.org/audit", LOG_KEY
    entries = [
        canonical(
            {
                "id": record_id,
                "at": f"2026-05-20T08:0{number}:00.000000+00:00",
                "actor": f"node:{NODE_ID}",
                "action": "version.received",
                "subject": f"resource:{record_id}",
                "after": digest(record_id.encode()),
                "detail": {"version": 1, "from": "", "to": "received"},
            }
        ).decode()
        for number, record_id in enumerate((RECORD_ID, OTHER_ID))
    ]
    tree, kept = Growing(), {}
    for level, place, hashed in tree.add(leaf_hash(entry.encode()) for entry in entries):
        kept[level, place] = hashed
    proof = Tree(lambda level, low, high: [kept[level, place] for place in range(low, high)], 2).consistency(1)
    checkpoint = Checkpoint(origin, 2, tree.root()).signed(key)
    line = checkpoint.cosigned(KEY, name=f"{origin}/witness/{NODE_ID}", time=1_779_264_000)
    return {
        "log-reply": {
            "key": str(Verifier(origin, ED25519, key.public_key())),
            "checkpoint": str(checkpoint),
            "proof": [hashed.hex() for hashed in proof],
        },
        "log-entries-reply": {"entries": entries},
        "cosignature-request": {"size": 2, "cosignature": str(line)},
        "cosignature-reply": {"size": 2},
    }


def documents() -> dict[str, Any]:
    """Every example by its file name without the ending."""
    hub_name = {"zh": "计量资源云", "en": "Metrology Commons"}
    return {
        "record": record(),
        "record-withdrawn": tombstone(),
        "signed-record": signed_record(),
        "request-signature": request_signature(),
        "hello": {"protocol": messages.PROTOCOL, "hub_name": hub_name, "origin": ORIGIN},
        **enrolment(),
        **rotating(),
        **publishing(),
        **uploading(),
        **status(),
        **answering(),
        **petitioning(),
        **using(),
        **reconciling(),
        **witnessing(),
        **carried(),
        "problem": Throttled(retry_after=30).problem(CHINESE),
    }


def written(document: Any) -> str:
    """The text of an example file."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Write all examples."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, document in documents().items():
        (FOLDER / f"{name}.json").write_text(written(document), encoding="utf-8")


if __name__ == "__main__":
    main()
