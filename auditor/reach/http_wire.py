"""Hands requests an open socket, measured and under a deadline. Knows neither question nor answer."""

from __future__ import annotations

import functools
import http.client
import io
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

import requests.adapters
import urllib3
import urllib3.connection

from auditor.reach.stream import Stream

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# urllib3 would write a stranger's broken headers into our log.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


class Watchdog:
    """Shuts the connection down at the deadline. A timeout per read would let a server drip for ever."""

    def __init__(self, stream: Stream) -> None:
        # A twin of the descriptor: TLS takes the socket object over, and only the kernel's end of it counts here.
        self._twin = stream.raw.dup()
        self._timer = threading.Timer(stream.remaining_s, self._bite)
        self._timer.daemon = True
        self.has_bitten = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        del self._timer  # it holds this watchdog: a ring of both would stay until Python looks for rings
        self._twin.close()

    def _bite(self) -> None:
        self.has_bitten = True
        with suppress(OSError):
            self._twin.shutdown(socket.SHUT_RDWR)


@dataclass(slots=True)
class Meter:
    """How many bytes may still come, whether the stream has ended, and the header as it came."""

    left: int
    at_end: bool = False
    header: tuple[tuple[str, str], ...] = ()


class _Metered(io.RawIOBase):
    """The socket's file, read against a meter."""

    def __init__(self, raw: io.RawIOBase, meter: Meter) -> None:
        super().__init__()
        self._raw = raw
        self._meter = meter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self._meter.left <= 0:
            raise http.client.LineTooLong("header")
        count = self._raw.readinto(memoryview(buffer)[: self._meter.left]) or 0
        self._meter.left -= count
        self._meter.at_end = count == 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _MeteredResponse(http.client.HTTPResponse):
    """An answer whose header must be whole: the library takes the end of the stream for the end of the header."""

    def __init__(self, sock: socket.socket, *, meter: Meter, method: str | None = None) -> None:
        super().__init__(sock, method=method)
        self._meter = meter
        self.fp = io.BufferedReader(_Metered(self.fp.detach(), meter))

    def begin(self) -> None:
        super().begin()
        while 102 <= self.status < 200:  # an interim answer, such as 103 Early Hints (RFC 9110 section 15.2)
            self.headers = None  # type: ignore[assignment]  # begin() reads on only where it has read nothing
            super().begin()
        if self._meter.at_end:
            raise http.client.IncompleteRead(b"")
        self._meter.header = tuple(self.getheaders())  # in order, repeats apart; urllib3 groups them


class _Handed(urllib3.connection.HTTPConnection):
    """A connection that was made elsewhere."""

    def __init__(self, *, ready: socket.socket, meter: Meter, host: str) -> None:
        super().__init__(host)
        self._ready = ready
        self.response_class = functools.partial(_MeteredResponse, meter=meter)  # type: ignore[assignment]

    def _new_conn(self) -> socket.socket:
        return self._ready


class _Pool(urllib3.HTTPConnectionPool):
    """A pool of that one connection."""

    def __init__(self, host: str, dial: Callable[[], _Handed]) -> None:
        super().__init__(host, maxsize=1, retries=False)
        self._dial = dial

    def _new_conn(self) -> _Handed:
        return self._dial()


class _Adapter(requests.adapters.HTTPAdapter):
    """Sends over the pool that it is given, whatever the URL says."""

    def __init__(self, pool: _Pool) -> None:
        super().__init__()
        self._pool = pool

    def get_connection_with_tls_context(self, *_: object, **__: object) -> _Pool:
        return self._pool

    def close(self) -> None:
        self._pool.close()
        super().close()


@contextmanager
def handed_over(ready: socket.socket, meter: Meter, host: str) -> Iterator[requests.adapters.HTTPAdapter]:
    """An adapter of requests that sends over an open socket and reads against a meter."""
    adapter = _Adapter(_Pool(host, lambda: _Handed(ready=ready, meter=meter, host=host)))
    try:
        yield adapter
    finally:
        adapter.close()
