"""The workbook that an institution fills in: headings, an example, drop-downs from the vocabularies, explanations.

Its form is that of ECMA-376 as Excel, WPS and LibreOffice read it; `nodes.importers.workbooks` reads it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nodes import texts
from nodes.importers import columns
from nodes.importers.grids import column_letter
from nodes.importers.mapping import LIST_TARGETS
from nodes.importers.words import LANGUAGES
from nodes.texts import later
from nodes.workbook_style import HEAD, MARKED, NOTE, TEXT, PaintedSheet
from shared.vocabularies import OF_FIELDS, vocabulary

LAST_ROW = 1_048_576
"""The last row of a sheet (ECMA-376)."""
TEXT_COLUMNS = ("source_id", "created", "identifiers.doi", "identifiers.cstr", "identifiers.isbn")
"""Columns in which Excel would make something else of what is typed: a number, or a day of another form."""
CHOSEN = {**OF_FIELDS, "language": ""}
"""Columns with a list to choose from; the languages are no vocabulary."""
WIDE = {"title.zh": 30, "summary.zh": 44, "description.zh": 36, "files": 28, "links": 34, "source_id": 20}
WIDTH = 18
HINTS = {
    "source_id": later("本单位自己的编号，一件一个，不再改变：改了别处再导入，凭它认出是同一件。"),
    "title.zh": later("300 个字以内。只有英文的，填英文标题。"),
    "title.en": later("没有可以不填。"),
    "summary.zh": later("用平常话，两三句：讲什么、给谁看。只有英文的，填英文简介。"),
    "summary.en": later("没有可以不填。"),
    "description.zh": later("想多说的写在这里；分段用 Alt+Enter。"),
    "description.en": later("没有可以不填。"),
    "type": later("从下拉列表里选一个。"),
    "themes": later("从下拉列表里选；要几个的，用“；”隔开写在一格里。"),
    "disciplines": later("从下拉列表里选；要几个的，用“；”隔开写在一格里。"),
    "audiences": later("从下拉列表里选；要几个的，用“；”隔开写在一格里。"),
    "occasions": later("从下拉列表里选；要几个的，用“；”隔开写在一格里。"),
    "stage": later("从下拉列表里选一个。"),
    "keywords": later("几个关键词用“；”隔开。"),
    "language": later("内容用什么语言。没有语言的图画、音乐选“没有语言”。"),
    "creators": later("姓名或单位；几位用“；”隔开。"),
    "contributors": later("姓名或单位；几位用“；”隔开。"),
    "created": later("写 2026-05-20、2026-05 或 2026；公元前 344 年写 -0343，约数在末尾加 ~。"),
    "license": later("公众可以怎样使用，从下拉列表里选一个，意思见下面。拿不准时先问权利人。"),
    "rights_holder": later("版权归谁，如：示范市计量测试院。"),
    "links": later("完整的网址；几个用“；”隔开。文件和链接至少要有一样。"),
    "files": later("文件在文件夹里的路径，如 图/秤砣.png；几个用“；”隔开。文件和链接至少要有一样。"),
    "identifiers.doi": later("如 10.1000/182；几个用“；”隔开。"),
    "identifiers.cstr": later("如 31253.11.sciencedb.j00001；几个用“；”隔开。"),
    "identifiers.isbn": later("如 978-7-5026-0000-0；几个用“；”隔开。"),
    "evidence.source": later("红色计量和计量史的文献、照片、实物必填：查了什么。"),
    "evidence.method": later("同上：怎样核实。"),
    "evidence.verified_by": later("同上：谁核实。"),
}
"""How each column is filled in; the order is that of the template."""
EXAMPLE = {
    "title.zh": columns.EXAMPLE_TITLE,
    "title.en": "How a steelyard weighs true",
    "summary.zh": "定盘星、秤砣和提绳各管什么，一次讲清。",
    "keywords": "杆秤；杠杆",
    "creators": "张三；李四",
    "created": "2026-05-20",
    "rights_holder": "示范市计量测试院",
    "files": "杆秤.pdf；图/秤砣.png",
    "links": "https://example.org/steelyard",
}
"""The example row, but for its terms and its identifier."""
EXAMPLE_TERMS = {
    "type": ["slides"],
    "themes": ["knowledge", "daily-life"],
    "audiences": ["primary", "secondary"],
    "license": ["CC-BY-4.0"],
}
DIVIDER = {"zh": "；", "en": "; "}


def make(path: Path, language: str) -> None:
    """Write the template to `path`, in Chinese or in English. Raises `OSError`."""
    from openpyxl import Workbook  # noqa: PLC0415  # only who writes a workbook needs it; it is heavy

    _ = texts.catalogue(language).gettext
    book = Workbook(write_only=True)
    book.properties.title = _("批量登记模板")
    book.properties.creator = _("计量资源云")
    _fill_in_sheet(book, language, _)
    _explanations(book, language, _)
    book.save(path)


def add_drop_downs(book: Any, sheet: PaintedSheet, places: Mapping[str, int], language: str) -> None:
    """Let the columns of fields be chosen from the vocabularies, whose terms stand on a hidden sheet of their own.

    `places` has the column of each field, from 0.
    """
    _ = texts.catalogue(language).gettext
    found = dict(_lists(language))
    for target, terms in found.items():
        if target in places:
            letter = column_letter(list(found).index(target))
            where = f"'{_('词表')}'!${letter}$1:${letter}${len(terms)}"
            _drop_down(sheet, places[target], where, target, _)
    lists = book.create_sheet(_("词表"))
    lists.sheet_state = "hidden"
    for row in _across(list(found.values())):
        lists.append(row)


def _fill_in_sheet(book: Any, language: str, _: Any) -> None:
    sheet = PaintedSheet(book.create_sheet(_("资源")))
    for place, target in enumerate(HINTS):
        form = TEXT if target in TEXT_COLUMNS else ""
        sheet.column(place, width=WIDE.get(target, WIDTH), number_format=form)
    sheet.freeze(row=2, column=2)
    add_drop_downs(book, sheet, {target: place for place, target in enumerate(HINTS)}, language)
    heads = [(_heading(target, language), HEAD if target in _needed() else MARKED) for target in HINTS]
    sheet.row([(text, style, _(HINTS[target])) for (text, style), target in zip(heads, HINTS, strict=True)])
    sheet.row([(_example(target, language), NOTE, "") for target in HINTS], number_format=TEXT)


def _explanations(book: Any, language: str, _: Any) -> None:
    sheet = PaintedSheet(book.create_sheet(_("填写说明")))
    for place, width in enumerate((30, 100)):
        sheet.column(place, width=width)
    for line in (
        _("一行一件资源，从“资源”表的第 3 行填起。带 * 的列必填，文件和链接至少要有一样，其余可以空着。"),
        _("灰色的第 2 行是例子，不会导入；可以照着写，也可以删去。"),
        _("需要的列可以移动次序，不需要的列可以删去；隐藏的行也会导入。"),
        _("填好之后，在节点的网页上打开“表格”，选择这个文件，再选择放文件的文件夹。先预览，再登记。"),
        _("改了再上传，就是更新：编号相同的是同一件，不会重复。"),
    ):
        sheet.row([(line, "", "")])
    sheet.row([])
    sheet.row([(_("列"), HEAD, ""), (_("怎样写"), HEAD, "")])
    for target, hint in HINTS.items():
        sheet.row([(_heading(target, language), "", ""), (_(hint), "", "")])
    sheet.row([])
    sheet.row([(_("许可"), HEAD, ""), (_("意思"), HEAD, "")])
    for term in vocabulary("licenses"):
        sheet.row([(term.label(language), "", ""), (term.in_plain_words(language), "", "")])


def _heading(target: str, language: str) -> str:
    mark = columns.MARK if target in _needed() else ""
    return columns.heading_of(target, language) + mark


def _needed() -> set[str]:
    return {f"{target}.zh" if target in columns.TEXTS else target for target in columns.NEEDED}


def _example(target: str, language: str) -> str:
    if target == "source_id":
        return columns.EXAMPLES[language]
    if target in EXAMPLE_TERMS:
        labels = [vocabulary(CHOSEN[target]).label(code, language) for code in EXAMPLE_TERMS[target]]
        return DIVIDER[language].join(labels)
    if target == "language":
        return _languages(language)[0]
    return EXAMPLE.get(target, "")


def _lists(language: str) -> Iterator[tuple[str, list[str]]]:
    """For each column with a list, what can be chosen, in the order of the lists' sheet."""
    for target, name in CHOSEN.items():
        yield target, [term.label(language) for term in vocabulary(name)] if name else _languages(language)


def _languages(language: str) -> list[str]:
    """One word for each language, as the importer understands it."""
    chinese = {"zh": "中文", "en": "英文", "zxx": "没有语言"}
    english = {code: word.capitalize() for word, code in LANGUAGES.items() if word.isascii()}
    return list((chinese if language == "zh" else english).values())


def _across(lists: Sequence[Sequence[str]]) -> Iterator[list[str | None]]:
    for number in range(max(map(len, lists))):
        yield [words[number] if number < len(words) else None for words in lists]


def _drop_down(sheet: PaintedSheet, place: int, terms: str, target: str, _: Any) -> None:
    """Where several terms may stand, other text than one of the list is allowed: the import looks at each."""
    several = target in LIST_TARGETS
    prompt = _("可选几个，用“；”隔开。") if several else _("请从列表里选一个。")
    sheet.drop_down(place, terms, last_row=LAST_ROW, prompt=prompt, strict=not several)
