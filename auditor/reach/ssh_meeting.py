"""Becoming acquainted with an SSH server: whose key it shows, whether anything may be offered to it, and one key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.facts.ssh import KeyTrust
from auditor.model import Reason
from auditor.reach.host_keys import ALGORITHMS, Pins, ShownKey
from auditor.reach.login import Login
from auditor.reach.ssh_session import Session
from auditor.records import dataclass

if TYPE_CHECKING:
    import paramiko

    from auditor.reach import Reach

HOW_TO_PIN = "run `auditor enrol`, compare the key on the server, then pin it (host_key, or a --known-hosts file)"
REASONS = {
    KeyTrust.NOTHING_PINNED: Reason.HOST_KEY_UNKNOWN,
    KeyTrust.NOT_CERTIFIED: Reason.HOST_KEY_UNKNOWN,
    KeyTrust.ANOTHER: Reason.HOST_KEY_CHANGED,
}


@dataclass(frozen=True, slots=True)
class Met:
    """A server that was spoken to, before anything was offered to it. `failure`: why nothing may be."""

    session: Session
    key: ShownKey | None
    trust: KeyTrust
    failure: Unreachable | None


def acquainted(reach: Reach, session: Session, login: Login, pins: Pins, wanted: tuple[str, ...]) -> Met:
    """Exchange keys, asking for keys of the `wanted` types. Raises nothing: what went wrong stands in the answer."""
    asked = [*pins.certified_algorithms(), *(one for kind in wanted for one in ALGORITHMS[kind])]
    try:
        key = session.host_key(asked)
    except Unreachable as error:
        return _unshown(session, pins, error)
    trust, remark = pins.trust(key, login.host, reach.now())
    reason = REASONS.get(trust)
    if reason is None:
        return Met(session, key, trust, None)
    remark = remark or (HOW_TO_PIN if trust is KeyTrust.NOTHING_PINNED else "")
    shown = f"{session.place} shows {key.key_type} {key.fingerprint}"
    return Met(session, key, trust, Unreachable(reason, f"{shown}; {remark}" if remark else shown))


def _unshown(session: Session, pins: Pins, error: Unreachable) -> Met:
    """No key came. That a server has none of the pinned types is known without one."""
    if error.reason is not Reason.HOST_KEY_CHANGED:
        return Met(session, None, KeyTrust.NOTHING_PINNED, error)
    if pins.keys or pins.fingerprints:
        return Met(session, None, KeyTrust.ANOTHER, error)
    uncertified = session.failure(Reason.HOST_KEY_UNKNOWN, "it shows no certificate of an authority that is named")
    return Met(session, None, KeyTrust.NOT_CERTIFIED, uncertified)


def logged_in(reach: Reach, session: Session, login: Login, key: paramiko.PKey) -> None:
    """Offer one key, once in a run. Raises Unreachable."""
    try:
        session.log_in(login.user, key)
    except Unreachable as failure:
        reach.logins.note(login, failure)
        raise
