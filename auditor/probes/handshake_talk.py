"""The bytes of one handshake, carried between a stream and OpenSSL, as a client that believes nothing.

OpenSSL never sees a socket: bytes go through memory, so deadline and byte limit are the stream's.
"""

from __future__ import annotations

import functools
from enum import Enum

from OpenSSL import SSL, crypto

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.probes.host_name import is_address
from auditor.reach import Stream

OP_LEGACY_SERVER_CONNECT = 0x4  # OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT, unnamed in pyOpenSSL
# OpenSSL's words for a step of the handshake (SSL_state_string_long).
REQUEST = b"SSLv3/TLS read server certificate request"
TICKET = b"SSLv3/TLS read server session ticket"


# OpenSSL's own groups, and those on which no browser takes a certificate: a server shows one on them to nobody else.
# secp256k1 it has for TLS no more.
CURVES = "DEFAULT:" + ":".join(f"?brainpoolP{bits}r1{age}" for age in ("tls13", "") for bits in (256, 384, 512))


class Wants(Enum):
    """Which certificate a client can use: any, or one of a key type only; up to TLS 1.2, or in TLS 1.3 alone.

    Each with OpenSSL's names of its suites and, where they alone decide, of its signatures or curves.
    """

    ANYTHING = ("ALL:@SECLEVEL=0", "", False)
    ANY_CURVE = ("ALL:@SECLEVEL=0", "", False, CURVES)
    RSA = ("aRSA:@SECLEVEL=0", "", False)
    ECDSA = ("aECDSA:@SECLEVEL=0", "", False)
    RSA_IN_TLS13 = (
        "ALL:@SECLEVEL=0",
        "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pkcs1_sha256",
        True,
    )
    ECDSA_IN_TLS13 = (
        "ALL:@SECLEVEL=0",
        "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512",
        True,
    )


class Talk:
    """The bytes of one handshake, carried between a stream and OpenSSL."""

    __slots__ = ("_stapled", "_states", "connection", "heard", "is_complete", "stream")

    def __init__(self, stream: Stream, connection: SSL.Connection) -> None:
        self.stream = stream
        self.connection = connection
        self.heard = bytearray()
        self.is_complete = False
        self._states: set[bytes] = set()
        self._stapled: list[bytes] = []

    def run(self) -> None:
        while True:
            try:
                self.connection.do_handshake()
            except SSL.WantReadError:
                self.flush()
                self._listen()
            else:
                self.flush()
                self.is_complete = True
                return

    def ask_for_staple(self) -> None:
        self.connection.set_app_data(self._stapled)  # never this talk: a ring of both would outlive it
        self.connection.request_ocsp()

    @property
    def staple(self) -> bytes:
        """The OCSP answer; b"" for none."""
        return self._stapled[-1] if self._stapled else b""

    def note_states(self) -> None:
        """Keep the steps of the handshake, and of what comes after it."""
        states = self._states

        def note(connection: SSL.Connection, _where: int, _code: int) -> None:
            states.add(connection.get_state_string())

        self.connection.set_info_callback(note)

    @property
    def wants_client_certificate(self) -> bool:
        """Did the server ask for one? Known where states are noted."""
        return REQUEST in self._states

    def early_data(self) -> int | None:
        """What the last ticket says, or 0 where the server says goodbye without any; None where it does neither.

        We say goodbye first: a server that has understood it sends what it owes, and answers.
        """
        self.connection.shutdown()
        if not self._takes_goodbye():
            return None
        if not self._says_goodbye() and TICKET not in self._states:
            return None
        session = self.connection.get_session()
        if TICKET not in self._states or session is None:
            return 0
        early_data = vars(SSL)["_lib"].SSL_SESSION_get_max_early_data  # pyOpenSSL has no method for it
        return int(early_data(session._session))

    def _takes_goodbye(self) -> bool:
        """False: it has hung up by now, as one that wants a certificate of the client does."""
        try:
            self.flush()
        except Unreachable:
            return False
        return True

    def _says_goodbye(self) -> bool:
        """Listen until then, or until a ticket has come."""
        while TICKET not in self._states:
            try:
                self.connection.recv(1)
            except SSL.WantReadError:
                if not self._hears_more():
                    return False
            except SSL.ZeroReturnError:
                return True
            except SSL.Error:
                return False
        return True

    def _hears_more(self) -> bool:
        """False: the server was silent, or broke off."""
        try:
            data = self.stream.receive()
        except Unreachable:
            return False
        if data:
            self.connection.bio_write(data)
        else:
            self.connection.bio_shutdown()
        return True

    def shown(self) -> tuple[bytes, ...]:
        chain = self.connection.get_peer_cert_chain() or []
        return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in chain)

    def flush(self) -> None:
        try:
            self.stream.send(self.connection.bio_read(65_536))
        except SSL.WantReadError:
            return

    def _listen(self) -> None:
        data = self.stream.receive()
        if not data:
            raise Unreachable(Reason.CLOSED, self.stream.endpoint.locus)
        self.heard += data
        self.connection.bio_write(data)


def client(name: str, wants: Wants) -> SSL.Connection:
    connection = SSL.Connection(_context(wants), None)
    if name and not is_address(name):  # RFC 6066 section 3: literal addresses are no server names
        connection.set_tlsext_host_name(name.encode("ascii"))
    connection.set_connect_state()
    return connection


@functools.cache
def _context(wants: Wants) -> SSL.Context:
    """One of each kind per process: no verification, every suite that this OpenSSL has and the client can use."""
    suites, signatures, only_tls13, *curves = wants.value
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION if only_tls13 else SSL.TLS1_VERSION)
    if wants in (Wants.RSA, Wants.ECDSA):
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(suites.encode("ascii"))
    context.set_options(OP_LEGACY_SERVER_CONNECT)
    context.set_ocsp_client_callback(_keep_staple)
    set_signatures = vars(SSL)["_lib"].SSL_CTX_set1_sigalgs_list  # pyOpenSSL has no method for it
    if signatures and set_signatures(context._context, signatures.encode("ascii")) != 1:
        raise Unreachable(Reason.TOOL_ABSENT, "OpenSSL does not know the signatures to be asked for")
    set_curves = vars(SSL)["_lib"].SSL_CTX_set1_curves_list
    if curves and set_curves(context._context, curves[0].encode("ascii")) != 1:
        raise Unreachable(Reason.TOOL_ABSENT, "OpenSSL does not know the curves to be asked for")
    return context


def _keep_staple(connection: SSL.Connection, staple: bytes, _: object) -> bool:
    """OpenSSL hands over what was stapled, b"" for nothing; the handshake goes on whatever it is."""
    stapled = connection.get_app_data()
    if isinstance(stapled, list):
        stapled.append(staple)
    return True
