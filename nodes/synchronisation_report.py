"""A synchronisation in a few honest lines."""

from __future__ import annotations

from nodes.sync import Synced
from nodes.texts import _
from nodes.wording import state_name


def lines(done: Synced) -> list[str]:
    """What was sent, what was refused and why, and where everything stands."""
    sent, files = done.sent, done.files
    said = [
        _("著录：接收 {accepted}，已有 {duplicate}，未接收 {refused}。").format(
            accepted=sent.accepted + sent.superseded, duplicate=sent.duplicate, refused=len(sent.refused)
        ),
        _("文件：上传 {sent}，平台已有 {present}，未传成 {failed}。").format(
            sent=files.sent, present=files.present, failed=len(files.failed)
        ),
    ]
    if files.paused:
        said.append(
            _("暂停的文件：{count} 个。著录照样送到，在平台等文件，齐了才进入审核。").format(count=files.paused)
        )
    for result in sent.refused:
        said.append(f"  ✗ {result['id']}  {result.get('detail', '')}")
        said += [f"      {fault['pointer']}  {fault.get('detail', '')}" for fault in result.get("errors", [])]
    said += [f"  ✗ {problem}" for problem in files.failed.values()]
    if done.answered:
        said.append(_("回答：送达 {count} 个。").format(count=done.answered))
    if done.petitioned:
        said.append(_("申请：送达 {count} 件。").format(count=done.petitioned))
    if done.again:
        said.append(_("平台从备份恢复过，缺少本节点的著录：下一次导出再送 {count} 条。").format(count=done.again))
    if done.restored:
        said.append(_("本节点缺少的著录：从平台取回 {count} 条。").format(count=done.restored))
    if done.unverified:
        said.append(
            _("  ✗ 平台所存的 {count} 条不是本节点签的，没有取回，请联系联盟管理员。").format(count=done.unverified)
        )
    if done.unfinished:
        said.append(_("一份回执放不下全部，请再导出一次，把余下的取回来。"))
    standing = "，".join(f"{state_name(state)} {count}" for state, count in sorted(done.states.items()))
    said.append(_("目前：") + (standing or _("还没有登记资源。")))
    return said
