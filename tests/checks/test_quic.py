"""The rule for the versions of QUIC, on facts made by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from auditor.facts.quic import QuicVersions
from auditor.model import Outcome, Severity, Tier
from checks.quic import draft_version

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
V1, V2, DRAFT_29, Q050, T051 = 1, 0x6B3343CF, 0xFF00001D, 0x51303530, 0x54303531


def versions(*named: int, protocols: tuple[str, ...] = ("h3",)) -> QuicVersions:
    return QuicVersions(observed_at=NOW, url="https://a.example/", protocols=protocols, versions=named)


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (versions(V1), PASS),
        (versions(V2), PASS),
        (versions(V2, V1), PASS),
        (versions(DRAFT_29, Q050, V1), PASS),
        (versions(DRAFT_29), FAIL),
        (versions(DRAFT_29, protocols=("h3", "h3-29")), FAIL),
        (versions(Q050, T051, protocols=("quic",)), FAIL),
        (versions(0), FAIL),
        (versions(2), FAIL),
        (versions(0x709A50C4), FAIL),  # a draft of version 2
        (versions(0xFFFFFFFF, 0x51FF3530, protocols=("h3-\x1b[2J<b>",)), FAIL),
        (versions(protocols=()), NOT_APPLICABLE),
    ],
)
def test_a_standard_version_is_spoken(facts: QuicVersions, verdict: Outcome) -> None:
    assert draft_version.judge(facts).outcome is verdict


def test_versions_are_named_as_people_name_them() -> None:
    (row,) = draft_version.judge(versions(V1, V2, 0x709A50C4, DRAFT_29, Q050, T051, 0xFACEB001, 0x51FF3530)).evidence
    assert row.seen == (
        "1 (RFC 9000), 2 (RFC 9369), a draft of version 2, draft 29, Q050 (Google's own), T051 (Google's own), "
        "0xfaceb001 (no standard), 0x51ff3530 (no standard)"
    )


def test_a_pass_says_what_encrypts_it_and_what_was_not_looked_at() -> None:
    words = draft_version.judge(versions(V1)).summary
    assert "TLS 1.3 (RFC 9001)" in words
    assert "certificate shown over QUIC was not looked at" in words


@pytest.mark.parametrize(
    ("named", "protocols"),
    [((), ("h3",)), ((V1,), ())],
)
def test_facts_that_say_nothing_are_refused(named: tuple[int, ...], protocols: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="names a version"):
        versions(*named, protocols=protocols)


@pytest.mark.parametrize("version", [-1, 2**32])
def test_a_version_has_32_bits(version: int) -> None:
    with pytest.raises(ValueError, match="32 bits"):
        versions(version)


def test_it_costs_no_more_than_an_a_plus_and_is_asked_online_alone() -> None:
    assert (draft_version.severity, draft_version.tier) == (Severity.LOW, Tier.ONLINE)
