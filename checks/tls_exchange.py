"""The rules about how keys are made: groups, primes, signatures. Reads facts, never a server."""

from __future__ import annotations

from auditor.check import CRITICAL, HIGH, LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.dh_primes import prime_name
from auditor.facts.named_groups import curve_bits, group_name
from auditor.facts.tls_exchange import (
    BreakablePrimes,
    CompositePrimes,
    DhPrime,
    HandshakeSignature,
    HybridGroups,
    OldHash,
    PrimeAnswer,
    ShortCurves,
    ShortPrimes,
    SmallCurves,
)
from auditor.model import Evidence, Verdict

MOST_PRIMES = 12  # that a verdict names one by one


@check(
    "tls-dh-breakable",
    reads=BreakablePrimes,
    severity=CRITICAL,
    effort=1,
    controls=("RFC 9325 4.1", "CVE-2015-4000 (Logjam)"),
)
def dh_breakable(facts: BreakablePrimes) -> Verdict:
    """Diffie-Hellman runs over a prime of less than 1024 bits.

    Why: Primes of 512 bits were broken by students in days, and those of 768 bits by researchers. Whoever records such
    a connection can read it.
    Fix: Leave Diffie-Hellman over primes out; Java has to be of version 8 or later. nginx: `ssl_ciphers
    ECDHE+AESGCM:ECDHE+CHACHA20;` and no `ssl_dhparam`. Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` and no
    `DHParameters`, neither by `SSLOpenSSLConfCmd` nor as a block in the certificate's file. HAProxy:
    `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`, and no `ciphers` on a `bind` line.
    Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high` and
    `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP:
    `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu)
    `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return _no_primes(facts, "no prime is below 1024 bits", "a prime is below 1024 bits", "1024 bits or more")


@check(
    "tls-dh-short",
    reads=ShortPrimes,
    severity=MEDIUM,
    effort=1,
    controls=("RFC 9325 4.1", "NIST SP 800-52r2 3.3", "CVE-2015-4000 (Logjam)"),
)
def dh_short(facts: ShortPrimes) -> Verdict:
    """Diffie-Hellman runs over a prime of less than 2048 bits.

    Why: A prime of 1024 bits is within reach of large organisations, and breaking a common one opens every server that
    uses it.
    Fix: Leave Diffie-Hellman over primes out. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;` and no `ssl_dhparam`.
    Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` and no `DHParameters`, neither by `SSLOpenSSLConfCmd` nor as a
    block in the certificate's file. HAProxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section
    `global`, and no `ciphers` on a `bind` line. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with
    `smtpd_tls_ciphers = high` and `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list =
    ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL,
    and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return _no_primes(
        facts, "no prime is of 1024 to 2047 bits", "a prime is shorter than 2048 bits", "2048 bits or more"
    )


@check(
    "tls-dh-composite",
    reads=CompositePrimes,
    severity=HIGH,
    effort=1,
    controls=("RFC 9325 4.1", "CVE-2016-2217 (socat)"),
)
def dh_composite(facts: CompositePrimes) -> Verdict:
    """Diffie-Hellman runs over a number that is no prime.

    Why: Over such a number keys can be computed by whoever knows what it is made of. Either somebody mistyped it, or
    somebody put it there to listen.
    Fix: Find out where it came from, then leave Diffie-Hellman over primes out. nginx: `ssl_ciphers
    ECDHE+AESGCM:ECDHE+CHACHA20;` and no `ssl_dhparam`. Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` and no
    `DHParameters`, neither by `SSLOpenSSLConfCmd` nor as a block in the certificate's file. HAProxy:
    `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`, and no `ciphers` on a `bind` line.
    Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high` and
    `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP:
    `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu)
    `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return _no_primes(facts, "every prime that was shown is one", "a number that is no prime is used", "a prime")


@check(
    "tls-small-curve",
    reads=SmallCurves,
    severity=MEDIUM,
    effort=1,
    controls=("NIST SP 800-52r2 3.3", "NIST SP 800-131A r2", "RFC 8422 5.1.1"),
)
def small_curve(facts: SmallCurves) -> Verdict:
    """Endpoint takes an elliptic curve of less than 224 bits, or one of its own.

    Why: Such curves give less than the 112 bits of security that NIST asks for, and a curve of the server's own has
    been examined by nobody.
    Fix: Name the curves. nginx: `ssl_ecdh_curve X25519:prime256v1:secp384r1;`. Apache:
    `SSLOpenSSLConfCmd Groups X25519:P-256:P-384`. HAProxy: `curves X25519:P-256:P-384` on the `bind` line.
    """
    rows = [*_curves(facts.found, "no curve below 224 bits")]
    if facts.has_explicit_curve:
        rows.append(Evidence("a hello with elliptic curves", "a curve of the server's own", "a registered curve"))
    if rows:
        return failed("a small or unknown curve is taken", *rows)
    return passed("no curve below 224 bits is taken", Evidence("hellos with such curves", "declined", "declined"))


@check(
    "tls-short-curve",
    reads=ShortCurves,
    severity=LOW,
    effort=1,
    controls=("NIST SP 800-52r2 3.3", "CA/B BR 6.1.5"),
)
def short_curve(facts: ShortCurves) -> Verdict:
    """Endpoint takes an elliptic curve of 224 to 255 bits.

    Why: P-224 and its like give just the 112 bits that NIST allows until 2030. No browser asks for them.
    Fix: Name the curves. nginx: `ssl_ecdh_curve X25519:prime256v1:secp384r1;`. Apache:
    `SSLOpenSSLConfCmd Groups X25519:P-256:P-384`. HAProxy: `curves X25519:P-256:P-384` on the `bind` line.
    """
    if facts.found:
        return failed("a curve of less than 256 bits is taken", *_curves(facts.found, "no curve below 256 bits"))
    return passed("no curve of 224 to 255 bits is taken", Evidence("hellos with such curves", "declined", "declined"))


@check(
    "tls-no-post-quantum",
    reads=HybridGroups,
    severity=LOW,
    effort=3,
    controls=("FIPS 203", "CNSA 2.0", "Mozilla Server Side TLS 6.0"),
)
def no_post_quantum(facts: HybridGroups) -> Verdict:
    """Endpoint offers no key exchange that withstands a quantum computer.

    Why: What is recorded today can be read once such a computer exists, and records about residents stay sensitive for
    decades. Browsers have asked for X25519MLKEM768 since 2024.
    Fix: Update to OpenSSL 3.5 or later, which offers X25519MLKEM768 by default with TLS 1.3. Where the groups are
    named, name it first; with an older OpenSSL the server does not start with that line. nginx: `ssl_ecdh_curve
    X25519MLKEM768:X25519:prime256v1;`. Apache: `SSLOpenSSLConfCmd Groups X25519MLKEM768:X25519:P-256`. HAProxy: `curves
    X25519MLKEM768:X25519:P-256` on the `bind` line.
    """
    if facts.found:
        rows = (
            Evidence("a TLS 1.3 hello", f"{group_name(one)} is taken", "a group with ML-KEM") for one in facts.found
        )
        return passed("a post-quantum group is offered", *rows)
    seen = f"none among the {facts.asked} groups taken" if facts.asked else "TLS 1.3 is refused"
    return failed("no post-quantum group is offered", Evidence("TLS 1.3 hellos", seen, "X25519MLKEM768 or another"))


@check(
    "tls-old-hash-signature",
    reads=HandshakeSignature,
    severity=MEDIUM,
    effort=1,
    controls=("RFC 9155", "NIST SP 800-131A r2"),
)
def old_hash_signature(facts: HandshakeSignature) -> Verdict:
    """Endpoint signs its TLS 1.2 handshakes with SHA-1 or MD5 when asked to.

    Why: Collisions can be made for both hashes, and with them a signature that was given for one handshake could be
    shown in another.
    Fix: Raise OpenSSL's security level to 2, the default of 3.2 and of most distributions, and take a lower one out of
    the list of ciphers; on old systems update the TLS software. nginx: `ssl_ciphers
    ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2;`. Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2`.
    HAProxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2` in the section `global`, and no
    `ciphers` on a `bind` line. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2` with
    `smtpd_tls_ciphers = high` and `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list =
    ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2`. PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2'`.
    MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    if facts.old_hash is OldHash.NOT_ASKED:
        return not_applicable("no TLS 1.2 handshake with a signed key exchange is offered")
    row = Evidence("a TLS 1.2 hello that knows SHA-1 and MD5 alone", facts.answer, "refused, or another hash")
    if facts.old_hash is OldHash.SIGNED:
        return failed("the key exchange is signed with an old hash", row)
    return passed("no key exchange is signed with SHA-1 or MD5", row)


def _no_primes(facts: PrimeAnswer, absent: str, present: str, wanted: str) -> Verdict:
    if not facts.asked:
        return passed(
            "no Diffie-Hellman over a prime is offered", Evidence("hellos with DHE suites", "declined", wanted)
        )
    if facts.found:
        return failed(present, *(_prime(one, wanted) for one in facts.found))
    rows = [_prime(one, wanted) for one in facts.others[:MOST_PRIMES]]
    return passed(absent, *rows or [Evidence("the key exchanges of DHE suites", f"{facts.asked} primes", wanted)])


def _prime(prime: DhPrime, wanted: str) -> Evidence:
    """A common one by its name. Breaking a short one once opens all servers that share it."""
    name = prime_name(prime)
    shared = ", which many servers share" if name and prime.bits < 2048 else ""
    said = f"a prime of {prime.bits} bits: {name}{shared}" if name else f"{prime.bits} bits: {prime.p[:16]}…"
    return Evidence("the key exchange of a DHE suite", said, wanted)


def _curves(found: tuple[int, ...], wanted: str) -> list[Evidence]:
    return [
        Evidence("a hello with elliptic curves", f"{group_name(one)} ({curve_bits(one)} bits) is taken", wanted)
        for one in found
    ]


CHECKS = (
    dh_breakable,
    dh_short,
    dh_composite,
    small_curve,
    short_curve,
    no_post_quantum,
    old_hash_signature,
)
