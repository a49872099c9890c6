"""Canonical JSON (RFC 8785) and SHA-256 digests: the one byte form of everything that is signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NoReturn

import rfc8785

from shared.errors import InvalidEncoding, InvalidJson, TooDeep
from shared.wording import Words, json_fault

MAX_DEPTH = 16
"""Levels of nesting that any of our documents may have; more is an attack, not a record."""
MAX_KEYS = 1000
"""Keys that one object may have; ours have a few dozen."""
_SURROGATE = Words("lone surrogate", "有不成对的代理字符（\\uD800–\\uDFFF）")

_WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: Any) -> bytes:
    """The RFC 8785 form of `value`.

    Raises `InvalidJson` when it has none (numbers beyond 2^53, lone surrogates). Without fractions, and with ASCII
    keys, the standard library's writer gives the same bytes several times faster (a property test holds the two
    together); all else goes to the library.
    """
    try:
        if _is_plain(value):
            return _WRITER.encode(value).encode("utf-8")
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidJson(cause=_why_not_canonical(error)) from error


def _why_not_canonical(error: Exception) -> Words:
    if isinstance(error, rfc8785.IntegerDomainError):
        return Words("a whole number is beyond 2^53 - 1", "整数超出 ±(2^53 - 1)")
    if isinstance(error, rfc8785.FloatDomainError):
        return Words("a number is infinite or none at all (NaN)", "数字无穷大，或不是数（NaN）")
    if isinstance(error, RecursionError):
        return Words("it is nested too deep", "嵌套过深")
    if isinstance(error, UnicodeEncodeError) or "codepoints" in str(error):
        return _SURROGATE
    return Words(str(error)[:200], "有的值在 JSON 里写不出来")


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is dict:
        return all(type(key) is str and key.isascii() and _is_plain(below) for key, below in value.items())
    if kind is list:
        return all(map(_is_plain, value))
    return kind is int and -(2**53) < value < 2**53


def digest(data: bytes) -> str:
    """SHA-256 of `data` in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(cause=Words(f"{name} is not JSON", f"JSON 中不能写 {name}"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_KEYS:
        raise InvalidJson(cause=Words(f"an object has more than {MAX_KEYS} keys", f"同一对象中超过 {MAX_KEYS} 个键"))
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidJson(cause=Words("a key stands twice in one object", "同一对象中有重复的键"))
    return found


_READER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_object)


def parse(data: bytes) -> Any:
    """JSON from bytes, strictly: UTF-8, no NaN, no doubled key, no lone surrogate, at most MAX_DEPTH deep.

    An object has at most MAX_KEYS keys: a message with 100,000 unknown fields would cost its reader a fault for each.

    Raises `InvalidEncoding`, `InvalidJson` or `TooDeep`.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidEncoding(position=error.start) from error
    try:
        if text.startswith("\ufeff"):
            raise InvalidJson(cause=Words("a byte order mark", "开头有字节顺序标记（BOM）"))
        value = _READER.decode(text)
    except RecursionError as error:
        raise TooDeep(limit=MAX_DEPTH) from error
    except ValueError as error:
        raise InvalidJson(cause=json_fault(error)) from error
    if "\\u" in text or "\\U" in text:
        _refuse_surrogates(value)
    # Text with fewer brackets than that cannot be deeper: most of it need not be walked.
    if text.count("{") + text.count("[") > MAX_DEPTH and depth(value) > MAX_DEPTH:
        raise TooDeep(limit=MAX_DEPTH)
    return value


def _refuse_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidJson(cause=_SURROGATE) from error


def depth(value: Any) -> int:
    """How many levels of objects and lists `value` has (counting stops one past MAX_DEPTH)."""
    level, layer = 0, [value]
    while level <= MAX_DEPTH:
        containers = [item for item in layer if isinstance(item, dict | list)]
        if not containers:
            break
        level += 1
        layer = [child for item in containers for child in (item.values() if isinstance(item, dict) else item)]
    return level


def best_text(texts: Mapping[str, str], language: str) -> str:
    """The text for a reader of `language` from a map of language → text: theirs, else zh, en, or any."""
    wanted = [language, language.split("-")[0], "zh", "en"]
    for tag in wanted:
        if tag in texts:
            return texts[tag]
    return next(iter(texts.values()), "")
