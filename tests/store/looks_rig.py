"""Looks that are kept and read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from auditor.facts import Facts
from auditor.model import Asset, Basis
from auditor.probe import Seen, Unseen
from auditor.store import looks, tables
from auditor.store.kept import Store
from auditor.store.runs import Run
from tests.store.town import PARTS, START

TYPES = PARTS.facts_types
AT = START + timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Facts):
    text: str


def keep(store: Store, run: Run, name: str, seen: Sequence[Seen | Unseen], found: Sequence[Asset] = ()) -> str:
    """Keep one look: its digest."""
    kept = looks.look_of(name, seen, found)
    with store.writing() as connection:
        looks.keep_look(connection, run.no, run.opening.started, 1, kept)
    return kept.digest


def read(store: Store, run: Run, types: Sequence[type[Facts]] = TYPES, turn: int = 1) -> list[looks.KeptLook]:
    with store.reading() as connection:
        return list(looks.read_looks(connection, run.no, run.opening.started, turn, types))


def rows(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.metadata.tables.items()
        }


def note(text: str, seconds: int = 0) -> Seen:
    return Seen(Note(observed_at=AT + timedelta(seconds=seconds), text=text), "", Basis.OBSERVED)
