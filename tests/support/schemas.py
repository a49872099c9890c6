"""What a schema says of its fields, in the words of docs/protocol.md's tables."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from marshmallow.fields import Field

from shared import messages, record, validation
from shared.validation import Degrees, LanguageMap, Many, Part, Strict, Term, Text, WebAddress, Whole

LARGEST = 2**53 - 1
PATTERNS = {
    "bad_digest": "SHA-256（{maximum} 位小写十六进制）",
    "bad_media_type": "媒体类型（如 `image/png`）",
    "bad_language": "语言代码（BCP 47，最多 {maximum} 字符）",
    "bad_date": "日期（最多 {maximum} 字符）",
    "bad_token": "base64url（最多 {maximum} 字符）",
    "bad_key_id": "密钥编号（{maximum} 字符）",
}


def rows(schema: type[Strict]) -> list[tuple[str, str, bool]]:
    """Each field as it is called on the wire, its kind in words, and whether it must be there."""
    return [
        (field.data_key or name, kind(field), field.required or bool(field.allow_none))
        for name, field in schema().fields.items()
    ]


def kind(field: Field[Any]) -> str:
    """A field's kind and limits."""
    if isinstance(field, Many):
        count = f"{field.minimum}–{field.maximum}" if field.minimum else f"最多 {field.maximum}"
        unique = "，不重复" if field.unique else ""
        return f"列表（{count} 项{unique}）：{kind(field.inner)}"
    if isinstance(field, Part):
        return f"{named(field.nested)}"
    empty = "，可为 null" if field.allow_none else ""
    return _plain(field) + empty


def named(schema: Any) -> str:
    """How the tables point to another schema."""
    return f"[`{schema.__name__}`](#{schema.__name__.lower()})"


def _plain(field: Field[Any]) -> str:
    if isinstance(field, Text) and field.fault in PATTERNS:
        return PATTERNS[field.fault].format(minimum=field.minimum, maximum=field.maximum)
    if isinstance(field, Text):
        return f"文本（{field.minimum}–{field.maximum} 字符）"
    if isinstance(field, LanguageMap):
        return f"语言表（每项 1–{field.text.maximum} 字符）"
    if isinstance(field, Term):
        return f"词表 `{field.vocabulary_name}`"
    if isinstance(field, Whole):
        return f"整数（{field.minimum} 至 {field.maximum if field.maximum != LARGEST else '2⁵³−1'}）"
    if isinstance(field, Degrees):
        return f"数（−{field.limit:g} 至 {field.limit:g}）"
    if isinstance(field, messages.OneOf):
        return "、".join(f"`{word}`" for word in field.words) + ("" if len(field.words) == 1 else " 之一")
    fixed: dict[type[Field[Any]], str] = {
        record.RecordId: "UUIDv7",
        record.FileName: f"文件名（1–{record.MAX_NAME} 字符）",
        WebAddress: f"http(s) 网址（最多 {validation.MAX_URL} 字符）",
        messages.Flag: "`true` 或 `false`",
        messages.Anything: "任意 JSON",
        messages.SignedToken: "签名记录（紧凑 JWS）",
    }
    return fixed[type(field)]


def schemas_of(module: ModuleType) -> list[type[Strict]]:
    """The schemas that a module defines, in their order in the file."""
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Strict) and member.__module__ == module.__name__
    ]
    return sorted(found, key=lambda schema: inspect.getsourcelines(schema)[1])
