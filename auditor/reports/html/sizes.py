"""How much a page shows, so that a phone on a slow line can open it whatever was found. What is left out is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from auditor.records import dataclass

T = TypeVar("T")
S = TypeVar("S")
LARGEST = 150_000  # bytes of a page


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """The first of a long list, and how many more there are."""

    items: tuple[T, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What a page shows at most."""

    rows: int  # of a table
    checks: int  # with their Why and Fix
    places: int  # of one check, or links behind one line
    evidence: int  # rows of one place
    text: int  # characters of one value


# The first is what a city of any usual size gets. The last keeps a page below `LARGEST` whatever the values are.
LEVELS = (
    Level(rows=200, checks=60, places=30, evidence=5, text=600),
    Level(rows=100, checks=60, places=12, evidence=3, text=400),
    Level(rows=50, checks=60, places=5, evidence=2, text=300),
    Level(rows=25, checks=40, places=2, evidence=1, text=200),
    Level(rows=8, checks=8, places=1, evidence=1, text=80),
)


def fitted(render: Callable[[Level], str]) -> str:
    """The page with as much on it as fits."""
    page = ""
    for level in LEVELS:
        page = render(level)
        if len(page.encode()) <= LARGEST:
            break
    return page


def first(items: Sequence[S], most: int, view: Callable[[S], T]) -> Shown[T]:
    """The first `most` of them as `view` shows them; the others are only counted."""
    return Shown(tuple(map(view, items[:most])), max(0, len(items) - most))


def distinct(items: Iterable[S]) -> list[S]:
    """Each once, in the order of its first time."""
    return list(dict.fromkeys(items))
