"""What lies below an SSH connection: counts what the server sends, and keeps how it began. Knows no cryptography."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import paramiko

HEAD_BYTES = 32_768  # enough for the greeting and the server's first key exchange message
GREETING_BYTES = 65_536  # lines before the identification are allowed (RFC 4253 section 4.2), but not without end


class Wire:
    """A connected socket, or a channel through a jump host. Past `max_bytes`, or a greeting that never ends, it acts
    as if the server closed.

    paramiko itself bounds neither: an endless first line, or data sent past the channel's window, would fill memory.
    """

    def __init__(self, below: socket.socket | paramiko.Channel, max_bytes: int) -> None:
        self._below = below
        self._max_bytes = max_bytes
        self.received = 0
        self.is_overrun = False
        self.head = b""
        self._closed = False  # paramiko asks for it by this name, as sockets have it

    @property
    def is_identified(self) -> bool:
        """Did the server send a line that starts with SSH- ?"""
        return self.head.startswith(b"SSH-") or b"\nSSH-" in self.head

    def recv(self, size: int) -> bytes:
        if self.is_overrun:
            return b""
        data = self._below.recv(size)
        self.received += len(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]
        if self.received > (self._max_bytes if self.is_identified else min(GREETING_BYTES, self._max_bytes)):
            self.is_overrun = True
            return b""
        return data

    def send(self, data: bytes) -> int:
        return self._below.send(data)

    def settimeout(self, seconds: float | None) -> None:
        self._below.settimeout(seconds)

    def close(self) -> None:
        self._closed = True
        self._below.close()

    def hang_up(self) -> None:
        """Wake whoever reads; closing a socket alone would leave a reader waiting out its poll."""
        if not isinstance(self._below, socket.socket):
            self._below.close()
            return
        try:
            self._below.shutdown(socket.SHUT_RDWR)
        except OSError:  # closed already
            return
