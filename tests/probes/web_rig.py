"""A named web service on loopback, for the tests of the web probe: any listener behind the ports of one name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from auditor.facts.base import Facts
from auditor.model import Asset, Reason, Tier
from auditor.observe import observe_with
from auditor.probe import Seen, Unseen
from auditor.probes.web import WebProbe
from auditor.reach import Access, Fence, Limits, Reaches, Target

NAME = "www.rig.example"
HTTPS, HTTP = "127.0.0.1:443", "127.0.0.1:80"
LIMITS = Limits(operation_s=0.6, pause_s=0.0, host_s=20.0)
CLOSED_PORT = 1  # tcpmux: nothing listens there in the tests' network namespace
NIGHTLY, WITH_ONLINE = frozenset({Tier.NIGHTLY}), frozenset({Tier.NIGHTLY, Tier.ONLINE})
T = TypeVar("T", bound=Facts)


@dataclass(frozen=True, slots=True)
class Looked:
    """What the probe said, and how many connections it took."""

    observations: tuple[Seen | Unseen, ...]
    connections: int

    def at(self, facts_type: type[Facts], locus: str = HTTPS) -> Seen | Unseen:
        """The one thing it said of a type at a locus; more or less than one is an error."""
        (one,) = (seen for seen in self.observations if _type(seen) is facts_type and seen.locus == locus)
        return one

    def facts(self, facts_type: type[T], locus: str = HTTPS) -> T:
        seen = self.at(facts_type, locus)
        assert isinstance(seen, Seen), seen
        assert isinstance(seen.facts, facts_type)
        return seen.facts

    def reason(self, facts_type: type[Facts], locus: str = HTTPS) -> str:
        unseen = self.at(facts_type, locus)
        assert isinstance(unseen, Unseen), unseen
        return unseen.reason.word


def look(
    ports: dict[int, int | None],
    *,
    ca_file: Path | None = None,
    url: str = f"https://{NAME}/",
    tiers: frozenset[Tier] = NIGHTLY,
    others: dict[tuple[str, int], int] | None = None,
    fence: Fence | None = None,
    limits: Limits = LIMITS,
) -> Looked:
    """Look at NAME. `ports`: asked port → loopback port, None for a closed one. `others`: further hosts' ports."""
    table = {(NAME, asked): real for asked, real in ports.items()} | (others or {})
    access = Access(
        fence=fence or Fence(),
        limits=limits,
        ca_file=ca_file,
        connect_to={key: (Target("127.0.0.1", real or CLOSED_PORT),) for key, real in table.items()},
    )
    run = Reaches(access)
    asset = Asset(id="a", kind="web", address=url, system="s", tiers=tiers)
    found = tuple(one for one in observe_with(WebProbe(), asset, run.of(asset)) if isinstance(one, (Seen, Unseen)))
    assert not [one for one in found if isinstance(one, Unseen) and one.reason is Reason.PROBE_ERROR]
    return Looked(found, run.connections)


def _type(seen: Seen | Unseen) -> type[Facts]:
    return seen.facts_type if isinstance(seen, Unseen) else type(seen.facts)
