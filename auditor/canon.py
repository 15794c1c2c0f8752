"""Facts and model values → the text of canonical JSON in one pass: what a JSON writer makes of `codec.plain`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from json.encoder import encode_basestring
from operator import attrgetter
from types import MappingProxyType
from typing import Any

Way = Callable[[Any], str]
NUMBER = json.JSONEncoder(allow_nan=False)
NOTHING: Mapping[str, str] = MappingProxyType({})


class NotPlain(ValueError):
    """A value that may not be part of facts."""


def text(value: object) -> str:
    """Keys sorted, sets sorted, times in UTC, no white space.

    Raises NotPlain, and ValueError for a number that has no JSON. Half of a surrogate pair stays as it is.
    """
    return WAYS[type(value)](value)


class Members:
    """How a dataclass is written: its fields, in the order of their names. `told`: what stands for some of them."""

    def __init__(self, kind: type, told: Mapping[str, str] = NOTHING) -> None:
        names = sorted(field.name for field in fields(kind))
        self._values = _getter([name for name in names if name not in told])
        texts = (told[name].replace("%", "%%") if name in told else "%s" for name in names)
        rows = (f"{encode_basestring(name)}:{text}" for name, text in zip(names, texts, strict=True))
        self._layout = f"{{{','.join(rows)}}}"

    def __call__(self, value: object) -> str:
        return self._layout % tuple(_texts(self._values(value)))


def _texts(values: Iterable[object]) -> list[str]:
    return [WAYS[type(one)](one) for one in values]


class _Shapes(dict[type, Members]):
    """Of each dataclass, made out once."""

    def __missing__(self, kind: type) -> Members:
        members = self[kind] = Members(kind)
        return members


MEMBERS = _Shapes()


def _getter(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple([getattr(value, name) for name in names])


def time(value: date) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    if value.tzinfo is UTC:  # as nearly all of them
        return value.isoformat()[: -len("+00:00")] + "Z"
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class _Ways(dict[type, Way]):
    """How the values of each type are written. To ask again for each value what it is would take twice as long."""

    def __missing__(self, kind: type) -> Way:
        way = self[kind] = _way_of(kind)
        return way


WAYS = _Ways()


def _way_of(kind: type) -> Way:  # in the order of `codec.plain`
    if kind is type(None):
        return lambda _: "null"
    if issubclass(kind, Enum):
        return _member
    if is_dataclass(kind) and not issubclass(kind, SIMPLE):
        return MEMBERS[kind]
    return next((way for base, way in SIMPLE_WAYS.items() if issubclass(kind, base)), _refused)


def _member(value: Enum) -> str:
    meant = value.value
    if type(meant) is str:  # as most
        return encode_basestring(meant)
    return text(meant) if isinstance(meant, (str, int)) else encode_basestring(value.name)


def _truth(value: bool) -> str:  # noqa: FBT001 - the value that is written
    return "true" if value else "false"


def _quoted(value: date) -> str:
    return f'"{time(value)}"'  # nothing in it needs an escape


def _sorted(value: frozenset[object]) -> str:
    return f"[{','.join(sorted(_texts(value)))}]"


def _listed(value: tuple[object, ...]) -> str:
    return f"[{','.join(_texts(value))}]"


def _refused(value: object) -> str:
    raise NotPlain(f"A {type(value).__name__} may not be part of facts.")


SIMPLE_WAYS: dict[type, Way] = {
    str: encode_basestring,
    bool: _truth,
    int: int.__repr__,
    float: NUMBER.encode,
    date: _quoted,
    frozenset: _sorted,
    tuple: _listed,
}
SIMPLE = tuple(SIMPLE_WAYS)
