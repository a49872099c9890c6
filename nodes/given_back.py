"""What a receipt says that the hub holds, compared with what we hold: as a reconciliation, but by stick.

The hub sends all of a bucket that differs, so nothing has to be asked. Contents are compared first, then the events
of the receipt are read, and states last: an event tells more of a state than the state alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from nodes import holdings, restoring
from nodes.holdings import Finding
from nodes.keys import own_public_key
from nodes.workplace import Workplace
from shared.reconciliation import Item, bucket_of

Progress = Callable[[int], None]
Buckets = Mapping[int, Mapping[str, Any]]


@dataclass
class GivenBack:
    """How many versions came back, how many go out again, and how many do not bear our signature."""

    restored: int = 0
    again: int = 0
    unverified: int = 0


def take_contents(workplace: Workplace, held: Mapping[str, Any], progress: Progress) -> GivenBack:
    """Take back what we have lost, and send again what the hub has lost; a bucket is a transaction."""
    done, buckets = GivenBack(), _by_number(held)

    @cache
    def find_key(kid: str) -> Any:
        return own_public_key(workplace.folder, workplace.key, kid)

    for number, found in _findings(workplace, buckets):
        elsewhere = {(name["record_id"], name["version"]) for name in buckets[number]["elsewhere"]}
        signed, wanted = [], []
        for finding in found:
            if finding.kind in ("absent_at_node", "content_differs"):
                record = restoring.own_record(finding, (finding.theirs or {})["jws"], find_key=find_key)
                if record is None:
                    done.unverified += 1
                    continue
                signed.append((finding, record))
            elif finding.kind == "absent_at_hub" and (finding.record_id, finding.version) in elsewhere:
                finding = Finding(finding.record_id, finding.version, "elsewhere")
            if finding.kind != "state_differs":
                wanted.append(finding)
        with workplace.database.unit_of_work() as session:
            restoring.mend(session, wanted, signed, key=workplace.key)
        done.restored += len(signed)
        done.again += sum(finding.kind == "absent_at_hub" for finding in wanted)
        progress(len(buckets[number]["versions"]))
    return done


def take_states(workplace: Workplace, held: Mapping[str, Any]) -> None:
    """Where the hub knows another state than its events have told us, its word is the last."""
    for _number, found in _findings(workplace, _by_number(held)):
        differing = [finding for finding in found if finding.kind == "state_differs"]
        if differing:
            with workplace.database.unit_of_work() as session:
                restoring.mend(session, differing, [], key=workplace.key)


def _by_number(held: Mapping[str, Any]) -> Buckets:
    return {bucket["bucket"]: bucket for bucket in held["buckets"]}


def _findings(workplace: Workplace, buckets: Buckets) -> Iterator[tuple[int, list[Finding]]]:
    """What differs in each bucket. What waits in the outbox is left out: the hub has not answered to it yet."""
    if not buckets:
        return
    with workplace.database.unit_of_work(read_only=True) as session:
        waiting, besides = holdings.waiting(session), holdings.left_out(session)
        ours: dict[int, list[Item]] = {number: [] for number in buckets}
        for item in holdings.items(session):
            if item[:2] not in waiting and bucket_of(item.record_id) in ours:
                ours[bucket_of(item.record_id)].append(item)
    for number, bucket in buckets.items():
        theirs = [
            item
            for item in bucket["versions"]
            if bucket_of(item["record_id"]) == number and (item["record_id"], item["version"]) not in waiting
        ]
        yield number, holdings.findings(ours[number], theirs, besides)
