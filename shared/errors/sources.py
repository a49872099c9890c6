"""Errors of fetching from elsewhere: another repository, a feed, a web page or a folder that a node watches."""

from __future__ import annotations

from shared.errors.base import CommonsError


class InvalidSourceAddress(CommonsError):
    """What was given as the address of a source and is none."""

    code, status, exit_code = "invalid_source_address", 422, 5
    zh = "“{address}”不是来源的网址：{cause}。请写完整，如 https://repository.example.org/oai/request。"
    en = "“{address}” is no address to fetch from: {cause}. Write all of it, with https:// in front."


class SourceAway(CommonsError):
    """A source that does not answer, or answers that it cannot now."""

    code, status, exit_code = "source_away", 503, 3
    zh = "从来源 {address} 取不到内容（{cause}）。请核对网址和网络；已收到的都已登记，稍后再采集会接着做。"
    en = (
        "Nothing could be fetched from {address} ({cause}). Check the address and the network; what came is "
        "registered, and the next harvest goes on."
    )


class SourceBusy(SourceAway):
    """A source that is there and asks for more patience than the node has."""

    code, status, exit_code = "source_busy", 503, 3
    zh = "来源 {address} 请等到 {until} 再来（{cause}）。已收到的都已登记，到时再采集会接着做。"
    en = "The source {address} asks to wait until {until} ({cause}). What came is kept; harvest again after that."


class SourceRefused(CommonsError):
    """A source that will not give what was asked for: `cause` is in its own words or ours."""

    code, status, exit_code = "source_refused", 502, 4
    zh = "来源 {address} 不给所要的内容：{cause}。"
    en = "The source {address} does not give what was asked for: {cause}."


class NotARepository(CommonsError):
    """Somebody answers at the address of a repository, and it is no OAI-PMH repository."""

    code, status, exit_code = "not_a_repository", 422, 5
    zh = (
        "{address} 答复的不是 OAI-PMH（{cause}）。请核对网址：它通常以 /oai、/oai/request 或 /oai2 结尾，"
        "可以向管理那个库的人要“OAI-PMH 接口地址”。"
    )
    en = (
        "What answers at {address} does not speak OAI-PMH ({cause}). Check the address: it often ends in /oai, "
        "/oai/request or /oai2; those who run the repository know its “OAI-PMH base URL”."
    )


class SourceUnreadable(CommonsError):
    """An answer that could not be understood, also after it was asked for again."""

    code, status, exit_code = "source_unreadable", 502, 5
    zh = "来源 {address} 的答复读不懂：{cause}。读得懂的都已登记；请把这句话告诉管理那个来源的人，改好后再采集。"
    en = (
        "The answer of {address} cannot be read: {cause}. What could be is registered; tell those who run the source."
    )


class SourceLoops(CommonsError):
    """A repository whose list has no end: it gives the same part again and again."""

    code, status, exit_code = "source_loops", 502, 5
    zh = (
        "来源 {address} 的列表没有尽头：反复给出同一页（续传标记 {token}），已停止。已收到的都已登记；"
        "请把这句话告诉管理那个库的人。"
    )
    en = (
        "The list of {address} has no end: it gives the same part again and again (resumption token {token}), so the "
        "harvest stopped. What came is registered; tell those who run the repository."
    )


class HarvestUnderWay(CommonsError):
    """A harvest while another process of this node is at one."""

    code, status, exit_code = "harvest_under_way", 409, 3
    zh = "本节点正在采集另一个来源，一次只采集一个。等它做完再来。"
    en = "This node is harvesting; it does one source at a time. Come again when that has ended."


class HarvestInterrupted(CommonsError):
    """A harvest whose process ended in the middle."""

    code, status, exit_code = "harvest_interrupted", 409, 1
    zh = "上次采集中途停止了（程序被关闭，或电脑断电）。没有丢失任何内容，再次采集会接着做。"
    en = "The last harvest was interrupted: the program or the machine stopped. Nothing is lost; the next goes on."
