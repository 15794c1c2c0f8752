"""How a derivation weighs what was seen and what was not: a proven fault stands, health needs everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from auditor.derive import Rows, Undecided
from auditor.facts import Facts
from auditor.facts.storage import ServerKind
from auditor.facts.storage_account import BucketOwner
from auditor.facts.storage_concluded import Concluded, Fault
from auditor.model import Reason
from auditor.probe import Seen, Unseen

LACKING = "the server does not have this function"
F = TypeVar("F", bound=Facts)
C = TypeVar("C", bound=Concluded)
REASONS = {reason.word: reason for reason in Reason}


def told(rows: Rows, kind: type[F]) -> F | Unseen:
    """What was seen of the asset as a whole, or why it was not."""
    sight = rows.get(kind, {}).get("")
    if isinstance(sight, Seen) and isinstance(sight.facts, kind):
        return sight.facts
    return sight if isinstance(sight, Unseen) else Unseen(kind, "", Reason.NOT_OBSERVED, kind.__name__)


def needed(rows: Rows, kind: type[F]) -> F:
    """What was seen. Raises Undecided with the reason where it was not."""
    facts = told(rows, kind)
    if isinstance(facts, Unseen):
        raise Undecided(facts.reason, facts.detail)
    return facts


def is_compatible(rows: Rows) -> bool:
    """Does a server answer that only speaks as AWS does? It has no accounts, and no key service of its own."""
    owner = told(rows, BucketOwner)
    return not isinstance(owner, Unseen) and owner.server is not ServerKind.AWS


def is_lacking(rows: Rows, kind: type[Facts]) -> bool:
    """Does a compatible server say that it does not have this function at all?"""
    look = told(rows, kind)
    return isinstance(look, Unseen) and look.reason is Reason.NOT_IMPLEMENTED and is_compatible(rows)


def reason_of(word: str) -> Reason:
    """The reason that a part of some facts names."""
    return REASONS.get(word, Reason.NOT_OBSERVED)


@dataclass(slots=True)
class Scales:
    """Faults that were proven, and doubts: what would have to be seen before it may be called healthy."""

    faults: list[Fault] = field(default_factory=list)
    doubts: list[tuple[Reason, str]] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    def fault(self, where: str, seen: str) -> None:
        self.faults.append(Fault(where=where, seen=seen))

    def doubt(self, reason: Reason, detail: str) -> None:
        self.doubts.append((reason, detail))

    def blind(self, facts: Unseen) -> None:
        self.doubt(facts.reason, facts.detail)

    def note(self, where: str, seen: str) -> None:
        self.notes.append(Fault(where=where, seen=seen))

    def settled(self, kind: type[C], observed_at: datetime) -> C:
        """The conclusion. Raises Undecided where nothing is proven and something is in doubt."""
        if self.doubts and not self.faults:
            reason, detail = self.doubts[0]
            raise Undecided(reason, detail)
        return kind(observed_at=observed_at, faults=tuple(self.faults), notes=tuple(self.notes))
