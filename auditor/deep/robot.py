"""ROBOT (CVE-2017-13099 and its kin): does a server tell apart how the padding of an encrypted secret is wrong?

sslyze brings the TLS client, the five payloads and the records. Its own script is not played: it reads a timeout as an
answer like any other, takes a hello that was not answered for "no RSA key exchange", and leaves out the short flow
(`plugins/robot/` of 6.3.1). Five secrets are sent, one well padded and four not, in two flows: `finished`, with
ChangeCipherSpec and a meaningless Finished behind it, which every server must refuse; and without them, where a server
must wait. Where the five answers of a flow differ, that flow is played twice more; where a secret alone is answered by
a close, a connection without it must stay open. Who asks for a certificate is told that there is none, and must
complete an honest handshake without, so that the secret is what is answered. The words:

alert     after its whole flight and the secret it answered with an alert
closed    after them it closed the connection
waited    after them it said nothing, and closed when a fatal alert told it to: it was listening
silent    after them it said nothing, and did not listen either
refused   the hello, which offers RSA key exchange alone, was refused
client_certificate    it completes no handshake without a certificate, so the secret would not be looked at
no_rsa    its flight is none of RSA key exchange, or the key cannot be read
"""

from __future__ import annotations

from typing import Any

from .line import Line
from .records import HANDSHAKE, NO_CERTIFICATE
from .session import Offer, Row, Session, client_of, complete, row_without_flight, say_hello, wire_version

GCM = "AES128-GCM-SHA256:AES256-GCM-SHA384"  # some servers tell in TLS 1.2 with these suites alone
ANY_RSA = "RSA:!EXPORT"  # an export suite has a key of its own
TLS_1_2 = 0x0303
PAYLOADS = ("VALID", "WRONG_FIRST_TWO_BYTES", "WRONG_POSITION_00", "NO_00_IN_THE_MIDDLE", "WRONG_VERSION_NUMBER")
ROUNDS_WHERE_THEY_DIFFER = 3
KEY_BITS = range(512, 16_385)
MOST_EXPONENT_BITS = 64  # a larger one is nobody's, and costs us time


def interview(session: Session) -> list[Row]:
    if session.offer is None:
        rows = session.search(session.greet)
        if session.offer is None:
            return rows
    offer, rows = _find_rsa(session, session.offer)
    if offer is None:
        return rows
    if rows[-1].more.get("asks"):
        rows.append(session.again(lambda made: _without_certificate(session, made), offer))
        if not rows[-1].has_flight:
            return rows
    for finished in (True, False):
        rows += _rounds(session, offer, rows, finished=finished)
        if not _agree([row for row in rows if row.has_flight]):
            return rows
    if any(row.answer == "closed" and not row.more.get("finished") for row in rows):
        rows.append(session.again(session.wait, offer))
    return rows


def _find_rsa(session: Session, known: Offer) -> tuple[Offer | None, list[Row]]:
    """The hello that gets an RSA key exchange, and its first row. None: refused; then the known hello is sent again."""
    offers = [Offer(TLS_1_2, suites=GCM)] if known.version == TLS_1_2 else []
    offers += [Offer(known.version, suites=ANY_RSA)] * (1 if offers else 2)
    rows: list[Row] = []
    for offer in offers:
        rows.append(session.play_until_learned(lambda made: converse(session, made, PAYLOADS[0], finished=True), offer))
        if rows[-1].answer != "refused":
            return (offer if rows[-1].has_flight else None), rows
    return None, [*rows, session.greet(known)]


def _rounds(session: Session, offer: Offer, before: list[Row], *, finished: bool) -> list[Row]:
    """One round of this flow, the first payload of which may have been played; two more where its answers differ."""
    played = [row for row in before if row.has_flight and row.more.get("finished") is finished]
    rows: list[Row] = []
    for _ in range(ROUNDS_WHERE_THEY_DIFFER):
        for payload in PAYLOADS[len(played) + len(rows) if not rows else 0 :]:
            rows.append(converse(session, offer, payload, finished=finished))
            if not rows[-1].has_flight:
                return rows
        if _agree([*played, *rows]):
            return rows
    return rows


def _agree(rows: list[Row]) -> bool:
    """Did all payloads of each flow get one answer?"""
    return all(
        len({(row.answer, row.alert) for row in rows if row.more.get("finished") is finished}) <= 1
        for finished in (True, False)
    )


def converse(session: Session, offer: Offer, payload: str, *, finished: bool) -> Row:
    """One connection: hello, one secret, and the word for what came."""
    with session.conversation() as line:
        if isinstance(line, str):
            return Row(offer, line)
        client = client_of(session.target, offer, line)
        say_hello(client, line)
        if not line.await_flight() or line.reading.flight.version != offer.version:
            return row_without_flight(offer, line)
        flight = line.reading.flight
        key = None if flight.makes_keys else rsa_key(flight.leaf)
        if key is None:
            return Row(offer, "no_rsa")
        none = _no_certificate(offer) if flight.wants_certificate else b""
        line.say(none + _secret(client, payload, key, finished=finished))
        more: dict[str, object] = {"payload": payload, "finished": finished}
        if none:
            more["asks"] = True
        alert = line.reading.alert
        word = "alert" if alert is not None else word_without_alert(line)
        return Row(offer, word, alert=alert, has_flight=True, more=more)


def _without_certificate(session: Session, offer: Offer) -> Row:
    """A whole handshake, in which the server is told that there is no certificate."""
    with session.conversation() as line:
        if isinstance(line, str):
            return Row(offer, line)
        complaint = complete(client_of(session.target, offer, line), offer, line)
        return Row(offer, "flight", has_flight=True) if complaint is None else Row(offer, complaint.answer)


def _no_certificate(offer: Offer) -> bytes:
    return bytes((HANDSHAKE,)) + offer.version.to_bytes(2, "big") + b"\0\x07" + NO_CERTIFICATE


def rsa_key(leaf: bytes) -> tuple[int, int] | None:
    """Modulus and exponent of the certificate's key; None where it is none that a secret can be sent under."""
    from cryptography import x509  # noqa: PLC0415 - the deep environment's own
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415

    try:
        key = x509.load_der_x509_certificate(leaf).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, RSAPublicKey):
        return None
    numbers = key.public_numbers()
    is_usable = numbers.n.bit_length() in KEY_BITS and numbers.e.bit_length() <= MOST_EXPONENT_BITS
    return (numbers.n, numbers.e) if is_usable else None


def _secret(client: Any, payload: str, key: tuple[int, int], *, finished: bool) -> bytes:
    from sslyze.plugins.robot import _robot_tester as tester  # noqa: PLC0415 - only the deep environment has it

    payloads = tester._RobotTlsRecordPayloads
    version, (modulus, exponent) = wire_version(client), key
    kind = tester.RobotPmsPaddingPayloadEnum[payload]
    sent: bytes = payloads.get_client_key_exchange_record(kind, version, modulus, exponent).to_bytes()
    if finished:
        sent += tester.TlsChangeCipherSpecRecord.from_parameters(tls_version=version).to_bytes()
        sent += payloads.get_finished_record_bytes(version)
    return sent


def word_without_alert(line: Line) -> str:
    """closed, or waited or silent as a fatal alert of ours finds it."""
    if line.ending in {"closed", "reset"}:
        return "closed"
    line.hang_up()
    return "waited" if line.ending == "ignored" else "silent"
