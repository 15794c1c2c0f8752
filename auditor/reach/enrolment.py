"""Every host key of a server, for somebody who compares them with what the server itself says. Nothing is offered.

Never a part of looking: what is seen here is believed only once a person has pinned it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.facts.ssh import KeyTrust
from auditor.model import Reason
from auditor.reach.host_keys import ALGORITHMS, Pins, ShownKey
from auditor.reach.login import Login, login_of
from auditor.reach.ssh import known_of
from auditor.reach.ssh_road import session_with
from auditor.records import dataclass

if TYPE_CHECKING:
    from auditor.reach import Reach
    from auditor.reach.ssh_session import Session


@dataclass(frozen=True, slots=True)
class KeyToEnrol:
    """`trust`: how it compares with what is pinned already. `known_host`: its line for a known_hosts file."""

    key: ShownKey
    trust: KeyTrust
    known_host: str


def keys_to_enrol(reach: Reach, *, seconds: float) -> Iterator[KeyToEnrol]:
    """One connection for each type of key that the server has, and no login. Raises Unreachable."""
    until = time.monotonic() + seconds
    login = login_of(reach.asset.address)
    pins = Pins()
    with suppress(Unreachable):  # a pin that cannot be read is a reason to enrol
        pins = known_of(reach, login)
    for key in _keys(reach, login, until):
        trust, _ = pins.trust(key, login.host, reach.now())
        yield KeyToEnrol(key, trust, f"{login.known_name} {key.line}")


def _keys(reach: Reach, login: Login, until: float) -> Iterator[ShownKey]:
    with session_with(reach, login, until) as session:
        first = session.host_key([one for names in ALGORITHMS.values() for one in names])
        offered = session.offered_host_keys()
    yield first
    for kind, names in ALGORITHMS.items():
        if kind != first.key_type and offered & set(names):
            with session_with(reach, login, until) as session:
                yield _of_type(session, kind)


def _of_type(session: Session, kind: str) -> ShownKey:
    """Raises Unreachable where a server does not show what it offered a moment ago."""
    key = session.host_key(list(ALGORITHMS[kind]))
    if key.key_type != kind:
        raise session.failure(Reason.INCONSISTENT, f"asked for {kind}, it showed {key.key_type}")
    return key
