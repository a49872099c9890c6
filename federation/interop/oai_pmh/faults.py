"""The protocol's own errors (OAI-PMH 2.0 §3.6), in both languages: who will read them is not known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

BAD_VERB, BAD_ARGUMENT, BAD_TOKEN = "badVerb", "badArgument", "badResumptionToken"
NO_FORMAT, NO_ID, NO_RECORDS = "cannotDisseminateFormat", "idDoesNotExist", "noRecordsMatch"


class Fault(NamedTuple):
    """What is wrong with a request: the protocol's code, and what to do in both languages."""

    code: str
    zh: str
    en: str


class Refused(Exception):
    """A request that is answered with errors, all of them together; `at` is when what they say was certain."""

    def __init__(self, *faults: Fault, at: datetime | None = None) -> None:
        super().__init__(*(fault.code for fault in faults))
        self.faults = faults
        self.at = at


def verb_fault() -> Fault:
    """No verb, more than one, or one that the protocol does not have."""
    return Fault(
        BAD_VERB,
        "verb 要写一次，是 Identify、ListMetadataFormats、ListSets、ListIdentifiers、ListRecords、GetRecord 之一。",
        "Give one verb: Identify, ListMetadataFormats, ListSets, ListIdentifiers, ListRecords or GetRecord.",
    )


def unknown_argument(name: str, verb: str) -> Fault:
    """An argument that this verb does not take."""
    return Fault(BAD_ARGUMENT, f"{verb} 没有参数 {name}，请去掉。", f"{verb} takes no argument {name}: leave it out.")


def repeated_argument(name: str) -> Fault:
    """An argument that was given more than once."""
    return Fault(BAD_ARGUMENT, f"{name} 只能写一次。", f"Give {name} only once.")


def missing_argument(name: str, verb: str) -> Fault:
    """An argument without which the verb cannot be answered."""
    return Fault(BAD_ARGUMENT, f"{verb} 要有参数 {name}。", f"{verb} needs the argument {name}.")


def not_alone() -> Fault:
    """A resumption token together with other arguments."""
    return Fault(
        BAD_ARGUMENT, "resumptionToken 之外不得再有参数。", "A resumptionToken comes without other arguments."
    )


HINTS: Mapping[str, tuple[str, str]] = {
    "identifier": ("照列表里给出的写，如 oai:域名:99999/…", "write it as lists give it, such as oai:DOMAIN:99999/…"),
    "metadataPrefix": ("ListMetadataFormats 列出有哪些", "ListMetadataFormats tells which there are"),
    "set": ("ListSets 列出有哪些", "ListSets tells which there are"),
}


def malformed(name: str) -> Fault:
    """A value that has not the form which the protocol gives it."""
    zh, en = HINTS[name]
    return Fault(BAD_ARGUMENT, f"{name} 的写法不对：{zh}。", f"The value of {name} is malformed: {en}.")


def control_character() -> Fault:
    """A request that holds U+0000."""
    return Fault(BAD_ARGUMENT, "参数里不得有 U+0000，请去掉。", "Leave U+0000 out of the arguments.")


def bad_date(name: str) -> Fault:
    """A date that is none, or is in another form."""
    return Fault(
        BAD_ARGUMENT,
        f"{name} 应写作 2026-05-20 或 2026-05-20T08:30:00Z（世界时）。",
        f"Write {name} as 2026-05-20 or 2026-05-20T08:30:00Z (UTC).",
    )


def mixed_granularity() -> Fault:
    """A day on one side, a second on the other."""
    return Fault(
        BAD_ARGUMENT,
        "from 和 until 要么都只写日期，要么都写到秒。",
        "Give from and until in one granularity: both as days, or both to the second.",
    )


def backwards() -> Fault:
    """An end before the beginning."""
    return Fault(BAD_ARGUMENT, "from 不得晚于 until。", "from must not be later than until.")


def bad_token() -> Fault:
    """A resumption token that is not of this list and this hub, was altered, or is too old."""
    return Fault(
        BAD_TOKEN,
        "resumptionToken 不是本平台给这个请求的，或已过期，请从头再取。",
        "This hub gave no such resumptionToken for this request, or it has expired: begin the list again.",
    )


def no_format(prefix: str) -> Fault:
    """A metadata format that this hub does not have."""
    return Fault(
        NO_FORMAT,
        f"没有格式 {prefix}；ListMetadataFormats 列出有哪些。",
        f"There is no format {prefix}: ListMetadataFormats tells which there are.",
    )


def no_id(identifier: str) -> Fault:
    """A name that no record of this hub has or had."""
    return Fault(NO_ID, f"没有记录 {identifier}。", f"There is no record {identifier}.")


def no_records() -> Fault:
    """A list that would be empty."""
    return Fault(NO_RECORDS, "没有符合条件的记录。", "No records match.")
