"""TLS for a listener as good as it gets today: post-quantum groups too, which Python's own `ssl` may not have."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from OpenSSL import SSL

SUITES = b"ECDHE+AESGCM:ECDHE+CHACHA20"


class HybridTls:
    """TLS 1.2 and 1.3 by pyOpenSSL, which brings its own OpenSSL. `certificate`: a PEM file with key and chain."""

    def __init__(self, certificate: Path) -> None:
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD)
        self._context.set_min_proto_version(SSL.TLS1_2_VERSION)
        self._context.set_cipher_list(SUITES)
        self._context.use_certificate_chain_file(str(certificate))
        self._context.use_privatekey_file(str(certificate))
        self._context.set_alpn_select_callback(lambda _, offered: b"http/1.1" if b"http/1.1" in offered else b"")

    @contextmanager
    def wrap_socket(self, guest: socket.socket, *, server_side: bool) -> Iterator[Secured]:
        """A handshake, and what is said after it. Raises OSError where TLS fails, as `ssl` does."""
        if not server_side:
            raise ValueError("a listener is a server")
        guest.settimeout(None)  # the listener shuts it, whoever waits
        connection = SSL.Connection(self._context, guest)
        connection.set_accept_state()
        try:
            connection.do_handshake()
            yield Secured(connection)
            connection.shutdown()
        except SSL.Error as error:
            raise ConnectionAbortedError("TLS failed") from error
        finally:
            guest.close()


class Secured:
    """The two things that a listener does with a connection."""

    def __init__(self, connection: SSL.Connection) -> None:
        self._connection = connection

    def recv(self, size: int) -> bytes:
        try:
            return bytes(self._connection.recv(size))
        except SSL.ZeroReturnError:
            return b""

    def sendall(self, data: bytes) -> None:
        self._connection.sendall(data)
