"""The dataclass of this program: the standard library's, which writes a class's methods when somebody first needs them.

The standard library writes and compiles six methods for each class when its module is loaded. With some 240 classes,
of which most are never made an instance of in one run, that was a third of the CPU of `auditor check` (decision 0017).
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

LATER = ("__init__", "__repr__", "__eq__", "__hash__")
KNOWN = frozenset({"frozen", "slots", "kw_only"})

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(made: type | None = None, /, **options: bool) -> Any:
        """As `dataclasses.dataclass`. What is not frozen, or writes such a method itself, is left to that at once."""
        return partial(_made, options=options) if made is None else _made(made, options)


def _made(cls: type, options: dict[str, bool]) -> type:
    if not options.get("frozen") or not options.keys() <= KNOWN or vars(cls).keys() & set(LATER):
        return dataclasses.dataclass(**options)(cls)
    made: type = dataclasses.dataclass(init=False, repr=False, eq=False, **options)(cls)
    for name in LATER:
        setattr(made, name, _stand_in(made, name))
    return made


def _stand_in(made: type, name: str) -> Any:
    """A method that has the true one written when it is called, and then calls what it stood in for."""

    def stand_in(*given: Any, **named: Any) -> Any:
        if vars(made)[name] is stand_in:
            setattr(made, name, _written(made, name))
        return vars(made)[name](*given, **named)

    stand_in.__name__, stand_in.__qualname__ = name, f"{made.__qualname__}.{name}"
    return stand_in


def _written(made: type, name: str) -> Any:
    """The method that the standard library writes for a class of the same fields."""
    fields = [(one.name, one.type, _again(one)) for one in dataclasses.fields(made)]
    after = {"__post_init__": _nothing} if hasattr(made, "__post_init__") else {}
    twin = dataclasses.make_dataclass(
        made.__name__,
        fields,
        frozen=True,
        init=name == "__init__",
        repr=name == "__repr__",
        eq=name in ("__eq__", "__hash__"),
        namespace=after,
    )
    return vars(twin)[name]


def _nothing(_: object) -> None:
    """In the twin, for the true one: what is written calls whatever its instance has."""


def _again(one: dataclasses.Field[Any]) -> Any:
    """A field belongs to one class, so the twin gets its equal."""
    told = ("default", "default_factory", "init", "repr", "hash", "compare", "metadata", "kw_only")
    return dataclasses.field(**{name: getattr(one, name) for name in told})
