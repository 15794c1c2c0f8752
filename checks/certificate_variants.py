"""The rules for certificates that only some clients are shown."""

from __future__ import annotations

import ipaddress
import re

from auditor.check import CRITICAL, LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.certificate_variants import NamelessCertificate, StapledAnswer, VariantFaults
from auditor.facts.certificates import CertificateSeen, PathEnd
from auditor.model import Evidence, Verdict
from checks.derivations.certificate_trust import distrust_of, out_of_date

# Ends of names that no public DNS has (RFC 6762 appendix G, RFC 8375, ICANN's reservation of .internal in 2024).
PRIVATE_ENDS = ("local", "internal", "intranet", "lan", "private", "corp", "home", "localdomain", "home.arpa")
COMMON_NAME = re.compile(r"(?:^|,)CN=([A-Za-z0-9._*-]+)(?:,|$)")
NAMES_SHOWN = 5


@check(
    "certificate-variant-invalid",
    reads=VariantFaults,
    severity=CRITICAL,
    effort=2,
    controls=("RFC 9325 3.7", "RFC 5280 6.1", "NIST SP 800-52r2 3.2"),
)
def variant_invalid(facts: VariantFaults) -> Verdict:
    """Clients that know one type of key only are shown a certificate that they must refuse.

    Why: A server may hold two certificates, and the one for older or newer clients is forgotten when the other is
    renewed. Those residents get a warning page, or a key that can be broken.
    Fix: Renew the other certificate too, and put both into the configuration (`ssl_certificate` twice in nginx), or
    drop the one that nobody looks after.
    """
    if facts.refusal or facts.is_usual:
        return not_applicable(_why_not(facts))
    if facts.critical:
        row = Evidence(
            f"the {facts.variant.value} certificate", f"{facts.subject}: {'; '.join(facts.critical)}", "valid"
        )
        return failed(f"The {facts.variant.value} certificate must be refused.", row)
    return passed(f"The {facts.variant.value} certificate is valid.")


@check(
    "certificate-variant-weak",
    reads=VariantFaults,
    severity=MEDIUM,
    effort=2,
    controls=("RFC 9325 4.5", "NIST SP 800-57 part 1 table 2", "RFC 8446 4.4.2"),
)
def variant_weak(facts: VariantFaults) -> Verdict:
    """Clients that know one type of key only are shown a certificate with a short key or an incomplete chain.

    Why: The second certificate of a server is easily forgotten. An attacker needs to break only the weaker of the two.
    Fix: Make a new key for it (`certbot certonly --key-type rsa --rsa-key-size 3072 -d NAME`), serve its full chain,
    or drop it.
    """
    if facts.refusal or facts.is_usual:
        return not_applicable(_why_not(facts))
    if facts.medium:
        row = Evidence(
            f"the {facts.variant.value} certificate", f"{facts.subject}: {'; '.join(facts.medium)}", "strong"
        )
        return failed(f"The {facts.variant.value} certificate is weak.", row)
    return passed(f"The {facts.variant.value} certificate is strong enough.")


@check(
    "certificate-staple-missing",
    reads=StapledAnswer,
    severity=MEDIUM,
    effort=1,
    controls=("RFC 7633 4", "RFC 6066 8"),
)
def staple_missing(facts: StapledAnswer) -> Verdict:
    """Certificate promises a stapled OCSP answer, and the server does not send a good one.

    Why: Clients that heed the promise refuse the connection, and whoever steals the key can no longer be stopped by
    revoking the certificate where clients do not heed it.
    Fix: Switch stapling on, or have the certificate issued again without the promise: many authorities have ended OCSP.
    nginx: `ssl_stapling on;`. Apache: `SSLUseStapling on`, and before all virtual hosts
    `SSLStaplingCache shmcb:/run/apache2/stapling(128000)`, without which it does not start.
    """
    if not facts.is_promised:
        return not_applicable("the certificate promises no staple")
    if facts.problem:
        return failed(
            "The promised staple is missing.", Evidence("the stapled OCSP answer", facts.problem, "a good one")
        )
    return passed("The promised staple was sent.")


@check(
    "certificate-revoked-by-staple",
    reads=StapledAnswer,
    severity=CRITICAL,
    effort=2,
    controls=("RFC 6960 2.2", "RFC 6066 8", "CA/B BR 4.9"),
)
def revoked_by_staple(facts: StapledAnswer) -> Verdict:
    """Server itself sends its authority's word that the certificate was taken back.

    Why: Browsers refuse it. Certificates are taken back when a key was stolen or the certificate should never have been
    issued; whoever holds the key can pose as the service.
    Fix: Get a new key and certificate today (`certbot certonly --force-renewal -d NAME`), and ask the authority why
    the old one was revoked.
    """
    if facts.revoked:
        return failed("The certificate was revoked.", Evidence("the stapled OCSP answer", facts.revoked, "good"))
    if facts.problem:
        return not_applicable("no staple says anything of the certificate")
    return passed("The staple says that the certificate is good.")


@check(
    "certificate-nameless-invalid",
    reads=NamelessCertificate,
    severity=LOW,
    effort=1,
    controls=("RFC 9325 3.7", "RFC 6066 3"),
)
def nameless_invalid(facts: NamelessCertificate) -> Verdict:
    """Clients that name no server are shown an expired or untrusted certificate.

    Why: Old devices and monitoring do not name the server, and scanners by address see this certificate first. A
    forgotten one tells that nobody looks after the machine.
    Fix: Give the default server a valid certificate, or none. nginx: `ssl_reject_handshake on;` in the default server
    (1.19.4 or later). HAProxy: `strict-sni` on the `bind` line.
    """
    seen = facts.seen
    if seen is None:
        return not_applicable(f"no certificate is shown to such clients: {facts.refusal}")
    if facts.is_usual:
        return not_applicable("they are shown the usual certificate, which other checks judge")
    late = tuple(out_of_date(seen))
    distrust = distrust_of(seen)
    if late or distrust:
        what = distrust or f"valid from {late[0].not_before:%Y-%m-%d} to {late[0].not_after:%Y-%m-%d} only"
        return failed("The default certificate is not valid.", Evidence(seen.leaf.subject, what, "valid, or none"))
    if seen.end is PathEnd.ISSUER_MISSING:
        return not_applicable("an issuer is missing, so nobody can tell whether it is trusted")
    return passed("The default certificate is valid.", Evidence("its names", _names(seen), "any"))


@check(
    "certificate-nameless-private-names",
    reads=NamelessCertificate,
    severity=LOW,
    effort=1,
    controls=("CA/B BR 7.1.4", "RFC 6066 3"),
)
def nameless_private_names(facts: NamelessCertificate) -> Verdict:
    """Default certificate tells strangers the names of internal machines.

    Why: Whoever scans addresses reads it without asking for any name. Names of internal machines and networks are the
    map with which an attack begins.
    Fix: Give the default server a certificate with public names alone, or none. nginx: `ssl_reject_handshake on;` in
    the default server (1.19.4 or later). HAProxy: `strict-sni` on the `bind` line.
    """
    if facts.seen is None:
        return not_applicable(f"no certificate is shown to such clients: {facts.refusal}")
    if _is_private_name(facts.asked_name):
        return not_applicable("the service itself has an internal name")
    common = tuple(COMMON_NAME.findall(facts.seen.leaf.subject))
    told = [name for name in facts.seen.dns_names if "." not in name or _is_private_name(name)]
    told += [name for name in common if _is_private_name(name) and name not in told]
    told += [address for address in facts.seen.ip_addresses if _is_private_address(address)]
    if told:
        row = Evidence("the default certificate's names", ", ".join(told[:NAMES_SHOWN]), "public names alone")
        return failed("The default certificate tells internal names.", row)
    return passed(
        "The default certificate tells no internal names.", Evidence("its names", _names(facts.seen), "public")
    )


def _why_not(facts: VariantFaults) -> str:
    clients = f"clients that know {facts.variant.value} alone are shown"
    return (
        f"{clients} the usual certificate, which other checks judge" if facts.is_usual else f"{clients} no certificate"
    )


def _names(seen: CertificateSeen) -> str:
    return ", ".join((*seen.dns_names, *seen.ip_addresses)[:NAMES_SHOWN]) or "none"


def _is_private_name(name: str) -> bool:
    bare = name.lower().rstrip(".")
    return any(bare == end or bare.endswith(f".{end}") for end in PRIVATE_ENDS)


def _is_private_address(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_private
    except ValueError:
        return False


CHECKS = (
    variant_invalid,
    variant_weak,
    staple_missing,
    revoked_by_staple,
    nameless_invalid,
    nameless_private_names,
)
