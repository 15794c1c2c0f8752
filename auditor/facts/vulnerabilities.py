"""What servers did when known attacks were played at them, harmlessly. What that proves is for the checks."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts
from auditor.facts.tls import TlsVersion
from auditor.records import dataclass


class HeartbeatAnswer(StrEnum):
    """What a TLS server did with heartbeat requests that claim more payload than they hold (RFC 6520 section 4)."""

    LEAKED = "leaked"  # it answered them
    ALERT = "alert"  # it answered the hello with its whole flight, and the heartbeats with an alert
    IGNORED = "ignored"  # after its flight it said nothing, and closed as soon as a fatal alert told it to
    CLOSED = "closed"  # after its flight it closed; without heartbeats it stayed open
    NO_OLD_TLS = (
        "no_old_tls"  # it refused TLS 1.0, 1.1 and 1.2, by the alert protocol_version or by closing (decision 0058)
    )


class CcsAnswer(StrEnum):
    """What a TLS server did with a ChangeCipherSpec that came before any key was agreed (CVE-2014-0224)."""

    TAKEN = "taken"  # it then tried to decrypt the record behind it; without the early message it did not
    ALERT = "alert"  # it answered the hello with its whole flight, and the early message with an alert
    CLOSED = "closed"  # after its flight it closed on the early message; without it it stayed open
    NO_OLD_TLS = "no_old_tls"  # as above: TLS 1.3 has no such message


class RobotAnswer(StrEnum):
    """What a TLS server did with encrypted secrets whose padding is wrong in four ways (CVE-2017-13099 and its kin)."""

    STRONG_ORACLE = "strong_oracle"  # it tells wrong paddings apart: a recorded connection can be decrypted in hours
    WEAK_ORACLE = "weak_oracle"  # it tells only the wholly right one from the others: that takes far longer
    NO_ORACLE = "no_oracle"  # it answered all of them alike, in each flow of messages
    NO_RSA = "no_rsa"  # it declines every suite with RSA key exchange, and goes on answering other hellos
    NO_OLD_TLS = "no_old_tls"  # as above: TLS 1.3 has no RSA key exchange


class PaddingAnswer(StrEnum):
    """What a TLS 1.2 server did with records whose CBC padding, MAC or length is wrong in several ways."""

    ORACLE = "oracle"  # it tells them apart: what was recorded can be decrypted piece by piece
    NO_ORACLE = "no_oracle"  # it refused all of them alike
    NO_CBC = "no_cbc"  # it declines every suite with CBC, and goes on answering other hellos
    NO_OLD_TLS = "no_old_tls"  # as above: TLS 1.3 has no CBC


class TicketAnswer(StrEnum):
    """What a TLS server gave back for a short session id that came with a ticket of its own (CVE-2016-9244)."""

    LEAKED = "leaked"  # our id, and memory behind it
    ECHOED = "echoed"  # our id, as RFC 5077 section 3.4 wants it
    DECLINED = "declined"  # it takes none of its own tickets: two of them, each shown on four connections
    NO_TICKETS = "no_tickets"  # it completes handshakes and gives no ticket
    NO_OLD_TLS = "no_old_tls"  # as above: TLS 1.3 gives session ids back as they were


class RenegotiationAnswer(StrEnum):
    """What a TLS server did when its client asked for further handshakes within a connection."""

    ACCEPTED = "accepted"  # each of them was completed
    LIMITED = "limited"  # some were, and then it refused
    STALLED = "stalled"  # some were, and then nothing came; kept only where they are proof of something
    ALERT = "alert"  # it answered the first with an alert
    IGNORED = "ignored"  # it said nothing to the first, and closed as soon as it was told to
    CLOSED = "closed"  # it closed on the first; a connection that asks for nothing stayed open
    NO_OLD_TLS = "no_old_tls"  # as above: TLS 1.3 has no renegotiation


# Answers that one conversation proves.
PROOFS: frozenset[StrEnum] = frozenset(
    {
        HeartbeatAnswer.LEAKED,
        TicketAnswer.LEAKED,
        RenegotiationAnswer.ACCEPTED,
        RenegotiationAnswer.LIMITED,
        RenegotiationAnswer.STALLED,
    }
)
# Answers that stand whatever the server does afterwards. All others are absences: a throttled server looks like them.
POSITIVES = PROOFS | {CcsAnswer.TAKEN, PaddingAnswer.ORACLE, RobotAnswer.STRONG_ORACLE, RobotAnswer.WEAK_ORACLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Played(Facts):
    """What every played attack says of itself: in how many conversations that agree, in which versions, by which tool.

    A server that keeps still may be a server that did not get the question, so one conversation is enough only where
    it is a proof in itself. `server_name`: as sent, "" where an address was asked.
    """

    conversations: int
    versions: tuple[TlsVersion, ...]
    server_name: str
    tool: str  # which program saw it, with its version

    def require_enough(self, answer: StrEnum) -> None:
        """Raises ValueError where an answer would rest on nothing."""
        if not self.versions or not self.tool:
            raise ValueError("the answer to a played attack needs its versions and the tool that asked")
        if self.conversations < (1 if answer in PROOFS else 2):
            raise ValueError("one conversation alone proves no absence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbleed(Played):
    """What one endpoint did with malformed heartbeats."""

    answer: HeartbeatAnswer

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        self.require_enough(self.answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class CcsInjection(Played):
    """What one endpoint did with an early ChangeCipherSpec."""

    answer: CcsAnswer

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        self.require_enough(self.answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticketbleed(Played):
    """What one endpoint gave back for a short session id."""

    answer: TicketAnswer

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        self.require_enough(self.answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaddingOracle(Played):
    """What one endpoint did with wrong records.

    `seen`: where it tells them apart, its answer to each, as "which: what it did"; else the one answer to all.
    """

    answer: PaddingAnswer
    seen: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        self.require_enough(self.answer)
        if not self.seen and self.answer in (PaddingAnswer.ORACLE, PaddingAnswer.NO_ORACLE):
            raise ValueError("an oracle, or its absence, needs the answers that show it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot(Played):
    """What one endpoint did with wrongly padded secrets.

    `seen`: where it tells them apart, its answer to each of the five, as "which: what it did"; else the one answer of
    each flow of messages, as "flow: what it did".
    """

    answer: RobotAnswer
    seen: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        self.require_enough(self.answer)
        if not self.seen and self.answer not in (RobotAnswer.NO_RSA, RobotAnswer.NO_OLD_TLS):
            raise ValueError("an oracle, or its absence, needs the answers that show it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Renegotiation(Played):
    """What one endpoint did when its client asked for further handshakes within a connection.

    `is_bound`: its hello held renegotiation_info, which ties a further handshake to the first (RFC 5746); None where no
    version that knows it is spoken. `accepted` of the `asked` handshakes were completed.
    """

    answer: RenegotiationAnswer
    accepted: int
    asked: int
    is_bound: bool | None

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        self.require_enough(self.answer)
        answer = self.answer
        some = answer in (RenegotiationAnswer.LIMITED, RenegotiationAnswer.STALLED)
        fits = {
            RenegotiationAnswer.ACCEPTED: 0 < self.accepted == self.asked,
        }.get(answer, 0 < self.accepted < self.asked if some else self.accepted == 0)
        if not fits:
            raise ValueError("the number of completed handshakes contradicts the answer")
        if (self.is_bound is None) is not (answer is RenegotiationAnswer.NO_OLD_TLS):
            raise ValueError("whether renegotiation is bound is known exactly where a version has it")
