"""Carries a dialogue over a stream, so that TLS may begin on it. Must not know what TLS is, nor any protocol."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import suppress

from auditor.errors import Unreachable
from auditor.facts.starttls import Spoken
from auditor.model import Reason
from auditor.probes.starttls.dialogue import Dialogue, NoTls, Ready
from auditor.probes.starttls.imap import ImapDialogue
from auditor.probes.starttls.ldap import LdapDialogue
from auditor.probes.starttls.mysql import MysqlDialogue
from auditor.probes.starttls.pop3 import Pop3Dialogue
from auditor.probes.starttls.postgresql import PostgresqlDialogue
from auditor.probes.starttls.smtp import SmtpDialogue
from auditor.reach import Stream

DIALOGUES: dict[Spoken, type[Dialogue]] = {
    Spoken.SMTP: SmtpDialogue,
    Spoken.IMAP: ImapDialogue,
    Spoken.POP3: Pop3Dialogue,
    Spoken.LDAP: LdapDialogue,
    Spoken.POSTGRESQL: PostgresqlDialogue,
    Spoken.MYSQL: MysqlDialogue,
}
# A mail exchanger lets strangers wait six seconds for its greeting (Postfix's postscreen), to be rid of hasty ones.
PATIENCE = {Spoken.SMTP: 1.4}
PIECE = 4_096


def hold(stream: Stream, dialogue: Dialogue) -> Ready | NoTls:
    """Drive a dialogue to its end. Raises what the stream and the dialogue raise; CLOSED where the server leaves."""
    where = stream.endpoint.locus
    talk = dialogue.talk()
    step = _step(where, lambda: next(talk))
    while isinstance(step, bytes):
        if step:
            stream.send(step)
        data = stream.receive(PIECE)
        if not data:
            raise Unreachable(Reason.CLOSED, f"{where} (before TLS began)")
        step = _step(where, functools.partial(talk.send, data))
    _finish(stream, step)
    return step


def _step(where: str, resume: Callable[[], bytes]) -> bytes | Ready | NoTls:
    """What a dialogue wants to send next, or how it ended. A dialogue does not know where it is held."""
    try:
        return resume()
    except StopIteration as end:
        outcome: Ready | NoTls = end.value
        return outcome
    except Unreachable as error:
        raise Unreachable(error.reason, f"{where} ({error.detail})") from error


def _finish(stream: Stream, outcome: Ready | NoTls) -> None:
    if isinstance(outcome, Ready):
        if outcome.send:
            stream.send(outcome.send)
    elif outcome.farewell:
        with suppress(Unreachable):  # a courtesy: the answer is known
            stream.send(outcome.farewell)


def go(stream: Stream, spoken: Spoken) -> None:
    """Bring a fresh connection to where TLS begins. Raises Unreachable, NOT_TLS for an explicit no."""
    made = DIALOGUES.get(spoken)
    outcome = hold(stream, made()) if made else Ready()
    if isinstance(outcome, NoTls):
        raise Unreachable(Reason.NOT_TLS, f"{stream.endpoint.locus} ({outcome.answer})")
