"""A fault proxy: passes TCP connections on to a server, and fails those that a schedule names.

Put it before any server to see what a throttle, a broken middlebox or a flood makes of what the auditor reports.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable, Mapping, Sequence

from auditor.rig.listener import Listener
from auditor.rig.replies import Alert, Close, Drip, Endless, Hang, Reply, Reset

CHUNK = 65_536
Schedule = Callable[[int], Reply | None]

# Every way in which a connection is failed, by name. Reads what the client says first, then does this.
FAULTS: Mapping[str, Reply] = {
    "close": Close(),
    "reset": Reset(),
    "hang": Hang(),
    "drip": Drip(every_s=0.01),
    "alert handshake_failure": Alert(40),
    "alert protocol_version": Alert(70),
    "alert internal_error": Alert(80),
    "endless": Endless(),
}


def after(connections: int, fault: Reply) -> Schedule:
    """Pass the first `connections` on, and fail every later one."""
    return lambda number: fault if number > connections else None


def only(numbers: frozenset[int], fault: Reply) -> Schedule:
    """Fail the connections with these numbers (from 1), and pass the others on."""
    return lambda number: fault if number in numbers else None


class FaultProxy(Listener):
    """`schedule(n)` says what the n-th connection, from 1, meets: None to be passed on, or a fault."""

    def __init__(
        self, target: tuple[str, int], schedule: Schedule, *, address: str = "127.0.0.1", port: int = 0
    ) -> None:
        super().__init__(self._meet, address=address, port=port)
        self.bytes_from_clients = 0
        self.bytes_from_server = 0
        self._target = target
        self._schedule = schedule
        self._count = threading.Lock()

    def _meet(self, client: socket.socket, number: int) -> None:
        fault = self._schedule(number)
        if fault is None:
            self._pass_on(client, self._target_of(number))
        elif client.recv(CHUNK):
            fault.play(client)

    def _target_of(self, _number: int) -> tuple[str, int]:
        return self._target

    def _pass_on(self, client: socket.socket, target: tuple[str, int]) -> None:
        with socket.create_connection(target) as server, selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while selector.get_map() and not self.stopping.is_set():
                for key, _ in selector.select(0.2):
                    self._move(key, selector, target)

    def _move(self, key: selectors.SelectorKey, selector: selectors.BaseSelector, target: tuple[str, int]) -> None:
        """Pass one chunk on; at the end of a stream pass the end on and watch the other direction alone."""
        source, sink = key.fileobj, key.data
        if not isinstance(source, socket.socket) or not isinstance(sink, socket.socket):
            raise TypeError("the selector holds pairs of sockets")
        data = source.recv(CHUNK)
        if not data:
            selector.unregister(source)
            sink.shutdown(socket.SHUT_WR)
            return
        with self._count:
            if sink.getpeername()[:2] == target[:2]:
                self.bytes_from_clients += len(data)
            else:
                self.bytes_from_server += len(data)
        sink.sendall(data)


class Balancer(FaultProxy):
    """One port before several servers, as a load balancer is: `chosen(n)` says which the n-th connection meets."""

    def __init__(self, targets: Sequence[tuple[str, int]], chosen: Callable[[int], int]) -> None:
        super().__init__(targets[0], lambda _: None)
        self._targets = tuple(targets)
        self._chosen = chosen

    def _target_of(self, number: int) -> tuple[str, int]:
        return self._targets[self._chosen(number)]
