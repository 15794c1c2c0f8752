"""The rule for where the header Alt-Svc leads browsers to."""

from __future__ import annotations

from auditor.check import LOW, check, failed, not_applicable, passed
from auditor.facts.alt_svc import Alternative, AlternativesRead
from auditor.model import Evidence, Verdict


@check(
    "alt-svc-elsewhere",
    reads=AlternativesRead,
    severity=LOW,
    effort=1,
    controls=("RFC 7838 2.1", "RFC 7838 9.1", "RFC 7838 9.2"),
)
def elsewhere(facts: AlternativesRead) -> Verdict:
    """Service leads browsers on to another host or port, which this look did not see.

    Why: Browsers may quietly go there from their next request on, for as long as the header says, while the address bar
    names the service. What was found here about versions, ciphers and certificates says nothing of that other door.
    Fix: Ask who set the header Alt-Svc: the web server, the application, or a CDN in front. If that door is meant, list
    it in the inventory as an asset of its own (`https://HOST:PORT/`), so that it is looked at too, and waive this
    finding with a reason that names that asset: this check cannot know of it. What is spoken there by HTTP/3 alone
    cannot be looked at. If it is not meant, let browsers forget it, and take the header away after some weeks; where
    HTTP/3 is served at the service's own port, name that instead (`h3=":443"; ma=86400`). Caddy: `header Alt-Svc
    clear`. nginx: `add_header Alt-Svc clear always;`. Apache: `Header always set Alt-Svc clear`, and no `H2AltSvcs`.
    HAProxy: `http-after-response set-header Alt-Svc clear`.
    """
    if not facts.headers:
        return not_applicable("the answer has no header Alt-Svc")
    at = f"Alt-Svc of {facts.url}"
    others = facts.elsewhere
    if others:
        rows = (Evidence(at, _place(one, facts.host), f"{facts.host}:{facts.port}, or none") for one in others)
        return failed("The header Alt-Svc names another place than the service's own.", *rows)
    if not facts.alternatives:
        return passed("The header Alt-Svc leads browsers nowhere else.")
    over_quic = any(one.is_over_quic for one in facts.alternatives)
    note = " The certificate shown over QUIC was not looked at." if over_quic else ""
    return passed(f"The header Alt-Svc names the service's own host and port alone.{note}")


def _place(one: Alternative, own_host: str) -> str:
    host = one.host or own_host
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{one.port}, by {one.protocol}, for {one.max_age_s} s"


CHECKS = (elsewhere,)
