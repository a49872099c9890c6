"""A comparison with the hub in a few honest lines."""

from __future__ import annotations

from collections import Counter

from nodes.reconciling import Reconciled
from nodes.texts import _
from nodes.wording import FINDINGS, MENDED

SHOWN = 20


def lines(done: Reconciled, *, dry_run: bool) -> list[str]:
    """What each side holds, what differed and what was done, and whether they are equal now."""
    said = [
        _("本机 {ours} 个版本，平台 {theirs} 个版本。").format(ours=done.node_count, theirs=done.hub_count),
        _("摘要：") + done.digest,
    ]
    for kind, count in sorted(Counter(finding.kind for finding in done.findings).items()):
        what = f"{_(FINDINGS[kind])} {count}"
        said.append(f"  {what}" if dry_run else f"  {what}：{_(MENDED[kind])}")
    said += [f"    {one.record_id} v{one.version}  {_(FINDINGS[one.kind])}" for one in done.findings[:SHOWN]]
    if len(done.findings) > SHOWN:
        said.append("    " + _("……其余 {count} 个，用 --json 查看").format(count=len(done.findings) - SHOWN))
    said.append(_("两边一致。") if done.equal else _("两边还不一致。"))
    return said
