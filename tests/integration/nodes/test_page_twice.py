"""A form that is sent twice, or that others have overtaken: nothing is registered twice, lost, or overwritten."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.local_page import GOOD, PURPOSE, Node, local_page, upload

NEW = "/resources/new"


@pytest.fixture(autouse=True)
def _chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")


def resources(node: Node) -> int:
    """How many resources the list shows."""
    return node.page("/resources").count('class="what"')


def test_a_form_sent_twice_registers_one_resource_and_both_lead_to_it(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD}
    first, second = node.client.post(NEW, data=form), node.client.post(NEW, data=form)
    assert first.status_code == second.status_code == 302
    assert first.headers["Location"] == second.headers["Location"]
    assert node.counts() == (1, 1, 0)
    assert "只登记一次" in node.page(second.headers["Location"])


def test_a_form_with_files_sent_twice_registers_one_resource(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD}
    answers = [node.client.post(NEW, data={**form, "new-files": upload(("图.png", b"\x89PNG"))}) for _ in range(2)]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert node.counts() == (1, 1, 1)


def test_a_form_sent_many_times_at_the_same_moment_registers_one_resource(node: Node) -> None:
    form, together = {**node.opened(NEW), **GOOD}, threading.Barrier(5)
    cookie = node.client.get_cookie(node.app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    said: list[Any] = []

    def send() -> None:
        with node.app.test_client() as browser:
            browser.set_cookie(cookie.key, cookie.value)
            together.wait()
            said.append(browser.post(NEW, data=form))

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in said] == [302] * 5
    assert len({answer.headers["Location"] for answer in said}) == 1
    assert node.counts() == (1, 1, 0)


def test_a_form_sent_again_after_a_restart_leads_to_what_it_has_made(tmp_path: Path) -> None:
    with local_page(tmp_path / "n") as node:
        purpose = dict(PURPOSE.findall(node.page(NEW)))
        made = node.submit(NEW, {**GOOD, **purpose}).headers["Location"]
    with local_page(tmp_path / "n") as node:
        assert node.submit(NEW, {**GOOD, **purpose}).headers["Location"] == made
        assert node.counts() == (1, 1, 0)


def test_the_same_words_in_a_form_opened_anew_are_another_resource(node: Node) -> None:
    assert node.registered() != node.registered()
    assert node.counts() == (2, 2, 0)


def test_a_used_form_with_other_words_registers_nothing_says_so_and_keeps_what_was_typed(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD}
    made = node.client.post(NEW, data=form).headers["Location"]
    answer = node.client.post(NEW, data={**form, "title.zh": "戥子怎样称药"})
    assert answer.status_code == 409
    assert "已经登记过" in answer.text
    assert "一杆秤怎样称准" in answer.text
    assert f'href="{made}"' in answer.text
    assert 'value="戥子怎样称药"' in answer.text
    assert node.counts() == (1, 1, 0)


def test_what_a_used_form_brought_can_become_another_resource_or_a_version_of_the_first(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD}
    made = node.client.post(NEW, data=form).headers["Location"]
    page = node.client.post(NEW, data={**form, "title.zh": "戥子怎样称药"}).text
    assert f'formaction="{made}/edit"' in page
    fresh = {**form, **dict(PURPOSE.findall(page)), "title.zh": "戥子怎样称药"}
    other = node.client.post(NEW, data=fresh).headers["Location"]
    assert other != made
    assert node.client.post(f"{made}/edit", data=fresh).headers["Location"] == made
    assert [one["title"]["zh"] for one in node.records(made.rsplit("/", 1)[1])] == ["戥子怎样称药", "一杆秤怎样称准"]
    assert resources(node) == 2


def test_a_used_form_whose_resource_was_withdrawn_can_only_become_another(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD}
    made = node.client.post(NEW, data=form).headers["Location"]
    node.submit(f"{made}/withdraw", {"reason": "有误"}, seen_on=made)
    page = node.client.post(NEW, data={**form, "title.zh": "戥子怎样称药"}).text
    assert f'formaction="{made}/edit"' not in page
    assert "另外登记一件" in page


def test_a_form_with_a_fault_can_be_mended_and_sent_twice(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD}
    faulty = node.client.post(NEW, data={**form, "title.zh": ""})
    assert faulty.status_code == 422
    mended = {**form, **dict(PURPOSE.findall(faulty.text))}
    answers = [node.client.post(NEW, data=mended) for _ in range(2)]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert resources(node) == 1


@pytest.mark.parametrize("number", ["", "7", "00000000-0000-0000-0000-000000000000", "../../etc/passwd"])
def test_a_form_without_a_number_of_ours_registers_nothing(node: Node, number: str) -> None:
    answer = node.client.post(NEW, data={**node.opened(NEW), **GOOD, "record": number})
    assert answer.status_code == 422
    assert node.counts() == (0, 0, 0)


def test_a_new_version_sent_twice_is_one_version(node: Node) -> None:
    path = f"/resources/{node.registered()}"
    form = {**node.opened(f"{path}/edit"), **GOOD, "title.zh": "新题"}
    for _ in range(2):
        assert node.client.post(f"{path}/edit", data=form).headers["Location"] == path
    assert "只登记一次" in node.page(path)
    assert node.counts() == (2, 2, 0)


def test_a_new_version_sent_again_after_a_later_one_does_not_come_back(node: Node) -> None:
    path = f"/resources/{node.registered()}"
    form = {**node.opened(f"{path}/edit"), **GOOD, "title.zh": "第二题"}
    node.client.post(f"{path}/edit", data=form)
    node.submit(f"{path}/edit", {**GOOD, "title.zh": "第三题"})
    assert node.client.post(f"{path}/edit", data=form).headers["Location"] == path
    assert node.records(path.rsplit("/", 1)[1])[0]["title"]["zh"] == "第三题"


def test_an_edit_that_another_has_overtaken_overwrites_nothing_until_it_is_sent_knowingly(node: Node) -> None:
    path = f"/resources/{node.registered()}"
    mine = {**node.opened(f"{path}/edit"), **GOOD, "title.zh": "我的题"}
    node.submit(f"{path}/edit", {**GOOD, "title.zh": "别人的题"})
    answer = node.client.post(f"{path}/edit", data=mine)
    assert answer.status_code == 409
    assert "第 2 版" in answer.text
    assert 'value="我的题"' in answer.text
    assert node.counts()[0] == 2
    again = {**mine, **dict(PURPOSE.findall(answer.text))}
    assert node.client.post(f"{path}/edit", data=again).headers["Location"] == path
    titles = [one["title"]["zh"] for one in node.records(path.rsplit("/", 1)[1])]
    assert titles == ["我的题", "别人的题", "一杆秤怎样称准"]


def test_an_overtaken_edit_with_a_bad_file_is_still_overtaken_without_it(node: Node) -> None:
    path = f"/resources/{node.registered()}"
    mine = {**node.opened(f"{path}/edit"), **GOOD, "title.zh": "我的题"}
    lost = {"file-0-key": "upload:" + "0" * 32, "file-0-name": "x", "file-0-role": "main", "file-0-keep": "1"}
    node.submit(f"{path}/edit", {**GOOD, "title.zh": "别人的题"})
    faulty = node.client.post(f"{path}/edit", data={**mine, **lost})
    assert faulty.status_code == 422
    mended = {**mine, **dict(PURPOSE.findall(faulty.text))}
    assert node.client.post(f"{path}/edit", data=mended).status_code == 409
    assert node.counts()[0] == 2


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 5000])
def test_an_edit_that_does_not_say_what_it_follows_makes_no_version(node: Node, after: str) -> None:
    path = f"/resources/{node.registered()}/edit"
    answer = node.client.post(path, data={**node.opened(path), **GOOD, "title.zh": "新题", "after": after})
    assert answer.status_code == 422
    assert node.counts()[0] == 1


def test_the_words_about_a_used_form_have_an_english_form(node: Node) -> None:
    node.get("/language/en?next=/")
    form = {**node.opened(NEW), **GOOD}
    node.client.post(NEW, data=form)
    page = node.client.post(NEW, data={**form, "title.zh": "x"}).text
    assert "has registered" in page
