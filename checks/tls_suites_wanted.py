"""The rules about what good cipher suites have: secrecy that outlives a key, one step for all, the right order."""

from __future__ import annotations

from auditor.check import LOW, MEDIUM, check, failed, passed
from auditor.facts.tls_suites import (
    AeadSuites,
    CbcSuites,
    ForwardSuites,
    PreferredSuite,
    PrimeFieldSuites,
    StaticSuites,
)
from auditor.model import Evidence, Verdict
from checks.suite_verdicts import forbidden, wanted


@check(
    "tls-no-forward-secrecy",
    reads=ForwardSuites,
    severity=MEDIUM,
    effort=1,
    controls=("RFC 9325 4.1", "NIST SP 800-52r2 3.3"),
)
def no_forward_secrecy(facts: ForwardSuites) -> Verdict:
    """Endpoint offers no cipher suite with forward secrecy.

    Why: Whoever records the traffic today and gets the server's key later, from a backup or a break-in, reads all of
    it. With forward secrecy each connection has keys of its own, which are gone when it ends.
    Fix: Offer ECDHE suites, and TLS 1.3, which has nothing else. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`.
    Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy: `ssl-default-bind-ciphers
    ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`, and no `ciphers` on a `bind` line. Postfix:
    `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high` and `smtpd_tls_mandatory_ciphers
    = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite
    ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return wanted(facts, "suites with forward secrecy are offered", "no suite has forward secrecy")


@check(
    "tls-static-key-exchange",
    reads=StaticSuites,
    severity=LOW,
    effort=1,
    controls=("RFC 9325 4.1", "CVE-2017-13099 (ROBOT)"),
)
def static_key_exchange(facts: StaticSuites) -> Verdict:
    """Endpoint accepts cipher suites without forward secrecy.

    Why: A client that asks for one gets a connection that can be read later by whoever gets the server's key. The
    RSA key exchange among them has also been attacked again and again (ROBOT).
    Fix: Leave them out, as every browser of the last ten years speaks ECDHE. nginx: `ssl_ciphers
    ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy:
    `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`, and no `ciphers` on a `bind` line.
    IIS: `Disable-TlsCipherSuite -Name SUITE` in PowerShell for each that the evidence names (Windows Server 2016 or
    later), then restart Windows. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers =
    high` and `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP:
    `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu)
    `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return forbidden(facts, "every accepted suite has forward secrecy", "suites without forward secrecy are accepted")


@check(
    "tls-no-aead",
    reads=AeadSuites,
    severity=MEDIUM,
    effort=1,
    controls=("RFC 9325 4.2", "NIST SP 800-52r2 3.3"),
)
def no_aead(facts: AeadSuites) -> Verdict:
    """Endpoint offers no cipher suite with authenticated encryption.

    Why: Older modes encrypt and check in two steps, and the seam between them has been attacked many times (BEAST,
    Lucky Thirteen, POODLE). AES-GCM and ChaCha20-Poly1305 have no such seam.
    Fix: Offer them. They need TLS 1.2 or 1.3. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache:
    `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the
    section `global`, and no `ciphers` on a `bind` line. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20`
    with `smtpd_tls_ciphers = high` and `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list =
    ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL,
    and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return wanted(facts, "authenticated encryption is offered", "no suite has authenticated encryption")


@check(
    "tls-cbc-suite",
    reads=CbcSuites,
    severity=LOW,
    effort=1,
    controls=("RFC 9325 4.2", "CVE-2013-0169 (Lucky Thirteen)"),
)
def cbc_suite(facts: CbcSuites) -> Verdict:
    """Endpoint accepts cipher suites with CBC, or with short tags.

    Why: CBC in TLS is safe only where the software hides every difference in timing, which has failed many times. The
    CCM_8 suites shorten the tag that proves that nothing was changed.
    Fix: Offer AES-GCM and ChaCha20-Poly1305 alone; clients older than 2014 are lost by it. nginx: `ssl_ciphers
    ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy:
    `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`, and no `ciphers` on a `bind` line.
    IIS: `Disable-TlsCipherSuite -Name SUITE` in PowerShell for each that the evidence names (Windows Server 2016 or
    later), then restart Windows. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers =
    high` and `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP:
    `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu)
    `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return forbidden(facts, "every accepted suite has authenticated encryption", "suites with CBC are accepted")


@check(
    "tls-dhe-suite",
    reads=PrimeFieldSuites,
    severity=LOW,
    effort=1,
    controls=("RFC 9325 4.1", "Mozilla Server Side TLS 6.0"),
)
def dhe_suite(facts: PrimeFieldSuites) -> Verdict:
    """Endpoint accepts Diffie-Hellman over a prime.

    Why: A client cannot tell a sound prime from a weak one, and the server spends much time on each connection, which
    can be used to wear it out. Elliptic curves do the same better.
    Fix: Offer ECDHE in place of DHE. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;` and no `ssl_dhparam`. Apache:
    `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` and no `DHParameters`, neither by `SSLOpenSSLConfCmd` nor as a block in
    the certificate's file. HAProxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`, and
    no `ciphers` on a `bind` line. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers
    = high` and `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`.
    OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian,
    Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return forbidden(facts, "no accepted suite has Diffie-Hellman over a prime", "DHE suites are accepted")


@check(
    "tls-weak-suite-preferred",
    reads=PreferredSuite,
    severity=MEDIUM,
    effort=1,
    controls=("NIST SP 800-52r2 3.3", "RFC 9325 4.2"),
)
def weak_suite_preferred(facts: PreferredSuite) -> Verdict:
    """Endpoint picks a weaker cipher suite than its client asks for first.

    Why: Even residents with current browsers get the weaker protection, since the server decides, and decides badly.
    Fix: Offer strong suites alone, and leave the choice to the client. nginx: `ssl_prefer_server_ciphers off;` with
    `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache: `SSLHonorCipherOrder off` with `SSLCipherSuite
    ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section
    `global`, and no `ciphers` on a `bind` line. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with
    `smtpd_tls_ciphers = high` and `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list =
    ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL,
    and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    if not facts.got:
        return passed("all accepted suites are of one strength")
    row = Evidence(
        "a hello with the accepted suites, the strongest first", f"picked {facts.got}", "the strongest class"
    )
    if facts.is_best:
        return passed("the strongest suites win", row)
    return failed(f"a weaker suite wins over {facts.best}", row)


CHECKS = (no_forward_secrecy, static_key_exchange, no_aead, cbc_suite, dhe_suite, weak_suite_preferred)
