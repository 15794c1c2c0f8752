"""The rules for certificates. Each reads what one address showed in a completed handshake."""

from __future__ import annotations

from auditor.check import CRITICAL, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.certificates import (
    UNKNOWN_HASH,
    Certificate,
    CertificateSeen,
    CertificateTrust,
    KeyKind,
    PathEnd,
)
from auditor.model import Evidence, Verdict
from checks.derivations.certificate_trust import BROKEN_HASHES, DISTRUST, fits_name, out_of_date
from checks.derivations.key_sizes import BROKEN_BITS, FLOOR_BITS

NAMES_SHOWN = 5


@check(
    "certificate-untrusted",
    reads=CertificateTrust,
    severity=CRITICAL,
    effort=2,
    controls=("NIST SP 800-52r2 3.2", "RFC 5280 6.1", "BOD 18-01"),
)
def untrusted(facts: CertificateTrust) -> Verdict:
    """Certificate is not issued by an authority that visitors' browsers trust.

    Why: Anybody can make such a certificate in the city's name. Browsers show a warning page; residents who learn to
    click it away cannot tell the real service from an impostor any more.
    Fix: Get a certificate from a public authority, for instance `certbot --nginx -d NAME` (Apache: `--apache`); for a
    service of the city's own network, name the city's CA with `--ca-file`.
    """
    if not facts.distrust:
        return passed("The certificate leads to a trusted root.")
    seen = f"{facts.subject}, issued by {facts.issuer}: {facts.distrust}"
    is_own = facts.distrust == DISTRUST[PathEnd.SELF_SIGNED]
    summary = "The certificate is signed by itself alone." if is_own else "The certificate is not trusted."
    return failed(summary, Evidence("the certificate chain", seen, f"a way to {facts.store}"))


@check(
    "certificate-wrong-name",
    reads=CertificateSeen,
    severity=CRITICAL,
    effort=2,
    controls=("RFC 9525 6", "CA/B BR 7.1.4"),
)
def wrong_name(facts: CertificateSeen) -> Verdict:
    """Certificate is made out to another name.

    Why: The visitor asked for one service and was shown the papers of another. Browsers stop here with a warning, and
    nobody can tell a mistake from an attack.
    Fix: Issue the certificate for this name as well, for instance `certbot --nginx -d NAME -d www.NAME` (Apache:
    `--apache`), or serve the right one for it (`server_name NAME;` beside `ssl_certificate`).
    """
    if fits_name(facts):
        return passed("The certificate is made out to the name that was asked.")
    names = (*facts.dns_names, *facts.ip_addresses)
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    seen = f"{', '.join(names[:NAMES_SHOWN]) or 'no name at all'}{more}"
    return failed("The certificate is for another name.", Evidence("subjectAltName", seen, facts.asked_name))


@check(
    "certificate-expired",
    reads=CertificateSeen,
    severity=CRITICAL,
    effort=2,
    controls=("RFC 5280 6.1.3", "NIST SP 800-52r2 3.2"),
)
def expired(facts: CertificateSeen) -> Verdict:
    """Certificate, or one of its issuers, is outside its validity period.

    Why: Browsers refuse an expired certificate with a warning page. Residents are locked out, or learn to ignore the
    warning that would protect them.
    Fix: Renew it now (`certbot renew`, then reload the server) and see that renewal runs by itself
    (`systemctl list-timers certbot.timer`). If an issuer expired, install the new chain that the authority sent.
    """
    late = tuple(out_of_date(facts))
    if not late:
        return passed("All certificates of the path are inside their validity periods.")
    too_early = all(facts.observed_at < one.not_before for one in late)
    summary = "A certificate is not valid yet." if too_early else "A certificate has expired."
    return failed(summary, *(_dates(one) for one in late))


@check(
    "certificate-weak-key",
    reads=CertificateSeen,
    severity=MEDIUM,
    effort=2,
    controls=("NIST SP 800-57 part 1 table 2", "CA/B BR 6.1.5", "RFC 9325 4.5"),
)
def weak_key(facts: CertificateSeen) -> Verdict:
    """Certificate, or one of its issuers, has a key shorter than today's minimum.

    Why: A short key can be worked out by somebody with enough computers. Whoever has it can pose as the service and
    read what residents send.
    Fix: Make a new key and certificate, for instance `certbot certonly --key-type ecdsa -d NAME`, or
    `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072`.
    """
    return _key_verdict(facts, FLOOR_BITS, "today's minimum")


@check(
    "certificate-broken-key",
    reads=CertificateSeen,
    severity=CRITICAL,
    effort=2,
    controls=("NIST SP 800-57 part 1 table 2", "RFC 9325 4.5"),
)
def broken_key(facts: CertificateSeen) -> Verdict:
    """Certificate, or one of its issuers, has a key so short that it can be broken today.

    Why: Keys of this length have been worked out in public. The encryption protects nothing from somebody who tries.
    Fix: Replace key and certificate today, for instance `certbot certonly --key-type ecdsa -d NAME`, and revoke the old
    one (`certbot revoke --cert-path /etc/letsencrypt/archive/NAME/certN.pem --reason keycompromise
    --no-delete-after-revoke`).
    """
    return _key_verdict(facts, BROKEN_BITS, "what can be broken")


@check(
    "certificate-forgeable-signature",
    reads=CertificateSeen,
    severity=CRITICAL,
    effort=2,
    controls=("CA/B BR 7.1.3", "NIST SP 800-131A 3", "RFC 9155"),
)
def forgeable_signature(facts: CertificateSeen) -> Verdict:
    """Certificate, or one of its issuers, is signed over a hash that can be forged.

    Why: Two documents with the same MD5 or SHA-1 can be made to order. Whoever does so turns the authority's signature
    on a harmless certificate into one on a certificate in the city's name.
    Fix: Have the certificate issued again, over SHA-256: `certbot renew --force-renewal`, or ask the authority for a
    new chain. For a CA of your own: `default_md = sha256` in its openssl.cnf.
    """
    rows = tuple(
        Evidence(f"{one.subject}, serial {one.serial}", f"signed over {one.signature_hash.upper()}", "SHA-256 or newer")
        for one in facts.path
        if one.signature_hash in BROKEN_HASHES and not one.is_self_signed  # nobody rests on a root's own signature
    )
    if rows:
        return failed("A certificate is signed over a hash that can be forged.", *rows)
    if any(_is_unknown(one) and not one.is_self_signed for one in facts.path):
        return not_applicable("a signature is of an algorithm that we do not know")
    return passed("No certificate of the path is signed over a hash that can be forged.")


@check(
    "certificate-incomplete-chain",
    reads=CertificateSeen,
    severity=MEDIUM,
    effort=1,
    controls=("RFC 8446 4.4.2", "RFC 5246 7.4.2"),
)
def incomplete_chain(facts: CertificateSeen) -> Verdict:
    """Server does not send all the issuers that lead to a trusted root.

    Why: Browsers often repair this silently, phones, apps and other servers do not: for them the service is broken, and
    people are told to switch the check off.
    Fix: Serve the full chain: append the intermediate certificate to the file. With certbot it is ready. nginx:
    `ssl_certificate /etc/letsencrypt/live/NAME/fullchain.pem;`. Apache:
    `SSLCertificateFile /etc/letsencrypt/live/NAME/fullchain.pem`. HAProxy: one file with key and chain after `crt`.
    """
    if facts.end in (PathEnd.ANCHORED, PathEnd.UNKNOWN_ROOT) and not facts.issuer_fetch:
        return passed("The server sends every issuer between its certificate and a root.")
    if facts.end is PathEnd.SELF_SIGNED:
        return not_applicable("the certificate has no issuer but itself")
    if facts.end is PathEnd.REFUSED:
        return not_applicable("the chain is refused for another reason")
    issuers = " ← ".join(one.subject for one in facts.sent)
    seen = f"{facts.sent_count} sent: {issuers}"
    return failed(
        "An issuer is missing from the chain.",
        Evidence("the certificates as sent", seen, f"the issuers up to a root in {facts.store}"),
    )


def _dates(one: Certificate) -> Evidence:
    seen = f"valid {one.not_before:%Y-%m-%d %H:%M} to {one.not_after:%Y-%m-%d %H:%M} UTC"
    return Evidence(f"{one.subject}, serial {one.serial}", seen, "valid on the day of the look")


def _key_verdict(facts: CertificateSeen, minima: dict[KeyKind, int], than: str) -> Verdict:
    """The anchor is left aside: its key is the trust store's business."""
    rows = tuple(
        Evidence(
            f"{one.subject}, serial {one.serial}", f"{one.key_kind.upper()} {one.key_bits}", f"{minimum} bits or more"
        )
        for one in facts.path
        if one.key_bits is not None and one.key_bits < (minimum := minima.get(one.key_kind, 0))
    )
    if rows:
        return failed(f"A key is shorter than {than}.", *rows)
    if any(one.key_kind is KeyKind.OTHER for one in facts.path):
        return not_applicable("a key is of an algorithm for which we know no minimum")
    return passed(f"No key is shorter than {than}.")


def _is_unknown(one: Certificate) -> bool:
    return one.signature_hash == UNKNOWN_HASH or (not one.signature_hash and one.key_kind is KeyKind.OTHER)


CHECKS = (untrusted, wrong_name, expired, weak_key, broken_key, forgeable_signature, incomplete_chain)
