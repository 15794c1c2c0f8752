"""What a run of today reads of a leaf, and one of an older version did not; and whether it leads to any root.

Knows no rule.
"""

from __future__ import annotations

from auditor.derive import Undecided, derive
from auditor.facts.certificates import CertificateInFull, CertificateSeen, KeyRead, PathEnd, TracedCertificate
from auditor.model import Reason
from checks.derivations.weak_keys import key_fault, too_long_to_read

ROOTLESS = frozenset({PathEnd.ISSUER_MISSING, PathEnd.REFUSED})  # what was walked there may end before any root


@derive(reads=(CertificateSeen,), yields=CertificateInFull)
def certificate_in_full(seen: CertificateSeen) -> CertificateInFull:
    """Undecided where the run that saw the certificate did not read its detail: that is no sign of health."""
    if seen.detail is None:
        raise Undecided(Reason.NOT_OBSERVED, "an older version looked, which did not read that much of it")
    return CertificateInFull(observed_at=seen.observed_at, seen=seen, detail=seen.detail)


@derive(reads=(CertificateInFull,), yields=TracedCertificate)
def traced_certificate(full: CertificateInFull) -> TracedCertificate:
    """Undecided where no root was seen: whose certificate it is, and whether a public authority's, nobody can tell."""
    top = full.seen.path[-1]
    if full.seen.is_public_store and full.seen.end in ROOTLESS and not top.is_self_signed:
        raise Undecided(Reason.CHAIN_INCOMPLETE, f"no root was seen above {top.subject!r}, issued by {top.issuer!r}")
    return TracedCertificate(observed_at=full.observed_at, full=full)


@derive(reads=(CertificateInFull,), yields=KeyRead)
def key_read(full: CertificateInFull) -> KeyRead:
    """Undecided where the key is neither known nor short enough to be looked into."""
    unread = too_long_to_read(full.seen)
    if unread and not key_fault(full.detail):
        raise Undecided(Reason.NOT_OBSERVED, unread)
    return KeyRead(observed_at=full.observed_at, full=full)


DERIVATIONS = (certificate_in_full, traced_certificate, key_read)
