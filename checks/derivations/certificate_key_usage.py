"""What a certificate's key may do, whether it does more, and on which curve it lies. Knows no rule."""

from __future__ import annotations

from auditor.derive import Undecided, derive
from auditor.facts.certificates import (
    CertificateInFull,
    CertificateSeen,
    IssuingLeaf,
    KeyCurve,
    KeyCurves,
    KeyKind,
    KeyUsage,
    SigningKey,
)
from auditor.facts.cipher_suites import suite
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Reason

SIGNED_BY_RSA = frozenset({"ECDHE_RSA", "DHE_RSA"})


@derive(reads=(CertificateInFull, TlsSuites), yields=SigningKey)
def signing_key(full: CertificateInFull, suites: TlsSuites) -> SigningKey:
    """One suite in which a key signs that may not settles it; that there is none takes the whole list."""
    usages = full.detail.usages
    if usages is None:
        raise Undecided(Reason.NOT_OBSERVED, "an older version looked, which did not read that much of it")
    is_rsa, may_sign = full.seen.leaf.key_kind is KeyKind.RSA, KeyUsage.SIGN in usages
    signed = tuple(dict.fromkeys(one for row in suites.versions for one in row.accepted if _is_signed(one)))
    left_open = next((row.unsettled for row in suites.versions if row.unsettled), None)
    if is_rsa and not may_sign and not signed and left_open:
        raise Undecided(Reason.NOT_OBSERVED, f"whether there is a suite in which the key signs: {left_open.detail}")
    return SigningKey(
        observed_at=full.observed_at,
        subject=full.seen.leaf.subject,
        is_rsa=is_rsa,
        may_sign=may_sign,
        suites=signed,
    )


@derive(reads=(CertificateInFull,), yields=IssuingLeaf)
def issuing_leaf(full: CertificateInFull) -> IssuingLeaf:
    """Undecided where nobody read it."""
    leaf, is_authority = full.seen.leaf, full.detail.is_authority
    if is_authority is None:
        raise Undecided(Reason.NOT_OBSERVED, "whether the certificate may issue others was not read, or cannot be")
    return IssuingLeaf(
        observed_at=full.observed_at,
        subject=leaf.subject,
        issuer=leaf.issuer,
        is_authority=is_authority,
        is_self_signed=leaf.is_self_signed,
    )


@derive(reads=(CertificateSeen,), yields=KeyCurves)
def key_curves(seen: CertificateSeen) -> KeyCurves:
    """Undecided for facts of older versions, which kept the length alone."""
    curves = []
    for one in seen.path:
        if one.key_kind is KeyKind.EC and (one.curve is None or one.key_bits is None):
            raise Undecided(Reason.NOT_OBSERVED, "an older version looked, which did not read the curve")
        if one.curve and one.key_bits is not None:
            curves.append(KeyCurve(subject=one.subject, curve=one.curve, bits=one.key_bits))
    return KeyCurves(observed_at=seen.observed_at, curves=tuple(curves), is_public_store=seen.is_public_store)


def _is_signed(number: int) -> bool:
    return suite(number).is_tls13 or suite(number).key_exchange in SIGNED_BY_RSA


DERIVATIONS = (signing_key, issuing_leaf, key_curves)
