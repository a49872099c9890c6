"""Tables on the node's page: upload, preview, faults and their correction, tables of others, what is refused."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from nodes import importers
from nodes.batch_models import REGISTERING, Batch
from nodes.batches import plain_name
from nodes.models import Resource, Version, now
from tests.support.batching import work_here
from tests.support.counting import statements
from tests.support.local_page import Node, upload
from tests.support.workbooks import GOOD, HEADINGS, simple

HEADS = (*HEADINGS[:-1], "文件")
FOREIGN = "总登记号,品名,类别,说明文字,拍摄时间,图片\n{rows}"
COLUMNS = {
    "id": "总登记号",
    "column-0": "",
    "column-1": "title.zh",
    "column-2": "type",
    "column-3": "summary.zh",
    "column-4": "created",
    "column-5": "files",
    "constant-themes": ["traditional-culture"],
    "constant-language": ["zh"],
    "constant-license": "CC-BY-NC-4.0",
    "source": "藏品系统",
}


@pytest.fixture(autouse=True)
def _here(node: Node) -> None:
    work_here(node)


def sent(node: Node, name: str, content: bytes, to: str = "/tables", **more: Any) -> str:
    """Upload a table; the address of its batch."""
    answer = node.submit(to, {"table": upload((name, content)), **more}, seen_on="/tables")
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def to_mend(node: Node, here: str) -> Any:
    """The workbook with the faulty rows."""
    with node.get(f"{here}/faults.xlsx") as answer:
        answer.headers["Content-Disposition"].encode("latin-1")
        return load_workbook(io.BytesIO(answer.data))


def resources(node: Node) -> dict[tuple[str, str], dict[str, Any]]:
    """The latest version of each resource, by source and identifier."""
    with node.workplace.database.unit_of_work(read_only=True) as session:
        rows = session.execute(
            select(Resource, Version).join(Version).where(Version.number == Resource.latest_version)
        )
        return {(str(row.Resource.source), str(row.Resource.source_id)): row.Version.content for row in rows}


def figures(page: str) -> list[int]:
    """New, new versions, unchanged, faulty."""
    return [int(one) for one in re.findall(r"<b>(\d+)</b>", page.split('class="figures"')[1].split("</ul>")[0])]


def test_a_table_is_previewed_registered_and_corrected_without_doubling_anything(node: Node) -> None:
    rows = [
        ("a", *GOOD[:-1], "秤.pdf"),
        ("b", *GOOD[:2], "微视频", *GOOD[3:-1], "图\\砣.png"),
        ("c", *GOOD[:-1], "坨.png"),
    ]
    files = upload(("课件/秤.pdf", b"%PDF-1"), ("课件/图/砣.png", b"png"), ("课件/砣.png", b"png2"))
    here = sent(node, "课件.xlsx", with_heads(rows), folder=files)
    page = node.page(here)
    assert figures(page) == [1, 0, 0, 2]
    assert resources(node) == {}
    for words in ("D3 类型", "微视频", "是不是“视频”？", "H4 文件", "是不是“砣.png”？", "登记这 1 件", "秤.pdf"):
        assert words in page, words
    node.submit(f"{here}/register", seen_on=here)
    assert "已登记 1 件" in node.page(here)
    assert set(resources(node)) == {("课件", "a")}

    book = to_mend(node, here)
    sheet = book.worksheets[0]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["b", "c"]
    assert "视频" in sheet["D2"].comment.text
    sheet["D2"], sheet["H3"] = "课件", "砣.png"
    corrected = io.BytesIO()
    book.save(corrected)
    there = sent(node, "随便什么(2).xlsx", corrected.getvalue(), to=f"{here}/correction")
    assert figures(node.page(there)) == [2, 0, 0, 0]
    node.submit(f"{there}/register", seen_on=there)
    found = resources(node)
    assert set(found) == {("课件", one) for one in "abc"}
    assert [one["name"] for one in found["课件", "b"]["files"]] == ["砣.png"]
    # The corrected file alone says to which source it belongs, and again nothing changes.
    again = sent(node, "另一个名字.xlsx", corrected.getvalue(), folder=files_again())
    assert figures(node.page(again)) == [0, 0, 2, 0]


def with_heads(rows: list[tuple[Any, ...]]) -> bytes:
    """A workbook with files instead of links."""
    book = load_workbook(io.BytesIO(simple(*rows)))
    book.active["H1"] = "文件"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def files_again() -> list[tuple[io.BytesIO, str]]:
    return upload(("x/图/砣.png", b"png"), ("x/砣.png", b"png2"))


def test_a_foreign_table_is_mapped_once_and_the_next_one_is_known(node: Node, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "1.jpg").write_bytes(b"jpg")
    first = FOREIGN.format(
        rows="2019-004,铜卡尺,量具,新莽的卡尺。,2019/5/3,1.jpg\n2019-005,木杆秤,课件,清代的秤。,2019年,1.jpg\n"
    )
    here = sent(node, "导出 3 月.csv", first.encode("gbk"), path=str(folder))
    page = node.page(here)
    for words in ("各列是什么", "铜卡尺", "2019-005", 'value="总登记号" selected', 'value="title.zh" selected'):
        assert words in page, words
    missing = node.submit(f"{here}/columns", {**COLUMNS, "constant-license": ""}, seen_on=here)
    assert missing.status_code == 422
    assert "许可" in missing.text.split('role="alert"')[1].split("</div>")[0]
    asked = node.submit(f"{here}/columns", COLUMNS, seen_on=here)
    assert asked.headers["Location"] == f"{here}#words"
    page = node.page(here)
    assert "量具" in page
    node.submit(f"{here}/columns", {**COLUMNS, "words-shown": "1", "word-type-0": "artefact"}, seen_on=here)
    assert figures(node.page(here)) == [2, 0, 0, 0]
    node.submit(f"{here}/register", seen_on=here)
    found = resources(node)["藏品系统", "2019-004"]
    assert (found["type"], found["created"], found["license"]) == ("artefact", "2019-05-03", "CC-BY-NC-4.0")
    assert resources(node)["藏品系统", "2019-005"]["type"] == "slides"

    second = first.replace("清代的秤", "清代的杆秤").encode()
    there = sent(node, "导出 4 月.csv", second, path=str(folder))
    assert figures(node.page(there)) == [0, 1, 1, 0]

    toml = node.get("/tables/mappings/1.toml")
    assert toml.status_code == 200
    toml.headers["Content-Disposition"].encode("latin-1")
    (tmp_path / "m.toml").write_bytes(toml.data)
    (folder / "t.csv").write_bytes(second)
    rules = importers.load_mapping(tmp_path / "m.toml")
    assert [row.fields["type"] for row in importers.read(folder / "t.csv", rules, tmp_path)] == ["artefact", "slides"]


def test_a_remembered_mapping_is_renamed_changed_and_forgotten(node: Node) -> None:
    table = FOREIGN.format(rows="1,铜卡尺,文章,卡尺。,2019,\n").encode()
    here = sent(node, "a.csv", table)
    linked = {**COLUMNS, "column-5": "links"}
    node.submit(f"{here}/columns", linked, seen_on=here)
    assert "a.csv" in node.page("/tables")
    node.submit(f"{here}/columns/again", seen_on=here)
    assert 'value="links" selected' in node.page(here)
    assert node.submit("/tables/mappings/1", {"name": " "}, seen_on="/tables/mappings").status_code == 422
    node.submit("/tables/mappings/1", {"name": "馆里的<b>"}, seen_on="/tables/mappings")
    assert "馆里的&lt;b&gt;" in node.page("/tables/mappings")
    node.submit("/tables/mappings/1/delete", seen_on="/tables/mappings")
    assert "各列是什么" in node.page(sent(node, "a.csv", table))


def test_the_same_list_under_another_name_is_noticed(node: Node) -> None:
    here = sent(node, "课件.xlsx", simple(("a", *GOOD), ("b", *GOOD)))
    node.submit(f"{here}/register", seen_on=here)
    there = sent(node, "新课件.xlsx", simple(("a", *GOOD), ("b", *GOOD)))
    page = node.page(there)
    assert figures(page) == [2, 0, 0, 0]
    assert "改用“课件”" in page
    node.submit(f"{there}/source", {"source": "课件"}, seen_on=there)
    assert figures(node.page(there)) == [0, 0, 2, 0]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("课件(1).xlsx", "课件"),
        ("课件 - 副本.csv", "课件"),
        ("课件-待改 (2).xlsx", "课件"),
        ("a - Copy.xlsx", "a"),
        ("(1).csv", "(1)"),
    ],
)
def test_a_copy_of_a_file_is_of_the_same_source(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_what_cannot_be_read_says_what_to_do_and_can_be_corrected(node: Node) -> None:
    here = sent(node, "老表.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    page = node.page(here)
    assert "另存为 .xlsx" in page
    there = sent(node, "老表.xlsx", simple(("a", *GOOD)), to=f"{here}/correction")
    assert figures(node.page(there)) == [1, 0, 0, 0]


def test_an_upload_without_a_table_or_with_an_unknown_folder_is_told_on_the_form(node: Node) -> None:
    nothing = node.submit("/tables", {"path": "D:\\x"}, seen_on="/tables")
    assert (nothing.status_code, "没有选表格" in nothing.text) == (422, True)
    wrong = {"table": upload(("a.xlsx", simple(("a", *GOOD)))), "path": "没有/这个"}
    answer = node.submit("/tables", wrong, seen_on="/tables")
    assert answer.status_code == 422
    assert "没有文件夹“没有/这个”" in answer.text
    assert node.uploads() == []


def test_a_batch_that_was_interrupted_goes_on(node: Node) -> None:
    here = sent(node, "课件.xlsx", simple(("a", *GOOD), ("b", *GOOD)))
    node.submit(f"{here}/register", seen_on=here)
    with node.workplace.database.unit_of_work() as session:
        batch = session.scalars(select(Batch)).one()
        batch.phase, batch.beat_at = REGISTERING, now().replace(year=2020)
    assert "中途停止了" in node.page(here)
    node.submit(f"{here}/register", seen_on=here)
    assert figures(node.page(here)) == [0, 0, 2, 0]
    assert len(resources(node)) == 2


def test_files_of_an_upload_never_leave_their_folder(node: Node) -> None:
    rows = [("a", *GOOD[:-1], "x.txt")]
    here = sent(
        node, "课件.xlsx", with_heads(rows), files=upload(("../../../../x.txt", b"1"), ("C:\\y\\..\\y.txt", b"2"))
    )
    found = sorted(
        path.relative_to(node.workplace.folder).as_posix() for path in node.workplace.folder.rglob("*.txt")
    )
    assert found == ["batches/1/files/C/y/y.txt", "batches/1/files/x.txt"] or all(
        one.startswith("batches/1/files/") for one in found
    )
    assert figures(node.page(here)) == [1, 0, 0, 0]


def test_deleting_a_batch_leaves_what_it_registered(node: Node) -> None:
    here = sent(node, "课件.xlsx", with_heads([("a", *GOOD[:-1], "x.txt")]), files=upload(("x.txt", b"1")))
    node.submit(f"{here}/register", seen_on=here)
    node.submit(f"{here}/delete", seen_on=here)
    assert node.page(here, 404)
    assert (node.workplace.folder / "batches/1/files/x.txt").is_file()
    there = sent(node, "b.xlsx", simple(("a", *GOOD)))
    assert there == "/tables/2", "the folder of a deleted batch is not used again"
    node.submit(f"{there}/delete", seen_on=there)
    assert not (node.workplace.folder / "batches/2").exists()


def test_the_template_is_downloaded(node: Node) -> None:
    answer = node.get("/tables/template.xlsx")
    assert load_workbook(io.BytesIO(answer.data)).worksheets[0]["A1"].value == "编号*"
    # A header holds no Chinese as it is (RFC 8187).
    assert "filename*=UTF-8''%E6%89%B9" in answer.headers["Content-Disposition"]


def test_what_a_table_says_is_shown_and_not_run(node: Node) -> None:
    bad = (
        "=HYPERLINK(1)",
        "<script>alert(1)</script>",
        "+1",
        "@x",
        "-2",
        "中文",
        "CC-BY-4.0",
        "https://example.org/1",
    )
    book = load_workbook(io.BytesIO(simple(("", *bad[1:]))))
    book.active["A2"].value, book.active["A2"].data_type = bad[0], "s"
    file = io.BytesIO()
    book.save(file)
    here = sent(node, "<b>.xlsx", file.getvalue())
    page = node.page(here)
    assert "<script>alert" not in page
    sheet = to_mend(node, here).worksheets[0]
    assert [cell.value for cell in sheet[2]][:-1] == list(bad)
    assert [cell.data_type for cell in sheet[2]] == ["s"] * 9
    assert [cell.quotePrefix for cell in sheet[2]][:5] == [True, False, True, True, True]


def test_a_page_asks_nothing_of_the_resources(node: Node) -> None:
    here = sent(node, "课件.xlsx", simple(*((f"k-{number}", *GOOD) for number in range(30))))
    for path, most in (("/tables", 6), (here, 6), ("/tables/mappings", 4)):
        with statements(node.workplace.database.engine) as asked:
            node.page(path)
        assert len(asked) <= most, asked
        assert not [one for one in asked if "versions" in one or "resources" in one]
