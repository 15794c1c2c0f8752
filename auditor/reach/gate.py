"""Which addresses an asset's probes may dial: the fence, the operator's connect-to file, and private space."""

from __future__ import annotations

import threading
from dataclasses import replace

from auditor.errors import Unreachable
from auditor.model import Asset, Reason, Tier
from auditor.reach.access import Access
from auditor.reach.fence import is_metadata, is_private
from auditor.reach.resolve import Addresses, Endpoint, addresses_of, host_key


class Gate:
    """Of one asset. `host`: its own. Every refusal is an `Unreachable` with its reason."""

    def __init__(self, access: Access, asset: Asset, host: str) -> None:
        self._access = access
        self._asset = asset
        self._host = host.lower()
        self._seconds = access.limits.operation_s
        self._declared_private: bool | None = None
        self._known: dict[str, Addresses] = {}
        self._lock = threading.Lock()

    def endpoints(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """See `Reach.endpoints`."""
        self._access.fence.require(host)
        found = self._dialable(host, port)
        return found if found[0].by_operator else (*found, *self._unresolved(host, port))

    def repository(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """See `Reach.repository`."""
        if Tier.ONLINE not in self._asset.tiers or self._access.fence.excludes(host):
            raise Unreachable(Reason.OUT_OF_SCOPE, f"{host} was not contacted")
        return tuple(replace(endpoint, is_shared=True) for endpoint in self._dialable(host, port))

    def jump(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """See `Reach.jump_endpoints`."""
        self._access.fence.require(host)
        found = self._mapped(host, port) or self._resolved(host, port)
        for endpoint in found:
            self._require_no_exception(endpoint)
        return tuple(replace(endpoint, is_shared=True, is_declared=True) for endpoint in found)

    def beyond(self, host: str, port: int) -> tuple[str, int]:
        """See `Reach.beyond`."""
        self._access.fence.require(host)
        for endpoint in self._mapped(host, port):
            return endpoint.address, endpoint.port
        return host, port

    def admit(self, endpoint: Endpoint) -> None:
        """Raises Unreachable for an address that may not be dialled, or that nobody knows."""
        if endpoint.unresolved:
            raise Unreachable(Reason.DNS, endpoint.unresolved)
        self._require_no_exception(endpoint)
        if endpoint.by_operator or endpoint.is_declared or endpoint.host.lower() == self._host:
            return
        if is_private(endpoint.address) and not self._asset_is_private():
            raise Unreachable(Reason.PRIVATE_SPACE, f"{endpoint.host} leads to {endpoint.address}")

    def _dialable(self, host: str, port: int) -> tuple[Endpoint, ...]:
        mapped = self._mapped(host, port)
        if mapped:
            return mapped
        found = self._resolved(host, port)
        for endpoint in found:
            self.admit(endpoint)
        return found

    def _resolved(self, host: str, port: int) -> tuple[Endpoint, ...]:
        return tuple(Endpoint(host, port, address, port) for address in self._addresses(host).found)

    def _unresolved(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """In place of the addresses that nobody could tell of: a probe is told so when it dials, and goes on."""
        return tuple(
            Endpoint(host, port, kind, port, unresolved=why)
            for kind, why in filter(None, [self._addresses(host).unresolved])
        )

    def _addresses(self, host: str) -> Addresses:
        """Asked once: all probes of a look meet the same addresses, however the DNS turns them. Failures are not kept.

        Raises Unreachable.
        """
        with self._lock:
            key = host_key(host)
            if key not in self._known:
                self._known[key] = addresses_of(host, self._seconds)
            return self._known[key]

    def _mapped(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """Where the operator's file leads. A host that it names is not dialled at a port that it does not."""
        name = host.rstrip(".").lower()
        mapped = self._access.connect_to.get((name, port))
        if mapped:
            return tuple(Endpoint(host, port, target.address, target.port, by_operator=True) for target in mapped)
        if any(known == name for known, _ in self._access.connect_to):
            detail = f"the connect-to file leads elsewhere with {host}, but not with its port {port}"
            raise Unreachable(Reason.OUT_OF_SCOPE, detail)
        return ()

    def _require_no_exception(self, endpoint: Endpoint) -> None:
        if self._access.fence.excludes(endpoint.address):
            raise Unreachable(Reason.OUT_OF_SCOPE, f"{endpoint.host} leads to {endpoint.address}, which is excluded")
        if is_metadata(endpoint.address) and not self._access.metadata_allowed:
            raise Unreachable(Reason.PRIVATE_SPACE, f"{endpoint.host} leads to the cloud metadata address")

    def _asset_is_private(self) -> bool:
        """Is the asset itself declared in private space? Its own name decides, asked once."""
        if self._declared_private is None:
            mapped = [key for key in self._access.connect_to if key[0] == self._host]
            try:
                self._declared_private = not mapped and all(
                    is_private(address) for address in self._addresses(self._host).found
                )
            except Unreachable:
                self._declared_private = False
        return self._declared_private
