"""What the vulnerability checks conclude from what was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from auditor.facts.tls import TlsVersion
from auditor.facts.vulnerabilities import HeartbeatAnswer, Heartbleed
from auditor.model import Outcome, Severity, Tier
from checks.vulnerabilities import CHECKS, heartbleed

NOW = datetime(2026, 11, 21, tzinfo=UTC)


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


def test_it_is_critical_and_asked_in_the_deep_tier_only() -> None:
    assert [made.id for made in CHECKS] == ["tls-heartbleed"]
    assert (heartbleed.severity, heartbleed.tier) == (Severity.CRITICAL, Tier.DEEP)
    assert "CVE-2014-0160" in heartbleed.controls
    assert heartbleed.why
    assert heartbleed.fix
