"""What nodes and hub say to each other of the audit log (docs/protocol.md): a part of the federation protocol."""

from __future__ import annotations

from shared.notes import MAX_NOTE, MAX_SIZE
from shared.record import SHA256
from shared.validation import Many, Strict, Text, Whole

MAX_PROOF = 64
"""Hashes of a consistency proof (RFC 9162 §2.1.4): two for each doubling of the log, and one."""
MAX_ENTRIES = 1000
MAX_ENTRY_BYTES = 65_535
"""C2SP tlog-tiles: an entry's length is two bytes."""


class LogReply(Strict):
    """The audit log's last checkpoint, and the proof that it goes on from the size that was asked about.

    `key` is the log's verifier key; `proof` is empty when the log is not longer than that.
    """

    key = Text(400, required=True)
    checkpoint = Text(MAX_NOTE, required=True)
    proof = Many(Text(64, pattern=SHA256, fault="bad_digest"), MAX_PROOF, required=True)


class CosignatureRequest(Strict):
    """The node vouches for the checkpoint of this size (one C2SP tlog-cosignature line)."""

    size = Whole(1, MAX_SIZE, required=True)
    cosignature = Text(600, required=True)


class CosignatureReply(Strict):
    """The largest checkpoint for which the hub keeps a cosignature of this node."""

    size = Whole(1, required=True)


class EntriesReply(Strict):
    """Entries of the audit log from the place that was asked for, as many as fit into one answer."""

    entries = Many(Text(MAX_ENTRY_BYTES), MAX_ENTRIES, minimum=1, required=True)
