"""What the conversations of a played attack prove. One proof settles it; a negative needs every conversation to agree.

Knows neither the network nor the program: rows in, an answer out, or `Unreachable` with the reason why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, NoReturn, TypeVar

from auditor.errors import Unreachable
from auditor.facts.tls import TlsVersion
from auditor.facts.vulnerabilities import (
    CcsAnswer,
    HeartbeatAnswer,
    PaddingAnswer,
    RenegotiationAnswer,
    RobotAnswer,
    TicketAnswer,
)
from auditor.model import Reason
from auditor.probes.deep_answers import FLAWS, LESSONS, PAYLOADS, VERSION_DECLINED, Conversation
from auditor.records import dataclass

Rows = tuple[Conversation, ...]
A = TypeVar("A")

PROTOCOL_VERSION = 70
REFUSALS = frozenset({40, 47, 70, 71})  # alerts that decline all suites that were offered (RFC 5246 section 7.2.2)
OF_RECORDS = frozenset({20, 21})  # alerts that nothing but a wrong record gets (RFC 5246 section 7.2.2)
OLD_VERSIONS = frozenset({TlsVersion.TLS10, TlsVersion.TLS11, TlsVersion.TLS12})
ROUNDS = 3  # a difference between answers, or a limit, counts when it shows alike three times
ILL_PADDED = PAYLOADS[1:4]  # those whose padding itself is wrong; the fourth holds another version number


@dataclass(frozen=True, slots=True)
class Settled(Generic[A]):
    """The answer, and the conversations that gave it."""

    answer: A
    rows: Rows
    seen: tuple[str, ...] = ()


def has_no_old_tls(rows: Rows, *, speaks_13: bool) -> bool:
    """Each of TLS 1.0, 1.1 and 1.2 refused, nothing else said, and TLS 1.3 is spoken.

    By protocol_version, or as our own hellos settled it at a server that closes instead.
    """
    refused = [one.answer == "refused" and one.alert == PROTOCOL_VERSION for one in rows]
    declined = [one.answer == VERSION_DECLINED for one in rows]
    return speaks_13 and (all(refused) or all(declined)) and {one.version for one in rows} >= OLD_VERSIONS


def settle_heartbleed(rows: Rows, what: str, *, speaks_13: bool) -> Settled[HeartbeatAnswer]:
    leaks = tuple(one for one in rows if one.answer == "leaked")
    if leaks:
        return Settled(HeartbeatAnswer.LEAKED, leaks)
    negatives = {"closed": HeartbeatAnswer.CLOSED, "ignored": HeartbeatAnswer.IGNORED, "alert": HeartbeatAnswer.ALERT}
    return _negative(rows, negatives, HeartbeatAnswer.NO_OLD_TLS, what, speaks_13=speaks_13)


def settle_ccs(rows: Rows, what: str, *, speaks_13: bool) -> Settled[CcsAnswer]:
    """Taken: the record was decrypted after the early message, and refused otherwise, or at once, without it."""
    with_it = tuple(one for one in rows if not one.without_ccs)
    if any(one.answer == "decrypted" for one in with_it):
        without = tuple(one for one in rows if one.without_ccs)
        if any(one.answer == "decrypted" for one in without):
            raise Unreachable(Reason.INCONSISTENT, f"{what} and without it")
        if not any(one.answer in ("alert", "closed") for one in without):
            _give_up(without or rows, what)
        return Settled(CcsAnswer.TAKEN, rows)
    negatives = {"closed": CcsAnswer.CLOSED, "alert": CcsAnswer.ALERT}
    return _negative(rows, negatives, CcsAnswer.NO_OLD_TLS, what, speaks_13=speaks_13)


def settle_renegotiation(rows: Rows, what: str, *, speaks_13: bool) -> Settled[RenegotiationAnswer]:
    """Completed handshakes are proof of what they are; how it ended counts only where it was refused, twice alike."""
    some = tuple(one for one in rows if one.accepted)
    if some:
        return _renegotiated(some, what)
    if len({one.is_bound for one in rows if one.answer in ("alert", "closed", "ignored")}) > 1:
        raise Unreachable(Reason.INCONSISTENT, what)
    negatives = {
        "closed": RenegotiationAnswer.CLOSED,
        "ignored": RenegotiationAnswer.IGNORED,
        "alert": RenegotiationAnswer.ALERT,
    }
    return _negative(rows, negatives, RenegotiationAnswer.NO_OLD_TLS, what, speaks_13=speaks_13)


def _renegotiated(some: Rows, what: str) -> Settled[RenegotiationAnswer]:
    """A connection that merely broke is no limit: the next ones would have broken elsewhere."""
    for one in some:
        if one.answer == "accepted":
            return Settled(RenegotiationAnswer.ACCEPTED, (one,))
    ended = {(one.answer, one.accepted, one.is_bound) for one in some}
    if len(some) >= ROUNDS and len(ended) == 1 and some[0].answer == "limited":
        return Settled(RenegotiationAnswer.LIMITED, some)
    for one in some:
        if not one.is_bound:
            return Settled(RenegotiationAnswer.STALLED, (one,))
    if len(ended) > 1:
        raise Unreachable(Reason.INCONSISTENT, what)
    return _give_up(some, what)


def settle_ticketbleed(rows: Rows, what: str, *, speaks_13: bool) -> Settled[TicketAnswer]:
    leaks = tuple(one for one in rows if one.answer == "leaked")
    if leaks:
        return Settled(TicketAnswer.LEAKED, leaks)
    if len({one.answer for one in rows if one.answer in ("echoed", "no_ticket", "declined")}) > 1:
        raise Unreachable(Reason.INCONSISTENT, what)
    negatives = {
        "echoed": TicketAnswer.ECHOED,
        "no_ticket": TicketAnswer.NO_TICKETS,
        "declined": TicketAnswer.DECLINED,
    }
    return _negative(rows, negatives, TicketAnswer.NO_OLD_TLS, what, speaks_13=speaks_13)


def settle_padding(rows: Rows, what: str, *, speaks_13: bool) -> Settled[PaddingAnswer]:
    """An oracle: three rounds with the same different answers. None: one refusal of them all."""
    if has_no_old_tls(rows, speaks_13=speaks_13):
        return Settled(PaddingAnswer.NO_OLD_TLS, rows)
    played = tuple(one for one in rows if one.flaw)
    if not played:
        return Settled(PaddingAnswer.NO_CBC, _refused(rows, what))
    said = {flaw: [_said(one) for one in played if one.flaw == flaw] for flaw in FLAWS}
    if any(len(set(answers)) > 1 for answers in said.values()):
        raise Unreachable(Reason.INCONSISTENT, what)
    words = {answers[0] for answers in said.values() if answers}
    if len(words) > 1:
        if any(len(answers) < ROUNDS for answers in said.values()):
            _give_up(rows, what)
        seen = tuple(f"{flaw.lower().replace('_', ' ')}: {answers[0]}" for flaw, answers in said.items())
        return Settled(PaddingAnswer.ORACLE, played, seen)
    is_told = all(said.values()) and played[0].answer in ("alert", "closed")
    is_of_records = played[0].answer == "alert" and played[0].alert in OF_RECORDS
    if not is_told or any(one.answer in LESSONS for one in rows) or (not is_of_records and rows[-1].answer != "open"):
        _give_up(rows, what)
    return Settled(PaddingAnswer.NO_ORACLE, played, (f"to all of them: {_said(played[0])}",))


def settle_robot(rows: Rows, what: str, *, speaks_13: bool) -> Settled[RobotAnswer]:
    """An oracle: in one flow, three rounds with the same different answers. None: each flow has one explicit one."""
    if has_no_old_tls(rows, speaks_13=speaks_13):
        return Settled(RobotAnswer.NO_OLD_TLS, rows)
    played = tuple(one for one in rows if one.payload)
    if not played:
        return Settled(RobotAnswer.NO_RSA, _refused(rows, what))
    flows = {finished: tuple(one for one in played if one.finished is finished) for finished in (True, False)}
    for flow in flows.values():
        if len({_said(one) for one in flow}) > 1:
            return _oracle(flow, what)
    for one in rows:
        if one.answer in LESSONS:
            _give_up(rows, what)
    is_whole = all({one.payload for one in flow} == set(PAYLOADS) for flow in flows.values())
    is_told = flows[True] and flows[True][0].answer in ("alert", "closed")
    is_closed = flows[False] and flows[False][0].answer == "closed"
    if not is_whole or not is_told or (is_closed and all(one.answer != "open" for one in rows)):
        _give_up(rows, what)
    seen = (f"with the whole handshake: {_said(flows[True][0])}", f"with the secret alone: {_said(flows[False][0])}")
    return Settled(RobotAnswer.NO_ORACLE, played, seen)


def _oracle(flow: Rows, what: str) -> Settled[RobotAnswer]:
    said = {payload: [_said(one) for one in flow if one.payload == payload] for payload in PAYLOADS}
    if any(len(set(answers)) > 1 for answers in said.values()):
        raise Unreachable(Reason.INCONSISTENT, what)
    if any(len(answers) < ROUNDS for answers in said.values()):
        _give_up(flow, what)
    answers = {payload: words[0] for payload, words in said.items()}
    seen = tuple(f"{payload.lower().replace('_', ' ')}: {answer}" for payload, answer in answers.items())
    is_weak = len({answers[payload] for payload in ILL_PADDED}) == 1
    return Settled(RobotAnswer.WEAK_ORACLE if is_weak else RobotAnswer.STRONG_ORACLE, flow, seen)


def _refused(rows: Rows, what: str) -> Rows:
    """Refused twice by an alert that declines the suites, and then another hello was answered by a whole flight."""
    refused = tuple(one for one in rows if one.answer == "refused")
    is_refused = len(refused) >= 2 and all(one.alert in REFUSALS for one in refused)
    if is_refused and rows[-1].answer == "flight" and len(rows) == len(refused) + 1:
        return refused
    return _give_up(rows, what)


def _negative(rows: Rows, negatives: Mapping[str, A], no_old_tls: A, what: str, *, speaks_13: bool) -> Settled[A]:
    """The least telling answer of two or more; after a close, a connection left alone must have stayed open."""
    words = [one.answer for one in rows]
    telling = tuple(one for one in rows if one.answer in negatives and not one.without_ccs)
    is_learned = not any(word in LESSONS for word in words)
    if is_learned and len(telling) >= 2 and ("closed" not in words or "open" in words):
        return Settled(next(answer for word, answer in negatives.items() if word in words), telling)
    if has_no_old_tls(rows, speaks_13=speaks_13):
        return Settled(no_old_tls, rows)
    return _give_up(rows, what)


def _give_up(rows: Rows, what: str) -> NoReturn:
    """Raise the first reason that a conversation gives; TLS_FAILED where none does."""
    word = next((one.answer for one in rows if one.answer in LESSONS), "")
    why = (
        ": the server completes no handshake without a certificate of its client"
        if word == "client_certificate"
        else ""
    )
    raise Unreachable(LESSONS.get(word, Reason.TLS_FAILED), what + why)


def _said(one: Conversation) -> str:
    """The answer to a secret, in words."""
    return f"alert {one.alert}" if one.answer == "alert" else one.answer
