"""The look at one address of a web service: one handshake for the certificate, one request to port 80, one over HTTPS,
and the redirects from there; then the handshakes of other clients. Must not know what is wanted of any of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts, target_text
from auditor.facts.web import Chain, HttpsAnswer, HttpsOffer, HttpsService, PlainHttp, Redirects, Software
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.probes.alt_svc import alt_svc_headers
from auditor.probes.any_curve import first_as_anybody
from auditor.probes.chain_reader import ChainReader, Usual
from auditor.probes.handshake import Declined, Shown, shake_hands_in_full
from auditor.probes.handshake_talk import Wants
from auditor.probes.host_name import is_address, server_name
from auditor.probes.hsts import parse_hsts
from auditor.probes.offer import WEB
from auditor.probes.redirects import Asker, follow, shown, twice
from auditor.probes.variants_look import look_at_variants
from auditor.probes.web_service import WebService
from auditor.reach import Endpoint, Reach
from auditor.records import dataclass

if TYPE_CHECKING:
    from auditor.reach.http import HttpAnswer

T = TypeVar("T")

HSTS_LIMIT = 1_024  # characters of a header that are kept
HEADERS_KEPT = 5  # of those that come again and again
# A request that failed like this was at least connected: the host still takes connections from us.
CONNECTED = frozenset(
    {Reason.NOT_TLS, Reason.TLS_FAILED, Reason.NOT_HTTP, Reason.TOO_LONG, Reason.MALFORMED, Reason.TRUNCATED}
)

PRODUCTS = {
    "nginx": Software.NGINX,
    "openresty": Software.NGINX,
    "apache": Software.APACHE,
    "haproxy": Software.HAPROXY,
    "microsoft-iis": Software.IIS,
}

Followed: TypeAlias = "tuple[HttpAnswer, Chain] | Unreachable"


@dataclass(slots=True)
class WebLook:
    """One address. `partner`: the same address on the plain HTTP port; None where the name does not lead there."""

    reach: Reach
    asker: Asker
    service: WebService
    endpoint: Endpoint
    partner: Endpoint | None

    def observations(self) -> Iterator[Seen | Unseen]:
        hands = _tried(self._shake_hands_patiently)
        http = self._follow_http()
        https = self._follow_https(hands)
        # A no is believed when it is said twice, with an answer of the same host in between.
        again = _tried(self._shake_hands) if _is_no(hands) else hands
        reader = ChainReader(self.reach, self.endpoint)
        yield reader.usual(hands)
        yield self._offer(hands, again, http)
        yield from self._https_service(https)
        if self.partner is not None:
            control_held = _is_connected(https) or (isinstance(hands, Declined) and hands == again)
            yield from self._plain_http(self.partner, http, is_controlled=control_held)
        yield from look_at_variants(reader, self.reach, hands)

    def plain_http_alone(self) -> Iterator[Seen | Unseen]:
        return self._plain_http(self.endpoint, self._follow_http(), is_controlled=False)

    def _shake_hands(self, wants: Wants = Wants.ANYTHING) -> Shown | Declined:
        with self.reach.stream(self.endpoint) as stream:
            hands = shake_hands_in_full(stream, server_name(self.endpoint.host), WEB, wants=wants)
        if isinstance(hands, Declined):
            self.reach.doubt()
        return hands

    def _shake_hands_patiently(self) -> Shown | Declined:
        return first_as_anybody(lambda wants: twice(self.reach, self.endpoint, lambda: self._shake_hands(wants)))

    def _follow_http(self) -> Followed:
        partner = self.partner
        if partner is None:
            return Unreachable(Reason.NOT_OBSERVED, self.endpoint.locus)
        return _tried(lambda: follow(self.asker, partner, self.service.url("http")))

    def _follow_https(self, hands: Usual) -> Followed:
        url = self.service.url("https")
        if not isinstance(hands, Shown):
            why = _why_not(hands, self.endpoint)
            self.asker.note(self.endpoint, url, why)
            return why
        return _tried(lambda: follow(self.asker, self.endpoint, url))

    def _offer(self, hands: Usual, again: Usual, http: Followed) -> Seen | Unseen:
        said = _answer(hands)
        is_dead = isinstance(http, Unreachable) and said is not HttpsAnswer.PLAIN_HTTP
        if not isinstance(hands, Shown) and (said is None or is_dead):
            return self._unseen(HttpsOffer, _why_not(hands, self.endpoint))
        if said is None or _answer(again) is not said:
            return Unseen(HttpsOffer, self.endpoint.locus, Reason.INCONSISTENT, self.endpoint.locus)
        status = None if isinstance(http, Unreachable) else http[0].status
        offer = HttpsOffer(
            observed_at=self.reach.now(), url=shown(self.service.url("https")), answer=said, plain_http_status=status
        )
        return Seen(offer, self.endpoint.locus)

    def _https_service(self, https: Followed) -> Iterator[Seen | Unseen]:
        if isinstance(https, Unreachable):
            yield self._unseen(HttpsService, https)
            yield self._unseen(Redirects, https)
            return
        answer, chain = https
        url, now = shown(self.service.url("https")), self.reach.now()
        yield Seen(parse_service(answer, url, server_name(self.service.host), now), self.endpoint.locus)
        yield Seen(Redirects(observed_at=now, url=url, chain=chain), self.endpoint.locus)

    def _plain_http(self, endpoint: Endpoint, http: Followed, *, is_controlled: bool) -> Iterator[Seen | Unseen]:
        """A closed port counts only while the host takes connections elsewhere: the blocked see closed ports."""
        if isinstance(http, Unreachable) and not (http.reason is Reason.REFUSED and is_controlled):
            yield Unseen(PlainHttp, endpoint.locus, http.reason, http.detail)
            yield Unseen(Redirects, endpoint.locus, http.reason, http.detail)
            return
        chain = None if isinstance(http, Unreachable) else http[1]
        url, now = shown(self.service.url("http")), self.reach.now()
        yield Seen(PlainHttp(observed_at=now, url=url, chain=chain), endpoint.locus)
        yield Seen(Redirects(observed_at=now, url=url, chain=chain), endpoint.locus)

    def _unseen(self, facts_type: type[Facts], error: Unreachable) -> Unseen:
        return Unseen(facts_type, self.endpoint.locus, error.reason, error.detail)


def parse_service(answer: HttpAnswer, url: str, host: str, observed_at: datetime) -> HttpsService:
    """The answer to the https URL, as facts. `host`: in A-label form."""
    headers = answer.values("Strict-Transport-Security")
    return HttpsService(
        observed_at=observed_at,
        url=url,
        host=host,
        host_is_address=is_address(host),
        status=answer.status,
        hsts_headers=tuple(target_text(value, HSTS_LIMIT) for value in headers[:HEADERS_KEPT]),
        hsts=parse_hsts(headers[0]) if headers else None,
        software=software_of(answer.values("Server")),
        alt_svc_headers=alt_svc_headers(answer),
    )


def software_of(claims: Sequence[str]) -> Software | None:
    """What a Server header claims (RFC 9110 section 10.2.4): its first product, if it is one that we know."""
    product = claims[0].strip().partition(" ")[0].partition("/")[0].lower() if claims else ""
    return PRODUCTS.get(product)


def _tried(operation: Callable[[], T]) -> T | Unreachable:
    """What an operation gives, or why it does not."""
    try:
        return operation()
    except Unreachable as error:
        return error.to_keep()


def _is_no(hands: Usual) -> bool:
    return isinstance(hands, Declined) or (isinstance(hands, Unreachable) and hands.reason is Reason.REFUSED)


def _is_connected(https: Followed) -> bool:
    return not isinstance(https, Unreachable) or https.reason in CONNECTED


def _answer(hands: Usual) -> HttpsAnswer | None:
    """The explicit answer of a port to a TLS client; None: it gave none."""
    if isinstance(hands, Shown):
        return HttpsAnswer.TLS
    if isinstance(hands, Declined):
        return hands.answer
    return HttpsAnswer.REFUSED if hands.reason is Reason.REFUSED else None


def _why_not(hands: Declined | Unreachable, endpoint: Endpoint) -> Unreachable:
    return hands if isinstance(hands, Unreachable) else Unreachable(hands.reason, endpoint.locus)
