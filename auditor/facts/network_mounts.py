"""Derived: file systems that a server mounts over the network, and how their data travels."""

from __future__ import annotations

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkMount(Plain):
    """`is_sealed`: is everything encrypted on its way; None where it was not told. `by`: the options that say so."""

    point: str
    source: str
    is_sealed: bool | None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NfsMounts(Facts):
    """All of them. A mount whose options were not told keeps it from existing, unless another is in the clear."""

    mounts: tuple[NetworkMount, ...]

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        _require(self.mounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmbMounts(Facts):
    """All of them, as `NfsMounts`."""

    mounts: tuple[NetworkMount, ...]

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        _require(self.mounts)


def _require(mounts: tuple[NetworkMount, ...]) -> None:
    told = [mount.is_sealed for mount in mounts]
    if None in told and False not in told:
        raise ValueError("a mount of which nobody knows how it travels proves no health")
