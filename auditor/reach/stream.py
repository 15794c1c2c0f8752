"""One TCP connection with a deadline and a byte limit over its whole life."""

from __future__ import annotations

import errno
import socket
import time
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.resolve import Endpoint

NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM})


@lru_cache(maxsize=256)
def place_of(address: str, port: int) -> tuple[int, tuple[Any, ...]]:
    """Family and socket address of an endpoint. Asks nobody: its address is one already."""
    numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    family, _, _, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=numeric)[0]
    return family, place


class Stream:
    """Bytes to and from one endpoint. Every method raises `Unreachable`; none waits past the deadline."""

    def __init__(self, endpoint: Endpoint, *, seconds: float, max_bytes: int) -> None:
        self.endpoint = endpoint
        self._until = time.monotonic() + seconds
        self._seconds = seconds
        self._left = max_bytes
        self._max_bytes = max_bytes
        self._socket = self._dial()

    def send(self, data: bytes) -> None:
        try:
            self._socket.settimeout(self._remaining())
            self._socket.sendall(data)
        except OSError as error:
            raise self._failure(error) from error

    def receive(self, size: int = 16_384) -> bytes:
        """Up to `size` bytes; b"" at the end of the stream. Raises Unreachable(TOO_LONG) past the byte limit."""
        if self._left <= 0:
            raise Unreachable(Reason.TOO_LONG, f"{self.endpoint.locus} sent more than {self._max_bytes} bytes")
        try:
            self._socket.settimeout(self._remaining())
            data = self._socket.recv(min(size, self._left))
        except OSError as error:
            raise self._failure(error) from error
        self._left -= len(data)
        return data

    @property
    def raw(self) -> socket.socket:
        """The socket itself, for a library inside `reach` that insists on one."""
        return self._socket

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline, never quite 0: a timeout of 0 means something else to sockets."""
        return max(0.001, self._until - time.monotonic())

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _dial(self) -> socket.socket:
        try:
            family, place = place_of(self.endpoint.address, self.endpoint.port)
            dialling = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            raise self._failure(error) from error
        try:
            dialling.settimeout(self._seconds)
            dialling.connect(place)
        except OSError as error:
            dialling.close()
            raise self._failure(error) from error
        return dialling

    def _remaining(self) -> float:
        remaining = self._until - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        return remaining

    def _failure(self, error: OSError) -> Unreachable:
        return Unreachable(reason_of(error), self.endpoint.locus)


def reason_of(error: OSError) -> Reason:
    """The one place that classifies what a socket says."""
    if isinstance(error, TimeoutError):
        return Reason.TIMEOUT
    if isinstance(error, ConnectionRefusedError):
        return Reason.REFUSED
    if isinstance(error, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
        return Reason.RESET
    return Reason.NO_ROUTE if error.errno in NO_ROUTE else Reason.RESET
