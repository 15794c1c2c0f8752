"""What all addresses behind one name should answer alike, and how each answer is put in words. Compares nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from auditor.derive import Undecided
from auditor.facts.base import Facts
from auditor.facts.certificates import CertificateSeen
from auditor.facts.cipher_suites import suite
from auditor.facts.named_groups import group_name
from auditor.facts.tls import TlsVersions
from auditor.facts.tls_exchange import TlsGroups, TlsOptions
from auditor.facts.tls_suites import TlsSuites, Unsettled
from auditor.facts.web import (
    Chain,
    EffectiveHsts,
    HstsState,
    HttpEnd,
    HttpOutcome,
    HttpsAnswer,
    HttpsOffer,
    PlainHttp,
    Redirects,
)
from auditor.model import Reason
from auditor.records import dataclass
from checks.derivations.certificate_trust import certificate_fault, distrust_of

OFFERS = {
    HttpsAnswer.TLS: "TLS",
    HttpsAnswer.REFUSED: "the port is closed",
    HttpsAnswer.PLAIN_HTTP: "HTTP without encryption",
    HttpsAnswer.NAME_REFUSED: "TLS is refused for this name",
}
ENDS = {
    HttpEnd.CLOSED: "the port is closed",
    HttpEnd.HTTPS: "it leads to HTTPS",
    HttpEnd.CONTENT: "a page or a login without encryption",
    HttpEnd.NO_CONTENT: "an error or an empty answer without encryption",
}
NO_HSTS = {
    HstsState.ABSENT: "no header",
    HstsState.INVALID: "a header that breaks the syntax",
    HstsState.SWITCHED_OFF: "switched off (max-age=0)",
}
REASONS = {reason.word: reason for reason in Reason}
Answer = tuple[str, ...]  # all that an address says to one question, in order


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that all addresses should answer alike.

    `answer` None: the facts are about something else. It raises Undecided where they do not settle the question.
    """

    words: str
    reads: type[Facts]
    answer: Callable[[Facts], Answer | None]


def _versions(facts: TlsVersions) -> Answer:
    if facts.unknown:
        raise Undecided(REASONS[facts.unknown[0].reason], facts.unknown[0].version.label)
    return tuple(version.label for version in sorted(facts.accepted))


def _suites(facts: TlsSuites) -> Answer:
    for row in facts.versions:
        _require_settled(row.unsettled)
    return tuple(sorted({suite(number).name for row in facts.versions for number in row.accepted}))


def _groups(facts: TlsGroups) -> Answer:
    _require_settled(facts.open_in_tls13)
    _require_settled(facts.open_in_older)
    return tuple(sorted({group_name(number) for number in (*facts.in_tls13, *facts.in_older)})) or ("none",)


def _require_settled(doubt: Unsettled | None) -> None:
    if doubt is not None:
        raise Undecided(REASONS[doubt.reason], doubt.detail)


def _certificate(facts: CertificateSeen) -> Answer:
    """Which one it is does not matter here: many cities renew machine by machine."""
    fault = distrust_of(facts) or certificate_fault(facts)
    if not fault and not facts.end.is_anchored:
        raise Undecided(Reason.CHAIN_INCOMPLETE, f"nobody sent the issuer {facts.path[-1].issuer!r}")
    return (fault or "valid",)


def _options(facts: TlsOptions) -> Answer | None:
    hello = facts.hello
    if hello is None:
        return None
    asked = {
        "extended master secret": hello.has_extended_master_secret,
        "secure renegotiation": hello.has_secure_renegotiation,
        "compression": bool(hello.compression),
    }
    return tuple(words for words, is_on in asked.items() if is_on) or ("none",)


def _offer(facts: HttpsOffer) -> Answer:
    return (OFFERS[facts.answer],)


def _http(facts: HttpOutcome) -> Answer:
    return (ENDS[facts.end],)


def _http_target(facts: PlainHttp) -> Answer | None:
    return _target(facts.chain) if facts.chain else None


def _https_target(facts: Redirects) -> Answer | None:
    return _target(facts.chain) if facts.chain and facts.url.startswith("https:") else None


def _target(chain: Chain) -> Answer:
    """The first host beyond the service's own: what comes after it is that host's doing."""
    home = chain.hops[0].host
    hosts = [hop.host for hop in chain.hops]
    hosts += [urlsplit(chain.unfollowed).hostname or ""] * bool(chain.stopped)
    away = next((host for host in hosts if host != home), home)
    if not away or (away == home and chain.stopped):
        raise Undecided(REASONS.get(chain.stopped, Reason.NOT_OBSERVED), chain.detail)
    return (away,)


def _hsts(facts: EffectiveHsts) -> Answer | None:
    """The header. That browsers ignore it is told with the certificate."""
    if facts.state is HstsState.ADDRESS:
        return None
    if facts.state in NO_HSTS:
        return (NO_HSTS[facts.state],)
    wide = " with includeSubDomains" if "includesubdomains" in facts.header.lower() else ""
    return (f"max-age={facts.max_age_s}{wide}",)


def _question(words: str, reads: type[Facts], answer: Callable[..., Answer | None]) -> Question:
    return Question(words, reads, cast("Callable[[Facts], Answer | None]", answer))


QUESTIONS = (
    _question("HTTPS", HttpsOffer, _offer),
    _question("versions", TlsVersions, _versions),
    _question("cipher suites", TlsSuites, _suites),
    _question("groups", TlsGroups, _groups),
    _question("options up to TLS 1.2", TlsOptions, _options),
    _question("certificate", CertificateSeen, _certificate),
    _question("plain HTTP", HttpOutcome, _http),
    _question("where plain HTTP leads", PlainHttp, _http_target),
    _question("where HTTPS leads", Redirects, _https_target),
    _question("HSTS", EffectiveHsts, _hsts),
)
