"""Small block graphs by hand, for tests: every field that a case does not care about is what a healthy Linux says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from auditor.facts.linux_server import LinuxServer
from auditor.facts.privileged_disks import PrivilegedDisks
from auditor.facts.server import BlockGraph, BlockNode, Mount, Section, SectionState, Swap
from auditor.facts.server_settings import ServerSettings

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SECTIONS = ("btrfs", "crypto", "lsblk", "mountinfo", "resume", "swaps", "sysblk", "uname", "zfs", "zpool")
SEEN = tuple(Section(name=name, state=SectionState.SEEN) for name in SECTIONS)


def graph(
    nodes: Iterable[BlockNode], mounts: Iterable[Mount], swaps: Iterable[Swap] = (), **others: object
) -> BlockGraph:
    settings: dict[str, object] = {"kernel": "Linux", "sections": SEEN, "null_cipher_users": 0, **others}
    return BlockGraph(
        observed_at=NOW,
        nodes=tuple(nodes),
        mounts=tuple(mounts),
        swaps=tuple(swaps),
        **settings,  # type: ignore[arg-type]
    )


def server(
    one: BlockGraph, settings: ServerSettings | None = None, privileged: PrivilegedDisks | None = None
) -> LinuxServer:
    return LinuxServer(observed_at=NOW, graph=one, settings=settings, privileged=privileged)


def disk(name: str, devno: str | None = None) -> BlockNode:
    return BlockNode(name=name, devno=devno or number(name), is_hardware=True)


def part(name: str, of: str) -> BlockNode:
    return BlockNode(name=name, devno=number(name), partition_of=of)


def over(name: str, *slaves: str, uuid: str = "", mapping: str = "") -> BlockNode:
    """A device over others: `dm-N` with a UUID, or md."""
    return BlockNode(name=name, devno=number(name), slaves=slaves, dm_uuid=uuid, dm_name=mapping, is_hardware=False)


def luks(name: str, *slaves: str, kind: str = "LUKS2") -> BlockNode:
    return over(name, *slaves, uuid=f"CRYPT-{kind}-0123-{name}", mapping=f"crypt{name}")


def lvm(name: str, *slaves: str) -> BlockNode:
    return over(name, *slaves, uuid="LVM-abc", mapping=f"vg-{name}")


def loop(name: str, file: str | None) -> BlockNode:
    return BlockNode(name=name, devno=number(name), backing_file=file, is_hardware=False, zram_backing="none")


def on(device: str, point: str = "/", fstype: str = "ext4", **others: object) -> Mount:
    """A device mounted at `point`."""
    settings: dict[str, object] = {
        "mount_id": sum(f"{point} {device}".encode()) + 1,
        "parent_id": 1,
        "devno": number(device),
        "root": "/",
        "source": f"/dev/{device}",
        "is_read_only_here": False,
        "is_read_only": False,
        **others,
    }
    return Mount(point=point, fstype=fstype, **settings)  # type: ignore[arg-type]


def without_device(point: str, fstype: str, minor: int = 30, **others: object) -> Mount:
    return on("none", point, fstype, devno=f"0:{minor}", source=str(others.pop("source", fstype)), **others)


def number(name: str) -> str:
    """A device number of its own for each name."""
    return f"{100 + len(name)}:{int.from_bytes(name.encode()[-4:], 'big')}"


def with_state(one: BlockGraph, section: str, state: SectionState) -> BlockGraph:
    sections = tuple(replace(had, state=state) if had.name == section else had for had in one.sections)
    return replace(one, sections=sections)
