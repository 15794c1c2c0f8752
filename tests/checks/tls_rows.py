"""What the rows of the TLS checks are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from auditor.check import Check
from auditor.derive import Undecided
from auditor.facts.base import Facts
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_suites import TlsSuites, Unsettled, VersionSuites
from tests.probes.tls_peer import numbers
from tests.probes.tls_verdicts import CHECKS, YIELDED

NOW = datetime(2026, 5, 4, tzinfo=UTC)
V = TlsVersion
OPEN = Unsettled(reason="throttled", detail="the control failed")
BY_ID = {check.id: check for check in CHECKS}


def outcome(check: str, facts: Facts) -> str:
    """pass, fail, not_applicable, or the reason's word."""
    rule: Check[Any] = BY_ID[check]
    derivation = YIELDED.get(rule.reads)
    try:
        return rule.judge(derivation.derive(facts) if derivation else facts).outcome.value
    except Undecided as undecided:
        return undecided.reason.word


def suites(*names: str, version: TlsVersion = V.TLS12, unsettled: Unsettled | None = None) -> TlsSuites:
    row = VersionSuites(version=version, accepted=numbers(*names), unsettled=unsettled)
    return TlsSuites(observed_at=NOW, versions=(row,))


GOOD = "ECDHE_RSA_WITH_AES_128_GCM_SHA256"
CBC = "ECDHE_RSA_WITH_AES_128_CBC_SHA"
