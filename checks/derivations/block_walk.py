"""From a device or file system down to all leaves of a block graph. Knows no mount rule and no verdict.

One walk follows every device below another (osquery follows the first only: a volume group over one encrypted and one
plain disk then comes out by directory order). It ends at an encrypting layer, at hardware, in memory, or where
something was not seen; a cycle or more than 32 layers count as not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter

from auditor.facts.server import BlockGraph, BlockNode, Mount
from checks.derivations.file_systems import MEMORY, NETWORK, is_under, serves_a_device

DEPTH_LIMIT = 32
CHAIN_LIMIT = 24  # devices named in a chain's text
# The second word of the dm UUID that cryptsetup gives: these encrypt (libcryptsetup.h, device types).
ENCRYPTING = frozenset({"LUKS1", "LUKS2", "PLAIN", "TCRYPT", "BITLK", "FVAULT2", "LOOPAES"})
SEE_THROUGH_CRYPT = frozenset({"VERITY", "INTEGRITY", "SUBDEV"})  # named CRYPT- too, and encrypt nothing
SEE_THROUGH = re.compile(r"LVM-|mpath-|part\d+-mpath-|DMRAID-")
DISK_NAME = re.compile(r"(sd|hd|vd|xvd)[a-z]+\d*|nvme\d+n\d+|mmcblk\d+")  # where "has a driver's device" was not told


class Ground(StrEnum):
    """What a walk ends on."""

    ENCRYPTED = "encrypted"
    PLAIN = "plain"
    MEMORY = "memory"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """One vertex of the walk: a name for people, what is directly below, and the ground if the walk ends here."""

    label: str
    below: tuple[str, ...] = ()
    ground: Ground | None = None
    why: str = ""
    is_opaque: bool = False  # a mapping of unknown kind: plain storage below it proves nothing


@dataclass(frozen=True, slots=True)
class Footing:
    """Everything that a walk ended on, and why the first unknown of it is unknown."""

    grounds: frozenset[Ground]
    why: str = ""


class BlockMap:
    """A graph with its indexes. Vertices are "dev:NAME" (a kernel name) and "fs:MAJOR:MINOR" (a file system)."""

    def __init__(self, graph: BlockGraph) -> None:
        self._graph = graph
        self._nodes = {node.name: node for node in graph.nodes}
        self._by_devno = {node.devno: node.name for node in graph.nodes if node.devno}
        self._by_mapping = {node.dm_name: node.name for node in graph.nodes if node.dm_name}
        self._file_systems = {mount.devno: mount for mount in graph.mounts}

    def footing(self, start: str) -> Footing:
        """The union over all leaves below a vertex."""
        grounds: set[Ground] = set()
        whys: list[str] = []
        edges: dict[str, tuple[str, ...]] = {}
        seen = {(start, False)}
        level = [(start, False)]
        for _ in range(DEPTH_LIMIT):
            following: list[tuple[str, bool]] = []
            for vertex, is_veiled in sorted(level):
                step = self.step(vertex)
                veiled = is_veiled or step.is_opaque
                if step.ground is None:
                    edges[vertex] = step.below
                    following += [(below, veiled) for below in step.below]
                elif step.ground is Ground.PLAIN and veiled:
                    grounds.add(Ground.UNKNOWN)
                    whys.append("a mapping of unknown kind lies above it")
                else:
                    grounds.add(step.ground)
                    whys += [step.why] if step.ground is Ground.UNKNOWN else []
            level = [state for state in dict.fromkeys(following) if state not in seen]
            seen.update(level)
        if level or _has_cycle(edges):
            grounds.add(Ground.UNKNOWN)
            whys.append("the devices lie in a circle" if not level else f"more than {DEPTH_LIMIT} layers")
        return Footing(frozenset(grounds), min(whys, default=""))

    def chain(self, start: str) -> str:
        """ "dm-1 (LVM root) on dm-0 (LUKS2 cryptroot) on vda3 on vda", down to the hardware, cut when it grows long."""
        budget = [CHAIN_LIMIT]

        def text(vertex: str, above: frozenset[str]) -> str:
            step = self.step(vertex)
            budget[0] -= 1
            if not step.below or vertex in above or budget[0] <= 0:
                return step.label
            below = [text(one, above | {vertex}) for one in step.below if budget[0] > 0]
            more = f" + {len(step.below) - len(below)} more" if len(below) < len(step.below) else ""
            joined = below[0] if len(step.below) == 1 and below else f"[{' + '.join(below)}{more}]"
            return f"{step.label} on {joined}"

        return text(start, frozenset())

    def step(self, vertex: str) -> Step:
        kind, _, name = vertex.partition(":")
        if kind == "fs":
            mount = self._file_systems.get(name)
            return self._file_system(mount) if mount else Step(name, (), Ground.UNKNOWN, "it is not mounted")
        node = self._nodes.get(name)
        return self._device(node) if node else Step(name, (), Ground.UNKNOWN, f"{name} was not seen among the devices")

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

    def is_signed(self, start: str) -> bool:
        """Does a file system lie directly on a dm-verity mapping, which cannot be written to?"""
        names = [vertex.removeprefix("dev:") for vertex in self.step(start).below]
        return bool(names) and all(
            name in self._nodes and self._nodes[name].dm_uuid.startswith("CRYPT-VERITY-") for name in names
        )

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

    def _file_system(self, mount: Mount) -> Step:
        if mount.fstype in MEMORY:
            return Step(mount.fstype, (), Ground.MEMORY)
        if mount.fstype == "btrfs":
            return self._btrfs(mount)
        if mount.fstype == "zfs":
            return self._zfs(mount)
        if serves_a_device(mount.fstype, mount.source):
            return Step(mount.fstype, (self._leaf(mount.source),))
        device = self.device_numbered(mount.devno) or self._recorded_partition(mount)
        if device is None:
            elsewhere = mount.fstype in NETWORK
            why = "it lies on the network" if elsewhere else f"device {mount.devno} of {mount.fstype} was not seen"
            return Step(mount.fstype, (), Ground.UNKNOWN, why)
        return Step(mount.fstype, (device, *map(self._leaf, mount.further_devices)))

    def _recorded_partition(self, mount: Mount) -> str | None:
        """By the source's name, for a device whose number was not told (older collections)."""
        device = self.device_at(mount.source)
        return device if device and self._nodes[device.removeprefix("dev:")].devno is None else None

    def _btrfs(self, mount: Mount) -> Step:
        """Every member: mountinfo names only one of them."""
        source = (self.device_at(mount.source) or "").removeprefix("dev:")
        for members in self._graph.btrfs:
            if source and source in members.devices:
                return Step("btrfs", tuple(f"dev:{device}" for device in members.devices))
        return Step("btrfs", (), Ground.UNKNOWN, "the members of this btrfs were not seen")

    def _zfs(self, mount: Mount) -> Step:
        """An encrypting data set, else every leaf of its pool (so that ZFS on LUKS counts)."""
        name = mount.source.partition("@")[0]
        encryption = next((one.encryption for one in self._graph.zfs if one.name == name), None)
        if encryption is None:
            return Step("zfs", (), Ground.UNKNOWN, f"the properties of data set {name} were not seen")
        if encryption.startswith("aes-"):
            return Step(f"zfs {name} ({encryption})", (), Ground.ENCRYPTED)
        leaves = next((pool.leaves for pool in self._graph.zpools if pool.name == name.partition("/")[0]), ())
        if encryption not in ("off", "-") or not leaves:
            return Step("zfs", (), Ground.UNKNOWN, f"the devices of the pool of {name} were not seen")
        return Step("zfs", tuple(self._leaf(path) for path in leaves))

    def _leaf(self, path: str) -> str:
        """A device, or the file system that holds a file; a path that is neither leads nowhere and stays unknown."""
        if path.startswith("/dev/"):
            return self.device_at(path) or f"dev:{path}"
        holder = self.holder_of(path) if path.startswith("/") else None
        return f"fs:{holder.devno}" if holder else f"dev:{path}"

    def _device(self, node: BlockNode) -> Step:
        if node.name.startswith("dm-"):
            return self._mapping(node)
        if node.partition_of:
            return Step(node.name, (f"dev:{node.partition_of}",))
        if node.name.startswith("loop"):
            return self._loop(node)
        if node.name.startswith("zram"):
            return self._zram(node)
        label = f"{node.name} ({node.md_level})" if node.md_level else node.name
        return _through(node, label) or _hardware(node)

    def _mapping(self, node: BlockNode) -> Step:
        words = node.dm_uuid.split("-")
        crypt = words[1] if words[0] == "CRYPT" and len(words) > 1 else ""
        kind = f"{crypt}{'-OPAL' if words[2:3] == ['OPAL'] else ''}" or words[0] or "a mapping"
        label = f"{node.name} ({f'{kind} {node.dm_name}'.strip()})"
        through = _through(node, label)
        if crypt in ENCRYPTING:
            return self._encrypting(label, through.below if through else ())
        if through is None:
            return Step(label, (), Ground.UNKNOWN, f"no device was seen below {node.name}")
        if through.ground is None and not (crypt in SEE_THROUGH_CRYPT or SEE_THROUGH.match(node.dm_uuid)):
            return Step(label, through.below, is_opaque=True)
        return through

    def _encrypting(self, label: str, below: tuple[str, ...]) -> Step:
        """A null cipher looks the same from here. The kernel's count tells a plain user whether anybody uses one."""
        users = self._graph.null_cipher_users
        if users is None:
            return Step(label, below, Ground.UNKNOWN, "/proc/crypto was not seen, so a null cipher is not ruled out")
        if users:
            return Step(label, below, Ground.UNKNOWN, "a null cipher is in use, and only root sees by which mapping")
        return Step(label, below, Ground.ENCRYPTED)

    def _loop(self, node: BlockNode) -> Step:
        path = node.backing_file
        if not path or path.endswith(" (deleted)"):
            return Step(node.name, (), Ground.UNKNOWN, f"the file behind {node.name} was not seen")
        return Step(f"{node.name} ({path})", (self._leaf(path),))

    def _zram(self, node: BlockNode) -> Step:
        """Compressed memory; with a backing device it writes idle pages there."""
        if node.zram_backing is None:
            return Step(node.name, (), Ground.UNKNOWN, f"it was not told whether {node.name} writes to a device")
        if node.zram_backing == "none":
            return Step(f"{node.name} (memory)", (), Ground.MEMORY)
        return Step(node.name, (self._leaf(node.zram_backing),))


def _through(node: BlockNode, label: str) -> Step | None:
    """All devices directly below. None where there are none."""
    if node.slaves is None:
        return Step(label, (), Ground.UNKNOWN, f"the devices below {node.name} may not be listed")
    return Step(label, tuple(f"dev:{slave}" for slave in node.slaves)) if node.slaves else None


def _hardware(node: BlockNode) -> Step:
    """Nothing below: a disk of its own, unless it is a virtual device that does not say where its data goes."""
    if node.is_hardware or (node.is_hardware is None and DISK_NAME.fullmatch(node.name)):
        return Step(node.name, (), Ground.PLAIN)
    return Step(node.name, (), Ground.UNKNOWN, f"{node.name} is a virtual device, and what lies below was not seen")


def _has_cycle(edges: dict[str, tuple[str, ...]]) -> bool:
    sorter: TopologicalSorter[str] = TopologicalSorter({vertex: _unique(below) for vertex, below in edges.items()})
    try:
        sorter.prepare()
    except CycleError:
        return True
    return False


def _unique(below: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(below))
