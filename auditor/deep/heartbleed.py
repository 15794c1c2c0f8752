"""Heartbleed (CVE-2014-0160): requests that claim more payload than they hold (RFC 6520 section 4).

sslyze writes the hello and the malformed heartbeats, but its verdict is not taken for a negative: it reads a timeout,
a close and any alert as "not vulnerable", and infers the same from TLS 1.3 (`plugins/heartbleed_plugin.py` of 6.3.1).
Everything that the server sent is therefore kept and read again, and each conversation gets one word:

leaked         a heartbeat response came back: the server answered a request that it was told to discard
alert          it sent its whole flight, then an alert
ignored        it sent its whole flight, said nothing, and closed when a fatal alert told it to: it was listening
closed         it sent its whole flight, then closed or reset the connection
"""

from __future__ import annotations

from typing import Any

from .line import Line
from .records import Reading
from .session import Offer, Row, Session, client_of, row_without_flight


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
    """One connection: hello, malformed heartbeats, and the word for what came."""
    with session.conversation() as line:
        if isinstance(line, str):
            return Row(offer, line)
        says = _play(client_of(session.target, offer, line))
        line.listen()
        if line.ending == "timeout" and line.reading.flight.done:
            line.hang_up()
        return _row(offer, line, sslyze_says=says)


def _play(client: Any) -> bool:
    """sslyze's own script and verdict."""
    from sslyze.plugins import heartbleed_plugin as plugin  # noqa: PLC0415 - only the deep environment has it

    try:
        plugin._do_handshake_with_heartbleed(client)
    except plugin._VulnerableToHeartbleed:
        return True
    except (plugin._NotVulnerableToHeartbleed, ValueError, OSError):
        return False  # a ValueError is its parser giving up on bytes that are read again here
    return False


def _row(offer: Offer, line: Line, *, sslyze_says: bool) -> Row:
    reading = line.reading
    if reading.leaked:
        return Row(offer, "leaked", has_flight=True)
    if sslyze_says:
        return Row(offer, "inconsistent")
    flight = reading.flight
    if flight.version is None or not flight.done or flight.version != offer.version:
        return row_without_flight(offer, line)
    return Row(offer, _word(reading, line.ending), has_flight=True)


def _word(reading: Reading, ending: str) -> str:
    """For a conversation with a whole flight. `ending`: timeout, closed, reset or ignored."""
    if reading.alert is not None:
        return "alert"
    return {"ignored": "ignored", "closed": "closed", "reset": "closed"}.get(ending, "silent")
