"""Rules about known holes in TLS software. They read what a server did, not which version it claims to be."""

from __future__ import annotations

from auditor.check import CRITICAL, DEEP, HIGH, MEDIUM, check, failed, passed
from auditor.facts.vulnerabilities import (
    CcsAnswer,
    CcsInjection,
    HeartbeatAnswer,
    Heartbleed,
    PaddingAnswer,
    PaddingOracle,
    Played,
    Renegotiation,
    RenegotiationAnswer,
    Robot,
    RobotAnswer,
    TicketAnswer,
    Ticketbleed,
)
from auditor.model import Evidence, Verdict

AN_ALERT = "an alert"  # kept facts of former versions say no more
NO_OLD_TLS = (
    "TLS 1.2 and older are refused: by the alert protocol_version, or by closing as on a hello that nobody can accept"
)

LEAKS = {
    HeartbeatAnswer.LEAKED: "a heartbeat response with more bytes than were sent to be echoed",
    HeartbeatAnswer.ALERT: "an alert after its own messages, no heartbeat response",
    HeartbeatAnswer.IGNORED: "no response, on a connection that was still alive",
    HeartbeatAnswer.CLOSED: "the connection closed, no heartbeat response; it stays open without heartbeats",
    HeartbeatAnswer.NO_OLD_TLS: NO_OLD_TLS,
}
EARLY_MESSAGES = {
    CcsAnswer.TAKEN: "it took it, and then tried to decrypt a record with keys that nobody had agreed on",
    CcsAnswer.ALERT: "an alert",
    CcsAnswer.CLOSED: "the connection closed; it stays open without the early message",
    CcsAnswer.NO_OLD_TLS: NO_OLD_TLS,
}
SESSION_IDS = {
    TicketAnswer.LEAKED: "our session id came back with something behind it that we did not send",
    TicketAnswer.ECHOED: "our session id came back as it was",
    TicketAnswer.DECLINED: "it took neither of two tickets that it had given, on four connections each",
    TicketAnswer.NO_TICKETS: "it gives no tickets",
    TicketAnswer.NO_OLD_TLS: NO_OLD_TLS,
}
RENEGOTIATIONS = {
    RenegotiationAnswer.ACCEPTED: "all were completed",
    RenegotiationAnswer.LIMITED: "some were completed, then refused",
    RenegotiationAnswer.STALLED: "some were completed, then nothing came",
    RenegotiationAnswer.ALERT: "an alert to the first",
    RenegotiationAnswer.IGNORED: "no answer to the first, on a connection that was still alive",
    RenegotiationAnswer.CLOSED: "the connection closed on the first; it stays open where none is asked for",
    RenegotiationAnswer.NO_OLD_TLS: NO_OLD_TLS,
}


@check(
    "tls-heartbleed",
    reads=Heartbleed,
    severity=CRITICAL,
    tier=DEEP,
    effort=3,
    controls=("CVE-2014-0160", "RFC 6520 section 4"),
)
def heartbleed(facts: Heartbleed) -> Verdict:
    """Server gives pieces of its memory to anybody who asks (Heartbleed).

    Why: Whoever sends one small malformed message gets up to 64 kB of the server's memory back, as often as he likes
    and without a trace in its logs. Passwords, residents' data and private keys have been taken this way.
    Fix: Update OpenSSL to a release that still gets fixes (the hole is in 1.0.1 to 1.0.1f; on Debian and Ubuntu:
    apt-get update && apt-get upgrade) and restart every service that uses it. Then treat its secrets as stolen: make a
    new private key, get a new certificate, revoke the old one, and change the passwords that passed through the server.
    """
    evidence = _evidence(
        facts, "malformed heartbeats", LEAKS[facts.answer], "no heartbeat response (RFC 6520 section 4)"
    )
    if facts.answer is HeartbeatAnswer.LEAKED:
        return failed("it answers malformed heartbeats with its memory", evidence)
    return passed("malformed heartbeats get no answer", evidence)


@check(
    "tls-ccs-injection",
    reads=CcsInjection,
    severity=CRITICAL,
    tier=DEEP,
    effort=3,
    controls=("CVE-2014-0224", "RFC 5246 section 7.1"),
)
def ccs_injection(facts: CcsInjection) -> Verdict:
    """Server can be made to use keys that an eavesdropper knows (CCS injection).

    Why: Whoever sits between a resident and the server can slip one message into the start of a connection. Both sides
    then use keys that anybody can compute, and what they exchange can be read and changed on the way.
    Fix: Update OpenSSL to a release that still gets fixes (the hole is in 0.9.8 before 0.9.8za, 1.0.0 before 1.0.0m and
    1.0.1 before 1.0.1h; on Debian and Ubuntu: apt-get update && apt-get upgrade) and restart every service that uses
    it. Change the passwords that passed through the server.
    """
    seen = EARLY_MESSAGES[facts.answer]
    evidence = _evidence(facts, "a ChangeCipherSpec before its time", seen, "refused at once (RFC 5246 section 7.1)")
    if facts.answer is CcsAnswer.TAKEN:
        return failed("it switches to keys before any were agreed", evidence)
    return passed("an early ChangeCipherSpec is not taken", evidence)


@check(
    "tls-robot",
    reads=Robot,
    severity=CRITICAL,
    tier=DEEP,
    effort=3,
    controls=("CVE-2017-13099", "RFC 5246 section 7.4.7.1", "RFC 9325 section 4.1"),
)
def robot(facts: Robot) -> Verdict:
    """Server helps to decrypt recorded connections (ROBOT).

    Why: Its answers tell whether the padding of an encrypted secret was right. Whoever recorded a connection can ask
    again and again until he has its secret, and reads everything in it; he can also sign in the server's name.
    Fix: Turn RSA key exchange off, which needs no update: every suite whose name begins with TLS_RSA. Then update the
    load balancer or TLS library: the vendor's advisory names ROBOT. nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`.
    Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy: `ssl-default-bind-ciphers
    ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`, and no `ciphers` on a `bind` line. Postfix:
    `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high` and `smtpd_tls_mandatory_ciphers
    = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP: `TLSCipherSuite
    ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu) `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    seen = NO_OLD_TLS if facts.answer is RobotAnswer.NO_OLD_TLS else "; ".join(facts.seen)
    seen = (
        f"every suite with RSA key exchange is declined: {seen or AN_ALERT}"
        if facts.answer is RobotAnswer.NO_RSA
        else seen
    )
    evidence = _evidence(facts, "secrets with five paddings, one of them right", seen, "one answer to all of them")
    match facts.answer:
        case RobotAnswer.STRONG_ORACLE:
            return failed("it tells wrong paddings apart: a strong oracle, an attack takes hours", evidence)
        case RobotAnswer.WEAK_ORACLE:
            return failed("it tells right padding from wrong: a weak oracle, an attack takes very long", evidence)
        case RobotAnswer.NO_ORACLE:
            return passed("it answers right and wrong padding alike", evidence)
    return passed("it makes no keys that way", evidence)


@check(
    "tls-ticketbleed",
    reads=Ticketbleed,
    severity=HIGH,
    tier=DEEP,
    effort=2,
    controls=("CVE-2016-9244", "RFC 5077 section 3.4"),
)
def ticketbleed(facts: Ticketbleed) -> Verdict:
    """Load balancer gives away its memory, up to 31 bytes at a time (Ticketbleed).

    Why: Whoever resumes a session with a short session id gets it back with pieces of memory behind it, as often as he
    likes: session ids of other people, and whatever else lay there.
    Fix: Update the load balancer (F5 BIG-IP, article K05121675, names the versions). Until then switch "Session Ticket"
    off in the Client SSL profile.
    """
    seen = SESSION_IDS[facts.answer]
    evidence = _evidence(facts, "a ticket with a session id of 31 bytes", seen, "the same id, nothing behind it")
    if facts.answer is TicketAnswer.LEAKED:
        return failed("it gives back more than was sent, out of its memory", evidence)
    return passed("a session id comes back as it was, or not at all", evidence)


@check(
    "tls-padding-oracle",
    reads=PaddingOracle,
    severity=HIGH,
    tier=DEEP,
    effort=2,
    controls=("CVE-2014-8730", "CVE-2019-6593", "CVE-2019-1559", "RFC 5246 section 6.2.3.2"),
)
def padding_oracle(facts: PaddingOracle) -> Verdict:
    """Server tells what is wrong with a record: a padding oracle (POODLE in TLS, GOLDENDOODLE, Zombie POODLE).

    Why: Whoever sits on the line and can make a resident's browser send requests learns a login cookie byte by byte,
    from how the server refuses records that were changed on the way.
    Fix: Offer no suite with CBC, which needs no update; then update the load balancer or TLS library. nginx:
    `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`. HAProxy:
    `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20` in the section `global`, and no `ciphers` on a `bind` line.
    Postfix: `tls_high_cipherlist = ECDHE+AESGCM:ECDHE+CHACHA20` with `smtpd_tls_ciphers = high` and
    `smtpd_tls_mandatory_ciphers = high`. Dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`. OpenLDAP:
    `TLSCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20` where it is built with OpenSSL, and with GnuTLS (Debian, Ubuntu)
    `TLSCipherSuite
    NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305`.
    PostgreSQL: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`. MySQL, MariaDB: the same list in `ssl_cipher`.
    """
    seen = NO_OLD_TLS if facts.answer is PaddingAnswer.NO_OLD_TLS else "; ".join(facts.seen)
    seen = f"every suite with CBC is declined: {seen or AN_ALERT}" if facts.answer is PaddingAnswer.NO_CBC else seen
    evidence = _evidence(facts, "records that are wrong in five ways", seen, "one refusal of all of them")
    match facts.answer:
        case PaddingAnswer.ORACLE:
            return failed("it answers differently to what is wrong with a record", evidence)
        case PaddingAnswer.NO_ORACLE:
            return passed("it refuses all wrong records alike", evidence)
    return passed("it has no records that are padded so", evidence)


@check(
    "tls-renegotiation-insecure",
    reads=Renegotiation,
    severity=CRITICAL,
    tier=DEEP,
    effort=3,
    controls=("CVE-2009-3555", "RFC 5746", "RFC 9325 section 3.5"),
)
def insecure_renegotiation(facts: Renegotiation) -> Verdict:
    """Server lets strangers put words before those of a resident (insecure renegotiation).

    Why: It starts a connection anew on request, and does not check that it is still the same client. An attacker can
    send a request of his own first and have the resident's login continue it: the server takes both for one.
    Fix: Update the TLS library or the device's firmware to one that knows RFC 5746 (OpenSSL 0.9.8m, GnuTLS 2.10,
    Java 6u22 or later). Until then turn renegotiation off where the device allows it, or put a current nginx or HAProxy
    before it.
    """
    evidence = _evidence(
        facts,
        f"{facts.asked} further handshakes" if facts.asked else "further handshakes",
        f"{_count(facts)}; {_binding(facts)}",
        "none, or each bound to the one before (RFC 5746)",
    )
    if facts.accepted and facts.is_bound is False:
        return failed("it renegotiates without the protection of RFC 5746", evidence)
    if facts.accepted:
        return passed("what it renegotiates is bound to the handshake before", evidence)
    return passed("it does not renegotiate for its clients", evidence)


@check(
    "tls-renegotiation-client",
    reads=Renegotiation,
    severity=MEDIUM,
    tier=DEEP,
    effort=1,
    controls=("CVE-2011-1473", "RFC 9325 section 3.5"),
)
def client_renegotiation(facts: Renegotiation) -> Verdict:
    """Server makes new keys as often as one client asks.

    Why: A handshake costs the server far more work than the client. One cheap computer that asks for thousands within
    one connection, which no limit on connections counts, can keep residents out.
    Fix: Turn renegotiation begun by clients off: nginx, HAProxy and Apache with OpenSSL 1.1.1 or newer refuse it by
    default; on a load balancer look for "renegotiation" in the TLS profile and disable it. Ten or fewer are tolerated.
    """
    evidence = _evidence(
        facts,
        f"{facts.asked} further handshakes within one connection" if facts.asked else "further handshakes",
        _count(facts),
        "refused, at the latest after ten",
    )
    if facts.answer in (RenegotiationAnswer.ACCEPTED, RenegotiationAnswer.STALLED):
        return failed("it renegotiates and never refused", evidence)
    if facts.answer is RenegotiationAnswer.LIMITED:
        return passed(f"it refuses after {facts.accepted}", evidence)
    return passed("it does not renegotiate for its clients", evidence)


def _evidence(facts: Played, what: str, seen: str, wanted: str) -> Evidence:
    versions = ", ".join(version.label for version in facts.versions)
    to = facts.server_name or "the address"
    return Evidence(looked_at=f"{what} over {versions} to {to}, by {facts.tool}", seen=seen, wanted=wanted)


def _count(facts: Renegotiation) -> str:
    words = RENEGOTIATIONS[facts.answer]
    return f"{words} ({facts.accepted} of {facts.asked})" if facts.accepted else words


def _binding(facts: Renegotiation) -> str:
    if facts.is_bound is None:
        return "there is no renegotiation in TLS 1.3"
    return "renegotiation_info in its hello" if facts.is_bound else "no renegotiation_info in its hello"


CHECKS = (heartbleed, ccs_injection, robot, ticketbleed, padding_oracle, insecure_renegotiation, client_renegotiation)
