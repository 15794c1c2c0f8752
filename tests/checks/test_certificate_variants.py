"""What some clients are shown: other keys, and those that name nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.derive import Undecided
from auditor.facts.certificate_variants import CertificateVariant, NamelessCertificate, Variant
from auditor.facts.certificates import (
    CertificateSeen,
    KeyKind,
    PathEnd,
)
from auditor.model import Outcome
from auditor.registers import known_keys
from checks import (
    certificate_variants,
)
from checks.derivations.certificate_faults import variant_faults
from tests.checks.certificate_rows import DAY, FAIL, NOT_APPLICABLE, PASS, ROOT, shown
from tests.checks.test_certificates import NOW, certificate, seen

WEAK = certificate(key_kind=KeyKind.RSA, key_bits=1024)
BROKEN = certificate(key_kind=KeyKind.RSA, key_bits=512)


@pytest.mark.parametrize(
    ("shows", "invalid", "weak"),
    [
        (shown(), PASS, PASS),
        (shown(WEAK), PASS, FAIL),
        (shown(BROKEN), FAIL, FAIL),
        (shown(certificate(curve="secp256k1")), PASS, FAIL),
        (shown(certificate(curve="secp256k1"), is_public=False), PASS, PASS),
        (shown(certificate(curve="secp384r1")), PASS, PASS),
        (shown(certificate(not_after=NOW - DAY)), FAIL, PASS),
        (shown(certificate(signature_hash="sha1")), FAIL, PASS),
        (shown(certificate(for_servers=False)), FAIL, PASS),
        (shown(spki_sha256=next(iter(known_keys()))), FAIL, PASS),
        (replace(shown(), anchor=replace(ROOT, subject="CN=a,O=WoSign CA Limited")), FAIL, PASS),
        (replace(shown(), dns_names=("other.example",)), FAIL, PASS),
        (replace(shown(), end=PathEnd.SELF_SIGNED, anchor=None), FAIL, PASS),
        (replace(shown(), end=PathEnd.ANCHORED_WITH_HELP), PASS, FAIL),
        (None, NOT_APPLICABLE, NOT_APPLICABLE),
    ],
)
def test_variants(shows: CertificateSeen | None, invalid: Outcome, weak: Outcome) -> None:
    facts = CertificateVariant(observed_at=NOW, variant=Variant.RSA, seen=shows, refusal="" if shows else "alert 40")
    found = variant_faults.derive(facts)
    assert certificate_variants.variant_invalid.judge(found).outcome is invalid  # type: ignore[arg-type]
    assert certificate_variants.variant_weak.judge(found).outcome is weak  # type: ignore[arg-type]
    if shows:
        usual = variant_faults.derive(replace(facts, is_usual=True))
        assert certificate_variants.variant_invalid.judge(usual).outcome is NOT_APPLICABLE  # type: ignore[arg-type]


def test_a_variant_whose_issuer_is_missing_is_undecided() -> None:
    facts = replace(shown(), end=PathEnd.ISSUER_MISSING, anchor=None)
    with pytest.raises(Undecided):
        variant_faults.derive(CertificateVariant(observed_at=NOW, variant=Variant.RSA, seen=facts))


@pytest.mark.parametrize(
    ("shows", "is_usual", "invalid", "names"),
    [
        (seen(), False, PASS, PASS),
        (seen(dns_names=("other.example.org",)), False, PASS, PASS),
        (seen(certificate(not_after=NOW - DAY)), False, FAIL, PASS),
        (seen(certificate(not_after=NOW - DAY)), True, NOT_APPLICABLE, PASS),
        (seen(end=PathEnd.SELF_SIGNED), False, FAIL, PASS),
        (seen(end=PathEnd.ISSUER_MISSING), False, NOT_APPLICABLE, PASS),
        (seen(dns_names=("www.example.org", "srv-db01.corp")), False, PASS, FAIL),
        (seen(dns_names=("srv-db01",)), False, PASS, FAIL),
        (seen(ip_addresses=("10.1.2.3",)), False, PASS, FAIL),
        (seen(ip_addresses=("8.8.8.8",)), False, PASS, PASS),
        (seen(certificate("CN=vcenter.city.internal,O=City")), False, PASS, FAIL),
        (seen(certificate("CN=Kubernetes Ingress Controller Fake Certificate")), False, PASS, PASS),
        (None, False, NOT_APPLICABLE, NOT_APPLICABLE),
    ],
)
def test_the_certificate_without_a_name(
    shows: CertificateSeen | None, is_usual: bool, invalid: Outcome, names: Outcome
) -> None:
    facts = NamelessCertificate(
        observed_at=NOW,
        asked_name="www.example.org",
        seen=shows,
        refusal="" if shows else "alert 112",
        is_usual=is_usual,
    )
    assert certificate_variants.nameless_invalid.judge(facts).outcome is invalid
    assert certificate_variants.nameless_private_names.judge(facts).outcome is names
    inside = replace(facts, asked_name="intranet.corp")
    assert certificate_variants.nameless_private_names.judge(inside).outcome is NOT_APPLICABLE
