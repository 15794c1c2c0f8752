"""One completed TLS handshake that believes nothing, to see which certificates a server shows.

Must not know what a good certificate is. pyOpenSSL carries its own OpenSSL and hands out the chain as it was sent,
unlike Python's `ssl`. It never sees a socket: bytes go through memory, so deadline and byte limit are the stream's.
"""

from __future__ import annotations

import functools
import ipaddress
from dataclasses import field, replace
from enum import Enum

from OpenSSL import SSL, crypto

from auditor.errors import Unreachable
from auditor.facts.tls import TlsVersion
from auditor.facts.web import HttpsAnswer
from auditor.model import Reason
from auditor.reach import Stream
from auditor.records import dataclass

OP_LEGACY_SERVER_CONNECT = 0x4  # OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT, unnamed in pyOpenSSL
RECORD_TYPES = range(20, 25)  # RFC 8446 section 5.1
FATAL = 2
UNRECOGNIZED_NAME = 112  # RFC 6066 section 3
ALERT = 21
# Alerts by which a server says that it has nothing for what this client knows (RFC 8446 section 6.2).
NOTHING_FITS = {40: "handshake_failure", 47: "illegal_parameter", 71: "insufficient_security"}
PROTOCOL_VERSION = 70
VERSIONS = {"TLSv1.3": TlsVersion.TLS13, "TLSv1.2": TlsVersion.TLS12} | {
    "TLSv1.1": TlsVersion.TLS11,
    "TLSv1": TlsVersion.TLS10,
}
# OpenSSL's words for a step of the handshake (SSL_state_string_long).
REQUEST = b"SSLv3/TLS read server certificate request"
TICKET = b"SSLv3/TLS read server session ticket"


class Wants(Enum):
    """Which certificate a client can use: any, or one of a key type only; up to TLS 1.2, or in TLS 1.3 alone.

    Each with OpenSSL's names of its suites and, where they alone decide, of its signatures.
    """

    ANYTHING = ("ALL:@SECLEVEL=0", "", False)
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


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a completed handshake agreed to. `early_data`: bytes that a ticket allows; None: no telling."""

    version: TlsVersion
    protocol: bytes
    wants_client_certificate: bool
    early_data: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """The certificates a server sent, DER, leaf first; never empty. `staple`: its OCSP answer, b"" for none.

    `agreed` None: the server broke it off afterwards, or nobody asked.
    """

    certificates: tuple[bytes, ...]
    staple: bytes = b""
    agreed: Agreed | None = None


@dataclass(frozen=True, slots=True)
class NothingFits:
    """The server said by an alert that it has nothing for such a client. `is_version`: TLS of that version."""

    alert: int

    @property
    def is_version(self) -> bool:
        return self.alert == PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class Declined:
    """The server said in so many words that there is no TLS here: PLAIN_HTTP or NAME_REFUSED."""

    answer: HttpsAnswer
    reason: Reason


def shake_hands(stream: Stream, name: str) -> Shown | Declined:
    """Complete a handshake as a client that asks for `name` (A-label form or IP address).

    A server that breaks off with an alert after it has shown its certificate (it wants one of the client) counts as
    Shown. Raises Unreachable: TIMEOUT, RESET, CLOSED, TOO_LONG, NOT_TLS, TLS_FAILED.
    """
    talk = _Talk(stream, _client(name, Wants.ANYTHING))
    try:
        talk.run()
    except SSL.Error as error:
        return _explain(talk, error)
    return _shown(talk)


def shake_hands_to_speak(stream: Stream, name: str) -> Inside:
    """Complete a handshake as `shake_hands` does, and go on inside. Raises what it raises, and for every failure."""
    talk = _Talk(stream, _client(name, Wants.ANYTHING))
    try:
        talk.run()
    except SSL.Error as error:
        found = _explain(talk, error)
        reason = found.reason if isinstance(found, Declined) else Reason.NO_CREDENTIAL
        raise Unreachable(reason, stream.endpoint.locus) from error
    return Inside(talk)


@dataclass(slots=True)
class Inside:
    """Words inside TLS, once hands were shaken. Raises what the stream raises, and TLS_FAILED."""

    _talk: _Talk

    def say(self, data: bytes) -> None:
        self._talk.connection.sendall(data)
        self._talk.flush()

    def hear(self) -> bytes:
        """What comes next; b"" at the end."""
        while True:
            try:
                return self._talk.connection.recv(16_384)
            except SSL.ZeroReturnError:
                return b""
            except SSL.WantReadError:
                data = self._talk.stream.receive()
                if not data:
                    return b""
                self._talk.connection.bio_write(data)
            except SSL.Error as error:
                raise Unreachable(Reason.TLS_FAILED, f"{self._talk.stream.endpoint.locus} ({_words(error)})") from error


def shake_hands_in_full(stream: Stream, name: str) -> Shown | NothingFits | Declined:
    """As a browser does it: with ALPN, and listening on for the tickets that come after a handshake of TLS 1.3.

    Raises what `shake_hands` raises.
    """
    talk = _Talk(stream, _client(name, Wants.ANYTHING))
    talk.connection.set_app_data(talk)
    talk.connection.set_alpn_protos([b"h2", b"http/1.1"])
    talk.connection.request_ocsp()
    talk.connection.set_info_callback(talk.note)
    shown = _shake(talk)
    version = VERSIONS.get(talk.connection.get_protocol_version_name())
    if not isinstance(shown, Shown) or not talk.is_complete or version is None:
        return shown
    early_data = talk.early_data() if version is TlsVersion.TLS13 else None
    protocol = talk.connection.get_alpn_proto_negotiated()
    return replace(shown, agreed=Agreed(version, protocol, REQUEST in talk.states, early_data))


def shake_hands_as(stream: Stream, name: str, wants: Wants) -> Shown | NothingFits | Declined:
    """Complete a handshake as a client that can use what it `wants`, and asks for a stapled OCSP answer.

    `name` "": one that names no server. Raises what `shake_hands` raises.
    """
    talk = _Talk(stream, _client(name, wants))
    talk.connection.set_app_data(talk)
    talk.connection.request_ocsp()
    return _shake(talk)


def _shake(talk: _Talk) -> Shown | NothingFits | Declined:
    try:
        talk.run()
    except SSL.Error as error:
        alert = _fatal_alert(bytes(talk.heard[:7]))
        if alert in NOTHING_FITS or alert == PROTOCOL_VERSION:
            return NothingFits(alert)
        return _explain(talk, error)
    return _shown(talk)


def _shown(talk: _Talk) -> Shown:
    certificates = talk.shown()
    if not certificates:  # anonymous key exchange
        raise Unreachable(Reason.TLS_FAILED, f"{talk.stream.endpoint.locus} (no certificate was shown)")
    return Shown(certificates, talk.staple)


@dataclass(slots=True)
class _Talk:
    """The bytes of one handshake, carried between a stream and OpenSSL."""

    stream: Stream
    connection: SSL.Connection
    heard: bytearray = field(default_factory=bytearray)
    staple: bytes = b""
    is_complete: bool = False
    states: set[bytes] = field(default_factory=set)

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

    def note(self, connection: SSL.Connection, _where: int, _code: int) -> None:
        """Called by OpenSSL at each step of a handshake, and for each ticket after it."""
        self.states.add(connection.get_state_string())

    def early_data(self) -> int | None:
        """What the last ticket says, or 0 where the server says goodbye without any; None where it does neither.

        We say goodbye first: a server that has understood it sends what it owes, and answers.
        """
        self.connection.shutdown()
        self.flush()
        if not self._says_goodbye() and TICKET not in self.states:
            return None
        session = self.connection.get_session()
        if TICKET not in self.states or session is None:
            return 0
        early_data = vars(SSL)["_lib"].SSL_SESSION_get_max_early_data  # pyOpenSSL has no method for it
        return int(early_data(session._session))

    def _says_goodbye(self) -> bool:
        """Listen until then, or until a ticket has come."""
        while TICKET not in self.states:
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


def _explain(talk: _Talk, error: SSL.Error) -> Shown | Declined:
    """What a failed handshake says about the server."""
    heard = bytes(talk.heard[:16])
    if heard.startswith(b"HTTP/"):
        return Declined(HttpsAnswer.PLAIN_HTTP, Reason.NOT_TLS)
    if heard[:1] and heard[0] not in RECORD_TYPES:
        raise Unreachable(Reason.NOT_TLS, talk.stream.endpoint.locus)
    if _fatal_alert(heard) == UNRECOGNIZED_NAME:
        return Declined(HttpsAnswer.NAME_REFUSED, Reason.TLS_FAILED)
    certificates = talk.shown()
    if certificates and "alert" in _words(error):
        return Shown(certificates, talk.staple)
    raise Unreachable(Reason.TLS_FAILED, f"{talk.stream.endpoint.locus} ({_words(error)})")


def _fatal_alert(heard: bytes) -> int:
    """The alert that was the first thing to be heard; 0: it was something else."""
    return heard[6] if len(heard) > 6 and heard[0] == ALERT and heard[5] == FATAL else 0


def _words(error: SSL.Error) -> str:
    """OpenSSL's own words, which hold nothing that the server chose."""
    rows = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return ", ".join(str(row[-1]) for row in rows) or "no reason given"


def _client(name: str, wants: Wants) -> SSL.Connection:
    connection = SSL.Connection(_context(wants), None)
    if name and not is_address(name):  # RFC 6066 section 3: literal addresses are no server names
        connection.set_tlsext_host_name(name.encode("ascii"))
    connection.set_connect_state()
    return connection


def server_name(host: str) -> str:
    """A host as it goes into SNI and is looked for in a certificate: A-labels, lower case, no dot at the end.

    IDNA as Python's resolver does it. Raises Unreachable(DNS) for what can be no name.
    """
    bare = host.rstrip(".").lower()
    if is_address(bare):
        return str(ipaddress.ip_address(bare))
    try:
        name = bare.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise Unreachable(Reason.DNS, f"{host!r} is no name") from error
    if not name:
        raise Unreachable(Reason.DNS, "there is no name to ask for")
    return name


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@functools.cache
def _context(wants: Wants) -> SSL.Context:
    """One of each kind per process: no verification, every suite that this OpenSSL has and the client can use."""
    suites, signatures, only_tls13 = wants.value
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
    return context


def _keep_staple(connection: SSL.Connection, staple: bytes, _: object) -> bool:
    """OpenSSL hands over what was stapled, b"" for nothing; the handshake goes on whatever it is."""
    talk = connection.get_app_data()
    if isinstance(talk, _Talk):
        talk.staple = staple
    return True
