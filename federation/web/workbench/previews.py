"""How the desk shows a file without a download: as what the browser knows, as text, in a sandboxed frame, as PDF."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from federation.models.renditions import Rendition
from federation.models.resources import VersionFile
from federation.parts import parts
from federation.renditions import making, office
from federation.storage.disposition import HTML, base_type
from federation.web.viewing import AS_TEXT
from federation.web.viewing import kind as kind
from federation.web.viewing import policy as policy

NOT_MADE: Mapping[str, Any] = {
    office.UNREADABLE: _l("文件打不开，可能有密码或已损坏"),
    office.TIMEOUT: _l("转换用时太长"),
    office.TOO_LARGE: _l("文件太大"),
    making.CRASHED: _l("转换几次都中途停止"),
}
"""Why there is no PDF of a document, within a sentence."""


@dataclass(frozen=True)
class AsPdf:
    """How an office document is shown: its PDF, or a sentence that says why there is none (yet)."""

    ready: bool
    sentence: str = ""


def address(file: VersionFile, *, framed: bool) -> str:
    """Where the store serves the file for its preview; `framed` says that a frame of ours asks for it.

    A page that runs goes to such a frame alone: opened by itself it would run with the store's origin, so then it
    is an attachment.
    """
    store, base = parts().store, base_type(file.media_type)
    if base == HTML and framed:
        return store.framed_url(sha256=file.sha256, name=file.name)
    shown = "text/plain" if base in AS_TEXT else file.media_type
    return store.download_url(sha256=file.sha256, name=file.name, media_type=shown, inline=True)


def as_pdf(session: Session, digests: Collection[str]) -> dict[str, AsPdf]:
    """Of these files, by their digests, the office documents."""
    renditions = making.of(session, digests)
    waiting = any(one.state == "waiting" for one in renditions.values())
    able = waiting and not making.ability(session).hindrance
    return {sha256: _as_pdf(one, able=able) for sha256, one in renditions.items()}


def _as_pdf(rendition: Rendition, *, able: bool) -> AsPdf:
    if rendition.state == "ready":
        return AsPdf(ready=True)
    if rendition.state == "failed":
        return AsPdf(False, str(_("没能转成 PDF：%(cause)s。请下载查看。", cause=NOT_MADE[rendition.cause])))
    if able:
        return AsPdf(False, str(_("正在转成 PDF 供预览，过一会儿请刷新本页。")))
    return AsPdf(False, str(_("本平台不提供文档预览，请下载查看。")))


def pdf_address(session: Session, file: VersionFile) -> str | None:
    """Where the store shows the PDF made of an office document; None when there is none."""
    rendition = making.of(session, [file.sha256]).get(file.sha256)
    if rendition is None or rendition.state != "ready":
        return None
    return parts().store.renditions.url(sha256=file.sha256, name=f"{file.name}.pdf")
