"""Taking in a bundle that was carried here: the same ingestion and the same storage as over the network.

Nothing is changed before the whole bag is found complete, signed, and meant for this hub. From then on each batch and
each file is a transaction of its own that can be repeated, so an import that was killed is simply run again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from federation import (
    auditlog,
    ingestion,
    inspection,
    key_register,
    petitions,
    questions,
    quotas,
    reconciliation,
    uploads,
    withdrawals,
)
from federation.key_register import Link
from federation.malware import Scanner, ScannerAway
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.institutions import Node
from federation.needs import Need, Wanted
from federation.quotas import Limits
from federation.settings import HubSettings
from federation.storage import DigestMismatch, ObjectStore, StorageError
from shared.answering import outcome_of
from shared.bags import MANIFEST, Bag, Payload, read_bag, read_whole
from shared.canonical import canonical, digest, parse
from shared.carrying import (
    MAX_BUNDLE_FILES,
    MAX_BUNDLE_RECORDS,
    MAX_REFUSAL_BYTES,
    MAX_WORDS_BYTES,
    STATEMENT,
    BundleWords,
    Contents,
    contents,
    read_statement,
    shown_keys,
)
from shared.errors import (
    BagAltered,
    BagTooLarge,
    BatchTooLarge,
    CommonsError,
    FileAltered,
    FileUnreadable,
    SignatureInvalid,
    StoreAway,
    WrongHub,
)
from shared.messages import MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_UPLOADS_ASKED, read
from shared.signing import load_public_jwk
from shared.wording import system_fault

MOST_FILES = MAX_BUNDLE_FILES + 10_000
"""Files and batches of records together."""
Work = Callable[..., AbstractContextManager[Session]]
"""Gives a transaction: committed at the end, rolled back on any exception."""
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Bundle:
    """A bag whose statement holds: who made it, and what is in it."""

    bag: Bag
    said: Mapping[str, Any]
    contents: Contents
    words: Mapping[str, Any] | None = None
    """What the institution says (`BundleWords`), if anything."""
    follows: Sequence[Link] = ()
    """The links that lead to the node's key from one that the hub knows; none when it knows it already."""

    @property
    def files(self) -> Sequence[Payload]:
        """Its files."""
        return self.contents.files

    @property
    def id(self) -> str:
        """The bundle's own number."""
        return str(self.said["bundle_id"])


@dataclass
class Answers:
    """What became of each record and each file; `refusals` is the bytes of those to records not taken."""

    refusals: int = 0
    records: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    words: dict[str, Any] | None = None
    """The same of what the institution says (`WordsReply`), if it says anything."""

    def add_records(self, said: Sequence[dict[str, Any]]) -> None:
        """Remember these answers; when there is no room for more words, of a refusal only its code."""
        for answer in said:
            if "code" in answer:
                self.refusals += len(canonical(answer))
            if self.refusals > MAX_REFUSAL_BYTES:
                answer = {name: value for name, value in answer.items() if name not in ("detail", "errors")}
            self.records.append(answer)

    @property
    def good(self) -> bool:
        """Whether nothing was refused."""
        refused = ("rejected", "conflict", "refused")
        return not any(answer["outcome"] in refused for answer in (*self.records, *self.files))


class _File:
    """A payload file as a body for the store: a medium that fails is told apart from a store that does."""

    def __init__(self, opened: BinaryIO, part: Payload) -> None:
        self._opened, self._part, self.size = opened, part, part.size

    def read(self, length: int, /) -> bytes:
        """At most `length` bytes. Raises `FileUnreadable`."""
        try:
            return self._opened.read(length)
        except OSError as error:
            raise _unreadable(self._part, error) from error


class _Counted:
    """Passes on by how much a count has grown, as a bar wants to be told."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._told = progress, 0

    def reach(self, count: int) -> None:
        """It has come to `count`."""
        self._progress(count - self._told)
        self._told = count


def open_bundle(work: Work, folder: Path, settings: HubSettings) -> Bundle:
    """Check all of a bag but the bytes of its files. Changes nothing.

    Raises what `read_bag` raises, `SignatureInvalid`, `KeyUnknown`, `KeyRevoked`, `WrongHub`, `BagAltered`, or
    what is wrong with the institution's words.
    """
    bag = read_bag(folder, extra=(STATEMENT,), most_files=MOST_FILES)
    with work(read_only=True) as session:
        links = [Link.of(one) for one in shown_keys(bag.tags[STATEMENT])]

        def find(kid: str) -> Ed25519PublicKey:
            return load_public_jwk(key_register.key_or_follower(session, kid, links, origin=settings.origin)[1])

        said, kid = read_statement(bag.tags[STATEMENT], manifest=bag.tags[MANIFEST], find_key=find)
        if said["hub"] != settings.origin:
            raise WrongHub(theirs=said["hub"], ours=settings.origin)
        known, _ = key_register.key_or_follower(session, kid, links, origin=settings.origin)
        if known.node_id != said["node_id"]:
            raise SignatureInvalid()
        follows = links if known.id != kid else []
    found = contents(bag)
    bundle = Bundle(bag, said, found, _words(bag, found.words) if found.words is not None else None, follows)
    if len(bundle.files) > MAX_BUNDLE_FILES:
        raise BagTooLarge(path="data/files", limit=MAX_BUNDLE_FILES)
    if sum(len(tokens) for tokens in _batches(bundle)) > MAX_BUNDLE_RECORDS:
        raise BagTooLarge(path="data/records", limit=MAX_BUNDLE_RECORDS)
    return bundle


def take_in(work: Work, store: ObjectStore, bundle: Bundle, settings: HubSettings, progress: Progress) -> Answers:
    """Take in the node's next key, the records, then the files; an answer for each, and none blocks another.

    Raises `StoreAway` when the store stops answering; what was done until then stays done.
    """
    answers = Answers()
    if bundle.follows:
        with work() as session:
            key_register.rotate(session, bundle.follows, signed_by=bundle.follows[-1].id, origin=settings.origin)
    for tokens in _batches(bundle):
        answers.add_records(_ingest(work, bundle, tokens, len(answers.records), settings))
    for start in range(0, len(bundle.files), MAX_UPLOADS_ASKED):
        some = bundle.files[start : start + MAX_UPLOADS_ASKED]
        answers.files += _keep_files(work, store, bundle, some, settings, progress)
    if bundle.words is not None:
        answers.words = _hear(work, bundle, bundle.words, settings)
    with work() as session:
        _remember(session, bundle, answers)
    return answers


def _batches(bundle: Bundle) -> Iterator[list[str]]:
    """The signed records, a batch at a time, read anew and held against the list each time."""
    for part in bundle.contents.batches:
        data = read_whole(bundle.bag.folder / part.path, limit=MAX_BATCH_BYTES)
        if digest(data) != part.sha256:
            raise BagAltered(path=part.path)
        # What is not ASCII cannot be a JWS: such a line is refused by itself, by the check of its signature.
        tokens = data.decode("utf-8", errors="replace").split()
        if len(tokens) > MAX_BATCH_RECORDS:
            raise BatchTooLarge(records=MAX_BATCH_RECORDS, size=MAX_BATCH_BYTES)
        yield tokens


def _ingest(
    work: Work, bundle: Bundle, tokens: Sequence[str], before: int, settings: HubSettings
) -> list[dict[str, Any]]:
    with work() as session:
        node = session.get_one(Node, bundle.said["node_id"])
        outcomes = ingestion.ingest(
            session,
            node,
            tokens,
            max_file_bytes=settings.max_file_bytes,
            guard=withdrawals.Guard.of(settings),
        )
        said = [outcome.as_message(bundle.said["language"]) for outcome in outcomes]
    return [
        {**answer, "index": before + number, "jws_sha256": hashlib.sha256(token.encode("utf-8")).hexdigest()}
        for number, (answer, token) in enumerate(zip(said, tokens, strict=True))
    ]


def _keep_files(
    work: Work,
    store: ObjectStore,
    bundle: Bundle,
    parts: Sequence[Payload],
    settings: HubSettings,
    progress: Progress,
) -> list[dict[str, Any]]:
    with work(read_only=True) as session:
        node = session.get_one(Node, bundle.said["node_id"])
        need = Need.of(session, node, [part.sha256 for part in parts], max_file_bytes=settings.max_file_bytes)
    answers, scanner, limits = [], inspection.scanner(settings), Limits.of(settings)
    for part in parts:
        answer: dict[str, Any] = {"sha256": part.sha256}
        counted = _Counted(progress)
        try:
            kept = _keep(work, store, bundle, part, need, limits, counted, scanner)
            answer["outcome"] = "stored" if kept else "present"
        except CommonsError as error:
            if isinstance(error, StoreAway):
                raise
            said = error.message(bundle.said["language"])
            answer |= {"outcome": "refused", "code": error.code, "detail": said}
        counted.reach(part.size)
        answers.append(answer)
    return answers


def _keep(
    work: Work,
    store: ObjectStore,
    bundle: Bundle,
    part: Payload,
    need: Need,
    limits: Limits,
    counted: _Counted,
    scanner: Scanner | None,
) -> bool:
    """Keep one file; false when the hub has it already. Raises the named error that says why it is not kept."""
    size = need.stored.get(part.sha256, part.size)
    if part.sha256 not in need.stored and size not in (sizes := need.sizes(part.sha256)) and sizes:
        raise FileAltered(sha256=part.sha256)
    if need.has(Wanted(part.sha256, size)):
        return False
    if part.sha256 not in need.damaged:
        with work(read_only=True) as session:
            institution = session.get_one(Node, bundle.said["node_id"]).institution
            quotas.room(session, institution, limits).after(size)
    try:
        with bundle.bag.open(part) as opened:
            kept = store.keep_body(
                _File(opened, part),
                sha256=part.sha256,
                size=size,
                replace=part.sha256 in need.damaged,
                progress=counted.reach,
            )
    except DigestMismatch as error:
        raise FileAltered(sha256=part.sha256) from error
    except StorageError as error:
        raise StoreAway() from error
    except OSError as error:
        raise _unreadable(part, error) from error
    try:
        content = inspection.inspect(store, kept, scanner)
    except (ScannerAway, StorageError) as error:
        raise StoreAway() from error
    with work() as session:
        if not uploads.stored(session, kept, content, actor=auditlog.machine(bundle.said["node_id"])):
            raise StoreAway()  # the collector is just taking these bytes away: the next import brings them
    return True


def _words(bag: Bag, part: Payload) -> dict[str, Any]:
    data = read_whole(bag.folder / part.path, limit=MAX_WORDS_BYTES)
    if digest(data) != part.sha256:
        raise BagAltered(path=part.path)
    return read(BundleWords, parse(data))


def _hear(work: Work, bundle: Bundle, words: Mapping[str, Any], settings: HubSettings) -> dict[str, Any]:
    """Take the answers, petitions and identifiers of a bundle, by the same services as over the network."""
    arks = 0
    for start in range(0, len(words["arks"]), MAX_BATCH_RECORDS):
        with work() as session:
            node = session.get_one(Node, bundle.said["node_id"])
            some = words["arks"][start : start + MAX_BATCH_RECORDS]
            arks += reconciliation.restore_arks(session, node, some, naan=settings.ark_naan)
    with work() as session:
        node = session.get_one(Node, bundle.said["node_id"])
        answered = questions.answer(session, node, words["answers"])
        taken = petitions.receive(session, node, words["petitions"])
    return {
        "answers": [outcome_of(one, outcome) for one, outcome in zip(words["answers"], answered, strict=True)],
        "petitions": [
            {"petition_id": one["petition_id"], **said.as_message(bundle.said["language"])}
            for one, said in zip(words["petitions"], taken, strict=True)
        ],
        "arks": arks,
    }


def _remember(session: Session, bundle: Bundle, answers: Answers) -> None:
    """Note in the audit log, once for each bundle, that it was taken in; and that the node was heard of."""
    node_id, subject = bundle.said["node_id"], f"bundle:{bundle.id}"
    known = select(AuditEvent.id).where(AuditEvent.subject == subject).limit(1)
    if session.scalar(known) is not None:
        return
    session.execute(update(Node).where(Node.id == node_id).values(last_seen_at=now()))
    said = {
        "manifest_sha256": bundle.said["manifest_sha256"],
        "records": len(answers.records),
        "files": len(answers.files),
    }
    auditlog.record(session, auditlog.Happening(auditlog.machine(node_id), "bundle.imported", subject, detail=said))


def _unreadable(part: Payload, error: OSError) -> FileUnreadable:
    return FileUnreadable(name=part.path, cause=system_fault(error))
