"""The socket below an SSH connection: counts what the server sends, and keeps how it began. Knows no cryptography."""

from __future__ import annotations

import socket

HEAD_BYTES = 16_384  # enough for the greeting and the server's first key exchange message
GREETING_BYTES = 65_536  # lines before the identification are allowed (RFC 4253 section 4.2), but not without end
KEXINIT = 20


class Wire(socket.socket):
    """Takes over a connected socket. Past `max_bytes`, or a greeting that never ends, it acts as if the server closed.

    paramiko itself bounds neither: an endless first line, or data sent past the channel's window, would fill memory.
    """

    def __init__(self, connected: socket.socket, max_bytes: int) -> None:
        super().__init__(fileno=connected.detach())
        self.received = 0
        self.is_overrun = False
        self.head = b""
        self._max_bytes = max_bytes

    @property
    def is_identified(self) -> bool:
        """Did the server send a line that starts with SSH- ?"""
        return self.head.startswith(b"SSH-") or b"\nSSH-" in self.head

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        if self.is_overrun:
            return b""
        data = super().recv(bufsize, flags)
        self.received += len(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]
        if self.received > (self._max_bytes if self.is_identified else min(GREETING_BYTES, self._max_bytes)):
            self.is_overrun = True
            return b""
        return data

    def hang_up(self) -> None:
        """Wake whoever reads; closing alone would leave a reader waiting out its poll."""
        try:
            self.shutdown(socket.SHUT_RDWR)
        except OSError:  # closed already
            return

    def host_key_algorithms(self) -> tuple[str, ...]:
        """What the server's first KEXINIT offers as server_host_key_algorithms (RFC 4253 section 7.1); () if unread.

        That message is sent in the clear: length(4), padding length(1), type 20, cookie(16), then lists of names.
        """
        start = self.head.find(b"\n", max(0, self.head.find(b"SSH-"))) + 1
        packet = self.head[start:]
        if not self.is_identified or packet[5:6] != bytes([KEXINIT]):
            return ()
        _, rest = _name_list(packet[22:])
        names, _ = _name_list(rest)
        return tuple(names.decode("ascii", "replace").split(","))


def _name_list(data: bytes) -> tuple[bytes, bytes]:
    """uint32 length and that many bytes; then the rest."""
    end = 4 + int.from_bytes(data[:4], "big")
    return data[4:end], data[end:]
