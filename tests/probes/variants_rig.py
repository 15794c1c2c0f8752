"""The look at what other clients are shown, alone: after one handshake that anybody would make."""

from __future__ import annotations

from auditor.errors import Unreachable
from auditor.facts.certificate_variants import VariantRevocation
from auditor.probe import Seen, Unseen
from auditor.probes.chain_reader import ChainReader, Usual
from auditor.probes.handshake import shake_hands_in_full
from auditor.probes.host_name import server_name
from auditor.probes.offer import WEB
from auditor.probes.variants_look import look_at_variants
from auditor.reach import Endpoint, Reach


def variants_at(host: str, port: int, reach: Reach, way: Reach) -> list[Seen | Unseen]:
    """Of every address of the name, what is shown. `way`: the reach whose connections begin where TLS does."""
    return [one for one in _said(host, port, reach, way) if not _is_of_authorities(one)]


def taken_back_at(host: str, port: int, reach: Reach, way: Reach) -> dict[str, Seen | Unseen]:
    """What the authorities say of it, by type of key."""
    said = _said(host, port, reach, way)
    return {one.locus.rpartition(" ")[2]: one for one in said if _is_of_authorities(one)}


def _said(host: str, port: int, reach: Reach, way: Reach) -> list[Seen | Unseen]:
    return [
        one
        for endpoint in reach.endpoints(host, port)
        for one in look_at_variants(ChainReader(reach, endpoint), way, usual(endpoint, way))
    ]


def _is_of_authorities(one: Seen | Unseen) -> bool:
    return VariantRevocation in (one.facts_type if isinstance(one, Unseen) else type(one.facts),)


def usual(endpoint: Endpoint, way: Reach) -> Usual:
    """What anybody is shown."""
    try:
        with way.stream(endpoint) as stream:
            return shake_hands_in_full(stream, server_name(endpoint.host), WEB)
    except Unreachable as error:
        return error.to_keep()
