"""From a device or file system down to all leaves of a block graph. Knows no mount rule and no verdict.

One walk follows every device below another (osquery follows the first only: a volume group over one encrypted and one
plain disk then comes out by directory order). It ends at an encrypting layer, at hardware, in memory, or where
something was not seen; a cycle or more than 32 layers count as not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from auditor.facts.privileged_disks import PrivilegedDisks
from auditor.facts.server import BlockGraph, BlockNode, Mount, SectionState
from checks.derivations.block_index import BlockIndex
from checks.derivations.block_steps import Ground, Mappings, Step, through
from checks.derivations.file_systems import MEMORY, NETWORK, serves_a_device

DEPTH_LIMIT = 32
CHAIN_LIMIT = 24  # devices named in a chain's text
VOLUME_SERIAL = re.compile(r"vol-?([0-9a-f]{8,17})")  # EC2 User Guide, "Identify block devices": NVMe serial numbers
DISK_NAME = re.compile(r"(sd|hd|vd|xvd)[a-z]+\d*|nvme\d+n\d+|mmcblk\d+")  # where "has a driver's device" was not told


class Footing(NamedTuple):
    """Everything that a walk ended on, and why the first unknown of it is unknown.

    `layers`: the mappings that encrypt, or look so; `plain`: the devices that it reached without any. By kernel name.
    """

    grounds: frozenset[Ground]
    why: str = ""
    is_verified: bool = False  # the cipher of every encrypting layer was read
    layers: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    on_volumes: bool = False  # all of `plain` are volumes of the cloud whose guest this is


class BlockMap(BlockIndex):
    """A graph that can be walked, with what root's helper told of its mappings."""

    def __init__(self, graph: BlockGraph, privileged: PrivilegedDisks | None = None) -> None:
        super().__init__(graph)
        self._mappings = Mappings(graph, privileged)
        self._steps: dict[str, Step] = {}
        self._file_systems = {mount.devno: mount for mount in graph.mounts}
        self._btrfs = {device: one for one in graph.btrfs for device in one.devices}
        drives = privileged.drives if privileged else ()
        self._locking = {one.device for one in drives if one.is_enabled and one.encrypts is not False}
        self._bcache = {one.name: one.devices for one in graph.bcache}

    def footing(self, start: str) -> Footing:
        """The union over all leaves below a vertex."""
        grounds: set[Ground] = set()
        whys: list[str] = []
        layers: list[str] = []
        is_verified = is_tree = True
        plain: list[str] = []
        edges: dict[str, tuple[str, ...]] = {}
        seen = {(start, "")}
        level = [(start, "")]
        for _ in range(DEPTH_LIMIT):
            following: list[tuple[str, str]] = []
            for vertex, above in level:
                step = self.step(vertex)
                veil = above or step.veil
                if step.ground is None:
                    edges[vertex] = step.below
                    following += [(below, veil) for below in step.below]
                elif step.ground is Ground.PLAIN and veil:
                    grounds.add(Ground.UNKNOWN)
                    whys.append(veil)
                else:
                    grounds.add(step.ground)
                    whys += [step.why] if step.ground is Ground.UNKNOWN else []
                    plain += [vertex.removeprefix("dev:")] if step.ground is Ground.PLAIN else []
                    layers += [vertex.removeprefix("dev:")] if step.is_layer else []
                    is_verified &= step.is_verified or step.ground is not Ground.ENCRYPTED
            level = [state for state in dict.fromkeys(following) if state not in seen]
            is_tree &= len(level) == len(following)
            seen.update(level)
            if not level:
                break
        if level or (not is_tree and _has_cycle(edges)):
            grounds.add(Ground.UNKNOWN)
            whys.append("the devices lie in a circle" if not level else f"more than {DEPTH_LIMIT} layers")
        return Footing(
            frozenset(grounds),
            min(whys, default=""),
            is_verified=is_verified,
            layers=tuple(sorted(set(layers))),
            plain=tuple(sorted(set(plain))),
            on_volumes=bool(plain) and all(self.volume_of(name) for name in plain),
        )

    def volume_of(self, name: str) -> str:
        """The id of the cloud's volume that a disk is, by its serial number; "" where it is none."""
        node = self._nodes.get(name)
        found = VOLUME_SERIAL.fullmatch(node.serial) if node and self._graph.instance else None
        return f"vol-{found.group(1)}" if found else ""

    def chain(self, start: str, title: str = "") -> str:
        """ "/ <- lvm root <- LUKS2 cryptroot <- vda3 <- vda", down to the hardware, cut when it grows long.

        `title`: what stands first.
        """
        first = self.step(start)
        begun = [_entitled(title, first.label) if title else first.label]
        return " <- ".join(self._labels(first, begun, {start}, [CHAIN_LIMIT - 1]))

    def _labels(self, step: Step, labels: list[str], above: set[str], budget: list[int]) -> list[str]:
        """Go down while there is one way; where there are more, name each of them in brackets."""
        while step.below and budget[0] > 0:
            if len(step.below) > 1:
                return [*labels, self._branches(step.below, above, budget)]
            (vertex,) = step.below
            step = self.step(vertex)
            budget[0] -= 1
            labels.append(step.label)
            if vertex in above:
                break
            above.add(vertex)
        return labels

    def _branches(self, below: tuple[str, ...], above: set[str], budget: list[int]) -> str:
        texts = []
        for vertex in below:
            if budget[0] <= 0:
                break
            step = self.step(vertex)
            budget[0] -= 1
            further = [step.label] if vertex in above else self._labels(step, [step.label], {*above, vertex}, budget)
            texts.append(" <- ".join(further))
        more = f" + {len(below) - len(texts)} more" if len(texts) < len(below) else ""
        return f"[{' + '.join(texts)}{more}]"

    def step(self, vertex: str) -> Step:
        """What a vertex is, and what lies directly below it. Worked out once."""
        if vertex not in self._steps:
            self._steps[vertex] = self._step(vertex)
        return self._steps[vertex]

    def _step(self, vertex: str) -> Step:
        kind, _, name = vertex.partition(":")
        if kind == "fs":
            mount = self._file_systems.get(name)
            return self._file_system(mount) if mount else Step(name, (), Ground.UNKNOWN, "it is not mounted")
        if kind == "perhaps":
            return Step(f"perhaps {name}", (f"dev:{name}",), veil=f"{name} may be a part of it")
        node = self._nodes.get(name)
        return self._device(node) if node else Step(name, (), Ground.UNKNOWN, f"{name} was not seen among the devices")

    def is_signed(self, start: str) -> bool:
        """Does a file system lie directly on a dm-verity mapping, which cannot be written to?"""
        names = [vertex.removeprefix("dev:") for vertex in self.step(start).below]
        return bool(names) and all(
            name in self._nodes and self._nodes[name].dm_uuid.startswith("CRYPT-VERITY-") for name in names
        )

    def _file_system(self, mount: Mount) -> Step:
        if mount.fstype in MEMORY:
            return Step(mount.fstype, (), Ground.MEMORY)
        if mount.fstype == "btrfs":
            return self._of_btrfs(mount)
        if mount.fstype == "zfs":
            return self._zfs(mount)
        if serves_a_device(mount.fstype, mount.source):
            return Step(mount.fstype, (self.leaf(mount.source),))
        device = self.device_numbered(mount.devno) or self.recorded_partition(mount)
        if device is None:
            elsewhere = mount.fstype in NETWORK
            why = "it lies on the network" if elsewhere else f"device {mount.devno} of {mount.fstype} was not seen"
            return Step(mount.fstype, (), Ground.UNKNOWN, why)
        unnamed = (f"perhaps:{name}" for name in self.unnamed_for(mount.fstype))
        return Step(mount.point, (device, *map(self.leaf, mount.further_devices), *unnamed))

    def _of_btrfs(self, mount: Mount) -> Step:
        """Every member: mountinfo names only one of them."""
        members = self._btrfs.get((self.device_at(mount.source) or "").removeprefix("dev:"))
        if members:
            return Step("btrfs", tuple(f"dev:{device}" for device in members.devices))
        return Step("btrfs", (), Ground.UNKNOWN, "the members of this btrfs were not seen")

    def _zfs(self, mount: Mount) -> Step:
        """An encrypting data set, else every leaf of its pool (so that ZFS on LUKS counts)."""
        name = mount.source.partition("@")[0]
        encryption = next((one.encryption for one in self._graph.zfs if one.name == name), None)
        if encryption is None:
            return Step("zfs", (), Ground.UNKNOWN, f"the properties of data set {name} were not seen")
        if encryption.startswith("aes-"):
            return Step(f"zfs {name} ({encryption})", (), Ground.ENCRYPTED, is_verified=True)
        leaves = next((pool.leaves for pool in self._graph.zpools if pool.name == name.partition("/")[0]), ())
        is_whole = self._graph.state_of("zpool") is SectionState.SEEN
        if encryption not in ("off", "-") or not leaves or not is_whole:
            return Step("zfs", (), Ground.UNKNOWN, f"the devices of the pool of {name} were not seen")
        return Step(f"zfs {name}", tuple(self.leaf(path) for path in leaves))

    def _device(self, node: BlockNode) -> Step:
        if node.name.startswith("dm-"):
            return self._mappings.step(node)
        if node.partition_of:
            return Step(node.name, (f"dev:{node.partition_of}",))
        if node.name.startswith("loop"):
            return self._loop(node)
        if node.name.startswith("zram"):
            return self._zram(node)
        if node.name.startswith("bcache"):
            return self._of_bcache(node)
        label = f"{node.name} ({node.md_level})" if node.md_level else node.name
        return through(node, label) or _hardware(node, is_locking=node.name in self._locking)

    def _of_bcache(self, node: BlockNode) -> Step:
        """The caches of its set hold data too, whether or not the kernel lists them among the slaves."""
        below = {*(node.slaves or ()), *self._bcache.get(node.name, ())}
        unread = self._graph.state_of("bcache") not in (SectionState.SEEN, SectionState.ABSENT)
        if unread or not below:
            return Step(node.name, (), Ground.UNKNOWN, f"the devices of {node.name} were not seen")
        return Step(node.name, tuple(f"dev:{name}" for name in sorted(below)))

    def _loop(self, node: BlockNode) -> Step:
        path = node.backing_file
        if not path or path.endswith(" (deleted)"):
            return Step(node.name, (), Ground.UNKNOWN, f"the file behind {node.name} was not seen")
        return Step(f"{node.name} ({path})", (self.leaf(path),))

    def _zram(self, node: BlockNode) -> Step:
        """Compressed memory; with a backing device it writes idle pages there."""
        if node.zram_backing is None:
            return Step(node.name, (), Ground.UNKNOWN, f"it was not told whether {node.name} writes to a device")
        if node.zram_backing == "none":
            return Step(f"{node.name} (memory)", (), Ground.MEMORY)
        return Step(node.name, (self.leaf(node.zram_backing),))


def _entitled(title: str, label: str) -> str:
    """A file system on one device goes by its mount point alone; others say what they are, too."""
    return title if label.startswith("/") else f"{title} <- {label}"


def _hardware(node: BlockNode, *, is_locking: bool) -> Step:
    """Nothing below: a disk of its own, unless it is a virtual device that does not say where its data goes.

    A drive whose own locking is on may hold it encrypted, or not: which parts lock, only its password tells.
    """
    if is_locking:
        return Step(node.name, (), Ground.UNKNOWN, f"{node.name} has a lock of its own, and nobody told what it covers")
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
