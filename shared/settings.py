"""Reading typed settings: a frozen dataclass from a TOML file, then the environment; all faults at once.

A field's metadata holds `help` (its sentence), `low` and `high` for a number, and `secret` when it must never be
shown. `PREFIX_NAME` in the environment sets `name`; `PREFIX_NAME_FILE` names a file that holds it (container
secrets). Any other `PREFIX_…` is a fault, since a misspelt setting would silently stay at its default.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import tomllib
import typing
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from marshmallow import RAISE, Schema, ValidationError, fields

from shared.errors import InvalidSettings
from shared.wording import Words, system_fault, toml_fault

LANGUAGE = "COMMONS_LANGUAGE"
NOT_UTF8 = Words("it is not UTF-8", "不是 UTF-8 编码")
S = TypeVar("S")


class _PathField(fields.String):
    """A path; `~` is the home folder."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        path = super()._deserialize(value, attr, data, **kwargs)
        if not path:
            # To Python it is the current folder, which nobody means by a variable that they left empty.
            raise ValidationError("empty")
        try:
            return Path(path).expanduser()
        except RuntimeError as error:
            raise ValidationError("nobody's home") from error


FIELD_TYPES: dict[Any, type[fields.Field[Any]]] = {
    str: fields.String,
    int: fields.Integer,
    float: fields.Float,
    bool: fields.Boolean,
    Path: _PathField,
}
WRONG_TYPE: dict[Any, tuple[str, str]] = {
    str: ("应为文字（写在引号里）", "a text in quotes is expected"),
    int: ("应为整数", "a whole number is expected"),
    float: ("应为数字", "a number is expected"),
    bool: ("应为 true 或 false", "true or false is expected"),
    Path: ("应为路径（写在引号里），不能为空", "a path in quotes is expected, and not an empty one"),
}


def setting(
    default: Any, help: str, *, secret: bool = False, low: float | None = None, high: float | None = None
) -> Any:
    """A dataclass field with its default and its sentence, to which the range of a number is added."""
    if low is not None:
        help += f"（{low} 到 {high}）"
    return dataclasses.field(default=default, metadata={"help": help, "secret": secret, "low": low, "high": high})


def read(
    cls: type[S],
    *,
    prefix: str,
    file: Path | None,
    environ: Mapping[str, str],
    others: Collection[str] = (),
    others_begin: tuple[str, ...] = (),
) -> S:
    """The settings of class `cls`. Raises `InvalidSettings` that names every fault found.

    `others` are variables with the prefix that are not settings, `others_begin` beginnings of such. `cls` may have
    a method `faults()` giving further sentences about values that do not go together.
    """
    words = _Words(environ)
    values: dict[str, Any] = {}
    faults: list[str] = []
    if file is not None:
        _read_file(file, values, faults)
    _read_environment(cls, prefix, environ, values, faults)
    faults += _strangers(cls, prefix, environ, {*others}, others_begin, words)
    wrong: set[str] = set()
    for name, fault in _misfits(cls, values, words):
        wrong.add(name)
        faults.append(f"{name}: {fault}")
    # What was given in a wrong form stands at its default, so that everything else can be looked at too.
    good = {name: value for name, value in values.items() if name not in wrong}
    result = cls(**typing.cast("dict[str, Any]", _schema(typing.cast(Any, cls)).load(good)))
    found = _out_of_range(result, words)
    check = getattr(result, "faults", None)
    found += check() if check else []
    faults += [fault for fault in found if fault.partition(":")[0] not in wrong]
    if faults:
        raise InvalidSettings(faults=_listed(faults))
    return result


class _Words:
    """Sentences in the language that COMMONS_LANGUAGE asks for, else Chinese."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.english = environ.get(LANGUAGE, "").lower().startswith("en")

    def say(self, chinese: str, english: str) -> str:
        """The sentence."""
        return english if self.english else chinese


@functools.cache
def _schema(cls: Any) -> Schema:
    types = typing.get_type_hints(cls)
    made = {
        field.name: FIELD_TYPES[types[field.name]](load_default=field.default) for field in dataclasses.fields(cls)
    }
    return Schema.from_dict(made)(unknown=RAISE)


def _misfits(cls: type, values: Mapping[str, Any], words: _Words) -> list[tuple[str, str]]:
    """Each given name that is no setting, or whose value has another type, with what is wrong about it."""
    types = typing.get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls)]
    try:
        _schema(cls).load(values)
    except ValidationError as error:
        messages = typing.cast("dict[str, Any]", error.messages)
        return [
            (name, words.say(*WRONG_TYPE[types[name]]) if name in names else _unknown(name, names, words))
            for name in messages
        ]
    return []


def _strangers(
    cls: type, prefix: str, environ: Mapping[str, str], others: set[str], begin: tuple[str, ...], words: _Words
) -> list[str]:
    """Variables with our prefix that set nothing."""
    known = [prefix + field.name.upper() for field in dataclasses.fields(cls)]
    kept = {*known, *(name + "_FILE" for name in known), *others}
    return [
        f"{name}: {_unknown(name, known, words)}"
        for name in sorted(environ)
        if name.startswith(prefix) and name not in kept and not (begin and name.startswith(begin))
    ]


def _unknown(name: str, known: Collection[str], words: _Words) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return words.say(f"没有这个设置，是不是 {close[0]}？", f"no such setting; is {close[0]} meant?")
    return words.say("没有这个设置，请检查拼写或删去", "no such setting; check its spelling or leave it out")


def _out_of_range(settings: Any, words: _Words) -> list[str]:
    faults = []
    for field in dataclasses.fields(settings):
        low, high = field.metadata["low"], field.metadata["high"]
        value = getattr(settings, field.name)
        if low is not None and not low <= value <= high:
            said = words.say(f"应在 {low} 到 {high} 之间，现为 {value}", f"must be from {low} to {high}, is {value}")
            faults.append(f"{field.name}: {said}")
    return faults


def _read_file(file: Path, values: dict[str, Any], faults: list[str]) -> None:
    try:
        values.update(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except OSError as error:
        faults.append(_about(file, system_fault(error)))
    except UnicodeDecodeError:
        faults.append(_about(file, NOT_UTF8))
    except RecursionError:
        faults.append(_about(file, Words("it is nested too deep", "嵌套过深")))
    except ValueError as error:
        faults.append(_about(file, toml_fault(error)))


def _read_environment(
    cls: type, prefix: str, environ: Mapping[str, str], values: dict[str, Any], faults: list[str]
) -> None:
    types = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        name = prefix + field.name.upper()
        if name in environ:
            if types[field.name] is not Path and not is_text(environ[name]):
                faults.append(_about(name, NOT_UTF8))
                continue
            values[field.name] = environ[name]
        elif name + "_FILE" in environ:
            try:
                values[field.name] = Path(environ[name + "_FILE"]).read_text(encoding="utf-8").strip()
            except OSError as error:
                faults.append(_about(f"{name}_FILE", system_fault(error)))
            except UnicodeDecodeError:
                faults.append(_about(f"{name}_FILE", NOT_UTF8))


def is_text(value: str) -> bool:
    """Whether a variable was UTF-8: what was not comes with surrogates, which no page and no database takes."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _about(place: object, cause: Words) -> Words:
    return Words(f"{place}: {cause}", f"{place}: {cause.zh}")


def _listed(faults: list[str]) -> Words:
    """A line each, in both languages as far as the faults have them."""
    chinese = [fault.zh if isinstance(fault, Words) else fault for fault in faults]
    return Words("\n".join(f"- {fault}" for fault in faults), "\n".join(f"- {fault}" for fault in chinese))
