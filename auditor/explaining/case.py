"""One kept run, judged again, and the places of it that somebody asks about."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from auditor import asked as asking
from auditor.asked import Asked as Inventory
from auditor.errors import UsageError
from auditor.model import Asset, Carried, Finding, Report, System
from auditor.past import Key, Recorded
from auditor.plugins import Parts
from auditor.records import dataclass
from auditor.reports.explanation.nouns import gravest_first
from auditor.reports.harmless import for_terminal
from auditor.rubric import Rubric, parse_rubric
from auditor.store import pages, runs, story
from auditor.vendors import Register, register_of

if TYPE_CHECKING:
    from auditor.store.kept import Store

NAMED = 5  # that a message names
ALIKE = 0.5  # how much alike two names are, from 0 to 1, for one to be meant by the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody types: a system or an asset, then perhaps a check, then perhaps a place."""

    subject: str
    check: str | None = None
    locus: str | None = None


@dataclass(frozen=True)
class Case:
    """A finished run with its report."""

    store: Store
    run: runs.Run
    parts: Parts
    report: Report

    @cached_property
    def inventory(self) -> Inventory:
        return asking.read(self.run.opening.asked)

    @cached_property
    def register(self) -> Register:
        return register_of(self.inventory, self.run.opening.started)

    @cached_property
    def rubric(self) -> Rubric:
        return parse_rubric(self.run.opening.rules.decode(), self.run.id)

    @cached_property
    def carried(self) -> Sequence[Carried]:
        """The earlier outcomes that the run relied on."""
        with self.store.reading() as connection:
            return tuple(pages.read_carried(connection, self.run.no))

    @cached_property
    def assets(self) -> dict[str, Asset]:
        """By id. A former id that somebody has is nobody else's past."""
        return {asset.id: asset for asset in story.with_free_names(self.report.assets)}

    @cached_property
    def systems(self) -> dict[str, System]:
        return {system.id: system for system in self.report.systems}

    def stories(self, assets: Iterable[Asset], check: str | None = None) -> dict[Key, tuple[Recorded, ...]]:
        """What was recorded of these assets' places up to this run."""
        with self.store.reading() as connection:
            return story.stories(connection, assets, self.run.no, check)

    def assets_named(self, name: str) -> tuple[Asset, ...]:
        """The asset of this id, or that had it before; or all assets of a system. Raises UsageError."""
        if name in self.assets:
            return (self.assets[name],)
        heirs = tuple(asset for asset in self.assets.values() if name in asset.formerly)
        found = heirs or tuple(asset for asset in self.assets.values() if asset.system == name)
        if found or name in self.systems:
            return found
        known = [*self.parts.by_id, *self.assets, *self.systems]
        raise unknown(f"{name!r} is no check, and no system or asset of run {self.run.id}.", name, known)

    def findings_named(self, asked: Asked) -> tuple[Finding, ...]:
        """The findings that are asked for, the gravest first. Raises UsageError that says what there is instead."""
        assets = self.assets_named(asked.subject)
        names = {asset.id for asset in assets}
        found = sorted((one for one in self.report.findings if one.asset in names), key=gravest_first)
        if asked.check is None:
            return tuple(found)
        if asked.check not in self.parts.by_id:
            raise unknown(f"{asked.check!r} is no check.", asked.check, self.parts.by_id)
        places = [one for one in found if one.check == asked.check]
        if not places:
            raise self._not_asked(asked, assets)
        if asked.locus is None:
            return tuple(places)
        return self._at(asked.locus, places)

    def _not_asked(self, asked: Asked, assets: Iterable[Asset]) -> UsageError:
        tier = self.parts.by_id[asked.check or ""].tier.value
        if any((asset.id, asked.check) in self.report.not_asked for asset in assets):
            return UsageError(
                f"{asked.check} is not asked of {asked.subject}: it belongs to the {tier} tier.",
                f"Add {tier} to `tiers` in the inventory to have it asked.",
            )
        return UsageError(
            f"{asked.check} is not asked of {asked.subject}: it is for another kind of asset.",
            f"What is asked: `auditor explain {shlex.quote(for_terminal(asked.subject))}`.",
        )

    def _at(self, locus: str, places: Sequence[Finding]) -> tuple[Finding, ...]:
        """A place may be written as it is shown, too."""
        found = tuple(one for one in places if locus in (one.locus, for_terminal(one.locus)))
        if found:
            return found
        names = list(dict.fromkeys(for_terminal(one.locus) or '""' for one in places))
        more = f", and {len(names) - NAMED} more" if len(names) > NAMED else ""
        first = places[0]
        raise UsageError(
            f"{first.asset} has no place {locus!r} where {first.check} is asked.",
            f"There is: {', '.join(names[:NAMED])}{more}.",
        )


def unknown(message: str, name: str, known: Iterable[str]) -> UsageError:
    """A name that nobody has, with the one that may be meant."""
    alike = difflib.get_close_matches(name, list(known), 3, ALIKE)
    if alike:
        return UsageError(message, f"Did you mean {' or '.join(alike)}?")
    return UsageError(message, "List checks with `auditor checks`, systems and assets with `auditor report table`.")
