"""What the rules say of facts from the second conversation, for tests: check id → outcome, or the reason for none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.check import Check
from auditor.derive import LocusDerivation, Undecided
from auditor.facts.base import Facts
from auditor.probes.tls_topics import Unclear
from checks.derivations import tls_exchange as exchange_derivations
from checks.derivations import tls_suites as suite_derivations
from checks.tls_exchange import CHECKS as EXCHANGE
from checks.tls_options import CHECKS as OPTIONS
from checks.tls_suites import CHECKS as BROKEN
from checks.tls_suites_wanted import CHECKS as WANTED

CHECKS: tuple[Check[Any], ...] = (*BROKEN, *WANTED, *EXCHANGE, *OPTIONS)
DERIVATIONS: tuple[LocusDerivation, ...] = (*suite_derivations.DERIVATIONS, *exchange_derivations.DERIVATIONS)
YIELDED = {one.yields: one for one in DERIVATIONS}


def outcomes(facts: Mapping[type[Facts], Facts | Unclear]) -> dict[str, str]:
    return {check.id: _outcome(check, facts) for check in CHECKS}


def failing(facts: Mapping[type[Facts], Facts | Unclear]) -> set[str]:
    return {check for check, outcome in outcomes(facts).items() if outcome == "fail"}


def unknown(facts: Mapping[type[Facts], Facts | Unclear]) -> dict[str, str]:
    """Check id → reason, of those that are neither passed, failed nor not applicable."""
    settled = {"pass", "fail", "not_applicable"}
    return {check: outcome for check, outcome in outcomes(facts).items() if outcome not in settled}


def _outcome(check: Check[Any], facts: Mapping[type[Facts], Facts | Unclear]) -> str:
    derivation = YIELDED.get(check.reads)
    read = facts[derivation.reads[0] if derivation else check.reads]
    if not isinstance(read, Facts):
        return read[0].word
    try:
        return check.judge(derivation.derive(read) if derivation else read).outcome.value
    except Undecided as undecided:
        return undecided.reason.word
