"""How much of a host's patience we may use: connections at once, connections in all, and time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.access import Limits


class HostBudget:
    """One per host and run, shared by all its assets and threads. Its clock starts with the first connection.

    `most`: the connections in all, a share for each address behind the host's name.
    """

    __slots__ = ("_free", "_held", "_lock", "_until", "_waiting", "connections", "host", "limits", "most")

    def __init__(self, host: str, limits: Limits, addresses: int = 1) -> None:
        self.host = host
        self.limits = limits
        self.most = limits.connections_per_host * addresses
        self.connections = 0
        self._held = 0  # places
        self._lock = threading.Lock()
        self._free: threading.Condition | None = None  # as long as somebody waits for a place: few ever do
        self._waiting = 0
        self._until: float | None = None

    def spread(self, addresses: int) -> None:
        """So many addresses were found behind the name."""
        with self._lock:
            self.most = max(self.most, self.limits.connections_per_host * addresses)

    @contextmanager
    def connection(self, count: int = 1) -> Iterator[None]:
        """Hold one place while a connection is open. Raises Unreachable(BUDGET or DEADLINE).

        `count` > 1 reserves the connections that a program of its own will open there, one after the other.
        """
        self.take_place(count)
        try:
            yield
        finally:
            self.leave_places()

    def take_place(self, count: int = 1) -> None:
        """Take one for a connection, to be left with `leave_places`. Raises as `connection` does, and holds none then.

        Waits until one is free.
        """
        with self._lock:
            while self._held >= self.limits.in_flight_per_host:
                self._wait()
            self._spend(count)
            self._held += 1

    def give_back(self, count: int) -> None:
        """So many connections that were reserved were never opened."""
        with self._lock:
            self.connections -= count

    def take_free(self, wanted: int) -> int:
        """Take as many as are free now, `wanted` at most: 0 where none is. Raises where none that is free may be used.

        Whoever holds one must not wait for another: so may the next one.
        """
        with self._lock:
            taken = min(wanted, self.limits.in_flight_per_host - self._held)
            if taken <= 0:
                return 0
            taken = max(1, min(taken, self.most - self.connections))
            self._spend(taken)
            self._held += taken
            return taken

    def leave_places(self, count: int = 1) -> None:
        with self._lock:
            self._held -= count
            if self._free is not None:
                self._free.notify_all()

    def _wait(self) -> None:
        free = self._free = self._free or threading.Condition(self._lock)
        self._waiting += 1
        try:
            if not free.wait(max(0.0, self.remaining_s())):
                raise Unreachable(Reason.DEADLINE, self.time_is_up)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._free = None

    def remaining_s(self) -> float:
        """Seconds left for this host."""
        return self.limits.host_s if self._until is None else self._until - time.monotonic()

    def pause_s(self) -> float:
        """How long to wait before a retry: never beyond the host's time."""
        return max(0.0, min(self.limits.pause_s, self.remaining_s()))

    @property
    def time_is_up(self) -> str:
        """In words, for who comes too late."""
        return f"{self.host} was given {self.limits.host_s:g} s"

    def _spend(self, count: int) -> None:
        now = time.monotonic()
        if self._until is None:
            self._until = now + self.limits.host_s
        if now >= self._until:
            raise Unreachable(Reason.DEADLINE, self.time_is_up)
        if self.connections + count > self.most:
            raise Unreachable(Reason.BUDGET, f"{self.host} was given {self.most} connections")
        self.connections += count
