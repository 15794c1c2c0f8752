"""The rules about broken cipher suites. Reads the settled answers of `auditor.facts.tls_suites`, never a server."""

from __future__ import annotations

from auditor.check import CRITICAL, HIGH, check, not_applicable
from auditor.facts.tls_suites import (
    AnonymousSuites,
    BreakableSuites,
    NullSuites,
    OtherThanRc4Suites,
    Rc4Suites,
    SmallBlockSuites,
)
from auditor.model import Verdict
from checks.suite_verdicts import forbidden, wanted


@check(
    "tls-null-suite",
    reads=NullSuites,
    severity=CRITICAL,
    effort=1,
    controls=("RFC 9325 4.1", "NIST SP 800-52r2 3.3"),
)
def null_suite(facts: NullSuites) -> Verdict:
    """Endpoint accepts a cipher suite without encryption.

    Why: In such a connection everything travels in the clear, although the browser's address says https. Whoever sits
    on the line can bring a client to it that offers it too.
    Fix: Name the wanted suites instead of excluding some. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache:
    `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the
    section `global`, and no `ciphers` on a `bind` line. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20`
    with `smtpd_tls_ciphers = high` and `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list =
    ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL,
    and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return forbidden(facts, "every accepted suite encrypts", "suites without encryption are accepted")


@check(
    "tls-anonymous-suite",
    reads=AnonymousSuites,
    severity=CRITICAL,
    effort=1,
    controls=("RFC 9325 4.1", "NIST SP 800-52r2 3.3"),
)
def anonymous_suite(facts: AnonymousSuites) -> Verdict:
    """Endpoint accepts a cipher suite in which it does not prove who it is.

    Why: Without a certificate nobody can tell the service from somebody in between, who reads and changes what he
    likes. Only clients that check nothing agree to it, and those are the ones that need protection.
    Fix: Name the wanted suites. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache: `SSLCipherSuite
    ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section
    `global`, and no `ciphers` on a `bind` line. Postfix: `smtpd_tls_exclude_ciphers = aNULL` for the ports where people
    log in. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite
    ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    if facts.opportunistic:
        return not_applicable("mail servers that come to port 25 ask for no proof")
    return forbidden(facts, "every accepted suite proves who answers", "anonymous suites are accepted")


@check(
    "tls-export-suite",
    reads=BreakableSuites,
    severity=CRITICAL,
    effort=1,
    controls=("RFC 9325 4.1", "NIST SP 800-52r2 3.3", "CVE-2015-0204 (FREAK)", "CVE-2015-4000 (Logjam)"),
)
def export_suite(facts: BreakableSuites) -> Verdict:
    """Endpoint accepts a cipher suite whose keys can be guessed.

    Why: Export suites and single DES have keys of 40 or 56 bits, which are tried out in hours. Attackers have brought
    clients to them that never asked for them (FREAK, Logjam).
    Fix: Replace the server's TLS software, which dates from before 2016, and name the wanted suites. nginx:
    `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy:
    `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`, and no `ciphers` on a `bind` line.
    Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high` and
    `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP:
    `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu)
    `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return forbidden(facts, "no accepted suite has a key below 112 bits", "export or DES suites are accepted")


@check(
    "tls-rc4-suite",
    reads=Rc4Suites,
    severity=HIGH,
    effort=1,
    controls=("RFC 7465", "RFC 9325 4.1", "BOD 18-01"),
)
def rc4_suite(facts: Rc4Suites) -> Verdict:
    """Endpoint accepts a cipher suite with RC4.

    Why: What RC4 hides can be told from many copies of it, such as a cookie that is sent with every page. It was
    forbidden in 2015.
    Fix: Take RC4 out. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache: `SSLCipherSuite
    ECDHE+AESGCM:ECDHE+CHACHA20`. IIS: set `Enabled` to 0 under
    `HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Ciphers\\RC4 128/128`, and its neighbours
    that begin with RC4; then restart Windows. HAProxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the
    section `global`, and no `ciphers` on a `bind` line. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20`
    with `smtpd_tls_ciphers = high` and `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list =
    ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL,
    and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return forbidden(facts, "no accepted suite uses RC4", "suites with RC4 are accepted")


@check(
    "tls-rc4-only",
    reads=OtherThanRc4Suites,
    severity=CRITICAL,
    effort=3,
    controls=("RFC 7465", "NIST SP 800-52r2 3.3"),
)
def rc4_only(facts: OtherThanRc4Suites) -> Verdict:
    """Endpoint offers no encryption other than RC4.

    Why: RC4 was forbidden in 2015, and current browsers do not speak it: residents either cannot use the service, or
    use it with protection that is broken.
    Fix: Update the server's TLS software and allow AES and ChaCha20. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`.
    Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy: `ssl-default-bind-ciphers
    ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`, and no `ciphers` on a `bind` line. Postfix:
    `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high` and `smtpd_tls_mandatory_ciphers
    = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite
    ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return wanted(facts, "other encryption than RC4 is offered", "nothing but RC4 is offered")


@check(
    "tls-3des-suite",
    reads=SmallBlockSuites,
    severity=HIGH,
    effort=1,
    controls=("RFC 9325 4.1", "NIST SP 800-131A r2", "BOD 18-01", "CVE-2016-2183 (Sweet32)"),
)
def triple_des_suite(facts: SmallBlockSuites) -> Verdict:
    """Endpoint accepts a cipher suite with 3DES or IDEA.

    Why: Both encrypt in blocks of 64 bits, so that a long connection begins to repeat itself and gives away what it
    carries (Sweet32). NIST does not allow 3DES for new data since 2024.
    Fix: Take them out. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache: `SSLCipherSuite
    ECDHE+AESGCM:ECDHE+CHACHA20`. IIS: set `Enabled` to 0 under
    `HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Ciphers\\Triple DES 168`, then restart
    Windows. HAProxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`, and no `ciphers`
    on a `bind` line. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high` and
    `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP:
    `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu)
    `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return forbidden(facts, "no accepted suite has blocks of 64 bits", "suites with 64-bit blocks are accepted")


CHECKS = (
    null_suite,
    anonymous_suite,
    export_suite,
    rc4_suite,
    rc4_only,
    triple_des_suite,
)
