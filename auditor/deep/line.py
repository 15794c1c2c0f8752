"""The connected socket as sslyze uses it: keeps what came, with a deadline over all of it and a byte limit."""

from __future__ import annotations

import socket
import time

from .records import ALERT, Reading, read

MOST_BYTES = 131_072
PATIENCE_S = 5.0  # for the server's flight
QUIET_S = 1.5  # after the flight, for a leak, an alert or a close


class Line:
    """`ending`: "" while it goes on, then timeout, closed or reset; ignored, once `hang_up` found the server alive."""

    def __init__(self, connected: socket.socket, until: float, *, quiet_s: float = QUIET_S) -> None:
        self._socket = connected
        self._until = until
        self._quiet_s = quiet_s
        self._pace_s = 0.0
        self.received = b""
        self.ending = ""

    @property
    def reading(self) -> Reading:
        return read(self.received)

    def send(self, data: bytes) -> int:
        time.sleep(self._pace_s)
        self._socket.settimeout(self._allowed())
        self._socket.sendall(data)
        return len(data)

    def recv(self, size: int) -> bytes:
        try:
            self._socket.settimeout(self._allowed())
            data = self._socket.recv(size)
        except TimeoutError:
            self.ending = self.ending or "timeout"
            raise
        except OSError:
            self.ending = "reset"
            raise
        if not data:
            self.ending = "closed"
        self.received += data
        return data

    def await_flight(self) -> bool:
        """Receive until the server's flight is complete. False where it did not come, or something ended it."""
        while not self.ending and not self.is_settled and not self.reading.flight.done:
            try:
                self.recv(16_384)
            except OSError:
                break
        seen = self.reading
        return seen.flight.done and seen.alert is None and seen.is_tls

    def listen(self) -> None:
        """Receive until the server has said what there is to learn, or nothing more comes."""
        while not self.ending and not self.is_settled:
            try:
                self.recv(16_384)
            except OSError:
                return

    def say(self, data: bytes) -> None:
        """Send, and listen. A server that has closed meanwhile is heard in the listening."""
        try:
            self.send(data)
        except TimeoutError:
            self.ending = self.ending or "timeout"
        except OSError:
            pass  # what it said before it closed can still be read
        self.listen()

    def hang_up(self) -> None:
        """Tell the server to close, by a fatal alert (RFC 5246 section 7.2), and see whether it listens."""
        if self.ending != "timeout":
            return
        self.ending = ""
        try:
            self.send(bytes((ALERT, 3, 3, 0, 2, 2, 40)))
            while not self.ending:
                self.recv(16_384)
        except OSError:
            pass
        self.ending = "ignored" if self.ending in {"closed", "reset"} else "timeout"

    def listen_again(self) -> None:
        """After a silence: whatever is sent next may be answered."""
        if self.ending == "timeout":
            self.ending = ""

    def shorten(self, quiet_s: float) -> None:
        """From now on have so much patience after the flight."""
        self._quiet_s = quiet_s

    def slow_down(self, pace_s: float) -> None:
        """From now on wait so long before everything that is sent."""
        self._pace_s = pace_s

    @property
    def is_settled(self) -> bool:
        """Has something come that ends what there is to learn?"""
        seen = self.reading
        return seen.leaked or seen.alert is not None or not seen.is_tls

    def _allowed(self) -> float:
        """Seconds for the next operation. Less patience once the flight is complete."""
        remaining = self._until - time.monotonic()
        if remaining <= 0 or len(self.received) > MOST_BYTES:
            raise TimeoutError
        return min(remaining, self._quiet_s if self.reading.flight.done else PATIENCE_S)
