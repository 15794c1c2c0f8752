"""What a certificate may have in common with those of other assets: all that waits until every asset was seen."""

from __future__ import annotations

from auditor.derive import derive
from auditor.facts.certificate_variants import CertificateVariant, VariantKey
from auditor.facts.certificates import CertificateInFull, CertificateSeen, KeyKind, KeyShown


@derive(reads=(CertificateInFull,), yields=KeyShown)
def key_shown(full: CertificateInFull) -> KeyShown:
    """Of what everybody is shown."""
    return _of(full.seen)


@derive(reads=(CertificateVariant,), yields=VariantKey)
def variant_key(variant: CertificateVariant) -> VariantKey:
    """Of what clients of one key type are shown."""
    shown = _of(variant.seen) if variant.seen else None
    return VariantKey(observed_at=variant.observed_at, shown=shown)


def _of(seen: CertificateSeen) -> KeyShown:
    return KeyShown(
        observed_at=seen.observed_at,
        asked_name=seen.asked_name,
        spki_sha256=seen.detail.spki_sha256 if seen.detail else "",
        is_rsa=seen.leaf.key_kind is KeyKind.RSA,
        wildcards=tuple(name.lower() for name in seen.dns_names if name.startswith("*.")),
    )


DERIVATIONS = (key_shown, variant_key)
