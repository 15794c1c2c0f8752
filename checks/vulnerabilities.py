"""Rules about known holes in TLS software. They read what a server did, not which version it claims to be."""

from __future__ import annotations

from auditor.check import CRITICAL, DEEP, check, failed, passed
from auditor.facts.vulnerabilities import HeartbeatAnswer, Heartbleed
from auditor.model import Evidence, Verdict

SEEN = {
    HeartbeatAnswer.LEAKED: "a heartbeat response with more bytes than were sent to be echoed",
    HeartbeatAnswer.ALERT: "an alert after its own messages, no heartbeat response",
    HeartbeatAnswer.IGNORED: "no response, on a connection that was still alive",
    HeartbeatAnswer.CLOSED: "the connection closed, no heartbeat response; it stays open without heartbeats",
    HeartbeatAnswer.NO_OLD_TLS: "TLS 1.2 and older are refused with the alert protocol_version",
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
    evidence = Evidence(
        looked_at=f"malformed heartbeats over {', '.join(version.label for version in facts.versions)}"
        f" to {facts.server_name or 'the address'}, by {facts.tool}",
        seen=SEEN[facts.answer],
        wanted="no heartbeat response (RFC 6520 section 4)",
    )
    if facts.answer is HeartbeatAnswer.LEAKED:
        return failed("it answers malformed heartbeats with its memory", evidence)
    return passed("malformed heartbeats get no answer", evidence)


CHECKS = (heartbleed,)
