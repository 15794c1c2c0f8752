"""What an inventory comes to for the rest of the house: the nouns of `model.py`, typed and complete. Knows no YAML."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from auditor.model import Asset, System, Waiver
from auditor.reach.fence import Fence

# Check ids that a waiver may name; a mapping also says of which kinds of asset each can be asked.
KnownChecks: TypeAlias = Collection[str] | Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """Who is accountable for systems."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """One city. Asset ids are "system/asset"; `retired` holds system ids and asset ids.

    `digest` is the SHA-256, in hex, of the content: comments, layout and the order of keys do not change it.
    """

    id: str
    name: str
    timezone: str  # IANA
    fence: Fence
    departments: tuple[Department, ...]
    systems: tuple[System, ...]
    assets: tuple[Asset, ...]
    waivers: tuple[Waiver, ...]
    retired: frozenset[str]
    digest: str
