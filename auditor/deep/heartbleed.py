"""Heartbleed (CVE-2014-0160): requests that claim more payload than they hold (RFC 6520 section 4).

sslyze writes the hello and the malformed heartbeats. Its own script is not played: it sends both at once, so that a
server which writes nothing before it has read on (Dovecot) never sends its flight; and it reads a timeout, a close and
any alert as "not vulnerable", and infers the same from TLS 1.3 (`plugins/heartbleed_plugin.py` of 6.3.1). Here the
flight is awaited first; everything that the server sent is kept and read again, and each conversation gets one word:

leaked         a heartbeat response came back: the server answered a request that it was told to discard
alert          it sent its whole flight, then an alert
ignored        it sent its whole flight, said nothing, and closed when a fatal alert told it to: it was listening
closed         it sent its whole flight, then closed or reset the connection
"""

from __future__ import annotations

from typing import Any

from .records import PLANTED, Reading
from .session import Offer, Row, Session, client_of, row_without_flight, say_hello, wire_version


def interview(session: Session) -> list[Row]:
    """One leak settles it; a negative is asked again; after a close, a connection without heartbeats must stay open."""

    def play(offer: Offer) -> Row:
        return converse(session, offer)

    rows = session.search(play)
    seen = rows[-1]
    if seen.answer in {"alert", "ignored", "closed"}:
        rows.append(session.again(play, seen.offer))
        if "closed" in {seen.answer, rows[-1].answer}:
            rows.append(session.again(session.wait, seen.offer))
    return rows


def converse(session: Session, offer: Offer) -> Row:
    """One connection: hello, flight, malformed heartbeats, and the word for what came."""
    with session.conversation() as line:
        if isinstance(line, str):
            return Row(offer, line)
        client = client_of(session.target, offer, line)
        say_hello(client, line)
        if not line.await_flight() or line.reading.flight.version != offer.version:
            return row_without_flight(offer, line)
        line.say(_heartbeats(client))
        if line.reading.leaked:
            return Row(offer, "leaked", has_flight=True)
        if line.ending == "timeout":
            line.hang_up()
        return Row(offer, _word(line.reading, line.ending), has_flight=True)


def _heartbeats(client: Any) -> bytes:
    """Two, as sslyze sends them: the second claims no payload, and makes some servers answer the first."""
    from sslyze.plugins.heartbleed_plugin import TlsHeartbeatRequestRecord  # noqa: PLC0415 - tls_parser's

    version = wire_version(client)
    requests = (
        TlsHeartbeatRequestRecord.from_parameters(tls_version=version, heartbeat_data=data)
        for data in (PLANTED[:1] * 16_381, b"\x01\x00\x00")
    )
    return b"".join(request.to_bytes() for request in requests)


def _word(reading: Reading, ending: str) -> str:
    """For a conversation with a whole flight. `ending`: timeout, closed, reset or ignored."""
    if reading.alert is not None:
        return "alert"
    return {"ignored": "ignored", "closed": "closed", "reset": "closed"}.get(ending, "silent")
