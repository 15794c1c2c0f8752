"""The words in which a JSON Schema is written: each gives one described part. Knows no report."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.codec import JsonValue

Schema = dict[str, JsonValue]


def an_object(description: str, properties: Schema) -> Schema:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def a_list(items: Schema, description: str) -> Schema:
    return {"description": description, "type": "array", "items": items}


def or_null(inner: Schema, description: str) -> Schema:
    return {"description": description, "anyOf": [inner, {"type": "null"}]}


def ref(name: str, description: str = "") -> Schema:
    link: Schema = {"$ref": f"#/$defs/{name}"}
    return {"description": description, **link} if description else link


def text(description: str) -> Schema:
    return {"description": description, "type": "string"}


def name(description: str) -> Schema:
    return {"description": description, "type": "string", "minLength": 1}


def count(description: str) -> Schema:
    return {"description": description, "type": "integer", "minimum": 0}


def boolean(description: str) -> Schema:
    return {"description": description, "type": "boolean"}


def fixed(value: str, description: str) -> Schema:
    return {"description": description, "const": value}


def one_of(words: Iterable[str], description: str) -> Schema:
    return {"description": description, "type": "string", "enum": [str(word) for word in words]}
