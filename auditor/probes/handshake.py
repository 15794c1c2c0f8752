"""One completed TLS handshake that believes nothing, to see which certificates a server shows.

Must not know what a good certificate is. pyOpenSSL carries its own OpenSSL and hands out the chain as it was sent,
unlike Python's `ssl`. It never sees a socket: bytes go through memory, so deadline and byte limit are the stream's.
"""

from __future__ import annotations

import functools
import ipaddress
from dataclasses import dataclass, field

from OpenSSL import SSL, crypto

from auditor.errors import Unreachable
from auditor.facts.web import HttpsAnswer
from auditor.model import Reason
from auditor.reach import Stream

OP_LEGACY_SERVER_CONNECT = 0x4  # OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT, unnamed in pyOpenSSL
RECORD_TYPES = range(20, 25)  # RFC 8446 section 5.1
FATAL_UNRECOGNIZED_NAME = b"\x02\x70"  # level, description: RFC 6066 section 3
ALERT = 21


@dataclass(frozen=True, slots=True)
class Shown:
    """The certificates a server sent, DER, leaf first. Never empty."""

    certificates: tuple[bytes, ...]


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
    talk = _Talk(stream, _client(name))
    try:
        talk.run()
    except SSL.Error as error:
        return _explain(talk, error)
    certificates = talk.shown()
    if not certificates:  # anonymous key exchange
        raise Unreachable(Reason.TLS_FAILED, f"{stream.endpoint.locus} (no certificate was shown)")
    return Shown(certificates)


@dataclass(slots=True)
class _Talk:
    """The bytes of one handshake, carried between a stream and OpenSSL."""

    stream: Stream
    connection: SSL.Connection
    heard: bytearray = field(default_factory=bytearray)

    def run(self) -> None:
        while True:
            try:
                self.connection.do_handshake()
            except SSL.WantReadError:
                self._flush()
                self._listen()
            else:
                self._flush()
                return

    def shown(self) -> tuple[bytes, ...]:
        chain = self.connection.get_peer_cert_chain() or []
        return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in chain)

    def _flush(self) -> None:
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
    if heard[0] == ALERT and heard[5:7] == FATAL_UNRECOGNIZED_NAME:
        return Declined(HttpsAnswer.NAME_REFUSED, Reason.TLS_FAILED)
    certificates = talk.shown()
    if certificates and "alert" in _words(error):
        return Shown(certificates)
    raise Unreachable(Reason.TLS_FAILED, f"{talk.stream.endpoint.locus} ({_words(error)})")


def _words(error: SSL.Error) -> str:
    """OpenSSL's own words, which hold nothing that the server chose."""
    rows = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return ", ".join(str(row[-1]) for row in rows) or "no reason given"


def _client(name: str) -> SSL.Connection:
    connection = SSL.Connection(_context(), None)
    if not is_address(name):  # RFC 6066 section 3: literal addresses are no server names
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
def _context() -> SSL.Context:
    """One per process: TLS 1.0 to 1.3, every suite that this OpenSSL has, no verification."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    context.set_options(OP_LEGACY_SERVER_CONNECT)
    return context
