"""Root's crypttab, key files and headers → what opens each volume, and where that lies. Pure.

An ordinary LUKS header lies on the plain disk anyway: a detached one there is no worse. A key file there is the key
beside the lock.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from auditor.derive import Undecided, derive
from auditor.facts.disk_keys import KeyFiles, LuksHeaders, VolumeHeader, VolumeKey
from auditor.facts.linux_server import LinuxServer
from auditor.facts.privileged_disks import LuksHeader, PrivilegedDisks
from auditor.facts.server import BlockGraph
from auditor.facts.server_settings import CrypttabEntry
from auditor.model import Reason
from checks.derivations.block_steps import Ground
from checks.derivations.block_walk import BlockMap
from checks.derivations.data_at_rest import map_of
from checks.derivations.file_systems import is_under

BOOT = "/boot/initrd"  # where an initramfs lies
RANDOM = frozenset({"/dev/random", "/dev/urandom", "/dev/hwrng"})  # a new key at each start, which lies nowhere


@derive(reads=(LinuxServer, PrivilegedDisks), yields=KeyFiles)
def key_files(server: LinuxServer, privileged: PrivilegedDisks) -> KeyFiles:
    """Raises Undecided where crypttab was not read, or it was not seen what a key lies on and none is seen on plain."""
    if privileged.crypttab is None:
        raise Undecided(Reason.NOT_OBSERVED, "/etc/crypttab")
    devices = map_of(server)
    named = [entry for entry in privileged.crypttab if entry.key_file and entry.key_file not in RANDOM]
    is_boot_plain, boot = _ground(devices, BOOT)
    keys = tuple(_key(devices, privileged, entry) for entry in named)
    unseen = [key for key in keys if key.is_on_plain is None or (key.is_in_initramfs and is_boot_plain is None)]
    if unseen and not any(key.is_on_plain or (key.is_in_initramfs and is_boot_plain) for key in keys):
        raise Undecided(Reason.NOT_OBSERVED, f"what {unseen[0].path} lies on")
    return KeyFiles(observed_at=privileged.observed_at, keys=keys, boot=boot, is_boot_plain=is_boot_plain)


def _key(devices: BlockMap, privileged: PrivilegedDisks, entry: CrypttabEntry) -> VolumeKey:
    told = next((one for one in privileged.key_files if one.path == entry.key_file), None)
    is_on_plain, chain = _ground(devices, entry.key_file)
    return VolumeKey(
        volume=entry.name,
        path=entry.key_file,
        chain=chain,
        is_on_plain=is_on_plain,
        owner=told.owner if told else None,
        mode=told.mode if told else None,
        is_in_initramfs=any(fnmatchcase(entry.key_file, pattern) for pattern in privileged.in_initramfs),
    )


def _ground(devices: BlockMap, path: str) -> tuple[bool | None, str]:
    """Does a key lie on plain storage, at least in part? None: not seen. With the chain of devices below it."""
    vertex, title = _below(devices, path)
    if not vertex:
        return None, ""
    grounds = devices.footing(vertex).grounds
    chain = devices.chain(vertex, title)
    if Ground.PLAIN in grounds:
        return True, chain
    return (None if Ground.UNKNOWN in grounds else False), chain


def _below(devices: BlockMap, path: str) -> tuple[str, str]:
    """What holds a key, and its name: the device that it is read from, or a file's mount. "" and "": not seen."""
    holder = devices.holder_of(path)
    if is_under(path, "/dev") and (holder is None or holder.point in ("/", "/dev")):
        return devices.device_at(path) or "", ""
    return (f"fs:{holder.devno}", holder.point) if holder else ("", "")


@derive(reads=(LinuxServer, PrivilegedDisks), yields=LuksHeaders)
def luks_headers(server: LinuxServer, privileged: PrivilegedDisks) -> LuksHeaders:
    headers = tuple(_header(server.graph, privileged, header) for header in privileged.headers)
    return LuksHeaders(observed_at=privileged.observed_at, headers=headers)


def _header(graph: BlockGraph, privileged: PrivilegedDisks, header: LuksHeader) -> VolumeHeader:
    """A volume with one slot that crypttab opens with a file has no passphrase: the slot is the file's."""
    name = _name(graph, header)
    by_token = {number for token in header.tokens for number in token.slots}
    passphrases = tuple(slot for slot in header.slots if slot.number not in by_token)
    entries = [entry for entry in privileged.crypttab or () if entry.name == name and entry.key_file]
    if len(passphrases) == 1 and entries:
        passphrases = ()
    return VolumeHeader(
        volume=f"{name} on {header.device}" if name else header.device,
        version=header.version,
        slots=header.slots,
        tokens=header.tokens,
        passphrases=passphrases,
        requirements=header.requirements,
    )


def _name(graph: BlockGraph, header: LuksHeader) -> str:
    """Of the mapping that was opened with this header, by its UUID; "" where it is not open."""
    opened = ["CRYPT", f"LUKS{header.version}", header.uuid.replace("-", "")]
    return next((node.dm_name for node in graph.nodes if header.uuid and node.dm_uuid.split("-")[:3] == opened), "")


DERIVATIONS = (key_files, luks_headers)
