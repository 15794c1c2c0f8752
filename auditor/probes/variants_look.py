"""The look at one address with clients of one key type only, and with one that names no server.

Three handshakes: for each type of key, and without a name; beside the usual one, whose certificate is judged as such.
A type that is declined up to TLS 1.2 is asked for in TLS 1.3 as well; where the nameless one is declined, one more
shows that the address still speaks to us. What is said before TLS (STARTTLS) is said each time.
Must not know what a good certificate is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from auditor.errors import Unreachable
from auditor.facts.base import target_text
from auditor.facts.certificate_variants import CertificateVariant, NamelessCertificate, Variant, VariantRevocation
from auditor.facts.full_handshake import FullHandshake
from auditor.facts.tls import TlsVersion
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.probes.chain_reader import ChainReader, Usual
from auditor.probes.handshake import NOTHING_FITS, Declined, NothingFits, Shown, shake_hands_as
from auditor.probes.handshake_talk import Wants
from auditor.probes.host_name import is_address, server_name
from auditor.probes.stapled import parse_staple
from auditor.probes.trust_store import trust_store
from auditor.probes.variant_revocation import Authorities
from auditor.reach import Endpoint, Reach, Stream
from auditor.records import dataclass

# Up to TLS 1.2 the suites decide; whoever declines them and speaks TLS 1.3 is asked again there, where signatures do.
CLIENTS = {
    Variant.ECDSA: (Wants.ECDSA, Wants.ECDSA_IN_TLS13),
    Variant.RSA: (Wants.RSA, Wants.RSA_IN_TLS13),
}
HUNG_UP = frozenset({Reason.RESET, Reason.CLOSED})
SENT_AWAY = HUNG_UP | {Reason.TIMEOUT}


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The connection ended before any TLS was spoken, so it says nothing of what the server has for a client."""

    error: Unreachable


Hands = Shown | NothingFits | Declined | Unreachable | NotBegun


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
        variants = {variant: self._variant(variant) for variant in CLIENTS}
        nameless = self._ask("", Wants.ANYTHING)
        last = nameless if isinstance(nameless, Shown) else self._ask(self.name, Wants.ANYTHING)
        self.is_speaking = isinstance(last, Shown)
        authorities = Authorities(self.endpoint, self.reach, self.usual.certificates)
        for variant, hands in variants.items():
            said = self._said_to(variant, hands)
            yield said
            yield authorities.asked_about(variant, hands.certificates if isinstance(hands, Shown) else (), said)
        yield self._said_to_nameless(nameless)
        yield self._agreed()

    def _variant(self, variant: Variant) -> Hands:
        older, tls13 = CLIENTS[variant]
        hands = self._ask(self.name, older)
        is_declined = isinstance(hands, NothingFits) and (hands.is_version or self._may_speak_13)
        is_open = is_declined or _has_hung_up(hands)
        return self._ask(self.name, tls13) if is_open else hands

    @property
    def _may_speak_13(self) -> bool:
        """Does nothing show that it does not?"""
        return self.usual.agreed is None or self.usual.agreed.version is TlsVersion.TLS13

    def _ask(self, name: str, wants: Wants) -> Hands:
        shake = partial(shake_hands_as, name=name, wants=wants)
        hands = self._shake(shake)
        if not _has_hung_up(hands) and not _is_silent(hands) and not _was_sent_away(hands):
            return hands
        self.way.pause(self.endpoint.host)
        return self._shake(shake)

    def _shake(self, shake: Callable[[Stream], Hands]) -> Hands:
        has_begun = False
        try:
            with self.way.stream(self.endpoint) as stream:
                has_begun = True
                hands = shake(stream)
        except Unreachable as error:
            return error if has_begun else NotBegun(error)
        if isinstance(hands, Declined):
            self.reach.doubt()
        return hands

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
        """In words. Raises Unreachable where silence may stand behind it.

        A server may hang up on a client for which it has nothing. That is believed when it is said twice, and only
        while the address still completes handshakes with us. Who hangs up before TLS began has not heard the client.
        """
        if isinstance(hands, NotBegun):
            raise hands.error
        if isinstance(hands, Unreachable) and not _has_hung_up(hands):
            raise hands
        if not self.is_speaking:
            detail = f"{self.endpoint.locus}: no other handshake succeeded after it"
            raise hands if isinstance(hands, Unreachable) else Unreachable(Reason.TLS_FAILED, detail)
        if isinstance(hands, Unreachable):
            return "it hung up, twice, while other handshakes succeeded"
        return _in_words(hands)


def _nothing(endpoint: Endpoint, usual: Declined | Unreachable) -> Iterator[Unseen]:
    """Where everybody is shown nothing."""
    detail = usual.detail if isinstance(usual, Unreachable) else f"{endpoint.locus} ({_in_words(usual)})"
    for variant in CLIENTS:
        for kind in (CertificateVariant, VariantRevocation):
            yield Unseen(kind, locus_of(endpoint, variant), usual.reason, detail)
    yield Unseen(NamelessCertificate, endpoint.locus, usual.reason, detail)
    yield Unseen(FullHandshake, endpoint.locus, usual.reason, detail)


def _in_words(hands: NothingFits | Declined) -> str:
    if isinstance(hands, Declined):
        return f"it declined: {hands.answer.value.replace('_', ' ')}"
    return f"alert {hands.alert} ({NOTHING_FITS.get(hands.alert, 'protocol_version')})"


def _has_hung_up(hands: Hands) -> bool:
    return isinstance(hands, Unreachable) and hands.reason in HUNG_UP


def _is_silent(hands: Hands) -> bool:
    return isinstance(hands, Unreachable) and hands.reason is Reason.TIMEOUT


def _was_sent_away(hands: Hands) -> bool:
    """Before TLS began, in a way that a second connection may not meet."""
    return isinstance(hands, NotBegun) and hands.error.reason in SENT_AWAY
