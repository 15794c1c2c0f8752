"""What the conversations of played attacks prove, and what they do not: the reading of one program's lines."""

from __future__ import annotations

import json

import pytest

from auditor.codec import decode, encode
from auditor.errors import Unreachable
from auditor.facts.tls import TlsVersion
from auditor.facts.vulnerabilities import (
    CcsAnswer,
    HeartbeatAnswer,
    Heartbleed,
    PaddingAnswer,
    RenegotiationAnswer,
    RobotAnswer,
    TicketAnswer,
)
from auditor.model import Reason
from auditor.probes.deep_answers import FLAWS, PAYLOADS, Attack, Conversation, parse_lines
from auditor.probes.deep_settle import (
    settle_ccs,
    settle_padding,
    settle_renegotiation,
    settle_robot,
    settle_ticketbleed,
)

TLS12 = TlsVersion.TLS12
OLD = (TlsVersion.TLS12, TlsVersion.TLS11, TlsVersion.TLS10)
REFUSED = tuple(Conversation(version=version, answer="refused", alert=70) for version in OLD)


def said(*words: str) -> tuple[Conversation, ...]:
    return tuple(Conversation(version=TLS12, answer=word, alert=10 if word == "alert" else None) for word in words)


def without(word: str) -> Conversation:
    return Conversation(version=TLS12, answer=word, without_ccs=True)


def ccs(*rows: Conversation, speaks_13: bool = False) -> CcsAnswer | Reason:
    try:
        return settle_ccs(rows, "it", speaks_13=speaks_13).answer
    except Unreachable as error:
        return error.reason


@pytest.mark.parametrize(
    ("rows", "proves"),
    [
        ((*said("decrypted"), without("alert")), CcsAnswer.TAKEN),
        ((*said("decrypted"), without("closed")), CcsAnswer.TAKEN),
        ((*said("decrypted"), without("decrypted")), Reason.INCONSISTENT),
        ((*said("decrypted"), without("silent")), Reason.TIMEOUT),
        (said("decrypted"), Reason.TLS_FAILED),
        (said("alert", "alert"), CcsAnswer.ALERT),
        (said("alert"), Reason.TLS_FAILED),
        ((*said("alert"), without("alert")), Reason.TLS_FAILED),
        (said("closed", "closed", "open"), CcsAnswer.CLOSED),
        (said("alert", "closed", "open"), CcsAnswer.CLOSED),
        (said("closed", "closed"), Reason.TLS_FAILED),
        (said("closed", "closed", "hung_up"), Reason.CLOSED),
        (said("alert", "silent"), Reason.TIMEOUT),
        (said("swallowed"), Reason.TLS_FAILED),
        (said("budget"), Reason.BUDGET),
        (said("deadline"), Reason.DEADLINE),
        (REFUSED, Reason.TLS_FAILED),
    ],
)
def test_an_early_ccs_is_taken_or_refused_explicitly(
    rows: tuple[Conversation, ...], proves: CcsAnswer | Reason
) -> None:
    assert ccs(*rows) is proves


def test_three_refusals_by_protocol_version_beside_tls_1_3_leave_no_old_tls() -> None:
    assert ccs(*REFUSED, speaks_13=True) is CcsAnswer.NO_OLD_TLS
    assert ccs(*REFUSED[:2], speaks_13=True) is Reason.TLS_FAILED
    for settle in (settle_renegotiation, settle_robot, settle_ticketbleed, settle_padding):
        assert settle(REFUSED, "it", speaks_13=True).answer.value == "no_old_tls"
        with pytest.raises(Unreachable):
            settle(REFUSED, "it", speaks_13=False)


# --- renegotiation


def renegotiated(answer: str, accepted: int = 0, *, is_bound: bool = True) -> Conversation:
    return Conversation(version=TLS12, answer=answer, accepted=accepted, asked=11, is_bound=is_bound)


@pytest.mark.parametrize(
    ("rows", "proves"),
    [
        ((renegotiated("accepted", 11),), RenegotiationAnswer.ACCEPTED),
        ((renegotiated("limited", 3),) * 3, RenegotiationAnswer.LIMITED),
        ((renegotiated("limited", 3),) * 2, Reason.TLS_FAILED),
        ((*(renegotiated("limited", 3),) * 2, renegotiated("limited", 4)), Reason.INCONSISTENT),
        ((renegotiated("limited", 3), *said("silent", "silent")), Reason.TLS_FAILED),
        ((renegotiated("limited", 3), renegotiated("accepted", 11)), RenegotiationAnswer.ACCEPTED),
        ((renegotiated("limited", 3, is_bound=False),), RenegotiationAnswer.STALLED),
        ((renegotiated("stalled", 3),), Reason.TIMEOUT),
        ((renegotiated("stalled", 3, is_bound=False),), RenegotiationAnswer.STALLED),
        ((renegotiated("alert"), renegotiated("alert")), RenegotiationAnswer.ALERT),
        ((renegotiated("alert"), renegotiated("limited", 2)), Reason.TLS_FAILED),
        ((renegotiated("ignored"), renegotiated("ignored")), RenegotiationAnswer.IGNORED),
        ((renegotiated("ignored"), renegotiated("silent")), Reason.TIMEOUT),
        ((renegotiated("alert"),), Reason.TLS_FAILED),
        ((renegotiated("alert"), renegotiated("alert", is_bound=False)), Reason.INCONSISTENT),
        ((renegotiated("closed"), renegotiated("closed"), *said("open")), RenegotiationAnswer.CLOSED),
        ((renegotiated("closed"), renegotiated("closed"), *said("hung_up")), Reason.CLOSED),
        ((renegotiated("silent"),), Reason.TIMEOUT),
        ((renegotiated("talked"),), Reason.TLS_FAILED),
        (said("client_certificate"), Reason.NO_CREDENTIAL),
        (said("unfinished"), Reason.TLS_FAILED),
    ],
)
def test_renegotiation_is_refused_explicitly_or_counted(
    rows: tuple[Conversation, ...], proves: RenegotiationAnswer | Reason
) -> None:
    try:
        found: RenegotiationAnswer | Reason = settle_renegotiation(rows, "it", speaks_13=False).answer
    except Unreachable as error:
        found = error.reason
    assert found is proves


# --- Ticketbleed


@pytest.mark.parametrize(
    ("words", "proves"),
    [
        (("leaked",), TicketAnswer.LEAKED),
        (("echoed", "leaked"), TicketAnswer.LEAKED),
        (("echoed", "echoed"), TicketAnswer.ECHOED),
        (("no_ticket", "no_ticket"), TicketAnswer.NO_TICKETS),
        (("echoed",), Reason.TLS_FAILED),
        (("echoed", "no_ticket"), Reason.INCONSISTENT),
        (("echoed", "declined"), Reason.INCONSISTENT),
        (("declined", "declined"), TicketAnswer.DECLINED),
        (("declined",), Reason.TLS_FAILED),
        (("declined", "silent"), Reason.TIMEOUT),
        (("odd_id",), Reason.MALFORMED),
        (("echoed", "cut"), Reason.CLOSED),
        (("no_ticket", "silent"), Reason.TIMEOUT),
        (("no_ticket", "unopened refused"), Reason.REFUSED),
        (("client_certificate",), Reason.NO_CREDENTIAL),
    ],
)
def test_a_session_id_comes_back_twice_as_it_was(words: tuple[str, ...], proves: TicketAnswer | Reason) -> None:
    try:
        found: TicketAnswer | Reason = settle_ticketbleed(said(*words), "it", speaks_13=False).answer
    except Unreachable as error:
        found = error.reason
    assert found is proves


# --- padding oracles


def flawed(*answers: str | int) -> tuple[Conversation, ...]:
    """One round, in the order of the flaws; a number is an alert."""
    return tuple(
        Conversation(
            version=TLS12,
            answer="alert" if isinstance(answer, int) else answer,
            alert=answer if isinstance(answer, int) else None,
            flaw=flaw,
        )
        for flaw, answer in zip(FLAWS, answers, strict=False)
    )


ALIKE = flawed(20, 20, 20, 20, 20)
SILENT_TO_ONE = flawed("waited", 20, 20, 20, 20)
TWO_REFUSALS = tuple(Conversation(version=TLS12, answer="refused", alert=40) for _ in range(2))


@pytest.mark.parametrize(
    ("rows", "proves"),
    [
        (ALIKE, PaddingAnswer.NO_ORACLE),
        (flawed(*[80] * 5), Reason.TLS_FAILED),  # it may say so to every record
        ((*flawed(*[80] * 5), *said("hung_up")), Reason.CLOSED),
        ((*flawed(*[80] * 5), *said("open")), PaddingAnswer.NO_ORACLE),
        (ALIKE[:4], Reason.TLS_FAILED),
        (flawed(*["closed"] * 5), Reason.TLS_FAILED),
        ((*flawed(*["closed"] * 5), *said("open")), PaddingAnswer.NO_ORACLE),
        ((*flawed(*["closed"] * 5), *said("hung_up")), Reason.CLOSED),
        (flawed(*["waited"] * 5), Reason.TLS_FAILED),
        (flawed(*["data"] * 5), Reason.TLS_FAILED),
        (flawed(*["silent"] * 5), Reason.TIMEOUT),
        (SILENT_TO_ONE * 3, PaddingAnswer.ORACLE),
        (flawed(20, "data", 20, 20, 20) * 3, PaddingAnswer.ORACLE),
        (flawed(20, 51, 20, 20, 20) * 3, PaddingAnswer.ORACLE),
        (SILENT_TO_ONE * 2, Reason.TLS_FAILED),
        ((*SILENT_TO_ONE, *ALIKE), Reason.INCONSISTENT),
        ((*ALIKE[:3], *said("cut")), Reason.CLOSED),
        ((*TWO_REFUSALS, *said("flight")), PaddingAnswer.NO_CBC),
        (TWO_REFUSALS, Reason.TLS_FAILED),
        (said("unfinished"), Reason.TLS_FAILED),
        (said("other_version"), Reason.TLS_FAILED),
    ],
)
def test_a_padding_oracle_shows_three_times_and_its_absence_explicitly(
    rows: tuple[Conversation, ...], proves: PaddingAnswer | Reason
) -> None:
    try:
        found: PaddingAnswer | Reason = settle_padding(rows, "it", speaks_13=False).answer
    except Unreachable as error:
        found = error.reason
    assert found is proves


# --- ROBOT


def a_round(*answers: str | int, finished: bool) -> tuple[Conversation, ...]:
    """Five answers, in the order of the payloads; fewer for a round that was broken off. A number is an alert."""
    return tuple(
        Conversation(
            version=TLS12,
            answer="alert" if isinstance(answer, int) else answer,
            alert=answer if isinstance(answer, int) else None,
            payload=payload,
            finished=finished,
        )
        for payload, answer in zip(PAYLOADS, answers, strict=False)
    )


WHOLE = a_round(20, 20, 20, 20, 20, finished=True)
ALONE = a_round(*["waited"] * 5, finished=False)
CLOSES = a_round(*["closed"] * 5, finished=False)
STRONG = a_round(20, 47, 20, 20, 20, finished=True)
WEAK = a_round(20, 51, 51, 51, 20, finished=True)


@pytest.mark.parametrize(
    ("rows", "proves"),
    [
        ((*WHOLE, *ALONE), RobotAnswer.NO_ORACLE),
        ((*a_round(*["closed"] * 5, finished=True), *ALONE), RobotAnswer.NO_ORACLE),
        ((*WHOLE, *CLOSES, *said("open")), RobotAnswer.NO_ORACLE),
        ((*WHOLE, *CLOSES), Reason.TLS_FAILED),
        ((*WHOLE, *CLOSES, *said("hung_up")), Reason.CLOSED),
        (STRONG * 3, RobotAnswer.STRONG_ORACLE),
        (WEAK * 3, RobotAnswer.WEAK_ORACLE),
        (a_round(20, 20, 20, 20, 51, finished=True) * 3, RobotAnswer.WEAK_ORACLE),
        (a_round("silent", 20, 20, 20, 20, finished=True) * 3, RobotAnswer.WEAK_ORACLE),
        ((*WHOLE, *a_round("waited", 20, "waited", "waited", "waited", finished=False) * 3), RobotAnswer.STRONG_ORACLE),
        (STRONG * 2, Reason.TLS_FAILED),
        (STRONG * 2 + WEAK, Reason.INCONSISTENT),
        (STRONG + WHOLE * 2, Reason.INCONSISTENT),
        ((*WHOLE, *a_round(20, 20, "closed", "closed", "closed", finished=True) * 2), Reason.INCONSISTENT),
        (WHOLE, Reason.TLS_FAILED),
        ((*WHOLE, *ALONE[:4]), Reason.TLS_FAILED),
        ((*WHOLE[:3], *said("silent")), Reason.TIMEOUT),
        ((*WHOLE[:3], *said("unopened refused")), Reason.REFUSED),
        ((*a_round(*["silent"] * 5, finished=True), *ALONE), Reason.TIMEOUT),
        ((*a_round(*["waited"] * 5, finished=True), *ALONE), Reason.TLS_FAILED),
        (said("client_certificate"), Reason.NO_CREDENTIAL),
        (said("no_rsa"), Reason.MALFORMED),
    ],
)
def test_an_oracle_shows_three_times_and_its_absence_explicitly(
    rows: tuple[Conversation, ...], proves: RobotAnswer | Reason
) -> None:
    try:
        found: RobotAnswer | Reason = settle_robot(rows, "it", speaks_13=False).answer
    except Unreachable as error:
        found = error.reason
    assert found is proves


def refused(*alerts: int | None) -> tuple[Conversation, ...]:
    return tuple(Conversation(version=TLS12, answer="refused", alert=alert) for alert in alerts)


@pytest.mark.parametrize(
    ("rows", "is_settled"),
    [
        ((*refused(40, 40), *said("flight")), True),
        ((*refused(71, 40), *said("flight")), True),
        ((*refused(40), *said("flight")), False),
        ((*refused(40, 40), *said("silent")), False),
        (refused(40, 40), False),
        ((*refused(40, 80), *said("flight")), False),
        ((*refused(40, None), *said("flight")), False),
        ((*refused(40), *said("cut", "flight")), False),
    ],
)
def test_no_rsa_needs_two_refusals_and_an_answered_hello_after_them(
    rows: tuple[Conversation, ...], is_settled: bool
) -> None:
    if is_settled:
        assert settle_robot(rows, "it", speaks_13=False).answer is RobotAnswer.NO_RSA
    else:
        with pytest.raises(Unreachable):
            settle_robot(rows, "it", speaks_13=False)


def test_an_oracle_says_which_secret_got_which_answer() -> None:
    seen = settle_robot(STRONG * 3, "it", speaks_13=False).seen
    assert "wrong first two bytes: alert 47" in seen
    assert "valid: alert 20" in seen


# --- the program's lines


def line(test: str, **more: object) -> bytes:
    row = {"version": "TLS_1_2", "answer": "alert", **more}
    shape = {"schema": "auditor/deep-tls/1", "tool": "sslyze 6", "test": test, "conversations": [row]}
    return json.dumps(shape).encode() + b"\n"


def test_what_was_finished_counts_whatever_follows_it() -> None:
    assert set(parse_lines(line("heartbleed") + line("ccs") + b'{"schema": "aud')) == {Attack.HEARTBLEED, Attack.CCS}
    assert set(parse_lines(b"junk\n\xff\n" + line("robot"))) == {Attack.ROBOT}


def test_the_first_line_about_an_attack_is_the_one() -> None:
    read = parse_lines(line("ccs") + line("ccs", answer="closed"))
    assert [one.answer for one in read[Attack.CCS].conversations] == ["alert"]


@pytest.mark.parametrize(
    "more",
    [{"answer": "fine"}, {"version": "TLS_1_3"}, {"payload": "OTHER"}, {"payload": 7}, {"answer": None}],
)
def test_a_line_with_an_unknown_word_says_nothing(more: dict[str, object]) -> None:
    assert parse_lines(line("robot", **more)) == {}


@pytest.mark.parametrize("accepted", [-1, 10**9, True, "3", None])
def test_a_number_that_is_none_counts_nothing(accepted: object) -> None:
    (row,) = parse_lines(line("renegotiation", accepted=accepted))[Attack.RENEGOTIATION].conversations
    assert row.accepted == 0


def test_facts_of_older_runs_are_still_read() -> None:
    """Heartbleed as it was kept before the other attacks were played: the same bytes as today's."""
    kept = (
        b'{"facts":{"answer":"alert","conversations":2,"observed_at":"2026-11-21T00:00:00Z",'
        b'"server_name":"www.example.org","tool":"sslyze 6.3.1","versions":["tls1.2"]},"type":"Heartbleed"}'
    )
    facts = decode(kept, [Heartbleed])
    assert isinstance(facts, Heartbleed)
    assert facts.answer is HeartbeatAnswer.ALERT
    assert encode(facts) == kept
