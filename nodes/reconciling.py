"""Comparing with the hub and mending what differs, so that a backup restored on either side does no harm.

256 digests say whether anything differs, and where; only those buckets are looked at. The hub's word is the last on
states, the signed record on content: what the hub lost is published again, what the node lost is taken back if it
bears the node's own signature, and where both have used one number for different things ours gets a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import update

from nodes import holdings, restoring
from nodes import membership as memberships
from nodes import sync as synchronising
from nodes.holdings import Finding
from nodes.hub_client import HubClient
from nodes.keys import own_public_key
from nodes.models import Membership, Reconciliation, now
from nodes.workplace import Workplace
from shared.messages import (
    MAX_BATCH_RECORDS,
    MAX_FINDINGS,
    ArksReply,
    DigestsReply,
    ItemsReply,
    RecordsReply,
)
from shared.reconciliation import bucket_digests, bucket_of, overall_digest
from shared.signing import SignedRecord

Progress = Callable[[int], None]

MAX_CATCHING_UP = 5
"""How often what the hub did between our reading its events and comparing is read before a difference is believed."""


@dataclass
class Reconciled:
    """What a comparison found: how many versions each side holds, what differed, and whether they are equal now."""

    node_count: int
    hub_count: int
    digest: str
    equal: bool
    findings: list[Finding] = field(default_factory=list)
    mended: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The form for a script."""
        return {
            "equal": self.equal,
            "mended": self.mended,
            "node_count": self.node_count,
            "hub_count": self.hub_count,
            "digest": self.digest,
            "findings": [finding.as_message() for finding in self.findings],
        }


@dataclass(frozen=True)
class _Round:
    """One exchange of digests."""

    node_count: int
    digest: str
    cursor: int
    reply: dict[str, Any]

    @property
    def outrun(self) -> bool:
        """Whether sides differ while the hub has told more than we had read, which may be all the difference."""
        return bool(self.reply["differing"]) and self.reply["last_event"] > self.cursor


class Reconciler:
    """One reconciliation of one node."""

    def __init__(self, workplace: Workplace, client: HubClient, exchange: Callable[[], object]) -> None:
        """`exchange` publishes what waits, sends files and reads events; it is done before and after mending."""
        self.workplace, self.client, self.exchange = workplace, client, exchange

    def run(self, *, dry_run: bool = False) -> Reconciled:
        """Compare, and unless `dry_run` mend and compare again. Raises `HubAway` or the hub's refusal."""
        if not dry_run:
            self.exchange()
        first = self._compare([])
        if not dry_run and self._has_lost_its_place(first):
            self.exchange()
            first = self._compare([])
        if not dry_run:
            first = self._caught_up(first, [])
        found = self._with_answers(list(self._findings(first)))
        if not found:
            return self._note(first, found, mended=False)
        if dry_run:
            # Not noted: what was only looked at is still due to be mended.
            return _outcome(first, found, mended=False)
        mended = any(finding.kind != "held" for finding in found)
        found = self._mend(found)
        self.exchange()
        found = self._with_answers(found)
        self._give_arks(found)
        return self._note(self._caught_up(self._compare(found), found), found, mended=mended)

    def _caught_up(self, compared: _Round, found: Sequence[Finding]) -> _Round:
        """`compared`, or the comparison after reading what the hub's worker and reviewers did since we read last."""
        for _ in range(MAX_CATCHING_UP):
            if not compared.outrun:
                break
            self.exchange()
            before, compared = compared, self._compare(found)
            if compared.cursor == before.cursor:
                break
        return compared

    def _compare(self, found: Sequence[Finding]) -> _Round:
        with self.workplace.database.unit_of_work(read_only=True) as session:
            items, cursor = holdings.items(session), memberships.current(session).cursor
        digests = bucket_digests(items)
        message: dict[str, Any] = {"buckets": digests, "count": len(items), "cursor": cursor}
        if found:
            message["found"] = [finding.as_message() for finding in found[:MAX_FINDINGS]]
        reply = self.client.ask("/reconciliation/digests", message, DigestsReply)
        return _Round(len(items), overall_digest(digests), cursor, reply)

    def _findings(self, compared: _Round) -> Iterator[Finding]:
        buckets = set(compared.reply["differing"])
        if not buckets:
            return
        with self.workplace.database.unit_of_work(read_only=True) as session:
            ours = [item for item in holdings.items(session) if bucket_of(item.record_id) in buckets]
            besides = holdings.left_out(session)
        for bucket in sorted(buckets):
            here = [item for item in ours if bucket_of(item.record_id) == bucket]
            yield from holdings.findings(here, list(self._bucket(bucket)), besides)

    def _bucket(self, bucket: int) -> Iterator[dict[str, Any]]:
        message: dict[str, Any] = {"bucket": bucket}
        while True:
            reply = self.client.ask("/reconciliation/items", message, ItemsReply)
            yield from reply["items"]
            if not reply["more"]:
                return
            last = reply["items"][-1]
            message = {"bucket": bucket, "after": last["record_id"], "after_version": last["version"]}

    def _has_lost_its_place(self, compared: _Round) -> bool:
        """Whether the hub's events do not end where this node has read to, although all were read just now.

        Then the hub was restored from a backup: all that it tells is read from the beginning if its numbers went
        back, and what we said to it since is said again, if there is any. The former happens to one that was put back
        as a copied file or disk; `commons-hub restore` skips numbers, and no event may have come since.
        """
        last = compared.reply["last_event"]
        with self.workplace.database.unit_of_work() as session:
            cursor = memberships.current(session).cursor
            if last == cursor:
                return False
            if last < cursor:
                session.execute(update(Membership).values(cursor=0))
            return synchronising.say_again(session) > 0 or last < cursor

    def _mend(self, found: Sequence[Finding]) -> list[Finding]:
        """Do what each finding asks for; the findings come back with what was learnt on the way."""
        told = list(self._told_apart(found))
        lost = [finding for finding in told if finding.kind in ("absent_at_node", "content_differs")]
        signed, unverified = self._fetch(lost)
        with self.workplace.database.unit_of_work() as session:
            restoring.mend(session, told, signed, key=self.workplace.key)
        strangers = {(finding.record_id, finding.version) for finding in unverified}
        return [one for one in told if (one.record_id, one.version) not in strangers] + unverified

    def _with_answers(self, found: Sequence[Finding]) -> list[Finding]:
        """Of what was sent, tell what the hub did not take: it refused it, or holds the withdrawal."""
        with self.workplace.database.unit_of_work(read_only=True) as session:
            refused = holdings.refused(session)
            kinds = dict.fromkeys(refused, "refused")
            kinds |= dict.fromkeys(holdings.held(session), "held")
        told = [
            Finding(one.record_id, one.version, kinds.get((one.record_id, one.version), one.kind), one.theirs)
            if one.kind == "absent_at_hub"
            else one
            for one in found
        ]
        # What made way for another content went out under a new number.
        before = {one.record_id: one.version for one in found if one.kind == "content_differs"}
        moved = sorted(name for name in refused if name[0] in before and name[1] > before[name[0]])
        return told + [Finding(record_id, version, "refused") for record_id, version in moved]

    def _told_apart(self, found: Sequence[Finding]) -> Iterator[Finding]:
        """Of those that the hub does not count as ours, tell which it has from another node of the institution."""
        absent = [finding for finding in found if finding.kind == "absent_at_hub"]
        missing: set[tuple[str, int]] = set()
        for start in range(0, len(absent), MAX_BATCH_RECORDS):
            missing |= self._ask_for(absent[start : start + MAX_BATCH_RECORDS])[1]
        for finding in found:
            if finding.kind == "absent_at_hub" and (finding.record_id, finding.version) not in missing:
                yield Finding(finding.record_id, finding.version, "elsewhere")
            else:
                yield finding

    def _fetch(self, lost: Sequence[Finding]) -> tuple[list[tuple[Finding, SignedRecord]], list[Finding]]:
        """The signed records of `lost`, checked against our own key; and those that do not bear our signature."""
        waiting = {(finding.record_id, finding.version): finding for finding in lost}
        good: list[tuple[Finding, SignedRecord]] = []
        bad: list[Finding] = []
        while waiting:
            tokens, missing = self._ask_for(list(waiting.values())[:MAX_BATCH_RECORDS])
            for name in missing:
                waiting.pop(name, None)
            for name, token in tokens:
                finding = waiting.pop(name)
                signed = restoring.own_record(finding, token, find_key=self._own_key)
                if signed is None:
                    bad.append(Finding(finding.record_id, finding.version, "unverified", finding.theirs))
                    continue
                good.append((finding, signed))
            if not tokens and not missing:
                break
        return good, bad

    def _ask_for(self, findings: Sequence[Finding]) -> tuple[list[tuple[tuple[str, int], str]], set[tuple[str, int]]]:
        """Signed records by name, as many as came in one answer, and the names that the hub does not have."""
        names = [(finding.record_id, finding.version) for finding in findings]
        message = {"records": [{"record_id": record_id, "version": version} for record_id, version in names]}
        reply = self.client.ask("/reconciliation/records", message, RecordsReply)
        missing = {(name["record_id"], name["version"]) for name in reply["missing"]}
        there = [name for name in names if name not in missing]
        return list(zip(there, reply["records"], strict=False)), missing

    def _own_key(self, kid: str) -> Ed25519PublicKey:
        return own_public_key(self.workplace.folder, self.workplace.key, kid)

    def _give_arks(self, found: Sequence[Finding]) -> None:
        """Tell the hub the permanent identifiers that it has lost."""
        ids = {one.record_id for one in found if one.theirs is None or not one.theirs["ark"]}
        with self.workplace.database.unit_of_work(read_only=True) as session:
            lost = holdings.arks(session, ids)
        names = [{"record_id": record_id, "ark": ark} for record_id, ark in lost.items()]
        for start in range(0, len(names), MAX_BATCH_RECORDS):
            self.client.ask("/reconciliation/arks", {"arks": names[start : start + MAX_BATCH_RECORDS]}, ArksReply)

    def _note(self, compared: _Round, found: Sequence[Finding], *, mended: bool) -> Reconciled:
        done = _outcome(compared, found, mended=mended)
        with self.workplace.database.unit_of_work() as session:
            row = session.get(Reconciliation, 1) or Reconciliation(id=1)
            row.at, row.node_count, row.hub_count = now(), done.node_count, done.hub_count
            row.digest, row.differing = done.digest, len(compared.reply["differing"])
            row.findings = [finding.as_message() for finding in found[:MAX_FINDINGS]]
            if done.equal:
                row.equal_at = row.at
            session.add(row)
        return done


def _outcome(compared: _Round, found: Sequence[Finding], *, mended: bool) -> Reconciled:
    equal = not compared.reply["differing"] and not any(finding.kind == "refused" for finding in found)
    return Reconciled(compared.node_count, compared.reply["count"], compared.digest, equal, list(found), mended)
