"""Asks who advertises HTTP/3 which versions of QUIC are spoken, by one datagram. Must not know which are good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.errors import Unreachable
from auditor.facts.alt_svc import is_at, parse_alt_svc
from auditor.facts.base import Facts, target_text
from auditor.facts.quic import QuicVersions
from auditor.model import Asset, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.alt_svc import alt_svc_headers
from auditor.probes.host_name import server_name
from auditor.probes.https_address import https_of
from auditor.probes.quic_packet import Question
from auditor.probes.redirects import Asker, shown, twice
from auditor.probes.web_service import WebService
from auditor.reach import Endpoint, Reach

ANSWER_S = 2.0  # a server answers without thinking, so this is a round trip; QUIC itself repeats after one second
PROTOCOL_LIMIT = 32


class QuicProbe:
    """Which versions of QUIC are spoken where HTTP/3 is advertised?

    It looks alone. Beside another probe its silence would be in doubt, and what is in doubt makes all pages of the look
    be asked for once more; this probe costs no connection but its own datagrams.
    """

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.ONLINE
    yields: ClassVar[tuple[type[Facts], ...]] = (QuicVersions,)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        """Raises Unreachable when the name leads nowhere we may go."""
        service, asker = WebService.of(asset), Asker.of(reach)
        for endpoint in reach.endpoints(service.host, service.https_port):
            try:
                yield Seen(versions_at(endpoint, service, asker), endpoint.locus)
            except Unreachable as error:
                yield Unseen(QuicVersions, endpoint.locus, error.reason, error.detail)

    def plan(self, asset: Asset) -> Iterable[str]:
        host, port = https_of(asset.address)
        yield f"udp {host}:{port} one datagram of QUIC, or two, to each address that advertises HTTP/3 there by Alt-Svc"


def versions_at(endpoint: Endpoint, service: WebService, asker: Asker) -> QuicVersions:
    """What one address names, where its own answer advertises HTTP/3 there. Raises Unreachable."""
    url, reach = service.url("https"), asker.reach
    protocols = _advertised(alt_svc_headers(asker.ask(endpoint, url)), service)
    versions = twice(reach, endpoint, lambda: _named(endpoint, reach)) if protocols else ()
    return QuicVersions(observed_at=reach.now(), url=shown(url), protocols=protocols, versions=versions)


def _advertised(headers: tuple[str, ...], service: WebService) -> tuple[str, ...]:
    """The ids of HTTP over QUIC at the service's own host and port. Raises Unreachable(MALFORMED)."""
    alternatives = parse_alt_svc(headers)
    if alternatives is None:
        raise Unreachable(Reason.MALFORMED, f"the header Alt-Svc of {shown(service.url('https'))}")
    host, port = server_name(service.host), service.https_port
    ids = (one.protocol for one in alternatives if one.is_over_quic and is_at(one, host, port))
    return tuple(dict.fromkeys(target_text(one, PROTOCOL_LIMIT) for one in ids))


def _named(endpoint: Endpoint, reach: Reach) -> tuple[int, ...]:
    question, seconds = Question.drawn(), min(ANSWER_S, reach.limits.operation_s)
    return reach.ask_by_datagram(endpoint, question.datagram, question.versions_in, seconds=seconds)
