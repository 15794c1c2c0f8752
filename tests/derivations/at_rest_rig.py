"""How tests ask what a graph of devices comes to: mounts, swap, and what they are compared with."""

from __future__ import annotations

import pytest

from auditor.derive import LocusDerivation, Undecided
from auditor.facts.at_rest import AtRest, Resting
from auditor.facts.server import BlockGraph
from checks.derivations import data_at_rest
from checks.derivations.block_walk import BlockMap
from tests.derivations.block_graphs import disk, server

ENCRYPTED, PLAIN, PARTLY = AtRest.ENCRYPTED, AtRest.PLAIN, AtRest.PARTLY_PLAIN
UNKNOWN, MEMORY, EXEMPT = AtRest.UNKNOWN, AtRest.MEMORY, AtRest.EXEMPT


def mounted(one: BlockGraph) -> tuple[Resting, ...]:
    return data_at_rest.mounted(one, BlockMap(one))


def swapped(one: BlockGraph) -> tuple[Resting, ...]:
    return data_at_rest.swapped(one, BlockMap(one))


def row(one: BlockGraph, place: str) -> Resting:
    return next(row for row in (*mounted(one), *swapped(one)) if row.place == place)


def state(one: BlockGraph, place: str = "mount /") -> AtRest:
    return row(one, place).state


def undecided(derivation: LocusDerivation, one: BlockGraph) -> Undecided:
    with pytest.raises(Undecided) as caught:
        derivation.derive(server(one))
    return caught.value


SDA, SDB = disk("sda"), disk("sdb")
TWO = (SDA, SDB)
