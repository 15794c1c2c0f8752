"""What a run of today reads of a leaf, and one of an older version did not. Knows no rule."""

from __future__ import annotations

from auditor.derive import Undecided, derive
from auditor.facts.certificates import CertificateInFull, CertificateSeen
from auditor.model import Reason


@derive(reads=(CertificateSeen,), yields=CertificateInFull)
def certificate_in_full(seen: CertificateSeen) -> CertificateInFull:
    """Undecided where the run that saw the certificate did not read its detail: that is no sign of health."""
    if seen.detail is None:
        raise Undecided(Reason.NOT_OBSERVED, "an older version looked, which did not read that much of it")
    return CertificateInFull(observed_at=seen.observed_at, seen=seen, detail=seen.detail)


DERIVATIONS = (certificate_in_full,)
