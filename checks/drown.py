"""The rule about keys that stand beside SSL 2.0 anywhere in the inventory."""

from __future__ import annotations

from auditor.check import CRITICAL, check, failed, not_applicable, passed
from auditor.facts.drown import DrownExposure
from auditor.model import Evidence, Verdict


@check(
    "tls-drown",
    reads=DrownExposure,
    severity=CRITICAL,
    effort=2,
    controls=("CVE-2016-0800", "RFC 6176", "NIST SP 800-52r2 3.1"),
)
def drown(facts: DrownExposure) -> Verdict:
    """The key is also used where SSL 2.0 is accepted (DROWN).

    Why: Whoever records residents' connections here can unlock them with the help of the place that still speaks SSL
    2.0, as long as both use one key. It takes hours and some hundred dollars of rented machines.
    Fix: Switch SSL 2.0 off at the places that the evidence names (replace their TLS software, which dates from before
    2016), then get this service a certificate with a new key that stands nowhere else.
    """
    if not facts.rsa_keys:
        return not_applicable("it shows no RSA key")
    if not facts.places:
        return passed("No place that was seen with its key accepts SSL 2.0.")
    rows = (
        Evidence(f"{place.asset} at {place.locus}", f"SSL 2.0 with the key {place.key[:16]}…", "SSL 2.0 refused")
        for place in facts.places
    )
    return failed("A place that shows its key accepts SSL 2.0.", *rows)


CHECKS = (drown,)
