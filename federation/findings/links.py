"""Links of a record: the hub fetches nothing on a record's word, so all it can say is that they are unchecked."""

from __future__ import annotations

from collections.abc import Iterator

from federation.findings.finding import NOTE, Finding, Record


def unchecked(record: Record) -> Iterator[Finding]:
    """That there are links which nobody has opened yet."""
    count = len(record.get("links", ()))
    if count:
        yield Finding(
            "links_unchecked",
            NOTE,
            f"{count} 个链接未经核对，请点开看看。",
            f"{count} link{'s' if count > 1 else ''} not checked: open {'them' if count > 1 else 'it'} and look.",
            "/links",
        )
