"""Registering through the form: what it brings into the record, and what it says of what is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from werkzeug.datastructures import MultiDict

from nodes.web import uploads
from tests.support.local_page import GOOD, Node, faults_at, upload


def kept(key: str) -> dict[str, str]:
    """What the form says of a file that it keeps."""
    return {"key": f"upload:{key}", "name": "图.png", "role": "main", "keep": "1"}


def test_the_form_registers_a_resource_with_its_files(node: Node) -> None:
    files = upload(("图.png", b"\x89PNG\r\n\x1a\n1"), ("说明.pdf", b"%PDF-1.7"))
    answer = node.register(new_files=None, **{"new-files": files, "new-role": "main"})
    record_id = answer.headers["Location"].rsplit("/", 1)[1]
    page = node.page(f"/resources/{record_id}")
    assert "已登记" in page
    assert "待同步" in page
    [record] = node.records(record_id)
    assert [(one["name"], one["media_type"], one["size"]) for one in record["files"]] == [
        ("图.png", "image/png", 9),
        ("说明.pdf", "application/pdf", 8),
    ]
    assert record["links"] == [{"url": "https://example.org/steelyard", "label": "网页"}]
    assert sorted(path.name for path in node.uploads()) == ["图.png", "说明.pdf"]
    assert node.counts() == (1, 1, 2)


def test_everything_that_the_form_offers_comes_into_the_record(node: Node) -> None:
    record_id = node.registered(
        title__en="Weighing true",
        summary__en="What the knots are for.",
        description__zh="第一段。\r\n\r\n第二段。",
        keywords="杆秤；定盘星, 度量衡、杆秤",
        disciplines=["mechanics"],
        audiences=["everyone"],
        occasions=["world-metrology-day"],
        created="-0343~",
        rights_holder="甲院",
        **{
            "creators.name": ["张三", ""],
            "creators.role": ["author", "author"],
            "creators.affiliation": ["甲院", ""],
            "evidence.source": ["《汉书》"],
            "evidence.method": ["对照原文"],
            "evidence.verified_by": ["李四"],
        },
    )
    [record] = node.records(record_id)
    assert record["title"] == {"zh": "一杆秤怎样称准", "en": "Weighing true"}
    assert record["description"] == {"zh": "第一段。\n\n第二段。"}
    assert record["keywords"] == ["杆秤", "定盘星", "度量衡"]
    assert record["creators"] == [{"name": "张三", "role": "author", "affiliation": "甲院"}]
    assert record["evidence"] == [{"source": "《汉书》", "method": "对照原文", "verified_by": "李四"}]
    assert (record["created"], record["rights_holder"], record["occasions"]) == (
        "-0343~",
        "甲院",
        ["world-metrology-day"],
    )


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"title__zh": " "}, "title-zh", "必填"),
        ({"title__zh": "长" * 301}, "title-zh", "最多 300 个字符，现有 301 个"),
        ({"title__en": "x" * 301}, "title-en", "最多 300 个字符"),
        ({"title__zh": "响\x07铃"}, "title-zh", "控制字符"),
        ({"summary__zh": ""}, "summary-zh", "必填"),
        ({"summary__zh": "长" * 2001}, "summary-zh", "最多 2000 个字符"),
        ({"type": ""}, "type", "必填"),
        ({"type": "poem"}, "type", "不在词表"),
        ({"themes": None}, "themes", "必填"),
        ({"themes": ["daily-life", "poetry"]}, "themes", "不在词表"),
        ({"created": "二〇二六年"}, "created", "日期写法不对"),
        ({"created": "2026-13-40"}, "created", "日期写法不对"),
        ({"license": ""}, "license", "必填"),
        ({"language": None}, "language", "必填"),
        ({"rights_holder": "长" * 501}, "rights_holder", "最多 500 个字符"),
        ({"keywords": "词" * 2000}, "keywords", "最多"),
        ({"description__zh": "长" * 50_001}, "description-zh", "最多 50000 个字符"),
        ({"links__url": ["ftp://example.org"]}, "links-0-url", "http://"),
        ({"links__url": ["javascript:alert(1)"]}, "links-0-url", "http://"),
        ({"links__url": [""]}, "links-0-url", "必填"),
        ({"links__url": None, "links__label": None}, "new-files", "至少要有一个文件或一个链接"),
        ({"creators__name": [""], "creators__affiliation": ["甲院"]}, "creators-0-name", "必填"),
        ({"evidence__source": ["《汉书》"]}, "evidence-0-method", "必填"),
        ({"type": "photo", "themes": ["history"]}, "evidence-0-source", "必须填写考证"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_everything_typed_stays(
    node: Node, changes: dict[str, Any], place: str, words: str
) -> None:
    answer = node.register(keywords=changes.pop("keywords", "定盘星；提绳"), **changes)
    page = answer.text
    assert answer.status_code == 422, page
    assert "还没有登记" in page
    assert words in faults_at(page, place)
    assert f'href="#{place}"' in page
    for name, value in {**GOOD, **{name.replace("__", "."): one for name, one in changes.items()}}.items():
        typed = value if isinstance(value, str) else ""
        if typed.strip() and name not in ("type", "license"):
            assert typed in page, name
    assert "定盘星" in page or "词词" in page
    assert node.counts() == (0, 0, 0)


def test_several_faults_are_all_said_at_once(node: Node) -> None:
    page = node.register(title__zh="", type="", themes=None, created="x").text
    assert "有 4 处要改" in page
    for place in ("title-zh", "type", "themes", "created"):
        assert faults_at(page, place)


def test_a_record_that_is_too_large_says_so_and_keeps_the_text(node: Node) -> None:
    answer = node.register(description__zh="长" * 49_000, description__en="长" * 49_000)
    assert answer.status_code == 422
    assert "一条著录最大" in answer.text
    assert "长" * 49_000 in answer.text
    assert node.counts() == (0, 0, 0)


def test_a_form_that_is_too_large_to_read_says_what_to_do(node: Node) -> None:
    node.app.config["MAX_FORM_MEMORY_SIZE"] = 1_000
    answer = node.register(description__zh="长" * 1_000, **{"new-files": upload(("a.txt", b"x"))})
    assert answer.status_code == 413
    assert "把长文另存为文件附上" in answer.text
    assert node.counts() == (0, 0, 0)


def test_whoever_chooses_a_whole_folder_is_told_so_and_nothing_of_it_stays(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_AT_ONCE", 3)
    files = upload(*((f"{number}.txt", b"x") for number in range(4)))
    answer = node.register(**{"new-files": files})
    assert answer.status_code == 413
    assert "文件分几件资源登记" in answer.text
    assert (node.counts(), node.uploads()) == ((0, 0, 0), [])


def test_the_form_of_a_resource_with_many_people_files_and_links_can_be_sent(node: Node) -> None:
    many: dict[str, Any] = {f"file-{number}-{part}": "x" for number in range(200) for part in ("key", "name", "role")}
    for group, parts, count in (("creators", ("name", "role", "affiliation"), 100), ("links", ("url", "label"), 100)):
        many |= {f"{group}.{part}": ["author" if part == "role" else "https://a.example/"] * count for part in parts}
    [record] = node.records(node.registered(**many, **{"new-files": upload(("a.txt", b"x"))}))
    assert (len(record["creators"]), len(record["links"])) == (100, 100)


def test_a_fault_that_has_no_field_on_the_form_is_said_on_the_page(node: Node) -> None:
    answer = node.register(record="")
    assert answer.status_code == 422
    assert "<li>" in answer.text.partition("请按下列说明修改")[2]


def test_files_stay_chosen_while_a_fault_is_mended(node: Node) -> None:
    page = node.register(title__zh="", **{"new-files": upload(("图.png", b"\x89PNG"), ("多余.txt", b"x"))}).text
    assert "选好的文件已经留下" in page
    assert node.counts() == (0, 0, 0)
    keys = re.findall(r'name="(file-\d-key)" value="(upload:[0-9a-f]{32})"', page)
    kept: dict[str, Any] = dict(keys) | {"file-0-name": "改名.png", "file-0-role": "cover", "file-0-keep": "1"}
    [record] = node.records(node.registered(**kept))
    assert [(one["name"], one["role"], one["size"]) for one in record["files"]] == [("改名.png", "cover", 4)]


@pytest.mark.parametrize("name", ["a/b.png", "a\x01.png", "CON?.png", "尾点.", ""])
def test_a_file_name_that_will_not_do_is_said_beside_the_file(node: Node, name: str) -> None:
    page = node.register(title__zh="", **{"new-files": upload(("图.png", b"\x89PNG"))}).text
    [key] = set(re.findall(r"upload:[0-9a-f]{32}", page))
    values = {"file-0-key": key, "file-0-name": name, "file-0-role": "main", "file-0-keep": "1"}
    answer = node.register(**values)
    if name:
        assert answer.status_code == 422
        assert "文件名不能含" in faults_at(answer.text, "file-0-name")
        assert node.counts() == (0, 0, 0)
    else:
        assert answer.status_code == 302, "without a name it keeps its own"


def test_what_was_registered_elsewhere_goes_through_the_form_untouched(node: Node) -> None:
    """Keywords with a comma in them, texts of other languages, and all the digits of a place."""
    place = {"name": {"zh": "北京", "fr": "Pékin"}, "latitude": 39.9, "longitude": 0.12345678901234568}
    words = ["Metrology, history of", "杆秤", "甲、乙"]
    record_id = node.put(keywords=words, language=["zh", "und"], coverage={"place": place})
    [form] = [one for one in lxml.html.fromstring(node.page(f"/resources/{record_id}/edit")).forms if one.get("id")]
    sent = MultiDict(form.form_values())
    assert node.client.post(form.get("action"), data=sent).status_code == 302
    assert len(node.records(record_id)) == 1, "nothing was changed"
    sent["keywords"] = "甲、乙；Metrology, history of；秤, 砣"
    node.client.post(form.get("action"), data=sent)
    assert node.records(record_id)[0]["keywords"] == ["甲、乙", "Metrology, history of", "秤", "砣"]


def test_files_of_one_name_from_different_folders_are_numbered_but_never_one_that_somebody_called_so(
    node: Node,
) -> None:
    brought = upload(("图.png", b"1"), ("图.PNG", b"2"), ("图.png", b"3"))
    [record] = node.records(node.registered(**{"new-files": brought}))
    assert [one["name"] for one in record["files"]] == ["图.png", "图 (2).PNG", "图 (3).png"]
    keys = [node.send("图.png", content) for content in (b"1", b"2")]
    same = {f"file-{n}-{part}": value for n, key in enumerate(keys) for part, value in kept(key).items()}
    answer = node.register(**same)
    assert answer.status_code == 422
    assert "重复" in answer.text


@pytest.mark.parametrize(
    "key", ["upload:" + "0" * 32, "upload:../../etc/passwd", "upload:", "sha256:" + "0" * 64, "/etc/passwd", ""]
)
def test_a_file_that_nobody_gave_cannot_be_registered(node: Node, key: str) -> None:
    answer = node.register(**{"file-0-key": key, "file-0-name": "x", "file-0-role": "main", "file-0-keep": "1"})
    assert answer.status_code == 422
    assert "无法读取文件 x" in answer.text
    assert node.counts() == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\用户\\卡尺.pdf", None),
        ("../../../卡尺.pdf", "卡尺.pdf"),
        ("/etc/卡尺.pdf", "卡尺.pdf"),
        ("卡\x07尺\u202e.pdf", "卡 尺.pdf"),
        ("卡<尺>:|?*.pdf", "卡＜尺＞：｜？＊.pdf"),
        ("卡尺.pdf. . ", "卡尺.pdf"),
        ("秤" * 300 + ".pdf", None),
        ("秤." + "长" * 300, None),
        ("." * 300, None),
        ("..", None),
        ("con.pdf", "_con.pdf"),
        ("👩‍🔬.pdf", None),
    ],
)
def test_any_file_name_becomes_one_that_lies_safely_on_disk(node: Node, name: str, kept: str | None) -> None:
    [record] = node.records(node.registered(**{"new-files": upload((name, b"%PDF-1.7"))}))
    [entry] = record["files"]
    [path] = node.uploads()
    assert path.name == entry["name"]
    assert path.parent.parent == Path(node.app.config["UPLOADS"])
    assert len(path.name.encode()) <= 255
    if kept:
        assert entry["name"] == kept
    if name.endswith(".pdf"):
        assert entry["name"].endswith(".pdf")


def test_an_empty_file_is_a_file_and_an_empty_slot_is_none(node: Node) -> None:
    [record] = node.records(node.registered(**{"new-files": upload(("", b""))}))
    assert "files" not in record
    assert node.uploads() == []
    [record] = node.records(node.registered(**{"new-files": upload(("空.txt", b""))}))
    assert record["files"][0]["size"] == 0
