"""The dataclass of this program: the standard library's, made out when somebody first needs it.

The standard library reads the fields of each class and compiles six methods for it when its module is loaded. With some
250 classes, of which most are never made an instance of in one run, that was a third of the CPU of `auditor check`
(decisions 0017 and 0021). What a field is, and what is out of the ordinary, stays the standard library's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from auditor.filling import init_of

__all__ = ["dataclass"]

LATER = ("__init__", "__repr__", "__eq__", "__hash__")
OPTIONS = frozenset({"frozen", "slots", "kw_only"})
OF_INSTANCES = ("__dict__", "__weakref__")  # what a class without slots has beside its members

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(made: type | None = None, /, **options: bool) -> Any:
        """As `dataclasses.dataclass`. What is not frozen and slotted, or is out of the ordinary, is left to that."""
        return partial(_made, options=options) if made is None else _made(made, options)


@dataclasses.dataclass(frozen=True)
class _Frozen:
    """What all of them are."""


def _made(cls: type, options: dict[str, bool]) -> type:
    names = _field_names(cls)
    if names is None or not (options.get("frozen") and options.get("slots")) or not options.keys() <= OPTIONS:
        return dataclasses.dataclass(**options)(cls)
    made = _slotted(cls, names)
    first = {name: value for name, value in vars(cls).items() if name in names}
    for name in LATER:
        setattr(made, name, _stand_in(made, name))
    late = {
        "__dataclass_fields__": lambda: _fields(made, first, kw_only=options.get("kw_only", False)),
        "__match_args__": lambda: tuple(one.name for one in dataclasses.fields(made) if one.init and not one.kw_only),
    }
    for name, work_out in late.items():
        setattr(made, name, _Late(made, name, work_out))
    return made


def _field_names(cls: type) -> frozenset[str] | None:
    """The fields that the class itself names; None where the standard library should look at it."""
    members, annotations = vars(cls), vars(cls).get("__annotations__", {})
    own_ways = members.keys() & {*LATER, "__slots__", "__setattr__", "__delattr__", "__getstate__", "__setstate__"}
    told = [text if isinstance(text, str) else "InitVar" for text in annotations.values()]
    is_odd = any("InitVar" in text or "KW_ONLY" in text or text.find("ClassVar") > 0 for text in told)
    bases = [base for base in cls.__mro__[1:] if "__dataclass_params__" in vars(base)]
    if own_ways or is_odd or not all("__slots__" in vars(base) for base in bases):
        return None
    return frozenset(name for name, text in annotations.items() if not text.startswith("ClassVar"))


def _slotted(cls: type, names: frozenset[str]) -> type:
    """The same class with slots: that takes a new one. Those of its bases stay theirs."""
    inherited = {slot for base in cls.__mro__[1:] for slot in vars(base).get("__slots__", ())}
    members = {name: value for name, value in vars(cls).items() if name not in names and name not in OF_INSTANCES}
    made = type(cls)(
        cls.__name__,
        cls.__bases__,
        members
        | {
            "__slots__": tuple(name for name in vars(cls).get("__annotations__", {}) if name in names - inherited),
            "__dataclass_params__": vars(_Frozen)["__dataclass_params__"],
            "__setattr__": _refuse_to_set,
            "__delattr__": _refuse_to_delete,
            "__getstate__": _state,
            "__setstate__": _restore,
        },
    )
    made.__qualname__ = cls.__qualname__
    return made


class _Late:
    """An attribute of a class that is worked out when somebody first asks for it."""

    def __init__(self, made: type, name: str, work_out: Callable[[], object]) -> None:
        self._made, self._name, self._work_out = made, name, work_out

    def __get__(self, _: object, __: type) -> object:
        if vars(self._made)[self._name] is self:
            setattr(self._made, self._name, self._work_out())
        return vars(self._made)[self._name]


def _fields(made: type, first: dict[str, Any], *, kw_only: bool) -> dict[str, dataclasses.Field[Any]]:
    """As the standard library reads them; those of the bases come first."""
    annotations = vars(made).get("__annotations__", {})
    told = {"__annotations__": annotations, "__module__": made.__module__, "__doc__": made.__name__, **first}
    own: type = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(type(made.__name__, (), told))
    found: dict[str, dataclasses.Field[Any]] = {}
    for base in reversed(made.__mro__[1:]):
        found |= getattr(base, "__dataclass_fields__", {})
    found |= vars(own)["__dataclass_fields__"]
    return found


def _stand_in(made: type, name: str) -> Any:
    """A method that has the true one written when it is called, and then calls what it stood in for."""

    def stand_in(*given: Any, **named: Any) -> Any:
        if vars(made)[name] is stand_in:
            setattr(made, name, WRITERS[name](made))
        return vars(made)[name](*given, **named)

    stand_in.__name__, stand_in.__qualname__ = name, f"{made.__qualname__}.{name}"
    return stand_in


def _init(made: type) -> Any:
    return _named(init_of(made), made, "__init__")


def _repr(made: type) -> Any:
    names = [one.name for one in dataclasses.fields(made) if one.repr]

    def shown(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return _named(shown, made, "__repr__")


def _eq(made: type) -> Any:
    values = _values([one.name for one in dataclasses.fields(made) if one.compare])

    def equals(self: Any, other: Any) -> Any:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return _named(equals, made, "__eq__")


def _hash(made: type) -> Any:
    counted = [one for one in dataclasses.fields(made) if (one.compare if one.hash is None else one.hash)]
    values = _values([one.name for one in counted])

    def hashed(self: Any) -> int:
        return hash(values(self))

    return _named(hashed, made, "__hash__")


def _values(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Gets those attributes of an instance."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda self: tuple(getattr(self, name) for name in names)


def _named(method: Any, made: type, name: str) -> Any:
    method.__name__, method.__qualname__ = name, f"{made.__qualname__}.{name}"
    return method


WRITERS: dict[str, Callable[[type], Any]] = {"__init__": _init, "__repr__": _repr, "__eq__": _eq, "__hash__": _hash}


def _refuse_to_set(_: object, name: str, __: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    """For pickling: what is frozen cannot be restored attribute by attribute."""
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
