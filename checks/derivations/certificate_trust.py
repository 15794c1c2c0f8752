"""Whether a certificate leads to a trust anchor, and whether a browser would accept it. Knows no network."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import timedelta

from auditor.derive import Undecided, derive
from auditor.facts.certificates import Certificate, CertificateSeen, CertificateTrust, KeyKind, KeyUsage, PathEnd
from auditor.model import Reason

CLOCK_SKEW = timedelta(minutes=5)
# Signatures over these can be forged, and no browser believes one any more (CA/B BR 7.1.3; Chrome and Firefox in 2017).
BROKEN_HASHES = frozenset({"md2", "md4", "md5", "sha1"})
DISTRUST = {
    PathEnd.SELF_SIGNED: "it is signed by itself alone",
    PathEnd.UNKNOWN_ROOT: "its chain ends in a root that is not in the trust store",
}


@derive(reads=(CertificateSeen,), yields=CertificateTrust)
def certificate_trust(seen: CertificateSeen) -> CertificateTrust:
    """Undecided where an issuer is missing: that tells of the server's configuration, not of the issuer's standing."""
    distrust = distrust_of(seen)
    if not distrust and not seen.end.is_anchored:
        detail = f"nobody sent the issuer {seen.path[-1].issuer!r}"
        raise Undecided(Reason.CHAIN_INCOMPLETE, f"{detail} ({seen.issuer_fetch})" if seen.issuer_fetch else detail)
    return CertificateTrust(
        observed_at=seen.observed_at,
        asked_name=seen.asked_name,
        subject=seen.leaf.subject,
        issuer=seen.leaf.issuer,
        store=seen.store,
        distrust=distrust,
    )


def distrust_of(seen: CertificateSeen) -> str:
    """Why the certificate is surely not trusted, as half a sentence; "" if nothing proves it."""
    for one in seen.path:
        if not one.for_servers:
            return f"{one.subject!r} is not issued for servers (extended key usage)"
        if one.signature_hash in BROKEN_HASHES and not one.is_self_signed:  # nobody rests on a root's own signature
            return f"{one.subject!r} is signed over {one.signature_hash.upper()}, which can be forged"
    if not may_serve(seen):
        return f"{seen.leaf.subject!r} forbids its key to take part in a handshake (key usage)"
    if seen.end is PathEnd.REFUSED:
        return f"its chain breaks a rule: {seen.refusal}"
    return DISTRUST.get(seen.end, "")


def may_serve(seen: CertificateSeen) -> bool:
    """May the leaf's key do what a handshake asks of it (RFC 5280 section 4.2.1.3, RFC 8446 section 4.4.2.2)?

    An RSA key can also decrypt; all others sign.
    """
    usages = seen.detail.usages if seen.detail else None
    if usages is None:
        return True
    return KeyUsage.SIGN in usages or (seen.leaf.key_kind in (KeyKind.RSA, KeyKind.OTHER) and bool(usages))


def fits_name(seen: CertificateSeen) -> bool:
    """Is the asked name among the names of the certificate (RFC 9525 section 6)? Common names do not count."""
    if _is_address(seen.asked_name):
        return seen.asked_name in seen.ip_addresses
    return any(_fits(presented.lower(), seen.asked_name.lower()) for presented in seen.dns_names)


def out_of_date(seen: CertificateSeen) -> Iterator[Certificate]:
    """The certificates of the path that are not valid at the time of looking, five minutes of clock error allowed.

    The anchor's dates count: RFC 5280 section 6.1.1 d leaves them open, but OpenSSL, Go and (for an anchor that was
    added by hand) Chromium refuse an expired one.
    """
    now = seen.observed_at
    anchor = (seen.anchor,) if seen.anchor and seen.anchor not in seen.path else ()
    for one in (*seen.path, *anchor):
        # The clock moves, not the dates: those may stand at the ends of the calendar.
        if now - CLOCK_SKEW > one.not_after or now + CLOCK_SKEW < one.not_before:
            yield one


def certificate_fault(seen: CertificateSeen) -> str:
    """Why a browser would surely warn, as half a sentence; "" if nothing proves that it would."""
    if not fits_name(seen):
        return "the certificate is for another name"
    if any(True for _ in out_of_date(seen)):
        return "the certificate is out of date"
    return "the certificate is not trusted" if distrust_of(seen) else ""


def _fits(presented: str, asked: str) -> bool:
    """A wildcard stands for exactly one label, the whole left-most one (RFC 9525 section 6.3), below two others.

    The latter is what OpenSSL and browsers ask: *.example would cover a whole top-level domain.
    """
    if not presented.startswith("*."):
        return presented == asked
    parent = presented[2:]
    return "." in parent and "*" not in parent and asked.partition(".")[2] == parent and not asked.startswith(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


DERIVATIONS = (certificate_trust,)
