"""Follows the aliases of a service's name. Must not judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.facts.base import Facts
from auditor.facts.names import NameChain, NameEnd
from auditor.model import Asset, Tier
from auditor.probe import Seen
from auditor.probes.handshake import is_address, server_name
from auditor.probes.https_address import https_of
from auditor.probes.tls_port import Port
from auditor.reach import Reach

BY_ADDRESS = "the service is named by an address, and has no aliases"
LED_ELSEWHERE = "the connect-to file says where the name leads, and the public DNS knows nothing of it"


class NamesProbe:
    """Where does the service's name lead?"""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (NameChain,)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen]:
        """Raises Unreachable."""
        yield Seen(chain_of(https_of(asset.address)[0], reach))

    def plan(self, asset: Asset) -> Iterable[str]:
        yield names_asked(https_of(asset.address)[0])


class PortNamesProbe:
    """Where does the port's name lead?"""

    kind: ClassVar[str] = "tls"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (NameChain,)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen]:
        """Raises Unreachable."""
        yield Seen(chain_of(Port.of(asset.address).host, reach))

    def plan(self, asset: Asset) -> Iterable[str]:
        yield names_asked(Port.of(asset.address).host)


def names_asked(host: str) -> str:
    """What `chain_of` will ask, in words."""
    return f"dns A and AAAA of {host}, for its aliases, from the resolver"


def chain_of(host: str, reach: Reach) -> NameChain:
    """Raises Unreachable."""
    name = server_name(host)
    why_not = BY_ADDRESS if is_address(name) else LED_ELSEWHERE if reach.is_led_elsewhere else ""
    if why_not:
        return NameChain(observed_at=reach.now(), name=name, why_not=why_not)
    found = reach.aliases(name, seconds=reach.limits.operation_s)
    with_address = NameEnd.ADDRESS if found.has_address else NameEnd.NO_ADDRESS
    return NameChain(
        observed_at=reach.now(),
        name=name,
        aliases=found.targets,
        end=with_address if found.exists else NameEnd.NO_NAME,
        resolver=found.resolver,
    )
