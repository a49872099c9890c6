"""Tables on the node's page for pictures: one with faults, one whose columns are asked for, and one remembered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nodes import batch_work, batches
from nodes.importers.choices import Choices
from nodes.workplace import Workplace
from tests.support.workbooks import as_bytes, workbook

HEADINGS = ("编号", "标题", "简介", "类型", "主题", "语言", "许可", "日期", "文件")
ROWS = (
    (
        "k-001",
        "杆秤怎样称准",
        "定盘星、秤砣和提绳各管什么。",
        "课件",
        "计量知识；民生计量",
        "中文",
        "署名 4.0",
        "2026-05-20",
    ),
    ("k-002", "游标卡尺怎么读", "主尺、游标和零点，一步一步读出来。", "视频", "计量知识", "中文", "署名 4.0", "2025"),
    ("k-003", "量块的故事", "一块钢，怎样成了长度的标准。", "微视频", "计量史", "中文", "署名 4.0", "去年"),
    (
        "k-004",
        "电子秤里有什么",
        "称重传感器、放大电路和显示。",
        "文章",
        "民生计量；家庭",
        "中文",
        "署名 4.0",
        "2026-03",
    ),
    ("", "量筒和量杯", "刻度、凹液面和视线。", "文章", "计量知识", "中文", "", "2026-04"),
)
FOREIGN = (
    "总登记号,品名,类别,年代,说明文字,图片\n"
    "2019-004,铜卡尺,量具,新莽,最早的游标式量具之一，长 14.2 厘米，表面有错金纹饰。,铜卡尺.jpg\n"
    "2019-005,木杆秤,衡器,清,秤杆上嵌铜星，秤砣为铁铸。,木杆秤.jpg\n"
    "2020-011,天平,衡器,民国,附砝码一盒，最大秤量 200 克。,天平.jpg\n"
)


def tabulate(work: Workplace) -> Mapping[str, int]:
    """Put the tables into a node; their numbers by a name for each."""
    files = ("杆秤怎样称准.pdf", "游标卡尺.mp4", "量块.mp4", "电子秤.pdf", "量筒.pdf")
    rows = [(*row, file) for row, file in zip(ROWS, files, strict=True)]
    checked = _put(
        work, "科普课件 2026.xlsx", as_bytes(workbook([HEADINGS, *rows])), [*files[:3], "电子秤（新）.pdf"]
    )
    asked = _put(work, "藏品系统导出.csv", FOREIGN.encode("gbk"), [])
    with work.database.unit_of_work() as session:
        batch = batches.find(session, asked)
        chosen = Choices(**batch.seen["choices"])
        chosen.columns["类别"], chosen.source = "type", "藏品系统"
        chosen.constants = {"language": ["zh"], "license": "CC-BY-NC-4.0", "themes": ["traditional-culture"]}
        batches.choose(session, asked, chosen)
    known = _put(work, "讲座目录.csv", FOREIGN.replace("品名", "讲座名").encode(), [])
    with work.database.unit_of_work() as session:
        batches.remember(session, known, Choices("讲座", "总登记号", {"讲座名": "title.zh"}))
    batch_work.check(work, known, language="zh")
    return {"checked": checked, "asked": asked}


def _put(work: Workplace, name: str, content: bytes, files: list[str]) -> int:
    with work.database.unit_of_work() as session:
        batch = batches.create(session, name=name)
    table = batches.table_of(work.folder, batch)
    beside = batches.files_of(work.folder, batch)
    for path, data in ((table, content), *((beside / file, file.encode()) for file in files)):
        _write(path, data)
    batch_work.check(work, batch.id, language="zh")
    return batch.id


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
