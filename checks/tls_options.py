"""The rules about what a handshake agrees to beside suites and keys. Reads facts, never a server."""

from __future__ import annotations

from auditor.check import HIGH, LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.tls_exchange import FallbackAnswer, LongHellos, OldHello, TlsFallback, TlsOptions, TlsTolerance
from auditor.model import Evidence, Verdict

ONLY_13 = "every version before TLS 1.3 is refused"


@check(
    "tls-no-extended-master-secret",
    reads=TlsOptions,
    severity=MEDIUM,
    effort=3,
    controls=("RFC 7627", "RFC 9325 3.5", "NIST SP 800-52r2 3.4"),
)
def no_extended_master_secret(facts: TlsOptions) -> Verdict:
    """Endpoint does not bind its TLS 1.2 keys to the handshake that made them.

    Why: Without the extended master secret two connections can be brought to share their keys, so that somebody in
    between can pass for a client that proved who it is (the triple handshake attack of 2014).
    Fix: Update the server's TLS software: OpenSSL 1.1.0, GnuTLS 3.4, Java 8u161, Windows Server 2019 or later have it,
    and nothing needs to be set.
    """
    if facts.hello is None:
        return not_applicable(ONLY_13)
    return _wanted(facts.hello, facts.hello.has_extended_master_secret, "extended_master_secret (RFC 7627)")


@check(
    "tls-no-secure-renegotiation",
    reads=TlsOptions,
    severity=MEDIUM,
    effort=3,
    controls=("RFC 5746", "RFC 9325 3.5", "CVE-2009-3555"),
)
def no_secure_renegotiation(facts: TlsOptions) -> Verdict:
    """Endpoint does not protect renegotiation.

    Why: A server that renegotiates without this protection lets an attacker put words of his own before those of a
    resident (2009). Whether it does renegotiate is tested in the deep tier; a client cannot tell beforehand.
    Fix: Update the server's TLS software, which dates from before 2011: OpenSSL 0.9.8m or later, and any newer one.
    """
    if facts.hello is None:
        return not_applicable(ONLY_13)
    return _wanted(facts.hello, facts.hello.has_secure_renegotiation, "renegotiation_info (RFC 5746)")


@check(
    "tls-compression",
    reads=TlsOptions,
    severity=HIGH,
    effort=1,
    controls=("RFC 9325 3.3", "NIST SP 800-52r2 3.7", "CVE-2012-4929 (CRIME)"),
)
def compression(facts: TlsOptions) -> Verdict:
    """Endpoint compresses before it encrypts.

    Why: The length of what was compressed tells what is in it. An attacker who can make a browser send requests reads
    the cookie that keeps a resident logged in (CRIME).
    Fix: Switch it off, or use a TLS library without zlib. Apache: `SSLCompression off`. nginx: update to 1.3.2 or
    later, which never compresses.
    """
    if facts.hello is None:
        return not_applicable(ONLY_13)
    label = facts.hello.version.label
    if not facts.hello.compression:
        return passed("nothing is compressed", Evidence(f"a {label} hello that offers DEFLATE", "none picked", "none"))
    row = Evidence(f"a {label} hello that offers DEFLATE", f"method {facts.hello.compression} picked", "none")
    return failed("compression is picked", row)


@check(
    "tls-no-downgrade-signal",
    reads=TlsFallback,
    severity=LOW,
    effort=3,
    controls=("RFC 7507", "RFC 9325 3.1.3"),
)
def no_downgrade_signal(facts: TlsFallback) -> Verdict:
    """Endpoint does not notice that a client was made to fall back to an older version.

    Why: An attacker who disturbs the first tries of a client can make it try again with an older version. A server that
    knows the signal for that ends such a connection.
    Fix: Allow one version before TLS 1.3 only, so that there is nothing to fall back to. nginx: `ssl_protocols TLSv1.2
    TLSv1.3;`. Apache: `SSLProtocol -all +TLSv1.2 +TLSv1.3`. HAProxy: `ssl-default-bind-options ssl-min-ver TLSv1.2` in
    the section `global`, and no `ssl-min-ver` on a `bind` line.
    """
    if facts.answer is FallbackAnswer.NOT_ASKED:
        return not_applicable("fewer than two versions up to TLS 1.2 are accepted")
    looked_at = "a hello of an older version that signals a fallback"
    if facts.answer is FallbackAnswer.STOPPED:
        said = facts.said or "alert 86 (inappropriate_fallback)"
        return passed("a fallback is noticed", Evidence(looked_at, said, "alert 86"))
    return failed("a fallback is not noticed", Evidence(looked_at, "a ServerHello", "alert 86"))


@check(
    "tls-intolerant",
    reads=TlsTolerance,
    severity=LOW,
    effort=3,
    controls=("RFC 8701", "RFC 8446 4.1.2"),
)
def intolerant(facts: TlsTolerance) -> Verdict:
    """Endpoint declines clients that offer something it does not know.

    Why: The next version of TLS, or a new browser, will be locked out, or will have to fall back to weaker protection
    for everybody's sake.
    Fix: Update the server's TLS software, or the device before it that reads handshakes.
    """
    row = Evidence("a hello with unknown numbers and an unborn version", facts.answer, "a ServerHello")
    if facts.is_tolerant:
        return passed("what is not known is read past", row)
    return failed("a hello with unknown numbers is declined", row)


@check(
    "tls-long-hello-declined",
    reads=LongHellos,
    severity=LOW,
    effort=3,
    controls=("RFC 7685", "RFC 8446 4.1.2"),
)
def long_hello_declined(facts: LongHellos) -> Verdict:
    """Endpoint declines clients whose first message is long.

    Why: Browsers with post-quantum key exchange send a first message that does not fit into one packet. Where it is
    declined, they cannot connect, or only after falling back to weaker protection.
    Fix: Update the device that reads handshakes before the server: load balancer, firewall, filter. If there is none,
    update the server's TLS software.
    """
    if not facts.hellos:
        return not_applicable("no version with extensions is accepted")
    rows = [Evidence(f"a hello of {one.size} bytes", one.answer, "a ServerHello") for one in facts.hellos]
    if all(one.is_answered for one in facts.hellos):
        return passed("hellos of every length are answered", *rows)
    return failed("a hello of one length is declined, and of another is not", *rows)


def _wanted(hello: OldHello, is_there: bool, what: str) -> Verdict:  # noqa: FBT001 - the fact itself
    row = Evidence(f"the {hello.version.label} ServerHello", what if is_there else f"without {what}", what)
    return passed("it is agreed to", row) if is_there else failed("it is not agreed to", row)


CHECKS = (
    no_extended_master_secret,
    no_secure_renegotiation,
    compression,
    no_downgrade_signal,
    intolerant,
    long_hello_declined,
)
