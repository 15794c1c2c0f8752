"""A block graph with its indexes: which device a path or a number means, and which mount holds a file. No walk."""

from __future__ import annotations

from functools import cached_property

from auditor.facts.server import BlockGraph, BlockNode, Mount
from checks.derivations.file_systems import is_under

UNNAMED_LIMIT = 32


class BlockIndex:
    """Vertices are "dev:NAME" (a kernel name) and "fs:MAJOR:MINOR" (a file system)."""

    def __init__(self, graph: BlockGraph) -> None:
        self._graph = graph
        self._nodes = {node.name: node for node in graph.nodes}
        self._by_devno = {node.devno: node.name for node in graph.nodes if node.devno}
        self._journals = tuple(node.name for node in graph.nodes if node.signature == "jbd")
        self._by_mapping = {node.dm_name: node.name for node in graph.nodes if node.dm_name}

    def node(self, name: str) -> BlockNode | None:
        return self._nodes.get(name)

    def device_at(self, path: str) -> str | None:
        """The vertex of a path below /dev; None where the path is no kernel or mapping name that was seen."""
        if path.startswith("/dev/mapper/"):
            name = self._by_mapping.get(path.removeprefix("/dev/mapper/"))
        else:
            name = path.removeprefix("/dev/").replace("/", "!") if path.startswith("/dev/") else None
        return f"dev:{name}" if name in self._nodes else None

    def device_numbered(self, devno: str) -> str | None:
        name = self._by_devno.get(devno)
        return f"dev:{name}" if name else None

    @cached_property
    def in_use(self) -> frozenset[str]:
        """Devices that something lies on: another device, a mount, a swap, a pool. Empty drives count, too."""
        graph = self._graph
        below = {slave for node in graph.nodes for slave in node.slaves or ()}
        below |= {node.partition_of for node in graph.nodes if node.partition_of}
        numbers = {mount.devno for mount in graph.mounts}
        mounted = {node.name for node in graph.nodes if node.devno in numbers}
        sources = [mount.source for mount in graph.mounts] + [swap.path for swap in graph.swaps]
        sources += [further for mount in graph.mounts for further in mount.further_devices]
        sources += [leaf for pool in graph.zpools for leaf in pool.leaves]
        sources += [node.backing_file for node in graph.nodes if node.backing_file]
        named = {vertex.removeprefix("dev:") for vertex in map(self.device_at, sources) if vertex}
        members = {device for one in graph.btrfs for device in one.devices}
        members |= {device for one in graph.bcache for device in one.devices}
        empty = {node.name for node in graph.nodes if node.sectors == 0}
        return frozenset(below | mounted | named | members | empty)

    @cached_property
    def _idle(self) -> tuple[str, ...]:
        return tuple(node.name for node in self._graph.nodes if node.name not in self.in_use)

    def unnamed_for(self, fstype: str) -> tuple[str, ...]:
        """Devices that a file system may lie on without its mount naming them: an ext4 with its journal elsewhere
        (mke2fs -J device=…), an f2fs on several disks (mkfs.f2fs -c …), whose further ones bear no sign.

        Where they are many, a name that no device has: nobody walks them all for each of a thousand mounts.
        """
        found = self._journals if fstype in ("ext3", "ext4") else self._idle if fstype == "f2fs" else ()
        return found if len(found) <= UNNAMED_LIMIT else (f"one of {len(found)} other devices",)

    def holder_of(self, path: str) -> Mount | None:
        """The mount that a file lies on. None where two file systems are mounted over each other on the way to it:
        which of the two the file was opened on cannot be told."""
        above = [mount for mount in self._graph.mounts if mount.fstype != "autofs" and is_under(path, mount.point)]
        file_systems: dict[str, set[str]] = {}
        for mount in above:
            file_systems.setdefault(mount.point, set()).add(mount.devno)
        if not above or any(len(stacked) > 1 for stacked in file_systems.values()):
            return None
        return max(above, key=lambda mount: (len(mount.point), mount.mount_id))

    def leaf(self, path: str) -> str:
        """A device, or the file system that holds a file; a path that is neither leads nowhere and stays unknown."""
        if path.startswith("/dev/"):
            return self.device_at(path) or f"dev:{path}"
        holder = self.holder_of(path) if path.startswith("/") else None
        return f"fs:{holder.devno}" if holder else f"dev:{path}"

    def recorded_partition(self, mount: Mount) -> str | None:
        """By the source's name, for a device whose number was not told (older collections)."""
        device = self.device_at(mount.source)
        return device if device and self._nodes[device.removeprefix("dev:")].devno is None else None
