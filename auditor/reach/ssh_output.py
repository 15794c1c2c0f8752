"""What one exec printed, read to its end or not at all: bounded in time and bytes.

After a kill `recv` returns b"" like a proper end. So an answer counts as whole only if its last line carries the marker
that was made for this run, the exit status is 0, and the watchdog did not fire.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.model import Reason

if TYPE_CHECKING:
    import paramiko

POLL_S = 0.1  # how long one look at a stream may wait; the deadline is kept between looks
STATUS_S = 2.0  # from the end of the output to the exit status
FIRST_LINE_SHARE = 3  # a shell prints its first marker at once: a third of the time is patience enough


@dataclass(frozen=True, slots=True)
class ShellOutput:
    """What the script printed, whole, and the marker that frames it."""

    text: bytes
    marker: str


class Reading:
    """One channel. `is_late`: set by a watchdog when time is up. Raises Unreachable with what is wrong, not where."""

    def __init__(self, channel: paramiko.Channel, marker: str, until: float, is_late: threading.Event) -> None:
        self._channel = channel
        self._marker = marker
        self._until = until
        self._is_late = is_late

    def whole(self, max_bytes: int, *, is_overrun: Callable[[], bool]) -> ShellOutput:
        text = self._read(max_bytes)
        status = self._exit_status()
        ends_whole = text.rstrip(b"\r\n").endswith(f"\n{self._marker} DONE".encode())
        if ends_whole and status == 0 and not self._is_late.is_set():
            return ShellOutput(text, self._marker)
        raise self._incomplete(text, status, ends_whole=ends_whole, is_overrun=is_overrun())

    def _incomplete(self, text: bytes, status: int | None, *, ends_whole: bool, is_overrun: bool) -> Unreachable:
        """Why an answer does not count. A half-read one would look like a server without the disks that are missing."""
        if self._is_late.is_set():
            return Unreachable(Reason.TIMEOUT, "")
        if is_overrun:
            return Unreachable(Reason.TOO_LONG, "")
        if status is None and not self._channel.closed:
            return Unreachable(Reason.TIMEOUT, "no exit status")
        if status is not None and not self._has_begun(text):
            return Unreachable(Reason.NO_SHELL, f"exit status {status}")
        if status is None or not ends_whole:
            return Unreachable(Reason.TRUNCATED, "")
        return Unreachable(Reason.MALFORMED, f"exit status {status}")

    def _read(self, max_bytes: int) -> bytes:
        """Standard output up to its end. Standard error is drained beside it, counted and dropped."""
        text = bytearray()
        errors = 0
        channel = self._channel
        patience = time.monotonic() + max(0.0, self._until - time.monotonic()) / FIRST_LINE_SHARE
        channel.settimeout(POLL_S)
        while not self._is_late.is_set():
            if len(text) + errors > max_bytes:
                raise Unreachable(Reason.TOO_LONG, f"more than {max_bytes} bytes")
            while channel.recv_stderr_ready() and errors <= max_bytes:
                errors += len(channel.recv_stderr(32_768))
            try:
                data = channel.recv(32_768)
            except TimeoutError:
                if text and time.monotonic() > patience and not self._has_begun(text):
                    raise Unreachable(Reason.NO_SHELL, "no line of the script came") from None
                continue
            if not data:
                break
            text += data
        return bytes(text)

    def _exit_status(self) -> int | None:
        """None where the server sent none in time: paramiko's own wait has no end."""
        channel = self._channel
        until = min(self._until, time.monotonic() + STATUS_S)
        while not channel.status_event.wait(POLL_S) and time.monotonic() < until:
            if channel.recv_stderr_ready():
                channel.recv_stderr(32_768)
        return channel.exit_status if channel.exit_status_ready() and channel.exit_status >= 0 else None

    def _has_begun(self, text: bytes | bytearray) -> bool:
        return f"{self._marker} BEGIN ".encode() in text
