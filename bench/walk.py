"""How long the walk takes from every mount of a large server down to all its disks."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from auditor.facts.server import NODE_LIMIT, BlockGraph, BlockNode, Mount, Section, SectionState
from bench.figures import Figure, at_most, show
from checks.derivations.block_walk import BlockMap
from checks.derivations.data_at_rest import mounted

GOAL_MS = 50
ROUNDS = 25
LAYERS = 4  # of each mount: logical volume, LUKS, partition, disk


def figures() -> Iterator[Figure]:
    many, one = stacks(NODE_LIMIT // LAYERS), wide(NODE_LIMIT)
    yield at_most(f"walk: {NODE_LIMIT} devices below {len(many.mounts)} mounts", fastest_ms(many), GOAL_MS, " ms", 1)
    yield at_most(f"walk: {NODE_LIMIT} devices below one mount", fastest_ms(one), GOAL_MS, " ms", 1)


def fastest_ms(graph: BlockGraph) -> float:
    """CPU time, the fastest of some rounds: what else the machine does is not the walk's.

    Raises RuntimeError for a wrong one.
    """
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        rows = mounted(graph, BlockMap(graph))
        taken.append((time.process_time() - started) * 1000)
        if not all(row.is_settled for row in rows):
            raise RuntimeError("a mount was not settled")
    return min(taken)


def stacks(count: int) -> BlockGraph:
    """As many mounts, each on a logical volume on LUKS on a partition of a disk of its own."""
    nodes: list[BlockNode] = []
    for n in range(count):
        nodes += [
            BlockNode(name=f"sd{n}", devno=f"8:{n}", is_hardware=True),
            BlockNode(name=f"sd{n}p1", devno=f"9:{n}", partition_of=f"sd{n}"),
            BlockNode(
                name=f"dm-{n}", devno=f"10:{n}", slaves=(f"sd{n}p1",), dm_uuid=f"CRYPT-LUKS2-{n}", dm_name=f"c{n}"
            ),
            BlockNode(name=f"dm-{n}0v", devno=f"11:{n}", slaves=(f"dm-{n}",), dm_uuid="LVM-x", dm_name=f"v{n}"),
        ]
    return _graph(nodes, [_mount(n, f"11:{n}", f"/srv/{n}" if n else "/") for n in range(count)])


def wide(count: int) -> BlockGraph:
    """One logical volume over all other devices."""
    disks = [BlockNode(name=f"sd{n}", devno=f"8:{n}", is_hardware=True) for n in range(count - 1)]
    volume = BlockNode(
        name="dm-0", devno="11:0", slaves=tuple(disk.name for disk in disks), dm_uuid="LVM-x", dm_name="v"
    )
    return _graph([*disks, volume], [_mount(0, "11:0", "/")])


def _mount(number: int, devno: str, point: str) -> Mount:
    return Mount(
        mount_id=number,
        parent_id=0,
        devno=devno,
        root="/",
        point=point,
        fstype="ext4",
        source="/dev/x",
        is_read_only_here=False,
        is_read_only=False,
    )


def _graph(nodes: list[BlockNode], mounts: list[Mount]) -> BlockGraph:
    seen = ("btrfs", "crypto", "mountinfo", "resume", "swaps", "sysblk", "uname")
    return BlockGraph(
        observed_at=datetime(2026, 11, 21, tzinfo=UTC),
        kernel="Linux",
        sections=tuple(Section(name=name, state=SectionState.SEEN) for name in seen),
        nodes=tuple(nodes),
        mounts=tuple(mounts),
        swaps=(),
        null_cipher_users=0,
    )


if __name__ == "__main__":
    sys.exit(show(figures()))
