"""Reads what another tool exported of laptops and hosts: no connection, one place for each machine. Never judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.imported import ImportedEncryption
from auditor.model import Asset, Basis, Export, Reason, Tier
from auditor.probe import Observation, Seen, Unseen
from auditor.probes.exports import ansible, fleet, intune, jamf, osquery
from auditor.probes.exports.rows import Fault, Reader, Row, Told
from auditor.probes.exports.times import start_of
from auditor.reach import ExportFile, Reach

READERS: dict[str, Reader] = {
    "ansible": ansible.read,
    "fleet": fleet.read,
    "intune": intune.read,
    "jamf": jamf.read,
    "osquery": osquery.read,
}
REST = "the rest"  # the place of machines that should be there and are not told of


class DevicesProbe:
    """One export; each machine in it is a place, called by its serial number or, where there is none, its name."""

    kind: ClassVar[str] = "devices"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (ImportedEncryption,)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        """Raises Unreachable where the export as a whole says nothing."""
        export = _export_of(asset)
        told = _read(export.format, reach.export(export.file))
        return _observed(export, told)

    def plan(self, asset: Asset) -> Iterable[str]:
        export = _export_of(asset)
        yield f"file {export.file} is read as an export of {export.format}; nothing is contacted"


def _export_of(asset: Asset) -> Export:
    if asset.export is None:
        raise TypeError("an asset of kind devices has an export")
    return asset.export


@lru_cache(maxsize=2)
def _read(form: str, files: tuple[ExportFile, ...]) -> tuple[Told, ...]:
    """Everything that the files say, read once for all the assets that share them."""
    return tuple(told for file in files for told in READERS[form](file))


def _observed(export: Export, told: Sequence[Told]) -> Iterator[Observation]:
    if not told:
        raise Unreachable(Reason.NOT_OBSERVED, f"{export.file}: it tells of no machine")
    groups = _by_machine(export, told)
    for name in sorted(groups):
        yield _of_machine(name, export, groups[name])
    known = {_bare(name) for name in groups}
    for name in export.hosts:
        if _bare(name) not in known:
            yield _unseen(name, Reason.GONE, f"{export.file} does not tell of it")
    if export.expected is not None and len(groups) < export.expected:
        counted = f"{export.file} tells of {len(groups):,} machines, and there should be {export.expected:,}"
        yield _unseen(REST, Reason.NOT_OBSERVED, counted)


def _by_machine(export: Export, told: Sequence[Told]) -> dict[str, list[Told]]:
    """What is told of each machine that is meant. A row that does not say whose it is has its line for a place."""
    meant = {_bare(name): name for name in export.hosts}
    groups: dict[str, list[Told]] = {}
    for one in told:
        name = _meant(one, meant) if meant else _called(one)
        if name is not None:
            groups.setdefault(name, []).append(one)
    return groups


def _called(one: Told) -> str:
    return one.serial or one.name or f"{one.file}:{one.line}"


def _meant(one: Told, meant: dict[str, str]) -> str | None:
    """The inventory's name of a machine. A row without any name may be of one that is meant, so it stays."""
    if not one.serial and not one.name:
        return _called(one)
    return meant.get(_bare(one.serial)) or meant.get(_bare(one.name))


def _bare(name: str) -> str:
    return name.casefold().strip()


def _of_machine(name: str, export: Export, told: Sequence[Told]) -> Seen | Unseen:
    """One machine. Of several rows the one that was told last counts, if it is certain that they are of one machine."""
    for one in told:
        if isinstance(one, Fault):
            return _unseen(name, one.reason, one.sentence)
    rows = [_dated(one, export.dated) for one in told if isinstance(one, Row)]
    for row in rows:
        if row.told_at is None:
            detail = f"{row.file}:{row.line}: neither the row nor `dated` in the inventory says when it was told"
            return _unseen(name, Reason.MALFORMED, detail)
    last = max(row.told_at for row in rows if row.told_at)
    latest = [row for row in rows if row.told_at == last]
    if len(rows) > 1 and not (_are_one_machine(rows) and len({row.volumes for row in latest}) == 1):
        both = " and ".join(f"{row.file}:{row.line}" for row in rows[:2])
        return _unseen(name, Reason.INCONSISTENT, f"{both} may be of one machine or of two")
    return _seen(name, export, latest[0], last)


def _dated(row: Row, day: date | None) -> Row:
    return row if row.told_at or day is None else replace(row, told_at=start_of(day))


def _are_one_machine(rows: Sequence[Row]) -> bool:
    """One serial number and one name. Two may bear one name, and one number that a maker left for all."""
    return bool(rows[0].serial) and len({(_bare(row.serial), _bare(row.name)) for row in rows}) == 1


def _seen(name: str, export: Export, row: Row, at: datetime) -> Seen | Unseen:
    if not row.volumes:
        return _unseen(name, Reason.NOT_OBSERVED, f"{row.file}:{row.line}: it tells of no drive")
    facts = ImportedEncryption(
        observed_at=at,
        source=export.format,
        file=row.file,
        line=row.line,
        platform=row.platform,
        volumes=row.volumes,
        devices=row.devices,
        lists_all=row.lists_all,
    )
    return Seen(facts, name, Basis.IMPORTED)


def _unseen(name: str, reason: Reason, detail: str) -> Unseen:
    return Unseen(ImportedEncryption, name, reason, detail)
