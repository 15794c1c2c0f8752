"""How tests of the table walk a graph, and ask a check of what it comes to."""

from __future__ import annotations

from auditor.derive import Undecided
from auditor.facts.at_rest import AtRest, DataAtRest, Resting
from auditor.facts.base import Facts
from auditor.facts.linux_server import LinuxServer
from auditor.facts.privileged_disks import MappingTable, PrivilegedDisks
from auditor.facts.server import BlockGraph
from auditor.model import Outcome
from checks.derivations.block_walk import BlockMap
from checks.derivations.data_at_rest import mounted, swapped
from tests.derivations.block_graphs import NOW, disk

ENCRYPTED, PLAIN, PARTLY, UNKNOWN = AtRest.ENCRYPTED, AtRest.PLAIN, AtRest.PARTLY_PLAIN, AtRest.UNKNOWN
PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
SDA, SDB, SDC = disk("sda"), disk("sdb"), disk("sdc")
TWO = (SDA, SDB)


def walked(one: BlockGraph, privileged: PrivilegedDisks | None = None) -> dict[str, Resting]:
    devices = BlockMap(one, privileged)
    return {row.place: row for row in (*mounted(one, devices), *swapped(one, devices))}


def verdict(check: object, derivation: object, seen: LinuxServer, *, root: bool = False) -> Outcome:
    """UNKNOWN where the derivation leaves it open."""
    try:
        arguments: tuple[Facts, ...] = (seen, seen.privileged) if root and seen.privileged else (seen,)
        facts: DataAtRest = derivation.derive(*arguments)  # type: ignore[attr-defined]
    except Undecided:
        return Outcome.UNKNOWN
    found: Outcome = check.judge(facts).outcome  # type: ignore[attr-defined]
    return found


def root_saw(*tables: MappingTable, **others: object) -> PrivilegedDisks:
    return PrivilegedDisks(observed_at=NOW, helper="", tables=tables, **{"crypttab": (), **others})  # type: ignore[arg-type]
