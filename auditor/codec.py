"""Facts ↔ bytes: the same facts give the same bytes on every machine, and nothing unknown is read back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, cast

from auditor import canon
from auditor.errors import AuditorError
from auditor.facts.base import Facts

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from pydantic import TypeAdapter

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]


ATOMS = frozenset({str, int, bool, float, type(None)})  # most of what there is
CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
WRITTEN = re.compile(rb'\{"facts":(.*),"type":"(\w+)"\}', re.DOTALL)  # an envelope as `encode` writes it
NO_ENVELOPE = "Stored facts could not be read: they are not an envelope of type and facts."


class CodecError(AuditorError):
    """Stored bytes that are not what their type says."""


def encode(facts: Facts, *, at: datetime | None = None) -> bytes:
    """Canonical JSON: keys sorted, sets sorted, times in UTC, no white space, UTF-8.

    `at`: as if they had been observed at another instant than they say. Raises CodecError for what has no JSON.
    """
    kind: type = type(facts)
    members = canon.MEMBERS[kind] if at is None else _members_at(kind, at)
    try:
        return f'{{"facts":{members(facts)},"type":{canon.text(type_name(kind))}}}'.encode()
    except ValueError as error:
        raise _refused(error) from error


@lru_cache(maxsize=256)
def _members_at(kind: type, at: datetime) -> canon.Members:
    """With that instant in place of theirs."""
    return canon.Members(kind, {"observed_at": canon.text(at)})


def decode(data: bytes, types: Iterable[type[Facts]]) -> Facts:
    """Read back what `encode` wrote. `types`: the facts types that are installed.

    Raises CodecError for an unknown type, an unknown or missing key, a value of another type, a time without a zone,
    or a truth that the type refuses.
    """
    known = {type_name(facts_type): facts_type for facts_type in types}
    name, body = _opened(data)
    if not isinstance(name, str) or name not in known:
        raise CodecError(f"Stored facts are of the type {name!r}, which no installed probe or derivation yields.")
    return _decode_as(body, known[name])


def _opened(data: bytes) -> tuple[object, bytes]:
    """The type's name and the facts of an envelope that has these two keys and no other."""
    if written := WRITTEN.fullmatch(data):  # the facts are parsed once: whether they are JSON at all, their type says
        body, name = written.groups()
        return name.decode(), body
    try:
        match json.loads(data):
            case {"type": name, "facts": body, **more} if not more:
                return name, _dump(body)
    except (ValueError, RecursionError, CodecError) as error:
        raise CodecError(NO_ENVELOPE) from error
    raise CodecError(NO_ENVELOPE)


def digest(data: bytes) -> str:
    """SHA-256, hexadecimal: the name under which facts are kept once."""
    return hashlib.sha256(data).hexdigest()


def type_name(facts_type: type[Facts]) -> str:
    """The name that stored data carries: never a module path, so that code may move."""
    return facts_type.__name__


def plain(value: object) -> JsonValue:  # noqa: PLR0911 - one line for each kind of value
    """Plain JSON values of a facts value, a model value or a part of one. Raises CodecError for anything else."""
    if type(value) in ATOMS:
        return cast("JsonValue", value)
    if isinstance(value, Enum):
        return plain(value.value) if isinstance(value.value, (str, int)) else value.name
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, date):
        return canon.time(value)
    if isinstance(value, frozenset):
        return sorted((plain(item) for item in value), key=_dump)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        parts = {name: getattr(value, name) for name in _names(type(value))}
        return {name: part if type(part) in ATOMS else plain(part) for name, part in parts.items()}
    raise CodecError(f"A {type(value).__name__} may not be part of facts.")


@cache
def _names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def canonical(value: object) -> bytes:
    """Canonical JSON bytes of any plain or model value. Raises CodecError for what has none."""
    if isinstance(value, (dict, list)):
        return _dump(value)
    try:
        return canon.text(value).encode()
    except ValueError as error:
        raise _refused(error) from error


def canonical_as(kind: type[DataclassInstance], value: object) -> bytes:
    """Of the fields of `kind` alone, which `value` is one of. Raises CodecError for what has none."""
    try:
        return canon.MEMBERS[kind](value).encode()
    except ValueError as error:
        raise _refused(error) from error


def _dump(value: object) -> bytes:
    """Of a plain value. Raises CodecError for what has no JSON: NaN, an infinity, half of a surrogate pair."""
    try:
        return CANONICAL.encode(value).encode()
    except ValueError as error:
        raise _refused(error) from error


def _refused(error: ValueError) -> CodecError:
    return CodecError(str(error) if isinstance(error, canon.NotPlain) else f"A value cannot be kept: {error}.")


def _decode_as(body: bytes, facts_type: type[Facts]) -> Facts:
    from pydantic import ValidationError  # noqa: PLC0415 - `--help` does not pay for it

    try:
        return _adapter(facts_type).validate_json(body, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CodecError(f"Stored {type_name(facts_type)} could not be read: {where}: {first['msg']}.") from error


def _adapter(facts_type: type[Facts]) -> TypeAdapter[Facts]:
    from pydantic import TypeAdapter  # noqa: PLC0415

    if facts_type not in _ADAPTERS:
        _ADAPTERS[facts_type] = TypeAdapter(facts_type)
    return _ADAPTERS[facts_type]


_ADAPTERS: dict[type[Facts], TypeAdapter[Facts]] = {}
