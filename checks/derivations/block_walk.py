"""From a device or file system down to all leaves of a block graph. Knows no mount rule and no verdict.

One walk follows every device below another (osquery follows the first only: a volume group over one encrypted and one
plain disk then comes out by directory order). It ends at an encrypting layer, at hardware, in memory, or where
something was not seen; a cycle or more than 32 layers count as not seen. Where root's helper told the ciphers, they
decide: a null cipher is plain storage, and a mapping that does not say its kind may be dm-crypt after all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from auditor.facts.disk_ciphers import cipher_of
from auditor.facts.privileged_disks import MappingTable, PrivilegedDisks
from auditor.facts.server import BlockGraph, BlockNode, Mount, SectionState
from checks.derivations.file_systems import MEMORY, NETWORK, is_under, serves_a_device

DEPTH_LIMIT = 32
CHAIN_LIMIT = 24  # devices named in a chain's text
# The second word of the dm UUID that cryptsetup gives: these encrypt (libcryptsetup.h, device types).
ENCRYPTING = frozenset({"LUKS1", "LUKS2", "PLAIN", "TCRYPT", "BITLK", "FVAULT2", "LOOPAES"})
SEE_THROUGH_CRYPT = frozenset({"VERITY", "INTEGRITY", "SUBDEV"})  # named CRYPT- too, and encrypt nothing
SEE_THROUGH = re.compile(r"LVM-|mpath-|part\d+-mpath-|DMRAID-")
NAMES = {"TCRYPT": "TrueCrypt", "BITLK": "BitLocker", "FVAULT2": "FileVault2", "PLAIN": "dm-crypt", "LVM": "lvm"}
TRANSPARENT = frozenset({"linear", "striped", "multipath", "mirror", "raid"})  # targets that change no byte
VOLUME_SERIAL = re.compile(r"vol-?([0-9a-f]{8,17})")  # EC2 User Guide, "Identify block devices": NVMe serial numbers
DISK_NAME = re.compile(r"(sd|hd|vd|xvd)[a-z]+\d*|nvme\d+n\d+|mmcblk\d+")  # where "has a driver's device" was not told


class Ground(StrEnum):
    """What a walk ends on."""

    ENCRYPTED = "encrypted"
    PLAIN = "plain"
    MEMORY = "memory"
    UNKNOWN = "unknown"


class Step(NamedTuple):
    """One vertex of the walk: a name for people, what is directly below, and the ground if the walk ends here."""

    label: str
    below: tuple[str, ...] = ()
    ground: Ground | None = None
    why: str = ""
    is_opaque: bool = False  # a mapping of unknown kind: plain storage below it proves nothing
    is_layer: bool = False  # a mapping that encrypts, or looks as if it did
    is_verified: bool = False  # of an encrypting layer: its cipher was read


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


class BlockMap:
    """A graph with its indexes. Vertices are "dev:NAME" (a kernel name) and "fs:MAJOR:MINOR" (a file system)."""

    def __init__(self, graph: BlockGraph, privileged: PrivilegedDisks | None = None) -> None:
        self._graph = graph
        self._tables = {table.name: table for table in privileged.tables} if privileged else {}
        self._steps: dict[str, Step] = {}
        self._nodes = {node.name: node for node in graph.nodes}
        self._by_devno = {node.devno: node.name for node in graph.nodes if node.devno}
        self._by_mapping = {node.dm_name: node.name for node in graph.nodes if node.dm_name}
        self._file_systems = {mount.devno: mount for mount in graph.mounts}
        self._btrfs = {device: one for one in graph.btrfs for device in one.devices}
        self._bcache = {one.name: one.devices for one in graph.bcache}

    def footing(self, start: str) -> Footing:
        """The union over all leaves below a vertex."""
        grounds: set[Ground] = set()
        whys: list[str] = []
        layers: list[str] = []
        is_verified = is_tree = True
        plain: list[str] = []
        edges: dict[str, tuple[str, ...]] = {}
        seen = {(start, False)}
        level = [(start, False)]
        for _ in range(DEPTH_LIMIT):
            following: list[tuple[str, bool]] = []
            for vertex, is_veiled in level:
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

    def node(self, name: str) -> BlockNode | None:
        return self._nodes.get(name)

    def _step(self, vertex: str) -> Step:
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
            return self._of_btrfs(mount)
        if mount.fstype == "zfs":
            return self._zfs(mount)
        if serves_a_device(mount.fstype, mount.source):
            return Step(mount.fstype, (self._leaf(mount.source),))
        device = self.device_numbered(mount.devno) or self._recorded_partition(mount)
        if device is None:
            elsewhere = mount.fstype in NETWORK
            why = "it lies on the network" if elsewhere else f"device {mount.devno} of {mount.fstype} was not seen"
            return Step(mount.fstype, (), Ground.UNKNOWN, why)
        return Step(mount.point, (device, *map(self._leaf, mount.further_devices)))

    def _recorded_partition(self, mount: Mount) -> str | None:
        """By the source's name, for a device whose number was not told (older collections)."""
        device = self.device_at(mount.source)
        return device if device and self._nodes[device.removeprefix("dev:")].devno is None else None

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
        if encryption not in ("off", "-") or not leaves:
            return Step("zfs", (), Ground.UNKNOWN, f"the devices of the pool of {name} were not seen")
        return Step(f"zfs {name}", tuple(self._leaf(path) for path in leaves))

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
        if node.name.startswith("bcache"):
            return self._of_bcache(node)
        label = f"{node.name} ({node.md_level})" if node.md_level else node.name
        return _through(node, label) or _hardware(node)

    def _of_bcache(self, node: BlockNode) -> Step:
        """The caches of its set hold data too, whether or not the kernel lists them among the slaves."""
        below = {*(node.slaves or ()), *self._bcache.get(node.name, ())}
        unread = self._graph.state_of("bcache") not in (SectionState.SEEN, SectionState.ABSENT)
        if unread or not below:
            return Step(node.name, (), Ground.UNKNOWN, f"the devices of {node.name} were not seen")
        return Step(node.name, tuple(f"dev:{name}" for name in sorted(below)))

    def _mapping(self, node: BlockNode) -> Step:
        words = node.dm_uuid.split("-")
        crypt = words[1] if words[0] == "CRYPT" and len(words) > 1 else ""
        kind = crypt or words[0]
        has_opal = words[2:3] == ["OPAL"]
        label = f"{NAMES.get(kind, kind)}{'-OPAL' if has_opal else ''} {node.dm_name or node.name}".strip()
        through = _through(node, label)
        below = through.below if through else ()
        table = self._tables.get(node.dm_name) if node.dm_name else None
        if crypt in ENCRYPTING or (table and not crypt and _kinds(table) == {"crypt"}):
            return self._encrypting(label, below, table, is_hardware=has_opal)
        if through is None:
            return Step(label, (), Ground.UNKNOWN, f"no device was seen below {node.name}")
        is_known = crypt in SEE_THROUGH_CRYPT or SEE_THROUGH.match(node.dm_uuid)
        if through.ground is None and not is_known and not (table and _kinds(table) <= TRANSPARENT):
            return Step(label, through.below, is_opaque=True)
        return through

    def _encrypting(self, label: str, below: tuple[str, ...], table: MappingTable | None, *, is_hardware: bool) -> Step:
        """Root's table tells the cipher. Without it a null cipher looks the same from here."""
        if any(self._is_part_of_reencryption(vertex) for vertex in below):
            return Step(
                label,
                below,
                is_layer=True,
                ground=Ground.UNKNOWN,
                why=f"{label} is being encrypted anew, and may be plain in part",
            )
        if table is None:
            return self._unverified(label, below)
        ciphers = [cipher_of(target.cipher) for target in table.targets if target.kind == "crypt"]
        named = f"{label} ({', '.join(dict.fromkeys(cipher.text for cipher in ciphers))})"
        if any(cipher.is_null for cipher in ciphers):
            return Step(named, below, is_layer=True, ground=Ground.PLAIN)
        if is_hardware and not ciphers:
            return Step(
                label, below, is_layer=True, ground=Ground.ENCRYPTED
            )  # the drive does it, and nobody can look inside
        if len(ciphers) < len(table.targets):
            why = f"the kernel's table of {label} does not show that all of it is encrypted"
            return Step(label, below, is_layer=True, ground=Ground.UNKNOWN, why=why)
        return Step(named, below, is_layer=True, ground=Ground.ENCRYPTED, is_verified=True)

    def _unverified(self, label: str, below: tuple[str, ...]) -> Step:
        """The kernel's count tells a plain user whether anybody uses a null cipher."""
        users = self._graph.null_cipher_users
        if users is None:
            return Step(
                label,
                below,
                is_layer=True,
                ground=Ground.UNKNOWN,
                why="/proc/crypto was not seen, so a null cipher is not ruled out",
            )
        if users:
            return Step(
                label,
                below,
                is_layer=True,
                ground=Ground.UNKNOWN,
                why="a null cipher is in use, and only root sees by which mapping",
            )
        return Step(label, below, is_layer=True, ground=Ground.ENCRYPTED)

    def _is_part_of_reencryption(self, vertex: str) -> bool:
        """cryptsetup puts helpers of its own below a volume while it encrypts it in place."""
        node = self._nodes.get(vertex.removeprefix("dev:"))
        return node is not None and node.dm_uuid.startswith("CRYPT-SUBDEV-")

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


def _entitled(title: str, label: str) -> str:
    """A file system on one device goes by its mount point alone; others say what they are, too."""
    return title if label.startswith("/") else f"{title} <- {label}"


def _kinds(table: MappingTable) -> set[str]:
    return {target.kind for target in table.targets}


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
