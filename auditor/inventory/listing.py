"""What an inventory comes to for the rest of the house: the nouns of `model`, typed and complete. Knows no YAML."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import TypeAlias

from auditor.inventory.complaints import Complaint
from auditor.inventory.shrinking import Shrunk, shrunk
from auditor.model import Asset, Attestation, ClassTag, Department, Leaving, System, Vendor, Waiver
from auditor.reach.fence import Fence
from auditor.records import dataclass

# Check ids that a waiver may name; a mapping also says of which kinds of asset each can be asked.
KnownChecks: TypeAlias = Collection[str] | Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenPart:
    """A part that could not be used as it lies there. Its last good copy serves, and nothing in it is up to date."""

    path: str  # as written under `include`
    complaints: tuple[Complaint, ...]
    systems: tuple[str, ...]  # ids of the systems that come from the copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """One city, as it is on the day of reading. Asset ids are "system/asset".

    `retired` holds system ids and asset ids, `retired_checks` check ids: of the entries whose day has come;
    `leaving`: entries of a later day for what is still listed.
    `digest` is the SHA-256, in hex, of the content: comments, layout, the order of keys and of entries, and how it is
    divided into parts do not change it. `parts` has the text of each included file by its path as written, the copy's
    where that serves: what is handed to the next reading as `last_good`.
    """

    id: str
    name: str
    timezone: str  # IANA
    fence: Fence
    departments: tuple[Department, ...]
    systems: tuple[System, ...]
    assets: tuple[Asset, ...]
    waivers: tuple[Waiver, ...]
    attestations: tuple[Attestation, ...]
    retired: frozenset[str]
    retired_checks: frozenset[str]
    leaving: tuple[Leaving, ...]
    digest: str
    parts: Mapping[str, str] = field(default_factory=dict)
    broken: tuple[BrokenPart, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    class_tag: ClassTag = field(default_factory=ClassTag)

    def shrunk(self, before: Collection[str]) -> Shrunk | None:
        """Did at least half of the assets vanish that were accountable before? `before`: their ids."""
        known = {asset.id for asset in self.assets}.union(*(asset.formerly for asset in self.assets))
        return shrunk(before, known, self.retired)
