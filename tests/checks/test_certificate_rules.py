"""What holds for the certificate checks as a whole."""

from __future__ import annotations

import pytest

from auditor.derive import Undecided
from auditor.model import Reason, Severity
from auditor.plugins import load
from checks.derivations.certificate_in_full import certificate_in_full
from tests.checks.test_certificates import seen


def test_what_an_older_version_saw_is_not_judged_by_what_it_did_not_read() -> None:
    with pytest.raises(Undecided) as undecided:
        certificate_in_full.derive(seen())
    assert undecided.value.reason is Reason.NOT_OBSERVED


def test_severities_follow_the_calibration() -> None:
    """Mandatory rules hold a letter down; what is left undone besides costs an A+ alone."""
    severities = {check.id: check.severity for check in load().checks if check.id.startswith("certificate-")}
    assert {rule for rule, severity in severities.items() if severity is Severity.CRITICAL} == {
        "certificate-untrusted",
        "certificate-wrong-name",
        "certificate-expired",
        "certificate-broken-key",
        "certificate-forgeable-signature",
        "certificate-compromised-key",
        "certificate-distrusted-issuer",
        "certificate-revoked",
        "certificate-revoked-by-staple",
        "certificate-variant-invalid",
        "certificate-variant-revoked",
        "certificate-inconsistent-invalid",
    }
    assert Severity.HIGH not in severities.values()
