"""JSON values → indented text, as the report has it. Knows no report."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from json.encoder import encode_basestring
from typing import TypeVar

from auditor.codec import JsonValue
from auditor.made import Each
from auditor.reports.harmless import UNSHOWN

T = TypeVar("T")
REST = json.JSONEncoder(ensure_ascii=False)  # truth, fractions, and what is empty
TOGETHER = 64  # parts of a list that are laid out at once
BEYOND_ASCII = re.compile(r"[^\n\x20-\x7e]")


class Rows(Each[JsonValue]):
    """A list of rows, made as they are laid out."""

    __slots__ = ()


Laid = JsonValue | Rows | Mapping[str, "Laid"]


def indented(value: Laid, depth: int) -> str:
    """A value as it stands `depth` levels below the top.

    Characters that a terminal might obey are written as escapes of JSON: the values are as they were seen.
    """
    return _shown(_laid_out(value, "\n" + " " * depth))


def in_pieces(value: Laid, depth: int) -> Iterator[str]:
    """What `indented` gives, a part at a time: what holds a system down may be as long as its list of assets."""
    return map(_shown, _in_pieces(value, "\n" + " " * depth))


def _in_pieces(value: Laid, line: str) -> Iterator[str]:
    inner = line + " "
    if type(value) is dict and value:
        for number, (name, part) in enumerate(value.items()):
            yield f"{',' if number else '{'}{inner}{encode_basestring(name)}: "
            yield from _in_pieces(part, inner)
        yield f"{line}}}"
    elif isinstance(value, (list, Rows)) and len(value) > TOGETHER:
        opening = "["
        for some in _batches(value):
            yield f"{opening}{inner}{f',{inner}'.join([_laid_out(part, inner) for part in some])}"
            opening = ","
        yield f"{line}]"
    else:
        yield _laid_out(value, line)


def _batches(values: Iterable[JsonValue]) -> Iterator[list[JsonValue]]:
    rest = iter(values)
    while some := list(islice(rest, TOGETHER)):
        yield some


def members(values: Mapping[str, JsonValue], depth: int) -> str:
    """Some members of an object that stands `depth` levels below the top, without its braces."""
    line = "\n" + " " * depth
    return _shown(f",{line} ".join(_rows(values, line + " ")))


def _shown(text: str) -> str:
    return text if text.isascii() and "\x7f" not in text else BEYOND_ASCII.sub(_escaped, text)


def _laid_out(value: Laid, line: str) -> str:
    """As `json.dumps(…, ensure_ascii=False, indent=1)`, which takes twice as long.

    `line`: the break and the indent of the line that the value begins in.
    """
    if type(value) is str:
        return encode_basestring(value)
    if value is None:
        return "null"
    if type(value) is int:
        return str(value)
    if type(value) is dict and value:
        inner = line + " "
        return f"{{{inner}{f',{inner}'.join(_rows(value, inner))}{line}}}"
    if type(value) is list and value:
        inner = line + " "
        return f"[{inner}{f',{inner}'.join([_laid_out(part, inner) for part in value])}{line}]"
    return _laid_out(list(value), line) if isinstance(value, Rows) else REST.encode(value)


def _rows(values: Mapping[str, Laid], line: str) -> list[str]:
    return [
        f"{encode_basestring(name)}: {encode_basestring(part) if type(part) is str else _laid_out(part, line)}"
        for name, part in values.items()
    ]


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    return json.dumps(character)[1:-1] if unicodedata.category(character) in UNSHOWN else character
