"""The rules about TLS on ports that begin in the clear. Reads what a port answered, never a server."""

from __future__ import annotations

from auditor.check import CRITICAL, DEEP, HIGH, check, failed, not_applicable, passed
from auditor.facts.starttls import LoginBeforeTls, Spoken, StartTls, StartTlsInjection, TlsStart, TogetherAnswer
from auditor.model import Evidence, Verdict

# Mechanisms that put a password, or what is as good as one, on the line (RFC 4616, RFC 7628; LOGIN and XOAUTH2 have no
# RFC of their own).
READABLE = frozenset({"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"})
EARLY_COMMANDS = {
    TogetherAnswer.ANSWERED: "an answer inside TLS",
    TogetherAnswer.DISCARDED: "no answer inside TLS",
    TogetherAnswer.CLOSED: "the connection closed; it stays open without the command",
}
COMMANDS = {Spoken.IMAP: "LOGIN", Spoken.POP3: "USER"}


@check(
    "starttls-not-offered",
    reads=StartTls,
    severity=CRITICAL,
    effort=1,
    controls=("RFC 3207", "RFC 8314 4", "BOD 18-01"),
)
def not_offered(facts: StartTls) -> Verdict:
    """Port offers no encryption.

    Why: Everything that goes over it can be read and changed by whoever sits on the line: mail with its attachments,
    names and passwords, records out of a database.
    Fix: Install a certificate and switch TLS on. If it is on already, a firewall that inspects the protocol may take
    the offer out: switch that inspection off. Postfix: `smtpd_tls_chain_files = /etc/ssl/mail.pem` (in it the key, then
    the certificate and its issuers) and `smtpd_tls_security_level = may`. Dovecot: `ssl = required`. OpenLDAP:
    `TLSCertificateFile` and `TLSCertificateKeyFile`. PostgreSQL: `ssl = on`. MySQL, MariaDB: `ssl_cert` and `ssl_key`.
    """
    if facts.start is TlsStart.DIRECT:
        return not_applicable("TLS begins with the first byte there, so it is not offered in the clear")
    looked_at = f"{facts.spoken.label}: the request for TLS"
    if facts.start is TlsStart.UPGRADED:
        return passed("The port goes over to TLS.", Evidence(looked_at, "agreed to, and TLS was spoken", "TLS"))
    return failed("The port does not go over to TLS.", Evidence(looked_at, f"{facts.answer}, twice", "TLS"))


@check(
    "starttls-login-before-tls",
    reads=LoginBeforeTls,
    severity=HIGH,
    effort=1,
    controls=("RFC 8314 3", "RFC 4954 4", "RFC 9051 11.3"),
)
def login_before_tls(facts: LoginBeforeTls) -> Verdict:
    """Server takes passwords without encryption.

    Why: A program that is set up wrongly, or is kept from TLS by somebody on the line, sends its user's name and
    password in the clear, and the server lets it. Nobody notices, since everything works.
    Fix: Allow logins inside TLS only (Exchange: tick "Offer Basic authentication only after starting TLS"). Postfix:
    `smtpd_tls_auth_only = yes`. Dovecot: `disable_plaintext_auth = yes` (`auth_allow_cleartext = no` from 2.4 on).
    """
    if facts.spoken is Spoken.TLS:
        return not_applicable("TLS begins with the first byte there, so nothing goes before it")
    if not facts.spoken.tells_of_logins:
        return not_applicable(f"{facts.spoken.label} tells nobody before a login which ones it takes")
    looked_at = f"{facts.spoken.label}: the logins listed before TLS"
    wanted = "none that shows a password"
    readable = [name for name in facts.mechanisms if name in READABLE]
    if facts.takes_password:
        readable.insert(0, COMMANDS.get(facts.spoken, "name and password"))
    if readable:
        return failed("Passwords are taken in the clear.", Evidence(looked_at, ", ".join(readable), wanted))
    seen = ", ".join(facts.mechanisms) or "none"
    return passed("No password is asked for before TLS.", Evidence(looked_at, seen, wanted))


@check(
    "starttls-injection",
    reads=StartTlsInjection,
    severity=HIGH,
    tier=DEEP,
    effort=2,
    controls=("CVE-2011-0411", "RFC 3207 section 4.2", "RFC 9051 section 6.2.1"),
)
def injection(facts: StartTlsInjection) -> Verdict:
    """Server runs commands inside TLS that came before it (STARTTLS injection).

    Why: Whoever sits on the line can slip commands of his own in front of those of a resident's program, and the server
    takes them for the resident's: his login, his mail, into somebody else's hands.
    Fix: Update the mail server; all current ones throw away what comes before TLS (Postfix 2.8, Dovecot 2.3.14.1 and
    later). If it is current, a proxy or virus filter before it may be at fault: its maker's advisory names
    CVE-2011-0411.
    """
    if facts.answer is TogetherAnswer.NOT_SENT:
        return not_applicable(f"{facts.spoken.label} has no commands that could wait before TLS")
    looked_at = f"{facts.command}, sent in one piece with the request for TLS, twice"
    row = Evidence(looked_at, EARLY_COMMANDS[facts.answer], "no answer inside TLS")
    if facts.answer is TogetherAnswer.ANSWERED:
        return failed("A command from before TLS is run inside it.", row)
    return passed("What comes before TLS is thrown away.", row)


CHECKS = (not_offered, login_before_tls, injection)
