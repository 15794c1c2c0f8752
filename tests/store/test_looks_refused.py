"""Facts that could not be read again are refused before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from auditor.codec import CodecError, decode
from auditor.facts import Facts
from auditor.probe import Seen
from auditor.store import looks
from auditor.store.kept import Store
from tests.store.looks_rig import AT, Note, keep, note, read, rows
from tests.store.town import asset, begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf(Facts):
    boards: int
    books: frozenset[str] = frozenset()
    owner: str | None = None


NOT_READ_AGAIN: tuple[dict[str, object], ...] = (
    {"boards": "three"},
    {"boards": True},
    {"boards": None},
    {"boards": 1.5},
    {"boards": 3, "books": ("b", "a")},
    {"boards": 3, "books": ("a", "b")},
    {"boards": 3, "books": frozenset({1})},
    {"boards": 3, "owner": 7},
)


def shelf(**fields: Any) -> Seen:
    return Seen(Shelf(observed_at=AT, **{"boards": 3, **fields}), "")


@pytest.mark.parametrize("fields", NOT_READ_AGAIN, ids=str)
def test_facts_that_cannot_be_read_again_are_refused_before_anything_is_written(
    store: Store, fields: dict[str, object]
) -> None:
    """What was judged tonight could be judged by nobody else."""
    run = begun(store)
    before = rows(store)
    with pytest.raises(CodecError):
        keep(store, run, "site/a", [note("x"), shelf(**fields)])
    assert rows(store) == before


@pytest.mark.parametrize(
    "found",
    [
        {"address": 7},
        {"formerly": ["old"]},
        {"tiers": ("nightly",)},
        {"sensitivity": "public"},
        {"intended_public": "yes"},
        {"credential": b"bytes"},
    ],
    ids=str,
)
def test_so_is_a_found_asset(file_store: Store, found: dict[str, Any]) -> None:
    run = begun(file_store)
    before = rows(file_store)
    with pytest.raises(CodecError):
        keep(file_store, run, "site/a", [note("x")], [replace(asset("site/z"), **found)])
    assert rows(file_store) == before


def test_what_rests_on_nothing_known_is_refused() -> None:
    with pytest.raises(CodecError):
        looks.look_of("site/a", [Seen(note("x").facts, "", "observed")], ())  # type: ignore[arg-type]


def test_facts_that_can_be_read_again_are_kept(store: Store) -> None:
    run = begun(store)
    seen = [shelf(), Seen(shelf(books=frozenset({"b", "a"}), owner="ß").facts, "attic")]
    keep(store, run, "site/a", seen)
    assert read(store, run, (Shelf,))[0].sights == tuple(seen)


def test_known_facts_are_not_read_again(file_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """On most nights all but a few are known, and to read each of them would cost more than to keep it."""
    first, second = begun(file_store), begun(file_store, 1)
    keep(file_store, first, "site/a", [note("x"), note("y")])
    tried: list[bytes] = []

    def counted(body: bytes, types: Sequence[type[Facts]]) -> Facts:
        tried.append(body)
        return decode(body, types)

    monkeypatch.setattr(looks, "decode", counted)
    keep(file_store, second, "site/a", [note("x"), note("y")])
    keep(file_store, second, "site/b", [note("y"), note("x")])
    assert tried == []
    keep(file_store, second, "site/c", [note("x"), note("z")])
    assert len(tried) == 1


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 16, 17, 40])
def test_of_any_number_of_facts_the_new_ones_alone_are_read(
    store: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    first, second = begun(store), begun(store, 1)
    keep(store, first, "site/a", [note(f"known {n}") for n in range(0, number, 2)])
    seen = [note(f"known {n}", n) for n in range(number)]
    tried: list[bytes] = []

    def counted(body: bytes, types: Sequence[type[Facts]]) -> Facts:
        tried.append(body)
        return decode(body, types)

    monkeypatch.setattr(looks, "decode", counted)
    keep(store, second, "site/a", seen)
    assert len(tried) == number // 2
    assert rows(store)["facts"] == number
    assert read(store, second, (Note,))[0].sights == tuple(seen)


class Dawn(Facts):
    """Refuses to be without its time."""

    __slots__ = ()

    def __post_init__(self) -> None:
        if self.observed_at.year < 2000:
            raise ValueError("there was no dawn then")


def test_facts_that_refuse_to_be_without_their_time_are_refused_before_anything_is_written(store: Store) -> None:
    run = begun(store)
    before = rows(store)
    with pytest.raises(CodecError):
        keep(store, run, "site/a", [note("x"), Seen(Dawn(observed_at=AT), "")])
    assert rows(store) == before
