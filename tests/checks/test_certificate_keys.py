"""What the key may be used for, keys that are no secret, and what signs them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.derive import Undecided
from auditor.facts.certificate_variants import CertificateVariant, Variant
from auditor.facts.certificates import (
    EXPLICIT_CURVE,
    UNKNOWN_HASH,
    Certificate,
    KeyKind,
    KeyUsage,
)
from auditor.facts.tls import TlsVersion
from auditor.facts.tls_suites import TlsSuites, Unsettled, VersionSuites
from auditor.model import Outcome, Reason
from auditor.registers import known_keys
from checks import (
    certificate_keys,
    certificates,
)
from checks.derivations.certificate_faults import variant_faults
from checks.derivations.certificate_in_full import key_read
from checks.derivations.certificate_key_usage import issuing_leaf, key_curves, signing_key
from checks.derivations.certificate_trust import certificate_trust
from tests.checks.certificate_rows import FAIL, NOT_APPLICABLE, PASS, in_full, shown
from tests.checks.test_certificates import NOW, certificate, seen

SIGN, ENCRYPT, AGREE = KeyUsage.SIGN, KeyUsage.ENCRYPT, KeyUsage.AGREE


@pytest.mark.parametrize(
    ("kind", "usages", "outcome"),
    [
        (KeyKind.EC, None, PASS),
        (KeyKind.EC, (SIGN,), PASS),
        (KeyKind.EC, (SIGN, ENCRYPT), PASS),
        (KeyKind.EC, (ENCRYPT,), FAIL),
        (KeyKind.EC, (AGREE,), FAIL),
        (KeyKind.EC, (), FAIL),
        (KeyKind.ED25519, (ENCRYPT,), FAIL),
        (KeyKind.DSA, (AGREE,), FAIL),
        (KeyKind.RSA, (SIGN,), PASS),
        (KeyKind.RSA, (ENCRYPT,), PASS),
        (KeyKind.RSA, (), FAIL),
        (KeyKind.OTHER, (ENCRYPT,), PASS),
        (KeyKind.OTHER, (), FAIL),
    ],
)
def test_clients_refuse_a_key_that_may_not_take_part(
    kind: KeyKind, usages: tuple[KeyUsage, ...] | None, outcome: Outcome
) -> None:
    facts = certificate_trust.derive(shown(certificate(key_kind=kind), usages=usages))
    assert certificates.untrusted.judge(facts).outcome is outcome  # type: ignore[arg-type]


ECDHE, DHE, STATIC, NEW, OTHER_KEY = 0xC02F, 0x009E, 0x009C, 0x1301, 0xC02B
LEFT_OPEN = Unsettled(reason=Reason.TIMEOUT.word, detail="silence")


@pytest.mark.parametrize(
    ("kind", "usages", "taken", "left_open", "outcome"),
    [
        (KeyKind.RSA, (ENCRYPT,), (ECDHE, STATIC), None, FAIL),
        (KeyKind.RSA, (ENCRYPT,), (DHE,), None, FAIL),
        (KeyKind.RSA, (ENCRYPT,), (NEW,), None, FAIL),
        (KeyKind.RSA, (ENCRYPT,), (STATIC, ECDHE), LEFT_OPEN, FAIL),
        (KeyKind.RSA, (), (ECDHE,), None, FAIL),
        (KeyKind.RSA, (ENCRYPT,), (STATIC,), None, PASS),
        (KeyKind.RSA, (ENCRYPT,), (STATIC, OTHER_KEY), None, PASS),  # another certificate's key signs
        (KeyKind.RSA, (ENCRYPT,), (STATIC,), LEFT_OPEN, None),
        (KeyKind.RSA, (ENCRYPT, SIGN), (ECDHE,), None, PASS),
        (KeyKind.RSA, (SIGN,), (ECDHE,), LEFT_OPEN, PASS),
        (KeyKind.EC, (ENCRYPT,), (OTHER_KEY,), None, NOT_APPLICABLE),
        (KeyKind.RSA, None, (ECDHE,), None, None),  # an older version looked
    ],
)
def test_a_key_signs_only_if_it_may(
    kind: KeyKind,
    usages: tuple[KeyUsage, ...] | None,
    taken: tuple[int, ...],
    left_open: Unsettled | None,
    outcome: Outcome | None,
) -> None:
    full = in_full(shown(certificate(key_kind=kind), usages=usages))
    row = VersionSuites(version=TlsVersion.TLS12, accepted=taken, unsettled=left_open)
    suites = TlsSuites(observed_at=NOW, versions=(row,))
    if outcome is None:
        with pytest.raises(Undecided):
            signing_key.derive(full, suites)
        return
    found = signing_key.derive(full, suites)
    assert certificate_keys.key_may_not_sign.judge(found).outcome is outcome  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("is_authority", "is_self_signed", "outcome"),
    [
        (False, False, PASS),
        (True, False, FAIL),
        (True, True, NOT_APPLICABLE),
        (False, True, NOT_APPLICABLE),
        (None, False, None),  # an older version looked
    ],
)
def test_the_certificate_of_a_service_issues_none(
    is_authority: bool | None, is_self_signed: bool, outcome: Outcome | None
) -> None:
    """Firefox refuses one that may; OpenSSL and GnuTLS do not."""
    full = in_full(shown(certificate(is_self_signed=is_self_signed), is_authority=is_authority))
    if outcome is None:
        with pytest.raises(Undecided):
            issuing_leaf.derive(full)
        return
    found = issuing_leaf.derive(full)
    assert certificate_keys.may_issue.judge(found).outcome is outcome  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, PASS),
        ({"spki_sha256": ""}, NOT_APPLICABLE),
        ({"spki_sha256": next(iter(known_keys()))}, FAIL),
        ({"modulus": f"{(2**61 - 1) * (2**89 - 1):x}", "exponent": "10001"}, PASS),
        ({"modulus": f"{(2**61 - 1) * (2**89 - 1):x}", "exponent": "1"}, FAIL),
        ({"modulus": f"{7919 * 3 * (2**89 - 1):x}", "exponent": "10001"}, FAIL),
        ({"modulus": f"{(2**127 - 1) ** 2:x}", "exponent": "10001"}, FAIL),
        ({"modulus": "0", "exponent": "10001"}, FAIL),
    ],
)
def test_keys_that_are_no_secret(changes: dict[str, str], outcome: Outcome) -> None:
    found = key_read.derive(in_full(shown(None, **changes)))
    assert certificate_keys.compromised_key.judge(found).outcome is outcome  # type: ignore[arg-type]


def test_a_key_that_is_too_long_to_be_kept_is_not_called_a_secret() -> None:
    """Of one that everybody knows its fingerprint is enough."""
    leaf = certificate(key_kind=KeyKind.RSA, key_bits=20_000)
    with pytest.raises(Undecided) as undecided:
        key_read.derive(in_full(shown(leaf)))
    assert undecided.value.reason is Reason.NOT_OBSERVED
    variant = CertificateVariant(observed_at=NOW, variant=Variant.RSA, seen=shown(leaf))
    with pytest.raises(Undecided):
        variant_faults.derive(variant)
    known = key_read.derive(in_full(shown(leaf, spki_sha256=next(iter(known_keys())))))
    assert certificate_keys.compromised_key.judge(known).outcome is FAIL  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "exponent", "outcome"),
    [
        (KeyKind.RSA, "10001", PASS),
        (KeyKind.RSA, "10003", PASS),
        (KeyKind.RSA, "ffff", FAIL),
        (KeyKind.RSA, "3", FAIL),
        (KeyKind.RSA, "1", NOT_APPLICABLE),
        (KeyKind.EC, "", NOT_APPLICABLE),
        (KeyKind.RSA, "f" * 2_000, PASS),
    ],
)
def test_exponents(kind: KeyKind, exponent: str, outcome: Outcome) -> None:
    facts = shown(certificate(key_kind=kind), exponent=exponent, modulus=exponent and "ab1")
    assert certificate_keys.small_exponent.judge(in_full(facts)).outcome is outcome


@pytest.mark.parametrize(
    ("hashed", "outcome"),
    [
        ("sha256", PASS),
        ("sha1", FAIL),
        ("md5", FAIL),
        ("md4", FAIL),
        ("md2", FAIL),
        ("", PASS),
        (UNKNOWN_HASH, NOT_APPLICABLE),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_signatures_of_every_certificate_of_the_path(hashed: str, outcome: Outcome, place: int) -> None:
    path = [certificate(), certificate("CN=intermediate")]
    path[place] = replace(path[place], signature_hash=hashed)
    assert certificates.forgeable_signature.judge(seen(*path)).outcome is outcome
    path[place] = replace(path[place], is_self_signed=True)
    assert certificates.forgeable_signature.judge(seen(*path)).outcome is PASS


def on_curve(curve: str | None, bits: int = 256, kind: KeyKind = KeyKind.EC) -> Certificate:
    return certificate(key_kind=kind, key_bits=bits, curve=curve)


BRAINPOOL = on_curve("brainpoolP256r1")


@pytest.mark.parametrize(
    ("leaf", "is_public", "outcome"),
    [
        (on_curve("secp256r1"), True, PASS),
        (on_curve("secp384r1", 384), True, PASS),
        (on_curve("secp521r1", 521), True, PASS),
        (on_curve("secp256r1"), False, PASS),
        (on_curve("secp256k1"), True, FAIL),
        (on_curve("secp224r1", 224), True, FAIL),
        (BRAINPOOL, True, FAIL),
        (on_curve("1.3.132.0.16", 283), True, FAIL),
        (on_curve(EXPLICIT_CURVE), True, FAIL),
        # The operator's own authority and its clients agree on what they like, but nobody's software takes an equation.
        (BRAINPOOL, False, NOT_APPLICABLE),
        (on_curve("secp256k1"), False, NOT_APPLICABLE),
        (on_curve(EXPLICIT_CURVE), False, FAIL),
        # Too short on whatever curve: `certificate-weak-key` says so, and one repair mends both.
        (on_curve("secp192r1", 192), True, NOT_APPLICABLE),
        (on_curve("1.3.132.0.6", 112), True, NOT_APPLICABLE),
        (on_curve(EXPLICIT_CURVE, 112), True, FAIL),
        (on_curve("", 2048, KeyKind.RSA), True, NOT_APPLICABLE),
        (on_curve(None, 2048, KeyKind.RSA), True, NOT_APPLICABLE),
        (on_curve(None), True, None),  # an older version looked
        (on_curve(None), False, None),
    ],
)
@pytest.mark.parametrize("is_issuer", [False, True])
def test_curves(leaf: Certificate, is_public: bool, outcome: Outcome | None, is_issuer: bool) -> None:
    other = certificate("CN=RSA", key_kind=KeyKind.RSA, key_bits=2048, curve="")
    path = (other, leaf) if is_issuer else (leaf, other)
    facts = replace(seen(*path), is_public_store=is_public)
    if outcome is None:
        with pytest.raises(Undecided):
            key_curves.derive(facts)
        return
    assert certificate_keys.uncommon_curve.judge(key_curves.derive(facts)).outcome is outcome  # type: ignore[arg-type]


def test_the_anchor_may_lie_on_any_curve() -> None:
    """It is the trust store's business."""
    facts = replace(seen(on_curve("secp256r1")), anchor=BRAINPOOL, is_public_store=True)
    assert certificate_keys.uncommon_curve.judge(key_curves.derive(facts)).outcome is PASS  # type: ignore[arg-type]


def test_a_fault_is_told_beside_a_good_curve() -> None:
    facts = replace(seen(on_curve("secp256r1"), BRAINPOOL), is_public_store=True)
    verdict = certificate_keys.uncommon_curve.judge(key_curves.derive(facts))  # type: ignore[arg-type]
    assert verdict.outcome is FAIL
    assert [row.seen for row in verdict.evidence] == ["brainpoolP256r1"]
