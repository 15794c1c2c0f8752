"""One connection of the storage wire: a request's bytes, and its answer's, before a deadline. Knows no bucket."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar, cast

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.s3_plain import UNUSUAL, Exchanged, More, Usual, read
from auditor.reach.s3_request import Request

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE = 65_536  # bytes read at once
MOST_LATE = 32  # reads after the deadline, of what is there already: as many as the longest answer takes over TLS
T = TypeVar("T")


class Line:
    """One connection, and the deadline of the exchange that uses it."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._until = 0.0
        self._late = 0  # reads after that
        self._said = bytearray()  # what came of the answer and nobody has used up

    def exchange(self, request: Request, until: float, most_bytes: int) -> tuple[Exchanged, bool]:
        """The answer, and whether another exchange may follow on this connection."""
        self._until, self._late = until, 0
        self._said.clear()
        self._send(request.data)
        usual = self._usual(most_bytes) if request.wants_body else UNUSUAL
        if usual:
            return usual.answer, usual.keeps
        return self._unusual(request, most_bytes)

    def _usual(self, most_bytes: int) -> Usual | None:
        missing = 1
        while True:
            while missing > 0:
                piece = self._heard(lambda: self._socket.recv(PIECE))
                if not piece:
                    return UNUSUAL
                self._said += piece
                missing -= len(piece)
            found = read(self._said, most_bytes)
            if not isinstance(found, More):
                return found
            missing = found.least

    def _unusual(self, request: Request, most_bytes: int) -> tuple[Exchanged, bool]:
        """As the standard library reads it, from the first byte on."""
        response = http.client.HTTPResponse(cast("socket.socket", self), method="GET" if request.wants_body else "HEAD")
        response.begin()
        body = response.read(most_bytes + 1)
        if len(body) > most_bytes:
            raise Unreachable(Reason.TOO_LONG, f"{request.host} sent more than {most_bytes} bytes")
        if response.length and request.wants_body:
            raise Unreachable(Reason.TRUNCATED, request.host)
        reusable = not response.will_close and response.isclosed()
        return Exchanged(response.status, tuple(response.getheaders()), body), reusable

    def hang_up(self) -> None:
        self._socket.close()

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(left(self._until))
        self._socket.sendall(data)

    def _heard(self, read_on: Callable[[], T]) -> T:
        """What comes before the deadline. A settimeout before every read makes it one of the whole exchange.

        Where it has passed, what is there already still counts: on a busy machine nobody may have had the time to look,
        and that is not the server's silence. A drip does not prolong it: nobody waits, and not for ever.
        """
        with suppress(TimeoutError):
            self._socket.settimeout(left(self._until))
            return read_on()
        self._late += 1
        self._socket.settimeout(0.0)
        try:
            if self._late <= MOST_LATE:
                return read_on()
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        raise TimeoutError

    # What http.client wants of a socket.

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002 - always "rb"
        return io.BufferedReader(_Incoming(self))

    def recv_into(self, buffer: memoryview) -> int:
        if self._said:
            given = self._said[: len(buffer)]
            buffer[: len(given)] = given
            del self._said[: len(given)]
            return len(given)
        return self._heard(lambda: self._socket.recv_into(buffer))


class _Incoming(io.RawIOBase):
    """Bytes of a line as a raw file. Closing it leaves the connection open, for the next exchange."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        return self._line.recv_into(memoryview(buffer))


def left(until: float) -> float:
    """Seconds until then (monotonic). Raises TimeoutError when there are none."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
