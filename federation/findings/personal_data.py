"""Personal data in a record's texts: identity card, mobile phone, e-mail and bank card numbers.

Only the metadata are read. What is found is shown with its middle hidden.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from federation.findings.finding import DOUBT, NOTE, SERIOUS, Finding, Record

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_SIGNS = "10X98765432"
IDENTITY = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}[ -]?\d{4}[ -]?\d{4}[ -]?\d{3}[\dXx](?![0-9A-Za-z])")
"""With the gaps that people leave when they write place, year, day and the rest."""
MOBILE = re.compile(r"(?<![0-9A-Za-z.])(?:\+?86[ -]?)?(1[3-9]\d[ -]?\d{4}[ -]?\d{4})(?![0-9A-Za-z])")
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
CARD = re.compile(r"(?<![0-9A-Za-z.-])\d(?:[ -]?\d){15,18}(?![0-9A-Za-z])")
_SEPARATORS = re.compile(r"[ -]")
ISSUERS = re.compile(r"62|4|5[1-5]|35|2[2-7]")
"""How card numbers begin: UnionPay, Visa, Mastercard (51 to 55 and 22 to 27), JCB."""
SKIPPED = frozenset({"id", "sha256", "url", "target", "media_type", "identifiers", "license"})
"""Fields of machines, in which long numbers mean other things."""


def personal_data(record: Record) -> Iterator[Finding]:
    """Every place at which a text has what looks like somebody's number or address, each place once a kind."""
    for pointer, text in _texts(record, ""):
        plain = unicodedata.normalize("NFKC", text)
        for code, severity, zh, en, find in KINDS:
            found = find(plain)
            if found:
                said = "、".join(dict.fromkeys(found)), ", ".join(dict.fromkeys(found))
                yield Finding(code, severity, f"像是{zh}：{said[0]}", f"This looks like {en}: {said[1]}", pointer)


def found_in(text: str) -> Iterator[str]:
    """The kinds of personal numbers and addresses that a text has."""
    plain = unicodedata.normalize("NFKC", text)
    return (code for code, _severity, _zh, _en, find in KINDS if find(plain))


def is_identity_number(text: str) -> bool:
    """Whether 18 signs are a citizen's number: a possible date of birth and a good check sign.

    GB 11643—1999, whose check sign is ISO/IEC 7064 MOD 11-2.
    """
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(sign) * weight for sign, weight in zip(text, WEIGHTS, strict=False))
    return date(1880, 1, 1) <= born <= date.today() and CHECK_SIGNS[total % 11] == text[17].upper()


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    doubled = (int(sign) * (2 if place % 2 else 1) for place, sign in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _identities(text: str) -> list[str]:
    numbers = [_SEPARATORS.sub("", found) for found in IDENTITY.findall(text)]
    return [_hidden(number, 6, 2) for number in numbers if is_identity_number(number)]


def _mobiles(text: str) -> list[str]:
    return [_hidden(_SEPARATORS.sub("", found), 3, 2) for found in MOBILE.findall(text)]


def _emails(text: str) -> list[str]:
    return [f"{found[0]}***@{found.rpartition('@')[2]}" for found in EMAIL.findall(text)]


def _cards(text: str) -> list[str]:
    numbers = [_SEPARATORS.sub("", found) for found in CARD.findall(text)]
    good = [number for number in numbers if ISSUERS.match(number) and passes_luhn(number)]
    return [_hidden(number, 4, 2) for number in good if not (len(number) == 18 and is_identity_number(number))]


def _hidden(text: str, start: int, end: int) -> str:
    return text[:start] + "*" * (len(text) - start - end) + text[-end:]


Find = Callable[[str], list[str]]
KINDS: tuple[tuple[str, str, str, str, Find], ...] = (
    ("identity_number", SERIOUS, "身份证号码", "an identity card number", _identities),
    ("bank_card", SERIOUS, "银行卡号", "a bank card number", _cards),
    ("mobile_phone", DOUBT, "手机号码", "a mobile phone number", _mobiles),
    ("email", NOTE, "电子邮箱", "an e-mail address", _emails),
)


def _texts(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name not in SKIPPED:
                yield from _texts(each, f"{pointer}/{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _texts(each, f"{pointer}/{number}")
