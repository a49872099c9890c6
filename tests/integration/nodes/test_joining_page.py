"""Joining on the page: three steps, an invitation however it was pasted, and words for whatever goes wrong."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from nodes import entering, one_joining
from nodes import membership as memberships
from nodes.hub_client import RefusedByHub
from shared.errors import AlreadyJoined, HubNotFound, NotAHub, OtherOrigin
from shared.messages import PROTOCOL
from tests.support.local_page import Node
from tests.support.played import PlayedHub
from tests.support.processes import HubProcess

TOKEN = "0123456789abcdef0123456789abcdef01234567"


def introduced(played: PlayedHub, **changes: object) -> None:
    """The next answer: who the hub is."""
    played.say({"protocol": PROTOCOL, "origin": played.origin, **changes})


def test_the_steps_lead_from_one_to_the_next_and_keep_what_was_typed(node: Node) -> None:
    assert 'aria-current="step">1' in node.page("/")
    page = node.page("/join/invitation?name=展教部电脑")
    assert 'aria-current="step">2' in page
    assert 'value="展教部电脑"' in page
    assert node.get("/join/done").headers["Location"] == "/join"
    refused = node.submit("/join/invitation", {"invitation": "请看附件", "name": "展教部电脑"})
    assert refused.status_code == 422
    for words in ("里面没有邀请码", "请看附件", 'value="展教部电脑"'):
        assert words in refused.text


def test_a_real_hub_is_joined_from_a_pasted_text_and_then_once_only(node: Node, live_hub: HubProcess) -> None:
    token = live_hub.institution("join-page")
    text = f"请加入平台：{live_hub.origin}\n邀请码：{token}，七天有效。"
    answer = node.submit("/join/invitation", {"invitation": text, "name": "展教部电脑"})
    assert answer.headers["Location"] == "/join/done", answer.text
    page = node.page("/join/done")
    for words in ("join-page院", live_hub.origin, "接下来", 'aria-current="step">3'):
        assert words in page
    for path in ("/join", "/join/invitation"):
        assert node.get(path).headers["Location"] == "/join/done"
    assert "从第一件开始" in node.page("/")
    with pytest.raises(AlreadyJoined):
        entering.enter(node.workplace, hub=live_hub.origin, token=token)


def test_what_goes_wrong_is_said_with_what_to_do_and_the_page_stays_light(node: Node) -> None:
    text = f"http://127.0.0.1:1 {TOKEN}"
    refused = node.submit("/join/invitation", {"invitation": text, "name": "电脑"})
    assert refused.status_code == 422
    for words in ("无法连接平台 http://127.0.0.1:1", "邀请没有用掉", TOKEN):
        assert words in refused.text
    node.get("/language/en")
    assert "No hub answers at" in node.submit("/join/invitation", {"invitation": text, "name": "x"}).text


def test_a_hub_without_https_that_is_asked_by_https_is_told_from_one_with_a_bad_certificate(
    node: Node, played: PlayedHub
) -> None:
    text = f"{played.origin.replace('http:', 'https:')} {TOKEN}"
    refused = node.submit("/join/invitation", {"invitation": text, "name": "电脑"})
    assert "那里不讲 HTTPS，网址是不是应以 http:// 开头" in refused.text


def test_a_hub_by_another_name_is_not_told_the_invitation_and_one_that_is_only_safer_is(
    node: Node, played: PlayedHub
) -> None:
    introduced(played, origin="https://evil.example")
    with pytest.raises(OtherOrigin):
        entering.enter(node.workplace, hub=played.origin, token=TOKEN)
    introduced(played, origin=played.origin.replace("http:", "https:"))
    with pytest.raises(HubNotFound) as caught:
        entering.enter(node.workplace, hub=played.origin, token=TOKEN)
    assert caught.value.data["hub"].startswith("https:"), "the safer address was asked, which nobody serves here"
    assert all(TOKEN.encode() not in body for _, _, _, body in played.seen)


@pytest.mark.parametrize(
    ("code", "detail"), [("token_used", "邀请码已使用过。"), ("signature_from_future", "请校准时钟")]
)
def test_a_refusal_of_the_hub_is_passed_on(node: Node, played: PlayedHub, code: str, detail: str) -> None:
    introduced(played)
    played.say({"type": f"urn:metrology-commons:problem:{code}", "detail": detail}, status=403)
    with pytest.raises(RefusedByHub) as caught:
        one_joining.do(node.workplace, {"hub": played.origin, "token": TOKEN, "name": "电脑"})
    assert (caught.value.problem_code, detail in caught.value.message("zh")) == (code, True)


def test_something_else_than_a_hub_is_not_joined(node: Node, played: PlayedHub) -> None:
    played.say({"hello": "world"})
    with pytest.raises(NotAHub):
        entering.enter(node.workplace, hub=played.origin, token=TOKEN)


def test_a_node_without_a_network_writes_its_request_and_reads_the_reply(
    node: Node, live_hub: HubProcess, tmp_path: Path
) -> None:
    assert "没有邀请码" in node.submit("/join/carried/request", {"invitation": "x"}, seen_on="/join/carried").text
    empty = node.submit("/join/carried/reply", {}, seen_on="/join/carried")
    assert (empty.status_code, "请选择联盟给的答复文件" in empty.text) == (422, True)
    token = live_hub.institution("join-carried")
    given = {"invitation": token, "name": "库房电脑"}
    written = node.submit("/join/carried/request", given, seen_on="/join/carried")
    assert "attachment" in written.headers["Content-Disposition"]
    (tmp_path / "request.jws").write_bytes(written.data)
    said = live_hub.command.run("enrol", str(tmp_path / "request.jws")).stdout
    fingerprint = re.findall("平台密钥的指纹：(.*)", said)[0]
    reply = (tmp_path / "request.jws.reply.jws").read_bytes()
    for key, status in (("", 422), ("wrong", 422), (fingerprint, 302)):
        brought = {"reply": [(io.BytesIO(reply), "reply.jws")], "hub_key": key}
        answer = node.submit("/join/carried/reply", brought, seen_on="/join/carried")
        assert answer.status_code == status, answer.text
    assert node.uploads() == []
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert memberships.current(session).institution_code == "join-carried"
