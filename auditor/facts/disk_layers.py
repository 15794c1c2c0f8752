"""Derived: the encrypting layers below what is mounted and swapped, the file systems that encrypt by themselves."""

from __future__ import annotations

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Plain):
    """One encrypting device mapping below a place."""

    place: str  # "mount /srv"
    name: str  # the mapping's: "records_crypt"
    kind: str  # "LUKS1", "LUKS2", "LUKS2-OPAL", "PLAIN", "TCRYPT", …
    chain: str
    is_swap: bool = False
    is_verified_software: bool = False  # root's table shows dm-crypt at work: the drive is not trusted alone


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskLayers(Facts):
    """Every one of them. Raises nothing: that there are none is an answer."""

    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEncryption(Facts):
    """Where directories are encrypted by themselves (eCryptfs, fscrypt). `on_plain`: those over plain storage."""

    directories: tuple[str, ...]
    on_plain: tuple[str, ...]  # "/home/ada/Private (eCryptfs) over mount /"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainDataset(Plain):
    """One ZFS data set without encryption below one that has it."""

    name: str
    parent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZfsInheritance(Facts):
    """`encrypted`: how many data sets are."""

    encrypted: int
    plain_below: tuple[PlainDataset, ...]
