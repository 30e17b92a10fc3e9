"""A mapping read from YAML -> a frozen dataclass, strictly: nothing unknown, missing or of another type.

There are no defaults for anything scientific in the code: a field without a dataclass default must
stand in the file.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from dragon.errors import ConfigError
from dragon.registry import unknown

T = TypeVar("T")


def build(cls: type[T], found: object, where: str) -> T:
    """Make ``cls`` from ``found``; ``where`` is ``file: dotted.key`` and opens every message.

    Raises:
        ConfigError: an unknown key (with a suggestion), a missing key, or a value of another type.
    """
    if not isinstance(found, Mapping):
        raise ConfigError(f"{where}: found {found!r}, allowed: a mapping")
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for key in found:
        if key not in fields:
            raise unknown(f"{where}.{key}: unknown key", key, fields)
    missing = [n for n, f in fields.items() if n not in found and f.default is f.default_factory is dataclasses.MISSING]
    if missing:
        raise ConfigError(f"{where}: missing {', '.join(missing)}; every value stands in the file")
    return cls(**{key: convert(hints[key], value, f"{where}.{key}") for key, value in found.items()})


def convert(hint: Any, value: object, where: str) -> Any:
    """Check ``value`` against a type hint and return it in that type (lists become tuples)."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return build(hint, value, where)
    if origin is typing.Literal:
        return _one_of(args, value, where)
    if origin is tuple:
        return _items(args, value, where)
    if origin in (dict, Mapping) or origin is types.UnionType or hint in (dict, Mapping):
        return _compound(origin, args, value, where)
    return _scalar(hint, value, where)


def _one_of(allowed: tuple[Any, ...], value: object, where: str) -> object:
    if value not in allowed:
        raise unknown(where, value, allowed)
    return value


def _items(args: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{where}: found {value!r}, allowed: a list, e.g. [{value}]")
    if args[-1] is Ellipsis:
        return tuple(convert(args[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if len(value) != len(args):
        raise ConfigError(f"{where}: found {list(value)!r}, allowed: a list of {len(args)} values")
    return tuple(convert(arg, item, f"{where}[{i}]") for i, (arg, item) in enumerate(zip(args, value, strict=True)))


def _compound(origin: Any, args: tuple[Any, ...], value: object, where: str) -> object:
    if origin is types.UnionType:
        inner = [arg for arg in args if arg is not types.NoneType]
        return None if value is None else convert(inner[0], value, where)
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: found {value!r}, allowed: a mapping")
    if not args:
        return dict(value)
    return {key: convert(args[1], item, f"{where}.{key}") for key, item in value.items()}


def _scalar(hint: Any, value: object, where: str) -> object:
    if hint is Any:
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        names = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
        raise ConfigError(f"{where}: found {value!r}, allowed: {names.get(hint, hint)}")
    return value
