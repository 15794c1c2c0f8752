"""Shakes hands with one address as clients of one key type only, or of no name; and says how it declined.

A type that is declined up to TLS 1.2 is asked for in TLS 1.3 as well. Who hangs up is asked a second time.
Must not know certificates.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from auditor.errors import Unreachable
from auditor.facts.certificate_variants import Variant
from auditor.facts.tls import TlsVersion
from auditor.model import Reason
from auditor.probes.handshake import NOTHING_FITS, Declined, NothingFits, Shown, shake_hands_as
from auditor.probes.handshake_talk import Wants
from auditor.probes.host_name import server_name
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


@dataclass(frozen=True, slots=True)
class Clients:
    """Of one address. `way`: the reach whose connections begin where TLS does; `usual`: what anybody is shown."""

    endpoint: Endpoint
    reach: Reach
    way: Reach
    usual: Shown

    def of_type(self, variant: Variant) -> Hands:
        older, tls13 = CLIENTS[variant]
        hands = self._ask(self._name, older)
        is_declined = isinstance(hands, NothingFits) and (hands.is_version or self._may_speak_13)
        is_open = is_declined or _has_hung_up(hands)
        return self._ask(self._name, tls13) if is_open else hands

    def nameless(self) -> Hands:
        return self._ask("", self.usual.wants)

    def usual_again(self) -> Hands:
        return self._ask(self._name, self.usual.wants)

    @property
    def _name(self) -> str:
        return server_name(self.endpoint.host)

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


def refusal_of(hands: NothingFits | Declined | Unreachable | NotBegun, locus: str, *, is_speaking: bool) -> str:
    """In words. Raises Unreachable where silence may stand behind it. `is_speaking`: the last handshake succeeded.

    A server may hang up on a client for which it has nothing. That is believed when it is said twice, and only
    while the address still completes handshakes with us. Who hangs up before TLS began has not heard the client.
    """
    if isinstance(hands, NotBegun):
        raise hands.error
    if isinstance(hands, Unreachable) and not _has_hung_up(hands):
        raise hands
    if not is_speaking:
        detail = f"{locus}: no other handshake succeeded after it"
        raise hands if isinstance(hands, Unreachable) else Unreachable(Reason.TLS_FAILED, detail)
    if isinstance(hands, Unreachable):
        return "it hung up, twice, while other handshakes succeeded"
    return in_words(hands)


def in_words(hands: NothingFits | Declined) -> str:
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
