"""The look at one address that is sent a harmless command in one piece with STARTTLS. Judges nothing.

Five connections, without the command and with it in turn. Inside TLS each says one command of its own and takes its
leave; how many answers come is counted (CVE-2011-0411; "Why TLS Is Better Without STARTTLS", USENIX Security 2021). A
server that closes on the command, each time, and on none of the connections between, has thrown it away as well: that
is what current Dovecots do.
"""

from __future__ import annotations

import re
from functools import partial

from auditor.errors import Unreachable
from auditor.facts.starttls import Spoken, StartTlsInjection, TogetherAnswer
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.probes.handshake import Inside, shake_hands_to_speak
from auditor.probes.host_name import server_name
from auditor.probes.starttls.dialogue import NoTls
from auditor.probes.starttls.imap import ImapDialogue
from auditor.probes.starttls.pop3 import Pop3Dialogue
from auditor.probes.starttls.smtp import EHLO, SmtpDialogue
from auditor.probes.starttls.way import PATIENCE, hold
from auditor.reach import Endpoint, Reach, Stream
from auditor.records import dataclass

OWN = 2  # answers inside TLS to what is sent there
LEFT = -1  # stands for their number where the server closed on the command
TURNS = (False, True, False, True, False)  # with the command?


@dataclass(frozen=True, slots=True)
class Words:
    """Of one protocol: its dialogue, what goes out too early, what is said inside, and how an answer looks."""

    dialogue: type[SmtpDialogue | ImapDialogue | Pop3Dialogue]
    early: bytes
    first: bytes
    farewell: bytes
    answer: re.Pattern[bytes]


# SMTP answers end with a line "250 …" (RFC 5321 section 4.2.1), IMAP's carry the tag, POP3's begin with + or -.
WORDS = {
    Spoken.SMTP: Words(SmtpDialogue, b"NOOP\r\n", EHLO, b"QUIT\r\n", re.compile(rb"(?m)^(\d{3})(?: |\r?$)")),
    Spoken.IMAP: Words(
        ImapDialogue, b"a3 NOOP\r\n", b"a4 NOOP\r\n", b"a5 LOGOUT\r\n", re.compile(rb"(?im)^(a[345]) (?:OK|NO|BAD)")
    ),
    Spoken.POP3: Words(Pop3Dialogue, b"NOOP\r\n", b"NOOP\r\n", b"QUIT\r\n", re.compile(rb"(?m)^(\+OK|-ERR)")),
}
GREETING = b"220"  # some mail servers greet anew inside TLS: that answers nothing


def look(reach: Reach, spoken: Spoken, endpoint: Endpoint) -> Seen | Unseen:
    """Is the command answered inside TLS?"""
    words = WORDS.get(spoken)
    if words is None:
        facts = StartTlsInjection(observed_at=reach.now(), spoken=spoken, answer=TogetherAnswer.NOT_SENT)
        return Seen(facts, endpoint.locus)
    try:
        answer = _settle([_answers(reach, spoken, words, endpoint, early) for early in TURNS])
    except Unreachable as error:
        return Unseen(StartTlsInjection, endpoint.locus, error.reason, error.detail)
    command = words.early.decode("ascii").strip()
    return Seen(
        StartTlsInjection(observed_at=reach.now(), spoken=spoken, answer=answer, command=command), endpoint.locus
    )


def _settle(counts: list[int]) -> TogetherAnswer:
    """`counts`: answers inside TLS, in the order of TURNS. Raises Unreachable(INCONSISTENT)."""
    without = {count for count, early in zip(counts, TURNS, strict=True) if not early}
    with_it = {count for count, early in zip(counts, TURNS, strict=True) if early}
    meaning = {OWN: TogetherAnswer.DISCARDED, OWN + 1: TogetherAnswer.ANSWERED, LEFT: TogetherAnswer.CLOSED}
    for count, answer in meaning.items():
        if with_it == {count} and without == {OWN}:
            return answer
    raise Unreachable(Reason.INCONSISTENT, f"{', '.join(map(str, counts))} answers inside TLS, for {OWN} commands")


def _answers(reach: Reach, spoken: Spoken, words: Words, endpoint: Endpoint, early: bool) -> int:  # noqa: FBT001
    """How many answers come inside TLS on one connection. Raises Unreachable."""
    begin = partial(_begin, words=words, early=early)
    way = reach.through(begin, port=endpoint.port, patience=PATIENCE.get(spoken, 1.0))
    try:
        with way.stream(endpoint) as stream:
            heard = _converse(shake_hands_to_speak(stream, server_name(endpoint.host)), words)
    except Unreachable as error:
        if early and error.reason in (Reason.CLOSED, Reason.RESET):
            return LEFT
        raise
    found = words.answer.findall(heard)
    return len(found) - (found[:1] == [GREETING])


def _begin(stream: Stream, words: Words, early: bool) -> None:  # noqa: FBT001
    outcome = hold(stream, words.dialogue(words.early if early else b""))
    if isinstance(outcome, NoTls):
        raise Unreachable(Reason.NOT_TLS, f"{stream.endpoint.locus} ({outcome.answer})")


def _converse(inside: Inside, words: Words) -> bytes:
    """Say what is to be said, and hear everything up to the end."""
    inside.say(words.first)
    heard = b""
    while not words.answer.search(heard):
        data = inside.hear()
        if not data:
            return heard
        heard += data
    inside.say(words.farewell)
    while data := inside.hear():
        heard += data
    return heard
