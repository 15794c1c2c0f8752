"""Renegotiation begun by the client, and whether it is bound to the connection that it renews (RFC 5746).

sslyze's client completes a handshake and asks for another within it. sslyze's own script is not played: it reads a
timeout as a refusal (`plugins/session_renegotiation_plugin.py` of 6.3.1). The words:

accepted    each of the ASKED renegotiations was completed
limited     some were, and then it answered with an alert or closed
stalled     some were, and then nothing came
alert       the first was answered by an alert
closed      on the first it closed the connection
ignored     it said nothing to the first, and closed when it was told to hang up: it was listening
silent      the first got no answer, and it did not listen either
talked      the server spoke first, or answered with application data; it is heard out, and asked anew
client_certificate, unfinished    no handshake could be completed to begin with
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from .line import PATIENCE_S, QUIET_S, Line
from .records import ALERT, APPLICATION_DATA, HANDSHAKE, kinds
from .session import Offer, Row, Session, client_of, complete

ASKED = 11  # ten are a limit that somebody set; one more is none
TIMES_LIMITED = 3  # conversations that must end after the same number, the later ones at another pace
PACE_S = 0.1  # before all that is sent then: who counts renegotiations counts on, who was merely hurried does not


def interview(session: Session) -> list[Row]:
    """A negative, and a limit, is asked again, slowly; after a close, one that asks for nothing must stay open.

    slapd hangs up on whoever goes on too soon, and on whose answer is there before it has begun to listen.
    """
    if session.offer is None:
        rows = session.search(session.greet)
        if session.offer is None:
            return rows

    def play(offer: Offer) -> Row:
        return converse(session, offer, asked=ASKED)

    def hear_and_play(offer: Offer) -> Row:
        return converse(session, offer, asked=ASKED, hears=True)

    def slowly(offer: Offer) -> Row:
        return converse(session, offer, asked=ASKED, hears=play is hear_and_play, pause_s=PACE_S)

    def rest(offer: Offer) -> Row:
        return converse(session, offer, asked=0)

    offer, first = session.play_to_complete(play)
    rows = [first]
    if rows[0].answer == "talked":
        play = hear_and_play
        rows = [session.again(play, offer)]
    if rows[0].answer == "limited":  # or it merely broke
        return rows + [session.again(slowly, offer) for _ in range(TIMES_LIMITED - 1)]
    if rows[0].answer in {"alert", "closed", "ignored"}:
        rows.append(session.again(slowly, offer))
        if "closed" in {rows[0].answer, rows[1].answer}:
            rows.append(session.again(rest, offer))
    return rows


def converse(session: Session, offer: Offer, *, asked: int, hears: bool = False, pause_s: float = 0.0) -> Row:
    """One connection: a whole handshake, then renegotiations; with `asked` 0 none: open, or hung_up.

    `hears`: what the server says first inside TLS (IMAP, POP3 and SMTP do) is heard out before. `pause_s`: before each
    message of the renegotiations.
    """
    with session.conversation(quiet_s=PATIENCE_S) as line:
        if isinstance(line, str):
            return Row(offer, line)
        client = client_of(session.target, offer, line)
        complaint = complete(client, offer, line)
        if complaint is not None:
            return complaint
        if not asked:
            return Row(offer, _rest(line), has_flight=True)
        if hears:
            _hear(client, line)
        line.slow_down(pause_s)
        accepted, word = _renegotiate(client, line, asked)
        more: dict[str, object] = {
            "accepted": accepted,
            "asked": asked,
            "secure": line.reading.flight.is_renegotiation_safe,
        }
        return Row(offer, word, has_flight=True, more=more)


def _hear(client: Any, line: Line) -> None:
    """Take what is said inside TLS, until nothing more comes: OpenSSL renegotiates only once it has been read."""
    from sslyze.plugins.heartbleed_plugin import WantReadError  # noqa: PLC0415 - nassl's
    from sslyze.plugins.session_renegotiation_plugin import OpenSSLError  # noqa: PLC0415 - nassl's

    line.shorten(QUIET_S)
    with suppress(OSError, OpenSSLError):
        while not line.ending:
            with suppress(WantReadError):
                client._ssl.read(4_096)
                continue
            client._network_bio.write(line.recv(16_384))
    line.listen_again()
    line.shorten(PATIENCE_S)


def _renegotiate(client: Any, line: Line, asked: int) -> tuple[int, str]:
    """How many were completed, and the word."""
    from sslyze.connection_helpers.tls_connection import ClientCertificateRequested  # noqa: PLC0415
    from sslyze.plugins.session_renegotiation_plugin import OpenSSLError  # noqa: PLC0415

    for accepted in range(asked):
        before = len(kinds(line.received))
        try:
            client._ssl.renegotiate()
            client.do_handshake()
        except (ClientCertificateRequested, OpenSSLError, OSError):
            came = kinds(line.received)[before:]
            if accepted and not came:  # its farewell came with the last of the handshake before
                came = kinds(line.received)[-1:]
            word = _word(came, line.ending, accepted)
            return accepted, _word_for_silence(line, before) if word == "silent" else word
    return asked, "accepted"


def _word_for_silence(line: Line, before: int) -> str:
    """Some servers say nothing, or keep their refusal for what they send next (Dovecot). Slow ones answer late."""
    if not line.ending:  # it failed without any waiting, by what had come before
        return "talked"
    line.hang_up()
    is_answered = HANDSHAKE in kinds(line.received)[before:]
    return "ignored" if line.ending == "ignored" and not is_answered else "silent"


def _word(came: list[int], ending: str, accepted: int) -> str:
    """`came`: the content types of what answered the last renegotiation."""
    is_refused = ALERT in came or ending in {"closed", "reset"}
    if accepted:
        return "limited" if is_refused else "stalled"
    if ALERT in came:
        return "alert"
    if ending in {"closed", "reset"}:
        return "closed"
    return "talked" if APPLICATION_DATA in came else "silent"


def _rest(line: Line) -> str:
    """Does the connection stay open while nobody asks for anything?"""
    until = time.monotonic() + QUIET_S
    line.shorten(QUIET_S)
    while not line.ending and time.monotonic() < until:
        try:
            line.recv(16_384)
        except OSError:
            break
    return "open" if line.ending in {"", "timeout"} else "hung_up"
