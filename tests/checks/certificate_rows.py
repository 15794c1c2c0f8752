"""What the rows of the certificate checks are made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from auditor.facts.certificates import (
    Certificate,
    CertificateInFull,
    CertificateSeen,
    LeafDetail,
    TracedCertificate,
)
from auditor.model import Outcome
from checks.derivations.certificate_in_full import certificate_in_full, traced_certificate
from tests.checks.test_certificates import certificate, seen

PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
DETAIL = LeafDetail(
    spki_sha256="aa" * 32,
    modulus="",
    exponent="",
    issuer_organization="Let's Encrypt",
    scts=(),
    must_staple=False,
)
ROOT = certificate("CN=root", issuer="CN=root", is_self_signed=True)


def shown(leaf: Certificate | None = None, *, is_public: bool = True, **changes: object) -> CertificateSeen:
    """What a public service shows. `changes`: of the leaf's detail."""
    path = (leaf or certificate(), certificate("CN=intermediate"))
    detail = replace(DETAIL, **changes)  # type: ignore[arg-type]
    return replace(seen(*path), detail=detail, is_public_store=is_public)


def in_full(facts: CertificateSeen) -> CertificateInFull:
    found = certificate_in_full.derive(facts)
    assert isinstance(found, CertificateInFull)
    return found


def traced(facts: CertificateSeen) -> TracedCertificate:
    """Raises Undecided where no root was seen."""
    found = traced_certificate.derive(in_full(facts))
    assert isinstance(found, TracedCertificate)
    return found


def lasting(days: float, since: str) -> Certificate:
    """A leaf that is valid for so many days, the last second counted."""
    start = datetime.fromisoformat(since).replace(tzinfo=UTC)
    return certificate(not_before=start, not_after=start + days * DAY - SECOND)
