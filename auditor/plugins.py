"""Entry points → checks, derivations and probes, or a refusal that names the culprit. Ours come in here too."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from auditor.check import Check, absent, complaint_about
from auditor.codec import type_name
from auditor.derive import AssetDerivation, Derivation, LocusDerivation, RunDerivation, can_arise
from auditor.errors import InternalError
from auditor.facts.base import Facts
from auditor.facts.declared import Declared
from auditor.model import Asset, Finding, Tier
from auditor.probe import Probe
from auditor.records import dataclass

AnyCheck = Check[Any]
CHECKS, DERIVATIONS, PROBES = "auditor.checks", "auditor.derivations", "auditor.probes"


@dataclass(frozen=True, slots=True)
class Origin:
    """The distribution that a part came from."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


ABSENT = Origin("a distribution that is not installed", "any more")


class PluginError(InternalError):
    """A plug-in that may not be loaded."""

    def __init__(self, origin: object, what: str) -> None:
        super().__init__(f"{origin}: {what}.", "Fix or uninstall that distribution; nothing was probed.")


@dataclass(frozen=True)
class Parts:
    """All that is installed. Checks are in the order of their ids, derivations in the order in which they can run."""

    checks: tuple[AnyCheck, ...]
    derivations: tuple[Derivation, ...]
    probes: tuple[Probe, ...]
    origins: Mapping[str, Origin]  # by check id
    other_origins: tuple[Origin, ...] = ()  # of probes and derivations

    @property
    def distributions(self) -> tuple[str, ...]:
        """All that looks and judges here, by name and version."""
        return tuple(sorted({str(origin) for origin in (*self.origins.values(), *self.other_origins)}))

    @cached_property
    def by_id(self) -> Mapping[str, AnyCheck]:
        return {check.id: check for check in self.checks}

    def with_absent(self, findings: Iterable[Finding]) -> Parts:
        """These parts, and a stand-in for every check of `findings` that is not installed any more.

        For readers of a report alone: nobody can ask such a check of anything.
        """
        gone = {one.check: absent(one) for one in findings if one.check not in self.by_id}
        if not gone:
            return self
        origins = {**self.origins, **dict.fromkeys(gone, ABSENT)}
        return replace(self, checks=_in_order((*self.checks, *gone.values())), origins=origins)

    @cached_property
    def kinds_of_checks(self) -> Mapping[str, frozenset[str]]:
        """The kinds of asset that each check can be asked of."""
        everything = frozenset(Tier)
        return {
            check.id: frozenset(kind for kind in self.kinds if check.reads in self._reachable(kind, everything))
            for check in self.checks
        }

    @property
    def facts_types(self) -> tuple[type[Facts], ...]:
        return tuple(facts_type for probe in self.probes for facts_type in probe.yields)

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(probe.kind for probe in self.probes)

    def probes_for(self, asset: Asset) -> tuple[Probe, ...]:
        """The probes that are asked of an asset."""
        return tuple(probe for probe in self.probes if probe.kind == asset.kind and probe.tier in asset.tiers)

    def checks_for(self, asset: Asset) -> tuple[AnyCheck, ...]:
        """The checks that are asked of an asset: their tier is, and so is that of the facts they rest on."""
        key = (asset.kind, asset.tiers)
        if key not in self._asked:
            known = self._reachable(*key)
            self._asked[key] = tuple(one for one in self.checks if one.reads in known and one.tier in asset.tiers)
        return self._asked[key]

    def not_asked(self, asset: Asset) -> tuple[AnyCheck, ...]:
        """The checks that exist for this kind of asset and are not asked of it."""
        asked = {check.id for check in self.checks_for(asset)}
        known = self._reachable(asset.kind, frozenset(Tier))
        return tuple(check for check in self.checks if check.reads in known and check.id not in asked)

    def _reachable(self, kind: str, tiers: frozenset[Tier]) -> frozenset[type[Facts]]:
        key = (kind, tiers)
        if key not in self._reached:
            probes = (probe for probe in self.probes if probe.kind == kind and probe.tier in tiers)
            self._reached[key] = _reach_from(probes, self.derivations)
        return self._reached[key]

    @cached_property
    def _asked(self) -> dict[tuple[str, frozenset[Tier]], tuple[AnyCheck, ...]]:
        return {}

    @cached_property
    def _reached(self) -> dict[tuple[str, frozenset[Tier]], frozenset[type[Facts]]]:
        return {}


def _in_order(checks: Iterable[AnyCheck]) -> tuple[AnyCheck, ...]:
    return tuple(sorted(checks, key=lambda check: check.id))


def load() -> Parts:
    """Load every installed part, in the order of distribution and entry point names. Raises PluginError."""
    rows = sorted(_entry_points(), key=lambda row: (row[0].name, row[1].group, row[1].name))
    probes = _load_probes(rows)
    derivations = _load_derivations(rows)
    checks = _load_checks(rows)
    _refuse_clashing_facts(probes, derivations)
    ordered = _ordered(probes, derivations)
    known = _reach_from((probe for probe, _ in probes), ordered)
    for check, origin in checks:
        if check.reads not in known:
            raise PluginError(origin, f"check {check.id} reads {check.reads.__name__}, which no installed probe yields")
    return Parts(
        checks=_in_order(check for check, _ in checks),
        derivations=ordered,
        probes=tuple(probe for probe, _ in probes),
        origins={check.id: origin for check, origin in checks},
        other_origins=tuple(origin for _, origin in (*probes, *derivations)),
    )


Row = tuple[Origin, EntryPoint, Distribution]


def _entry_points() -> Iterator[Row]:
    seen: set[tuple[str, str, str]] = set()
    for distribution in distributions():
        points = [point for point in distribution.entry_points if point.group in (CHECKS, DERIVATIONS, PROBES)]
        if not points:
            continue  # before its metadata is read, which takes a millisecond for each distribution
        origin = Origin(distribution.metadata["Name"], distribution.version)
        for point in points:
            key = (origin.name, point.group, point.name)
            if key not in seen:
                seen.add(key)
                yield origin, point, distribution


def _load_probes(rows: Iterable[Row]) -> list[tuple[Probe, Origin]]:
    found: list[tuple[Probe, Origin]] = []
    for origin, point, distribution in rows:
        if point.group != PROBES:
            continue
        probe = _probe(origin, point, _import(origin, point, distribution))
        for other, owner in found:
            both = set(other.yields) & set(probe.yields) if other.kind == probe.kind else set()
            for facts_type in both:
                raise PluginError(origin, f"{point.value} yields {facts_type.__name__}, as a probe of {owner} does")
        found.append((probe, origin))
    return found


def _probe(origin: Origin, point: EntryPoint, made: object) -> Probe:
    probe: Any = made() if isinstance(made, type) else made
    kind, yields, tier = (getattr(probe, name, None) for name in ("kind", "yields", "tier"))
    able = all(callable(getattr(probe, name, None)) for name in ("observe", "plan"))
    if not (isinstance(kind, str) and kind and _are_facts(yields) and isinstance(tier, Tier) and able):
        raise PluginError(origin, f"{point.value} is not a probe with kind, tier, yields, observe and plan")
    return cast("Probe", probe)


def _load_derivations(rows: Iterable[Row]) -> list[tuple[Derivation, Origin]]:
    found: list[tuple[Derivation, Origin]] = []
    for origin, point, distribution in rows:
        if point.group != DERIVATIONS:
            continue
        for made in _sequence(origin, point, _import(origin, point, distribution)):
            if not isinstance(made, (LocusDerivation, AssetDerivation, RunDerivation)) or not _are_facts(made.reads):
                raise PluginError(origin, f"{point.value} holds something that is not a derivation")
            for other, owner in found:
                if other.yields is made.yields:
                    name = made.yields.__name__
                    raise PluginError(origin, f"{made.source} yields {name}, as {other.source} of {owner} does")
            found.append((made, origin))
    return found


def _load_checks(rows: Iterable[Row]) -> list[tuple[AnyCheck, Origin]]:
    found: dict[str, tuple[AnyCheck, Origin]] = {}
    for origin, point, distribution in rows:
        if point.group != CHECKS:
            continue
        for made in _sequence(origin, point, _import(origin, point, distribution)):
            if not isinstance(made, Check):
                raise PluginError(origin, f"{point.value} holds something that is not a check")
            complaint = complaint_about(made)
            if complaint:
                raise PluginError(origin, f"check {made.id!r}: {complaint}")
            if made.id in found:
                raise PluginError(origin, f"check id {made.id} is taken by {found[made.id][1]}")
            found[made.id] = (made, origin)
    return list(found.values())


def _import(origin: Origin, point: EntryPoint, distribution: Distribution) -> object:
    try:
        made: object = point.load()
    except (ImportError, AttributeError, ValueError, TypeError, SyntaxError, NameError) as error:
        raise PluginError(origin, f"{point.value} could not be loaded: {type(error).__name__}: {error}") from error
    _refuse_stranger(origin, point, distribution)
    return made


def _refuse_stranger(origin: Origin, point: EntryPoint, distribution: Distribution) -> None:
    """The module that was loaded must be the distribution's own: `checks` is a name that others may install too."""
    file = getattr(sys.modules.get(point.module), "__file__", None)
    if file is None or not _ground(distribution).holds(Path(file)):
        raise PluginError(origin, f"{point.module} was loaded from {file}, which does not belong to that distribution")


@dataclass(frozen=True, slots=True)
class _Ground:
    """Where a distribution's files are. `source`: of an editable installation; None: an ordinary one, at `root`."""

    source: Path | None
    root: Path
    files: frozenset[str]  # under `root`

    def holds(self, file: Path) -> bool:
        if self.source is not None:
            return file.resolve().is_relative_to(self.source)
        if file.is_relative_to(self.root) and file.relative_to(self.root).as_posix() in self.files:
            return True
        real = file.resolve()  # installers lay links, too
        return any((self.root / name).resolve() == real for name in self.files)


@lru_cache(maxsize=16)
def _ground(distribution: Distribution) -> _Ground:
    """Asked for each entry point, so it is found out once: a wheel lists hundreds of files."""
    files = frozenset(path.as_posix() for path in distribution.files or ())
    return _Ground(_editable_root(distribution), Path(str(distribution.locate_file(""))), files)


def _editable_root(distribution: Distribution) -> Path | None:
    """Where an editable installation has its source (PEP 610), or None for an ordinary one."""
    record = json.loads(distribution.read_text("direct_url.json") or "{}")
    if not record.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(record["url"]).path)).resolve()


def _refuse_clashing_facts(
    probes: Iterable[tuple[Probe, Origin]], derivations: Iterable[tuple[Derivation, Origin]]
) -> None:
    """Stored data names facts types by their bare names: two types may not share one."""
    named: dict[str, type[Facts]] = {type_name(Declared): Declared}
    pairs = [(facts_type, origin) for probe, origin in probes for facts_type in probe.yields]
    pairs += [(derivation.yields, origin) for derivation, origin in derivations]
    for facts_type, origin in pairs:
        if named.setdefault(type_name(facts_type), facts_type) is not facts_type:
            raise PluginError(origin, f"the facts type name {type_name(facts_type)} is taken")


def _ordered(
    probes: Iterable[tuple[Probe, Origin]], derivations: Sequence[tuple[Derivation, Origin]]
) -> tuple[Derivation, ...]:
    """Derivations in an order in which each finds its inputs. Raises PluginError for inputs that nobody yields."""
    known: set[type[Facts]] = {Declared, *(facts_type for probe, _ in probes for facts_type in probe.yields)}
    waiting, ordered = list(derivations), []
    while waiting:
        ready = [row for row in waiting if set(row[0].reads) <= known]
        if not ready:
            derivation, origin = waiting[0]
            missing = ", ".join(sorted(facts_type.__name__ for facts_type in set(derivation.reads) - known))
            raise PluginError(origin, f"{derivation.source} reads {missing}, which nothing installed yields before it")
        ordered += [derivation for derivation, _ in ready]
        known |= {derivation.yields for derivation, _ in ready}
        waiting = [row for row in waiting if row not in ready]
    return tuple(ordered)


def _reach_from(probes: Iterable[Probe], derivations: Iterable[Derivation]) -> frozenset[type[Facts]]:
    """Every facts type that can come of these probes."""
    known: set[type[Facts]] = {facts_type for probe in probes for facts_type in probe.yields}
    for derivation in derivations:
        if can_arise(derivation, known):
            known.add(derivation.yields)
    return frozenset(known)


def _sequence(origin: Origin, point: EntryPoint, made: object) -> Sequence[object]:
    if not isinstance(made, (tuple, list)):
        raise PluginError(origin, f"{point.value} is not a tuple")
    return made


def _are_facts(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and bool(value)
        and all(isinstance(item, type) and issubclass(item, Facts) for item in value)
    )
