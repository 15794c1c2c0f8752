"""Revocation and staples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts.certificate_variants import CertificateVariant, Staple, Variant
from auditor.facts.revocation import Revocation, RevocationAnswer, RevocationSource, RevocationState
from auditor.model import Outcome
from checks import (
    certificate_revocation,
    certificate_variants,
)
from checks.derivations.certificate_faults import stapled_answer
from tests.checks.certificate_rows import FAIL, NOT_APPLICABLE, PASS, shown
from tests.checks.test_certificates import NOW


def said(state: RevocationState | None) -> RevocationAnswer:
    if state is None:
        return RevocationAnswer(subject="CN=a", serial="1", source=RevocationSource.NONE)
    return RevocationAnswer(subject="CN=a", serial="1", source=RevocationSource.CRL, state=state, said_at=NOW)


GOOD, REVOKED = RevocationState.GOOD, RevocationState.REVOKED


@pytest.mark.parametrize(
    ("states", "outcome", "pointer"),
    [
        ((GOOD,), PASS, PASS),
        ((GOOD, GOOD), PASS, PASS),
        ((REVOKED, GOOD), FAIL, PASS),
        ((GOOD, REVOKED), FAIL, PASS),
        ((GOOD, None), PASS, PASS),
        ((None, REVOKED), FAIL, FAIL),
        ((None, GOOD), NOT_APPLICABLE, FAIL),
        ((None,), NOT_APPLICABLE, FAIL),
    ],
)
def test_what_authorities_say(states: tuple[RevocationState | None, ...], outcome: Outcome, pointer: Outcome) -> None:
    facts = Revocation(
        observed_at=NOW, asked_name="a", answers=tuple(map(said, states)), lifetime_s=90 * 86_400, is_public_store=True
    )
    assert certificate_revocation.revoked.judge(facts).outcome is outcome
    assert certificate_revocation.no_revocation_pointer.judge(facts).outcome is pointer
    for milder in (replace(facts, lifetime_s=864_000), replace(facts, is_public_store=False)):
        assert certificate_revocation.no_revocation_pointer.judge(milder).outcome is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("must", "staple", "missing", "taken_back"),
    [
        (False, None, NOT_APPLICABLE, NOT_APPLICABLE),
        (True, None, FAIL, NOT_APPLICABLE),
        (True, Staple(problem="it is out of date"), FAIL, NOT_APPLICABLE),
        (True, Staple(answer=said(GOOD)), PASS, PASS),
        (False, Staple(answer=said(REVOKED)), NOT_APPLICABLE, FAIL),
        (True, Staple(answer=said(RevocationState.UNKNOWN_THERE)), FAIL, NOT_APPLICABLE),
    ],
)
def test_staples(must: bool, staple: Staple | None, missing: Outcome, taken_back: Outcome) -> None:
    facts = CertificateVariant(
        observed_at=NOW, variant=Variant.ECDSA, seen=shown(must_staple=must), is_usual=True, staple=staple
    )
    found = stapled_answer.derive(facts)
    assert certificate_variants.staple_missing.judge(found).outcome is missing  # type: ignore[arg-type]
    assert certificate_variants.revoked_by_staple.judge(found).outcome is taken_back  # type: ignore[arg-type]
