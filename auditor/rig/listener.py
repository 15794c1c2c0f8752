"""A loopback TCP server that hands each connection to a function in a thread of its own, and stops without a trace.

Serves the tests and the embedded city. Knows nothing of what is spoken on the connections.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Serve = Callable[[socket.socket, int], None]


class Listener:
    """`serve(connection, number)` gets connections numbered from 1; OSError out of it ends that connection only.

    `with Listener(serve) as server:` listens from the first line on; at the end of the block every connection is shut,
    and every thread has ended. `port` 0 picks a free one.
    """

    def __init__(self, serve: Serve, *, address: str = "127.0.0.1", port: int = 0) -> None:
        self.address = address
        self.port = port
        self.connections = 0
        self.stopping = threading.Event()
        self._serve = serve
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self._listening = socket.create_server((self.address, self.port), family=family, backlog=128)
        self.port = int(self._listening.getsockname()[1])
        self._wake, self._woken = socket.socketpair()
        self._acceptor = threading.Thread(target=self._accept_all, name=f"listener-{self.port}")
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._wake.send(b"x")
        self._acceptor.join()
        with self._lock:
            for connection in self._open:
                _shut(connection)
        for thread in self._threads:
            thread.join()
        for ours in (self._listening, self._wake, self._woken):
            ours.close()

    def _accept_all(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listening, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                selector.select()
                if self.stopping.is_set():
                    return
                connection, _ = self._listening.accept()
                self._start(connection)

    def _start(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            number = self.connections
            self._open.add(connection)
        thread = threading.Thread(target=self._run, args=(connection, number), name=f"connection-{number}")
        self._threads = [running for running in self._threads if running.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _run(self, connection: socket.socket, number: int) -> None:
        try:
            self._serve(connection, number)
        except OSError:
            pass  # the client went away, or the listener is stopping
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def _shut(connection: socket.socket) -> None:
    """Wake whoever waits on it. It may have been shut by the other side already."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
