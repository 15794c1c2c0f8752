"""The rules for keys whose private half is no secret, for what a key may be used for, and for its curve."""

from __future__ import annotations

from auditor.check import CRITICAL, LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.certificates import (
    EXPLICIT_CURVE,
    CertificateInFull,
    IssuingLeaf,
    KeyCurves,
    KeyKind,
    KeyRead,
    SigningKey,
)
from auditor.facts.cipher_suites import suite
from auditor.model import Evidence, Verdict
from checks.derivations.key_sizes import FLOOR_BITS, is_uncommon
from checks.derivations.weak_keys import LEAST_EXPONENT, key_fault

USUAL_EXPONENT = 65_537
NAMES_SHOWN = 5


@check(
    "certificate-compromised-key",
    reads=KeyRead,
    severity=CRITICAL,
    effort=2,
    controls=("NIST SP 800-52r2 3.2", "CA/B BR 6.1.1.3", "CVE-2017-15361", "CVE-2022-26320"),
)
def compromised_key(facts: KeyRead) -> Verdict:
    """Certificate's private key is public, or can be computed from the certificate.

    Why: Whoever has the private key is the service: they can read what residents send, and answer in its name. Keys of
    test suites and product defaults are in everybody's hands; keys of broken generators can be computed.
    Fix: Make a new key on another machine or with current software, get a certificate for it, and have the old one
    revoked for key compromise: `certbot certonly --key-type ecdsa -d NAME`, `certbot revoke --cert-path
    /etc/letsencrypt/archive/NAME/certN.pem --reason keycompromise --no-delete-after-revoke`.
    """
    leaf, detail = facts.full.seen.leaf, facts.full.detail
    row = Evidence("the public key", f"SHA-256 {detail.spki_sha256 or 'unreadable'}", "a key that is a secret")
    fault = key_fault(detail)
    if fault:
        seen = f"{leaf.key_kind.upper()} {leaf.key_bits}: {fault}"
        return failed("The private key is no secret.", row, Evidence("the key's weaknesses", seen, "none"))
    if not detail.spki_sha256:
        return not_applicable("the key is of an algorithm that we cannot read")
    return passed("The key is none of those that are known, and bears no mark of a broken generator.", row)


@check(
    "certificate-small-exponent",
    reads=CertificateInFull,
    severity=LOW,
    effort=2,
    controls=("CA/B BR 6.1.6", "NIST SP 800-56B 6.2"),
)
def small_exponent(facts: CertificateInFull) -> Verdict:
    """Certificate's RSA key has a public exponent below 65537.

    Why: A small exponent turns mistakes in padding, which software makes again and again, into forged signatures.
    Fix: Make a new key with the usual exponent: `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072`, or an
    ECDSA one, and have the certificate issued for it.
    """
    if facts.seen.leaf.key_kind is not KeyKind.RSA or not facts.detail.exponent:
        return not_applicable("the key has no public exponent, or none that was read")
    exponent = int(facts.detail.exponent, 16)
    if exponent < LEAST_EXPONENT:
        return not_applicable("the exponent makes the key no secret at all, which another check says")
    row = Evidence("the RSA key's public exponent", str(exponent)[:40], f"{USUAL_EXPONENT} or more")
    if exponent < USUAL_EXPONENT:
        return failed("The key's public exponent is small.", row)
    return passed("The key's public exponent is not small.", row)


@check(
    "certificate-key-may-not-sign",
    reads=SigningKey,
    severity=MEDIUM,
    effort=2,
    controls=("RFC 5280 4.2.1.3", "RFC 5246 7.4.2", "RFC 8446 4.4.2.2"),
)
def key_may_not_sign(facts: SigningKey) -> Verdict:
    """Certificate forbids its RSA key to sign, and the server signs handshakes with it.

    Why: Clients that heed the certificate break off: Chrome, and all that is built with GnuTLS. Their owners are told
    that the service is broken, and those who repair it tend to leave forward secrecy out.
    Fix: Have the certificate issued again with the key usage digitalSignature. Public authorities set it by themselves:
    `certbot renew --force-renewal`. For a CA of your own: `keyUsage = critical, digitalSignature, keyEncipherment` in
    its openssl.cnf.
    """
    if not facts.is_rsa:
        return not_applicable("other keys than RSA do nothing but sign: who forbids it is not trusted at all")
    if facts.may_sign:
        return passed("The certificate allows its key to sign.")
    names = [suite(number).name for number in facts.suites]
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    seen = f"{', '.join(names[:NAMES_SHOWN])}{more}" if names else "none"
    row = Evidence(f"suites in which the key of {facts.subject} signs", seen, "none, as its key usage says")
    if names:
        return failed("The server signs with a key that may not sign.", row)
    return passed("The key may not sign, and does not.", row)


@check(
    "certificate-may-issue",
    reads=IssuingLeaf,
    severity=MEDIUM,
    effort=2,
    controls=("RFC 5280 4.2.1.9", "CA/B BR 7.1.2.7.8"),
)
def may_issue(facts: IssuingLeaf) -> Verdict:
    """Certificate of a service may itself issue certificates, for any name.

    Why: Whoever gets this one server's key is an authority: all who trust the certificate's issuer believe what he
    issues, for every name of the city. Firefox shows a warning page instead of the service.
    Fix: Have the certificate issued again without the mark of an authority. For a CA of your own:
    `basicConstraints = critical, CA:FALSE` in the section of its openssl.cnf from which servers' certificates are made.
    """
    if facts.is_self_signed:
        return not_applicable("it vouches for itself alone, so nothing hangs on what it issues")
    seen = "an authority (CA:TRUE)" if facts.is_authority else "no authority"
    row = Evidence(f"the basic constraints of {facts.subject}, issued by {facts.issuer}", seen, "no authority")
    if facts.is_authority:
        return failed("The certificate may issue others.", row)
    return passed("The certificate may not issue others.", row)


@check(
    "certificate-uncommon-curve",
    reads=KeyCurves,
    severity=MEDIUM,
    effort=2,
    controls=("CA/B BR 6.1.5", "RFC 5480 2.1.1", "NIST SP 800-52r2 3.2.1"),
)
def uncommon_curve(facts: KeyCurves) -> Verdict:
    """Certificate's key, or an issuer's, lies on a curve that browsers and most programs refuse.

    Why: Public authorities may use P-256, P-384 and P-521 alone, and browsers know no others: visitors are told that
    the service is broken. A curve that is told by its equation, and not by its name, was used to forge certificates
    (CVE-2020-0601).
    Fix: Make a new key on P-256 and have the certificate issued for it: `certbot certonly --key-type ecdsa
    --elliptic-curve secp256r1 -d NAME`, or `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256
    -pkeyopt ec_param_enc:named_curve`.
    """
    wanted = "P-256, P-384 or P-521, by name" if facts.is_public_store else "a curve that is told by its name"
    rows = tuple(
        Evidence(f"the key of {one.subject}", _curve(one.curve), wanted)
        for one in facts.curves
        if is_uncommon(one.curve, one.bits, is_public=facts.is_public_store)
    )
    if rows:
        return failed("A key lies on a curve that clients refuse.", *rows)
    if not facts.curves:
        return not_applicable("no key lies on an elliptic curve")
    if any(one.bits < FLOOR_BITS[KeyKind.EC] for one in facts.curves):
        return not_applicable("a key is too short on any curve, which another check says")
    if any(is_uncommon(one.curve, one.bits, is_public=True) for one in facts.curves):
        return not_applicable("which curves they take is for the operator's own authority and its clients to say")
    return passed("Every key lies on a usual curve.")


def _curve(curve: str) -> str:
    return "a curve that is told by its equation" if curve == EXPLICIT_CURVE else curve


CHECKS = (compromised_key, small_exponent, key_may_not_sign, may_issue, uncommon_curve)
