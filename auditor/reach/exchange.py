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
from dataclasses import dataclass

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.resolve import Endpoint
from auditor.reach.stream import place_of, reason_of

UNDER_WAY = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK})
PIECE = 16_384  # bytes read at once
PACKET = 1_400  # bytes sent first: what no packet of an Ethernet holds comes in two everywhere, on loopback too


@dataclass(slots=True, kw_only=True)
class Exchange:
    """Bytes to be sent on a connection of their own, and who listens.

    `hear` is given what comes, b"" at the end of the stream; True: that is enough. Afterwards: `is_dialled`, was there
    a connection? `failure`: why it ended before enough was heard and before the server closed; None where neither.
    `waited_s`: seconds from the last byte sent to the end; infinite where not all was sent.
    """

    send: bytes
    hear: Callable[[bytes], bool]
    is_dialled: bool = False
    failure: Unreachable | None = None
    sent_at: float = math.inf  # by the monotonic clock
    waited_s: float = math.inf

    def end(self, failure: Unreachable | None = None) -> None:
        self.failure = failure
        if self.sent_at < math.inf:
            self.waited_s = time.monotonic() - self.sent_at


@dataclass(slots=True, eq=False)
class Line:
    """The connection of one exchange. `left`: bytes that may still come. `number`: of its socket, once dialled.

    `is_sending`: what to wait for: may it send? Else: is there something to read?
    """

    exchange: Exchange
    endpoint: Endpoint
    left: int
    is_over: bool = False
    is_sending: bool = True
    number: int = -1
    _unsent: bytes = b""
    _wire: socket.socket | None = None

    def dial(self) -> None:
        """Begin. Where the connection is there at once, as within one machine, the bytes are sent at once, too."""
        self._unsent = self.exchange.send
        self.is_sending = bool(self._unsent)
        try:
            family, place = place_of(self.endpoint)
            wire = self._wire = socket.socket(family, socket.SOCK_STREAM)
            wire.settimeout(0.0)
            self.number = wire.fileno()
            error = wire.connect_ex(place)
        except OSError as failure:
            self._fail(failure)
            return
        if not error:
            self.step()
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

    def step(self) -> None:
        """The socket is ready for what was waited for, or is said to be: it may turn out that it is not."""
        wire = self._wire
        if wire is None:
            return
        try:
            if self.is_sending:
                self._send(wire)
            else:
                self._hear(wire)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error)
        except Unreachable as failure:  # of who listens
            self._end(failure)

    def _send(self, ready: socket.socket) -> None:
        unsent, exchange = self._unsent, self.exchange
        if not exchange.is_dialled:
            error = ready.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
        is_begun = len(unsent) < len(exchange.send)
        self._unsent = unsent[ready.send(unsent if is_begun else unsent[:PACKET]) :]
        exchange.is_dialled = True
        if not self._unsent:
            self.is_sending = False
            exchange.sent_at = time.monotonic()

    def _hear(self, ready: socket.socket) -> None:
        """TOO_LONG where more than may come is needed."""
        data = ready.recv(PIECE if self.left > PIECE else self.left)
        self.left -= len(data)
        if self.exchange.hear(data) or not data:
            self._end()
        elif self.left <= 0:
            self._end(Unreachable(Reason.TOO_LONG, f"{self.endpoint.locus} sent more than it may"))

    def _fail(self, error: OSError) -> None:
        self._end(Unreachable(reason_of(error), self.endpoint.locus))
