"""Which leaves do the hellos of one conversation meet? Servers up to TLS 1.2 show them in the clear. Judges nothing.

Behind one address may stand several servers, and a client meets any of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from auditor.errors import Unreachable
from auditor.facts.certificate_variants import LeafShown, LeavesShown
from auditor.facts.cipher_suites import suite
from auditor.facts.tls import TlsVersion
from auditor.late import one_at_a_time
from auditor.probes.client_hello import SIGNATURES
from auditor.probes.offer import Offer
from auditor.probes.server_hello import Answer, ServerHello
from auditor.probes.tls_meaning import NAMES, Question
from auditor.reach import Endpoint, Reach

MOST_CHAINS = 6  # that are kept: a server may have another one for each hello
Chain = tuple[bytes, ...]  # DER, leaf first


class LeavesMet:
    """Of one endpoint, as its hellos are answered."""

    __slots__ = ("_chains",)

    def __init__(self) -> None:
        self._chains: Counter[tuple[TlsVersion, Chain]] = Counter()

    def note(self, hello: Question | Offer, answer: Answer) -> None:
        """A hello that knows other signatures than the rest may be shown another certificate for that."""
        if not isinstance(hello, Offer) or hello.signatures != SIGNATURES or not isinstance(answer, ServerHello):
            return
        key = (NAMES.get(answer.version, hello.version), answer.flight.certificates)
        has_room = key in self._chains or len(self._chains) < MOST_CHAINS
        if answer.flight.certificates and suite(answer.suite).has_certificate and has_room:
            self._chains[key] += 1

    @property
    def is_empty(self) -> bool:
        return not self._chains

    def facts(self, endpoint: Endpoint, reach: Reach) -> LeavesShown:
        """Paths are read where a version showed several leaves: else the handshakes tell of the same."""
        leaves = tuple(self._leaves(endpoint, reach)) if self._chains else ()
        return LeavesShown(observed_at=reach.now(), leaves=leaves)

    def _leaves(self, endpoint: Endpoint, reach: Reach) -> Iterator[LeafShown]:
        with one_at_a_time():
            from auditor.probes.certificate import load, parse_certificate  # noqa: PLC0415 - brings what reads them
            from auditor.probes.chain_reader import ChainReader  # noqa: PLC0415

        reader = ChainReader(reach, endpoint)
        several = Counter(version for version, _ in self._chains)
        for (version, chain), times in self._chains.items():
            try:
                leaf = parse_certificate(load(chain[0]))
                seen = reader.read(chain) if several[version] > 1 else None
            except Unreachable:
                continue
            yield LeafShown(version=version, leaf=leaf, times=times, seen=seen)
