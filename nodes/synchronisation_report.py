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
    for result in sent.refused:
        said.append(f"  ✗ {result['id']}  {result.get('detail', '')}")
        said += [f"      {fault['pointer']}  {fault.get('detail', '')}" for fault in result.get("errors", [])]
    said += [f"  ✗ {problem}" for problem in files.failed.values()]
    if done.answered:
        said.append(_("回答：送达 {count} 个。").format(count=done.answered))
    if done.petitioned:
        said.append(_("申请：送达 {count} 件。").format(count=done.petitioned))
    if done.again:
        said.append(_("平台从备份恢复过：下一次导出带上全部著录，再送一次 {count} 条。").format(count=done.again))
    standing = "，".join(f"{state_name(state)} {count}" for state, count in sorted(done.states.items()))
    said.append(_("目前：") + (standing or _("还没有登记资源。")))
    return said
