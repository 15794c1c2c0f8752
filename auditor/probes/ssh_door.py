"""What a visit over SSH showed of the door: pure, from what `reach` heard to facts or a reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.facts.base import target_text
from auditor.facts.ssh import KeyTrust, SshDoor, SshHostKey
from auditor.model import Reason
from auditor.probe import Seen, Unseen

if TYPE_CHECKING:
    from auditor.reach.ssh import Visit

CUT_OFF = frozenset({Reason.TIMEOUT, Reason.CLOSED, Reason.RESET, Reason.NOT_SSH, Reason.TOO_LONG})


def door_of(visit: Visit, place: str, observed_at: datetime) -> Iterator[Seen | Unseen]:
    """One observation of each of the two types."""
    yield _door(visit, place, observed_at)
    yield _host_key(visit, place, observed_at)


def parse_door(heard: bytes, observed_at: datetime) -> SshDoor:
    """`heard`: how a server began. Raises ValueError, saying what of it cannot be read."""
    from auditor.reach.ssh_greeting import read_greeting  # noqa: PLC0415 - for servers only

    greeting = read_greeting(heard)
    return SshDoor(
        observed_at=observed_at,
        identification=target_text(greeting.identification),
        key_exchanges=greeting.key_exchanges,
        host_key_algorithms=greeting.host_key_algorithms,
        ciphers_in=greeting.ciphers_in,
        ciphers_out=greeting.ciphers_out,
        macs_in=greeting.macs_in,
        macs_out=greeting.macs_out,
        compressions_in=greeting.compressions_in,
        compressions_out=greeting.compressions_out,
    )


def _door(visit: Visit, place: str, observed_at: datetime) -> Seen | Unseen:
    try:
        return Seen(parse_door(visit.heard, observed_at))
    except ValueError as error:
        if visit.failure and visit.failure.reason in CUT_OFF:
            return Unseen(SshDoor, "", visit.failure.reason, visit.failure.detail)
        return Unseen(SshDoor, "", Reason.MALFORMED, f"{place} ({error})")


def _host_key(visit: Visit, place: str, observed_at: datetime) -> Seen | Unseen:
    if visit.key is None and visit.trust is not KeyTrust.ANOTHER:
        failure = visit.failure
        reason, detail = (failure.reason, failure.detail) if failure else (Reason.NOT_OBSERVED, place)
        return Unseen(SshHostKey, "", reason, detail)
    return Seen(
        SshHostKey(
            observed_at=observed_at,
            key_type=visit.key.key_type if visit.key else "",
            bits=visit.key.bits if visit.key else 0,
            fingerprint=visit.key.fingerprint if visit.key else "",
            trust=visit.trust,
        )
    )
