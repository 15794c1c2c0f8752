"""The only place that resolves names and opens connections: fence, resolver, deadlines, byte limits, budgets, credentials.

A `Reach` is what the probes of one asset may touch. Libraries that connect (socket, requests, paramiko, boto3) are
imported in this package alone; each by the module that needs it, when it is needed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.model import Asset, Reason, Tier
from auditor.reach.access import Access, Limits, Target, read_connect_to
from auditor.reach.budget import HostBudget
from auditor.reach.fence import Fence, is_metadata, is_private
from auditor.reach.resolve import Endpoint, addresses_of
from auditor.reach.stream import Stream

__all__ = ["Access", "Endpoint", "Fence", "Limits", "Reach", "Reaches", "Stream", "Target", "read_connect_to"]


class Reaches:
    """All of a run: one budget per host, one `Reach` per asset."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._budgets: dict[str, HostBudget] = {}
        self._lock = threading.Lock()

    def of(self, asset: Asset) -> Reach:
        return Reach(self.access, asset, self)

    def budget(self, host: str) -> HostBudget:
        with self._lock:
            return self._budgets.setdefault(host.lower(), HostBudget(host, self.access.limits))

    @property
    def connections(self) -> int:
        """Connections opened so far, over all hosts."""
        with self._lock:
            return sum(budget.connections for budget in self._budgets.values())


class Reach:
    """What the probes of one asset may touch. Every failure is an `Unreachable` with its reason."""

    def __init__(self, access: Access, asset: Asset, run: Reaches) -> None:
        self.access = access
        self.asset = asset
        self.limits = access.limits
        self._run = run
        self._host = host_of(asset.address)
        self._declared_private: bool | None = None

    def now(self) -> datetime:
        """The clock that `observed_at` is read from, UTC."""
        return self.access.clock()

    def asked(self, tier: Tier) -> bool:
        return tier in self.asset.tiers

    def endpoints(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """Every address behind a name, in order; all of them allowed to be dialled.

        Raises Unreachable: OUT_OF_SCOPE, DNS, PRIVATE_SPACE (a host that is not the asset's own leads into loopback,
        private or link-local space while the asset itself is not declared there; or the cloud metadata address).
        """
        self.access.fence.require(host)
        mapped = self.access.connect_to.get((host.lower(), port))
        if mapped:
            return tuple(Endpoint(host, port, target.address, target.port, by_operator=True) for target in mapped)
        found = tuple(Endpoint(host, port, address, port) for address in addresses_of(host, self.limits.operation_s))
        for endpoint in found:
            self._admit(endpoint)
        return found

    @contextmanager
    def stream(
        self, endpoint: Endpoint, *, seconds: float | None = None, max_bytes: int | None = None
    ) -> Iterator[Stream]:
        """One TCP connection, inside the host's budget: closed at the end of the block, dead at the deadline."""
        self._admit(endpoint)
        budget = self._run.budget(endpoint.host)
        with budget.connection():
            allowed = min(seconds or self.limits.operation_s, max(0.1, budget.remaining_s()))
            with Stream(endpoint, seconds=allowed, max_bytes=max_bytes or self.limits.answer_bytes) as stream:
                yield stream

    def pause(self, host: str) -> None:
        """Wait before a retry: once, alone."""
        self._run.budget(host).pause()

    def connections(self, host: str) -> int:
        """Connections opened to a host so far."""
        return self._run.budget(host).connections

    def _admit(self, endpoint: Endpoint) -> None:
        if is_metadata(endpoint.address) and not self.access.metadata_allowed:
            raise Unreachable(Reason.PRIVATE_SPACE, f"{endpoint.host} leads to the cloud metadata address")
        if endpoint.by_operator or endpoint.host.lower() == self._host.lower():
            return
        if is_private(endpoint.address) and not self._asset_is_private():
            raise Unreachable(Reason.PRIVATE_SPACE, f"{endpoint.host} leads to {endpoint.address}")

    def _asset_is_private(self) -> bool:
        """Is the asset itself declared in private space? Its own name decides, asked once."""
        if self._declared_private is None:
            mapped = [key for key in self.access.connect_to if key[0] == self._host.lower()]
            try:
                self._declared_private = not mapped and all(
                    is_private(address) for address in addresses_of(self._host, self.limits.operation_s)
                )
            except Unreachable:
                self._declared_private = False
        return self._declared_private


def host_of(address: str) -> str:
    """The host that an asset's address names: the unit of politeness."""
    return urlsplit(address).hostname or address
