"""An IMAP port on loopback, as far as TLS (RFC 9051 section 6.2.1). Nobody can log in, and nobody has mail."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from auditor.rig.hybrid_tls import HybridTls
from auditor.rig.listener import Listener

PATIENCE_S = 10.0
LONGEST_LINE = 1_000


@contextmanager
def mailbox_listener(tls: ssl.SSLContext | HybridTls, *, takes_passwords: bool) -> Iterator[Listener]:
    """Listen until the end of the block. `takes_passwords`: before TLS, too."""
    logins = "AUTH=PLAIN" if takes_passwords else "LOGINDISABLED"
    capabilities = f"* CAPABILITY IMAP4rev1 STARTTLS {logins}\r\n".encode("ascii")

    def serve(guest: socket.socket, _: int) -> None:
        guest.settimeout(PATIENCE_S)
        guest.sendall(b"* OK mailboxes\r\n")
        if not _wants_tls(guest, capabilities):
            return
        with tls.wrap_socket(guest.dup(), server_side=True) as secured:
            secured.recv(1)

    with Listener(serve) as listener:
        yield listener


def _wants_tls(guest: socket.socket, capabilities: bytes) -> bool:
    """Answer commands until one asks for TLS. False: the client went away."""
    while line := _line(guest):
        tag, _, command = line.partition(b" ")
        match command.strip().upper():
            case b"CAPABILITY":
                guest.sendall(capabilities + tag + b" OK\r\n")
            case b"STARTTLS":
                guest.sendall(tag + b" OK go on\r\n")
                return True
            case b"LOGOUT":
                guest.sendall(b"* BYE\r\n" + tag + b" OK\r\n")
                return False
            case _:
                guest.sendall(tag + b" BAD\r\n")
    return False


def _line(guest: socket.socket) -> bytes:
    """One line with its end, byte by byte: what comes after it may be TLS. b"" where there is none."""
    line = b""
    while not line.endswith(b"\n") and len(line) < LONGEST_LINE:
        byte = guest.recv(1)
        if not byte:
            return b""
        line += byte
    return line
