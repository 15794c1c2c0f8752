"""One completed TLS handshake that believes nothing, to see which certificates a server shows.

Must not know what a good certificate is. pyOpenSSL carries its own OpenSSL and hands out the chain as it was sent,
unlike Python's `ssl`.
"""

from __future__ import annotations

from dataclasses import replace

from OpenSSL import SSL

from auditor.errors import Unreachable
from auditor.facts.tls import TlsVersion
from auditor.facts.web import HttpsAnswer
from auditor.model import Reason
from auditor.probes.handshake_talk import Talk, Wants, client
from auditor.reach import Stream
from auditor.records import dataclass

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

    `agreed` None: the server broke it off afterwards, or nobody asked. `wants`: the client that it showed them to.
    """

    certificates: tuple[bytes, ...]
    staple: bytes = b""
    agreed: Agreed | None = None
    wants: Wants = Wants.ANYTHING


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


def shake_hands(stream: Stream, name: str, wants: Wants = Wants.ANYTHING) -> Shown | Declined:
    """Complete a handshake as a client that asks for `name` (A-label form or IP address).

    A server that breaks off with an alert after it has shown its certificate (it wants one of the client) counts as
    Shown. Raises Unreachable: TIMEOUT, RESET, CLOSED, TOO_LONG, NOT_TLS, TLS_FAILED.
    """
    return _completed(Talk(stream, client(name, wants)))


def shake_hands_to_speak(stream: Stream, name: str) -> Inside:
    """Complete a handshake as `shake_hands` does, and go on inside. Raises what it raises, and for every failure."""
    talk = Talk(stream, client(name, Wants.ANYTHING))
    try:
        talk.run()
    except SSL.Error as error:
        found = _explain(talk, error)
        reason = found.reason if isinstance(found, Declined) else Reason.NO_CREDENTIAL
        raise Unreachable(reason, stream.endpoint.locus) from error
    return Inside(talk)


class Inside:
    """Words inside TLS, once hands were shaken. Raises what the stream raises, and TLS_FAILED."""

    __slots__ = ("_talk",)

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

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


def shake_hands_in_full(
    stream: Stream, name: str, protocols: tuple[bytes, ...] = (), *, wants: Wants = Wants.ANYTHING
) -> Shown | Declined:
    """As a browser does it: listening on for the tickets that come after a handshake of TLS 1.3.

    `protocols`: what ALPN offers; a server that speaks none of them declines. Raises what `shake_hands` raises.
    """
    talk = Talk(stream, client(name, wants))
    talk.ask_for_staple()
    if protocols:
        talk.connection.set_alpn_protos(list(protocols))
    talk.note_states()
    shown = _completed(talk)
    if isinstance(shown, Shown):
        shown = replace(shown, wants=wants)
    version = VERSIONS.get(talk.connection.get_protocol_version_name())
    if not isinstance(shown, Shown) or not talk.is_complete or version is None:
        return shown
    early_data = talk.early_data() if version is TlsVersion.TLS13 else None
    protocol = talk.connection.get_alpn_proto_negotiated()
    return replace(shown, agreed=Agreed(version, protocol, talk.wants_client_certificate, early_data))


def shake_hands_as(stream: Stream, name: str, wants: Wants) -> Shown | NothingFits | Declined:
    """Complete a handshake as a client that can use what it `wants`, and asks for a stapled OCSP answer.

    `name` "": one that names no server. Raises what `shake_hands` raises.
    """
    talk = Talk(stream, client(name, wants))
    talk.ask_for_staple()
    return _shake(talk)


def _completed(talk: Talk) -> Shown | Declined:
    try:
        talk.run()
    except SSL.Error as error:
        return _explain(talk, error)
    return _shown(talk)


def _shake(talk: Talk) -> Shown | NothingFits | Declined:
    try:
        talk.run()
    except SSL.Error as error:
        alert = _fatal_alert(bytes(talk.heard[:7]))
        if alert in NOTHING_FITS or alert == PROTOCOL_VERSION:
            return NothingFits(alert)
        return _explain(talk, error)
    return _shown(talk)


def _shown(talk: Talk) -> Shown:
    certificates = talk.shown()
    if not certificates:  # anonymous key exchange
        raise Unreachable(Reason.TLS_FAILED, f"{talk.stream.endpoint.locus} (no certificate was shown)")
    return Shown(certificates, talk.staple)


def _explain(talk: Talk, error: SSL.Error) -> Shown | Declined:
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
