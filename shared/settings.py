"""Reading typed settings: a frozen dataclass from a TOML file, then the environment; all faults at once.

A field's metadata holds `help` (its sentence), and `secret` when it must never be shown. `PREFIX_NAME` in the
environment sets `name`; `PREFIX_NAME_FILE` names a file that holds it (container secrets).
"""

from __future__ import annotations

import dataclasses
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from marshmallow import RAISE, Schema, ValidationError, fields

from shared.errors import InvalidSettings
from shared.wording import Words, system_fault, toml_fault

S = TypeVar("S")


class _PathField(fields.String):
    """A path; `~` is the home folder."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return Path(super()._deserialize(value, attr, data, **kwargs)).expanduser()


FIELD_TYPES: dict[Any, type[fields.Field[Any]]] = {
    str: fields.String,
    int: fields.Integer,
    float: fields.Float,
    bool: fields.Boolean,
    Path: _PathField,
}


def setting(default: Any, help: str, *, secret: bool = False) -> Any:
    """A dataclass field with its default and its sentence."""
    return dataclasses.field(default=default, metadata={"help": help, "secret": secret})


def read(cls: type[S], *, prefix: str, file: Path | None, environ: Mapping[str, str]) -> S:
    """The settings of class `cls`. Raises `InvalidSettings` that names every fault found.

    `cls` may have a method `faults()` giving further sentences about values that do not go together.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    if file is not None:
        _read_file(file, values, faults)
    _read_environment(cls, prefix, environ, values, faults)
    try:
        loaded = _schema(cls).load(values)
    except ValidationError as error:
        messages = typing.cast("dict[str, Any]", error.messages)
        faults += [f"{name}: {_flat(said)}" for name, said in messages.items()]
        raise InvalidSettings(faults=_listed(faults)) from error
    result = cls(**typing.cast("dict[str, Any]", loaded))
    check = getattr(result, "faults", None)
    faults += check() if check else []
    if faults:
        raise InvalidSettings(faults=_listed(faults))
    return result


def _schema(cls: type) -> Schema:
    types = typing.get_type_hints(cls)
    made = {
        field.name: FIELD_TYPES[types[field.name]](load_default=field.default) for field in dataclasses.fields(cls)
    }
    return Schema.from_dict(made)(unknown=RAISE)


def _read_file(file: Path, values: dict[str, Any], faults: list[str]) -> None:
    try:
        values.update(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except OSError as error:
        faults.append(_about(file, system_fault(error)))
    except UnicodeDecodeError:
        faults.append(_about(file, Words("it is not UTF-8", "不是 UTF-8 编码")))
    except RecursionError:
        faults.append(_about(file, Words("it is nested too deep", "嵌套过深")))
    except ValueError as error:
        faults.append(_about(file, toml_fault(error)))


def _read_environment(
    cls: type, prefix: str, environ: Mapping[str, str], values: dict[str, Any], faults: list[str]
) -> None:
    for field in dataclasses.fields(cls):
        name = prefix + field.name.upper()
        if name in environ:
            values[field.name] = environ[name]
        elif name + "_FILE" in environ:
            try:
                values[field.name] = Path(environ[name + "_FILE"]).read_text(encoding="utf-8").strip()
            except OSError as error:
                faults.append(_about(f"{name}_FILE", system_fault(error)))
            except UnicodeDecodeError:
                faults.append(_about(f"{name}_FILE", Words("it is not UTF-8", "不是 UTF-8 编码")))


def _about(place: object, cause: Words) -> Words:
    return Words(f"{place}: {cause}", f"{place}: {cause.zh}")


def _listed(faults: list[str]) -> Words:
    """A line each, in both languages as far as the faults have them."""
    chinese = [fault.zh if isinstance(fault, Words) else fault for fault in faults]
    return Words("\n".join(f"- {fault}" for fault in faults), "\n".join(f"- {fault}" for fault in chinese))


def _flat(messages: Any) -> str:
    return " ".join(map(str, messages)) if isinstance(messages, list) else str(messages)
