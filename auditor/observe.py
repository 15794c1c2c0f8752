"""Look at every asset, host by host. Judges nothing; what a probe does not say is Unseen."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from auditor import journal
from auditor.asked import Asked
from auditor.engine import Engine, Threads
from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.model import Asset, Reason, Tier
from auditor.probe import Found, Observation, Probe, Seen, Unseen
from auditor.reach import Reach, Reaches, host_of
from auditor.records import dataclass
from auditor.together import Probes, ask_together
from auditor.unclaimed import unclaimed


@dataclass(frozen=True, slots=True)
class Look:
    """All that was observed of one asset in this run."""

    asset: Asset
    sights: tuple[Seen | Unseen, ...]
    found: tuple[Asset, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """A look, and what the log says beside it. `broken`: probe → the class of the error that ended it."""

    look: Look
    seconds: float
    connections: int
    broken: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Looking:
    """How one run looks. `tiers`: those that are looked at; what others would have shown is Unseen.

    `together`: two probes at a time, where they allow it. Who looks at many hosts need not.
    """

    probes: Probes
    reaches: Reaches
    tiers: frozenset[Tier]
    together: bool = False

    def host(self, assets: Iterable[Asset]) -> Iterator[Looked]:
        """The assets of one host, one after the other: each is handed on before the next is looked at."""
        return map(self._looked, assets)

    def asset(self, asset: Asset) -> Look:
        return self._looked(asset).look

    def _looked(self, asset: Asset) -> Looked:
        began, reach = time.monotonic(), self.reaches.of(asset)
        before = reach.connections(host_of(asset.address))
        answers = self._answers(asset, reach)
        said = [one for answer in answers for one in answer.said]
        sights = tuple(one for one in said if not isinstance(one, Found))
        return Looked(
            look=Look(asset, sights, tuple(one.asset for one in said if isinstance(one, Found))),
            seconds=time.monotonic() - began,
            connections=reach.connections(host_of(asset.address)) - before,
            broken={answer.probe: answer.error for answer in answers if answer.error},
        )

    def _answers(self, asset: Asset, reach: Reach) -> list[_Answer]:
        if not self.together:
            return [self._with(probe, asset, reach) for probe in self.probes.probes_for(asset)]
        return ask_together(self.probes, asset, reach, lambda probe, its: self._with(probe, asset, its))

    def _with(self, probe: Probe, asset: Asset, reach: Reach) -> _Answer:
        if probe.tier not in self.tiers:
            detail = f"the {probe.tier.value} tier"
            left_out: list[Observation] = [Unseen(kind, "", Reason.LEFT_OUT, detail) for kind in probe.yields]
            return _Answer(type(probe).__name__, left_out)
        return _ask(probe, asset, reach)


def observe(
    assets: Iterable[Asset],
    probes: Probes,
    reaches: Reaches,
    *,
    tiers: frozenset[Tier] = frozenset(Tier),
    engine: Engine | None = None,
    again: bool = False,
    together: bool = False,
) -> Iterator[Look]:
    """Look at every asset, host by host. Each look comes as soon as it is complete. No target can make it raise.

    `again`: for the log alone, a second look at assets of this run. The log is written here and not by the workers, so
    that it names what was handed on, wherever they work. `together`: two probes at a time at each host.
    """
    for looked in (engine or Threads()).map(Looking(probes, reaches, tiers, together).host, _by_host(assets)):
        if journal.is_read():
            _tell(looked, again=again)
        yield looked.look


def and_what_was_found(
    looks: Iterable[Look], asked: Asked, look: Callable[[tuple[Asset, ...]], Iterable[Look]]
) -> Iterator[Look]:
    """Looks, and after the last of them a look at everything that they found and nobody lists."""
    found: dict[str, Asset] = {}
    for one in looks:
        found.update((asset.id, asset) for asset in one.found)
        yield one
    if found:
        not_listed = unclaimed(found.values(), asked)
        found.clear()
        yield from look(not_listed)


def _tell(looked: Looked, *, again: bool) -> None:
    look = looked.look
    journal.looked_at(
        look.asset.id,
        [
            journal.Sight(_type_of(one), one.locus, one.reason if isinstance(one, Unseen) else None)
            for one in look.sights
        ],
        seconds=looked.seconds,
        connections=looked.connections,
        found=len(look.found),
        broken=looked.broken,
        again=again,
    )


def _by_host(assets: Iterable[Asset]) -> Iterator[tuple[Asset, ...]]:
    """The unit of work is all assets of one host, so that politeness stays inside a worker."""
    groups: dict[str, list[Asset]] = defaultdict(list)
    for asset in assets:
        groups[host_of(asset.address)].append(asset)
    hosts = list(reversed(groups))
    while hosts:
        yield tuple(groups.pop(hosts.pop()))


def observe_with(probe: Probe, asset: Asset, reach: Reach) -> list[Observation]:
    """One probe's answer, complete: what it is silent about is Unseen, and so is what it broke off."""
    return _ask(probe, asset, reach).said


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one probe said. `error`: the class of what it broke with; "" where it did not."""

    probe: str
    said: list[Observation]
    error: str = ""

    @property
    def is_whole(self) -> bool:
        return not any(isinstance(one, Unseen) for one in self.said)


def _ask(probe: Probe, asset: Asset, reach: Reach) -> _Answer:
    said: list[Observation] = []
    broke = ""
    try:
        for observation in probe.observe(asset, reach):
            said.append(_fitting(observation, probe, asset))
        reason, detail = Reason.NOT_OBSERVED, type(probe).__name__
    except Unreachable as unreachable:
        reason, detail = unreachable.reason, unreachable.detail
    except Exception as error:  # noqa: BLE001 - the one guard around a probe: a crash is Unseen, with its reason kept
        broke = type(error).__name__
        reason, detail = Reason.PROBE_ERROR, f"{type(probe).__name__}: {broke}"
    spoken = {_type_of(one) for one in said if not isinstance(one, Found)}
    broken = reason is not Reason.NOT_OBSERVED
    said += [Unseen(kind, "", reason, detail) for kind in probe.yields if broken or kind not in spoken]
    return _Answer(type(probe).__name__, said, broke)


def _fitting(observation: Observation, probe: Probe, asset: Asset) -> Observation:
    """A stranger's probe may say anything. Raises TypeError for what is no observation, or of facts not in `yields`."""
    match observation:
        case Found(asset=Asset() as found):
            return Found(_of(asset, found))
        case Seen(locus=str()) | Unseen(locus=str(), reason=Reason(), detail=str()):
            if _type_of(observation) in probe.yields:
                return observation
    raise TypeError("not an observation that the probe yields")


def _of(finder: Asset, found: Asset) -> Asset:
    """What was found, with who found it. Until somebody claims it, it is the finder's system that answers for it."""
    return replace(found, found_by=finder.id, system=found.system or finder.system)


def _type_of(sight: Seen | Unseen) -> type[Facts]:
    return sight.facts_type if isinstance(sight, Unseen) else type(sight.facts)
