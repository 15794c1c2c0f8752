"""Entry points → checks, derivations and probes, or a refusal that names the culprit. Ours come in here too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib import import_module

from auditor.behind_doors import checks_behind, derivations_behind, probes_behind
from auditor.check import AnyCheck, Check, absent
from auditor.codec import type_name
from auditor.derive import AssetDerivation, Derivation, LocusDerivation, RunDerivation, can_arise
from auditor.doors import Door, Origin, PluginError, doors
from auditor.facts.base import Facts
from auditor.facts.declared import Declared
from auditor.late import one_at_a_time
from auditor.model import Asset, Finding, Tier
from auditor.probe import Probe, late_of, leads
from auditor.records import dataclass

EVERY_TIER = frozenset(Tier)
ABSENT = Origin("a distribution that is not installed", "any more")


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
        return {check.id: self.kinds_of(check) for check in self.checks}

    def kinds_of(self, part: Probe | Derivation | AnyCheck) -> frozenset[str]:
        """The kinds of asset that a part has to do with."""
        if isinstance(part, Check):
            return frozenset(kind for kind in self.kinds if part.reads in self._reachable(kind, EVERY_TIER))
        if isinstance(part, LocusDerivation | AssetDerivation | RunDerivation):
            return frozenset(kind for kind in self.kinds if can_arise(part, self._reachable(kind, EVERY_TIER)))
        return frozenset({part.kind})

    @property
    def facts_types(self) -> tuple[type[Facts], ...]:
        """What the probes see, each type once: several probes may see the same."""
        return tuple(dict.fromkeys(facts_type for probe in self.probes for facts_type in probe.yields))

    @cached_property
    def kinds(self) -> frozenset[str]:
        return frozenset(probe.kind for probe in self.probes)

    def probes_for(self, asset: Asset) -> tuple[Probe, ...]:
        """The probes that are asked of an asset."""
        return tuple(probe for probe in self.probes if probe.kind == asset.kind and probe.tier in asset.tiers)

    def first_for(self, asset: Asset) -> Probe | None:
        """The one that others may join."""
        return next(filter(leads, self.probes_for(asset)), None)

    def checks_for(self, asset: Asset) -> tuple[AnyCheck, ...]:
        """The checks that are asked of an asset: their tier is, and so is that of the facts they rest on."""
        key = (asset.kind, asset.tiers)
        if key not in self._asked:
            known = self._reachable(*key)
            self._asked[key] = tuple(one for one in self.checks if one.reads in known and one.tier in asset.tiers)
        return self._asked[key]

    def not_asked(self, asset: Asset) -> tuple[AnyCheck, ...]:
        """The checks that exist for this kind of asset and are not asked of it."""
        key = (asset.kind, asset.tiers)
        if key not in self._left:
            asked = {check.id for check in self.checks_for(asset)}
            known = self._reachable(asset.kind, EVERY_TIER)
            self._left[key] = tuple(one for one in self.checks if one.reads in known and one.id not in asked)
        return self._left[key]

    def _reachable(self, kind: str, tiers: frozenset[Tier]) -> frozenset[type[Facts]]:
        key = (kind, tiers)
        if key not in self._reached:
            probes = (probe for probe in self.probes if probe.kind == kind and probe.tier in tiers)
            self._reached[key] = _reach_from(probes, self.derivations)
        return self._reached[key]

    @cached_property
    def _left(self) -> dict[tuple[str, frozenset[Tier]], tuple[AnyCheck, ...]]:
        """The checks that are not asked, by kind and tiers."""
        return {}

    @cached_property
    def _asked(self) -> dict[tuple[str, frozenset[Tier]], tuple[AnyCheck, ...]]:
        return {}

    @cached_property
    def _reached(self) -> dict[tuple[str, frozenset[Tier]], frozenset[type[Facts]]]:
        return {}


def _in_order(checks: Iterable[AnyCheck]) -> tuple[AnyCheck, ...]:
    return tuple(sorted(checks, key=lambda check: check.id))


def load(kinds: frozenset[str] | None = None, installed: Sequence[Door] | None = None) -> Parts:
    """Load every installed part, in the order of distribution and entry point names. Raises PluginError.

    `kinds`: only what can be asked of these kinds of asset. Of them it says the same as all parts do; what is wrong
    with the others is not noticed. `installed`: what `doors` gave for them, where somebody has asked already.
    """
    found = doors(kinds) if installed is None else installed
    probes, derivations, checks = probes_behind(found), derivations_behind(found), checks_behind(found)
    _refuse_clashing_facts(probes, derivations)
    if kinds is not None:
        derivations = _arising(probes, derivations)
    ordered = _ordered(probes, derivations, is_whole=kinds is None)
    known = _reach_from((probe for probe, _ in probes), ordered)
    if kinds is None:
        _refuse_unreachable(checks, known)
    parts = Parts(
        checks=_in_order(check for check, _ in checks if check.reads in known),
        derivations=ordered,
        probes=tuple(probe for probe, _ in probes),
        origins={check.id: door.origin for check, door in checks if check.reads in known},
        other_origins=tuple(door.origin for _, door in (*probes, *derivations)),
    )
    if kinds is None:
        _refuse_wrong_kinds(parts, *probes, *derivations, *checks)
    return parts


def load_probes(installed: Sequence[Door]) -> Parts:
    """Their probes alone: enough to begin to look. Raises PluginError."""
    probes = probes_behind(installed)
    return Parts(checks=(), derivations=(), probes=tuple(probe for probe, _ in probes), origins={})


def load_late(probes: Iterable[Probe]) -> None:
    """Load what these probes load when they look for the first time. Raises PluginError."""
    for probe in probes:
        for module in late_of(probe):
            try:
                with one_at_a_time():
                    import_module(module)
            except ImportError as error:
                what = f"{module} could not be loaded: {type(error).__name__}: {error}"
                raise PluginError(type(probe).__name__, what) from error


def _refuse_clashing_facts(
    probes: Iterable[tuple[Probe, Door]], derivations: Iterable[tuple[Derivation, Door]]
) -> None:
    """Stored data names facts types by their bare names: two types may not share one."""
    named: dict[str, type[Facts]] = {type_name(Declared): Declared}
    pairs = [(facts_type, door) for probe, door in probes for facts_type in probe.yields]
    pairs += [(derivation.yields, door) for derivation, door in derivations]
    for facts_type, door in pairs:
        if named.setdefault(type_name(facts_type), facts_type) is not facts_type:
            raise PluginError(door, f"the facts type name {type_name(facts_type)} is taken")


def _arising(
    probes: Iterable[tuple[Probe, Door]], derivations: Iterable[tuple[Derivation, Door]]
) -> list[tuple[Derivation, Door]]:
    """Those that can conclude anything of what these probes yield, in whatever order they stand."""
    arising: set[type[Facts]] = set()  # by what they yield: no two yield the same
    known = {facts_type for probe, _ in probes for facts_type in probe.yields}
    waiting = list(derivations)
    while ready := {row[0].yields for row in waiting if can_arise(row[0], known)}:
        known |= ready
        arising |= ready
        waiting = [row for row in waiting if row[0].yields not in ready]
    return [row for row in derivations if row[0].yields in arising]


def _ordered(
    probes: Iterable[tuple[Probe, Door]], derivations: Sequence[tuple[Derivation, Door]], *, is_whole: bool
) -> tuple[Derivation, ...]:
    """Derivations in an order in which each finds its inputs. Raises PluginError for inputs that nobody yields.

    Unless `is_whole`, such inputs are another kind's, and stay away.
    """
    known: set[type[Facts]] = {Declared, *(facts_type for probe, _ in probes for facts_type in probe.yields)}
    if not is_whole:
        made = {derivation.yields for derivation, _ in derivations}
        known |= {
            facts_type for derivation, _ in derivations for facts_type in derivation.reads if facts_type not in made
        }
    waiting, ordered = list(derivations), []
    while waiting:
        ready = [row for row in waiting if set(row[0].reads) <= known]
        if not ready:
            derivation, door = waiting[0]
            missing = ", ".join(sorted(facts_type.__name__ for facts_type in set(derivation.reads) - known))
            raise PluginError(door, f"{derivation.source} reads {missing}, which nothing installed yields before it")
        ordered += [derivation for derivation, _ in ready]
        found = {derivation.yields for derivation, _ in ready}
        known |= found
        waiting = [row for row in waiting if row[0].yields not in found]
    return tuple(ordered)


def _refuse_unreachable(checks: Iterable[tuple[AnyCheck, Door]], known: frozenset[type[Facts]]) -> None:
    for check, door in checks:
        if check.reads not in known:
            raise PluginError(door, f"check {check.id} reads {check.reads.__name__}, which no installed probe yields")


def _refuse_wrong_kinds(parts: Parts, *rows: tuple[Probe | Derivation | AnyCheck, Door]) -> None:
    """A part that is asked of a kind whose group it does not stand in would be missed where that alone is looked at."""
    for part, door in rows:
        for kind in sorted(parts.kinds_of(part) - door.kinds) if door.kinds else ():
            raise PluginError(
                door, f"{door.value} is asked of {kind}, too, and is not in the group {door.group}.{kind}"
            )


def _reach_from(probes: Iterable[Probe], derivations: Iterable[Derivation]) -> frozenset[type[Facts]]:
    """Every facts type that can come of these probes."""
    known: set[type[Facts]] = {facts_type for probe in probes for facts_type in probe.yields}
    for derivation in derivations:
        if can_arise(derivation, known):
            known.add(derivation.yields)
    return frozenset(known)
