"""Where a service's Alt-Svc headers lead (RFC 7838), where they can be read."""

from __future__ import annotations

from urllib.parse import urlsplit

from auditor.derive import Undecided, derive
from auditor.facts.alt_svc import AlternativesRead, parse_alt_svc
from auditor.facts.web import HttpsService
from auditor.model import Reason

HTTPS = 443


@derive(reads=(HttpsService,), yields=AlternativesRead)
def alternatives_read(service: HttpsService) -> AlternativesRead:
    """Browsers ignore what they cannot read, each in its own way, so a broken header settles nothing."""
    if service.alt_svc_headers is None:
        raise Undecided(Reason.NOT_OBSERVED, "an older version looked, which did not read the header Alt-Svc")
    alternatives = parse_alt_svc(service.alt_svc_headers)
    if alternatives is None:
        raise Undecided(Reason.MALFORMED, f"the header Alt-Svc of {service.url}")
    return AlternativesRead(
        observed_at=service.observed_at,
        url=service.url,
        host=service.host,
        port=urlsplit(service.url).port or HTTPS,
        headers=service.alt_svc_headers,
        alternatives=alternatives,
    )


DERIVATIONS = (alternatives_read,)
