"""The look at one address with clients of one key type only, and with one that names no server.

Three handshakes: for each type of key, and without a name; beside the usual one, whose certificate is judged as such.
Where the nameless one is declined, one more shows that the address still speaks to us. What is said before TLS
(STARTTLS) is said each time. Must not know what a good certificate is.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.errors import Unreachable
from auditor.facts.base import target_text
from auditor.facts.certificate_variants import CertificateVariant, NamelessCertificate, Variant, VariantRevocation
from auditor.facts.full_handshake import FullHandshake
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.probes.chain_reader import ChainReader, Usual
from auditor.probes.handshake import Declined, NothingFits, Shown
from auditor.probes.host_name import is_address, server_name
from auditor.probes.stapled import parse_staple
from auditor.probes.trust_store import trust_store
from auditor.probes.variant_hands import CLIENTS, Clients, Hands, NotBegun, in_words, refusal_of
from auditor.probes.variant_revocation import Authorities
from auditor.reach import Endpoint, Reach
from auditor.records import dataclass


def look_at_variants(reader: ChainReader, way: Reach, usual: Usual) -> Iterator[Seen | Unseen]:
    """Of one address: each type of key, and no name. `way`: the reach whose connections begin where TLS does.

    `usual`: what a full handshake came to that anybody would make. Without a certificate nobody else is asked.
    """
    if isinstance(usual, Shown):
        return _Look(reader, way, usual).observations()
    return _nothing(reader.endpoint, usual)


def locus_of(endpoint: Endpoint, variant: Variant) -> str:
    """An address shows each type of key apart."""
    return f"{endpoint.locus} {variant.value}"


@dataclass(slots=True)
class _Look:
    """One address. `is_speaking`: the last handshake of all succeeded."""

    reader: ChainReader
    way: Reach
    usual: Shown
    is_speaking: bool = False

    @property
    def endpoint(self) -> Endpoint:
        return self.reader.endpoint

    @property
    def reach(self) -> Reach:
        return self.reader.reach

    @property
    def name(self) -> str:
        return server_name(self.endpoint.host)

    def observations(self) -> Iterator[Seen | Unseen]:
        clients = Clients(self.endpoint, self.reach, self.way, self.usual)
        variants = {variant: clients.of_type(variant) for variant in CLIENTS}
        nameless = clients.nameless()
        last = nameless if isinstance(nameless, Shown) else clients.usual_again()
        self.is_speaking = isinstance(last, Shown)
        authorities = Authorities(self.endpoint, self.reach, self.usual.certificates)
        for variant, hands in variants.items():
            said = self._said_to(variant, hands)
            yield said
            yield authorities.asked_about(variant, hands.certificates if isinstance(hands, Shown) else (), said)
        yield self._said_to_nameless(nameless)
        yield self._agreed()

    def _agreed(self) -> Seen | Unseen:
        locus, agreed = self.endpoint.locus, self.usual.agreed
        if agreed is None:
            detail = f"{locus} (the server broke it off after it had shown its certificate)"
            return Unseen(FullHandshake, locus, Reason.TLS_FAILED, detail)
        facts = FullHandshake(
            observed_at=self.reach.now(),
            version=agreed.version,
            protocol=target_text(agreed.protocol),
            has_staple=bool(self.usual.staple),
            wants_client_certificate=agreed.wants_client_certificate,
            early_data=agreed.early_data,
        )
        return Seen(facts, locus)

    def _said_to(self, variant: Variant, hands: Hands) -> Seen | Unseen:
        locus = locus_of(self.endpoint, variant)
        try:
            if isinstance(hands, Shown):
                seen = self.reader.read(hands.certificates)
                store = trust_store(self.reach.access.ca_file)
                staple = parse_staple(hands.staple, hands.certificates, store=store, now=seen.observed_at)
                facts = CertificateVariant(
                    observed_at=seen.observed_at,
                    variant=variant,
                    seen=seen,
                    is_usual=hands.certificates == self.usual.certificates,
                    staple=staple,
                )
            else:
                refusal = self._refusal(hands)
                facts = CertificateVariant(observed_at=self.reach.now(), variant=variant, seen=None, refusal=refusal)
        except Unreachable as error:
            return Unseen(CertificateVariant, locus, error.reason, error.detail)
        return Seen(facts, locus)

    def _said_to_nameless(self, hands: Hands) -> Seen | Unseen:
        now, locus = self.reach.now(), self.endpoint.locus
        if is_address(self.name):
            refusal = "the service is named by an address, so nobody names it in the handshake"
            return Seen(NamelessCertificate(observed_at=now, asked_name=self.name, seen=None, refusal=refusal), locus)
        try:
            seen = self.reader.read(hands.certificates) if isinstance(hands, Shown) else None
            refusal = "" if isinstance(hands, Shown) else self._refusal(hands)
        except Unreachable as error:
            return Unseen(NamelessCertificate, locus, error.reason, error.detail)
        is_usual = isinstance(hands, Shown) and hands.certificates == self.usual.certificates
        facts = NamelessCertificate(
            observed_at=now, asked_name=self.name, seen=seen, refusal=refusal, is_usual=is_usual
        )
        return Seen(facts, locus)

    def _refusal(self, hands: NothingFits | Declined | Unreachable | NotBegun) -> str:
        """Raises Unreachable."""
        return refusal_of(hands, self.endpoint.locus, is_speaking=self.is_speaking)


def _nothing(endpoint: Endpoint, usual: Declined | Unreachable) -> Iterator[Unseen]:
    """Where everybody is shown nothing."""
    detail = usual.detail if isinstance(usual, Unreachable) else f"{endpoint.locus} ({in_words(usual)})"
    for variant in CLIENTS:
        for kind in (CertificateVariant, VariantRevocation):
            yield Unseen(kind, locus_of(endpoint, variant), usual.reason, detail)
    yield Unseen(NamelessCertificate, endpoint.locus, usual.reason, detail)
    yield Unseen(FullHandshake, endpoint.locus, usual.reason, detail)
