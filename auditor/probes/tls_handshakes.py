"""Completes a handshake with what would change a grade, where this machine can: a ServerHello alone is half a proof.

Judges nothing. The bytes go through memory, so deadline and limits are the stream's; OpenSSL never sees a socket.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

from auditor.errors import Unreachable
from auditor.facts.cipher_suites import CipherSuite, suite
from auditor.facts.tls import Handshake, HandshakeEnd, TlsVersion
from auditor.facts.tls_suites import VersionSuites
from auditor.model import Reason
from auditor.once import once
from auditor.probes.client_hello import WIRE
from auditor.probes.offer import Until
from auditor.probes.server_hello import AnswerReader, ServerHello
from auditor.probes.tls_meaning import words
from auditor.quiet import quietly
from auditor.reach import Stream

MOST_HANDSHAKES = 4  # of one address
OLD = (TlsVersion.SSL3, TlsVersion.TLS10, TlsVersion.TLS11)
LIBRARY = {
    TlsVersion.TLS10: ssl.TLSVersion.TLSv1,
    TlsVersion.TLS11: ssl.TLSVersion.TLSv1_1,
    TlsVersion.TLS12: ssl.TLSVersion.TLSv1_2,
}
WEAK: tuple[Callable[[CipherSuite], bool], ...] = (
    lambda one: one.is_unencrypted,
    lambda one: one.is_anonymous,
    lambda one: one.is_breakable,
    lambda one: one.is_rc4,
    lambda one: one.has_small_block,
)
LEGACY_SERVER_CONNECT = 0x4  # OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT, which Python names from 3.12 on
Key = tuple[TlsVersion, int]


def to_complete(rows: Iterable[VersionSuites]) -> tuple[Key, ...]:
    """One suite of each weak kind, then the strongest of each old version: what a handshake should stand behind."""
    taken = [(row.version, number) for row in rows for number in row.accepted]
    taken.sort(key=lambda key: (bool(why_not_here(*key)), key[0] not in OLD))
    weak = [next((key for key in taken if kind in _weak_kinds(key[1])), None) for kind in range(len(WEAK))]
    old = [
        min(
            (key for key in taken if key[0] is version),
            key=lambda key: (bool(why_not_here(*key)), -suite(key[1]).strength),
            default=None,
        )
        for version in OLD
    ]
    return tuple(dict.fromkeys(key for key in (*weak, *old) if key is not None))


@lru_cache(maxsize=1024)
def _weak_kinds(number: int) -> tuple[int, ...]:
    """Which of `WEAK` a suite is."""
    return tuple(kind for kind, is_such in enumerate(WEAK) if is_such(suite(number)))


@lru_cache(maxsize=2048)
def why_not_here(version: TlsVersion, number: int) -> str:
    """Why this machine cannot complete such a handshake; "" where it can try."""
    if version not in LIBRARY:
        return f"the TLS library of this machine does not speak {version.label}"
    one = suite(number)
    if not (one.has_certificate or one.is_anonymous):
        return "it takes a secret that was shared beforehand"
    return "" if number in _names() else "the TLS library of this machine does not have the suite"


def complete(stream: Stream, name: str, version: TlsVersion, number: int) -> Handshake:
    """Try one handshake with one version and suite alone. `name`: for SNI, "" for none.

    CONTRADICTED: the ServerHello came as before, and what follows it never did. Raises Unreachable where nothing came.
    """
    heard = bytearray()
    try:
        _run(stream, name, version, number, heard)
    except ssl.SSLError as error:
        reason = (error.reason or "no reason given").lower().replace("_", " ")
        is_theirs = " alert " in f" {reason} "
        return _broken(version, number, heard, reason if is_theirs else "", f"the TLS library here stopped ({reason})")
    except Unreachable as error:
        if error.reason in (Reason.BUDGET, Reason.DEADLINE) or not heard:
            raise
        return _broken(version, number, heard, error.reason.phrase, error.reason.phrase)
    return _completed(version, number)


@lru_cache(maxsize=256)
def _completed(version: TlsVersion, number: int) -> Handshake:
    """The same for all endpoints; it waits until all have been looked at."""
    return Handshake(version=version, suite=number, end=HandshakeEnd.COMPLETED)


def _broken(version: TlsVersion, number: int, heard: bytearray, theirs: str, ours: str) -> Handshake:
    """`theirs`: how the server broke it off, "" where it did not."""
    reader = AnswerReader(until=Until.END)
    answer = reader.feed(bytes(heard)) or reader.end()
    if not isinstance(answer, ServerHello) or (answer.version, answer.suite) != (WIRE[version], number):
        return _not_here(version, number, f"the hello of the TLS library here {words(answer)}")
    if answer.flight.wants_client_certificate:
        return _not_here(version, number, "the server wants a certificate of its client")
    if not theirs:
        return _not_here(version, number, ours)
    detail = f"a ServerHello came, and then the handshake was not completed: {theirs}"
    return Handshake(version=version, suite=number, end=HandshakeEnd.CONTRADICTED, detail=detail)


def _not_here(version: TlsVersion, number: int, why: str) -> Handshake:
    return Handshake(version=version, suite=number, end=HandshakeEnd.NOT_HERE, detail=why)


def _run(stream: Stream, name: str, version: TlsVersion, number: int, heard: bytearray) -> None:
    """Raises ssl.SSLError and Unreachable. `heard`: takes what the server sends."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = _context(version, number).wrap_bio(incoming, outgoing, server_hostname=name or None)
    while True:
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            _flush(stream, outgoing)
            data = stream.receive()
            if not data:
                raise Unreachable(Reason.CLOSED, stream.endpoint.locus) from None
            heard += data
            incoming.write(data)
        else:
            _flush(stream, outgoing)
            return


def _flush(stream: Stream, outgoing: ssl.MemoryBIO) -> None:
    if data := outgoing.read():
        stream.send(data)


@cache
def _context(version: TlsVersion, number: int) -> ssl.SSLContext:
    """Believes any certificate, and knows one version and one suite."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.options |= LEGACY_SERVER_CONNECT
    with quietly():  # Python warns of what is old, which is what we look for
        context.set_ciphers(f"{_names()[number]}:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = LIBRARY[version]
    return context


@once
def _names() -> dict[int, str]:
    """Number of a suite → OpenSSL's name, of all that the library of this machine has."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return {int(one["id"]) & 0xFFFF: str(one["name"]) for one in context.get_ciphers()}
