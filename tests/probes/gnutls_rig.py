"""A TLS 1.2 server by GnuTLS itself, through ctypes: it renegotiates for its clients, with or without RFC 5746.

OpenSSL cannot leave renegotiation_info out any more; GnuTLS can, when it is told to.
"""

from __future__ import annotations

import ctypes
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auditor.rig.listener import Listener

LIBRARY = "libgnutls.so.30"
SERVER, CERTIFICATE, PEM = 1, 1, 1
REHANDSHAKE = -37
BOUND = "NORMAL:-VERS-TLS1.3"
UNBOUND = "NORMAL:-VERS-TLS1.3:%DISABLE_SAFE_RENEGOTIATION"
SILENCE_MS = 10_000


@contextmanager
def gnutls_server(
    pem: Path, priority: str, *, renegotiations: int = 1_000, hurried_s: float = 0.0
) -> Iterator[Listener]:
    """Renegotiates as often as told, then closes on the next request; and on one that comes too soon after another."""
    library = ctypes.CDLL(LIBRARY)
    library.gnutls_record_recv.restype = ctypes.c_ssize_t
    credentials = ctypes.c_void_p()
    library.gnutls_certificate_allocate_credentials(ctypes.byref(credentials))
    name = str(pem).encode()
    if library.gnutls_certificate_set_x509_key_file(credentials, name, name, PEM) < 0:
        raise RuntimeError("GnuTLS cannot read the key")

    def serve(connection: socket.socket, _: int) -> None:
        session = ctypes.c_void_p()
        library.gnutls_init(ctypes.byref(session), SERVER)
        try:
            library.gnutls_priority_set_direct(session, priority.encode(), None)
            library.gnutls_credentials_set(session, CERTIFICATE, credentials)
            library.gnutls_transport_set_int2(session, connection.fileno(), connection.fileno())
            library.gnutls_handshake_set_timeout(session, SILENCE_MS)
            _talk(library, session, renegotiations, hurried_s)
        finally:
            library.gnutls_deinit(session)

    with Listener(serve) as server:
        yield server
    library.gnutls_certificate_free_credentials(credentials)


def _talk(library: ctypes.CDLL, session: ctypes.c_void_p, renegotiations: int, hurried_s: float) -> None:
    failed = library.gnutls_handshake(session)
    if failed < 0:
        library.gnutls_alert_send_appropriate(session, failed)
        return
    buffer, last = ctypes.create_string_buffer(4_096), 0.0
    while (got := library.gnutls_record_recv(session, buffer, 4_096)) > 0 or got == REHANDSHAKE:
        if got == REHANDSHAKE:
            renegotiations -= 1
            is_hurried = time.monotonic() - last < hurried_s
            if renegotiations < 0 or is_hurried or library.gnutls_handshake(session) < 0:
                return
            last = time.monotonic()
