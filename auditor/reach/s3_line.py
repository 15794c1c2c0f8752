"""One connection of the storage wire: a request's bytes, and its answer's, before a deadline. Knows no bucket."""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import urlsplit

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.s3_plain import UNUSUAL, Exchanged, More, Usual, read
from auditor.records import dataclass

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE = 65_536  # bytes read at once
MOST_LATE = 32  # reads after the deadline, of what is there already: as many as the longest answer takes over TLS
# Whoever asks by a usual address spares two thirds of taking it apart. What follows the host may stand in a request.
USUAL_ADDRESS = re.compile(r"(https?)://(([a-z0-9.-]+)(?::([0-9]{1,5}))?)(/(?:[!\"$-~]*[!\"$->@-~])?)")
_PATH = re.compile(r"[!-~]+")
_BREAKS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # what would end a line, or look as if
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: list[tuple[str, str | bytes]]
    body: bytes | None
    most_bytes: int


class Line:
    """One connection, and the deadline of the exchange that uses it."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._until = 0.0
        self._late = 0  # reads after that
        self._said = bytearray()  # what came of the answer and nobody has used up

    def exchange(self, request: Request, until: float) -> tuple[Exchanged, bool]:
        """The answer, and whether another exchange may follow on this connection."""
        self._until, self._late = until, 0
        self._said.clear()
        self._send(bytes_of(request))
        usual = UNUSUAL if request.method == "HEAD" else self._usual(request.most_bytes)
        if usual:
            return usual.answer, usual.keeps
        return self._unusual(request)

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

    def _unusual(self, request: Request) -> tuple[Exchanged, bool]:
        """As the standard library reads it, from the first byte on."""
        response = http.client.HTTPResponse(cast("socket.socket", self), method=request.method)
        response.begin()
        body = response.read(request.most_bytes + 1)
        if len(body) > request.most_bytes:
            raise Unreachable(
                Reason.TOO_LONG, f"{urlsplit(request.url).netloc} sent more than {request.most_bytes} bytes"
            )
        if response.length and request.method != "HEAD":
            raise Unreachable(Reason.TRUNCATED, urlsplit(request.url).netloc)
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


def bytes_of(request: Request) -> bytes:
    """What is sent. Raises ValueError for a line break in a header, and InvalidURL for an address that is none."""
    host, path = _host_and_path(request.url)
    lines = [f"{request.method} {path} HTTP/1.1", f"Host: {host}"]  # as signed
    for name, value in request.headers:
        if name.lower() not in ("host", "connection"):
            lines.append(f"{name}: {value if isinstance(value, str) else value.decode('latin-1')}")
    if any(not line.isprintable() and _BREAKS.search(line) for line in lines):
        raise ValueError("a line break in a header")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (request.body or b"")


def _host_and_path(url: str) -> tuple[str, str]:
    usual = USUAL_ADDRESS.fullmatch(url)
    if usual:
        return usual[2], usual[5]
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not _PATH.fullmatch(path):
        raise http.client.InvalidURL("an address with what does not belong there")
    return parts.netloc, path


def left(until: float) -> float:
    """Seconds until then (monotonic). Raises TimeoutError when there are none."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
