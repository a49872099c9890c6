"""A comparison with the hub in a few honest lines."""

from __future__ import annotations

from collections import Counter

from nodes.reconciling import Reconciled
from nodes.texts import _, later

SHOWN = 20
KINDS = {
    "absent_at_hub": later("平台缺少"),
    "absent_at_node": later("本机缺少"),
    "content_differs": later("同一版本号内容不同"),
    "state_differs": later("状态不同"),
    "elsewhere": later("已由本单位另一节点发布"),
    "unverified": later("平台所存的不是本节点签的"),
    "refused": later("平台不接收"),
}
DONE = {
    "absent_at_hub": later("已重新送出"),
    "absent_at_node": later("已取回"),
    "content_differs": later("本机的内容已改为新版本"),
    "state_differs": later("已改用平台的状态"),
    "elsewhere": later("不再由本节点核对"),
    "unverified": later("未取回，请联系联盟管理员"),
    "refused": later("请按提示修改"),
}


def lines(done: Reconciled, *, dry_run: bool) -> list[str]:
    """What each side holds, what differed and what was done, and whether they are equal now."""
    said = [
        _("本机 {ours} 个版本，平台 {theirs} 个版本。").format(ours=done.node_count, theirs=done.hub_count),
        _("摘要：") + done.digest,
    ]
    for kind, count in sorted(Counter(finding.kind for finding in done.findings).items()):
        what = f"{_(KINDS[kind])} {count}"
        said.append(f"  {what}" if dry_run else f"  {what}：{_(DONE[kind])}")
    said += [f"    {one.record_id} v{one.version}  {_(KINDS[one.kind])}" for one in done.findings[:SHOWN]]
    if len(done.findings) > SHOWN:
        said.append("    " + _("……其余 {count} 个，用 --json 查看").format(count=len(done.findings) - SHOWN))
    said.append(_("两边一致。") if done.equal else _("两边还不一致。"))
    return said
