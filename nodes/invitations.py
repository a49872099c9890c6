"""An invitation as people pass it on: the hub's address and the token, out of whatever text has both in it.

An administrator's page says `commons-node join https://hub.example.org 0123…`; it arrives by mail or messenger,
within sentences, in full-width signs, or broken into lines.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from shared.errors import InvitationUnreadable
from shared.wording import Words

NO_TOKEN = Words("there is no invitation code in it", "里面没有邀请码（40 个数字和字母 a 到 f）")
NO_HUB = Words("there is no address of a hub in it", "里面没有平台的网址（如 https://hub.example.org）")
MAX_TEXT = 20_000
"""Characters that are looked through."""
TOKEN = re.compile(r"(?<![0-9a-z])(?:[0-9a-f]\s*){39}[0-9a-f](?![0-9a-z])", re.IGNORECASE)
"""Forty hexadecimal digits (`federation.enrolment.invite`), which a mail may have broken into lines."""
_ADDRESS = re.compile(r"https?://([!-~]*)(\S*)", re.IGNORECASE)
_NAME = re.compile(
    r"(?<![\w@.-])((?:[a-z0-9-]+\.)+[a-z]{2,}|(?:\d{1,3}\.){3}\d{1,3}|localhost)(:\d{1,5})?(?![\w@])", re.IGNORECASE
)
_AROUND = ".,;:!?)]}>\"'。、；：，）】》」』"
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True)
class Invitation:
    """Which hub, and the token with which a node joins it once."""

    hub: str
    token: str


def read(text: str) -> Invitation:
    """The invitation in a text. Raises `InvitationUnreadable`, which says what is missing."""
    token, plain = _token(text)
    hub = _address(plain)
    if not hub:
        raise InvitationUnreadable(cause=NO_HUB)
    return Invitation(hub, token)


def token_of(text: str) -> str:
    """The token alone, for who joins without a network. Raises `InvitationUnreadable`."""
    return _token(text)[0]


def _token(text: str) -> tuple[str, str]:
    """The token, and the rest of the text in plain signs."""
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", text[:MAX_TEXT]))
    found = TOKEN.search(plain)
    if found is None:
        raise InvitationUnreadable(cause=NO_TOKEN)
    return re.sub(r"\s", "", found[0]).lower(), plain[: found.start()] + " " + plain[found.end() :]


def _address(plain: str) -> str:
    found = _ADDRESS.search(plain)
    if found is None:
        named = _NAME.search(plain)
        # Who writes no protocol means the usual one; a bare number or this very machine is somebody's trial.
        bare = named is not None and (named[1][0].isdigit() or named[1].lower() == "localhost")
        return f"{'http' if bare else 'https'}://{named[0]}" if named is not None else ""
    ascii_part, rest = found[1], found[2]
    # A name in Chinese has signs beyond ASCII within its host; a sentence that goes on has them after it.
    whole = ascii_part + rest if not ascii_part or ascii_part[-1] in ".-" else ascii_part
    whole = re.split(r"[<>\"'()\[\],;?#]", whole)[0].rstrip(_AROUND)
    return found[0][: found[0].index("://") + 3].lower() + whole if whole else ""
