"""One vertex of a walk: what it is, and what lies directly below it; and the step over a device mapping.

Where root's helper told the ciphers, they decide: a null cipher is plain storage, and a mapping that does not say its
kind may be dm-crypt after all. Knows no mount.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from auditor.facts.disk_ciphers import cipher_of
from auditor.facts.privileged_disks import MappingTable, PrivilegedDisks
from auditor.facts.server import BlockGraph, BlockNode

# The second word of the dm UUID that cryptsetup gives: these encrypt (libcryptsetup.h, device types).
ENCRYPTING = frozenset({"LUKS1", "LUKS2", "PLAIN", "TCRYPT", "BITLK", "FVAULT2", "LOOPAES"})
SEE_THROUGH_CRYPT = frozenset({"VERITY", "INTEGRITY", "SUBDEV"})  # named CRYPT- too, and encrypt nothing
SEE_THROUGH = re.compile(r"LVM-|mpath-|part\d+-mpath-|DMRAID-")
NAMES = {"TCRYPT": "TrueCrypt", "BITLK": "BitLocker", "FVAULT2": "FileVault2", "PLAIN": "dm-crypt", "LVM": "lvm"}
TRANSPARENT = frozenset({"linear", "striped", "multipath", "mirror", "raid"})  # targets that change no byte


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
    veil: str = ""  # why plain storage below it proves nothing: a mapping of unknown kind, a disk that may be no part
    is_layer: bool = False  # a mapping that encrypts, or looks as if it did
    is_verified: bool = False  # of an encrypting layer: its cipher was read


class Mappings:
    """The device mappings of a graph, with what root's tables tell of them."""

    def __init__(self, graph: BlockGraph, privileged: PrivilegedDisks | None) -> None:
        self._null_cipher_users = graph.null_cipher_users
        self._nodes = {node.name: node for node in graph.nodes}
        self._tables = {table.name: table for table in privileged.tables} if privileged else {}

    def step(self, node: BlockNode) -> Step:
        words = node.dm_uuid.split("-")
        crypt = words[1] if words[0] == "CRYPT" and len(words) > 1 else ""
        kind = crypt or words[0]
        has_opal = words[2:3] == ["OPAL"]
        label = f"{NAMES.get(kind, kind)}{'-OPAL' if has_opal else ''} {node.dm_name or node.name}".strip()
        below_it = through(node, label)
        below = below_it.below if below_it else ()
        table = self._tables.get(node.dm_name) if node.dm_name else None
        if crypt in ENCRYPTING or (table and not crypt and _kinds(table) == {"crypt"}):
            return self._encrypting(label, below, table, is_hardware=has_opal)
        if below_it is None:
            return Step(label, (), Ground.UNKNOWN, f"no device was seen below {node.name}")
        is_known = crypt in SEE_THROUGH_CRYPT or SEE_THROUGH.match(node.dm_uuid)
        if below_it.ground is None and not is_known and not (table and _kinds(table) <= TRANSPARENT):
            return Step(label, below_it.below, veil="a mapping of unknown kind lies above it")
        return below_it

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
        users = self._null_cipher_users
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


def through(node: BlockNode, label: str) -> Step | None:
    """All devices directly below. None where there are none."""
    if node.slaves is None:
        return Step(label, (), Ground.UNKNOWN, f"the devices below {node.name} may not be listed")
    return Step(label, tuple(f"dev:{slave}" for slave in node.slaves)) if node.slaves else None


def _kinds(table: MappingTable) -> set[str]:
    return {target.kind for target in table.targets}
