"""The rules about cipher suites. Reads the settled answers of `auditor.facts.tls_suites`, never a server."""

from __future__ import annotations

from auditor.check import CRITICAL, HIGH, LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.tls_suites import (
    AcceptedSuite,
    AeadSuites,
    AnonymousSuites,
    BreakableSuites,
    CbcSuites,
    ForwardSuites,
    NullSuites,
    OtherThanRc4Suites,
    PreferredSuite,
    PrimeFieldSuites,
    Rc4Suites,
    SmallBlockSuites,
    StaticSuites,
    SuiteAnswer,
)
from auditor.model import Evidence, Verdict

MOST_ROWS = 12  # suites that a finding names one by one


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
    section `global`. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high`.
    Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`
    where it is built with OpenSSL. PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same
    list in `ssl_cipher`.
    """
    return _forbidden(facts, "every accepted suite encrypts", "suites without encryption are accepted")


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
    Fix: Name the wanted suites. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache:
    `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. Postfix: `smtpd_tls_exclude_ciphers = aNULL` for the ports where
    people log in.
    """
    if facts.opportunistic:
        return not_applicable("mail servers that come to port 25 ask for no proof")
    return _forbidden(facts, "every accepted suite proves who answers", "anonymous suites are accepted")


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
    `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`. Postfix:
    `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high`. Dovecot:
    `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is
    built with OpenSSL. PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in
    `ssl_cipher`.
    """
    return _forbidden(facts, "no accepted suite has a key below 112 bits", "export or DES suites are accepted")


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
    Fix: Take RC4 out. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache:
    `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. IIS: set `Enabled` to 0 under
    `HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Ciphers\\RC4 128/128`, and its neighbours
    that begin with RC4; then restart Windows. HAProxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the
    section `global`. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high`.
    Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`
    where it is built with OpenSSL. PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same
    list in `ssl_cipher`.
    """
    return _forbidden(facts, "no accepted suite uses RC4", "suites with RC4 are accepted")


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
    Fix: Update the server's TLS software and allow AES and ChaCha20. nginx:
    `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`.
    """
    return _wanted(facts, "other encryption than RC4 is offered", "nothing but RC4 is offered")


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
    Fix: Take them out. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache:
    `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. IIS: set `Enabled` to 0 under
    `HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Ciphers\\Triple DES 168`, then restart
    Windows. HAProxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`. Postfix:
    `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high`. Dovecot:
    `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is
    built with OpenSSL. PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in
    `ssl_cipher`.
    """
    return _forbidden(facts, "no accepted suite has blocks of 64 bits", "suites with 64-bit blocks are accepted")


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
    Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy:
    `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20`. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20`
    with `smtpd_tls_ciphers = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP:
    `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL. PostgreSQL:
    `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    return _wanted(facts, "suites with forward secrecy are offered", "no suite has forward secrecy")


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
    Fix: Leave them out, as every browser of the last ten years speaks ECDHE. nginx:
    `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy:
    `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`. Postfix:
    `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high`. Dovecot:
    `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is
    built with OpenSSL. PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in
    `ssl_cipher`.
    """
    return _forbidden(facts, "every accepted suite has forward secrecy", "suites without forward secrecy are accepted")


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
    section `global`. Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high`.
    Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`
    where it is built with OpenSSL. PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same
    list in `ssl_cipher`.
    """
    return _wanted(facts, "authenticated encryption is offered", "no suite has authenticated encryption")


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
    Fix: Offer AES-GCM and ChaCha20-Poly1305 alone. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache:
    `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. Clients older than 2014 are lost by it. HAProxy:
    `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`. Postfix:
    `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high`. Dovecot:
    `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is
    built with OpenSSL. PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in
    `ssl_cipher`.
    """
    return _forbidden(facts, "every accepted suite has authenticated encryption", "suites with CBC are accepted")


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
    `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`.
    """
    return _forbidden(facts, "no accepted suite has Diffie-Hellman over a prime", "DHE suites are accepted")


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
    Fix: Put the strong suites first, or leave the choice to the client. nginx: `ssl_prefer_server_ciphers off;` with
    `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache: `SSLHonorCipherOrder off` with
    `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`.
    """
    if not facts.got:
        return passed("all accepted suites are of one strength")
    row = Evidence(
        "a hello with the accepted suites, the strongest first", f"picked {facts.got}", "the strongest class"
    )
    if facts.is_best:
        return passed("the strongest suites win", row)
    return failed(f"a weaker suite wins over {facts.best}", row)


def _forbidden(facts: SuiteAnswer, absent: str, present: str) -> Verdict:
    """Fail if there is any such suite."""
    if not facts.found:
        row = Evidence("the cipher suites of every version", f"none among the {facts.asked} accepted", "none")
        return passed(absent, row)
    return failed(present, *_rows(facts, "declined"))


def _wanted(facts: SuiteAnswer, present: str, absent: str) -> Verdict:
    """Fail if there is no such suite."""
    if facts.found:
        return passed(present, *_rows(facts, "accepted"))
    row = Evidence("the cipher suites of every version", f"none among the {facts.asked} accepted", "one at least")
    return failed(absent, row)


def _rows(facts: SuiteAnswer, wanted: str) -> tuple[Evidence, ...]:
    """One row for each suite, up to a limit, and one for those beyond."""
    rows = [Evidence(f"a {one.version.label} hello", _accepted(one), wanted) for one in facts.found]
    rows.sort(key=lambda row: ";" not in row.seen)  # those that a handshake was tried with come first
    rest = len(rows) - MOST_ROWS
    if rest <= 1:
        return tuple(rows)
    return (*rows[:MOST_ROWS], Evidence("further hellos", f"{rest} more such suites accepted", wanted))


def _accepted(one: AcceptedSuite) -> str:
    return f"accepted {one.name}" + (f"; {one.handshake.words}" if one.handshake else "")


CHECKS = (
    null_suite,
    anonymous_suite,
    export_suite,
    rc4_suite,
    rc4_only,
    triple_des_suite,
    no_forward_secrecy,
    static_key_exchange,
    no_aead,
    cbc_suite,
    dhe_suite,
    weak_suite_preferred,
)
