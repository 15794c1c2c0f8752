"""How a record is filled: the `__init__` that is written for its class, and a quicker way for the most frequent ones.

What is frozen refuses to be told, and any way around its `__setattr__` takes the interpreter a hundred times as long as
a plain assignment. So a record is of another class while it is filled: its own, and not frozen yet.
"""

from __future__ import annotations

import dataclasses
from functools import cache, partial
from types import CodeType, FunctionType
from typing import Any, TypeVar, cast

T = TypeVar("T")
Fields = tuple[dataclasses.Field[Any], ...]

ABSENT = object()
BECOME = object.__dict__["__class__"].__set__
INIT = """
def made({head}):
 if self.__class__ is kind:
  become(self, filling)
{assignments}
 else:
  fill(self, {values})
 {last}
"""
MAKER = """
def made({head}):
  self = new(filling)
{assignments}
  {last}
  return self
"""


def init_of(kind: type) -> FunctionType:
    """Fields by place, then those by name alone; a factory makes what is not given. As the standard library does it."""
    method = _written(kind, INIT, "self")
    method.__annotations__ = {one.name: one.type for one in dataclasses.fields(kind) if one.init} | {"return": None}
    return method


def maker(kind: type[T]) -> type[T]:
    """What makes such a record in half of the time that its class takes, and is called like it. To be asked once.

    For records of which a run makes dozens of each asset: to call a class by names makes a table of them first.
    """
    return cast("type[T]", _written(kind, MAKER))


def _written(kind: type, template: str, *first: str) -> FunctionType:
    fields: Fields = dataclasses.fields(kind)
    by_place = tuple(one for one in fields if one.init and not one.kw_only)
    by_name = tuple(one for one in fields if one.init and one.kw_only)
    values = {number: value for number, one in enumerate(fields) if (value := _value(number, one))}
    places, names = ([f"a{fields.index(one)}" for one in some] for some in (by_place, by_name))
    head = ", ".join((*first, *places, *(("*", *names) if names else ())))
    code = _compiled(template, head, tuple(values.items()), is_checked=hasattr(kind, "__post_init__"))
    known: dict[str, Any] = {"ABSENT": ABSENT, "kind": kind, "filling": _filling(kind)}
    known |= {"become": BECOME, "new": object.__new__}
    known["fill"] = partial(_fill, [getattr(kind, fields[number].name) for number in values])
    for number, one in enumerate(fields):
        known[f"default_{number}"], known[f"make_{number}"] = one.default, one.default_factory
    method = FunctionType(_renamed(code, fields), known, "", tuple(map(_default, filter(_has_default, by_place))))
    method.__kwdefaults__ = {one.name: _default(one) for one in by_name if _has_default(one)} or None
    return method


@cache
def _compiled(template: str, head: str, values: tuple[tuple[int, str], ...], *, is_checked: bool) -> CodeType:
    """Many records have their fields in the same way, but for the names: `a0` is what is given for the first one."""
    assignments = [*(f"  self.n{number} = {value}" for number, value in values), "  self.__class__ = kind"]
    text = template.format(
        head=head,
        assignments="\n".join(assignments),
        values=", ".join(value for _, value in values),
        last="self.__post_init__()" if is_checked else "pass",
    )
    known: dict[str, Any] = {}
    exec(text, known)  # noqa: S102 - numbers of fields, and nothing else
    code: CodeType = known["made"].__code__
    return code


def _renamed(code: CodeType, fields: Fields) -> CodeType:
    """With the true names: `a0` is an argument, `n0` the attribute."""
    true = {f"{letter}{number}": one.name for number, one in enumerate(fields) for letter in "an"}
    return code.replace(
        co_varnames=tuple(true.get(name, name) for name in code.co_varnames),
        co_names=tuple(true.get(name, name) for name in code.co_names),
    )


@cache
def _filling(kind: type) -> type:
    open_to_all = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(kind)(kind.__name__, (kind,), {"__module__": kind.__module__, **open_to_all})


def _fill(members: list[Any], self: object, *values: object) -> None:
    """An instance of a class that inherits from the record without being one: it has another shape."""
    for member, value in zip(members, values, strict=True):
        member.__set__(self, value)


def _has_default(one: dataclasses.Field[Any]) -> bool:
    return one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING


def _default(one: dataclasses.Field[Any]) -> Any:
    return ABSENT if one.default is dataclasses.MISSING else one.default


def _value(number: int, one: dataclasses.Field[Any]) -> str:
    """ "" for a field that nobody gives."""
    has_factory = one.default_factory is not dataclasses.MISSING
    value = f"a{number}"
    if has_factory:
        return f"make_{number}() if {value} is ABSENT else {value}" if one.init else f"make_{number}()"
    if not one.init:
        return f"default_{number}" if one.default is not dataclasses.MISSING else ""
    return value
