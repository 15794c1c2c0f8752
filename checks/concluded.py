"""How a check speaks of what a derivation concluded. Knows no rule."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.check import failed, not_applicable, passed
from auditor.facts.storage_concluded import Concluded, Fault
from auditor.model import Evidence, Verdict

SHOWN = 5  # faults in the evidence; more would say the same


def verdict(facts: Concluded, *, good: str, bad: str, wanted: str) -> Verdict:
    """One sentence and the faults. `wanted`: what should stand there instead."""
    if facts.idle:
        return not_applicable(facts.idle)
    notes = tuple(Evidence(note.where, note.seen, "to be known") for note in facts.notes[:SHOWN])
    if facts.faults:
        return failed(bad, *rows(facts.faults, wanted), *notes)
    return passed(good, *notes)


def rows(faults: Iterable[Fault], wanted: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(fault.where, fault.seen, wanted) for fault in tuple(faults)[:SHOWN])
