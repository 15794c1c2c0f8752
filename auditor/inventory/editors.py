"""The schema as JSON Schema (draft 2020-12), which editors complete and check against. Adds no rule of its own."""

from __future__ import annotations

import json
from typing import TypeAlias

from auditor.inventory.entry import Entry
from auditor.inventory.schema import Document, Part

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
NULL: dict[str, Json] = {"type": "null"}
SHAPES: dict[str, type[Entry]] = {"inventory/v1": Document, "inventory-part/v1": Part}


def json_schema(name: str) -> str:
    """The JSON Schema of the shape that a file names under `schema`: indented, ends with a line feed."""
    made: dict[str, Json] = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name}
    made |= SHAPES[name].model_json_schema(by_alias=True)
    return json.dumps(_without_null(made), indent=2, ensure_ascii=False) + "\n"


def _without_null(value: Json) -> Json:
    """A key without a value is refused when a file is read, so no editor should offer it."""
    if isinstance(value, list):
        return [_without_null(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _without_null(inner) for key, inner in value.items() if not (key == "default" and inner is None)}
    branches = kept.get("anyOf")
    if isinstance(branches, list) and NULL in branches:
        (branch,) = (item for item in branches if item != NULL)
        kept = {**(branch if isinstance(branch, dict) else {}), **{key: kept[key] for key in kept if key != "anyOf"}}
    return kept
