"""The columns of a table: how each is headed, which field it is, and what a heading not known here may mean."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from nodes.importers.mapping import TARGETS
from nodes.texts import _, in_ones_language
from shared.wording import Words

HEADINGS = {
    "编号": "source_id",
    "id": "source_id",
    "标题": "title.zh",
    "题名": "title.zh",
    "英文标题": "title.en",
    "简介": "summary.zh",
    "摘要": "summary.zh",
    "英文简介": "summary.en",
    "说明": "description.zh",
    "英文说明": "description.en",
    "类型": "type",
    "主题": "themes",
    "专业": "disciplines",
    "受众": "audiences",
    "活动": "occasions",
    "阶段": "stage",
    "关键词": "keywords",
    "语言": "language",
    "作者": "creators",
    "贡献者": "contributors",
    "日期": "created",
    "许可": "license",
    "权利人": "rights_holder",
    "链接": "links",
    "文件": "files",
    "doi": "identifiers.doi",
    "cstr": "identifiers.cstr",
    "isbn": "identifiers.isbn",
    "考证来源": "evidence.source",
    "考证方法": "evidence.method",
    "考证人": "evidence.verified_by",
}
ENGLISH = {
    "source_id": "Identifier",
    "title.zh": "Title (Chinese)",
    "title.en": "Title (English)",
    "summary.zh": "Summary (Chinese)",
    "summary.en": "Summary (English)",
    "description.zh": "Description (Chinese)",
    "description.en": "Description (English)",
    "type": "Type",
    "themes": "Themes",
    "disciplines": "Disciplines",
    "audiences": "Audiences",
    "occasions": "Occasions",
    "stage": "Stage",
    "keywords": "Keywords",
    "language": "Language",
    "creators": "Creators",
    "contributors": "Contributors",
    "created": "Date",
    "license": "Licence",
    "rights_holder": "Rights holder",
    "links": "Links",
    "files": "Files",
    "identifiers.doi": "DOI",
    "identifiers.cstr": "CSTR",
    "identifiers.isbn": "ISBN",
    "evidence.source": "Evidence: source",
    "evidence.method": "Evidence: method",
    "evidence.verified_by": "Evidence: verified by",
}
"""How the English template heads each column."""
ALSO_SAID = {
    "序号": "source_id",
    "名称": "title.zh",
    "关键字": "keywords",
    "网址": "links",
    "url": "links",
    "附件": "files",
    "file": "files",
    "授权": "license",
    "author": "creators",
    "date": "created",
}
"""Headings that are no column here, and the column that they most likely are."""
TEXTS = ("title", "summary", "description")
"""Fields that have a text for each language: a column is one of the texts."""
NEEDED = ("source_id", "title", "summary", "type", "themes", "language", "license")
"""What no row can do without."""
CONTENT = ("files", "links")
"""One of which every row needs."""
NEEDED_ONE_OF = {
    "title": ("title.zh", "title.en"),
    "summary": ("summary.zh", "summary.en"),
    **{name: (name,) for name in ("type", "themes", "language", "license")},
    "files": CONTENT,
}
"""What no row can do without but for its identifier: for each, the columns of which one is enough."""
EXAMPLES = {"zh": "（示例，不导入）", "en": "(example, not imported)"}
"""The identifier of the row that the template shows as an example: it is passed over, in whatever table it stands."""
EXAMPLE_TITLE = "杆秤怎样称准"
"""The title of that row: who writes another over it means a resource of their own."""
OWN = frozenset({"source_id", "id", "version", "files", "withdrawn"})
"""What a row may say beside the fields that a mapping can fill."""
SHOWN = 10
"""Headings not known here that are named; more would only show that the first line holds none."""
LIKE = 0.75
"""How alike two names are, of 1, to be one misspelt."""
DOCUMENT = "docs/importing.md"
_CHINESE = {target: heading for heading, target in reversed(HEADINGS.items())}
_BY_ENGLISH = {heading.lower(): target for target, heading in ENGLISH.items()}
MARK = "*"
"""What follows the heading of a column that every row needs."""
FIELDS = tuple(dict.fromkeys(HEADINGS.values()))
"""Every field that has a column, in the order of the template."""
_APART = re.compile(r"[\s_\-:/：（）()]+")


def target_of(heading: str) -> str:
    """The field that a heading stands for; a heading not known here is its own."""
    bare = heading.rstrip("*＊ ")
    folded = bare.lower()
    return HEADINGS.get(folded) or _BY_ENGLISH.get(folded) or bare or heading


def heading_of(target: str, language: str) -> str:
    """How the template heads the column of a field."""
    return _CHINESE[target] if language.startswith("zh") else ENGLISH[target]


def called(target: str) -> Words:
    """How a person calls a field: by its heading in the template and its technical name."""
    full = f"{target}.zh" if target in TEXTS else target
    chinese = _CHINESE.get(full)
    return Words(f"{ENGLISH[full]} ({full})", f"{chinese}（{full}）") if chinese else Words(target, target)


def place(pointer: str) -> Words:
    """The field that a fault is about, by the name that a person knows it by."""
    if pointer.startswith("/cells/"):
        cell = pointer.removeprefix("/cells/")
        return Words(f"cell {cell}", f"{cell} 格")
    steps = [step for step in pointer.split("/") if step and not step.isdigit()]
    for end in range(len(steps), 0, -1):
        target = ".".join(steps[:end])
        if target in _CHINESE or target in TEXTS:
            return called(target)
    name = ".".join(steps)
    return Words(name or "the whole row", name or "整行")


def is_known(target: str) -> bool:
    """Whether a row may have this field."""
    return target.split(".")[0] in TARGETS | OWN


def meant_by(name: str) -> Words | None:
    """The column that a name not known here probably means: `title.zh` by `title_zh`, 标题 by 标题（中文）."""
    target = target_meant_by(name)
    return called(target) if target else None


def target_meant_by(name: str) -> str:
    """The field that a name not known here probably means, or nothing; a text without a language is Chinese."""
    folded = _folded(name)
    if folded in TEXTS:
        return f"{folded}.zh"
    known = {_folded(one): target for heading, target in HEADINGS.items() for one in (heading, target)}
    known |= {_folded(target): target for target in TARGETS if target not in TEXTS} | ALSO_SAID
    found = difflib.get_close_matches(folded, known, n=1, cutoff=LIKE)
    return known[found[0]] if found else ""


def fault(headings: Sequence[str]) -> str:
    """What is wrong with a table of which no row can be registered, or nothing: it has no column of identifiers."""
    targets = {target_of(heading) for heading in headings}
    if "source_id" in targets:
        return ""
    tops = {target.split(".")[0] for target in targets}
    lacking = [_quoted(name) for name in NEEDED if name not in tops]
    if not tops.intersection(CONTENT):
        lacking.append(_("{one}或{other}").format(one=_quoted(CONTENT[0]), other=_quoted(CONTENT[1])))
    said = [_("第一行的列名里缺少{columns}").format(columns=_("、").join(lacking))]
    unknown = [heading for heading in headings if heading and not is_known(target_of(heading))]
    if unknown:
        said.append(_("不认识{columns}").format(columns=_("、").join(map(_guessed, unknown[:SHOWN]))))
    return _("；").join([*said, _("各列怎样写见 {document}").format(document=DOCUMENT)])


def _quoted(target: str) -> str:
    return f"“{in_ones_language(called(target))}”"


def _guessed(heading: str) -> str:
    meant = meant_by(heading)
    if meant is None:
        return f"“{heading}”"
    return _("“{name}”（是不是“{meant}”？）").format(name=heading, meant=in_ones_language(meant))


def _folded(name: str) -> str:
    return _APART.sub(".", name.strip().casefold()).strip(".").removesuffix(".中文")
