"""What a reviewer may say of a version, and to which state each verdict leads."""

from __future__ import annotations

from collections.abc import Mapping

APPROVE, REQUEST_CHANGES, REJECT = "approve", "request_changes", "reject"
LEADS_TO: Mapping[str, str] = {APPROVE: "published", REQUEST_CHANGES: "changes_requested", REJECT: "rejected"}
