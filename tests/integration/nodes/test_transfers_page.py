"""The page of files on their way: true to what is known, orders that are heeded, limits that are said how to mend."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from nodes import limits, line
from nodes.limits import Window
from nodes.models import Line, LocalFile, Priority, now
from tests.support.counting import statements
from tests.support.local_page import Node, upload

MB = 10**6
PAGE = "/transfers/"


def digest(number: int) -> str:
    return f"{number:064x}"


def put(node: Node, number: int = 1, *, size: int = 10 * MB, **values: object) -> str:
    """A file that is known to the node; its digest."""
    with node.workplace.database.unit_of_work() as session:
        session.add(LocalFile(sha256=digest(number), path=f"/files/{number}.mp4", size=size, mtime_ns=0, **values))
    return digest(number)


def put_line(node: Node, **values: object) -> None:
    with node.workplace.database.unit_of_work() as session:
        session.execute(update(Line).values(**values))


def file(node: Node, sha256: str) -> LocalFile:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return session.get_one(LocalFile, sha256)


def order(node: Node, path: str, do: str, status: int = 302) -> None:
    assert node.submit(PAGE + path, {"do": do}, seen_on=PAGE).status_code == status


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_file_that_is_being_sent_shows_how_much_is_there_how_fast_and_how_long_yet(node: Node) -> None:
    node.join()
    put(node, arrived=4 * MB, passing=MB, rate=MB // 10, beat_at=now())
    put_line(node, rate=MB // 10, beat_at=now())
    said = text_of(node.page(PAGE))
    for words in ("平台已有 4.0\xa0MB · 40 %", "另有 1.0\xa0MB 在路上", "100\xa0kB/s", "约 1 分钟", "正在传"):
        assert words.replace("\xa0", " ") in said, words


@pytest.mark.parametrize("apart", [timedelta(hours=-8), timedelta(hours=8)], ids=["slept", "clock set back"])
def test_after_sleep_or_a_reboot_the_page_says_what_is_there_and_no_speed(node: Node, apart: timedelta) -> None:
    node.join()
    put(node, arrived=4 * MB, passing=MB, rate=MB // 10, beat_at=now() + apart)
    put_line(node, rate=MB // 10, beat_at=now() + apart)
    page = node.page(PAGE)
    assert "平台已有 4.0\xa0MB · 40 %" in page
    for lie in ("kB/s", "在路上", "分钟", "正在传"):
        assert lie not in page, lie
    assert "现在没有在传" in page


def test_pausing_and_turns_are_ordered_by_button_for_one_file_for_a_resource_and_for_all(node: Node) -> None:
    one = put(node, 1)
    order(node, f"files/{one}", "pause")
    order(node, f"files/{one}", "last")
    assert (file(node, one).paused, file(node, one).priority) == (True, Priority.LAST)
    assert "已暂停" in node.page(PAGE)
    order(node, f"files/{one}", "resume")
    order(node, f"files/{one}", "normal")
    assert (file(node, one).paused, file(node, one).priority) == (False, Priority.NORMAL)
    record_id = node.registered(**{"new-files": upload(("steelyard.txt", b"text"))})
    [entry] = node.records(record_id)[0]["files"]
    order(node, f"resources/{record_id}", "first")
    assert (file(node, entry["sha256"]).priority, file(node, one).priority) == (Priority.FIRST, Priority.NORMAL)
    assert "steelyard.txt" in node.page(f"{PAGE}?resource={record_id}")
    assert "1.mp4" not in node.page(f"{PAGE}?resource={record_id}")
    assert "一杆秤怎样称准" in node.page(PAGE), "the file is told with its resource"
    order(node, "line", "pause")
    page = node.page(PAGE)
    for words in ("已全部暂停", "全部继续", "著录照样送到平台", "等待文件"):
        assert words in page
    order(node, "line", "resume")
    assert "全部暂停" in node.page(PAGE)


@pytest.mark.parametrize("path", ["line", f"files/{digest(1)}"])
def test_whoever_lets_files_go_on_need_not_wait_for_the_schedule(
    node: Node, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[bool] = []
    monkeypatch.setattr(node.app.config["SYNCER"], "start", lambda: begun.append(True))
    put(node)
    order(node, path, "resume")
    assert not begun, "who has not joined sends nothing"
    node.join()
    order(node, path, "pause")
    assert not begun
    order(node, path, "resume")
    assert begun


@pytest.mark.parametrize("path", [f"files/{digest(9)}", "files/x", "resources/x"])
def test_an_order_for_nothing_that_is_here_is_not_found(node: Node, path: str) -> None:
    put(node)
    order(node, path, "pause", 404)


@pytest.mark.parametrize("path", [f"files/{digest(1)}", "line"])
def test_an_order_that_no_button_gives_changes_nothing(node: Node, path: str) -> None:
    put(node)
    order(node, path, "delete", 422)
    order(node, path, "", 422)
    assert not file(node, digest(1)).paused


def test_a_file_that_was_sent_cannot_be_paused_any_more(node: Node) -> None:
    sent = put(node, sent=True, sent_at=now())
    order(node, f"files/{sent}", "pause")
    assert not file(node, sent).paused


def test_each_list_has_its_files_and_a_failure_says_why(node: Node) -> None:
    node.join()
    put(node, 1, paused=True)
    put(node, 2, problem="等了太久没有回答")
    put(node, 3, sent=True, sent_at=now())
    put(node, 4)
    listed = {
        which: re.findall(r"(\d)\.mp4 <span", node.page(f"{PAGE}?show={which}"))
        for which in ("waiting", "paused", "failed", "sent", "nonsense")
    }
    assert listed == {
        "waiting": ["1", "2", "4"],
        "paused": ["1"],
        "failed": ["2"],
        "sent": ["3"],
        "nonsense": ["1", "2", "4"],
    }
    assert "等了太久没有回答" in node.page(PAGE)


def test_a_long_queue_comes_in_pages_in_its_order_with_few_questions_to_the_database(node: Node) -> None:
    with node.workplace.database.unit_of_work() as session:
        session.add_all(
            LocalFile(sha256=digest(n), path=f"/f/{n}", size=n, mtime_ns=0, resource_id=f"r{n}") for n in range(120)
        )
    seen: list[int] = []
    path: str | None = PAGE
    while path:
        with statements(node.workplace.database.engine) as asked:
            page = node.page(path)
        assert len([one for one in asked if one.startswith("SELECT")]) <= 10
        seen += map(int, re.findall(r'name file">(\d+) ', page))
        found = re.search(r'href="([^"]+after=[^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else None
    assert seen == list(range(120))
    assert node.page(f"{PAGE}?after=9-9-x") == node.page(PAGE) or "0 " in node.page(f"{PAGE}?after=9-9-x")


def test_limits_are_set_in_the_page_shown_where_they_matter_and_given_back_to_the_settings(node: Node) -> None:
    put(node)
    values = {"begin": ["", ""], "end": ["", ""], "rate": ["2", ""]}
    assert node.submit(f"{PAGE}limits/", values).status_code == 302
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert line.limits_of(line.line(session), node.workplace.settings) == (Window(0, 0, 2 * MB),)
    assert "最多 2 MB/s（合 16 Mbit/s）" in node.page(PAGE)
    assert 'value="2"' in node.page(f"{PAGE}limits/")
    node.submit(f"{PAGE}limits/", {"begin": ["22:00"], "end": ["6:30"], "rate": ["0"]})
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert limits.from_json(session.scalars(select(Line.limits)).one()) == (Window(1320, 390, 0),)
    node.submit(f"{PAGE}limits/", {"do": "settings"})
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert session.scalars(select(Line.limits)).one() is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("08:00", "", "2"), "必填"),
        (("八点", "18:00", "2"), "时刻应如 08:30"),
        (("08:00", "18:00", ""), "必填"),
        (("08:00", "18:00", "很快"), "不是数字"),
        (("08:00", "18:00", "1e3"), "不是数字"),
        (("08:00", "18:00", "0.001"), "应在 0.01 到 10000 之间"),
        (("24:00", "18:00", "99999"), "应在 0.01 到 10000 之间"),
    ],
)
def test_a_limit_that_will_not_do_says_why_keeps_what_was_typed_and_changes_nothing(
    node: Node, row: tuple[str, str, str], words: str
) -> None:
    answer = node.submit(
        f"{PAGE}limits/", {name: [said] for name, said in zip(("begin", "end", "rate"), row, strict=True)}
    )
    assert answer.status_code == 422
    assert words in answer.text
    assert all(f'value="{said}"' in answer.text for said in row)
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert session.scalars(select(Line.limits)).one() is None


def test_more_limits_than_the_form_has_are_refused(node: Node) -> None:
    many = ["1"] * 40
    assert node.submit(f"{PAGE}limits/", {"begin": many, "end": many, "rate": many}).status_code == 422


def test_the_page_renews_itself_with_a_small_script_or_without_and_not_when_that_is_unwanted(node: Node) -> None:
    page = node.page(PAGE)
    script = re.search(r'src="([^"]+\.js)" defer', page)
    assert script is not None
    assert node.get(script[1]).content_type.startswith("text/javascript")
    assert '<noscript><meta http-equiv="refresh"' in page
    still = node.page(f"{PAGE}?still=1")
    assert "<script" not in still
    assert "http-equiv" not in still


def test_the_english_pages_of_transfers_are_english_throughout(node: Node) -> None:
    node.join()
    node.get("/language/en")
    put(node, 1, paused=True, arrived=MB)
    put(node, 2, rate=MB, passing=MB, beat_at=now(), priority=0)
    put_line(node, rate=MB, beat_at=now(), limits=[[0, 0, MB]])
    pages = [node.page(path) for path in (PAGE, f"{PAGE}?show=paused", f"{PAGE}limits/")]
    pages.append(node.submit(f"{PAGE}limits/", {"begin": ["x"], "end": [""], "rate": ["y"]}).text)
    put_line(node, limits=[[0, 0, 0]], beat_at=None)
    pages.append(node.page(PAGE))
    for page in pages:
        shown = page.replace("甲院", "").replace("计量资源云", "").replace(">中文<", "")
        assert re.findall("[\u3400-\u9fff]+", shown) == []
