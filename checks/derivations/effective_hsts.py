"""What a browser makes of a service's HSTS: the header, and the certificate that it came with (RFC 6797)."""

from __future__ import annotations

from auditor.derive import Undecided, derive
from auditor.facts.certificates import CertificateSeen
from auditor.facts.web import EffectiveHsts, HstsState, HttpsService
from auditor.model import Reason
from checks.derivations import certificate_trust, http_outcome


@derive(reads=(HttpsService, CertificateSeen), yields=EffectiveHsts)
def effective_hsts(service: HttpsService, certificate: CertificateSeen) -> EffectiveHsts:
    """A missing or broken header settles it; a good one counts only with a certificate that is surely accepted."""
    fault = certificate_trust.certificate_fault(certificate)
    state = _state(service, fault)
    if state is HstsState.KEPT and not certificate.end.is_anchored:
        raise Undecided(Reason.CHAIN_INCOMPLETE, "browsers keep HSTS only with a certificate that they trust")
    return EffectiveHsts(
        observed_at=min(service.observed_at, certificate.observed_at),
        url=service.url,
        state=state,
        header=service.hsts_headers[0] if service.hsts_headers else "",
        max_age_s=service.hsts.max_age_s if service.hsts else None,
        certificate_fault=fault,
    )


def _state(service: HttpsService, certificate_fault: str) -> HstsState:
    if service.host_is_address:
        return HstsState.ADDRESS
    if service.hsts is None:
        return HstsState.INVALID if service.hsts_headers else HstsState.ABSENT
    if service.hsts.max_age_s == 0:
        return HstsState.SWITCHED_OFF
    return HstsState.BAD_CERTIFICATE if certificate_fault else HstsState.KEPT


# The entry point of this module stands for what is concluded of a web service.
DERIVATIONS = (effective_hsts, *certificate_trust.DERIVATIONS, *http_outcome.DERIVATIONS)
