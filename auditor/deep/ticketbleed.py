"""Ticketbleed (CVE-2016-9244): a server that takes a ticket must give back our session id, and nothing behind it.

Load balancers by F5 gave back 32 bytes, however short the id was: the rest came out of their memory. sslyze's client
completes a handshake to be given a ticket; a hello of our own then shows the ticket together with an id of 31 bytes, so
that a leak is one byte and no more (RFC 5077 section 3.4: the id comes back as it was). The words:

leaked      it took the ticket, and what it gave back begins with our id and is longer
echoed      it took the ticket, and gave back our id
no_ticket   a handshake was completed, and no ticket came: there is nothing to take
declined    it did not take its own ticket on any of SHOWS connections in a row, each a handshake in full: so many,
            since machines that take turns behind one address may not share their key
odd_id      it took the ticket, and gave back something else
client_certificate, unfinished    no handshake could be completed to begin with
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from .line import Line
from .records import CHANGE_CIPHER_SPEC, EXTENDED_MASTER_SECRET, HANDSHAKE, kinds
from .session import Offer, Row, Session, client_of, complete, row_without_flight

SHOWS = 4  # of one ticket
OURS = 31  # bytes of the session id: one less than the longest
SIGNATURES = bytes.fromhex("060106030501050304010403030103030201020304020202")  # RFC 5246 section 7.4.1.4.1
GROUPS = bytes.fromhex("001700180019001d")


@dataclass(frozen=True)
class Given:
    """What one completed handshake left: a ticket, and the suite and version that belong to it.

    `is_extended`: so does an extended master secret, without which the session may not go on (RFC 7627 section 5.3).
    """

    ticket: bytes
    suite: int
    is_extended: bool = False


def interview(session: Session) -> list[Row]:
    """One leak settles it; everything else is asked again."""
    if session.offer is None:
        rows = session.search(session.greet)
        if session.offer is None:
            return rows
    offer, row = session.play_to_complete(lambda made: converse(session, made))
    return (
        [row]
        if row.answer not in {"echoed", "no_ticket", "declined"}
        else [row, session.again(lambda o: converse(session, o), offer)]
    )


def converse(session: Session, offer: Offer) -> Row:
    """One connection to be given a ticket, and one to show it; more where it is not taken."""
    given = _be_given(session, offer)
    if isinstance(given, Row):
        return given
    for _ in range(SHOWS):
        row = _show(session, offer, given)
        if row.answer != "declined":
            break
    return row


def _be_given(session: Session, offer: Offer) -> Given | Row:
    with session.conversation() as line:
        if isinstance(line, str):
            return Row(offer, line)
        complaint = complete(client_of(session.target, offer, line), offer, line)
        if complaint is not None:
            return complaint
        flight = line.reading.flight
        given = Given(flight.ticket, flight.suite, flight.is_secret_extended)
        return given if flight.ticket else Row(offer, "no_ticket", has_flight=True)


def _show(session: Session, offer: Offer, given: Given) -> Row:
    ours = os.urandom(OURS)
    with session.conversation() as line:
        if isinstance(line, str):
            return Row(offer, line)
        line.send(hello(offer.version, session.target.server_name, ours, given))
        _await_answer(line)
        flight = line.reading.flight
        if flight.version != offer.version or line.reading.alert is not None:
            return row_without_flight(offer, line)
        if len(flight.session) > OURS and flight.session.startswith(ours):
            return Row(offer, "leaked", has_flight=True)
        if flight.leaf or flight.done:
            return Row(offer, "declined", has_flight=True)
        if CHANGE_CIPHER_SPEC not in kinds(line.received):
            return row_without_flight(offer, line)
        return Row(offer, "echoed" if flight.session == ours else "odd_id", has_flight=True)


def _await_answer(line: Line) -> None:
    """Receive until the session goes on (ChangeCipherSpec), or begins anew (ServerHelloDone), or nothing more comes."""
    while not line.ending and not line.is_settled and not line.reading.flight.done:
        if CHANGE_CIPHER_SPEC in kinds(line.received):
            return
        try:
            line.recv(16_384)
        except OSError:
            return


def hello(version: int, server_name: str, ours: bytes, given: Given) -> bytes:
    """A ClientHello record that asks to go on with a session (RFC 5246 section 7.4.1.2, RFC 5077 section 3.4)."""
    name = server_name.encode("ascii")
    extensions = _extension(0, _sized(2, b"\0" + _sized(2, name))) if name else b""
    extensions += _extension(10, _sized(2, GROUPS)) + _extension(11, _sized(1, b"\0"))
    extensions += _extension(13, _sized(2, SIGNATURES)) if version == 0x0303 else b""
    extensions += _extension(35, given.ticket)
    extensions += _extension(EXTENDED_MASTER_SECRET, b"") if given.is_extended else b""
    suites = given.suite.to_bytes(2, "big") + b"\0\xff"  # and that renegotiation is safe (RFC 5746 section 3.3)
    body = version.to_bytes(2, "big") + os.urandom(32) + _sized(1, ours) + _sized(2, suites) + _sized(1, b"\0")
    message = b"\x01" + _sized(3, body + _sized(2, extensions))
    return bytes((HANDSHAKE, 3, 1)) + _sized(2, message)


def _extension(number: int, body: bytes) -> bytes:
    return number.to_bytes(2, "big") + _sized(2, body)


def _sized(size: int, body: bytes) -> bytes:
    return len(body).to_bytes(size, "big") + body
