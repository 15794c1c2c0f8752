"""What a probe may ask of its reach without a connection: where names lead, the clock, what the run shares."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar, cast

from auditor.model import Asset, Tier
from auditor.reach.access import Access
from auditor.reach.gate import Gate
from auditor.reach.jumps import Jumps
from auditor.reach.logins import Logins
from auditor.reach.resolve import Endpoint, host_of
from auditor.reach.run import Run
from auditor.reach.shelf import Shelf

T = TypeVar("T")


class Asking:
    """Of one asset."""

    def __init__(self, access: Access, asset: Asset, run: Run) -> None:
        self.access = access
        self.asset = asset
        self.limits = access.limits
        self._run = run
        self._host = host_of(asset.address)
        self._gate = Gate(access, asset, self._host)
        self._shared: dict[type[object], object] = {}

    def shared(self, kind: type[T]) -> T:
        """One of a kind for all probes of this look: what one of them has asked, no other need ask again.

        It must not know the reach, or the two would be a ring of objects.
        """
        if kind not in self._shared:
            self._shared[kind] = kind()
        return cast("T", self._shared[kind])

    def forget(self) -> None:
        """What was shared so far is in doubt: whoever wants it asks again."""
        self._shared.clear()

    def now(self) -> datetime:
        """The clock that `observed_at` is read from, UTC."""
        return self.access.clock()

    @property
    def shelf(self) -> Shelf:
        """What this run has fetched for all assets."""
        return self._run.shelf

    @property
    def logins(self) -> Logins:
        return self._run.logins

    @property
    def jumps(self) -> Jumps:
        return self._run.jumps

    def asked(self, tier: Tier) -> bool:
        return tier in self.asset.tiers

    def endpoints(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """Every address behind a name, in order; all of them allowed to be dialled.

        Raises Unreachable: OUT_OF_SCOPE, DNS, PRIVATE_SPACE (a host that is not the asset's own leads into loopback,
        private or link-local space while the asset itself is not declared there; or the cloud metadata address).
        """
        found = self._gate.endpoints(host, port)
        self._run.spread(host, len(found))
        return found

    def repository(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """Every address of a certificate authority's public repository, which a certificate names.

        It lies outside the declared scope by its nature, so it is asked in the online tier alone; what is excluded, and
        private space, are closed to it as to every stranger. Raises what `endpoints` raises.
        """
        return self._gate.repository(host, port)

    def jump_endpoints(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """Every address of the jump host that the inventory names for the asset. Raises what `endpoints` raises."""
        return self._gate.jump(host, port)

    def beyond(self, host: str, port: int) -> tuple[str, int]:
        """What a jump host is asked to connect to: its resolver knows the name. Raises Unreachable(OUT_OF_SCOPE)."""
        return self._gate.beyond(host, port)
