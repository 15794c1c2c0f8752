"""The rule for the versions of QUIC that HTTP/3 is spoken in."""

from __future__ import annotations

import re

from auditor.check import LOW, ONLINE, check, failed, not_applicable, passed
from auditor.facts.quic import QuicVersions
from auditor.model import Evidence, Verdict

STANDARD = {0x0000_0001: "1 (RFC 9000)", 0x6B33_43CF: "2 (RFC 9369)"}
IETF_DRAFTS = 0xFF00_0000  # and the number of the draft (RFC 9000 section 22.1.1)
DRAFT_OF_2 = 0x709A_50C4  # of the last drafts of RFC 9369; quic-go and HAProxy spoke it
UNSEEN = "The certificate shown over QUIC was not looked at."
OF_GOOGLE = re.compile(rb"[QT]\d{3}")  # Google's own, from before and beside the standard, as four letters


@check(
    "quic-draft-version",
    reads=QuicVersions,
    severity=LOW,
    tier=ONLINE,
    effort=3,
    controls=("RFC 9114 3.1", "RFC 9000 15", "RFC 9001 4"),
)
def draft_version(facts: QuicVersions) -> Verdict:
    """HTTP/3 is advertised, and the server speaks no standard version of QUIC.

    Why: Browsers of today try HTTP/3 there in vain. What still speaks a draft or a maker's own version is as old as
    that version and mostly gets no security updates; Google's first ones have an encryption of their own instead of TLS
    1.3.
    Fix: Update what answers at the service's UDP port, which may be a load balancer or a CDN in front. Or switch HTTP/3
    off: take away the lines that are named here, and the header Alt-Svc. Caddy speaks the standard from 2.6 on by
    itself; `protocols h1 h2` in the block `servers` of its global options switches HTTP/3 off. nginx: 1.25.0 or later,
    with `listen 443 quic reuseport;`. HAProxy: 2.6 or later, with `bind quic4@:443 ssl crt NAME.pem alpn h3`.
    """
    if not facts.protocols:
        return not_applicable("HTTP/3 is not advertised at the service's own host and port")
    standard = [STANDARD[one] for one in facts.versions if one in STANDARD]
    seen = ", ".join(map(_named, facts.versions))
    row = Evidence(f"versions of QUIC named at {facts.url}", seen, "1 (RFC 9000) or 2 (RFC 9369)")
    if not standard:
        return failed("The server names drafts of QUIC, or makers' own versions, alone.", row)
    words = " and ".join(dict.fromkeys(standard))
    return passed(f"QUIC is spoken in version {words}, encrypted by TLS 1.3 (RFC 9001). {UNSEEN}", row)


def _named(version: int) -> str:
    """A version as people call it."""
    if version in STANDARD:
        return STANDARD[version]
    if version == DRAFT_OF_2:
        return "a draft of version 2"
    letters = version.to_bytes(4, "big")
    if OF_GOOGLE.fullmatch(letters):
        return f"{letters.decode('ascii')} (Google's own)"
    if version & 0xFFFF_FF00 == IETF_DRAFTS:
        return f"draft {version & 0xFF}"
    return f"0x{version:08x} (no standard)"


CHECKS = (draft_version,)
