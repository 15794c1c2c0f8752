"""What the vulnerability checks conclude from what was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from auditor.facts.tls import TlsVersion
from auditor.facts.vulnerabilities import (
    CcsAnswer,
    CcsInjection,
    HeartbeatAnswer,
    Heartbleed,
    PaddingAnswer,
    PaddingOracle,
    Renegotiation,
    RenegotiationAnswer,
    Robot,
    RobotAnswer,
    TicketAnswer,
    Ticketbleed,
)
from auditor.model import Outcome, Severity, Tier
from checks.vulnerabilities import (
    CHECKS,
    ccs_injection,
    client_renegotiation,
    heartbleed,
    insecure_renegotiation,
    padding_oracle,
    robot,
    ticketbleed,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PLAYED: dict[str, Any] = {
    "observed_at": NOW,
    "conversations": 2,
    "versions": (TlsVersion.TLS12,),
    "server_name": "www.example.org",
    "tool": "sslyze 6",
}


def seen(
    answer: HeartbeatAnswer,
    *,
    conversations: int = 2,
    versions: tuple[TlsVersion, ...] = (TlsVersion.TLS12,),
    tool: str = "sslyze 6",
    observed_at: datetime = NOW,
    server_name: str = "www.example.org",
) -> Heartbleed:
    return Heartbleed(
        observed_at=observed_at,
        answer=answer,
        conversations=conversations,
        versions=versions,
        server_name=server_name,
        tool=tool,
    )


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (HeartbeatAnswer.LEAKED, Outcome.FAIL),
        (HeartbeatAnswer.ALERT, Outcome.PASS),
        (HeartbeatAnswer.IGNORED, Outcome.PASS),
        (HeartbeatAnswer.CLOSED, Outcome.PASS),
        (HeartbeatAnswer.NO_OLD_TLS, Outcome.PASS),
    ],
)
def test_only_a_leak_fails(answer: HeartbeatAnswer, outcome: Outcome) -> None:
    assert heartbleed.judge(seen(answer)).outcome is outcome


def test_every_answer_is_judged() -> None:
    for answer in HeartbeatAnswer:
        verdict = heartbleed.judge(seen(answer))
        assert verdict.outcome is not Outcome.UNKNOWN
        assert verdict.evidence[0].seen


def test_one_leak_is_enough() -> None:
    assert heartbleed.judge(seen(HeartbeatAnswer.LEAKED, conversations=1)).outcome is Outcome.FAIL


@pytest.mark.parametrize("answer", [answer for answer in HeartbeatAnswer if answer is not HeartbeatAnswer.LEAKED])
def test_one_silent_conversation_is_no_truth(answer: HeartbeatAnswer) -> None:
    with pytest.raises(ValueError, match="absence"):
        seen(answer, conversations=1)


@pytest.mark.parametrize(
    "change",
    [
        {"conversations": 0},
        {"versions": ()},
        {"tool": ""},
        {"observed_at": datetime(2026, 11, 21)},  # noqa: DTZ001 - naive on purpose
        {"observed_at": datetime(2026, 11, 21, tzinfo=timezone(timedelta(hours=1)))},
    ],
)
def test_empty_truths_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        seen(HeartbeatAnswer.LEAKED, **change)  # type: ignore[arg-type]


def test_the_evidence_says_what_was_asked_and_by_whom() -> None:
    row = heartbleed.judge(seen(HeartbeatAnswer.ALERT, versions=(TlsVersion.TLS12, TlsVersion.TLS10))).evidence[0]
    assert "www.example.org" in row.looked_at
    assert "TLS 1.2, TLS 1.0" in row.looked_at
    assert "sslyze 6" in row.looked_at


def test_a_server_without_a_name_is_named_by_its_address() -> None:
    row = heartbleed.judge(seen(HeartbeatAnswer.LEAKED, server_name="")).evidence[0]
    assert "the address" in row.looked_at


# --- CCS injection


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (CcsAnswer.TAKEN, Outcome.FAIL),
        (CcsAnswer.ALERT, Outcome.PASS),
        (CcsAnswer.CLOSED, Outcome.PASS),
        (CcsAnswer.NO_OLD_TLS, Outcome.PASS),
    ],
)
def test_only_an_early_message_that_is_taken_fails(answer: CcsAnswer, outcome: Outcome) -> None:
    verdict = ccs_injection.judge(CcsInjection(answer=answer, **PLAYED))
    assert verdict.outcome is outcome
    assert verdict.evidence[0].seen


@pytest.mark.parametrize("answer", CcsAnswer)
def test_one_conversation_is_no_truth_about_an_early_message(answer: CcsAnswer) -> None:
    """Not even the taking: another without the early message must differ."""
    with pytest.raises(ValueError, match="absence"):
        CcsInjection(answer=answer, **{**PLAYED, "conversations": 1})


# --- ROBOT


@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [
        (RobotAnswer.STRONG_ORACLE, Outcome.FAIL, "strong oracle"),
        (RobotAnswer.WEAK_ORACLE, Outcome.FAIL, "weak oracle"),
        (RobotAnswer.NO_ORACLE, Outcome.PASS, "alike"),
        (RobotAnswer.NO_RSA, Outcome.PASS, "no keys that way"),
        (RobotAnswer.NO_OLD_TLS, Outcome.PASS, "no keys that way"),
    ],
)
def test_strong_and_weak_oracles_fail_and_are_told_apart(answer: RobotAnswer, outcome: Outcome, said: str) -> None:
    verdict = robot.judge(Robot(answer=answer, seen=("valid: alert 20",), **PLAYED))
    assert verdict.outcome is outcome
    assert said in verdict.summary
    assert verdict.evidence[0].seen


@pytest.mark.parametrize("answer", [RobotAnswer.STRONG_ORACLE, RobotAnswer.WEAK_ORACLE, RobotAnswer.NO_ORACLE])
def test_what_is_said_of_an_oracle_rests_on_answers(answer: RobotAnswer) -> None:
    with pytest.raises(ValueError, match="answers"):
        Robot(answer=answer, **PLAYED)


def test_what_a_target_makes_the_program_say_is_only_shown() -> None:
    row = robot.judge(Robot(answer=RobotAnswer.NO_ORACLE, seen=("<script>\x1b[31m",), **PLAYED)).evidence[0]
    assert "<script>" in row.seen


# --- padding oracles


@pytest.mark.parametrize(
    ("answer", "outcome", "seen"),
    [
        (PaddingAnswer.ORACLE, Outcome.FAIL, "wrong mac: alert 20"),
        (PaddingAnswer.NO_ORACLE, Outcome.PASS, "wrong mac: alert 20"),
        (PaddingAnswer.NO_CBC, Outcome.PASS, "every suite with CBC is declined"),
        (PaddingAnswer.NO_OLD_TLS, Outcome.PASS, "protocol_version"),
    ],
)
def test_records_that_are_told_apart_fail(answer: PaddingAnswer, outcome: Outcome, seen: str) -> None:
    verdict = padding_oracle.judge(PaddingOracle(answer=answer, seen=("wrong mac: alert 20",), **PLAYED))
    assert verdict.outcome is outcome
    assert seen in verdict.evidence[0].seen


@pytest.mark.parametrize("answer", [PaddingAnswer.ORACLE, PaddingAnswer.NO_ORACLE])
def test_what_is_said_of_padding_rests_on_answers(answer: PaddingAnswer) -> None:
    with pytest.raises(ValueError, match="answers"):
        PaddingOracle(answer=answer, **PLAYED)


# --- Ticketbleed


@pytest.mark.parametrize(
    ("answer", "outcome", "seen"),
    [
        (TicketAnswer.LEAKED, Outcome.FAIL, "behind it"),
        (TicketAnswer.ECHOED, Outcome.PASS, "as it was"),
        (TicketAnswer.DECLINED, Outcome.PASS, "neither"),
        (TicketAnswer.NO_TICKETS, Outcome.PASS, "no tickets"),
        (TicketAnswer.NO_OLD_TLS, Outcome.PASS, "protocol_version"),
    ],
)
def test_only_an_id_with_something_behind_it_fails(answer: TicketAnswer, outcome: Outcome, seen: str) -> None:
    verdict = ticketbleed.judge(Ticketbleed(answer=answer, **PLAYED))
    assert verdict.outcome is outcome
    assert seen in verdict.evidence[0].seen


@pytest.mark.parametrize("answer", [one for one in TicketAnswer if one is not TicketAnswer.LEAKED])
def test_one_echo_alone_proves_nothing(answer: TicketAnswer) -> None:
    with pytest.raises(ValueError, match="no absence"):
        Ticketbleed(answer=answer, **{**PLAYED, "conversations": 1})
    Ticketbleed(answer=TicketAnswer.LEAKED, **{**PLAYED, "conversations": 1})


# --- renegotiation


@pytest.mark.parametrize(
    ("answer", "accepted", "is_bound", "insecure", "client"),
    [
        (RenegotiationAnswer.ACCEPTED, 11, False, Outcome.FAIL, Outcome.FAIL),
        (RenegotiationAnswer.ACCEPTED, 11, True, Outcome.PASS, Outcome.FAIL),
        (RenegotiationAnswer.LIMITED, 1, False, Outcome.FAIL, Outcome.PASS),
        (RenegotiationAnswer.LIMITED, 10, True, Outcome.PASS, Outcome.PASS),
        (RenegotiationAnswer.STALLED, 2, False, Outcome.FAIL, Outcome.FAIL),
        (RenegotiationAnswer.ALERT, 0, True, Outcome.PASS, Outcome.PASS),
        (RenegotiationAnswer.ALERT, 0, False, Outcome.PASS, Outcome.PASS),
        (RenegotiationAnswer.IGNORED, 0, True, Outcome.PASS, Outcome.PASS),
        (RenegotiationAnswer.CLOSED, 0, True, Outcome.PASS, Outcome.PASS),
        (RenegotiationAnswer.NO_OLD_TLS, 0, None, Outcome.PASS, Outcome.PASS),
    ],
)
def test_renegotiation_is_judged_by_what_was_completed(
    answer: RenegotiationAnswer, accepted: int, is_bound: bool | None, insecure: Outcome, client: Outcome
) -> None:
    asked = 0 if answer is RenegotiationAnswer.NO_OLD_TLS else 11
    facts = Renegotiation(answer=answer, accepted=accepted, asked=asked, is_bound=is_bound, **PLAYED)
    assert insecure_renegotiation.judge(facts).outcome is insecure
    assert client_renegotiation.judge(facts).outcome is client


@pytest.mark.parametrize(
    ("answer", "accepted", "asked", "is_bound"),
    [
        (RenegotiationAnswer.ACCEPTED, 0, 0, True),
        (RenegotiationAnswer.ACCEPTED, 10, 11, True),
        (RenegotiationAnswer.LIMITED, 0, 11, True),
        (RenegotiationAnswer.LIMITED, 11, 11, True),
        (RenegotiationAnswer.ALERT, 1, 11, True),
        (RenegotiationAnswer.ALERT, 0, 11, None),
        (RenegotiationAnswer.NO_OLD_TLS, 0, 0, False),
    ],
)
def test_counts_that_contradict_the_answer_are_refused(
    answer: RenegotiationAnswer, accepted: int, asked: int, is_bound: bool | None
) -> None:
    with pytest.raises(ValueError, match=r"contradicts|is bound"):
        Renegotiation(answer=answer, accepted=accepted, asked=asked, is_bound=is_bound, **PLAYED)


def test_each_is_asked_in_the_deep_tier_only_and_documented() -> None:
    assert [made.id for made in CHECKS] == [
        "tls-heartbleed",
        "tls-ccs-injection",
        "tls-robot",
        "tls-ticketbleed",
        "tls-padding-oracle",
        "tls-renegotiation-insecure",
        "tls-renegotiation-client",
    ]
    assert {made.tier for made in CHECKS} == {Tier.DEEP}
    milder = {made.id: made.severity for made in CHECKS if made.severity is not Severity.CRITICAL}
    assert milder == {
        "tls-ticketbleed": Severity.HIGH,
        "tls-padding-oracle": Severity.HIGH,
        "tls-renegotiation-client": Severity.MEDIUM,
    }
    assert all(made.why and made.fix for made in CHECKS)
    assert "CVE-2014-0160" in heartbleed.controls
