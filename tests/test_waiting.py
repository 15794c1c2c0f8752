"""What waits for all assets is read as the table that was put, whatever it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from auditor.deriving import Row
from auditor.facts import Facts
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.waiting import Waiting
from tests.laws.cities import LAW

AT = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(Facts):
    bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock(Facts):
    """Another type of facts."""


KINDS: tuple[type[Facts], ...] = (Key, Lock)
LOCI = st.sampled_from(("", "a", "b"))


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """A row of a type may hold facts of another one: a derivation may give what comes of the type that it names."""
    found: dict[str, Seen | Unseen] = {}
    for locus in draw(st.lists(LOCI, unique=True)):
        bits = draw(st.none() | st.integers(0, 3))
        dark = Unseen(Key, locus, Reason.TIMEOUT, "")
        found[locus] = dark if bits is None else Seen(Key(observed_at=AT, bits=bits), locus)
    return found


TABLES = st.dictionaries(st.sampled_from(KINDS), rows())


@LAW
@given(st.dictionaries(st.sampled_from("xyz"), TABLES), st.sampled_from(KINDS), rows())
def test_what_was_put_is_read(tables: dict[str, dict[type[Facts], Row]], kind: type[Facts], row: Row) -> None:
    waiting = Waiting()
    for asset, table in tables.items():
        waiting.put(asset, table)
    assert list(waiting) == list(tables)
    assert len(waiting) == len(tables)
    for asset, table in tables.items():
        assert all(waiting[asset].get(one) == table.get(one, {}) for one in KINDS)
        waiting.add(asset, kind, tuple(row.values()))
        added = {**table, kind: row}
        assert all(waiting[asset].get(one) == added.get(one, {}) for one in KINDS)
        known = waiting.pop(asset)
        assert all(known.get(one) == added.get(one, {}) for one in KINDS)
    assert not waiting
