"""Padding oracles of CBC in TLS 1.2: does a server tell apart what is wrong with a record?

Vaudenay found the first in 2002; since then POODLE in TLS (CVE-2014-8730), GOLDENDOODLE and Zombie POODLE
(CVE-2019-6593), CVE-2016-2107 and CVE-2019-1559.

After an honest handshake of our own client one record goes out whose padding, MAC or length is wrong in one of FLAWS.
A server must answer all of them alike (RFC 5246 section 6.2.3.2). Where the answers differ, all are played twice more;
where they are closes, or an alert that is not about records, a connection with a record that is right must stay open.
Who asks for a certificate is told that there is none, and may go on without.
The words, for conversations whose handshake was completed and whose server showed that it has our keys:

alert       it answered with an alert
closed      it closed the connection
waited      it said nothing, and closed when a fatal alert told it to: it took the record
data        it answered with application data: it took the record
open, hung_up    for a record that is right: the connection stays, or it does not
silent      it said nothing, and did not listen either
refused     the hello, which offers CBC alone, was refused
client_certificate    it asked for a certificate, and the handshake was not completed without one
unfinished  the handshake could not be completed
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from .cbc import BLOCK, WITH_SHA1, WITH_SHA2, Client, Half, padding_for
from .line import Line
from .records import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, CLOSE_NOTIFY, with_bodies
from .robot import TLS_1_2, rsa_key, word_without_alert
from .session import Offer, Row, Session, row_without_flight

ROUNDS_WHERE_THEY_DIFFER = 3
OF_RECORDS = frozenset({20, 21})  # bad_record_mac, decryption_failed: what nothing but a wrong record gets
CONTENT = b"\r\n\r\n"  # nothing that a server of any protocol acts on


def _wrong_mac(ours: Half, content: bytes) -> bytes:
    tag = ours.mac(APPLICATION_DATA, content)
    tagged = content + bytes((tag[0] ^ 0xFF,)) + tag[1:]
    return tagged + padding_for(len(tagged))


def _wrong_padding(ours: Half, content: bytes) -> bytes:
    """Its length is right and so is the MAC; its other bytes are not (SSL 3.0 would take it)."""
    tagged = content + ours.mac(APPLICATION_DATA, content)
    missing = BLOCK - len(tagged) % BLOCK + BLOCK
    return tagged + bytes(((missing - 1) ^ 0xFF,)) * (missing - 1) + bytes((missing - 1,))


def _no_room(_: Half, __: bytes) -> bytes:
    """The padding claims more than there is."""
    return os.urandom(4 * BLOCK - 1) + b"\xff"


def _all_padding(_: Half, __: bytes) -> bytes:
    """Right padding from end to end, and no room for a MAC."""
    return bytes((4 * BLOCK - 1,)) * (4 * BLOCK)


def _right(ours: Half, content: bytes) -> bytes:
    tagged = content + ours.mac(APPLICATION_DATA, content)
    return tagged + padding_for(len(tagged))


FLAWS: dict[str, Callable[[Half], bytes]] = {
    "WRONG_MAC": lambda ours: _wrong_mac(ours, CONTENT),
    "WRONG_PADDING": lambda ours: _wrong_padding(ours, CONTENT),
    "NO_ROOM": lambda ours: _no_room(ours, CONTENT),
    "ALL_PADDING": lambda ours: _all_padding(ours, CONTENT),
    "EMPTY_WRONG_MAC": lambda ours: _wrong_mac(ours, b""),
}
NONE = "NONE"  # a record as it must be: does the connection stay open?
RECORDS: dict[str, Callable[[Half], bytes]] = {**FLAWS, NONE: lambda ours: _right(ours, CONTENT)}
OFFER = Offer(TLS_1_2, suites="CBC")  # our own client's


def interview(session: Session) -> list[Row]:
    if session.offer is None:
        rows = session.search(session.greet)
        if session.offer is None:
            return rows
    known = session.offer
    if known.version != TLS_1_2:
        return [Row(known, "other_version", chosen=known.version)]
    refused: list[Row] = []
    for suites in (WITH_SHA1, WITH_SHA2):
        first = session.play_until_learned(partial(_with_wrong_mac, session, suites), OFFER)
        if first.answer != "refused":
            return _played(session, first, suites)
        refused.append(first)
    return [*refused, session.greet(known)]


def _with_wrong_mac(session: Session, suites: tuple[int, ...], _: Offer) -> Row:
    return converse(session, "WRONG_MAC", suites)


def _played(session: Session, first: Row, suites: tuple[int, ...]) -> list[Row]:
    """All flaws, after the first; and a right record, where the answers are none that wrong ones alone get."""
    rows = [first]
    for number in range(ROUNDS_WHERE_THEY_DIFFER):
        for flaw in list(FLAWS)[0 if number else 1 :]:
            if not rows[-1].has_flight:
                return rows
            rows.append(converse(session, flaw, suites))
        if len({(row.answer, row.alert) for row in rows}) == 1:
            break
    if any(row.answer == "closed" or (row.answer == "alert" and row.alert not in OF_RECORDS) for row in rows):
        rows.append(session.again(lambda _: converse(session, NONE, suites), OFFER))
    return rows


def converse(session: Session, flaw: str, suites: tuple[int, ...]) -> Row:
    """One connection: a whole handshake, one wrong record, and the word for what came."""
    with session.conversation() as line:
        if isinstance(line, str):
            return Row(OFFER, line)
        client = Client(session.target.server_name, suites)
        line.send(client.hello())
        if not line.await_flight() or line.reading.flight.version != TLS_1_2:
            return row_without_flight(OFFER, line)
        flight = line.reading.flight
        answer = client.answer(line.received, flight.suite, rsa_key(flight.leaf))
        if not answer:
            return Row(OFFER, "unfinished")
        line.send(answer)
        _await_finished(line)
        if not client.is_accepted(_behind(line)) or client.ours is None:
            return Row(OFFER, "client_certificate" if flight.wants_certificate else "unfinished")
        return _row(line, client, flaw)


def _row(line: Line, client: Client, flaw: str) -> Row:
    ours, before = client.ours, len(_behind(line))
    if ours is None or line.ending or line.is_settled:  # it takes its leave unasked
        return Row(OFFER, "unfinished")
    line.say(ours.seal_padded(APPLICATION_DATA, RECORDS[flaw](ours)))
    came = _behind(line)[before:]
    if flaw == NONE:
        is_open = line.ending in {"", "timeout"} and all(kind != ALERT for kind, _ in came)
        return Row(OFFER, "open" if is_open else "hung_up", has_flight=True)
    alerts = [body for kind, body in came if kind == ALERT]
    alert = client.alert_in(alerts[0]) if alerts else None
    if alert == CLOSE_NOTIFY:
        word, alert = "closed", None
    elif alerts:
        word = "alert" if alert is not None else "broken_off"  # not under our keys: somebody else's
    elif any(kind == APPLICATION_DATA for kind, _ in came):
        word = "data"
    else:
        word = word_without_alert(line)
    return Row(OFFER, word, alert=alert, has_flight=True, more={"flaw": flaw})


def _behind(line: Line) -> list[tuple[int, bytes]]:
    """The records behind the server's ChangeCipherSpec."""
    records = with_bodies(line.received)
    starts = [at for at, (kind, _) in enumerate(records) if kind == CHANGE_CIPHER_SPEC]
    return records[starts[0] + 1 :] if starts else []


def _await_finished(line: Line) -> None:
    while not line.ending and not _behind(line):
        try:
            line.recv(16_384)
        except OSError:
            return
