"""What servers did when known attacks were played at them, harmlessly. What that proves is for the checks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from auditor.facts.base import Facts
from auditor.facts.tls import TlsVersion


class HeartbeatAnswer(StrEnum):
    """What a TLS server did with heartbeat requests that claim more payload than they hold (RFC 6520 section 4)."""

    LEAKED = "leaked"  # it answered them
    ALERT = "alert"  # it answered the hello with its whole flight, and the heartbeats with an alert
    IGNORED = "ignored"  # after its flight it said nothing, and closed as soon as a fatal alert told it to
    CLOSED = "closed"  # after its flight it closed; without heartbeats it stayed open
    NO_OLD_TLS = (
        "no_old_tls"  # it refused TLS 1.0, 1.1 and 1.2 by the alert protocol_version: TLS 1.3 has no such answer
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbleed(Facts):
    """What one endpoint did with malformed heartbeats, in as many conversations as agree about it.

    A server that keeps still may be a server that did not get the question, so anything but `LEAKED` needs at least
    two conversations. `versions`: those in which it answered so. `server_name`: as sent, "" where an address was asked.
    """

    answer: HeartbeatAnswer
    conversations: int
    versions: tuple[TlsVersion, ...]
    server_name: str
    tool: str  # which program saw it, with its version

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.versions or not self.tool:
            raise ValueError("a heartbeat answer needs its versions and the tool that asked")
        if self.conversations < (1 if self.answer is HeartbeatAnswer.LEAKED else 2):
            raise ValueError("one conversation alone proves no absence")
