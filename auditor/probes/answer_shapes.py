"""The shapes that raw answers of storage services must have: mappings, lists, texts, numbers. Pure.

Raw answers are nested mappings, lists and scalars whose content a server chose. Every function raises ValueError for a
value of another shape, and a missing element is an error here, never a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from auditor.facts.base import target_text

LIST_LIMIT = 1_000  # grants, rules or tags; AWS allows 100, 1,000 and 50
COUNT_LIMIT = 2**31  # what a provider's counts fit into


def mapping(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} is missing")  # noqa: TRY004 - one error for every misshapen answer
    return value


def part(value: Mapping[str, object], name: str) -> Mapping[str, object]:
    """An element that may be missing: {} then."""
    inner = value.get(name)
    return {} if inner is None else mapping(inner, name)


def rows(value: object, what: str) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or len(value) > LIST_LIMIT:
        raise ValueError(f"{what} are missing or too many")
    return [mapping(row, what) for row in value]


def texts(value: object, what: str) -> tuple[str, ...]:
    """A list of short texts, in order."""
    if not isinstance(value, list) or len(value) > LIST_LIMIT:
        raise ValueError(f"{what} are missing or too many")
    return tuple(sorted(short(word, what) for word in value))


def text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what} is missing")  # noqa: TRY004 - one error for every misshapen answer
    return value


def short(value: object, what: str) -> str:
    return target_text(text(value, what))


def short_or_empty(value: object, what: str) -> str:
    """A text that may be missing: "" then."""
    return "" if value is None else short(value, what)


def name_of(value: object, what: str) -> str:
    """A name that somebody will look up again, as ARNs are: not empty, and never cut in silence."""
    said = text(value, what)
    if not said or len(said) > 2_048:
        raise ValueError(f"{what} is empty or too long")
    return target_text(said, 2_048)


def flag(flags: Mapping[str, object], name: str) -> bool:
    value = flags.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is missing")  # noqa: TRY004 - one error for every misshapen answer
    return value


def is_on(value: object, what: str) -> bool:
    """A word that is "Enabled" or "Disabled"."""
    word = text(value, what)
    if word not in ("Enabled", "Disabled"):
        raise ValueError(f"{what} is neither Enabled nor Disabled")
    return word == "Enabled"


def count(value: object, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < COUNT_LIMIT:
        raise ValueError(f"{what} is no count")
    return value


def count_or_none(value: object, what: str) -> int | None:
    return None if value is None else count(value, what)


def time(value: object, what: str) -> datetime:
    """An aware time, as UTC."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"{what} is no time")
    return value.astimezone(UTC)
