"""What stands below each key of the inventory's classes: the sentences that editors show. Read when they are asked for.

pydantic would read them whenever the classes are loaded, which means to read their source again: a tenth of a second
that nobody who audits needs (decision 0041).
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache


def descriptions_of(made: type) -> dict[str, str]:
    """By the name of the attribute, those of its bases too."""
    found: dict[str, str] = {}
    for one in reversed(made.__mro__):
        if one.__module__.startswith("auditor."):
            found |= _of_module(one.__module__).get(one.__qualname__, {})
    return found


@cache
def _of_module(name: str) -> dict[str, dict[str, str]]:
    """By class. Those that stand in another class have none."""
    tree = ast.parse(inspect.getsource(sys.modules[name]))
    return {one.name: dict(_in_class(one)) for one in tree.body if isinstance(one, ast.ClassDef)}


def _in_class(made: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for before, after in zip(made.body, made.body[1:], strict=False):
        match before, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
