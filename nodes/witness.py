"""This node as a witness of the hub's audit log: it keeps the last checkpoint that it saw, and believes only what
goes on from that (as C2SP tlog-witness has it, except that the node asks: the hub never calls a node).

What was seen lies in a file beside the key, not in the database: a node that has lost that is a witness still.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nodes import hub_keys
from nodes import membership as memberships
from nodes.hub_client import HubClient, RefusedByHub
from nodes.key_files import write_private
from nodes.workplace import Workplace
from shared.errors import FileUnreadable, LogBroken, NotFound
from shared.log_messages import CosignatureReply, LogReply
from shared.merkle import EMPTY, is_consistent
from shared.notes import ED25519, Checkpoint, Verifier
from shared.signing import key_id
from shared.wording import Words

SEEN, EVIDENCE = "log-witness.json", "log-evidence"
UNSIGNED = Words("the checkpoint is not signed by the log's key", "检查点不是这部日志的密钥签的")
OTHER_KEY = Words("the log goes by another name or key than before", "日志的名称或密钥与从前不同")
REWRITTEN = Words("entries that were there before were changed", "从前已有的条目被改动过")
UNREADABLE = Words("what the hub sent is no checkpoint", "平台给的不是检查点")


def shorter(*, old: int, new: int) -> Words:
    """What is said of a log that has lost entries."""
    return Words(
        f"the log has become shorter: {old} entries before, {new} now", f"日志变短了：从前 {old} 条，现在 {new} 条"
    )


@dataclass(frozen=True)
class Seen:
    """What the node has witnessed of one hub's log: its verifier key, and the last checkpoint (a C2SP note)."""

    hub: str
    key: str
    checkpoint: str

    @property
    def size(self) -> int:
        """How many entries the log had."""
        return Checkpoint.parse(self.checkpoint).size


@dataclass(frozen=True)
class Witnessed:
    """What a look at the log came to."""

    size: int
    cosigned: bool
    """Whether the node has vouched for a checkpoint that it had not seen before."""


def seen(folder: Path, hub: str) -> Seen | None:
    """What was seen of the log of `hub`. Raises `FileUnreadable`."""
    try:
        found = Seen(**json.loads((folder / SEEN).read_bytes()))
        Checkpoint.parse(found.checkpoint), Verifier.parse(found.key)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise FileUnreadable(name=SEEN, cause=type(error).__name__) from error
    return found if found.hub == hub else None


def look(workplace: Workplace) -> Witnessed | None:
    """Look at the hub's log, and vouch for it if it goes on from what was seen; None before there is a checkpoint.

    Raises `LogBroken`, with the evidence kept, when it does not; or what asking the hub raises.
    """
    client, node_id = _client(workplace)
    known = seen(workplace.folder, client.origin)
    reply = _ask(client, since=known.size if known else 0)
    if reply is None:
        if known is not None:
            raise _broken(workplace, known, "", shorter(old=known.size, new=0))
        return None
    told, proof = Seen(client.origin, reply["key"], reply["checkpoint"]), [bytes.fromhex(h) for h in reply["proof"]]
    checkpoint, fault = check(told, known, proof)
    if fault is None and known is None and _is_of_another(workplace, told):
        fault = OTHER_KEY
    if fault is not None or checkpoint is None:
        raise _broken(workplace, known, f"{told.key}\n{told.checkpoint}\n{reply['proof']}", fault or UNREADABLE)
    fresh = known is None or checkpoint.size > known.size
    if fresh:
        write_private(workplace.folder / SEEN, json.dumps(asdict(told), indent=2).encode())
        _cosign(workplace, client, node_id, checkpoint)
    return Witnessed(checkpoint.size, fresh)


def check(told: Seen, known: Seen | None, proof: list[bytes]) -> tuple[Checkpoint | None, Words | None]:
    """The checkpoint that was told, and what speaks against it after what is known, if anything does."""
    try:
        checkpoint, key = Checkpoint.parse(told.checkpoint), Verifier.parse(told.key)
    except ValueError:
        return None, UNREADABLE
    if known is not None and known.key != told.key:
        return checkpoint, OTHER_KEY
    if key.kind != ED25519 or key.name != checkpoint.origin or not checkpoint.is_signed_by(key):
        return checkpoint, UNSIGNED
    before = Checkpoint.parse(known.checkpoint) if known is not None else Checkpoint(checkpoint.origin, 0, EMPTY)
    if checkpoint.size < before.size:
        return checkpoint, shorter(old=before.size, new=checkpoint.size)
    if not is_consistent(before.size, before.root, checkpoint.size, checkpoint.root, proof):
        return checkpoint, REWRITTEN
    return checkpoint, None


def accept(workplace: Workplace, *, reason: str) -> Seen:
    """Take the log as it is now for the one to witness, and note why; what was seen before stays with the evidence.

    Raises `LogBroken` for a log that does not even hold by itself, `NotFound` before there is a checkpoint.
    """
    client, node_id = _client(workplace)
    known, reply = seen(workplace.folder, client.origin), _ask(client, since=0)
    if reply is None:
        raise NotFound()
    told = Seen(client.origin, reply["key"], reply["checkpoint"])
    checkpoint, fault = check(told, None, [])
    if fault is not None or checkpoint is None:
        raise _broken(workplace, known, f"{told.key}\n{told.checkpoint}", fault or UNREADABLE)
    said = {"at": _moment(), "reason": reason, "before": asdict(known) if known else None, "accepted": asdict(told)}
    _keep(workplace, json.dumps(said, ensure_ascii=False, indent=2))
    hub_keys.keep(workplace.folder, client.origin, _fingerprint(told))
    write_private(workplace.folder / SEEN, json.dumps(asdict(told), indent=2).encode())
    _cosign(workplace, client, node_id, checkpoint)
    return told


def _is_of_another(workplace: Workplace, told: Seen) -> bool:
    """Whether the log is signed with another key than the one that the hub showed when this node joined."""
    known = hub_keys.known(workplace.folder, told.hub)
    return bool(known) and known != _fingerprint(told)


def _fingerprint(told: Seen) -> str:
    return key_id(Verifier.parse(told.key).key)


def _client(workplace: Workplace) -> tuple[HubClient, str]:
    with workplace.database.unit_of_work(read_only=True) as session:
        membership = memberships.current(session)
    return HubClient(membership.origin, workplace.key, workplace.settings), membership.node_id


def _ask(client: HubClient, *, since: int) -> dict[str, Any] | None:
    try:
        return client.get(f"/log?since={since}", LogReply)
    except RefusedByHub as error:
        if error.problem_code != NotFound.code:
            raise
        return None


def _cosign(workplace: Workplace, client: HubClient, node_id: str, checkpoint: Checkpoint) -> None:
    """Vouch for a checkpoint. The node's own file comes first: who has vouched must never forget for what."""
    name = f"{checkpoint.origin}/witness/{node_id}"
    line = checkpoint.cosigned(workplace.key.private, name=name, time=int(time.time()))
    client.ask("/log/cosignatures", {"size": checkpoint.size, "cosignature": str(line)}, CosignatureReply)


def _broken(workplace: Workplace, known: Seen | None, told: str, cause: Words) -> LogBroken:
    """The error, with both sides kept as files that can be shown to anybody."""
    before = f"{known.key}\n{known.checkpoint}" if known is not None else ""
    evidence = _keep(workplace, f"# seen before\n{before}\n# told now\n{told}\n")
    return LogBroken(cause=cause, evidence=evidence)


def _keep(workplace: Workplace, content: str) -> Path:
    """A file for what was seen; the same twice is one file."""
    folder = workplace.folder / EVIDENCE
    folder.mkdir(mode=0o700, exist_ok=True)
    name = hashlib.sha256(content.encode()).hexdigest()[:16]
    there = sorted(folder.glob(f"*-{name}.txt"))
    path = there[0] if there else folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}.txt"
    if not there:
        write_private(path, content.encode())
    return path


def _moment() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
