"""Devices with a file system that is not mounted, and what they lie on. Pure.

udev's word for what is on a device is a hint. It is believed as far as it says that something is there: nobody passes
because of it where it was not told at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.derive import Undecided, derive
from auditor.facts.at_rest import AtRest, ForgottenAtRest, Resting
from auditor.facts.linux_server import LinuxServer
from auditor.facts.server import BlockGraph, BlockNode, SectionState
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
    used = _used(graph, devices)
    for node in graph.nodes:
        if node.name not in used and node.signature not in NO_DATA and node.part_type not in ESP:
            vertex = f"dev:{node.name}"
            chain = f"{node.signature} <- {devices.chain(vertex)}"
            yield row(f"unmounted {node.dm_name or node.name}", devices.footing(vertex), chain)


def _used(graph: BlockGraph, devices: BlockMap) -> frozenset[str]:
    """Devices that something lies on: another device, a mount, a swap, a pool."""
    below = {slave for node in graph.nodes for slave in node.slaves or ()}
    below |= {node.partition_of for node in graph.nodes if node.partition_of}
    numbers = {mount.devno for mount in graph.mounts}
    mounted = {node.name for node in graph.nodes if node.devno in numbers}
    sources = [mount.source for mount in graph.mounts] + [swap.path for swap in graph.swaps]
    sources += [further for mount in graph.mounts for further in mount.further_devices]
    sources += [leaf for pool in graph.zpools for leaf in pool.leaves]
    sources += [node.backing_file for node in graph.nodes if node.backing_file]
    named = {vertex.removeprefix("dev:") for vertex in map(devices.device_at, sources) if vertex}
    members = {device for one in graph.btrfs for device in one.devices}
    members |= {device for one in graph.bcache for device in one.devices}
    return frozenset(below | mounted | named | members | _empty(graph.nodes))


def _empty(nodes: tuple[BlockNode, ...]) -> set[str]:
    """Drives without a disk in them, and loop devices without a file."""
    return {node.name for node in nodes if node.sectors == 0}


DERIVATIONS = (forgotten_at_rest,)
