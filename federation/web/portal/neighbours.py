"""What the page of a resource says beside the resource itself: what is related, who checked it, what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from federation import differences, histories, related, vouching
from federation.catalogue import Page
from federation.database import db
from federation.naming import FILE_CHANGES, LABELS
from federation.parts import parts
from federation.related import Alike, Declared, Same
from federation.web.portal.memory import remembered
from federation.web.wording import label

REVERSED: Mapping[str, Any] = {
    "is-based-on": _l("衍生作品"),
    "is-translation-of": _l("译本"),
    "references": _l("引用了本资源"),
}
"""What a relation is called from the side of which the vocabulary has no name."""
FIELD_CHANGES: Mapping[str, Any] = {"added": _l("新增"), "removed": _l("删去"), "replaced": _l("改动")}
WHOLE = 0.995
"""Share of a text from which it is called the same."""


def neighbourhood(page: Page) -> dict[str, Any]:
    """The values that the included templates take."""
    session, entry, index = db.session(), page.entry, parts().index
    # The index follows the feed at its own pace, so what is remembered is of one state of it too.
    asked = (entry.resource_id, page.version, index.position())
    known, reviewed, revisions = remembered().read(
        session,
        asked,
        lambda: (
            related.find(session, index, page),
            vouching.of(session, entry.resource_id, page.version),
            differences.revisions(session, page),
        ),
    )
    return {
        "around": related.around(session, page, known),
        "reviewed": reviewed,
        "revisions": revisions,
        "moments": histories.of(session, entry.resource_id, versions={one.version for one in page.history}),
        "moment_name": _moment_name,
        "relation_name": _relation_name,
        "sameness": _sameness,
        "likeness": _likeness,
        "field_names": LABELS,
        "field_changes": FIELD_CHANGES,
        "file_changes": FILE_CHANGES,
    }


def _relation_name(one: Declared) -> str:
    if one.reverse:
        return str(REVERSED.get(one.type, _("提到本资源")))
    return label("relation-types", one.type)


def _sameness(one: Same) -> str:
    """In which way another resource is the same."""
    said = []
    if one.files:
        said.append(ngettext("%(num)s 个文件完全相同", "%(num)s 个文件完全相同", one.files))
    if one.share >= WHOLE:
        said.append(_("文字完全相同"))
    elif one.share:
        said.append(_("文字 %(percent)s%% 相同", percent=round(100 * one.share)))
    return str(_("，").join(said))


def _likeness(one: Alike) -> str:
    """Why another resource is shown."""
    if one.keywords:
        return str(_("关键词相同：%(words)s", words=_("、").join(one.keywords)))
    return str(_("主题相同：%(themes)s", themes=_("、").join(label("themes", code) for code in one.themes)))


def _moment_name(moment: histories.Moment) -> str:
    said = {
        histories.RECEIVED: _("第 %(n)s 版登记", n=moment.version),
        histories.CORRECTED: _("登记第 %(n)s 版，更正或更新", n=moment.version),
        histories.VERIFIED: _("第 %(n)s 版文件核验无误，送审", n=moment.version),
        histories.REVIEWED: _("第 %(n)s 版审核通过，定日发布", n=moment.version),
        histories.PUBLISHED: _("第 %(n)s 版审核通过，发布", n=moment.version),
        histories.RELEASED: _("第 %(n)s 版发布", n=moment.version),
        histories.RESTORED: _("恢复公开"),
        histories.WITHDRAWN: _("提供单位撤回"),
        histories.TAKEN_DOWN: _("联盟下架"),
        histories.EXPIRED: _("期满停止公开"),
    }
    return str(said[moment.what])
