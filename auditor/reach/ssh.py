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
from auditor.model import Jump, Reason
from auditor.reach.host_keys import ALGORITHMS, Pins, ShownKey, pins_for
from auditor.reach.identity import identity_for
from auditor.reach.login import Login, login_of
from auditor.reach.ssh_output import ShellOutput
from auditor.reach.ssh_session import Session
from auditor.reach.ssh_wire import Wire
from auditor.records import dataclass

if TYPE_CHECKING:
    import paramiko

    from auditor.reach import Reach

PROTOCOL_BYTES = 1_048_576  # allowed beside the output itself: key exchange, padding, ignored messages
JUMP_BYTES = 1 << 34  # of all that many servers say through one jump host; what each says has its own limit
NEXT_ADDRESS = frozenset({Reason.REFUSED, Reason.NO_ROUTE, Reason.TIMEOUT, Reason.RESET})
HOW_TO_PIN = "run `auditor enrol`, compare the key on the server, then pin it (host_key, or a --known-hosts file)"
REASONS = {
    KeyTrust.NOTHING_PINNED: Reason.HOST_KEY_UNKNOWN,
    KeyTrust.NOT_CERTIFIED: Reason.HOST_KEY_UNKNOWN,
    KeyTrust.ANOTHER: Reason.HOST_KEY_CHANGED,
}


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


@dataclass(frozen=True, slots=True)
class _Met:
    """A server that was spoken to, before anything was offered to it. `failure`: why nothing may be."""

    session: Session
    key: ShownKey | None
    trust: KeyTrust
    failure: Unreachable | None


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
                _logged_in(reach, met.session, login, key)
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


def _logged_in(reach: Reach, session: Session, login: Login, key: paramiko.PKey) -> None:
    try:
        session.log_in(login.user, key)
    except Unreachable as failure:
        reach.logins.note(login, failure)
        raise


@contextmanager
def _met(reach: Reach, login: Login, pins: Pins, until: float) -> Iterator[_Met]:
    """The server, showing a key that is pinned if it has one."""
    wanted = pins.key_types()
    while True:
        with ExitStack() as stack:
            session = stack.enter_context(session_with(reach, login, until))
            met = _acquainted(reach, session, login, pins, wanted)
            if met.key is None or met.trust is not KeyTrust.ANOTHER or not pins.fingerprints:
                yield met
                return
            shown = met.key.key_type
            others = session.offered_host_keys() - set(ALGORITHMS[shown])
            wanted = tuple(one for one in wanted if one != shown and set(ALGORITHMS[one]) & others)
            if not wanted:
                yield met
                return


def _acquainted(reach: Reach, session: Session, login: Login, pins: Pins, wanted: tuple[str, ...]) -> _Met:
    asked = [*pins.certified_algorithms(), *(one for kind in wanted for one in ALGORITHMS[kind])]
    try:
        key = session.host_key(asked)
    except Unreachable as error:
        return _unshown(session, pins, error)
    trust, remark = pins.trust(key, login.host, reach.now())
    reason = REASONS.get(trust)
    if reason is None:
        return _Met(session, key, trust, None)
    remark = remark or (HOW_TO_PIN if trust is KeyTrust.NOTHING_PINNED else "")
    shown = f"{session.place} shows {key.key_type} {key.fingerprint}"
    return _Met(session, key, trust, Unreachable(reason, f"{shown}; {remark}" if remark else shown))


def _unshown(session: Session, pins: Pins, error: Unreachable) -> _Met:
    """No key came. That a server has none of the pinned types is known without one."""
    if error.reason is not Reason.HOST_KEY_CHANGED:
        return _Met(session, None, KeyTrust.NOTHING_PINNED, error)
    if pins.keys or pins.fingerprints:
        return _Met(session, None, KeyTrust.ANOTHER, error)
    uncertified = session.failure(Reason.HOST_KEY_UNKNOWN, "it shows no certificate of an authority that is named")
    return _Met(session, None, KeyTrust.NOT_CERTIFIED, uncertified)


@contextmanager
def session_with(reach: Reach, login: Login, until: float) -> Iterator[Session]:
    """A connection to a server, through its jump host where it has one, before anything is said. Raises Unreachable."""
    jump = reach.asset.jump
    with ExitStack() as stack:
        wire = stack.enter_context(_through(reach, jump, login, until) if jump else _dialled(reach, login, until))
        place = f"{login.place} through {login_of(jump.address).place}" if jump else login.place
        session = Session(wire, place, until)
        stack.callback(session.close)
        yield session


@contextmanager
def _dialled(reach: Reach, login: Login, until: float) -> Iterator[Wire]:
    """The first address behind the name that answers."""
    refusal: Unreachable | None = None
    for endpoint in reach.endpoints(login.host, login.port):
        with ExitStack() as stack:
            try:
                patience = min(reach.limits.operation_s, max(0.1, until - time.monotonic()))
                stream = stack.enter_context(reach.stream(endpoint, seconds=patience))
            except Unreachable as error:
                if error.reason not in NEXT_ADDRESS:
                    raise
                refusal = error
                continue
            yield Wire(stream.raw, reach.limits.shell_bytes + PROTOCOL_BYTES)
            return
    raise refusal or Unreachable(Reason.DNS, login.host)


@contextmanager
def _through(reach: Reach, jump: Jump, login: Login, until: float) -> Iterator[Wire]:
    """The server as the jump host reaches it: names are resolved there, and the fence holds for it here."""
    host, port = reach.beyond(login.host, login.port)
    left = max(0.1, until - time.monotonic())
    with reach.jumps.lent(jump, lambda: _jump_host(reach, jump, until), left) as session:
        channel = session.way_to(host, port, min(reach.limits.operation_s, left))
        try:
            yield Wire(channel, reach.limits.shell_bytes + PROTOCOL_BYTES)
        finally:
            channel.close()


@contextmanager
def _key_for(reach: Reach, jump: Jump, login: Login) -> Iterator[paramiko.PKey]:
    """As `identity_for`; its refusal says that it is about the jump host."""
    with ExitStack() as held:
        try:
            key = held.enter_context(identity_for(jump.credential, reach.access))
        except Unreachable as refusal:
            raise Unreachable(refusal.reason, f"the jump host {login.place} ({refusal.detail})") from refusal
        yield key


@contextmanager
def _jump_host(reach: Reach, jump: Jump, until: float) -> Iterator[Session]:
    """A session on the jump host, for all servers behind it: its key compared, one key offered."""
    login = login_of(jump.address)
    pins = pins_for(jump.host_key, reach.access.known_hosts, login)
    reach.logins.require(login)
    with ExitStack() as held:
        key = held.enter_context(_key_for(reach, jump, login))
        endpoint, *_ = reach.jump_endpoints(login.host, login.port)
        stream = held.enter_context(reach.stream(endpoint, seconds=reach.limits.operation_s))
        session = Session(Wire(stream.raw, JUMP_BYTES), f"the jump host {login.place}", until)
        held.callback(session.close)
        met = _acquainted(reach, session, login, pins, pins.key_types())
        if met.failure:
            raise met.failure
        _logged_in(reach, session, login, key)
        session.stay_open()
        yield session
