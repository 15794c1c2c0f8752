"""A visit to a server over SSH: what it offers to everybody, its host key, then one login and one exec.

All from one connection. The host key is compared before anything is offered to the server; where there is no login to
offer, or the key does not do, the visit ends at the door, which has been seen all the same. Prompts are not answered,
passwords not sent. A server behind a jump host is reached through our own connection to that; its key is compared too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.facts.ssh import KeyTrust
from auditor.model import Reason
from auditor.reach.host_keys import ALGORITHMS, Pins, ShownKey, pins_for
from auditor.reach.identity import identity_for
from auditor.reach.login import Login, login_of
from auditor.reach.ssh_meeting import Met, acquainted, logged_in
from auditor.reach.ssh_output import ShellOutput
from auditor.reach.ssh_road import session_with
from auditor.records import dataclass

if TYPE_CHECKING:
    import paramiko

    from auditor.reach import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What came of one. `heard`: how the server began; `key` None: no key exchange was completed, or it has none of the
    pinned type (`trust` ANOTHER). Where `output` is None, `failure` says why."""

    heard: bytes
    key: ShownKey | None
    trust: KeyTrust
    output: ShellOutput | None
    failure: Unreachable | None

    def whole(self) -> ShellOutput:
        """Raises Unreachable."""
        if self.output is None:
            raise self.failure or Unreachable(Reason.NOT_OBSERVED, "")
        return self.output


def visit(reach: Reach, script: bytes, *, seconds: float) -> Visit:
    """Run a POSIX sh script on the asset. It gets a random marker as $1 and must end with the line `MARKER DONE`.

    `seconds` bounds everything from the first dial on; `limits.shell_bytes` what it may print. A fingerprint as pin
    does not tell the key's type: a few more connections may then be needed to be shown the right key.
    Raises Unreachable where the server was not spoken to at all.
    """
    until = time.monotonic() + seconds
    login = login_of(reach.asset.address)
    with ExitStack() as held:
        pins, key, failure = _prepared(reach, login, held)
        met = held.enter_context(_met(reach, login, pins, until))
        output, failure = None, failure or met.failure
        if key is not None and failure is None:
            try:
                logged_in(reach, met.session, login, key)
                output = met.session.run(script, reach.limits.shell_bytes)
            except Unreachable as error:
                failure = error
        return Visit(heard=met.session.heard, key=met.key, trust=met.trust, output=output, failure=failure)


def _prepared(reach: Reach, login: Login, held: ExitStack) -> tuple[Pins, paramiko.PKey | None, Unreachable | None]:
    """What is known of the server and what we may offer to it; or why it is looked at from outside alone."""
    pins = Pins()
    try:
        pins = known_of(reach, login)
        reach.logins.require(login)
        return pins, held.enter_context(identity_for(reach.asset.credential, reach.access)), None
    except Unreachable as failure:
        return pins, None, failure


def known_of(reach: Reach, login: Login) -> Pins:
    """What is pinned; where nothing is, what signed DNS lists. Raises Unreachable(HOST_KEY_UNKNOWN)."""
    pins = pins_for(reach.asset.host_key, reach.access.known_hosts, login)
    if pins or pins.revoked:
        return pins
    try:
        return Pins(listed=reach.signed_host_keys(login.host))
    except Unreachable:  # without that word the key stays unknown, which is what is said
        return pins


@contextmanager
def _met(reach: Reach, login: Login, pins: Pins, until: float) -> Iterator[Met]:
    """The server, showing a key that is pinned if it has one."""
    wanted = pins.key_types()
    while True:
        with ExitStack() as stack:
            session = stack.enter_context(session_with(reach, login, until))
            met = acquainted(reach, session, login, pins, wanted)
            if met.key is None or met.trust is not KeyTrust.ANOTHER or not pins.fingerprints:
                yield met
                return
            shown = met.key.key_type
            others = session.offered_host_keys() - set(ALGORITHMS[shown])
            wanted = tuple(one for one in wanted if one != shown and set(ALGORITHMS[one]) & others)
            if not wanted:
                yield met
                return
