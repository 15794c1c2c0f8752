"""The rules about what a completed handshake agreed to. Reads facts, never a server."""

from __future__ import annotations

from auditor.check import LOW, check, failed, not_applicable, passed
from auditor.facts.full_handshake import EarlyData
from auditor.facts.tls import TlsVersion
from auditor.model import Evidence, Verdict


@check(
    "tls-early-data",
    reads=EarlyData,
    severity=LOW,
    effort=1,
    controls=("RFC 8446 8", "RFC 8470", "RFC 9325 3.10"),
)
def early_data_taken(facts: EarlyData) -> Verdict:
    """Endpoint takes data that a client sends before the handshake is over.

    Why: Whoever records such data can send it again, so that what a resident ordered once may be done twice. It saves
    one round trip, which no municipal service needs.
    Fix: Switch it off; a front end in a cloud calls it "0-RTT". nginx: `ssl_early_data off;`. HAProxy: no `allow-0rtt`
    on the `bind` line.
    """
    if facts.version is not TlsVersion.TLS13:
        return not_applicable("there is no early data before TLS 1.3")
    looked_at = "the session tickets after a TLS 1.3 handshake"
    if facts.limit:
        return failed("early data is taken", Evidence(looked_at, f"{facts.limit} bytes of early data", "none"))
    return passed("no early data is taken", Evidence(looked_at, "none that allows early data", "none"))


CHECKS = (early_data_taken,)
