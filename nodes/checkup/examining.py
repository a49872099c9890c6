"""The whole examination: each check by itself, and none that builds upon one that failed."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from nodes import faults, keys
from nodes import membership as memberships
from nodes.checkup import machine, network, own
from nodes.checkup.findings import BAD, NAMES, Finding, bad, say, warn
from nodes.models import Membership
from nodes.settings import NodeSettings
from nodes.workplace import Workplace, open_workplace
from shared.wording import Words

NOT_JOINED = say("The node has not joined a hub.", "节点还没有加入平台。")
JOIN = say(
    "Open the node's page (commons-node), or run commons-node join, with the invitation.",
    "请打开本机网页（commons-node），或运行 commons-node join，填入邀请。",
)
AGAIN = say("Do as it says, and examine again.", "照它说的做，再查一次。")
SUPPORT = say("Give that file to your support.", "请把这个文件交给技术支持。")


def examine(settings: NodeSettings) -> list[Finding]:
    """All that can be found out, in the order of `NAMES`; never raises."""
    found: list[Finding] = []

    def look(check: str, act: Callable[[], Finding | list[Finding]]) -> Finding:
        try:
            said = act()
        except Exception as error:  # what a check did not foresee is a finding, too
            said = _unforeseen(check, error, settings)
        found.extend(said if isinstance(said, list) else [said])
        return found[-1]

    look("program", lambda: machine.program(settings))
    look("disk", lambda: machine.disk(settings))
    look("service", lambda: machine.service(settings))
    if look("folder", lambda: own.folder(settings)).level != BAD:
        look("backup", lambda: machine.backup(settings))
        has_key = network.is_good(look("key", lambda: own.key(settings)))
        # One of an older version is left alone, too: opening it would upgrade it, and an examination changes nothing.
        if network.is_good(look("database", lambda: own.database(settings))):
            try:
                _of_member(open_workplace(settings, key_wanted=False), look, has_key=has_key)
            except Exception as error:
                found.append(_unforeseen("database", error, settings))
    order = list(NAMES)
    return sorted(found, key=lambda finding: order.index(finding.check))


Look = Callable[[str, Callable[[], Finding | list[Finding]]], Finding]


def _of_member(workplace: Workplace, look: Look, *, has_key: bool) -> None:
    try:
        look("round", lambda: own.last_round(workplace))
        look("files", lambda: own.files(workplace))
        _to_the_hub(workplace, look, has_key=has_key)
    finally:
        workplace.database.close()


def _to_the_hub(workplace: Workplace, look: Look, *, has_key: bool) -> None:
    """Each step of the way, and none beyond one that leads nowhere."""
    with workplace.database.unit_of_work(read_only=True) as session:
        joined = memberships.find(session)
    if joined is None:
        look("membership", lambda: warn("membership", NOT_JOINED, JOIN))
        return
    origin, settings = joined.origin, workplace.settings
    look("proxy", lambda: network.proxy(origin))
    if not network.proxy_of(origin):
        # A proxy finds the name and opens the connection itself.
        if not network.is_good(look("name", lambda: network.name(origin))):
            return
        if urlsplit(origin).scheme == "https":
            seconds = settings.timeouts[0]
            look("certificate", lambda: network.certificate(origin, seconds=seconds))
    answered = look("hub", lambda: network.hub(origin, settings))
    if answered.check == "clock" and has_key:
        look("membership", lambda: _membership(workplace, joined))


def _membership(workplace: Workplace, joined: Membership) -> Finding:
    key = keys.load_key(workplace.folder, passphrase=workplace.settings.key_passphrase)
    return network.membership(joined.origin, workplace.settings, key, node_id=joined.node_id)


def _unforeseen(check: str, error: Exception, settings: NodeSettings) -> Finding:
    named = faults.named(error, settings.folder)
    mend = SUPPORT if isinstance(named, faults.Logged) else AGAIN
    return bad(check, Words(named.message("en"), named.message("zh")), mend)
