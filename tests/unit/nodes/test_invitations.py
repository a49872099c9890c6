"""An invitation is found in whatever text somebody pasted."""

from __future__ import annotations

import pytest

from nodes import invitations
from nodes.invitations import Invitation
from shared.errors import InvitationUnreadable

TOKEN = "0123456789abcdef0123456789abcdef01234567"
HUB = "https://hub.example.org"


@pytest.mark.parametrize(
    ("text", "hub"),
    [
        (f"commons-node join {HUB} {TOKEN}", HUB),
        (f"{TOKEN}\n{HUB}/\n", HUB + "/"),
        (f"平台网址：{HUB}，邀请码：{TOKEN}。七天内有效。", HUB),
        (f"请打开{HUB}/en）输入“{TOKEN}”", HUB + "/en"),
        (f"<{HUB}?from=mail#top> {TOKEN.upper()}", HUB),
        (f"网址是{HUB}加入，码是 {TOKEN}", HUB),
        (f"{HUB} ０１２３４５６７89abcdef0123456789abcdef01234567", HUB),
        (f"{HUB} {TOKEN[:30]}\n   {TOKEN[30:]}", HUB),
        (f"{HUB}\u200b {TOKEN[:9]}\u200b{TOKEN[9:]}", HUB),
        (f"HTTP://127.0.0.1:8000 {TOKEN}", "http://127.0.0.1:8000"),
        (f"https://计量.中国 {TOKEN}", "https://计量.中国"),
        (f"https://hub.计量.中国 {TOKEN}", "https://hub.计量.中国"),
        (f"hub.example.org:8443 {TOKEN}", "https://hub.example.org:8443"),
        (f"127.0.0.1:8000 {TOKEN}", "http://127.0.0.1:8000"),
        (f"来自 li@example.com：到 hub.example.org，{TOKEN}", "https://hub.example.org"),
    ],
)
def test_the_address_and_the_token_are_found_however_they_were_pasted(text: str, hub: str) -> None:
    assert invitations.read(text) == Invitation(hub, TOKEN)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "没有邀请码"),
        (f"{HUB} 0123456789", "没有邀请码"),
        (f"{HUB} {TOKEN}0", "没有邀请码"),
        (TOKEN, "没有平台的网址"),
        (f"li@example.com {TOKEN}", "没有平台的网址"),
    ],
)
def test_what_is_missing_is_said_by_name(text: str, missing: str) -> None:
    with pytest.raises(InvitationUnreadable) as caught:
        invitations.read(text)
    assert missing in caught.value.message("zh")


def test_without_a_network_the_token_alone_will_do() -> None:
    assert invitations.token_of(f"邀请码 {TOKEN}") == TOKEN
