"""One short exchange over a connection of its own, that never waits: it sends its bytes and hears the answer.

Whoever holds it waits for its socket (`switchboard`), keeps its deadline, and has taken a place in the host's budget.
The byte limit is that of a `Stream`.
"""

from __future__ import annotations

import errno
import math
import os
import socket
import time
from collections.abc import Callable

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.resolve import Endpoint
from auditor.reach.stream import place_of, reason_of

UNDER_WAY = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK})
Socket = socket.SocketType  # what the kernel's is wrapped in, without what Python's own class adds to it
IS_BORN_SO = hasattr(socket, "SOCK_NONBLOCK")  # a socket that never waits, as it is made
WITHOUT_WAITING = socket.SOCK_STREAM | getattr(socket, "SOCK_NONBLOCK", 0)
PIECE = 16_384  # bytes read at once
PACKET = 1_400  # bytes sent first: what no packet of an Ethernet holds comes in two everywhere, on loopback too


class Exchange:
    """Bytes to be sent on a connection of their own, and who listens.

    `hear` is given what comes, b"" at the end of the stream; True: that is enough. Afterwards: `is_dialled`, was there
    a connection? `failure`: why it ended before enough was heard and before the server closed; None where neither.
    `waited_s`: seconds from the last byte sent to the end; infinite where not all was sent. `was_beside`: was a
    connection of another probe open to the host meanwhile?
    """

    __slots__ = ("failure", "hear", "is_dialled", "send", "sent_at", "waited_s", "was_beside")

    def __init__(self, *, send: bytes, hear: Callable[[bytes], bool]) -> None:
        self.send = send
        self.hear = hear
        self.is_dialled = False
        self.failure: Unreachable | None = None
        self.was_beside = False
        self.sent_at = self.waited_s = math.inf  # the first by the monotonic clock

    def end(self, failure: Unreachable | None = None) -> None:
        self.failure = failure
        if self.sent_at < math.inf:
            self.waited_s = time.monotonic() - self.sent_at


class Line:
    """The connection of one exchange. `number`: of its socket, once dialled. `left`: bytes that may still come.

    `is_sending`: what to wait for: may it send? Else: is there something to read?
    """

    __slots__ = ("_unsent", "_wire", "endpoint", "exchange", "is_over", "is_sending", "left", "number")

    def __init__(self, exchange: Exchange, endpoint: Endpoint, left: int) -> None:
        self.exchange = exchange
        self.endpoint = endpoint
        self.left = left
        self.is_over = False
        self.number = -1
        self._unsent = exchange.send
        self.is_sending = bool(self._unsent)
        self._wire: Socket | None = None

    def dial(self) -> None:
        """Begin. Where the connection is there at once, as within one machine, the bytes are sent at once, too."""
        try:
            family, place = place_of(self.endpoint.address, self.endpoint.port)
            wire = self._wire = Socket(family, WITHOUT_WAITING)
            if not IS_BORN_SO:
                wire.settimeout(0.0)
            self.number = wire.fileno()
            error = wire.connect_ex(place)
        except OSError as failure:
            self._fail(failure)
            return
        if not error:
            self.step(is_readable=False)
        elif error not in UNDER_WAY:
            self._fail(OSError(error, os.strerror(error)))

    def close(self) -> None:
        """Whatever is still under way has had its time."""
        if not self.is_over:
            self._end(Unreachable(Reason.TIMEOUT, self.endpoint.locus))

    def _end(self, failure: Unreachable | None = None) -> None:
        """Hang up at once: many a small server takes the next connection only when this one is closed."""
        self.is_over = True
        self.exchange.end(failure)
        if self._wire is not None:
            self._wire.close()

    def step(self, *, is_readable: bool) -> None:
        """The socket is ready for what was waited for, or is said to be: it may turn out that it is not.

        Goes on as far as it can: nobody says twice that a socket is ready. `is_readable`: there is something to read,
        whatever was waited for.
        """
        wire = self._wire
        if wire is None:
            return
        try:
            if self.is_sending:
                self._send(wire)
            if is_readable and not self.is_sending:
                self._hear(wire)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error if self.exchange.is_dialled else _cause(wire, error))
        except Unreachable as failure:  # of who listens
            self._end(failure)

    def _send(self, wire: Socket) -> None:
        """What is sent first tells whether there is a connection."""
        unsent, exchange = self._unsent, self.exchange
        if not exchange.is_dialled and len(unsent) > PACKET:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else the second waits for the first one's echo
            unsent = self._unsent = unsent[wire.send(unsent[:PACKET]) :]
            exchange.is_dialled = True
        while (sent := wire.send(unsent)) < len(unsent):
            unsent = self._unsent = unsent[sent:]
            exchange.is_dialled = True
        exchange.is_dialled, self.is_sending = True, False
        exchange.sent_at = time.monotonic()

    def _hear(self, wire: Socket) -> None:
        """Until there is nothing to read now, which raises BlockingIOError.

        TOO_LONG where more than may come is needed.
        """
        while True:
            data = wire.recv(PIECE if self.left > PIECE else self.left)
            if self.exchange.hear(data) or not data:
                self._end()
                return
            self.left -= len(data)
            if self.left <= 0:
                self._end(Unreachable(Reason.TOO_LONG, f"{self.endpoint.locus} sent more than it may"))
                return

    def _fail(self, error: OSError) -> None:
        self._end(Unreachable(reason_of(error), self.endpoint.locus))


def _cause(wire: Socket, error: OSError) -> OSError:
    """Why there is no connection. Linux has said so when it refused to send; other systems have to be asked."""
    known = wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return OSError(known, os.strerror(known)) if known else error
