"""What one exec printed, read to its end or not at all: bounded in time and bytes.

After a kill `recv` returns b"" like a proper end. So an answer counts as whole only if its last line carries the marker
that was made for this run, the exit status is 0, and the watchdog did not fire.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.records import dataclass

if TYPE_CHECKING:
    import paramiko

POLL_S = 0.1  # between two looks where no stream rings
STATUS_S = 2.0  # from the end of the output to the exit status
FIRST_LINE_SHARE = 3  # a shell prints its first marker at once: a third of the time is patience enough
ERRORS_KEPT = 4_096  # bytes of standard error that are looked through
# What OpenSSH says instead of running anything (its session.c), and pam_unix(8).
EXPIRED = re.compile(rb"password has expired|password change required|account has expired", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ShellOutput:
    """What the script printed, whole, and the marker that frames it."""

    text: bytes
    marker: str


class _Bell(threading.Event):
    """Rung by either stream when there is something to read, or nothing more. Stopped by the reader alone."""

    def clear(self) -> None:
        """What a stream does that is empty: the other one may not be."""

    def stop(self) -> None:
        super().clear()


class Reading:
    """One channel. `is_late`: set by a watchdog when time is up. Raises Unreachable with what is wrong, not where."""

    def __init__(self, channel: paramiko.Channel, marker: str, until: float, is_late: threading.Event) -> None:
        self._channel = channel
        self._marker = marker
        self._until = until
        self._is_late = is_late
        self._errors = b""

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
        if not self._has_begun(text) and EXPIRED.search(text[:ERRORS_KEPT] + b"\n" + self._errors):
            return Unreachable(Reason.NEEDS_HUMAN, "the account or its password has expired")
        return self._cut(status, has_begun=self._has_begun(text), ends_whole=ends_whole)

    def _cut(self, status: int | None, *, has_begun: bool, ends_whole: bool) -> Unreachable:
        if status is not None and not has_begun:
            return Unreachable(Reason.NO_SHELL, f"exit status {status}")
        if status is None or not ends_whole:
            return Unreachable(Reason.TRUNCATED, "")
        return Unreachable(Reason.MALFORMED, f"exit status {status}")

    def _read(self, max_bytes: int) -> bytes:
        """Standard output up to its end. Standard error is drained beside it and counted; its beginning is kept."""
        text = bytearray()
        errors, has_begun = 0, False
        channel, bell = self._channel, _Bell()
        channel.in_buffer.set_event(bell)
        channel.in_stderr_buffer.set_event(bell)
        patience = time.monotonic() + self._left() / FIRST_LINE_SHARE
        while not self._is_late.is_set():
            bell.stop()
            has_ended = channel.eof_received or channel.closed
            while channel.recv_ready() and len(text) <= max_bytes:
                text += channel.recv(32_768)
            while channel.recv_stderr_ready() and errors <= max_bytes:
                errors += self._drain(channel)
            if len(text) + errors > max_bytes:
                raise Unreachable(Reason.TOO_LONG, f"more than {max_bytes} bytes")
            if has_ended:
                break
            has_begun = has_begun or self._has_begun(text)
            if text and not has_begun and time.monotonic() > patience:
                raise Unreachable(Reason.NO_SHELL, "no line of the script came")
            bell.wait(max(POLL_S, self._left() if has_begun else patience - time.monotonic()))
        return bytes(text)

    def _exit_status(self) -> int | None:
        """None where the server sent none in time: paramiko's own wait has no end."""
        channel = self._channel
        until = time.monotonic() + min(STATUS_S, self._left())
        while not channel.status_event.wait(POLL_S) and time.monotonic() < until:
            if channel.recv_stderr_ready():
                self._drain(channel)
        return channel.exit_status if channel.exit_status_ready() and channel.exit_status >= 0 else None

    def _left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def _drain(self, channel: paramiko.Channel) -> int:
        data = channel.recv_stderr(32_768)
        self._errors += data[: ERRORS_KEPT - len(self._errors)]
        return len(data)

    def _has_begun(self, text: bytes | bytearray) -> bool:
        return f"{self._marker} BEGIN ".encode() in text
