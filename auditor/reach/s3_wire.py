"""HTTP for the storage SDK: deadlines over a whole exchange, bounded bodies, no proxy, no netrc. Knows no bucket.

botocore signs requests and parses answers; this carries them. It stands in botocore's `before-send` event, so that not
one byte goes through a connection that the SDK opened for itself: the SDK's own time limits are per read, and it takes
answers of any length.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import weakref

import certifi

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.access import Access
from auditor.reach.fence import Fence, is_metadata
from auditor.reach.resolve import addresses_of
from auditor.reach.s3_line import Line, left
from auditor.reach.s3_plain import Exchanged
from auditor.reach.s3_request import Origin, Request
from auditor.reach.stream import reason_of

IDLE_PER_ORIGIN = 32
IDLE_IN_ALL = 64  # of all regions and services: twice as many as are asked at once (17 kB each)


class Wire:
    """Keeps connections alive between exchanges; safe to share between threads. Closes them when it is dropped."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._idle: dict[Origin, list[Line]] = {}
        self._tls: ssl.SSLContext | None = None
        self.connections = 0
        self.exchanges = 0
        self.idle = 0  # connections that wait for their next exchange
        weakref.finalize(self, _close_all, self._idle)

    def exchange(self, request: Request, until: float, most_bytes: int) -> Exchanged:
        """Send one request and read its answer before `until` (monotonic), no longer than that. Raises Unreachable."""
        origin = request.origin
        self.exchanges += 1
        for line in (self._take_idle(origin), None):
            fresh = line is None
            line = line or self._dial(origin, until)  # noqa: PLW2901 - the idle one if there is one
            try:
                return self._over(line, request, until, most_bytes)
            except Unreachable as failure:
                if fresh or failure.reason not in (Reason.RESET, Reason.CLOSED):
                    raise  # an idle connection may have been closed meanwhile: that is no answer
        raise AssertionError("a fresh connection answers or raises")

    def _over(self, line: Line, request: Request, until: float, most_bytes: int) -> Exchanged:
        reusable = False
        try:
            answer, reusable = line.exchange(request, until, most_bytes)
        except OSError as error:
            raise Unreachable(_why(error), request.place) from error
        except http.client.IncompleteRead as error:
            raise Unreachable(Reason.TRUNCATED, request.place) from error
        except http.client.HTTPException as error:
            raise Unreachable(Reason.NOT_HTTP, request.place) from error
        finally:
            self._keep(request.origin, line) if reusable else line.hang_up()
        return answer

    def _take_idle(self, origin: Origin) -> Line | None:
        with self._lock:
            idle = self._idle.get(origin)
            if not idle:
                return None
            self.idle -= 1
            line = idle.pop()
            if not idle:
                del self._idle[origin]
            return line

    def _keep(self, origin: Origin, line: Line) -> None:
        """Keep it as the youngest, and let go of the oldest where there are too many."""
        with self._lock:
            idle = self._idle.pop(origin, [])
            self._idle[origin] = idle
            idle.append(line)
            self.idle += 1
            old = idle.pop(0) if len(idle) > IDLE_PER_ORIGIN else self._oldest() if self.idle > IDLE_IN_ALL else None
            self.idle -= old is not None
        if old is not None:
            old.hang_up()

    def _oldest(self) -> Line:
        """The first line of the origin that was used longest ago; asked under the lock, where there is one."""
        origin = next(iter(self._idle))
        idle = self._idle[origin]
        line = idle.pop(0)
        if not idle:
            del self._idle[origin]
        return line

    def _dial(self, origin: Origin, until: float) -> Line:
        """Connect to the first address that answers.

        A bucket is in scope by being declared, and its server's name (s3.amazonaws.com) is nobody's domain suffix: the
        fence's suffixes are not asked, only its exclusions and the wall around the metadata address.
        """
        scheme, host, port = origin
        Fence(excluded=self._access.fence.excluded).require(host)
        failure = Unreachable(Reason.DNS, host)
        for address, real_port in self._addresses(host, port, until):
            try:
                dialled = socket.create_connection((address, real_port), timeout=left(until))
            except OSError as error:
                failure = Unreachable(_why(error), f"{address}:{real_port}")
                continue
            dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            return Line(self._secured(dialled, origin, until) if scheme == "https" else dialled)
        raise failure

    def _addresses(self, host: str, port: int, until: float) -> list[tuple[str, int]]:
        mapped = self._access.connect_to.get((host.lower(), port))
        if mapped:
            return [(target.address, target.port) for target in mapped]
        found = addresses_of(host, max(0.01, until - time.monotonic())).found
        if not self._access.metadata_allowed and any(is_metadata(address) for address in found):
            raise Unreachable(Reason.PRIVATE_SPACE, f"{host} leads to the cloud metadata address")
        return [(address, port) for address in found]

    def _secured(self, dialled: socket.socket, origin: Origin, until: float) -> socket.socket:
        try:
            dialled.settimeout(left(until))
            return self._context().wrap_socket(dialled, server_hostname=origin[1])
        except OSError as error:
            dialled.close()
            raise Unreachable(_why(error), f"{origin[1]}:{origin[2]}") from error

    def _context(self) -> ssl.SSLContext:
        """One for the whole run: loading the anchors costs 20 to 30 ms."""
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context(cafile=self._access.ca_file or certifi.where())
            return self._tls


def _why(error: OSError) -> Reason:
    if isinstance(error, TimeoutError):
        return Reason.TIMEOUT
    if isinstance(error, ssl.SSLError):
        return Reason.TLS_FAILED
    if isinstance(error, http.client.RemoteDisconnected):
        return Reason.CLOSED
    return reason_of(error)


def _close_all(idle: dict[Origin, list[Line]]) -> None:
    for lines in idle.values():
        for line in lines:
            line.hang_up()
