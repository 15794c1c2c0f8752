"""Derived: what opens a server's volumes, where it lies, and how hard it is to guess."""

from __future__ import annotations

from auditor.facts.base import Facts, Plain
from auditor.facts.privileged_disks import Keyslot, Token
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeKey(Plain):
    """One file that opens a volume by itself. `chain`: what it lies on; `owner`, `mode`: None where not told."""

    volume: str
    path: str
    chain: str
    is_on_plain: bool | None  # None: not seen
    owner: int | None = None
    mode: int | None = None
    is_in_initramfs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFiles(Facts):
    """Every key file of crypttab. `boot`: what /boot lies on, where the initramfs is."""

    keys: tuple[VolumeKey, ...]
    boot: str = ""
    is_boot_plain: bool | None = None

    @property
    def beside_the_lock(self) -> tuple[VolumeKey, ...]:
        """Those that somebody who carries off the disks has, too."""
        return tuple(key for key in self.keys if key.is_on_plain or (key.is_in_initramfs and self.is_boot_plain))

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        unseen = [
            key for key in self.keys if key.is_on_plain is None or (key.is_in_initramfs and self.is_boot_plain is None)
        ]
        if unseen and not self.beside_the_lock:
            raise ValueError("a key of which nobody knows where it lies proves no health")


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeHeader(Plain):
    """One LUKS header. `passphrases`: the slots that no token opens and no key file of crypttab is known to."""

    volume: str
    version: int
    slots: tuple[Keyslot, ...]
    tokens: tuple[Token, ...]
    passphrases: tuple[Keyslot, ...]
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LuksHeaders(Facts):
    """Every LUKS header that root's helper found, opened or not."""

    headers: tuple[VolumeHeader, ...]
