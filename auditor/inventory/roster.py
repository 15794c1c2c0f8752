"""Who stands where: the systems and assets of a document that may still be wrong, with their paths."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from auditor.inventory.tree import Plain, Trail
from auditor.inventory.whole import Whole


def kinds(whole: Whole) -> dict[str, Plain]:
    """The kind of every asset, by its id as findings call it."""
    return {
        f"{system}/{name}": row.get("kind")
        for _, system, row in whole.assets
        if system and (name := text_of(row, "id"))
    }


def listed(whole: Whole) -> Iterator[tuple[str, Trail]]:
    """Ids of all systems and assets, as findings call them, each with the path of that id."""
    for path, row in whole.entries("systems"):
        if name := text_of(row, "id"):
            yield name, (*path, "id")
    for path, system, row in whole.assets:
        if system and (name := text_of(row, "id")):
            yield f"{system}/{name}", (*path, "id")


def retired(whole: Whole) -> Iterator[tuple[str, Trail, dict[str, Plain]]]:
    """Ids of the systems and assets that are gone on purpose, each with the path of that id and the entry."""
    return (found for found in _retired(whole) if not is_check(found[2]))


def retired_checks(whole: Whole) -> Iterator[tuple[str, Trail, dict[str, Plain]]]:
    """The same of checks, whose ids are names of their own."""
    return (found for found in _retired(whole) if is_check(found[2]))


def is_check(row: dict[str, Plain]) -> bool:
    """Is it an entry of `retired` that speaks of a check?"""
    return row.get("kind") == "check"


def _retired(whole: Whole) -> Iterator[tuple[str, Trail, dict[str, Plain]]]:
    for path, row in whole.entries("retired"):
        if name := text_of(row, "id"):
            yield name, (*path, "id"), row


def text_of(row: dict[str, Plain], key: str) -> str | None:
    value = row.get(key)
    return value if isinstance(value, str) else None


def day_of(row: dict[str, Plain], key: str) -> date | None:
    """None where there is none that can be read."""
    text = text_of(row, key)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
