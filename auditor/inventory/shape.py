"""A tree against the schema: every key and value that does not fit, as complaints with places. Knows no other rule."""

from __future__ import annotations

import re
import typing
from types import UnionType

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from auditor.inventory.complaints import Place, quoted
from auditor.inventory.entry import Entry
from auditor.inventory.holdings import (
    AccountAsset,
    BucketAsset,
    DevicesAsset,
    MxAsset,
    ServerAsset,
    TlsAsset,
    WebAsset,
)
from auditor.inventory.tree import Plain, Trail, Tree
from auditor.inventory.values import OURS

MOST = 1_000  # complaints that are worked out one by one; a file with more is of another kind
ASSETS = (WebAsset, ServerAsset, BucketAsset, AccountAsset, TlsAsset, MxAsset, DevicesAsset)
KEYS_OF_ASSETS = {name for model in ASSETS for name in model.model_fields}
Shape = typing.TypeVar("Shape", bound=Entry)
LIMITS = {
    "greater_than_equal": "must be at least {ge}.",
    "less_than_equal": "must be at most {le}.",
    "too_long": "holds {actual_length} entries, and at most {max_length} are read.",
    "too_short": "is an empty list: name something, or leave the key out.",
}
SHAPES = {
    "string_type": "text",
    "bool_type": "true or false, without quotes",
    "int_type": "a whole number",
    "enum": "a word",
    "literal_error": "a word",
    "tuple_type": "a list",
}
SORTS = {
    dict: "a mapping",
    list: "a list",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    type(None): "nothing",
}


def fit(tree: Tree, shape: type[Shape]) -> Shape | None:
    """The document in this shape, or None with complaints."""
    if None in tree.words()[1]:
        _complain_of_emptiness(tree)
    try:
        return shape.model_validate(tree.plain)
    except ValidationError as error:
        details = error.errors(include_url=False)
    for detail in details[:MOST]:
        _complain(tree, shape, _path_of(detail["loc"]), detail)
    if len(details) > MOST:
        tree.complain(Place(), f"{len(details) - MOST} further complaints are not listed.")
    return None


def _complain_of_emptiness(tree: Tree) -> None:
    for path, value in tree.walk():
        if value is None and path:
            tree.complain_of(path, f"{_where(path)} has no value: write one, or leave the key out.", at_key=True)


def _path_of(loc: tuple[str | int, ...]) -> Trail:
    """Pydantic's location without what it adds: the kind that an asset claims, the mark of a mapping's key."""
    return tuple(
        part
        for index, part in enumerate(loc)
        if part != "[key]" and not (index >= 2 and loc[index - 2] == "assets" and isinstance(loc[index - 1], int))
    )


def _complain(tree: Tree, shape: type[Entry], path: Trail, detail: ErrorDetails) -> None:
    kind, context = detail["type"], detail.get("ctx", {})
    name = quoted(str(path[-1])) if path else "the file"
    match kind:
        case "extra_forbidden":
            tree.complain_of(path, f"unknown key {name}.", _meant_key(tree, shape, path), at_key=True)
        case "missing":
            tree.complain_of(path, f"the key {name} is missing.")
        case "union_tag_not_found":
            _complain_of_no_kind(tree, path)
        case "union_tag_invalid":
            _complain_of_word(tree, (*path, "kind"), context["expected_tags"])
        case "literal_error" | "enum" if isinstance(tree.at(*path), str):
            _complain_of_word(tree, path, context["expected"])
        case "too_short" if tree.at(*path):
            pass  # pydantic counts only the items that fit, and the others have their complaints
        case _ if kind == OURS and detail["loc"][-1:] == ("[key]",):
            tree.complain_of(path, f"the name {name}: {context['sentence']}", context["meant"], at_key=True)
        case _ if kind == OURS:
            tree.complain_of(path, f"{_where(path)}: {context['sentence']}", context["meant"])
        case _:
            tree.complain_of(path, f"{_where(path)} {_wanted(tree.at(*path), kind, context)}")


def _where(path: Trail) -> str:
    """The key that a value belongs to; for one of a list, the list's."""
    names = [part for part in path if isinstance(part, str)]
    return quoted(names[-1]) if names else "the file"


def _wanted(value: Plain, kind: str, context: dict[str, typing.Any]) -> str:
    """What a value of the wrong sort should have been. Never repeats the value."""
    if kind == "string_type" and not isinstance(value, list | dict):
        return "must be text: put it in quotes."
    if kind in LIMITS:
        return LIMITS[kind].format(**context)
    return f"must be {SHAPES.get(kind, 'a mapping of keys to values')}, not {SORTS[type(value)]}."


def _complain_of_word(tree: Tree, path: Trail, expected: str) -> None:
    """A word that is none of the few that are allowed. `expected`: pydantic's list of them, in quotes."""
    known = re.findall(r"'([^']*)'", expected)
    word = tree.at(*path)
    listed = ", ".join(known[:-1]) + (" or " if len(known) > 1 else "") + known[-1]
    if isinstance(word, str):
        tree.complain_of(path, f"{_where(path)} is {quoted(word)}, not {listed}.", tree.nearest(word, known))
    else:
        tree.complain_of(path, f"{_where(path)} must be {listed}.")


def _complain_of_no_kind(tree: Tree, path: Trail) -> None:
    """An asset without a kind: no other key of it can be judged."""
    asset = tree.at(*path)
    strange = set(asset) - KEYS_OF_ASSETS if isinstance(asset, dict) else set()
    other = "type" if "type" in strange else tree.nearest("kind", strange)
    if other:
        tree.complain_of((*path, other), f"unknown key {quoted(other)}.", "kind", at_key=True)
    else:
        tree.complain_of(
            (*path, "kind"),
            "the key 'kind' is missing: an asset is web, server, bucket, account, tls, mx or devices.",
        )


def _meant_key(tree: Tree, shape: type[Entry], path: Trail) -> str | None:
    """The key of the schema that was probably meant, of those that do not stand there yet."""
    model = _model_at(tree, shape, path[:-1])
    present = tree.at(*path[:-1])
    if model is None or not isinstance(present, dict):
        return None
    known = {field.alias or name for name, field in model.model_fields.items()}
    return tree.nearest(str(path[-1]), known - set(present))


def _model_at(tree: Tree, shape: type[Entry], path: Trail) -> type[Entry] | None:
    """The schema's class for the mapping at a path."""
    models: list[type[Entry]] = [shape]
    for depth, part in enumerate(path):
        if isinstance(part, str) and part in models[0].model_fields:
            models = _entries_in(models[0].model_fields[part].annotation)
        if isinstance(part, int):
            models = _of_kind(models, tree.at(*path[: depth + 1], "kind"))
        if not models:
            return None
    return models[0]


def _entries_in(annotation: object) -> list[type[Entry]]:
    """Every Entry class that an annotation mentions: one, or one for each kind of asset."""
    if isinstance(annotation, type) and not isinstance(annotation, UnionType) and not typing.get_args(annotation):
        return [annotation] if issubclass(annotation, Entry) else []
    return [entry for part in typing.get_args(annotation) for entry in _entries_in(part)]


def _of_kind(models: list[type[Entry]], kind: Plain) -> list[type[Entry]]:
    """Of several asset classes the one whose `kind` this is."""
    if len(models) < 2:
        return models
    return [model for model in models if kind in typing.get_args(model.model_fields["kind"].annotation)]
