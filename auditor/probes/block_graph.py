"""The collected sections of a Linux server → `BlockGraph`. Pure; draws no conclusion.

A line that cannot be read makes its section FAILED and is left out: whatever hangs on it stays unknown.
Formats: proc_pid_mountinfo(5), proc_swaps(5), the kernel's Documentation/ABI/stable/sysfs-block, zfs-get(8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import TypeVar

from auditor.facts.base import target_text
from auditor.facts.server import (
    NODE_LIMIT,
    BcacheMembers,
    BlockGraph,
    BlockNode,
    BtrfsMembers,
    Mount,
    Section,
    SectionState,
    Swap,
)
from auditor.probes.collection import Collected, sections
from auditor.probes.kernel_words import (
    COUNT,
    DEVNO,
    device_name,
    device_names,
    device_number,
    flag,
    plain_text,
    unescaped,
    whole_number,
    whole_path,
)
from auditor.probes.signatures import Signature, parse_signatures
from auditor.probes.zfs_answers import ZFS_PROPERTIES, zfs_datasets, zfs_pools, zfs_property

Row = TypeVar("Row")

LOGIN = re.compile(rb"//[^/]*@")  # curlftpfs and others show user and password to everybody on the server
CARRIED = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs"})
FURTHER = (b"rtdev=", b"logdev=")
REFERENCES = re.compile(rb"^refcnt\s*:\s*(\d{1,10})\s*$", re.MULTILINE)
INSTANCE = re.compile(r"i-[0-9a-f]{8,32}")  # EC2 writes its instance id where a board's asset tag stands
TRAVEL = re.compile(rb"(sec|xprtsec|vers|seal|nfsvers|proto)(=[\w.,:+-]{1,64})?")  # nfs(5), mount.cifs(8)
SECTIONS = (
    "bcache", "btrfs", "cmdline", "crypto", "dmi", "lsblk", "mountinfo", "power", "resume", "swaps", "sysblk", "uname",
    "zfs", "zpool",
)  # fmt: skip
NOTHING = Collected(SectionState.ABSENT)


def parse_block_graph(output: bytes, marker: str, observed_at: datetime) -> BlockGraph:
    """Read one run of `server_facts.sh`. Raises ValueError where it holds no facts at all."""
    found = sections(output, marker)
    states = {name: found.get(name, NOTHING).state for name in SECTIONS}

    def rows(name: str, parse: Callable[[bytes], Row], limit: int = NODE_LIMIT) -> tuple[Row, ...]:
        parsed, whole = _rows(found.get(name, NOTHING), parse)
        states[name] = states[name] if whole else SectionState.FAILED
        if len(parsed) > limit:
            states[name] = SectionState.TRUNCATED
        return parsed[:limit]

    hints, states["lsblk"] = parse_signatures(found.get("lsblk", NOTHING))
    seen = chain.from_iterable(rows("sysblk", _devices))
    nodes = tuple(sorted((_hinted(node, hints) for node in seen), key=lambda node: node.name))
    if len({node.name for node in nodes}) < len(nodes):
        states["sysblk"], nodes = SectionState.FAILED, ()
    if len(nodes) > NODE_LIMIT:
        states["sysblk"], nodes = SectionState.TRUNCATED, nodes[:NODE_LIMIT]
    mounts = tuple(sorted(rows("mountinfo", _mount), key=lambda mount: mount.mount_id))
    swaps = tuple(sorted(filter(None, rows("swaps", _swap)), key=lambda swap: swap.path))
    if not found.get("swaps", NOTHING).body.lstrip().startswith(b"Filename") and states["swaps"] is SectionState.SEEN:
        states["swaps"] = SectionState.FAILED  # an empty answer is no proof that nothing is swapped
    if len({mount.mount_id for mount in mounts}) < len(mounts):
        states["mountinfo"], mounts = SectionState.FAILED, ()
    bcache = tuple(sorted(rows("bcache", _bcache), key=lambda members: members.name))
    btrfs = tuple(sorted(rows("btrfs", _btrfs), key=lambda members: members.uuid))
    datasets = zfs_datasets(rows("zfs", zfs_property, ZFS_PROPERTIES * NODE_LIMIT))
    pools, states["zpool"] = zfs_pools(found.get("zpool", NOTHING), states["zpool"])
    return BlockGraph(
        observed_at=observed_at,
        kernel=target_text(found.get("uname", NOTHING).body.strip().split(b" ")[0], 64),
        nodes=nodes,
        mounts=mounts,
        swaps=swaps,
        resume=_resume(found.get("resume", NOTHING)),
        null_cipher_users=_null_cipher_users(found.get("crypto", NOTHING)),
        btrfs=btrfs,
        zfs=datasets,
        zpools=pools,
        bcache=bcache,
        resume_named=_resume_named(found.get("cmdline", NOTHING)),
        can_hibernate=_can_hibernate(found.get("power", NOTHING)),
        instance=_instance(found.get("dmi", NOTHING)),
        sections=tuple(Section(name=name, state=states[name]) for name in SECTIONS),
    )


def _rows(section: Collected, parse: Callable[[bytes], Row]) -> tuple[tuple[Row, ...], bool]:
    """Every line that could be read, and whether that was all of them."""
    parsed: list[Row] = []
    whole = True
    for line in section.lines:
        try:
            parsed.append(parse(line))
        except ValueError:
            whole = False
    return tuple(parsed), whole


def _devices(line: bytes) -> tuple[BlockNode, ...]:
    """`vda dev=254:0 size=8 ro=0 rm=0 dmname= dmuuid= md= back= slaves=a,b, hw=1 zram=none`, or a partition's line.

    Older collections name partitions in `parts=` on the disk's line, know neither `hw` nor `zram`, and so do the
    recordings that came with them.
    """
    name, *words = line.decode("utf-8", "backslashreplace").split(" ")
    pairs = [word.partition("=") for word in words]
    fields = {key: value for key, _, value in pairs}
    if len(fields) < len(pairs) or not all(sign for _, sign, _ in pairs):
        raise ValueError("a field that is no key=value, or comes twice")
    slaves = fields.get("slaves", "")
    node = BlockNode(
        name=device_name(name),
        devno=device_number(fields["dev"]) if fields.get("dev") else None,
        partition_of=device_name(fields["part"]) if "part" in fields else None,
        slaves=None if slaves == "?" else device_names(slaves),
        dm_name=plain_text(fields.get("dmname", "")),
        dm_uuid=plain_text(fields.get("dmuuid", "")),
        md_level=plain_text(fields.get("md", "")),
        backing_file=whole_path(fields.get("back", "")),
        zram_backing=whole_path(fields.get("zram", "")),
        is_hardware=flag(fields.get("hw", "")),
        sectors=int(fields["size"]) if COUNT.fullmatch(fields.get("size", "")) else None,
        is_removable=flag(fields.get("rm", "")),
        is_read_only=flag(fields.get("ro", "")),
        serial=plain_text(fields.get("serial", "")).strip(),
    )
    partitions = (BlockNode(name=part, partition_of=node.name) for part in device_names(fields.get("parts", "")))
    return (node, *partitions)


def _hinted(node: BlockNode, hints: Mapping[str, Signature]) -> BlockNode:
    hint = hints.get(node.name)
    if hint is None:
        return node
    return replace(node, signature=hint.fstype, part_type=hint.part_type, transport=hint.transport)


def _mount(line: bytes) -> Mount:
    left, dash, right = line.partition(b" - ")
    fields, tail = left.split(b" "), right.split(b" ")
    if not dash or len(fields) < 6 or len(tail) < 3:
        raise ValueError("not a line of mountinfo")
    options = tail[-1].split(b",")
    return Mount(
        mount_id=whole_number(fields[0]),
        parent_id=whole_number(fields[1]),
        devno=device_number(fields[2].decode("ascii")),
        root=unescaped(fields[3]),
        point=unescaped(fields[4]),
        fstype=target_text(tail[0], 64),
        source=unescaped(LOGIN.sub(b"//", tail[1])),
        is_read_only_here=b"ro" in fields[5].split(b","),
        is_read_only=b"ro" in options,
        upper=next((unescaped(option[9:]) for option in options if option.startswith(b"upperdir=")), None),
        further_devices=tuple(unescaped(option.split(b"=", 1)[1]) for option in options if option.startswith(FURTHER)),
        options=_travel(options) if tail[0].decode("ascii", "replace") in CARRIED else None,
    )


def _travel(options: list[bytes]) -> tuple[str, ...]:
    """Only what tells how a network file system travels: others name users and their domains."""
    return tuple(sorted(option.decode("ascii") for option in options if TRAVEL.fullmatch(option)))


def _swap(line: bytes) -> Swap | None:
    """None for the table's heading."""
    words = line.split()
    if words[0] == b"Filename":
        return None
    if len(words) < 2 or words[1] not in (b"file", b"partition"):
        raise ValueError("not a line of /proc/swaps")
    return Swap(path=unescaped(words[0]), is_file=words[1] == b"file")


def _resume(section: Collected) -> str | None:
    """/sys/power/resume: "0:0" means none."""
    text = section.body.strip().decode("ascii", "replace")
    return text if DEVNO.fullmatch(text) and text != "0:0" else None


def _resume_named(section: Collected) -> str:
    """The last `resume=` of the kernel's command line; none where `noresume` or `nohibernate` stands there."""
    words = [word.decode("utf-8", "backslashreplace") for line in section.lines for word in line.split()]
    named = [word.removeprefix("resume=") for word in words if word.startswith("resume=")]
    return target_text(named[-1]) if named and not {"noresume", "nohibernate"} & set(words) else ""


def _can_hibernate(section: Collected) -> bool | None:
    """/sys/power/state names "disk" where the kernel can; it is empty, but there, where it can do nothing."""
    return b"disk" in section.body.split() if section.state is SectionState.SEEN else None


def _instance(section: Collected) -> str:
    """` board_asset_tag=i-…` of the firmware's table; "" where it holds anything else, or there is none."""
    words = (word.partition(b"=") for line in section.lines for word in line.split())
    tag = next((value.decode("ascii", "replace") for key, _, value in words if key == b"board_asset_tag"), "")
    return tag if INSTANCE.fullmatch(tag) else ""


def _null_cipher_users(section: Collected) -> int | None:
    """References beyond the kernel's own one on every `…cipher_null…` of /proc/crypto: some mapping uses it."""
    if section.state is not SectionState.SEEN or not section.body.strip():
        return None
    users = 0
    for algorithm in section.body.split(b"\n\n"):
        name, count = algorithm.lstrip().split(b"\n", 1)[0], REFERENCES.search(algorithm)
        if name.startswith(b"name") and b"cipher_null" in name and count:
            users += max(0, int(count[1]) - 1)
    return users


def _btrfs(line: bytes) -> BtrfsMembers:
    uuid, blank, devices = line.decode("ascii", "backslashreplace").partition(" ")
    if not blank:
        raise ValueError("a btrfs without members")
    return BtrfsMembers(uuid=target_text(uuid, 64), devices=device_names(devices))


def _bcache(line: bytes) -> BcacheMembers:
    name, blank, devices = line.decode("ascii", "backslashreplace").partition(" ")
    if not blank:
        raise ValueError("a bcache without members")
    return BcacheMembers(name=device_name(name), devices=device_names(devices))
