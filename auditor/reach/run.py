"""What all assets of a run share: a budget per host, silences, one loop for conversations, logins, what was fetched."""

from __future__ import annotations

import threading
from dataclasses import replace
from sys import intern
from typing import TYPE_CHECKING

from auditor.reach.access import Access, Limits
from auditor.reach.budget import HostBudget
from auditor.reach.hiding import hidden
from auditor.reach.jumps import Jumps
from auditor.reach.logins import Logins
from auditor.reach.resolve import host_key
from auditor.reach.shelf import Shelf
from auditor.reach.silence import Silences
from auditor.reach.switchboard import Switchboard

if TYPE_CHECKING:
    from auditor.reach.s3 import Storage

SHARED = 0  # stands for the port where a host that many assets need has a budget of its own
SHARED_S, SHARED_CONNECTIONS = 86_400.0, 5_000
# The storage SDK looks here for the SSLContext of the standard library, in case pyOpenSSL stands in its place. It does
# not, and to load it takes 9 MB.
PATCHED = ("urllib3.contrib.pyopenssl",)


class Run:
    """Made once, and used by all threads."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._budgets: dict[str | tuple[str, int], HostBudget] = {}  # of hosts by name; of ports that are services
        self._ports: dict[str, list[HostBudget]] = {}  # by host, where there are such
        self._addresses: dict[str, int] = {}  # behind each name that has several
        self.silences = Silences()
        self._storage: Storage | None = None
        self.shelf = Shelf()
        self.switchboard = Switchboard()
        self.logins = Logins()
        self.jumps = Jumps()
        self._lock = threading.Lock()

    def storage(self) -> Storage:
        """Sessions and clients of the storage SDK, made when the first bucket is looked at."""
        if self._storage is not None:
            return self._storage  # nobody waits for a library that somebody else is loading
        with hidden(PATCHED):
            from auditor.reach.s3 import Storage  # noqa: PLC0415 - half a second that only buckets pay

        with self._lock:
            if self._storage is None:
                self._storage = Storage(self.access)
            return self._storage

    def budget(self, host: str, port: int | None = None) -> HostBudget:
        """Of a host; or of one port of it that is a service of its own (`Reach.through`)."""
        return self._kept(host, port, f"{host}:{port}" if port else host, self.access.limits)

    def spread(self, host: str, addresses: int) -> None:
        """A host's share of connections is that of one address: each is a machine of its own, for all that we know."""
        if addresses < 2:
            return
        name = intern(host_key(host))
        with self._lock:
            self._addresses[name] = max(addresses, self._addresses.get(name, 1))
            for known in filter(None, (self._budgets.get(name), *self._ports.get(name, ()))):
                known.spread(addresses)

    def shared_budget(self, host: str) -> HostBudget:
        """Of a host that many assets of the run need (`Endpoint.is_shared`): its time is not that of one host."""
        limits = replace(self.access.limits, host_s=SHARED_S, connections_per_host=SHARED_CONNECTIONS)
        return self._kept(host, SHARED, host, limits)

    def _kept(self, host: str, port: int | None, label: str, limits: Limits) -> HostBudget:
        name = host_key(host)
        key = name if port is None else (name, port)
        with self._lock:
            known = self._budgets.get(key)
            if known is None:
                name = intern(name)
                key = name if port is None else (name, port)
                addresses = 1 if port == SHARED else self._addresses.get(name, 1)
                known = self._budgets[key] = HostBudget(name if label == name else label, limits, addresses)
                if port is not None:
                    self._ports.setdefault(name, []).append(known)
            return known

    def connections_to(self, host: str) -> int:
        """Connections opened to a host so far, at all its ports."""
        name = host_key(host)
        with self._lock:
            known = self._budgets.get(name)
            at_ports = sum(budget.connections for budget in self._ports.get(name, ()))
            return at_ports + (known.connections if known else 0)

    @property
    def connections(self) -> int:
        """Connections opened so far, over all hosts."""
        with self._lock:
            return sum(budget.connections for budget in self._budgets.values())
