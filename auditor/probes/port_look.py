"""The look at one address of a TLS port. The first connection asks for TLS and completes a handshake; the hellos and
handshakes that follow each ask for TLS anew. Must not know what is wanted of any of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.starttls import LoginBeforeTls, PortSoftware, Spoken, StartTls, TlsStart
from auditor.facts.tls import TlsVersions
from auditor.model import Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.chain_reader import ChainReader
from auditor.probes.handshake import Shown, shake_hands_in_full
from auditor.probes.handshake_talk import Wants
from auditor.probes.host_name import server_name
from auditor.probes.starttls.dialogue import Dialogue, Logins, NoTls, Ready
from auditor.probes.starttls.way import DIALOGUES, PATIENCE, go, hold
from auditor.probes.tls import TlsProbe, look, look_at_versions
from auditor.probes.variants_look import look_at_variants
from auditor.reach import Endpoint, Reach, Stream
from auditor.records import dataclass

MOST_NAMES, NAME_LIMIT = 50, 20  # SASL mechanisms; a name has at most 20 letters (RFC 4422 section 3.1)
OUR_LIMITS = frozenset({Reason.BUDGET, Reason.DEADLINE})
WASTED = OUR_LIMITS | {Reason.TIMEOUT}  # more hellos would cost as much time again
SHUTS_OUT = "MySQL shuts out who breaks off 100 connections (max_connect_errors): the deep tier asks on"

Sights = dict[type[Facts], Seen | Unseen]


@dataclass(frozen=True, slots=True)
class _Opening:
    """What the first connection came to."""

    outcome: Ready | NoTls | Unreachable  # of what is said before TLS
    logins: Logins | None
    hands: Shown | Unreachable | None = None  # None: there was no TLS to shake hands in


@dataclass(slots=True)
class PortLook:
    """One address. `sharing`: how many addresses, this one among them, and the host's other ports still to come."""

    reach: Reach
    spoken: Spoken
    endpoint: Endpoint
    sharing: int
    software: PortSoftware | None = None  # what was claimed so far
    hands: Shown | NoTls | Unreachable | None = None  # what the first connection came to in the end

    def certificates(self) -> Iterator[Seen | Unseen]:
        """What everybody is shown, and what other clients are. Comes after `sights`."""
        reader, usual = ChainReader(self.reach, self.endpoint), self._usual
        yield reader.usual(usual)
        yield from look_at_variants(reader, self._way, usual)

    @property
    def _usual(self) -> Shown | Unreachable:
        if isinstance(self.hands, NoTls):
            return Unreachable(Reason.NOT_TLS, f"{self.endpoint.locus} ({self.hands.answer})")
        return self.hands or Unreachable(Reason.NOT_OBSERVED, self.endpoint.locus)

    def sights(self) -> Sights:
        first = self._open()
        opening = first
        if not _is_clear(first) and not _is_ours(first):
            self.reach.pause(self.endpoint.host)
            opening = self._open(Wants.ANY_CURVE)
        refusal = self._why_no_tls(first, opening)
        self.hands = refusal or opening.hands
        if refusal:
            return self._without_tls(refusal) | {LoginBeforeTls: self._logins(opening, first)}
        sights = self._hellos()
        return sights | {StartTls: self._start(opening.hands, sights), LoginBeforeTls: self._logins(opening, first)}

    def _open(self, wants: Wants = Wants.ANYTHING) -> _Opening:
        """One connection: what is said before TLS, and a handshake."""
        dialogue = self._dialogue()
        told: list[Ready | NoTls] = []

        def begin(stream: Stream) -> None:
            told.append(hold(stream, dialogue) if dialogue else Ready())

        outcome = _tried(lambda: self._shake_hands(begin, told, wants))
        logins = dialogue.logins if dialogue else None
        self.software = dialogue.software if dialogue else None
        if not told:
            return _Opening(outcome if isinstance(outcome, Unreachable) else Ready(), logins)
        return _Opening(told[0], logins, outcome)

    def _shake_hands(self, begin: Callable[[Stream], None], told: list[Ready | NoTls], wants: Wants) -> Shown | None:
        with self._through(begin).stream(self.endpoint) as stream:
            if isinstance(told[0], NoTls):
                return None
            hands = shake_hands_in_full(stream, server_name(self.endpoint.host), wants=wants)
        if isinstance(hands, Shown):
            return hands
        raise Unreachable(hands.reason, self.endpoint.locus)

    def _hellos(self) -> Sights:
        """What the endpoint speaks, by hellos that each go the way to TLS first."""
        through = self._way
        if self.spoken is Spoken.MYSQL and not self.reach.asked(Tier.DEEP):
            versions = look_at_versions(self.endpoint, through)
            return self._unseen(TlsProbe.yields, Reason.BUDGET, f"{self.endpoint.locus} ({SHUTS_OUT})") | {
                TlsVersions: versions
            }
        return {_type_of(one): one for one in look(self.endpoint, through, shared_with=self.sharing - 1)}

    def _start(self, hands: Shown | Unreachable | None, sights: Sights) -> Seen | Unseen:
        """A yes counts once TLS was spoken after it."""
        if not isinstance(hands, Shown) and not isinstance(sights[TlsVersions], Seen):
            error = hands or Unreachable(Reason.NOT_OBSERVED, self.endpoint.locus)
            return Unseen(StartTls, self.endpoint.locus, error.reason, error.detail)
        start = TlsStart.DIRECT if self.spoken is Spoken.TLS else TlsStart.UPGRADED
        facts = StartTls(observed_at=self.reach.now(), spoken=self.spoken, start=start, software=self.software)
        return Seen(facts, self.endpoint.locus)

    def _why_no_tls(self, first: _Opening, second: _Opening) -> Unreachable | NoTls | None:
        """Why nothing more is asked; None: TLS may begin. A no is believed when it is said twice."""
        if isinstance(second.outcome, Unreachable):
            return second.outcome
        if isinstance(second.hands, Unreachable) and second.hands.reason in WASTED:
            return second.hands
        if isinstance(second.outcome, NoTls) and isinstance(first.outcome, Unreachable):
            return first.outcome
        if isinstance(first.outcome, NoTls) is not isinstance(second.outcome, NoTls):
            said = f"{self.endpoint.locus} (TLS is declined on one connection, and not on the next)"
            return Unreachable(Reason.INCONSISTENT, said)
        return second.outcome if isinstance(second.outcome, NoTls) else None

    def _without_tls(self, refusal: Unreachable | NoTls) -> Sights:
        kinds, locus = TlsProbe.yields, self.endpoint.locus
        if isinstance(refusal, Unreachable):
            return self._unseen((StartTls, *kinds), refusal.reason, refusal.detail)
        start = StartTls(
            observed_at=self.reach.now(),
            spoken=self.spoken,
            start=TlsStart.DECLINED,
            answer=refusal.answer,
            software=self.software,
        )
        return self._unseen(kinds, Reason.NOT_TLS, f"{locus} ({refusal.answer})") | {StartTls: Seen(start, locus)}

    def _logins(self, opening: _Opening, earlier: _Opening) -> Seen | Unseen:
        """What either connection listed. One that lists a login settles it, whatever the other says."""
        locus, now, outcome = self.endpoint.locus, self.reach.now(), opening.outcome
        listed = [one.logins for one in (opening, earlier) if one.logins is not None]
        if not listed and isinstance(outcome, Unreachable):
            return Unseen(LoginBeforeTls, locus, outcome.reason, outcome.detail)
        if not listed and self.spoken.tells_of_logins:
            return Unseen(LoginBeforeTls, locus, Reason.NOT_IMPLEMENTED, f"{locus} (it lists no capabilities)")
        names = tuple(dict.fromkeys(name for one in listed for name in one.mechanisms))
        if len(names) > MOST_NAMES:  # leaving out the rest could leave out the one that matters
            return Unseen(LoginBeforeTls, locus, Reason.TOO_LONG, f"{locus} (it lists {len(names)} logins)")
        facts = LoginBeforeTls(
            observed_at=now,
            spoken=self.spoken,
            mechanisms=tuple(name[:NAME_LIMIT] for name in names),
            takes_password=any(one.takes_password for one in listed),
        )
        return Seen(facts, locus)

    def _dialogue(self) -> Dialogue | None:
        made = DIALOGUES.get(self.spoken)
        return made() if made else None

    @property
    def _way(self) -> Reach:
        """A reach whose connections to the port begin where TLS does."""
        return self._through(partial(go, spoken=self.spoken))

    def _through(self, begin: Callable[[Stream], None]) -> Reach:
        return self.reach.through(begin, port=self.endpoint.port, patience=PATIENCE.get(self.spoken, 1.0))

    def _unseen(self, kinds: Iterable[type[Facts]], reason: Reason, detail: str) -> Sights:
        return {kind: Unseen(kind, self.endpoint.locus, reason, detail) for kind in kinds}


def _is_clear(opening: _Opening) -> bool:
    """Did TLS begin, and end in a handshake?"""
    return isinstance(opening.outcome, Ready) and isinstance(opening.hands, Shown)


def _is_ours(opening: _Opening) -> bool:
    """Was it ended by our own limits, which a second try would meet again?"""
    return any(isinstance(one, Unreachable) and one.reason in OUR_LIMITS for one in (opening.outcome, opening.hands))


def _tried(operation: Callable[[], Shown | None]) -> Shown | Unreachable | None:
    """What an operation gives, or why it does not."""
    try:
        return operation()
    except Unreachable as error:
        return error.to_keep()


def _type_of(one: Seen | Unseen) -> type[Facts]:
    return one.facts_type if isinstance(one, Unseen) else type(one.facts)
