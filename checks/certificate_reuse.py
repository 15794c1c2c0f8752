"""The rules for keys and certificates that several systems share."""

from __future__ import annotations

from auditor.check import LOW, check, failed, passed
from auditor.facts.certificates import CertificateReuse, KeyUse
from auditor.model import Evidence, Verdict

MANY_SYSTEMS = 3
SHOWN = 5


@check(
    "certificate-key-shared",
    reads=CertificateReuse,
    severity=LOW,
    effort=3,
    controls=("RFC 9325 3.9", "NIST SP 800-57 part 1 5.2"),
)
def key_shared(facts: CertificateReuse) -> Verdict:
    """Certificate's key is also in use by a system of somebody else.

    Why: Whoever breaks into the weakest of these machines has the key of all of them, and one vendor's mistake becomes
    every department's.
    Fix: Give each system a key and a certificate of its own: `certbot certonly -d NAME` on each machine.
    """
    strangers = tuple(one for one in facts.keys if one.systems > 1)
    if strangers:
        return failed("Another system uses the same key.", *(_row("the public key", one) for one in strangers))
    return passed("No other system whose certificates were seen uses the same key.")


@check(
    "certificate-wildcard-spread",
    reads=CertificateReuse,
    severity=LOW,
    effort=3,
    controls=("RFC 9325 3.9", "NIST SP 1800-16 2.3"),
)
def wildcard_spread(facts: CertificateReuse) -> Verdict:
    """Certificate for a wildcard name is in use by several systems.

    Why: It is good for every name below the domain. A thief of any one of these machines can pose as all services of
    the city, also as those that are run well.
    Fix: Get a certificate for each name, which ACME makes as easy as one for all: `certbot certonly -d NAME`.
    """
    spread = tuple(one for one in facts.wildcards if one.systems >= MANY_SYSTEMS)
    if spread:
        return failed(
            "Several systems use a certificate for the same wildcard.", *(_row("a wildcard", one) for one in spread)
        )
    return passed("No wildcard certificate is spread over several of the systems that were seen.")


def _row(what: str, use: KeyUse) -> Evidence:
    more = f" and {use.count - SHOWN} more" if use.count > SHOWN else ""
    return Evidence(f"{what} {use.what}", f"also at {', '.join(use.assets[:SHOWN])}{more}", "one system alone")


CHECKS = (key_shared, wildcard_spread)
