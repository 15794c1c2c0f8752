"""What stands behind each door: probes, derivations and checks, or a refusal that names the culprit. Orders nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from auditor.check import AnyCheck, Check, complaint_about
from auditor.derive import AssetDerivation, Derivation, LocusDerivation, RunDerivation
from auditor.doors import CHECKS, DERIVATIONS, PROBES, Door, PluginError
from auditor.facts.base import Facts
from auditor.model import Tier
from auditor.probe import Probe


def probes_behind(installed: Iterable[Door]) -> list[tuple[Probe, Door]]:
    found: list[tuple[Probe, Door]] = []
    for door in installed:
        if door.group != PROBES:
            continue
        probe = _probe(door)
        for other, owner in found:
            both = set(other.yields) & set(probe.yields) if other.kind == probe.kind else set()
            for facts_type in both:
                raise PluginError(door, f"{door.value} yields {facts_type.__name__}, as a probe of {owner} does")
        found.append((probe, door))
    return found


def _probe(door: Door) -> Probe:
    made = door.open()
    probe: Any = made() if isinstance(made, type) else made
    kind, yields, tier = (getattr(probe, name, None) for name in ("kind", "yields", "tier"))
    able = all(callable(getattr(probe, name, None)) for name in ("observe", "plan"))
    if not (isinstance(kind, str) and kind and _are_facts(yields) and isinstance(tier, Tier) and able):
        raise PluginError(door, f"{door.value} is not a probe with kind, tier, yields, observe and plan")
    return cast("Probe", probe)


def derivations_behind(installed: Iterable[Door]) -> list[tuple[Derivation, Door]]:
    found: list[tuple[Derivation, Door]] = []
    for door in installed:
        if door.group != DERIVATIONS:
            continue
        for made in _sequence(door):
            if not isinstance(made, (LocusDerivation, AssetDerivation, RunDerivation)) or not _are_facts(made.reads):
                raise PluginError(door, f"{door.value} holds something that is not a derivation")
            for other, owner in found:
                if other.yields is made.yields:
                    name = made.yields.__name__
                    raise PluginError(door, f"{made.source} yields {name}, as {other.source} of {owner} does")
            found.append((made, door))
    return found


def checks_behind(installed: Iterable[Door]) -> list[tuple[AnyCheck, Door]]:
    found: dict[str, tuple[AnyCheck, Door]] = {}
    for door in installed:
        if door.group != CHECKS:
            continue
        for made in _sequence(door):
            if not isinstance(made, Check):
                raise PluginError(door, f"{door.value} holds something that is not a check")
            complaint = complaint_about(made)
            if complaint:
                raise PluginError(door, f"check {made.id!r}: {complaint}")
            if made.id in found:
                raise PluginError(door, f"check id {made.id} is taken by {found[made.id][1]}")
            found[made.id] = (made, door)
    return list(found.values())


def _sequence(door: Door) -> Sequence[object]:
    made = door.open()
    if not isinstance(made, (tuple, list)):
        raise PluginError(door, f"{door.value} is not a tuple")
    return made


def _are_facts(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and bool(value)
        and all(isinstance(item, type) and issubclass(item, Facts) for item in value)
    )
