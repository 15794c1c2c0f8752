"""Plays known attacks at TLS ports that are no web sites, directly or behind STARTTLS. Judges nothing.

Every connection, of the control hellos and of the program alike, is opened by `reach` and goes the way to TLS first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import ClassVar

from auditor.facts.base import Facts
from auditor.facts.starttls import Spoken
from auditor.model import Asset, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.deep_tls import CONVERSATIONS, DeepTlsProbe, look, what_is_played
from auditor.probes.port import Port
from auditor.probes.starttls.way import PATIENCE, go
from auditor.reach import Reach

# MySQL shuts out who breaks off 100 connections (max_connect_errors); the nightly tier and the suites take some 60.
GENTLE = 26


class DeepTlsPortProbe:
    """What does a port do when known attacks are played at it, harmlessly?"""

    kind: ClassVar[str] = "tls"
    tier: ClassVar[Tier] = Tier.DEEP
    yields: ClassVar[tuple[type[Facts], ...]] = DeepTlsProbe.yields

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Seen | Unseen]:
        return _observe(asset, reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        return _plan(asset)


class DeepMxProbe(DeepTlsPortProbe):
    """The same of a mail exchanger."""

    kind: ClassVar[str] = "mx"


def _observe(asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
    """Raises Unreachable when the deep environment is absent, or the name leads nowhere we may go."""
    reach.deep_python()  # absent: say so before anything is touched
    port = Port.of(asset.address)
    way = partial(go, spoken=port.spoken)
    for endpoint in reach.endpoints(port.host, port.port):
        through = reach.through(way, port=endpoint.port, patience=PATIENCE.get(port.spoken, 1.0))
        yield from look(endpoint, through, most=most_for(port.spoken))


def most_for(spoken: Spoken) -> int:
    """Connections of the program at most."""
    return GENTLE if spoken is Spoken.MYSQL else CONVERSATIONS


def _plan(asset: Asset) -> Iterator[str]:
    port = Port.of(asset.address)
    before = "" if port.spoken is Spoken.TLS else f"; {port.spoken.label} up to TLS each time, no login, no mail"
    yield f"tcp {port.host}:{port.port} {what_is_played(most_for(port.spoken))}, to each address{before}"
