"""The road to an SSH server: its first address that answers, or a way through a jump host that others use as well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.model import Jump, Reason
from auditor.reach.host_keys import pins_for
from auditor.reach.identity import identity_for
from auditor.reach.login import Login, login_of
from auditor.reach.ssh_meeting import acquainted, logged_in
from auditor.reach.ssh_session import Session
from auditor.reach.ssh_wire import Wire

if TYPE_CHECKING:
    import paramiko

    from auditor.reach import Reach

PROTOCOL_BYTES = 1_048_576  # allowed beside the output itself: key exchange, padding, ignored messages
JUMP_BYTES = 1 << 34  # of all that many servers say through one jump host; what each says has its own limit
NEXT_ADDRESS = frozenset({Reason.REFUSED, Reason.NO_ROUTE, Reason.TIMEOUT, Reason.RESET})


@contextmanager
def session_with(reach: Reach, login: Login, until: float) -> Iterator[Session]:
    """A connection to a server, through its jump host where it has one, before anything is said. Raises Unreachable."""
    jump = reach.asset.jump
    with ExitStack() as stack:
        most = reach.limits.shell_bytes + PROTOCOL_BYTES
        wire = stack.enter_context(_through(reach, jump, login, until, most) if jump else _dialled(reach, login, until))
        place = f"{login.place} through {login_of(jump.address).place}" if jump else login.place
        session = Session(wire, place, until)
        stack.callback(session.close)
        yield session


@contextmanager
def _dialled(reach: Reach, login: Login, until: float) -> Iterator[Wire]:
    """The first address behind the name that answers."""
    refusal: Unreachable | None = None
    for endpoint in reach.endpoints(login.host, login.port):
        if endpoint.unresolved:  # any address will do, and it is told how those that are known answered
            continue
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
def _through(reach: Reach, jump: Jump, login: Login, until: float, most: int) -> Iterator[Wire]:
    """A server as the jump host reaches it: names are resolved there, and the fence holds for it here.

    The jump host may lie behind another one: then its session comes the same way, and shares that one's with others.
    """
    host, port = reach.beyond(login.host, login.port)
    left = max(0.1, until - time.monotonic())
    with reach.jumps.lent(jump, lambda: _jump_host(reach, jump, until), left) as session:
        channel = session.way_to(host, port, min(reach.limits.operation_s, left))
        try:
            yield Wire(channel, most)
        finally:
            channel.close()


@contextmanager
def _dialled_jump(reach: Reach, login: Login) -> Iterator[Wire]:
    """A jump host that is reached directly."""
    endpoint, *_ = reach.jump_endpoints(login.host, login.port)
    with reach.stream(endpoint, seconds=reach.limits.operation_s) as stream:
        yield Wire(stream.raw, JUMP_BYTES)


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
        road = _through(reach, jump.jump, login, until, JUMP_BYTES) if jump.jump else _dialled_jump(reach, login)
        session = Session(held.enter_context(road), f"the jump host {login.place}", until)
        held.callback(session.close)
        met = acquainted(reach, session, login, pins, pins.key_types())
        if met.failure:
            raise met.failure
        logged_in(reach, session, login, key)
        session.stay_open()
        yield session
