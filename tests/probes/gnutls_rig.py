"""A TLS 1.2 server by GnuTLS itself, through ctypes: it renegotiates for its clients, with or without RFC 5746.

OpenSSL cannot leave renegotiation_info out any more; GnuTLS can, when it is told to.
"""

from __future__ import annotations

import ctypes
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from auditor.rig.listener import Listener

LIBRARY = "libgnutls.so.30"
SERVER, CERTIFICATE, PEM = 1, 1, 1
REHANDSHAKE = -37
BOUND = "NORMAL:-VERS-TLS1.3"
UNBOUND = "NORMAL:-VERS-TLS1.3:%DISABLE_SAFE_RENEGOTIATION"
SILENCE_MS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """Seconds that a client must let pass between handshakes, and between the messages of one; else it hangs up.

    `from_the_first`: the one that begins the connection counts as well.
    """

    between_s: float = 0.0
    within_s: float = 0.0
    from_the_first: bool = False


@contextmanager
def gnutls_server(
    pem: Path, priority: str, *, renegotiations: int = 1_000, manners: Manners | None = None
) -> Iterator[Listener]:
    """Renegotiates as often as told, then closes on the next request; and on whoever is too quick for its manners."""
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
            _talk(library, session, renegotiations, manners or Manners())
        finally:
            library.gnutls_deinit(session)

    with Listener(serve) as server:
        yield server
    library.gnutls_certificate_free_credentials(credentials)


def _talk(library: ctypes.CDLL, session: ctypes.c_void_p, renegotiations: int, manners: Manners) -> None:
    failed = library.gnutls_handshake(session)
    if failed < 0:
        library.gnutls_alert_send_appropriate(session, failed)
        return
    buffer, last = ctypes.create_string_buffer(4_096), time.monotonic() if manners.from_the_first else 0.0
    while (got := library.gnutls_record_recv(session, buffer, 4_096)) > 0 or got == REHANDSHAKE:
        if got == REHANDSHAKE:
            renegotiations -= 1
            began = time.monotonic()
            is_hurried = began - last < manners.between_s
            if renegotiations < 0 or is_hurried or library.gnutls_handshake(session) < 0:
                return
            last = time.monotonic()
            if last - began < manners.within_s:
                return
