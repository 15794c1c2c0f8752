"""A host that serves one connection at a time: what comes meanwhile, at any port, is sent away or has to wait."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from auditor.rig.faults import CHUNK, FaultProxy
from auditor.rig.replies import Reply

HELD_S = 0.005  # before anything is passed on, so that two that are sent at once do meet on a busy machine too
# /usr/include/netinet/tcp.h: the client has closed its end, or nothing is left of the connection.
OVER = frozenset({7, 8, 9, 10, 11})


@dataclass(slots=True)
class Counter:
    """`away`: what happens to whoever comes while somebody is served; None: it waits until that is over.

    `limit`: how many are served at once.
    """

    away: Reply | None
    limit: int = 1
    sent_away: int = 0
    _served: list[socket.socket] = field(default_factory=list)
    _lock: threading.Condition = field(default_factory=threading.Condition)

    def admits(self, client: socket.socket) -> bool:
        """A client that has closed its connection is not served any more, whoever has noticed it."""
        with self._lock:
            while sum(not _is_over(one) for one in self._served) >= self.limit:
                if self.away:
                    self.sent_away += 1
                    return False
                self._lock.wait(0.01)
            self._served.append(client)
        return True

    def leave(self, client: socket.socket) -> None:
        with self._lock:
            self._served.remove(client)
            self._lock.notify_all()


class Door(FaultProxy):
    """One port of such a host."""

    def __init__(self, target: int, counter: Counter) -> None:
        super().__init__(("127.0.0.1", target), lambda _: None)
        self._counter = counter

    def _meet(self, client: socket.socket, number: int) -> None:
        if self._counter.admits(client):
            time.sleep(HELD_S)
            try:
                super()._meet(client, number)
            finally:
                self._counter.leave(client)
        elif client.recv(CHUNK) and self._counter.away:
            self._counter.away.play(client)


@contextmanager
def behind(counter: Counter, ports: Mapping[int, int]) -> Iterator[dict[int, int]]:
    """`ports`: asked port → the server's own. Gives asked port → the door before it."""
    with ExitStack() as held:
        yield {asked: held.enter_context(Door(real, counter)).port for asked, real in ports.items()}


def _is_over(client: socket.socket) -> bool:
    try:
        return client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] in OVER
    except OSError:
        return True
