"""A lock, a key, and what is seen of them: the facts that tests of judging judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from auditor.facts import Facts
from auditor.model import Basis, Reason
from auditor.probe import Seen, Unseen

AT = datetime(2026, 6, 15, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock(Facts):
    bolts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(Facts):
    copies: int


def lock(bolts: int, locus: str = "", basis: Basis = Basis.OBSERVED) -> Seen:
    return Seen(Lock(observed_at=AT, bolts=bolts), locus, basis)


def key(copies: int, locus: str = "") -> Seen:
    return Seen(Key(observed_at=AT, copies=copies), locus)


def blind(facts_type: type[Facts] = Lock, locus: str = "", reason: Reason = Reason.TIMEOUT) -> Unseen:
    return Unseen(facts_type, locus, reason, "door:1")


HALF = "half a letter: \ud800"
