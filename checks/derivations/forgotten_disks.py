"""Devices with a file system that is not mounted, and what they lie on. Pure.

udev's word for what is on a device is a hint. It is believed as far as it says that something is there: nobody passes
because of it where it was not told at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.derive import Undecided, derive
from auditor.facts.at_rest import AtRest, ForgottenAtRest, Resting
from auditor.facts.linux_server import LinuxServer
from auditor.facts.server import BlockGraph, SectionState
from auditor.model import Reason
from checks.derivations.block_walk import BlockMap
from checks.derivations.data_at_rest import REASONS, map_of, row

# Signatures that are no file system of somebody's data: parts of a greater whole, swap, locked volumes, fixed images.
NO_DATA = frozenset({
    "", "BitLocker", "DM_integrity", "DM_verity_hash", "LVM1_member", "LVM2_member", "bcache", "crypto_LUKS",
    "cramfs", "ddf_raid_member", "drbd", "erofs", "iso9660", "isw_raid_member", "linux_raid_member", "mpath_member",
    "squashfs", "swap", "swsuspend", "udf", "zfs_member",
})  # fmt: skip
ESP = ("c12a7328-f81f-11d2-ba4b-00c04fc93ec9", "0xef")  # read by firmware; holds boot loaders
FAULTS = (AtRest.PLAIN, AtRest.PARTLY_PLAIN)


@derive(reads=(LinuxServer,), yields=ForgottenAtRest)
def forgotten_at_rest(server: LinuxServer) -> ForgottenAtRest:
    """Raises Undecided where udev told nothing, or what lies below a forgotten file system was not seen."""
    graph = server.graph
    places = tuple(_forgotten(graph, map_of(server)))
    if not any(place.state in FAULTS for place in places):
        _require_hints(graph)
        open_ones = [place for place in places if not place.is_settled]
        if open_ones:
            raise Undecided(Reason.NOT_OBSERVED, f"{open_ones[0].place} ({open_ones[0].why})")
    return ForgottenAtRest(observed_at=server.observed_at, places=places)


def _require_hints(graph: BlockGraph) -> None:
    for section in ("sysblk", "mountinfo", "swaps", "lsblk"):
        state = graph.state_of(section)
        if state is not SectionState.SEEN:
            raise Undecided(REASONS[state], f"the section {section}")
    if not any(node.signature for node in graph.nodes):
        raise Undecided(Reason.NOT_OBSERVED, "lsblk knows of no file system here, not even of those that are mounted")


def _forgotten(graph: BlockGraph, devices: BlockMap) -> Iterator[Resting]:
    used = devices.in_use
    for node in graph.nodes:
        if node.name not in used and node.signature not in NO_DATA and node.part_type not in ESP:
            vertex = f"dev:{node.name}"
            chain = f"{node.signature} <- {devices.chain(vertex)}"
            yield row(f"unmounted {node.dm_name or node.name}", devices.footing(vertex), chain)


DERIVATIONS = (forgotten_at_rest,)
