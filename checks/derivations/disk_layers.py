"""Which encrypting layers lie below mounts and swap, and what encrypts by the directory or the data set. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.derive import Undecided, derive
from auditor.facts.at_rest import AtRest, Resting
from auditor.facts.disk_layers import DirectoryEncryption, DiskLayers, Layer, PlainDataset, ZfsInheritance
from auditor.facts.linux_server import LinuxServer
from auditor.facts.server import BlockGraph, SectionState
from auditor.model import Reason
from checks.derivations.block_walk import BlockMap
from checks.derivations.data_at_rest import REASONS, map_of, mount_row, mounted, swapped

FAULTS = (AtRest.PLAIN, AtRest.PARTLY_PLAIN)
NEEDED = ("sysblk", "mountinfo", "swaps")


@derive(reads=(LinuxServer,), yields=DiskLayers)
def disk_layers(server: LinuxServer) -> DiskLayers:
    """Raises Undecided where devices, mounts or swaps were not read whole and no fault can show in what was."""
    devices = map_of(server)
    rows = [*mounted(server.graph, devices), *swapped(server.graph, devices)]
    layers = tuple(layer for row in rows for layer in _layers(server, devices, row))
    unread = [state for state in map(server.graph.state_of, NEEDED) if state is not SectionState.SEEN]
    if unread and not any(layer.kind in ("LUKS1", "PLAIN", "LUKS2-OPAL") for layer in layers):
        raise Undecided(REASONS[unread[0]], "not all devices, mounts and swaps were read")
    return DiskLayers(observed_at=server.observed_at, layers=layers)


def _layers(server: LinuxServer, devices: BlockMap, row: Resting) -> Iterator[Layer]:
    tables = (
        {table.name for table in server.privileged.tables if _has_crypt(table.targets)} if server.privileged else ()
    )
    for name in row.layers:
        node = devices.node(name)
        words = node.dm_uuid.split("-") if node else []
        if node and words[:1] == ["CRYPT"] and len(words) > 1:
            yield Layer(
                place=row.place,
                name=node.dm_name or name,
                kind=f"{words[1]}-OPAL" if words[2:3] == ["OPAL"] else words[1],
                chain=row.chain,
                is_swap=row.place.startswith("swap "),
                is_verified_software=node.dm_name in tables,
            )


def _has_crypt(targets: tuple[object, ...]) -> bool:
    return any(getattr(target, "kind", "") == "crypt" for target in targets)


@derive(reads=(LinuxServer,), yields=DirectoryEncryption)
def directory_encryption(server: LinuxServer) -> DirectoryEncryption:
    """Raises Undecided where mounts were not read, or what lies below an encrypted directory was not seen."""
    graph, devices = server.graph, map_of(server)
    if graph.state_of("mountinfo") is not SectionState.SEEN:
        raise Undecided(REASONS[graph.state_of("mountinfo")], "the mounts")
    found = [(mount.point, "eCryptfs", mount.source) for mount in graph.mounts if mount.fstype == "ecryptfs"]
    directories = server.settings.encrypted_directories if server.settings else ()
    found += [(point, "fscrypt", point) for point in directories]
    on_plain, unknown = [], []
    for point, kind, below in found:
        holder = devices.holder_of(below)
        row = mount_row(devices, [holder]) if holder and holder.fstype != "ecryptfs" else None
        if row is None or row.state is AtRest.UNKNOWN:
            unknown.append(point)
        elif row.state in FAULTS:
            on_plain.append(f"{point} ({kind}) over {row.chain}")
    if unknown and not on_plain:
        raise Undecided(Reason.NOT_OBSERVED, f"what {unknown[0]} lies on")
    names = tuple(f"{point} ({kind})" for point, kind, _ in found)
    return DirectoryEncryption(observed_at=server.observed_at, directories=names, on_plain=tuple(on_plain))


@derive(reads=(LinuxServer,), yields=ZfsInheritance)
def zfs_inheritance(server: LinuxServer) -> ZfsInheritance:
    """Raises Undecided where there may be ZFS and its data sets were not read whole."""
    graph = server.graph
    state = graph.state_of("zfs")
    plain = tuple(_plain_below(graph))
    uses_zfs = any(mount.fstype == "zfs" for mount in graph.mounts)
    if not plain and state is not SectionState.SEEN and (uses_zfs or state is not SectionState.ABSENT):
        raise Undecided(REASONS[state], "the properties of ZFS' data sets")
    encrypted = sum(one.encryption.startswith("aes-") for one in graph.zfs)
    return ZfsInheritance(observed_at=server.observed_at, encrypted=encrypted, plain_below=plain)


def _plain_below(graph: BlockGraph) -> Iterator[PlainDataset]:
    encrypted = {one.name for one in graph.zfs if one.encryption.startswith("aes-")}
    for one in graph.zfs:
        if one.encryption != "off":
            continue
        parts = one.name.split("/")
        above = ("/".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))
        parent = next((name for name in above if name in encrypted), None)
        if parent is not None:
            yield PlainDataset(name=one.name, parent=parent)


DERIVATIONS = (disk_layers, directory_encryption, zfs_inheritance)
