"""Look at every asset, host by host. Judges nothing; what a probe does not say is Unseen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from auditor.engine import Engine, Threads
from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.model import Asset, Reason, Tier
from auditor.plugins import Parts
from auditor.probe import Found, Observation, Probe, Seen, Unseen
from auditor.reach import Reach, Reaches, host_of


@dataclass(frozen=True, slots=True)
class Look:
    """All that was observed of one asset in this run."""

    asset: Asset
    sights: tuple[Seen | Unseen, ...]
    found: tuple[Asset, ...] = ()


@dataclass(frozen=True, slots=True)
class Looking:
    """How one run looks. `tiers`: those that are looked at; what others would have shown is Unseen."""

    parts: Parts
    reaches: Reaches
    tiers: frozenset[Tier]

    def host(self, assets: Sequence[Asset]) -> tuple[Look, ...]:
        return tuple(self.asset(asset) for asset in assets)

    def asset(self, asset: Asset) -> Look:
        said = [one for probe in self.parts.probes_for(asset) for one in self._with(probe, asset)]
        sights = tuple(one for one in said if not isinstance(one, Found))
        return Look(asset, sights, tuple(one.asset for one in said if isinstance(one, Found)))

    def _with(self, probe: Probe, asset: Asset) -> list[Observation]:
        if probe.tier not in self.tiers:
            detail = f"the {probe.tier.value} tier was left out of this run"
            return [Unseen(kind, "", Reason.NOT_OBSERVED, detail) for kind in probe.yields]
        return observe_with(probe, asset, self.reaches.of(asset))


def observe(
    assets: Iterable[Asset],
    parts: Parts,
    reaches: Reaches,
    *,
    tiers: frozenset[Tier] = frozenset(Tier),
    engine: Engine | None = None,
) -> Iterator[Look]:
    """Look at every asset, host by host, as the results come. Never raises for what a target does."""
    for looks in (engine or Threads()).map(Looking(parts, reaches, tiers).host, _by_host(assets)):
        yield from looks


def _by_host(assets: Iterable[Asset]) -> Iterator[tuple[Asset, ...]]:
    """The unit of work is all assets of one host, so that politeness stays inside a worker."""
    groups: dict[str, list[Asset]] = defaultdict(list)
    for asset in assets:
        groups[host_of(asset.address)].append(asset)
    for host in tuple(groups):
        yield tuple(groups.pop(host))


def observe_with(probe: Probe, asset: Asset, reach: Reach) -> list[Observation]:
    """One probe's answer, complete: what it is silent about is Unseen, and so is what it broke off."""
    said: list[Observation] = []
    try:
        for observation in probe.observe(asset, reach):
            said.append(_fitting(observation, probe))
        reason, detail = Reason.NOT_OBSERVED, type(probe).__name__
    except Unreachable as unreachable:
        reason, detail = unreachable.reason, unreachable.detail
    except Exception as error:  # noqa: BLE001 - the one guard around a probe: a crash is Unseen, with its reason kept
        reason, detail = Reason.PROBE_ERROR, f"{type(probe).__name__}: {type(error).__name__}"
    spoken = {_type_of(one) for one in said if not isinstance(one, Found)}
    broken = reason is not Reason.NOT_OBSERVED
    return said + [Unseen(kind, "", reason, detail) for kind in probe.yields if broken or kind not in spoken]


def _fitting(observation: Observation, probe: Probe) -> Observation:
    """A stranger's probe may say anything. Raises TypeError for what is no observation, or of facts not in `yields`."""
    if isinstance(observation, Found) or (
        isinstance(observation, (Seen, Unseen)) and _type_of(observation) in probe.yields
    ):
        return observation
    raise TypeError("not an observation that the probe yields")


def _type_of(sight: Seen | Unseen) -> type[Facts]:
    return sight.facts_type if isinstance(sight, Unseen) else type(sight.facts)
