"""The rules about SSL and TLS versions. Reads the settled answers of `auditor.facts.tls`, never a server."""

from __future__ import annotations

from dataclasses import replace

from auditor.check import CRITICAL, HIGH, LOW, check, failed, passed
from auditor.facts.cipher_suites import ssl2_cipher
from auditor.facts.tls import LegacyTls, ModernTls, Ssl2, Ssl3, Tls13, VersionAnswer
from auditor.model import Evidence, Verdict

MOST_CIPHERS = 12  # of SSL 2.0, that a finding names; there are seven


@check(
    "tls-ssl2-accepted",
    reads=Ssl2,
    severity=CRITICAL,
    effort=1,
    controls=("RFC 6176", "NIST SP 800-52r2 3.1", "CVE-2016-0800 (DROWN)"),
)
def ssl2_accepted(facts: Ssl2) -> Verdict:
    """Endpoint accepts SSL 2.0.

    Why: SSL 2.0 was broken in the 1990s and forbidden in 2011. Whoever sits on the line can read what it carries, and
    can use it to unlock connections of newer versions that were made with the same certificate (DROWN).
    Fix: Replace the server's TLS software, which dates from before 2016 (OpenSSL 1.1.0 left SSL 2.0 out), and allow
    newer versions only; then get a certificate with a new key. nginx: `ssl_protocols TLSv1.2 TLSv1.3;`. Apache:
    `SSLProtocol -all +TLSv1.2 +TLSv1.3`.
    """
    verdict = _forbidden(facts, "SSL 2.0 is refused")
    rows = [Evidence("the SSL 2.0 SERVER-HELLO", f"offers {ssl2_cipher(one)}", "none") for one in facts.ciphers]
    return replace(verdict, evidence=(*verdict.evidence, *rows[:MOST_CIPHERS])) if facts.accepted else verdict


@check(
    "tls-ssl3-accepted",
    reads=Ssl3,
    severity=HIGH,
    effort=1,
    controls=("RFC 7568", "NIST SP 800-52r2 3.1", "CVE-2014-3566 (POODLE)"),
)
def ssl3_accepted(facts: Ssl3) -> Verdict:
    """Endpoint accepts SSL 3.0.

    Why: SSL 3.0 was broken in 2014 (POODLE) and forbidden in 2015. An attacker on the line can make a browser fall back
    to it and read parts of what residents send, such as the cookie that keeps them logged in.
    Fix: Switch it off. nginx: `ssl_protocols TLSv1.2 TLSv1.3;`. Apache: `SSLProtocol -all +TLSv1.2 +TLSv1.3`. HAProxy:
    `ssl-default-bind-options ssl-min-ver TLSv1.2` in the section `global`, and no `ssl-min-ver` on a `bind` line. IIS:
    set `Enabled` to 0 under `HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\SSL
    3.0\\Server`, then restart Windows. Postfix: `smtpd_tls_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1` and
    `smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1`. Dovecot: `ssl_min_protocol = TLSv1.2`. OpenLDAP:
    `TLSProtocolMin 3.3` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3`. PostgreSQL: `ssl_min_protocol_version = 'TLSv1.2'`. MySQL, MariaDB:
    `tls_version = TLSv1.2,TLSv1.3`.
    """
    return _forbidden(facts, "SSL 3.0 is refused")


@check(
    "tls-legacy-version",
    reads=LegacyTls,
    severity=HIGH,
    effort=1,
    controls=("RFC 8996", "NIST SP 800-52r2 3.1", "RFC 9325 3.1.1"),
)
def legacy_version(facts: LegacyTls) -> Verdict:
    """Endpoint accepts a TLS version older than 1.2.

    Why: TLS 1.0 and 1.1 rest on methods that are no longer trusted, and were withdrawn in 2021. Every browser
    of the last ten years speaks newer ones, so leaving the old ones on helps attackers and hardly any resident.
    Fix: Allow 1.2 and 1.3 only. nginx: `ssl_protocols TLSv1.2 TLSv1.3;` in every `server` block of the same address and
    port. Apache: `SSLProtocol -all +TLSv1.2 +TLSv1.3`. HAProxy: `ssl-default-bind-options ssl-min-ver TLSv1.2` in the
    section `global`, and no `ssl-min-ver` on a `bind` line. IIS: set `Enabled` to 0 under
    `HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.0\\Server`, and under `TLS
    1.1\\Server` beside it; then restart Windows. Postfix: `smtpd_tls_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1` and
    `smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1`. Dovecot: `ssl_min_protocol = TLSv1.2`. OpenLDAP:
    `TLSProtocolMin 3.3` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3`. PostgreSQL: `ssl_min_protocol_version = 'TLSv1.2'`. MySQL, MariaDB:
    `tls_version = TLSv1.2,TLSv1.3`.
    """
    return _forbidden(facts, "TLS 1.0 and TLS 1.1 are refused")


@check(
    "tls-no-modern-version",
    reads=ModernTls,
    severity=CRITICAL,
    effort=3,
    controls=("NIST SP 800-52r2 3.1", "RFC 9325 3.1.1"),
)
def no_modern_version(facts: ModernTls) -> Verdict:
    """Endpoint offers neither TLS 1.2 nor TLS 1.3.

    Why: Only withdrawn versions are left to connect with. Current browsers refuse them, so residents either cannot
    use the service at all or must use it with protection that is known to be weak.
    Fix: Update the server's TLS software to one with TLS 1.2 and 1.3 (OpenSSL 1.1.1 or later, Windows Server 2022 or
    later), then allow both. nginx: `ssl_protocols TLSv1.2 TLSv1.3;`. Apache: `SSLProtocol -all +TLSv1.2 +TLSv1.3`.
    HAProxy: `ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3` on the `bind` line. Postfix: `smtpd_tls_protocols = !SSLv2,
    !SSLv3, !TLSv1, !TLSv1.1` and `smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1`. Dovecot:
    `ssl_min_protocol = TLSv1.2`. OpenLDAP: `TLSProtocolMin 3.3` where it is built with OpenSSL, and with GnuTLS
    (Debian, Ubuntu) `TLSCipherSuite NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3`. PostgreSQL: `ssl_min_protocol_version
    = 'TLSv1.2'` and `ssl_max_protocol_version = 'TLSv1.3'`. MySQL, MariaDB: `tls_version = TLSv1.2,TLSv1.3`.
    """
    return _wanted(facts, "TLS 1.2 or TLS 1.3 is offered", "neither TLS 1.2 nor TLS 1.3 is offered")


@check(
    "tls-no-tls13",
    reads=Tls13,
    severity=LOW,
    effort=1,
    controls=("NIST SP 800-52r2 3.1", "RFC 9325 3.1.1"),
)
def no_tls13(facts: Tls13) -> Verdict:
    """Endpoint does not offer TLS 1.3.

    Why: TLS 1.3 leaves out everything that was ever broken in older versions and is faster. TLS 1.2 is still safe
    when it is set up with care; 1.3 is safe without.
    Fix: Allow it. It needs OpenSSL 1.1.1 or later, or Windows Server 2022 or later. nginx: `ssl_protocols TLSv1.2
    TLSv1.3;`. Apache: `SSLProtocol -all +TLSv1.2 +TLSv1.3`. HAProxy: `ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3` on the
    `bind` line. Postfix: `smtpd_tls_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1` and `smtpd_tls_mandatory_protocols =
    !SSLv2, !SSLv3, !TLSv1, !TLSv1.1`. Dovecot: `ssl_min_protocol = TLSv1.2`. OpenLDAP: `TLSProtocolMin 3.3` where it is
    built with OpenSSL, and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3`.
    PostgreSQL: `ssl_min_protocol_version = 'TLSv1.2'` and `ssl_max_protocol_version = 'TLSv1.3'`. MySQL, MariaDB:
    `tls_version = TLSv1.2,TLSv1.3`.
    """
    return _wanted(facts, "TLS 1.3 is offered", "TLS 1.3 is not offered")


def _forbidden(facts: VersionAnswer, refused: str) -> Verdict:
    """Fail if any of the versions that were asked for is accepted."""
    if not facts.accepted:
        return passed(refused, *_rows(facts, "refused"))
    labels = " and ".join(version.label for version in sorted(facts.accepted))
    return failed(f"{labels} {'is' if len(facts.accepted) == 1 else 'are'} accepted", *_rows(facts, "refused"))


def _wanted(facts: VersionAnswer, offered: str, missing: str) -> Verdict:
    """Fail if none of them is accepted."""
    if facts.accepted:
        return passed(offered, *_rows(facts, "accepted"))
    return failed(missing, *_rows(facts, "accepted"))


def _rows(facts: VersionAnswer, wanted: str) -> tuple[Evidence, ...]:
    """One row for each version that got an answer, oldest first."""
    answers = {row.version: f"refused: {row.answer}" for row in facts.refused}
    tried = {one.version: f"; {one.words}" for one in facts.handshakes}
    answers |= {version: f"accepted: ServerHello of this version{tried.get(version, '')}" for version in facts.accepted}
    return tuple(Evidence(f"a {version.label} hello", answers[version], wanted) for version in sorted(answers))


CHECKS = (ssl2_accepted, ssl3_accepted, legacy_version, no_modern_version, no_tls13)
