"""A few short exchanges with one endpoint at once, in one thread: each sends its bytes and hears the answer.

A thread for each would cost more than the exchange itself (docs/decisions/0017). Deadline and byte limit are those of a
`Stream`. Knows no budget: whoever calls holds a place for each exchange.
"""

from __future__ import annotations

import errno
import math
import os
import select
import socket
import time
from collections.abc import Callable, Mapping, Sequence
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


def hold(endpoint: Endpoint, exchanges: Sequence[Exchange], *, seconds: float, max_bytes: int) -> None:
    """Hold them all at once. Returns when each has come to an end, after `seconds` at the latest; raises nothing."""
    until = time.monotonic() + seconds
    lines = [_Line(exchange, endpoint, max_bytes) for exchange in exchanges]
    try:
        for line in lines:
            line.dial()
        while waiting := [line for line in lines if not line.is_over]:
            ready = _ready(waiting, max(0.0, until - time.monotonic()))
            for line in ready:
                line.step()
            if not ready and time.monotonic() >= until:
                break
    finally:
        for line in lines:
            line.close()


@dataclass(slots=True)
class _Line:
    """The connection of one exchange. `left`: bytes that may still come."""

    exchange: Exchange
    endpoint: Endpoint
    left: int
    is_over: bool = False
    unsent: bytes = b""
    wire: socket.socket | None = None

    def dial(self) -> None:
        """Begin. Where the connection is there at once, as within one machine, the bytes are sent at once, too."""
        self.unsent = self.exchange.send
        try:
            error = self._connect()
        except OSError as failure:
            self._fail(failure)
            return
        if not error:
            self.step()
        elif error not in UNDER_WAY:
            self._fail(OSError(error, os.strerror(error)))

    def _connect(self) -> int:
        """The kernel's first word: 0, or an error number."""
        family, place = place_of(self.endpoint)
        self.wire = socket.socket(family, socket.SOCK_STREAM)
        self.wire.settimeout(0.0)
        return self.wire.connect_ex(place)

    def close(self) -> None:
        """Whatever is still under way has had its time."""
        if not self.is_over:
            self._end(Unreachable(Reason.TIMEOUT, self.endpoint.locus))

    def _end(self, failure: Unreachable | None = None) -> None:
        """Hang up at once: many a small server takes the next connection only when this one is closed."""
        self.is_over = True
        self.exchange.end(failure)
        if self.wire is not None:
            self.wire.close()

    def step(self) -> None:
        """The socket is ready for what was waited for."""
        if self.wire is None:
            return
        try:
            if self.unsent:
                self._send(self.wire)
            elif self._has_heard_enough(self.wire):
                self._end()
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error)
        except Unreachable as failure:
            self._end(failure)

    def _send(self, ready: socket.socket) -> None:
        if not self.exchange.is_dialled:
            error = ready.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
            self.exchange.is_dialled = True
        is_begun = len(self.unsent) < len(self.exchange.send)
        self.unsent = self.unsent[ready.send(self.unsent if is_begun else self.unsent[:PACKET]) :]
        if not self.unsent:
            self.exchange.sent_at = time.monotonic()

    def _has_heard_enough(self, ready: socket.socket) -> bool:
        """Raises Unreachable(TOO_LONG) where more than may come is needed."""
        data = ready.recv(min(PIECE, self.left))
        self.left -= len(data)
        if self.exchange.hear(data) or not data:
            return True
        if self.left <= 0:
            raise Unreachable(Reason.TOO_LONG, f"{self.endpoint.locus} sent more than it may")
        return False

    def _fail(self, error: OSError) -> None:
        self._end(Unreachable(reason_of(error), self.endpoint.locus))


def _ready(lines: Sequence[_Line], seconds: float) -> list[_Line]:
    """Those whose wait is over; [] when the time is."""
    by_number = {line.wire.fileno(): line for line in lines if line.wire}
    if not hasattr(select, "poll"):  # Windows
        return [by_number[number] for number in _selected(by_number, seconds)]
    poll = select.poll()
    for number, line in by_number.items():
        poll.register(number, select.POLLOUT if line.unsent else select.POLLIN)
    return [by_number[number] for number, _ in poll.poll(math.ceil(seconds * 1000))]


def _selected(by_number: Mapping[int, _Line], seconds: float) -> set[int]:
    speaking = [number for number, line in by_number.items() if line.unsent]
    listening = [number for number, line in by_number.items() if not line.unsent]
    return set().union(*select.select(listening, speaking, speaking, seconds))
