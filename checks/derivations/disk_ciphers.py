"""Root's tables and headers → with which cipher and how strong a key each volume is encrypted. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.derive import Undecided, derive
from auditor.facts.disk_ciphers import HASH_BITS, LEAST_BITS, DiskCiphers, DiskKeySizes, VolumeCipher, cipher_of
from auditor.facts.linux_server import LinuxServer
from auditor.facts.privileged_disks import MappingTarget, PrivilegedDisks
from auditor.facts.server import BlockGraph
from auditor.model import Reason
from checks.derivations.data_at_rest import map_of, mounted, swapped

ENCRYPTS = frozenset({"crypt", "hw-opal-crypt"})  # kinds of segments that the kernel encrypts


@derive(reads=(LinuxServer, PrivilegedDisks), yields=DiskCiphers)
def disk_ciphers(server: LinuxServer, privileged: PrivilegedDisks) -> DiskCiphers:
    return DiskCiphers(observed_at=privileged.observed_at, volumes=_volumes(server, privileged))


@derive(reads=(LinuxServer, PrivilegedDisks), yields=DiskKeySizes)
def disk_key_sizes(server: LinuxServer, privileged: PrivilegedDisks) -> DiskKeySizes:
    """Raises Undecided where a key's length was not told and no other is too short."""
    volumes = tuple(one for one in _volumes(server, privileged) if not cipher_of(one.cipher).is_null)
    unknown = [one for one in volumes if one.strength is None]
    if unknown and not any(one.strength is not None and one.strength < LEAST_BITS for one in volumes):
        raise Undecided(Reason.NOT_OBSERVED, f"the length of {unknown[0].name}'s key")
    return DiskKeySizes(observed_at=privileged.observed_at, volumes=volumes)


def _volumes(server: LinuxServer, privileged: PrivilegedDisks) -> tuple[VolumeCipher, ...]:
    devices = map_of(server)
    above: dict[str, list[str]] = {}
    for place in (*mounted(server.graph, devices), *swapped(server.graph, devices)):
        for layer in place.layers:
            node = devices.node(layer)
            above.setdefault(node.dm_name if node else layer, []).append(place.place)
    open_ones = tuple(
        VolumeCipher(
            name=table.name,
            cipher=target.cipher,
            strength=cipher_of(target.cipher).strength(_bits(server.graph, privileged, table.name, target)),
            integrity=target.integrity,
            places=tuple(above.get(table.name, ())),
        )
        for table in privileged.tables
        for target in dict.fromkeys(table.targets)
        if target.kind == "crypt"
    )
    return (*open_ones, *_locked(server.graph, privileged))


def _locked(graph: BlockGraph, privileged: PrivilegedDisks) -> Iterator[VolumeCipher]:
    """Volumes that are not open now, by their headers: what is on them was written with that cipher."""
    opened = {node.dm_uuid.split("-")[2] for node in graph.nodes if node.dm_uuid.count("-") > 2}
    for header in privileged.headers:
        lengths = {slot.key_bits for slot in header.slots}
        for segment in header.segments:
            if header.uuid.replace("-", "") in opened or segment.kind not in ENCRYPTS:
                continue
            whole = lengths.pop() if len(lengths) == 1 else None
            rest = None if whole is None else whole - HASH_BITS.get(segment.integrity, 0)
            yield VolumeCipher(
                name=f"{header.device} (not open)",
                cipher=segment.cipher,
                strength=cipher_of(segment.cipher).strength(rest),
                integrity=segment.integrity,
            )


def _bits(graph: BlockGraph, privileged: PrivilegedDisks, name: str, target: MappingTarget) -> int | None:
    """Of the key in the kernel: from its table, else from the header with the mapping's UUID, else from crypttab."""
    if target.key_bits is not None:
        return target.key_bits
    uuids = {node.dm_uuid.split("-")[2] for node in graph.nodes if node.dm_name == name and node.dm_uuid.count("-") > 2}
    lengths = {slot.key_bits for one in privileged.headers if one.uuid.replace("-", "") in uuids for slot in one.slots}
    if len(lengths) == 1:
        return lengths.pop()
    sizes = {entry.option("size") for entry in privileged.crypttab or () if entry.name == name}
    size = sizes.pop() if len(sizes) == 1 else None
    return int(size) if size and size.isascii() and size.isdigit() and len(size) < 6 else None


DERIVATIONS = (disk_ciphers, disk_key_sizes)
