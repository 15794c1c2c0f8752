"""CCS injection (CVE-2014-0224): a ChangeCipherSpec before any key was agreed, which must be refused at once.

sslyze brings the TLS client and the records. Its own script is not played: it sends no server name, reads a timeout, a
close and every alert but one as "not vulnerable", and infers the same from TLS 1.3 (`openssl_ccs_injection_plugin.py`
of 6.3.1). Here the early message goes out alone first, then a record that only a server with keys would decrypt:

alert          after its whole flight it answered the early message, or the record behind it, with an alert
closed         after its whole flight it closed on the early message
decrypted      it took the early message in silence, and then complained that the record could not be decrypted: it had
               switched to keys that an eavesdropper knows. A server may say that of any record out of place, so the
               same record goes out without the early message too (`without_ccs`)
swallowed      it took the early message in silence and closed on the record: it may have decrypted it
"""

from __future__ import annotations

from typing import Any

from .line import Line
from .session import Offer, Row, Session, client_of, row_without_flight, say_hello, wire_version

BAD_RECORD_MAC, DECRYPTION_FAILED = 20, 21  # OpenSSL 1.0.1 says the second where the suite is a block cipher


def interview(session: Session) -> list[Row]:
    """A negative is asked again; after a close, a connection without it must stay open."""

    def play(offer: Offer) -> Row:
        return converse(session, offer, with_ccs=True)

    def play_without(offer: Offer) -> Row:
        return converse(session, offer, with_ccs=False)

    rows = session.search(play)
    seen = rows[-1]
    if seen.answer in {"alert", "closed"}:
        rows.append(session.again(play, seen.offer))
        if "closed" in {seen.answer, rows[-1].answer}:
            rows.append(session.again(session.wait, seen.offer))
    elif seen.answer == "decrypted":
        rows.append(session.again(play_without, seen.offer))
    return rows


def converse(session: Session, offer: Offer, *, with_ccs: bool) -> Row:
    with session.conversation() as line:
        if isinstance(line, str):
            return Row(offer, line)
        client = client_of(session.target, offer, line)
        say_hello(client, line)
        if not line.await_flight() or line.reading.flight.version != offer.version:
            return row_without_flight(offer, line)
        word = _inject(client, line) if with_ccs else _send_record(client, line)
        return Row(offer, word, has_flight=True, more={} if with_ccs else {"without_ccs": True})


def _inject(client: Any, line: Line) -> str:
    from sslyze.plugins.openssl_ccs_injection_plugin import TlsChangeCipherSpecRecord  # noqa: PLC0415 - tls_parser's

    line.say(TlsChangeCipherSpecRecord.from_parameters(tls_version=wire_version(client)).to_bytes())
    if line.reading.alert is not None:
        return "alert"
    if line.ending in {"closed", "reset"}:
        return "closed"
    line.listen_again()
    word = _send_record(client, line)
    return "swallowed" if word == "closed" else word


def _send_record(client: Any, line: Line) -> str:
    from sslyze.plugins.openssl_ccs_injection_plugin import TlsApplicationDataRecord  # noqa: PLC0415

    record = TlsApplicationDataRecord.from_parameters(tls_version=wire_version(client), application_data=b"\x00\x00")
    line.say(record.to_bytes())
    alert = line.reading.alert
    if alert is not None:
        return "decrypted" if alert in {BAD_RECORD_MAC, DECRYPTION_FAILED} else "alert"
    return {"closed": "closed", "reset": "closed"}.get(line.ending, "silent")
